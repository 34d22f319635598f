//! `nucleon unlock`: for a run that is gone and whose lease is not.

use nucleon_tests::{Emulator, Gateway, Platform};

#[test]
fn a_target_of_a_run_that_is_gone_is_freed_at_once_and_its_history_says_why() {
    let emulator = Emulator::connect();
    let platform = Platform::new(&emulator).environment("one", "");
    let gateway = Gateway::before(&emulator).hold("ExecuteChangeSet");
    let holder = platform
        .run("nucleon-apply")
        .env("AWS_ENDPOINT_URL", gateway.url())
        .env("GITHUB_RUN_ID", "4711")
        .start();
    gateway.wait_until_asked("ExecuteChangeSet");
    let _ = holder.kill();
    let locked = platform.run("nucleon-apply").run().fails_with(4);
    assert!(
        locked
            .stdout()
            .contains("nucleon unlock environment/one --reason"),
        "{locked}"
    );

    let unlock = || {
        platform
            .run("nucleon")
            .args([
                "unlock",
                "environment/one",
                "--reason",
                "its runner\nburned down",
            ])
            .env("GITHUB_ACTOR", "mona")
            .run()
            .succeeds()
    };
    let freed = unlock();

    let told = freed.stderr();
    assert!(
        told.contains("environment/one is free: run 4711, attempt 1 had it until 20"),
        "{freed}"
    );
    let record = platform.record("environment/one").unwrap();
    assert_eq!(record["status"], "IN_PROGRESS");
    assert_eq!(
        record["message"],
        "unlocked by mona: its runner burned down"
    );
    let again = unlock();
    assert!(
        again.stderr().contains("environment/one is not locked"),
        "{again}"
    );
    let _ = platform.run("nucleon-apply").run().succeeds();
    let messages: Vec<String> = platform
        .repository()
        .records("environment/one")
        .iter()
        .map(|record| format!("{} {}", record["status"], record["message"]))
        .collect();
    assert!(
        messages
            .contains(&"\"IN_PROGRESS\" \"unlocked by mona: its runner burned down\"".to_owned()),
        "{messages:#?}"
    );
    assert!(messages[0].starts_with("\"SUCCEEDED\""), "{messages:#?}");
}

#[test]
fn what_was_never_deployed_cannot_be_unlocked_and_a_reason_is_needed() {
    let platform = Platform::new(&Emulator::connect()).environment("one", "");
    let unlock = |reason: &str| {
        let arguments = ["unlock", "environment/one", "--reason", reason];
        platform.run("nucleon").args(arguments).run()
    };

    let refused = unlock("gone").fails_with(1);

    assert!(
        refused
            .stderr()
            .contains("environment/one was never deployed"),
        "{refused}"
    );
    let _ = unlock(" \n").fails_with(2);
}
