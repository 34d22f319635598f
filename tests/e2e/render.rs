//! `nucleon-render`: templates with their inputs filled in.

use std::fs;
use std::path::Path;

use nucleon_tests::{Emulator, Example, Platform, Published, Repository};
use serde_json::{Value, json};

use crate::documents::{target, targets};

#[test]
fn a_template_is_rendered_to_standard_output() {
    let repository = Repository::empty()
        .write(
            "note.yaml",
            "Name: {{ environment.name }}\nSize: {{ environment.inputs.size }}\n",
        )
        .write(
            "context.json",
            r#"{"environment": {"name": "dev", "inputs": {"size": 2}}}"#,
        );

    let rendered = repository
        .run("nucleon-render")
        .args(["template", "note.yaml", "--context", "context.json"])
        .run()
        .succeeds();

    // As in Jinja, the last line break of a template goes.
    assert_eq!(rendered.stdout(), "Name: dev\nSize: 2");
}

#[test]
fn a_template_that_reads_what_is_not_there_is_shown() {
    let repository = Repository::empty()
        .write(
            "note.yaml",
            "Name: {{ environment.name }}\nSize: {{ environment.inputs.sise }}\n",
        )
        .write(
            "context.json",
            r#"{"environment": {"name": "dev", "inputs": {"size": 2}}}"#,
        );

    let refused = repository
        .run("nucleon-render")
        .args(["template", "note.yaml", "--context", "context.json"])
        .run()
        .fails_with(1);

    assert_eq!(refused.stdout(), "");
    insta::assert_snapshot!(refused.stderr(), @r"
    error[render/undefined]: `environment.inputs.sise` is undefined
     --> note.yaml:2:10
      |
    2 | Size: {{ environment.inputs.sise }}
      |          ^^^^^^^^^^^^^^^^^^^^^^^
      |
      = help: did you mean `environment.inputs.size`?

    1 error
    ");
}

#[test]
fn a_bundle_is_rendered_without_a_repository() {
    let bundle = Published::root().join("templates-examples/queue-worker-svc");
    let folder = Repository::empty().write("outputs.json", outputs());

    let rendered = folder
        .run("nucleon-render")
        .arg("bundle")
        .arg(bundle.join("v1"))
        .arg("--spec")
        .arg(bundle.join("spec/spec.yaml"))
        .args(["--outputs", "outputs.json", "--out", "out"])
        .run()
        .succeeds();

    insta::assert_snapshot!(rendered.stdout(), @r"
    dev/queue-worker-svc-dev/cloudformation.yaml
    prod/queue-worker-svc-prod/cloudformation.yaml
    queue-worker-svc/pipeline/cloudformation.yaml
    ");
    let dev = folder.read("out/dev/queue-worker-svc-dev/cloudformation.yaml");
    assert!(
        dev.contains("KmsMasterKeyId: arn:key") && dev.contains("LOG_LEVEL: debug"),
        "{dev}"
    );
}

#[test]
fn one_instance_of_a_bundle_is_rendered_alone() {
    let bundle = Published::root().join("templates-examples/queue-worker-svc");
    let folder = Repository::empty();

    let rendered = folder
        .run("nucleon-render")
        .arg("bundle")
        .arg(bundle.join("v1"))
        .arg("--spec")
        .arg(bundle.join("spec/spec.yaml"))
        .args(["--instance", "prod", "--out", "out"])
        .run()
        .succeeds();

    assert_eq!(
        rendered.stdout(),
        "prod/queue-worker-svc-prod/cloudformation.yaml\n"
    );
    let text = folder.read("out/prod/queue-worker-svc-prod/cloudformation.yaml");
    assert!(
        text.contains("<unknown environment.outputs.DataKeyArn>"),
        "{text}"
    );
}

#[test]
fn targets_are_written_into_protons_folders() {
    let example = Example::new(&Emulator::connect());

    let rendered = example
        .run("nucleon-render")
        .args(["--out", "rendered", "--format", "json"])
        .run()
        .succeeds();

    let mut files = files(&example.repository().folder().join("rendered"), "");
    files.sort();
    insta::assert_snapshot!(files.join("\n"), @r"
    dev/cloudformation.yaml
    dev/orders-dev/cloudformation.yaml
    orders/pipeline/cloudformation.yaml
    prod/cloudformation.yaml
    prod/components/uploads/cloudformation.yaml
    prod/orders-prod/cloudformation.yaml
    ");
    let document = rendered.json();
    let prod = target(&document, "environment/prod");
    assert_eq!(prod["account"], example.prod().id());
    assert_eq!(
        (&prod["region"], &prod["template"], &prod["stage"]),
        (
            &json!("eu-west-1"),
            &json!("network-env@1.0"),
            &json!("environments")
        )
    );
    assert_eq!(prod["files"], json!(["prod/cloudformation.yaml"]));
    assert_eq!(
        target(&document, "service/orders/service-instance/dev")["unknown"][0],
        "environment.outputs.DataKeyArn"
    );
}

#[test]
fn a_workflow_step_gets_targets_stages_matrix_and_count() {
    let platform = Platform::new(&Emulator::connect())
        .environment("one", "")
        .environment("two", "")
        .service("reader", &["one"]);
    let output = platform.repository().folder().join("../output");
    let file = |name: &str| platform.repository().folder().join("..").join(name);

    let _ = platform
        .run("nucleon-render")
        .env("NUCLEON_STAGE", "environments")
        .env("NUCLEON_TARGETS", "")
        .env("NUCLEON_PENDING", "true")
        .env("NUCLEON_CHANGED_SINCE", "")
        .env("NUCLEON_OUT", "")
        .env("GITHUB_OUTPUT", &output)
        .env("RUNNER_TEMP", file(""))
        .run()
        .succeeds();

    let written = fs::read_to_string(&output).unwrap();
    assert!(
        written.contains("targets<<NUCLEON_EOF\nenvironment/one\nenvironment/two\nNUCLEON_EOF\n"),
        "{written}"
    );
    assert!(
        written.contains("count<<NUCLEON_EOF\n2\nNUCLEON_EOF\n"),
        "{written}"
    );
    // The instance renders differently once its environment has outputs.
    assert!(
        written.contains("stages<<NUCLEON_EOF\nenvironments\ninstances-1\nNUCLEON_EOF\n"),
        "{written}"
    );
    let matrix = written.lines().find(|line| line.starts_with('[')).unwrap();
    assert_eq!(
        serde_json::from_str::<Value>(matrix).unwrap(),
        json!([
            {"name": "environment/one", "environment": "one", "targets": "environment/one"},
            {"name": "environment/two", "environment": "two", "targets": "environment/two"}
        ])
    );
}

#[test]
fn a_stage_without_targets_has_an_empty_matrix() {
    let platform = Platform::new(&Emulator::connect()).environment("one", "");
    let output = platform.repository().folder().join("../output");

    let _ = platform
        .run("nucleon-render")
        .args(["--stage", "pipelines"])
        .env("GITHUB_OUTPUT", &output)
        .run()
        .succeeds();

    let written = fs::read_to_string(&output).unwrap();
    assert!(written.contains("matrix<<NUCLEON_EOF\n[]\n"), "{written}");
    assert!(written.contains("count<<NUCLEON_EOF\n0\n"), "{written}");
}

#[test]
fn what_renders_differently_since_a_revision_is_found_in_a_shallow_clone() {
    let platform = Platform::new(&Emulator::connect())
        .environment("one", "")
        .environment("two", "")
        .write("environments/two.yaml.md", "about two")
        .environment("two", "text: changed");
    let before = platform.repository().git(["rev-parse", "HEAD~2"]);
    let clone = platform.repository().shallow_clone();

    let changed = |since: &str| {
        let run = platform.run_in(&clone, "nucleon-render").args([
            "--changed-since",
            since,
            "--format",
            "json",
        ]);
        targets(&run.run().succeeds().json())
    };

    assert_eq!(changed(&before), ["environment/two"]);
    assert_eq!(changed("HEAD"), [""; 0]);
    // As the workflow for pull requests checks out.
    clone.git(["fetch", "--quiet", "--depth", "2"]);
    assert_eq!(changed("HEAD^1"), ["environment/two"]);
}

#[test]
fn a_template_that_changes_concerns_everything_that_follows_it() {
    let example = Example::new(&Emulator::connect());
    let spec = example.repository().read("nucleon.yaml").replace(
        "dev: {account: dev, template: network-env@1.0}",
        "dev: {account: dev, template: network-env@1}",
    );
    let repository = example
        .repository()
        .write("nucleon.yaml", spec)
        .commit("follow the newest")
        .push();
    let template = "templates/network-env/v1/infrastructure/cloudformation.yaml";
    let _ = repository
        .replace(
            template,
            "Description: Network and encryption key",
            "Description: Network and key",
        )
        .commit("shorter")
        .push();

    let changed = example
        .run("nucleon-render")
        .args(["--changed-since", "HEAD^", "--format", "json"])
        .run()
        .succeeds();

    assert_eq!(targets(&changed.json()), ["environment/dev"]);
}

#[test]
fn a_target_that_no_spec_defines_is_named_with_what_was_meant() {
    let platform = Platform::new(&Emulator::connect()).environment("one", "");

    let refused = platform
        .run("nucleon-render")
        .args(["environment/onne"])
        .run()
        .fails_with(1);

    insta::assert_snapshot!(refused.stderr(), @r"
    error: no spec defines environment/onne
      = help: did you mean `environment/one`?
    ");
}

#[test]
fn temporary_files_are_where_the_runner_removes_them() {
    let platform = Platform::new(&Emulator::connect()).environment("one", "");
    let folder = platform.repository().folder().join("..");

    let pending = |runners: &Path| {
        let run = platform.run("nucleon-render").args(["--pending"]);
        run.env("TMPDIR", "/nonexistent")
            .env("RUNNER_TEMP", runners)
            .run()
    };

    let _ = pending(&folder).succeeds();
    let _ = pending(Path::new("/nonexistent")).fails_with(3);
}

#[test]
fn a_fault_is_told_once() {
    let platform = Platform::new(&Emulator::connect()).environment("one", "length: many");

    let told = |binary: &str| {
        let run = platform.run(binary).args(["environment/one"]).run();
        run.fails_with(1).stderr().to_owned()
    };

    let (rendered, planned) = (told("nucleon-render"), told("nucleon-plan"));
    assert!(rendered.ends_with("\n1 error\n"), "{rendered}");
    assert_eq!(rendered.matches("error[").count(), 1, "{rendered}");
    assert_eq!(planned.matches("error[").count(), 1, "{planned}");
}

fn outputs() -> String {
    let value = |key: &str, value: &str| json!({"key": key, "valueString": value});
    json!([
        value("DataKeyArn", "arn:key"),
        value("SecurityGroupId", "sg-1"),
        value("SubnetIds", "subnet-1,subnet-2"),
        value("VpcId", "vpc-1")
    ])
    .to_string()
}

/// The files below a folder, relative to it.
fn files(folder: &Path, prefix: &str) -> Vec<String> {
    let entries = fs::read_dir(folder).unwrap().map(Result::unwrap);
    let below = |entry: fs::DirEntry| {
        let path = format!("{prefix}{}", entry.file_name().to_string_lossy());
        if entry.path().is_dir() {
            files(&entry.path(), &format!("{path}/"))
        } else {
            vec![path]
        }
    };
    entries.flat_map(below).collect()
}

#[test]
fn an_environment_of_its_team_is_not_deployed_and_its_spec_gives_its_outputs() {
    let platform = Repository::empty()
        .write(
            "nucleon.yaml",
            r#"nucleon: 1
proton: {account: "111122223333", region: us-east-1}
accounts: {main: {id: "111122223333", region: us-east-1}}
environments: {shared: {account: main, template: network@1}}
services: {web: {template: site@1}}
unpinned: [shared]
"#,
        )
        .write(
            "templates/network/v1/schema/schema.yaml",
            r#"schema:
  format: {openapi: "3.0.0"}
  environment_input_type: Network
  types: {Network: {type: object, properties: {VpcId: {type: string}}, required: [VpcId]}}
"#,
        )
        .write(
            "templates/site/v1/schema/schema.yaml",
            r#"schema:
  format: {openapi: "3.0.0"}
  service_input_type: Site
  types: {Site: {type: object, properties: {size: {type: number, default: 1}}}}
"#,
        )
        .write(
            "templates/site/v1/.template-registration.yaml",
            "compatible_environments: [network:1]\n",
        )
        .write(
            "templates/site/v1/instance_infrastructure/manifest.yaml",
            "infrastructure: {templates: [{file: cloudformation.yaml, rendering_engine: jinja, template_language: cloudformation}]}\n",
        )
        .write(
            "templates/site/v1/instance_infrastructure/cloudformation.yaml",
            "Resources:\n  Site: {Type: AWS::SNS::Topic, Properties: {DisplayName: \"{{ environment.outputs.VpcId }}-{{ service_instance.inputs.size }}\"}}\n",
        )
        .write(
            "environments/shared.yaml",
            "proton: EnvironmentSpec\nspec: {VpcId: vpc-7}\n",
        )
        .write(
            "services/web.yaml",
            "proton: ServiceSpec\ninstances: [{name: one, environment: shared}]\n",
        )
        .commit("an environment that a team provisions itself")
        .push();

    let checked = platform.run("nucleon").arg("validate").run().succeeds();
    assert_eq!(
        checked.stderr(),
        "2 targets and 8 files checked: 0 errors and 0 warnings\n"
    );
    let rendered = platform
        .run("nucleon-render")
        .args(["--pending", "--out", "out", "--format", "json"])
        .run()
        .succeeds();
    assert_eq!(
        targets(&rendered.json()),
        ["service/web/service-instance/one"]
    );
    let text = fs::read_to_string(
        platform
            .folder()
            .join("out/shared/web-one/cloudformation.yaml"),
    );
    assert!(text.unwrap().contains("DisplayName: \"vpc-7-1\""));

    let refused = platform
        .run("nucleon-render")
        .arg("environment/shared")
        .run()
        .fails_with(1);
    insta::assert_snapshot!(refused.stderr(), @r"
    error: environment/shared is customer-managed: its template has no infrastructure
      = help: there is nothing to deploy; what lives in it reads its outputs from its spec
    ");
}
