//! What is wrong with a module, and how that is told.

use nucleon_tests::{Finished, Platform};

use super::{ENVIRONMENT, apply, drawer, outcome, platform, run, target, without_account};

#[test]
fn a_failure_is_told_with_its_cause_and_mended_by_the_next_run() {
    let platform = drawer(platform(), "one", "code: 7");

    let failed = apply(&platform, &[]).fails_with(3);

    let (status, message) = outcome(&failed, ENVIRONMENT);
    assert_eq!(status, "FAILED");
    insta::assert_snapshot!(message, @r"
    templates/drawer-env/v1/infrastructure/main.tf:19:28: local-exec provisioner error, with terraform_data.drawer: Error running command 'sh ./fill.sh': exit status 7. Output: ::error::not obeyed
    filling the drawer of one in us-east-1
    code 7
    ");
    let platform = drawer(platform, "one", "code: 0");
    let _ = apply(&platform, &[]).succeeds();
}

#[test]
fn what_is_wrong_in_a_module_is_told_on_its_line_in_the_template() {
    let broken = "resource \"terraform_data\" \"drawer\" {\n  imput = 1\n}\n";
    let platform = platform();
    let main = "templates/drawer-env/v1/infrastructure/main.tf";
    let platform = platform.write("templates/drawer-env/v1/infrastructure/outputs.tf", "");
    let platform = platform.write(main, broken);
    let repository = platform.repository().tag("drawer-env/v1.1").push();
    drop(repository);
    let spec =
        "proton: EnvironmentSpec\nname: one\naccount: main\ntemplate: drawer-env@1.1\nspec: {}\n";
    let platform = platform.write("environments/one.yaml", spec);

    let refused = platform.run("nucleon-plan").run().fails_with(1);
    insta::assert_snapshot!(refused.stderr(), @r#"
    error[terraform/refused]: Unsupported argument
     --> templates/drawer-env/v1/infrastructure/main.tf:2:3
      |
    2 |   imput = 1
      |   ^^^^^
      |
      = help: An argument named "imput" is not expected here. Did you mean "input"?

    1 error
    "#);

    let platform = platform.write(main, "resource \"terraform_data\" {\n");
    let repository = platform.repository().tag("drawer-env/v1.2").push();
    drop(repository);
    let platform = platform.write("environments/one.yaml", &spec.replace("1.1", "1.2"));
    let refused = platform.run("nucleon-plan").run().fails_with(1);
    insta::assert_snapshot!(refused.stderr(), @r#"
    error[terraform/refused]: Missing name for resource
     --> templates/drawer-env/v1/infrastructure/main.tf:1:27
      |
    1 | resource "terraform_data" {
      |                           ^
      |
      = help: All resource blocks must have 2 labels (type, name).

    error[terraform/refused]: Unclosed configuration block
     --> templates/drawer-env/v1/infrastructure/main.tf:1:27
      |
    1 | resource "terraform_data" {
      |                           ^
      |
      = help: There is no closing brace for this block before the end of the file. This may be caused by incorrect brace nesting elsewhere in this file.

    2 errors
    "#);
}

#[test]
fn a_bucket_that_is_not_there_and_a_program_that_is_not_installed_are_told_as_such() {
    let platform = drawer(platform(), "one", "");
    let settings = platform.repository().read("nucleon.yaml");
    let platform = platform.write("nucleon.yaml", &settings.replace("tfstate-", "nowhere-"));
    let refused = run(&platform, "nucleon-plan").run().fails_with(3);
    insta::assert_snapshot!(failure(&refused), @r#"
    Terraform refused to initialise its folder for environment/one: Error: Failed to get existing workspaces: S3 bucket "nowhere-ACCOUNT" does not exist.
    make the bucket of `terraform.backend` in nucleon.yaml, or name the one that is there
    "#);

    let settings = settings.replace("terraform:\n", "terraform:\n  binary: tofu\n");
    let platform = platform.write("nucleon.yaml", &settings);
    let refused = run(&platform, "nucleon-plan").run().fails_with(3);
    insta::assert_snapshot!(failure(&refused), @r"
    OpenTofu refused to run its program for environment/one: `tofu` is not installed
    install it before this step, as `hashicorp/setup-terraform` or `opentofu/setup-opentofu` do
    ");
}

#[test]
fn a_module_whose_state_would_be_lost_is_not_planned() {
    let platform = drawer(platform(), "one", "");
    let settings = platform.repository().read("nucleon.yaml");
    let (settings, _) = settings.split_once("terraform:").unwrap();
    let platform = platform.write("nucleon.yaml", settings);
    let main = "templates/drawer-env/v1/infrastructure/main.tf";
    let module = platform
        .repository()
        .read(main)
        .replace("backend \"s3\" {}", "");
    let platform = platform.write(main, &module);
    let repository = platform.repository().tag("drawer-env/v1.1").push();
    drop(repository);
    let spec = platform.repository().read("environments/one.yaml");
    let platform = platform.write("environments/one.yaml", &spec.replace("1.0", "1.1"));

    let refused = run(&platform, "nucleon-plan").run().fails_with(3);

    insta::assert_snapshot!(failure(&refused), @r#"
    Terraform refused to keep a state for environment/one: nothing says where its state is kept, so it would be lost with this machine
    write where into nucleon.yaml: `terraform: {backend: {bucket: …, key: "{path}/terraform.tfstate", region: …}}`
    "#);
}

/// A platform whose environment is made from the module with `more` in it.
fn with(more: &str) -> Platform {
    let platform = drawer(platform(), "one", "");
    let main = "templates/drawer-env/v1/infrastructure/main.tf";
    let module = platform.repository().read(main);
    let platform = platform.write(main, &format!("{module}{more}"));
    let repository = platform.repository().tag("drawer-env/v1.1").push();
    drop(repository);
    let spec = platform.repository().read("environments/one.yaml");
    platform.write("environments/one.yaml", &spec.replace("1.0", "1.1"))
}

#[test]
fn a_provider_that_cannot_be_had_is_named() {
    let platform = with("\nresource \"nowhere_thing\" \"one\" {}\n");
    // As on a machine without a network: providers come from a folder, which is empty.
    let mirror = platform.repository().folder().join("../providers");
    std::fs::create_dir_all(&mirror).unwrap();
    let settings = mirror.join("settings.tfrc");
    let text = format!(
        "provider_installation {{\n  filesystem_mirror {{ path = \"{}\" }}\n}}\n",
        mirror.display()
    );
    std::fs::write(&settings, text).unwrap();

    let refused = run(&platform, "nucleon-plan")
        .env("TF_CLI_CONFIG_FILE", &settings)
        .run()
        .fails_with(3);

    let place = mirror.display().to_string();
    insta::assert_snapshot!(failure(&refused).replace(&place, "MIRROR"), @r"
    Terraform refused to initialise its folder for environment/one: Error: Failed to query available provider packages
    make the provider's registry reachable, or set up a mirror in Terraform's own configuration
    ");
    let whole = target(&refused.json(), ENVIRONMENT)["failed"]["message"].to_string();
    assert!(whole.contains("hashicorp/nowhere"), "{whole}");
    assert_eq!(platform.record(ENVIRONMENT), None);
}

#[test]
fn a_variable_that_nobody_sets_is_told_where_it_stands() {
    let platform = with("\nvariable \"colour\" {\n  type = string\n}\n");

    let refused = platform.run("nucleon-plan").run().fails_with(1);

    insta::assert_snapshot!(refused.stderr(), @r#"
    error[terraform/refused]: No value for required variable
      --> templates/drawer-env/v1/infrastructure/main.tf:30:1
       |
    30 | variable "colour" {
       | ^^^^^^^^^^^^^^^^^
       |
       = help: The root module input variable "colour" is not set, and has no default value. Use a -var or -var-file command line argument to provide a value for this variable.

    1 error
    "#);
}

#[test]
fn a_version_of_terraform_that_the_module_refuses_is_told_where_it_says_so() {
    let platform = with("\nterraform {\n  required_version = \">= 99.0\"\n}\n");

    let refused = platform.run("nucleon-plan").run().fails_with(1);

    insta::assert_snapshot!(refused.stderr(), @r#"
    error[terraform/refused]: Unsupported Terraform Core version
      --> templates/drawer-env/v1/infrastructure/main.tf:31:3
       |
    31 |   required_version = ">= 99.0"
       |   ^^^^^^^^^^^^^^^^^^^^^^^^^^^^
       |
       = help: This configuration does not support Terraform version 1.11.4. To proceed, either choose another supported Terraform version or update this version constraint. Version constraints are normally set for good reason, so updating the constraint may lead to other errors or unexpected behavior.

    1 error
    "#);
}

#[test]
fn outputs_that_are_no_json_leave_a_true_record_and_the_next_run_reads_them() {
    let platform = drawer(platform(), "one", "");
    // A program between, as wrappers are that print what they run.
    let folder = platform.repository().folder().join("../wrapper");
    std::fs::create_dir_all(&folder).unwrap();
    let real = std::process::Command::new("sh")
        .args(["-c", "command -v terraform"])
        .output()
        .unwrap();
    let real = String::from_utf8(real.stdout).unwrap();
    let text = format!(
        "#!/bin/sh\n[ \"$1\" = output ] && echo '[command] terraform output'\nexec {} \"$@\"\n",
        real.trim()
    );
    let wrapper = folder.join("terraform");
    std::fs::write(&wrapper, text).unwrap();
    let mode = std::os::unix::fs::PermissionsExt::from_mode(0o755);
    std::fs::set_permissions(&wrapper, mode).unwrap();
    let path = format!("{}:{}", folder.display(), std::env::var("PATH").unwrap());

    let failed = run(&platform, "nucleon-apply").env("PATH", path).run();

    let (status, message) = outcome(&failed, ENVIRONMENT);
    insta::assert_snapshot!(format!("{:?} {status}: {message}", failed.code()), @r"Some(3) FAILED: it was applied, but its outputs cannot be read: Terraform answered to read the outputs of environment/one with what Nucleon does not understand: invalid type: sequence, expected a map at line 1 column 0; a wrapper that prints more than the program is such a reason: setup-terraform takes `terraform_wrapper: false`");
    let _ = apply(&platform, &[]).succeeds();
    let record = platform.record(ENVIRONMENT).unwrap();
    assert_eq!(record["status"], "SUCCEEDED");
    assert!(
        !record["outputs"].as_array().unwrap().is_empty(),
        "{record:#}"
    );
}

/// Why the environment was not planned.
fn failure(refused: &Finished) -> String {
    let target = target(&refused.json(), ENVIRONMENT);
    let text = |key: &str| target["failed"][key].as_str().unwrap_or("none").to_owned();
    let message = text("message");
    // What follows is Terraform's, with the ids of requests.
    let first = message.lines().next().unwrap();
    without_account(&format!("{first}\n{}", text("hint")))
}
