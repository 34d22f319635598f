//! Targets that Terraform makes: what is written, what Terraform itself says to it, and what is refused.

use std::path::Path;
use std::process::Command;

use nucleon_tests::{Published, Repository, hermetic};

/// The repository of core's own tests, published.
fn repository() -> Repository {
    let folder = Published::root().join("runner/core/tests/terraform/repository");
    Repository::from_folder(folder)
        .tag("network/v1.0")
        .tag("worker/v2.0")
        .tag("site/v1.0")
}

/// Renders everything into `infrastructure/`.
#[must_use]
fn rendered(repository: &Repository) -> String {
    let told = repository
        .run("nucleon-render")
        .args(["--out", "infrastructure"])
        .run()
        .succeeds();
    told.stdout().to_owned()
}

fn terraform(folder: &Path, arguments: &[&str]) -> String {
    let mut command = Command::new("terraform");
    let output = hermetic(&mut command)
        .env("HOME", folder)
        // It asks whether there is a newer version, and waits for the answer.
        .env("CHECKPOINT_DISABLE", "1")
        .args(arguments)
        .current_dir(folder)
        .output()
        .expect("terraform is on PATH");
    assert!(
        output.status.success(),
        "terraform {arguments:?}: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8_lossy(&output.stdout).into_owned()
}

#[test]
fn a_rendered_folder_is_a_module_that_terraform_plans() {
    let repository = repository();

    let told = rendered(&repository);

    assert!(told.contains("environment/lab"), "{told}");
    let folder = repository.folder().join("infrastructure/lab");
    let _ = terraform(&folder, &["init", "-input=false", "-no-color"]);
    let plan = terraform(&folder, &["plan", "-input=false", "-no-color"]);
    assert!(plan.contains("10.1.0.0/16"), "{plan}");
    assert!(plan.contains("Hello, lab."), "{plan}");
    assert!(plan.contains("Plan: 3 to add"), "{plan}");
}

#[test]
fn rendering_again_changes_no_byte() {
    let repository = repository();
    let _ = rendered(&repository);
    let repository = repository.commit("propose the folders");

    let _ = rendered(&repository);

    assert_eq!(repository.git(["status", "--porcelain"]), "");
}

#[test]
fn an_update_of_a_folder_that_proton_wrote_changes_its_deployment_and_nothing_else() {
    let repository = repository();
    let _ = rendered(&repository);
    let id = |text: &str| -> String {
        let line = text.lines().find(|line| line.contains("deploymentId"));
        line.unwrap().to_owned()
    };
    let metadata = "infrastructure/lab/orders-blue/.proton/deployment-metadata.json";
    let ours = id(&repository.read(metadata));
    let repository = repository
        .replace(
            metadata,
            &ours,
            "  \"deploymentId\" : \"11111111-2222-3333-4444-555555555555\",",
        )
        .write(
            "infrastructure/lab/orders-blue/backend.tf",
            "# somebody's own\n",
        )
        .commit("as Proton left it");

    let _ = rendered(&repository);

    assert_eq!(
        repository.git(["diff", "--numstat"]).trim(),
        format!("1\t1\t{metadata}")
    );
}

#[test]
fn a_source_that_left_the_template_leaves_the_folder() {
    let repository = repository();
    let _ = rendered(&repository);
    let old = repository.read("infrastructure/lab/orders-blue/main.tf");
    let repository = repository.write("infrastructure/lab/orders-blue/old.tf", old);

    let _ = rendered(&repository);

    let old = repository
        .folder()
        .join("infrastructure/lab/orders-blue/old.tf");
    assert!(!old.exists());
}

#[test]
fn a_bundle_of_terraform_is_rendered_without_a_repository() {
    let folder = repository();

    let told = folder
        .run("nucleon-render")
        .args(["bundle", "templates/network/v1"])
        .args(["--spec", "environments/lab.yaml", "--out", "out"])
        .run()
        .succeeds();

    insta::assert_snapshot!(told.stdout(), @r"
    network/.proton/deployment-metadata.json
    network/greeting.tftpl
    network/handler.bin
    network/main.tf
    network/modules/zone/main.tf
    network/outputs.tf
    network/proton.auto.tfvars.json
    network/proton.environment.variables.tf
    ");
}

#[cfg(unix)]
#[test]
fn a_program_that_comes_along_stays_one() {
    use std::os::unix::fs::PermissionsExt as _;
    let file = "templates/network/v1/infrastructure/greeting.tftpl";
    let repository = repository()
        .make_executable(file)
        .commit("a program")
        .tag("network/v1.1")
        .replace("nucleon.yaml", "network@1.0", "network@1.1");

    let _ = rendered(&repository);

    let mode = |file: &str| {
        let file = repository.folder().join("infrastructure/lab").join(file);
        file.metadata().unwrap().permissions().mode() & 0o111
    };
    assert_eq!((mode("greeting.tftpl"), mode("main.tf")), (0o111, 0));
}
