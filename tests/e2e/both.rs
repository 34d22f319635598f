//! One repository that holds specs and the folders that they are proposed as: `--folders` says which are meant.

use nucleon_tests::{Emulator, Nucleon, Platform, Published, Recorder};
use serde_json::json;

use crate::documents::{approval, outcome, plan, targets};

const ENVIRONMENT: &str = "environment/one";

/// A platform that proposes its folders to itself.
fn platform() -> (Platform, Recorder) {
    let platform = Platform::new(&Emulator::connect());
    let id = platform.account().id().to_owned();
    let modules = Published::root().join("tests/modules");
    let repository = platform.repository().copy_from(&modules, "");
    let own = format!("{}/remote", repository.owner());
    let settings = repository.read("nucleon.yaml").replace("111122223333", &id);
    let settings = format!(
        "{settings}\nenvironments: {{one: {{provisioning: pull-request}}}}\nprovisioning: {{repository: {own}}}\n"
    );
    let repository = repository
        .write("nucleon.yaml", settings)
        .write(
            "environments/one.yaml",
            "proton: EnvironmentSpec\nname: one\naccount: main\ntemplate: drawer-env@1.0\nspec: {text: hi}\n",
        )
        .commit("specs")
        .tag("drawer-env/v1.0")
        .tag("drawer-svc/v1.0")
        .push();
    drop(repository);
    let bucket = format!("tfstate-{id}");
    let create = ["s3api", "create-bucket", "--bucket", &bucket];
    platform.account().aws(&create);
    let opened =
        json!({"number": 7, "html_url": "https://github.com/acme/remote/pull/7", "state": "open"});
    let github = Recorder::github()
        .answer(&format!("GET /repos/{own}/pulls"), 200, json!([]))
        .answer(&format!("POST /repos/{own}/pulls"), 201, opened);
    (platform, github)
}

#[test]
fn specs_are_proposed_and_folders_applied_in_one_repository_without_meeting() {
    let (platform, github) = platform();
    let run = |binary: &str, arguments: &[&str]| -> Nucleon {
        platform
            .run(binary)
            .args(["--format", "json"])
            .args(arguments)
            .env("NUCLEON_GITHUB_TOKEN", "github_pat_secret")
            .env("GITHUB_API_URL", github.url())
    };
    let none = run("nucleon-render", &["--pending", "--folders"]).run();
    assert_eq!(targets(&none.succeeds().json()), [""; 0]);
    let proposed = run("nucleon-apply", &[]).run().succeeds();
    assert_eq!(outcome(&proposed, ENVIRONMENT).0, "IN_PROGRESS");
    let repository = platform.repository();
    let branch = "origin/nucleon/environment/one";
    repository.git(["fetch", "--quiet", "origin"]);
    repository.git(["merge", "--quiet", "--no-ff", "-m", "merge", branch]);
    let _ = repository.push();

    let planned = run("nucleon-plan", &["--changed-since", "HEAD^", "--folders"]);
    let planned = planned.run().succeeds();
    assert_eq!(plan(&planned, ENVIRONMENT)["operation"], "create");
    let approved = approval(&planned, ENVIRONMENT);
    let applied = run(
        "nucleon-apply",
        &[
            "--folders",
            "--pending",
            "--approved",
            &approved,
            "--out",
            "../outcome.json",
        ],
    );
    let applied = applied.run().succeeds();
    assert_eq!(outcome(&applied, ENVIRONMENT).0, "SUCCEEDED");

    // What the specs know is another record, which waits to be told.
    assert_eq!(
        platform.record(ENVIRONMENT).unwrap()["status"],
        "IN_PROGRESS"
    );
    let arguments = ["deployment", "--folders", "--outcome", "../outcome.json"];
    let _told = run("nucleon-notify", &arguments).run().succeeds();
    let record = platform.record(ENVIRONMENT).unwrap();
    assert_eq!(record["status"], "SUCCEEDED");
    assert!(
        record["outputs"].to_string().contains("one-drawer-hi"),
        "{record}"
    );
    for further in [&["--pending"][..], &["--pending", "--folders"]] {
        let pending = run("nucleon-render", further).run().succeeds();
        assert_eq!(targets(&pending.json()), [""; 0], "{further:?}");
    }
    let shown = run("nucleon", &["status", "--folders"]).run().succeeds();
    assert_eq!(targets(&shown.json()), [ENVIRONMENT]);
}
