//! `nucleon import`: takes over a stack that was made without Nucleon.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use nucleon_tests::{Emulator, Platform, unique, variables};
use serde_json::json;

#[test]
fn a_stack_made_from_protons_own_sample_is_taken_over_as_it_is() {
    let Some(sample) = sample() else { return };
    let platform = Platform::new(&Emulator::connect()).environment("one", "");
    let _ = platform.run("nucleon-apply").run().succeeds();
    let stack = unique("made-by-proton");
    platform
        .account()
        .create_stack(&stack, &sample.join("cloudformation.yaml"), &[]);
    let platform = component(platform, &sample);

    let imported = platform
        .run("nucleon")
        .args([
            "import",
            "component/uploads",
            "--stack",
            &stack,
            "--format",
            "json",
        ])
        .run()
        .succeeds();

    assert_eq!(
        (
            &imported.json()["plan"]["operation"],
            &imported.json()["plan"]["changes"]
        ),
        (&json!("nothing"), &json!([]))
    );
    let record = platform.record("component/uploads").unwrap();
    assert_eq!(
        (&record["status"], &record["purpose"]),
        (&json!("SUCCEEDED"), &json!("import"))
    );
    assert_eq!(record["provisioned"]["stack_name"], stack);
    let outputs = platform.account().outputs(&stack);
    assert_eq!(record["outputs"].as_array().unwrap().len(), outputs.len());
}

#[test]
fn a_change_to_what_was_taken_over_is_planned_as_exactly_that_change() {
    let Some(sample) = sample() else { return };
    let platform = Platform::new(&Emulator::connect()).environment("one", "");
    let _ = platform.run("nucleon-apply").run().succeeds();
    let stack = unique("made-by-proton");
    platform
        .account()
        .create_stack(&stack, &sample.join("cloudformation.yaml"), &[]);
    let platform = component(platform, &sample);
    let file = "components/uploads/cloudformation.yaml";
    let template = platform
        .repository()
        .read(file)
        .replace("Status: Enabled", "Status: Suspended");

    let platform = platform.write(file, &template);
    let imported = platform
        .run("nucleon")
        .args([
            "import",
            "component/uploads",
            "--stack",
            &stack,
            "--format",
            "json",
        ])
        .run()
        .succeeds();

    let mut changes = imported.json()["plan"]["changes"].clone();
    changes[0].as_object_mut().unwrap().remove("physical_id");
    assert_eq!(
        changes,
        json!([{
            "action": "modify",
            "resource": "S3Bucket",
            "resource_type": "AWS::S3::Bucket",
            "properties": [{
                "path": "Properties.VersioningConfiguration.Status",
                "before": "Enabled",
                "after": "Suspended",
                "recreation": "never"
            }]
        }])
    );
    let _ = platform
        .run("nucleon-apply")
        .args(["component/uploads"])
        .run()
        .succeeds();
    assert_eq!(
        platform.account().stack_status(&stack).as_deref(),
        Some("UPDATE_COMPLETE")
    );
    assert_eq!(platform.stack("uploads"), None);
}

#[test]
fn an_imported_target_is_deployed_without_a_change_and_then_at_rest() {
    let Some(sample) = sample() else { return };
    let platform = Platform::new(&Emulator::connect()).environment("one", "");
    let _ = platform.run("nucleon-apply").run().succeeds();
    let stack = unique("made-by-proton");
    platform
        .account()
        .create_stack(&stack, &sample.join("cloudformation.yaml"), &[]);
    let platform = component(platform, &sample);
    let _ = platform
        .run("nucleon")
        .args(["import", "component/uploads", "--stack", &stack])
        .run()
        .succeeds();

    let _ = platform
        .run("nucleon-apply")
        .args(["--pending"])
        .run()
        .succeeds();

    let pending = platform
        .run("nucleon-render")
        .args(["--pending", "--format", "json"])
        .run()
        .succeeds();
    assert_eq!(pending.json()["targets"], json!([]));
    assert_eq!(
        platform.account().stack_status(&stack).as_deref(),
        Some("CREATE_COMPLETE")
    );
}

#[test]
fn a_stack_that_is_not_there_is_named() {
    let platform = Platform::new(&Emulator::connect()).environment("one", "");

    let refused = platform
        .run("nucleon")
        .args(["import", "environment/one", "--stack", "nowhere"])
        .run()
        .fails_with(3);

    assert!(
        refused
            .stderr()
            .contains("there is no stack `nowhere` in account"),
        "{refused}"
    );
    assert_eq!(platform.record("environment/one"), None);
}

#[test]
fn a_target_with_a_record_is_not_taken_over_again() {
    let platform = Platform::new(&Emulator::connect()).environment("one", "");
    let _ = platform.run("nucleon-apply").run().succeeds();
    let before = platform.repository().remote_refs("refs/nucleon/");
    let stack = platform.stack("one").unwrap();

    let refused = platform
        .run("nucleon")
        .args(["import", "environment/one", "--stack", &stack])
        .run()
        .fails_with(3);

    assert!(
        refused.stderr().contains("it has a record already"),
        "{refused}"
    );
    assert_eq!(platform.repository().remote_refs("refs/nucleon/"), before);
}

/// The sample as a component of environment `one`.
fn component(platform: Platform, sample: &Path) -> Platform {
    let read = |name: &str| fs::read_to_string(sample.join(name)).unwrap();
    platform
        .write("components/uploads/manifest.yaml", &read("manifest.yaml"))
        .write(
            "components/uploads/cloudformation.yaml",
            &read("cloudformation.yaml"),
        )
        .write(
            "components/uploads/component.yaml",
            "nucleon: component\nenvironment: one\nfile: cloudformation.yaml\n",
        )
}

/// `s3-bucket-component` of the conformance bundles, which may be missing only where nobody says that they are there.
fn sample() -> Option<PathBuf> {
    let beside = || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/conformance");
    let named = std::env::var_os(variables::CONFORMANCE);
    let folder = named.clone().map_or_else(beside, PathBuf::from);
    let sample = folder.join("bundles/component-templates/s3-bucket-component");
    if named.is_none() && !sample.is_dir() {
        let reason = "and ../shared/conformance is not there";
        let _ = writeln!(
            std::io::stderr(),
            "did not run: {} is not set, {reason}",
            variables::CONFORMANCE
        );
        return None;
    }
    assert!(sample.is_dir(), "`{}` is missing", sample.display());
    Some(sample)
}
