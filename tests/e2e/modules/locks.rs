//! Who works on a state: locks, and runs that are stopped or die.

use nucleon_tests::Platform;

use super::{ENVIRONMENT, apply, drawer, keys, outcome, platform, run};

/// Puts the lock of somebody into the bucket.
fn lock(platform: &Platform, who: &str) {
    let account = platform.account();
    let lock = serde_json::json!({
        "ID": "3e5a1d5e-0000-4000-8000-000000000001", "Operation": "OperationTypeApply", "Info": "", "Who": who,
        "Version": "1.11.4", "Created": "2026-11-23T10:00:00Z", "Path": "one/terraform.tfstate",
    });
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), lock.to_string()).unwrap();
    let bucket = format!("tfstate-{}", account.id());
    let body = file.path().display().to_string();
    account.aws(&[
        "s3api",
        "put-object",
        "--bucket",
        &bucket,
        "--key",
        "one/terraform.tfstate.tflock",
        "--body",
        &body,
    ]);
}

#[test]
fn a_lock_is_waited_for_and_its_holder_named() {
    let platform = drawer(platform(), "one", "");
    lock(&platform, "ada@laptop");

    let _ = run(&platform, "nucleon-plan").run().succeeds();
    let refused = run(&platform, "nucleon-apply")
        .env("NUCLEON_LOCK_PATIENCE", "1")
        .run()
        .fails_with(3);

    assert!(refused.stderr().contains("WAITING"), "{}", refused.stderr());
    let (_, message) = outcome(&refused, ENVIRONMENT);
    insta::assert_snapshot!(message, @r"Terraform refused to lock the state for environment/one: it is locked by ada@laptop since 2026-11-23 10:00:00 +0000 UTC (OperationTypeApply, lock 3e5a1d5e-0000-4000-8000-000000000001)");
}

#[test]
fn a_run_that_is_told_to_stop_waits_for_terraform_which_gives_its_lock_back() {
    let platform = drawer(platform(), "one", "seconds: 20");
    let (running, log) = slow(&platform);
    wait_for(&log);

    let stopped = running.terminate();

    let record = platform.record(ENVIRONMENT).unwrap();
    assert_eq!(record["status"], "FAILED", "{}", stopped.stderr());
    assert!(
        record["message"]
            .as_str()
            .unwrap()
            .starts_with("was stopped with the run"),
        "{record}"
    );
    assert_eq!(keys(&platform, ".tflock"), [] as [&str; 0]);
}

#[test]
fn a_run_that_is_killed_in_the_middle_is_closed_with_what_happened_and_its_lock_is_gone() {
    let platform = drawer(platform(), "one", "seconds: 30");
    let (running, log) = slow(&platform);
    wait_for(&log);
    let folder = log.parent().unwrap().to_owned();

    let _ = running.kill();
    kill_below(&folder);

    let left = platform.record(ENVIRONMENT).unwrap();
    assert_eq!(left["status"], "IN_PROGRESS");
    assert_eq!(keys(&platform, ".tflock"), ["one/terraform.tfstate.tflock"]);
    let platform = drawer(platform, "one", "seconds: 0");
    std::thread::sleep(std::time::Duration::from_secs(6));
    let next = apply(&platform, &[]).succeeds();
    assert_eq!(outcome(&next, ENVIRONMENT).0, "SUCCEEDED");
    assert_eq!(platform.record(ENVIRONMENT).unwrap()["status"], "SUCCEEDED");
    assert_eq!(keys(&platform, ".tflock"), [] as [&str; 0]);
    let history = platform
        .run("nucleon")
        .args(["history", ENVIRONMENT, "--format", "json"])
        .run()
        .succeeds();
    insta::assert_snapshot!(history.json()["targets"][1]["record"]["message"], @r#""its run died, and the target is another one now: what it did is in the state""#);
}

/// An apply that takes as long as the spec says, with a short lease; the file shows that it has begun.
fn slow(platform: &Platform) -> (nucleon_tests::Running, std::path::PathBuf) {
    let folder = platform.repository().folder().join("../runner");
    std::fs::create_dir_all(&folder).unwrap();
    let folder = folder.canonicalize().unwrap();
    let log = folder.join("drawer.log");
    let running = run(platform, "nucleon-apply")
        .env("NUCLEON_LEASE", "5")
        .env("RUNNER_TEMP", &folder)
        .env("XDG_DRAWER_LOG", &log)
        .start();
    (running, log)
}

fn wait_for(file: &std::path::Path) {
    let limit = std::time::Instant::now() + std::time::Duration::from_mins(1);
    while !file.exists() {
        assert!(
            std::time::Instant::now() < limit,
            "{} is not there",
            file.display()
        );
        std::thread::sleep(std::time::Duration::from_millis(50));
    }
}

/// Kills every process whose folder is below one, as a machine does that is switched off.
fn kill_below(folder: &std::path::Path) {
    for entry in std::fs::read_dir("/proc").unwrap().flatten() {
        let Ok(cwd) = std::fs::read_link(entry.path().join("cwd")) else {
            continue;
        };
        if cwd.starts_with(folder) {
            let id = entry.file_name().to_string_lossy().into_owned();
            let _ = std::process::Command::new("kill")
                .args(["-9", &id])
                .status();
        }
    }
}
