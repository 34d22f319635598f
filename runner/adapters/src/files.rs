//! Reads a folder tree into core's `Files`.

use std::fs::{self, DirEntry, FileType, Metadata};
use std::io;
use std::path::{Path, PathBuf};
use std::thread;

use nucleon_core::files::{Content, Files, MAX_BYTES, Refusal, RelPath};
use nucleon_core::repository::{Repository, merged_folders};
use nucleon_engine::ports::PortError;

/// Folders that belong to programs, not to people.
const SKIPPED: [&str; 3] = [".git", "node_modules", ".terraform"];

/// Below this many files a second thread costs more than it saves.
const FILES_PER_THREAD: usize = 64;

/// Reads the files of a repository that Nucleon may need; others are left out, so that a large code base costs nothing.
///
/// Symbolic links are not followed and large files are not read: they are in the answer, refused.
pub fn read_tree(root: &Path) -> Result<Files, PortError> {
    let mut files = read(root, Repository::reads)?;
    for folder in merged_folders(&files) {
        let inside = read(&root.join(&folder), |_| true)?;
        for (path, content) in inside.iter() {
            let Ok(full) = RelPath::new(&format!("{folder}/{path}")) else {
                continue;
            };
            files.insert(full.clone(), content.clone());
            if inside.is_executable(path) {
                files.make_executable(full);
            }
        }
    }
    Ok(files)
}

/// Reads every file below a folder.
pub fn read_folder(root: &Path) -> Result<Files, PortError> {
    read(root, |_| true)
}

fn read(root: &Path, wanted: fn(&str) -> bool) -> Result<Files, PortError> {
    let mut walk = Walk {
        wanted,
        files: Files::default(),
        found: Vec::new(),
        programs: Vec::new(),
    };
    walk.folder(root, "")?;
    let Walk {
        mut files,
        found,
        programs,
        ..
    } = walk;
    for (path, content) in contents(&found)? {
        files.insert(path, content);
    }
    for path in programs {
        files.make_executable(path);
    }
    Ok(files)
}

/// A walk through a tree: what is refused at once, and what is still to be read.
struct Walk {
    wanted: fn(&str) -> bool,
    files: Files,
    found: Vec<(RelPath, PathBuf)>,
    /// Those of them that may be run.
    programs: Vec<RelPath>,
}

impl Walk {
    fn folder(&mut self, folder: &Path, below: &str) -> Result<(), PortError> {
        let entries = fs::read_dir(folder).map_err(|error| failed(folder, &error))?;
        let entries: Result<Vec<DirEntry>, io::Error> = entries.collect();
        let entries = entries.map_err(|error| failed(folder, &error))?;
        let is_crate = entries
            .iter()
            .any(|entry| entry.file_name() == "Cargo.toml");
        for entry in &entries {
            // A name that is not text cannot be written in any file of ours.
            let name = entry.file_name();
            let Some(name) = name.to_str() else { continue };
            // Cargo's own folder; a service may well be called `target`.
            if SKIPPED.contains(&name) || (is_crate && name == "target") {
                continue;
            }
            let path = if below.is_empty() {
                name.to_owned()
            } else {
                format!("{below}/{name}")
            };
            let kind = entry
                .file_type()
                .map_err(|error| failed(&entry.path(), &error))?;
            self.entry(entry, &path, kind)?;
        }
        Ok(())
    }

    fn entry(&mut self, entry: &DirEntry, path: &str, kind: FileType) -> Result<(), PortError> {
        if kind.is_dir() {
            return self.folder(&entry.path(), path);
        }
        // A path that Windows could not hold is none that a file of ours can name.
        let Ok(name) = RelPath::new(path) else {
            return Ok(());
        };
        if kind.is_symlink() {
            self.files.insert(name, Content::Refused(Refusal::Symlink));
        } else if kind.is_file() && (self.wanted)(path) {
            let metadata = entry
                .metadata()
                .map_err(|error| failed(&entry.path(), &error))?;
            if metadata.len() > MAX_BYTES {
                let refusal = Refusal::TooLarge(metadata.len());
                self.files.insert(name, Content::Refused(refusal));
            } else {
                if is_executable(&metadata) {
                    self.programs.push(name.clone());
                }
                self.found.push((name, entry.path()));
            }
        }
        Ok(())
    }
}

/// Git looks at the owner's bit, too.
#[cfg(unix)]
fn is_executable(metadata: &Metadata) -> bool {
    use std::os::unix::fs::PermissionsExt as _;
    metadata.permissions().mode() & 0o100 != 0
}

#[cfg(not(unix))]
fn is_executable(_metadata: &Metadata) -> bool {
    false
}

type Read = (RelPath, Content);

fn contents(found: &[(RelPath, PathBuf)]) -> Result<Vec<Read>, PortError> {
    let threads = thread::available_parallelism().map_or(1, usize::from);
    let share = found.len().div_ceil(threads).max(FILES_PER_THREAD);
    let read = |chunk: &[(RelPath, PathBuf)]| -> Result<Vec<Read>, PortError> {
        let read = |(name, path): &(RelPath, PathBuf)| Ok((name.clone(), content(path)?));
        chunk.iter().map(read).collect()
    };
    if found.len() <= share {
        return read(found);
    }
    let chunks: Result<Vec<Vec<Read>>, PortError> = thread::scope(|scope| {
        let chunks = found.chunks(share);
        let threads: Vec<_> = chunks
            .map(|chunk| scope.spawn(move || read(chunk)))
            .collect();
        let join = |thread: thread::ScopedJoinHandle<'_, _>| {
            thread.join().expect("reading a file does not panic")
        };
        threads.into_iter().map(join).collect()
    });
    Ok(chunks?.into_iter().flatten().collect())
}

fn content(path: &Path) -> Result<Content, PortError> {
    let bytes = fs::read(path).map_err(|error| failed(path, &error))?;
    Ok(match String::from_utf8(bytes) {
        Ok(text) => Content::Text(text.into()),
        Err(error) => Content::Bytes(error.into_bytes().into()),
    })
}

fn failed(path: &Path, error: &io::Error) -> PortError {
    let hint = match error.kind() {
        io::ErrorKind::NotFound | io::ErrorKind::NotADirectory => {
            "name a folder that is there; -C names the one that holds nucleon.yaml"
        }
        io::ErrorKind::PermissionDenied => "let the user who runs this read it",
        _ => "look at the file",
    };
    PortError::Refused {
        system: "the file system",
        action: format!("read `{}`", path.display()),
        message: error.to_string(),
        hint: Some(hint.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::Path;

    use nucleon_core::files::{Content, Files, MAX_BYTES, Refusal};

    use super::{read_folder, read_tree};

    fn write(root: &Path, path: &str, bytes: &[u8]) {
        let path = root.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    }

    fn paths(files: &Files) -> Vec<&str> {
        files.iter().map(|(path, _)| path.as_str()).collect()
    }

    #[test]
    fn a_tree_is_read_without_what_belongs_to_programs() {
        let root = tempfile::tempdir().unwrap();
        for path in [
            "nucleon.yaml",
            ".git/config",
            "app/node_modules/x/a.yaml",
            "app/Cargo.toml",
            "app/target/a.yaml",
            "app/main.rs",
            "services/target/service.yaml",
            "templates/x/v1/.compatible-envs",
            "templates/x/v1/infrastructure/lambda/main.py",
        ] {
            write(root.path(), path, b"text");
        }
        let expected = [
            "nucleon.yaml",
            "services/target/service.yaml",
            "templates/x/v1/.compatible-envs",
            "templates/x/v1/infrastructure/lambda/main.py",
        ];
        assert_eq!(paths(&read_tree(root.path()).unwrap()), expected);
    }

    #[test]
    fn bytes_that_are_not_text_stay_bytes() {
        let root = tempfile::tempdir().unwrap();
        write(root.path(), "a.zip", b"\xff\x00");
        let files = read_folder(root.path()).unwrap();
        assert_eq!(
            files.get("a.zip"),
            Some(&Content::Bytes(b"\xff\x00"[..].into()))
        );
    }

    #[test]
    fn a_file_that_is_too_large_is_not_read() {
        let root = tempfile::tempdir().unwrap();
        let file = fs::File::create(root.path().join("large.yaml")).unwrap();
        file.set_len(MAX_BYTES + 1).unwrap();
        let files = read_tree(root.path()).unwrap();
        let refused = Content::Refused(Refusal::TooLarge(MAX_BYTES + 1));
        assert_eq!(files.get("large.yaml"), Some(&refused));
    }

    #[cfg(unix)]
    #[test]
    fn symbolic_links_are_not_followed() {
        let root = tempfile::tempdir().unwrap();
        std::os::unix::fs::symlink("/etc", root.path().join("services")).unwrap();
        let files = read_tree(root.path()).unwrap();
        assert_eq!(paths(&files), ["services"]);
        assert_eq!(
            files.get("services"),
            Some(&Content::Refused(Refusal::Symlink))
        );
    }

    #[cfg(unix)]
    #[test]
    fn programs_are_told_from_other_files() {
        use std::os::unix::fs::PermissionsExt as _;
        let root = tempfile::tempdir().unwrap();
        for (path, mode) in [("deploy", 0o744), ("text", 0o654)] {
            write(root.path(), path, b"");
            let mode = fs::Permissions::from_mode(mode);
            fs::set_permissions(root.path().join(path), mode).unwrap();
        }
        let files = read_folder(root.path()).unwrap();
        let programs = files.iter().map(|(path, _)| files.is_executable(path));
        assert_eq!(programs.collect::<Vec<_>>(), [true, false]);
    }

    #[test]
    fn many_files_are_all_read() {
        let root = tempfile::tempdir().unwrap();
        for number in 0..300 {
            write(
                root.path(),
                &format!("services/{number}.yaml"),
                number.to_string().as_bytes(),
            );
        }
        let files = read_tree(root.path()).unwrap();
        assert_eq!(files.len(), 300);
        assert_eq!(files.text("services/299.yaml"), Some("299"));
    }

    #[test]
    fn a_folder_that_is_not_there_is_named() {
        let error = read_tree(Path::new("/nowhere/at/all")).unwrap_err();
        assert!(error.to_string().contains("/nowhere/at/all"), "{error}");
        assert!(error.hint().unwrap().contains("-C"), "{error:?}");
    }
}
