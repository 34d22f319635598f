//! Secrets of modules: of inputs, outputs, plans and what their programs print.

use super::{ENVIRONMENT, platform, run};

#[test]
fn no_secret_of_any_kind_is_written_anywhere() {
    let platform = platform();
    let folder = "templates/drawer-env/v1/infrastructure";
    let module = platform.repository().read(&format!("{folder}/main.tf"));
    // A secret of the spec in a property and an output that nobody marks, one that only Terraform knows, and one that only looks like one.
    let module = format!(
        "{module}
resource \"terraform_data\" \"leaky\" {{
  input = {{
    of_spec = var.environment.inputs.secret
    plain   = nonsensitive(sensitive(\"hunter3-of-terraform\"))
    marked  = sensitive(\"hunter3-of-terraform\")
    shaped  = \"AKIAIOSFODNN7EXAMPLE\"
    again   = var.environment.inputs.text
  }}
  provisioner \"local-exec\" {{
    command = \"echo leak ${{var.environment.inputs.secret}} hunter3-of-terraform\"
  }}
}}
output \"Leak\" {{
  value = \"see ${{var.environment.inputs.secret}}\"
}}
output \"Shaped\" {{
  value = \"AKIAIOSFODNN7EXAMPLE\"
}}
"
    );
    let platform = platform.write(&format!("{folder}/main.tf"), &module);
    let repository = platform.repository().tag("drawer-env/v1.1").push();
    drop(repository);
    let spec = |text: &str, secret: &str| {
        format!(
            "proton: EnvironmentSpec\nname: one\naccount: main\ntemplate: drawer-env@1.1\nspec: {{text: {text}, secret: {secret}}}\n"
        )
    };
    let mut written = String::new();
    let mut platform = platform;
    for (text, secret) in [("a", "hunter1-of-the-spec"), ("b", "hunter2-of-the-spec")] {
        platform = platform.write("environments/one.yaml", &spec(text, secret));
        let planned = run(&platform, "nucleon-plan")
            .args(["--out", "plan.json"])
            .run()
            .succeeds();
        let shown = platform.run("nucleon-plan").run().succeeds();
        let applied = run(&platform, "nucleon-apply").run().succeeds();
        for finished in [planned, shown, applied] {
            written.push_str(finished.stdout());
            written.push_str(finished.stderr());
        }
        written.push_str(
            &std::fs::read_to_string(platform.repository().folder().join("plan.json")).unwrap(),
        );
    }
    let gone = run(&platform, "nucleon-apply")
        .args(["--destroy", ENVIRONMENT])
        .run()
        .succeeds();
    written.push_str(gone.stdout());
    written.push_str(gone.stderr());
    let history = platform
        .run("nucleon")
        .args(["history", ENVIRONMENT, "--format", "json"])
        .run()
        .succeeds();
    written.push_str(history.stdout());
    let refs = platform.repository();
    refs.git(["fetch", "origin", "+refs/nucleon/*:refs/nucleon/*"]);
    written.push_str(&refs.git([
        "log",
        "-p",
        "--all",
        "--glob=refs/nucleon/*",
        "--",
        "record.json",
    ]));

    assert!(written.contains("echo leak"), "{written}");
    for secret in [
        "hunter1",
        "hunter2-of-the-spec",
        "hunter3",
        "AKIAIOSFODNN7EXAMPLE",
        "key-of-the-drawer",
    ] {
        let line = written.lines().find(|line| line.contains(secret));
        assert_eq!(line, None, "{secret}");
    }
}
