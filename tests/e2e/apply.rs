//! `nucleon-apply`: deploys exactly what was approved, and tells the truth about it.

use nucleon_tests::{Emulator, Finished, Platform};

use crate::documents::{approval, outcome, targets};

#[test]
fn what_was_approved_is_deployed() {
    let platform = Platform::new(&Emulator::connect()).environment("one", "");
    let planned = platform
        .run("nucleon-plan")
        .args(["--format", "json"])
        .run()
        .succeeds();

    let _ = platform
        .run("nucleon-apply")
        .args(["--approved", &approval(&planned, "environment/one")])
        .run()
        .succeeds();

    let record = platform.record("environment/one").unwrap();
    assert_eq!(record["status"], "SUCCEEDED");
    assert_eq!(
        format!(
            "environment/one={}",
            record["plan_digest"].as_str().unwrap()
        ),
        approval(&planned, "environment/one")
    );
    assert_eq!(
        platform.stack_status("one").as_deref(),
        Some("CREATE_COMPLETE")
    );
}

#[test]
fn a_plan_that_is_not_the_approved_one_is_shown_and_refused() {
    let platform = Platform::new(&Emulator::connect()).environment("one", "text: approved");
    let planned = platform
        .run("nucleon-plan")
        .args(["--format", "json"])
        .run()
        .succeeds();

    let platform = platform.environment("one", "text: sneaked-in");
    let refused = platform
        .run("nucleon-apply")
        .env("NUCLEON_APPROVED", approval(&planned, "environment/one"))
        .run()
        .fails_with(4);

    assert!(
        refused
            .stdout()
            .contains("the plan of environment/one is not the one that was approved"),
        "{refused}"
    );
    assert!(refused.stdout().contains("plan again"), "{refused}");
    assert!(
        refused.stderr().contains("+ Note0 (AWS::SSM::Parameter)"),
        "{refused}"
    );
    assert_eq!(platform.record("environment/one"), None);
    let status = platform.stack_status("one");
    assert_eq!(status.as_deref(), Some("REVIEW_IN_PROGRESS"));
}

#[test]
fn a_target_that_nobody_approved_is_refused_and_the_others_go_on() {
    let platform = Platform::new(&Emulator::connect())
        .environment("one", "")
        .environment("two", "");
    let planned = platform
        .run("nucleon-plan")
        .args(["environment/one", "--format", "json"])
        .run()
        .succeeds();

    let applied = platform
        .run("nucleon-apply")
        .args([
            "--format",
            "json",
            "--approved",
            &approval(&planned, "environment/one"),
        ])
        .run()
        .fails_with(4);

    assert_eq!(outcome(&applied, "environment/one").0, "SUCCEEDED");
    assert_eq!(
        outcome(&applied, "environment/two").1,
        "nobody approved a plan of environment/two"
    );
}

#[test]
fn a_provisional_approval_covers_what_it_could_not_show() {
    let platform = Platform::new(&Emulator::connect())
        .environment("one", "")
        .service("reader", &["one"]);
    let planned = platform
        .run("nucleon-plan")
        .args(["--format", "json"])
        .run()
        .succeeds();
    let service = "service/reader/service-instance/one";
    let approvals = [
        approval(&planned, "environment/one"),
        approval(&planned, service),
    ];

    let _ = platform
        .run("nucleon-apply")
        .env("NUCLEON_APPROVED", approvals.join("\n"))
        .run()
        .succeeds();

    let outputs = platform
        .account()
        .outputs(&platform.stack("reader-one").unwrap());
    assert_eq!(outputs, [("Reads".to_owned(), "one-notes".to_owned())]);
}

#[test]
fn a_second_run_changes_nothing_and_writes_nothing() {
    let platform = Platform::new(&Emulator::connect()).environment("one", "");
    let _ = platform.run("nucleon-apply").run().succeeds();
    let before = platform.repository().remote_refs("refs/nucleon/");

    let applied = platform
        .run("nucleon-apply")
        .args(["--format", "json"])
        .run()
        .succeeds();

    assert_eq!(outcome(&applied, "environment/one").1, "nothing changes");
    assert_eq!(platform.repository().remote_refs("refs/nucleon/"), before);
}

#[test]
fn a_failure_tells_its_first_cause_and_is_tried_again_only_when_it_changed() {
    let platform = Platform::new(&Emulator::connect()).environment("one", "broken: true");

    let applied = platform
        .run("nucleon-apply")
        .args(["--format", "json"])
        .run()
        .fails_with(3);

    let (status, message) = outcome(&applied, "environment/one");
    assert_eq!(status, "FAILED");
    assert!(
        message.contains("Broken") && message.contains("InvalidVpcID.NotFound"),
        "{message}"
    );
    assert_eq!(
        platform.record("environment/one").unwrap()["status"],
        "FAILED"
    );
    assert!(pending(&platform).is_empty());

    let platform = platform.environment("one", "text: mended");
    assert_eq!(pending(&platform), ["environment/one"]);
    let _ = platform
        .run("nucleon-apply")
        .args(["--pending"])
        .run()
        .succeeds();
    assert_eq!(
        platform.stack_status("one").as_deref(),
        Some("CREATE_COMPLETE")
    );
    assert_eq!(
        platform.record("environment/one").unwrap()["status"],
        "SUCCEEDED"
    );
}

#[test]
fn a_failed_update_keeps_the_stack_and_its_outputs() {
    let platform = Platform::new(&Emulator::connect()).environment("one", "");
    let _ = platform.run("nucleon-apply").run().succeeds();

    let platform = platform.environment("one", "broken: true");
    let failed = platform.run("nucleon-apply").run().fails_with(3);

    assert!(
        failed.stdout().contains("InvalidVpcID.NotFound"),
        "{failed}"
    );
    let record = platform.record("environment/one").unwrap();
    assert_eq!(
        (&record["status"], &record["outputs"][0]["valueString"]),
        (&"FAILED".into(), &"one-notes".into())
    );
    let _ = platform
        .environment("one", "text: mended")
        .run("nucleon-apply")
        .run()
        .succeeds();
}

#[test]
fn only_what_depends_on_a_failure_is_refused() {
    let platform = Platform::new(&Emulator::connect())
        .environment("bad", "broken: true")
        .environment("good", "")
        .service("reader", &["bad", "good"]);

    let applied = platform
        .run("nucleon-apply")
        .args(["--format", "json"])
        .run()
        .fails_with(3);

    assert_eq!(outcome(&applied, "environment/bad").0, "FAILED");
    assert_eq!(
        outcome(&applied, "service/reader/service-instance/bad"),
        (
            "none".to_owned(),
            "service/reader/service-instance/bad needs environment/bad, which is FAILED".to_owned()
        )
    );
    assert_eq!(outcome(&applied, "environment/good").0, "SUCCEEDED");
    assert_eq!(
        outcome(&applied, "service/reader/service-instance/good").0,
        "SUCCEEDED"
    );
    assert_eq!(platform.stack("reader-bad"), None);
}

#[test]
fn a_template_beyond_the_limit_of_a_request_goes_through_the_artifacts_bucket() {
    let emulator = Emulator::connect();
    let platform = Platform::new(&emulator);
    let bucket = format!("artifacts-{}-us-east-1", platform.account().id());
    let settings = platform.repository().read("nucleon.yaml");
    let platform = platform
        .write(
            "nucleon.yaml",
            &format!(
                "{settings}\nartifacts: {{bucket: \"artifacts-{{account_id}}-{{region}}\"}}\n"
            ),
        )
        .environment("one", &format!("length: 60, text: {}", "x".repeat(1000)));

    let refused = platform.run("nucleon-plan").run().fails_with(3);
    assert!(refused.stdout().contains(&bucket), "{refused}");

    platform
        .account()
        .aws(&["s3api", "create-bucket", "--bucket", &bucket]);
    let _ = platform.run("nucleon-apply").run().succeeds();
    assert!(
        platform
            .account()
            .template(&platform.stack("one").unwrap())
            .len()
            > 51_200
    );
}

#[test]
fn a_stack_with_the_targets_tags_is_not_given_a_twin() {
    let platform = Platform::new(&Emulator::connect()).environment("one", "");
    let _ = platform.run("nucleon-apply").run().succeeds();
    let stack = platform.stack("one").unwrap();
    let settings = platform.repository().read("nucleon.yaml");
    let _ = platform
        .repository()
        .git(["push", "origin", ":refs/nucleon/targets/environment/one"]);

    let platform = platform.write(
        "nucleon.yaml",
        &settings.replace("    region:", "    stack_prefix: Other-\n    region:"),
    );
    let refused = platform.run("nucleon-apply").run().fails_with(3);

    assert!(
        refused
            .stdout()
            .contains(&format!("nucleon import environment/one --stack {stack}")),
        "{refused}"
    );
    assert_eq!(platform.account().stacks(), [stack]);
}

#[test]
fn what_is_destroyed_is_gone_and_its_record_says_so() {
    let platform = Platform::new(&Emulator::connect()).environment("one", "");
    let _ = platform.run("nucleon-apply").run().succeeds();
    let planned = platform
        .run("nucleon-plan")
        .args(["--destroy", "environment/one", "--format", "json"])
        .run()
        .succeeds();

    let _ = platform
        .run("nucleon-apply")
        .args([
            "--destroy",
            "environment/one",
            "--approved",
            &approval(&planned, "environment/one"),
        ])
        .run()
        .succeeds();

    assert_eq!(platform.stack_status("one"), None);
    assert_eq!(
        platform.record("environment/one").unwrap()["status"],
        "DELETE_COMPLETE"
    );
    let _ = platform.run("nucleon-apply").run().succeeds();
    assert_eq!(
        platform.stack_status("one").as_deref(),
        Some("CREATE_COMPLETE")
    );
}

#[test]
fn no_record_and_no_output_shows_a_secret() {
    let platform = Platform::new(&Emulator::connect()).environment("one", "secret: correct-horse");

    let applied = platform.run("nucleon-apply").args(["-v"]).run().succeeds();

    assert!(!applied.to_string().contains("correct-horse"), "{applied}");
    assert!(
        !format!("{:?}", platform.repository().records("environment/one"))
            .contains("correct-horse")
    );
}

fn pending(platform: &Platform) -> Vec<String> {
    let listed: Finished = platform
        .run("nucleon-render")
        .args(["--pending", "--format", "json"])
        .run()
        .succeeds();
    targets(&listed.json())
}
