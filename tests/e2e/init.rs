//! `nucleon init`: the way in.

use nucleon_tests::{Emulator, Repository};

const FILES: [&str; 5] = [
    ".github/CODEOWNERS",
    ".github/workflows/nucleon-deploy.yml",
    ".github/workflows/nucleon-pull-request.yml",
    "nucleon.yaml",
    "roles.yaml",
];

#[test]
fn what_init_writes_passes_validation() {
    let repository = Repository::empty().commit("begin").push();

    let _ = repository
        .nucleon([
            "init",
            "--repository",
            "octo/infra",
            "--repository-ids",
            "12/34",
            "--account",
            "999900001111",
            "--region",
            "eu-west-1",
            "--environments",
            "live",
        ])
        .succeeds();

    let files = repository.git(["ls-files", "--others"]);
    assert_eq!(files.lines().collect::<Vec<_>>(), FILES);
    let _ = repository.nucleon(["validate"]).succeeds();
    let roles = repository.read("roles.yaml");
    assert!(
        roles.contains("repo:octo/infra:environment:live")
            && roles.contains("repo:octo@12/infra@34:environment:live")
    );
    assert!(repository.read("nucleon.yaml").contains("999900001111"));
    assert!(
        !FILES
            .iter()
            .any(|file| repository.read(file).contains("acme/platform"))
    );
}

#[test]
fn init_without_a_word_passes_validation_too() {
    let repository = Repository::empty().commit("begin").push();

    let _ = repository.nucleon(["init"]).succeeds();

    let _ = repository.nucleon(["validate"]).succeeds();
}

#[test]
fn an_infrastructure_repository_has_a_workflow_of_its_own() {
    let repository = Repository::empty().commit("begin").push();

    let _ = repository
        .nucleon(["init", "--infrastructure-of", "octo/platform"])
        .succeeds();

    let files = repository.git(["ls-files", "--others", ".github/workflows"]);
    assert_eq!(files.trim(), ".github/workflows/nucleon-infrastructure.yml");
    let workflow = repository.read(".github/workflows/nucleon-infrastructure.yml");
    assert!(workflow.contains("platform: octo/platform"), "{workflow}");
    let _ = repository.nucleon(["validate"]).succeeds();
}

#[test]
fn what_is_there_is_kept() {
    let repository = Repository::empty()
        .write("nucleon.yaml", "nucleon: 1\n")
        .write(".github/CODEOWNERS", "* @us\n");

    let finished = repository.nucleon(["init"]).succeeds();

    assert_eq!(repository.read("nucleon.yaml"), "nucleon: 1\n");
    assert_eq!(repository.read(".github/CODEOWNERS"), "* @us\n");
    assert!(
        finished.stderr().contains("kept     nucleon.yaml"),
        "{finished}"
    );
    assert!(repository.folder().join("roles.yaml").exists());
}

#[test]
fn the_roles_of_init_deploy_into_hub_and_target_accounts() {
    let emulator = Emulator::connect();
    let repository = Repository::empty();
    let _ = repository
        .nucleon([
            "init",
            "--repository",
            "octo/infra",
            "--environments",
            "live",
        ])
        .succeeds();
    let roles = repository.folder().join("roles.yaml");
    let hub = emulator.fresh_account();
    let target = emulator.fresh_account();
    let parameter = format!("ParameterKey=HubAccountId,ParameterValue={}", hub.id());

    for account in [&hub, &target] {
        account.create_stack("nucleon", &roles, &["--parameters", &parameter]);
    }

    let role = |name: &str, id: &str| format!("arn:aws:iam::{id}:role/{name}");
    let through_the_hub = hub
        .assume(&role("nucleon-apply-hub", hub.id()))
        .assume(&role("nucleon-apply", target.id()));
    assert_eq!(through_the_hub.stacks(), ["nucleon"]);
    let trusted = hub
        .aws(&["iam", "get-role", "--role-name", "nucleon-apply-hub"])
        .to_string();
    assert!(
        trusted.contains("repo:octo/infra:environment:live"),
        "{trusted}"
    );
}
