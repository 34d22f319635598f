//! Runs that end in the middle: the next one finds out what really happened, and no lock is left that blocks.

use std::thread;
use std::time::{Duration, Instant};

use nucleon_tests::{Emulator, Finished, Gateway, Nucleon, Platform};

use crate::documents::outcome;

/// A chain that takes the emulator a second or two.
const SLOW: &str = "length: 100";

#[test]
fn a_run_that_is_killed_after_the_change_set_was_executed_is_closed_with_what_happened() {
    let emulator = Emulator::connect();
    let platform = Platform::new(&emulator).environment("one", SLOW);
    let gateway = Gateway::before(&emulator);
    let running = through(&gateway, &platform).start();
    gateway.wait_until_answered("ExecuteChangeSet");

    assert_eq!(running.kill().code(), None);

    let left = platform.record("environment/one").unwrap();
    assert_eq!(left["status"], "IN_PROGRESS");
    let next = next_run(&platform).succeeds();
    assert_eq!(outcome(&next, "environment/one").1, "nothing changes");
    let closed = platform.record("environment/one").unwrap();
    assert_eq!(
        (&closed["status"], &closed["id"]),
        (&"SUCCEEDED".into(), &left["id"])
    );
    assert_eq!(closed["outputs"][0]["valueString"], "one-notes");
    assert_eq!(
        platform.stack_status("one").as_deref(),
        Some("CREATE_COMPLETE")
    );
}

#[test]
fn a_killed_run_whose_deployment_failed_is_closed_as_failed() {
    let emulator = Emulator::connect();
    let platform = Platform::new(&emulator).environment("one", "broken: true");
    let gateway = Gateway::before(&emulator);
    let running = through(&gateway, &platform).start();
    gateway.wait_until_answered("ExecuteChangeSet");
    let _ = running.kill();
    let left = platform.record("environment/one").unwrap();

    let _ = next_run(&platform.clone().environment("one", "text: mended")).succeeds();

    let closed = last_event_of(&platform, left["id"].as_str().unwrap());
    assert_eq!(closed["status"], "FAILED");
    assert!(
        closed["message"]
            .as_str()
            .unwrap()
            .contains("InvalidVpcID.NotFound"),
        "{closed}"
    );
    assert_eq!(
        platform.record("environment/one").unwrap()["status"],
        "SUCCEEDED"
    );
}

#[test]
fn a_run_that_is_killed_before_the_change_set_was_executed_is_made_up_for() {
    let emulator = Emulator::connect();
    let platform = Platform::new(&emulator).environment("one", "");
    let gateway = Gateway::before(&emulator).hold("ExecuteChangeSet");
    let running = through(&gateway, &platform).start();
    gateway.wait_until_asked("ExecuteChangeSet");

    let _ = running.kill();

    let left = platform.record("environment/one").unwrap();
    assert_eq!(left["status"], "IN_PROGRESS");
    assert_eq!(
        platform.stack_status("one").as_deref(),
        Some("REVIEW_IN_PROGRESS")
    );
    let _ = next_run(&platform).succeeds();
    let closed = last_event_of(&platform, left["id"].as_str().unwrap());
    assert_eq!(
        (&closed["status"], &closed["message"]),
        (
            &"CANCELLED".into(),
            &"the run ended before anything was changed".into()
        )
    );
    assert_eq!(
        platform.record("environment/one").unwrap()["status"],
        "SUCCEEDED"
    );
    assert_eq!(
        platform.stack_status("one").as_deref(),
        Some("CREATE_COMPLETE")
    );
}

#[test]
fn a_killed_update_is_closed_with_what_happened() {
    let emulator = Emulator::connect();
    let platform = Platform::new(&emulator).environment("one", SLOW);
    let _ = platform.run("nucleon-apply").run().succeeds();
    let platform = platform.environment("one", &format!("{SLOW}, text: changed"));
    let gateway = Gateway::before(&emulator);
    let running = through(&gateway, &platform).start();
    gateway.wait_until_answered("ExecuteChangeSet");

    let _ = running.kill();
    let left = platform.record("environment/one").unwrap();

    let _ = next_run(&platform).succeeds();
    let closed = platform.record("environment/one").unwrap();
    assert_eq!(
        (&closed["status"], &closed["id"]),
        (&"SUCCEEDED".into(), &left["id"])
    );
    assert!(
        closed["outputs"].to_string().contains("changed"),
        "{closed}"
    );
}

#[test]
fn a_run_that_died_is_pending_once_its_lease_has_run_out() {
    let emulator = Emulator::connect();
    let platform = Platform::new(&emulator).environment("one", "");
    let gateway = Gateway::before(&emulator).hold("ExecuteChangeSet");
    let running = through(&gateway, &platform).start();
    gateway.wait_until_asked("ExecuteChangeSet");
    let _ = running.kill();

    let _ = until(
        || {
            platform
                .run("nucleon-apply")
                .args(["--pending", "--format", "json"])
                .run()
        },
        |applied| applied.code() == Some(0) && applied.stdout().contains("environment/one"),
    );

    assert_eq!(
        platform.record("environment/one").unwrap()["status"],
        "SUCCEEDED"
    );
}

#[test]
fn a_run_that_is_terminated_waits_for_what_is_under_way_and_says_how_it_ended() {
    let emulator = Emulator::connect();
    let platform = Platform::new(&emulator).environment("one", "");
    let _ = platform.run("nucleon-apply").run().succeeds();
    let platform = platform.environment("one", SLOW);
    let gateway = Gateway::before(&emulator);
    let running = through(&gateway, &platform).start();
    gateway.wait_until_answered("ExecuteChangeSet");

    // The emulator cannot cancel an update, so this one goes through to its end.
    let ended = running.terminate().succeeds();

    assert!(ended.stderr().contains("stopping"), "{ended}");
    assert_eq!(
        platform.record("environment/one").unwrap()["status"],
        "SUCCEEDED"
    );
    assert_eq!(
        platform.stack_status("one").as_deref(),
        Some("UPDATE_COMPLETE")
    );
}

#[test]
fn a_creation_that_is_interrupted_leaves_a_record_of_what_is_there() {
    let emulator = Emulator::connect();
    let platform = Platform::new(&emulator).environment("one", SLOW);
    let gateway = Gateway::before(&emulator);
    let running = through(&gateway, &platform).start();
    gateway.wait_until_answered("ExecuteChangeSet");

    let ended = running.interrupt();

    let record = platform.record("environment/one").unwrap();
    let expected = match platform.stack_status("one").as_deref() {
        Some("CREATE_COMPLETE") => (Some(0), "SUCCEEDED"),
        _ => (Some(3), "CANCELLED"),
    };
    assert_eq!(
        (ended.code(), record["status"].as_str().unwrap()),
        expected,
        "{ended}{record:#}"
    );
    assert_eq!(record["lease"], serde_json::Value::Null);
    // The emulator goes on creating what it is told to delete, so the next try takes other names.
    let platform = platform.environment("one", "folder: elsewhere");
    let _ = platform.run("nucleon-apply").run().succeeds();
}

#[test]
fn a_run_that_is_terminated_begins_nothing_more() {
    let emulator = Emulator::connect();
    let platform = Platform::new(&emulator)
        .environment("one", SLOW)
        .service("reader", &["one"]);
    let _ = platform
        .run("nucleon-apply")
        .args(["environment/one"])
        .run()
        .succeeds();
    let platform = platform.environment("one", &format!("{SLOW}, text: changed"));
    let gateway = Gateway::before(&emulator);
    let running = through(&gateway, &platform).start();
    gateway.wait_until_answered("ExecuteChangeSet");

    let ended = running.terminate().fails_with(3);

    assert_eq!(
        platform.record("environment/one").unwrap()["status"],
        "SUCCEEDED"
    );
    let expected = "the run was stopped before service/reader/service-instance/one was begun";
    assert!(ended.stdout().contains(expected), "{ended}");
    assert_eq!(platform.record("service/reader/service-instance/one"), None);
    assert_eq!(platform.stack("reader-one"), None);
}

/// An apply with a lease of a second, which talks to the emulator through a gateway.
fn through(gateway: &Gateway, platform: &Platform) -> Nucleon {
    platform
        .run("nucleon-apply")
        .env("NUCLEON_LEASE", "1")
        .env("AWS_ENDPOINT_URL", gateway.url())
}

/// The next run that is not told to wait for the dead one's lease.
fn next_run(platform: &Platform) -> Finished {
    until(
        || {
            platform
                .run("nucleon-apply")
                .args(["--format", "json"])
                .run()
        },
        |applied| applied.code() != Some(4),
    )
}

fn until(run: impl Fn() -> Finished, enough: impl Fn(&Finished) -> bool) -> Finished {
    let start = Instant::now();
    loop {
        let finished = run();
        if enough(&finished) {
            return finished;
        }
        assert!(
            start.elapsed() < Duration::from_mins(1),
            "it never came to pass: {finished}"
        );
        thread::yield_now();
    }
}

/// The last event of one deployment.
fn last_event_of(platform: &Platform, id: &str) -> serde_json::Value {
    let events = platform.repository().records("environment/one");
    events
        .into_iter()
        .find(|record| record["id"] == id)
        .unwrap()
}
