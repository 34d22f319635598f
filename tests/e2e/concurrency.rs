//! Many runs at once on one repository: nothing is lost, nothing is done twice, and whoever waits is told for whom.

use std::sync::{Arc, Barrier};
use std::thread;

use nucleon_tests::{Emulator, Finished, Gateway, Nucleon, Platform, Running};

use crate::documents::outcome;

const TWENTY: [&str; 20] = [
    "a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k", "l", "m", "n", "o", "p", "q", "r", "s",
    "t",
];

#[test]
fn twenty_runs_on_twenty_targets_write_twenty_true_records() {
    let platform = TWENTY
        .iter()
        .fold(Platform::new(&Emulator::connect()), |platform, name| {
            platform.environment(name, "")
        });
    let runs = TWENTY.map(|name| {
        let clone = platform.repository().shallow_clone();
        platform
            .run_in(&clone, "nucleon-apply")
            .args([format!("environment/{name}")])
    });

    let finished: Vec<Finished> = at_once(runs.into());

    let codes: Vec<_> = finished.iter().map(Finished::code).collect();
    assert_eq!(codes, [Some(0); 20], "{finished:?}");
    for name in TWENTY {
        let events = platform
            .repository()
            .records(&format!("environment/{name}"));
        let statuses: Vec<_> = events
            .iter()
            .map(|event| event["status"].as_str().unwrap())
            .collect();
        assert_eq!(statuses, ["SUCCEEDED", "IN_PROGRESS"], "{name}");
        assert_eq!(
            events[0]["outputs"][0]["valueString"],
            format!("{name}-notes")
        );
        assert_eq!(
            platform.stack_status(name).as_deref(),
            Some("CREATE_COMPLETE")
        );
    }
}

#[test]
fn of_four_runs_on_one_target_one_deploys() {
    let platform = Platform::new(&Emulator::connect()).environment("one", "length: 20");
    let runs = (0..4).map(|_| {
        let clone = platform.repository().shallow_clone();
        platform
            .run_in(&clone, "nucleon-apply")
            .args(["environment/one", "--format", "json"])
    });

    let finished = at_once(runs.collect());

    // Whoever looks after the end finds nothing to do.
    let codes: Vec<_> = finished.iter().filter_map(Finished::code).collect();
    assert!(
        codes.contains(&0) && codes.iter().all(|code| [0, 4].contains(code)),
        "{finished:?}"
    );
    let events = platform.repository().records("environment/one");
    let statuses: Vec<_> = events
        .iter()
        .map(|event| event["status"].as_str().unwrap())
        .collect();
    assert_eq!(statuses, ["SUCCEEDED", "IN_PROGRESS"]);
    // The emulator, unlike CloudFormation, may give each of two first change sets a stack; one of them stays empty.
    let stacks = platform.account().stack_statuses();
    let made: Vec<_> = stacks
        .iter()
        .map(|(_, status)| status.as_str())
        .filter(|status| *status != "REVIEW_IN_PROGRESS")
        .collect();
    assert_eq!(made, ["CREATE_COMPLETE"], "{finished:?}");
}

#[test]
fn whoever_finds_a_locked_target_is_told_who_holds_it() {
    let emulator = Emulator::connect();
    let platform = Platform::new(&emulator)
        .environment("one", "")
        .environment("two", "");
    let gateway = Gateway::before(&emulator).hold("ExecuteChangeSet");
    let holder = platform
        .run("nucleon-apply")
        .args(["environment/one"])
        .envs([
            ("AWS_ENDPOINT_URL", gateway.url()),
            ("GITHUB_SERVER_URL", "https://github.com"),
            ("GITHUB_REPOSITORY", "acme/platform"),
            ("GITHUB_RUN_ID", "4711"),
            ("GITHUB_RUN_ATTEMPT", "2"),
        ])
        .start();
    gateway.wait_until_asked("ExecuteChangeSet");

    let second = platform
        .run("nucleon-apply")
        .args(["--format", "json"])
        .run()
        .fails_with(4);

    let since = platform.record("environment/one").unwrap()["started"]
        .as_str()
        .unwrap()
        .to_owned();
    let message = outcome(&second, "environment/one").1;
    let expected = format!(
        "environment/one is locked by run 4711, attempt 2 (https://github.com/acme/platform/actions/runs/4711) since {since}"
    );
    assert!(message.starts_with(&expected), "{message}");
    assert_eq!(outcome(&second, "environment/two").0, "SUCCEEDED");
    gateway.release("ExecuteChangeSet");
    let _ = holder.wait().succeeds();
    assert_eq!(
        platform.record("environment/one").unwrap()["status"],
        "SUCCEEDED"
    );
}

#[test]
fn a_lease_is_renewed_while_its_run_lives() {
    let emulator = Emulator::connect();
    let platform = Platform::new(&emulator).environment("one", "");
    let gateway = Gateway::before(&emulator).hold("ExecuteChangeSet");
    let holder = platform
        .run("nucleon-apply")
        .env("AWS_ENDPOINT_URL", gateway.url())
        .env("NUCLEON_LEASE", "2")
        .start();
    gateway.wait_until_asked("ExecuteChangeSet");
    let first = expiry(&platform);
    // Longer than the first lease lasts.
    while expiry(&platform) < first.clone() + "Z" && expiry(&platform) == first {
        thread::yield_now();
    }

    let _ = platform.run("nucleon-apply").run().fails_with(4);

    gateway.release("ExecuteChangeSet");
    let _ = holder.wait().succeeds();
    assert_eq!(
        platform.repository().records("environment/one")[0]["status"],
        "SUCCEEDED"
    );
}

fn expiry(platform: &Platform) -> String {
    platform.record("environment/one").unwrap()["lease"]["expires"]
        .as_str()
        .unwrap()
        .to_owned()
}

/// Starts all runs in the same moment and waits for them.
fn at_once(runs: Vec<Nucleon>) -> Vec<Finished> {
    let barrier = Arc::new(Barrier::new(runs.len()));
    let start = |run: Nucleon| {
        let barrier = Arc::clone(&barrier);
        thread::spawn(move || {
            barrier.wait();
            run.start()
        })
    };
    let threads: Vec<_> = runs.into_iter().map(start).collect();
    let running: Vec<Running> = threads
        .into_iter()
        .map(|thread| thread.join().unwrap())
        .collect();
    running.into_iter().map(Running::wait).collect()
}
