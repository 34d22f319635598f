//! From programs to an archive, its checksum, and a runner's `PATH`.

use std::ffi::OsStr;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use nucleon_tests::{FileServer, Published, binary, hermetic};
use tempfile::TempDir;

const VERSION: &str = env!("CARGO_PKG_VERSION");
const PROGRAMS: [&str; 5] = [
    "nucleon",
    "nucleon-apply",
    "nucleon-notify",
    "nucleon-plan",
    "nucleon-render",
];

#[test]
fn a_released_binary_runs_after_its_installation() {
    let release = Release::of(real_programs().path());
    let mirror = FileServer::start(release.mirror());
    let runner = Runner::with(&release);

    let installed = runner
        .install([("NUCLEON_MIRROR", mirror.url())])
        .succeeds();

    let output = Command::new(installed.join("nucleon"))
        .arg("--version")
        .output()
        .unwrap();
    assert_eq!(
        String::from_utf8_lossy(&output.stdout),
        format!("nucleon {VERSION}\n")
    );
}

#[test]
fn a_changed_byte_is_refused() {
    let release = Release::of_stand_ins();
    release.change_one_byte();
    let mirror = FileServer::start(release.mirror());
    let runner = Runner::with(&release);

    let message = runner.install([("NUCLEON_MIRROR", mirror.url())]).fails();

    assert!(message.contains("was released"), "{message}");
    assert_eq!(runner.path(), "");
    assert!(!runner.cache().join("nucleon").exists());
}

#[test]
fn an_archive_without_a_checksum_is_not_even_downloaded() {
    let release = Release::of_stand_ins();
    let mirror = FileServer::start(release.mirror());
    let runner = Runner::with(&release);

    let message = runner
        .install([
            ("NUCLEON_MIRROR", mirror.url()),
            ("NUCLEON_VERSION", "9.9.9"),
        ])
        .fails();

    assert!(
        message.contains("has no checksum for nucleon-9.9.9-"),
        "{message}"
    );
    assert_eq!(mirror.asked(), Vec::<String>::new());
}

#[test]
fn the_tool_cache_is_used_before_the_network() {
    let release = Release::of_stand_ins();
    let mirror = FileServer::start(release.mirror());
    let runner = Runner::with(&release);

    let first = runner
        .install([("NUCLEON_MIRROR", mirror.url())])
        .succeeds();
    let second = runner
        .install([("NUCLEON_MIRROR", mirror.url())])
        .succeeds();

    assert_eq!(first, second);
    assert_eq!(mirror.asked().len(), 1);
}

#[test]
fn a_folder_of_programs_needs_no_network() {
    let release = Release::of_stand_ins();
    let runner = Runner::with(&release);

    let installed = runner
        .install([("NUCLEON_BINARY_PATH", release.programs())])
        .succeeds();

    assert_eq!(installed, release.programs());
}

#[test]
fn an_archive_on_the_runner_needs_no_network() {
    let release = Release::of_stand_ins();
    let runner = Runner::with(&release);

    let installed = runner
        .install([("NUCLEON_BINARY_PATH", release.archive())])
        .succeeds();

    assert!(installed.join("nucleon-render").exists());
}

#[test]
fn a_changed_archive_on_the_runner_is_refused() {
    let release = Release::of_stand_ins();
    release.change_one_byte();
    let runner = Runner::with(&release);

    let message = runner
        .install([("NUCLEON_BINARY_PATH", release.archive())])
        .fails();

    assert!(message.contains("was released"), "{message}");
}

#[test]
fn a_folder_without_programs_is_refused() {
    let release = Release::of_stand_ins();
    let runner = Runner::with(&release);

    let message = runner
        .install([("NUCLEON_BINARY_PATH", runner.cache())])
        .fails();

    assert!(
        message.contains("holds no program `nucleon-render`"),
        "{message}"
    );
}

#[test]
fn a_proxy_is_asked_for_what_the_mirror_holds() {
    let release = Release::of_stand_ins();
    let proxy = FileServer::start(release.mirror());
    let runner = Runner::with(&release);

    let variables = [
        ("NUCLEON_MIRROR", "http://mirror.invalid"),
        ("http_proxy", proxy.url()),
    ];
    runner.install(variables).succeeds();

    let name = release
        .archive()
        .file_name()
        .unwrap()
        .to_string_lossy()
        .into_owned();
    assert_eq!(
        proxy.asked(),
        [format!("http://mirror.invalid/v{VERSION}/{name}")]
    );
}

#[test]
fn a_machine_without_binaries_is_told_so() {
    let release = Release::of_stand_ins();
    let runner = Runner::with(&release);
    let programs = tempfile::tempdir().unwrap();
    write_program(
        &programs.path().join("uname"),
        "if [ \"$1\" = -s ]; then echo Darwin; else echo arm64; fi",
    );
    let path = format!(
        "{}:{}",
        programs.path().display(),
        std::env::var("PATH").unwrap()
    );

    let message = runner.install([("PATH", path)]).fails();

    assert!(
        message.contains("there are no binaries for Darwin on arm64"),
        "{message}"
    );
}

#[test]
fn an_unreleased_ref_says_how_to_go_on() {
    let runner = Runner::new(&Published::root().join("actions/checksums.txt"));

    let message = runner
        .install([("NUCLEON_MIRROR", "http://127.0.0.1:9")])
        .fails();

    assert!(message.contains("was not released"), "{message}");
}

#[test]
fn the_same_programs_give_the_same_archive() {
    let programs = stand_ins();
    let once = Release::of(programs.path());
    let again = Release::of(programs.path());

    assert_eq!(
        fs::read(once.archive()).unwrap(),
        fs::read(again.archive()).unwrap()
    );
}

/// A release that `cargo xtask` made: an archive in a mirror's layout, and the table of checksums.
#[derive(Debug)]
struct Release {
    folder: TempDir,
    programs: PathBuf,
    _stand_ins: Option<TempDir>,
}

impl Release {
    fn of(programs: &Path) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let release = Self {
            folder,
            programs: programs.to_owned(),
            _stand_ins: None,
        };
        let archives = release.mirror().join(format!("v{VERSION}"));
        let mut package = xtask("package");
        package
            .args(["--target", target()])
            .arg("--programs")
            .arg(programs)
            .arg("--out")
            .arg(&archives);
        run(&mut package);
        run(xtask("checksums")
            .arg(archives)
            .arg("--out")
            .arg(release.checksums()));
        release
    }

    /// Made of small scripts: what is in the archive does not matter.
    fn of_stand_ins() -> Self {
        let programs = stand_ins();
        let release = Self::of(programs.path());
        Self {
            _stand_ins: Some(programs),
            ..release
        }
    }

    fn mirror(&self) -> PathBuf {
        self.folder.path().join("mirror")
    }

    fn checksums(&self) -> PathBuf {
        self.folder.path().join("checksums.txt")
    }

    fn programs(&self) -> &Path {
        &self.programs
    }

    fn archive(&self) -> PathBuf {
        self.mirror()
            .join(format!("v{VERSION}/nucleon-{VERSION}-{}.tar.gz", target()))
    }

    fn change_one_byte(&self) {
        let mut bytes = fs::read(self.archive()).unwrap();
        let middle = bytes.len() / 2;
        bytes[middle] ^= 1;
        fs::write(self.archive(), bytes).unwrap();
    }
}

/// A runner with an empty tool cache, and the install script beside a table of checksums.
#[derive(Debug)]
struct Runner {
    folder: TempDir,
}

impl Runner {
    fn with(release: &Release) -> Self {
        Self::new(&release.checksums())
    }

    fn new(checksums: &Path) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let actions = folder.path().join("actions");
        fs::create_dir_all(&actions).unwrap();
        fs::create_dir_all(folder.path().join("cache")).unwrap();
        fs::copy(
            Published::root().join("actions/install.sh"),
            actions.join("install.sh"),
        )
        .unwrap();
        fs::copy(checksums, actions.join("checksums.txt")).unwrap();
        Self { folder }
    }

    fn install<'a, V: AsRef<OsStr>>(
        &'a self,
        variables: impl IntoIterator<Item = (&'a str, V)>,
    ) -> Installed {
        let mut command = Command::new("bash");
        hermetic(&mut command).arg(self.folder.path().join("actions/install.sh"));
        command.env("GITHUB_PATH", self.folder.path().join("path"));
        command
            .env("RUNNER_TOOL_CACHE", self.cache())
            .env("RUNNER_TEMP", self.folder.path());
        let output = command.envs(variables).output().unwrap();
        Installed {
            output,
            path: self.path(),
        }
    }

    fn cache(&self) -> PathBuf {
        self.folder.path().join("cache")
    }

    fn path(&self) -> String {
        fs::read_to_string(self.folder.path().join("path")).unwrap_or_default()
    }
}

/// What the install script left.
#[derive(Debug)]
#[must_use]
struct Installed {
    output: Output,
    path: String,
}

impl Installed {
    #[track_caller]
    fn succeeds(self) -> PathBuf {
        assert!(
            self.output.status.success(),
            "{}",
            String::from_utf8_lossy(&self.output.stderr)
        );
        self.path.lines().last().unwrap().into()
    }

    #[track_caller]
    fn fails(self) -> String {
        assert_eq!(self.output.status.code(), Some(3), "{}", self.path);
        String::from_utf8_lossy(&self.output.stderr).into_owned()
    }
}

/// The programs without their debug information, as a release build leaves them: they pack in a tenth of the time.
fn real_programs() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    for name in PROGRAMS {
        let stripped = folder.path().join(name);
        run(Command::new("strip")
            .arg("-o")
            .arg(stripped)
            .arg(binary(name)));
    }
    folder
}

fn stand_ins() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    for name in PROGRAMS {
        write_program(&folder.path().join(name), "exit 0");
    }
    folder
}

fn write_program(path: &Path, script: &str) {
    fs::write(path, format!("#!/bin/sh\n{script}\n")).unwrap();
    fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
}

fn target() -> &'static str {
    if cfg!(target_arch = "aarch64") {
        "aarch64-unknown-linux-musl"
    } else {
        "x86_64-unknown-linux-musl"
    }
}

fn xtask(task: &str) -> Command {
    let mut command = Command::new(binary("nucleon-xtask"));
    command.arg(task);
    command
}

#[track_caller]
fn run(command: &mut Command) {
    let output = command.output().unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
}
