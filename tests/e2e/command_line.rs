//! What every binary has in common: help, version, faults in the command line, colour.

use nucleon_tests::{Published, Repository};

const BINARIES: [&str; 5] = [
    "nucleon",
    "nucleon-render",
    "nucleon-plan",
    "nucleon-apply",
    "nucleon-notify",
];

#[test]
fn help_and_version_are_data_and_end_well() {
    for binary in BINARIES {
        for flag in ["--help", "--version"] {
            let finished = Repository::empty()
                .run(binary)
                .args([flag])
                .run()
                .succeeds();
            assert!(
                finished.stdout().to_lowercase().contains("nucleon")
                    && finished.stderr().is_empty(),
                "{binary} {flag}: {finished}"
            );
        }
    }
}

#[test]
fn a_flag_that_does_not_exist_is_a_fault_of_the_command_line() {
    for binary in BINARIES {
        let finished = Repository::empty()
            .run(binary)
            .args(["--nonsense"])
            .run()
            .fails_with(2);
        assert!(
            finished.stdout().is_empty() && finished.stderr().contains("--nonsense"),
            "{binary}: {finished}"
        );
    }
}

#[test]
fn a_sub_command_that_does_not_exist_is_named_with_what_was_meant() {
    let finished = Repository::empty().nucleon(["validat"]).fails_with(2);

    assert!(finished.stderr().contains("'validate'"), "{finished}");
}

#[test]
fn a_target_that_is_none_is_a_fault_of_the_command_line() {
    let repository = Repository::empty()
        .write("nucleon.yaml", "nucleon: 1\n")
        .commit("begin")
        .push();

    for binary in ["nucleon-render", "nucleon-plan", "nucleon-apply"] {
        let finished = repository
            .run(binary)
            .args(["enviroment/one"])
            .run()
            .fails_with(2);
        assert!(
            finished.stderr().contains("enviroment/one"),
            "{binary}: {finished}"
        );
    }
}

#[test]
fn an_approval_without_a_digest_is_a_fault_of_the_command_line() {
    let repository = Repository::empty()
        .write("nucleon.yaml", "nucleon: 1\n")
        .commit("begin")
        .push();

    let finished = repository
        .run("nucleon-apply")
        .args(["--approved", "environment/one"])
        .run()
        .fails_with(2);

    assert!(
        finished
            .stderr()
            .contains("--approved environment/dev=sha256:"),
        "{finished}"
    );
}

#[test]
fn an_empty_list_of_targets_means_none_of_them_to_plan_and_apply() {
    // Whoever plans or applies all of it meets the template that is not there.
    let repository = settled()
        .write(
            "environments/one.yaml",
            "proton: EnvironmentSpec\naccount: main\ntemplate: gone@1.0\nspec: {}\n",
        )
        .commit("begin")
        .push();

    for binary in ["nucleon-plan", "nucleon-apply"] {
        let given = |targets: &str| repository.run(binary).env("NUCLEON_TARGETS", targets).run();
        let _ = given("").succeeds();
        let _ = given("\n").succeeds();
        let _ = given("environment/one").fails_with(1);
        let _ = repository.run(binary).run().fails_with(1);
    }
}

#[test]
fn what_is_to_be_deleted_is_named_and_what_was_never_deployed_is_said() {
    let repository = settled().commit("begin").push();

    for binary in ["nucleon-plan", "nucleon-apply"] {
        let run = |arguments: &[&str]| repository.run(binary).args(arguments).run();
        let unnamed = run(&["--destroy"]).fails_with(2);
        assert!(unnamed.stderr().contains("no target is named"), "{unnamed}");
        let unknown = run(&["--destroy", "environment/one"]).succeeds();
        assert!(
            unknown.to_string().contains("it was never deployed"),
            "{unknown}"
        );
    }
}

#[test]
fn flags_count_before_a_sub_command_and_after_it_and_the_last_one_wins() {
    let repository = settled().commit("begin").push();

    for arguments in [
        &["--format", "json", "render"][..],
        &["render", "--format", "json"],
        &[
            "--format",
            "text",
            "render",
            "--state-remote",
            "origin",
            "--format",
            "json",
        ],
    ] {
        let rendered = repository.run("nucleon").args(arguments).run().succeeds();
        assert_eq!(rendered.json()["format"], 1, "{arguments:?}");
    }
    let _ = Repository::empty()
        .run("nucleon")
        .args(["render", "--state-remote", "origin", "-C"])
        .arg(repository.folder())
        .run()
        .succeeds();
}

#[test]
fn nucleon_runs_its_siblings_as_sub_commands() {
    let repository = Repository::empty()
        .write("note.yaml", "{{ environment.name }}\n")
        .write("context.json", r#"{"environment": {"name": "dev"}}"#);

    let rendered = repository
        .nucleon([
            "render",
            "template",
            "note.yaml",
            "--context",
            "context.json",
        ])
        .succeeds();

    assert_eq!(rendered.stdout(), "dev");
    let _ = repository.nucleon(["plan", "--nonsense"]).fails_with(2);
    let _ = repository.nucleon(["apply", "--help"]).succeeds();
}

#[test]
fn shells_get_their_completions() {
    for (shell, part) in [
        ("bash", "complete -F"),
        ("zsh", "#compdef nucleon"),
        ("fish", "complete -c nucleon"),
    ] {
        let finished = Repository::empty()
            .nucleon(["completions", shell])
            .succeeds();
        assert!(
            finished.stdout().contains(part) && finished.stdout().contains("validate"),
            "{shell}: {finished}"
        );
    }
}

#[test]
fn colour_comes_where_it_is_asked_for_and_never_with_no_color() {
    let repository = Repository::empty().write("nucleon.yaml", "nucleon: 1\nrolls: {}\n");
    let coloured = |variables: &[(&str, &str)]| {
        let run = repository
            .run("nucleon")
            .args(["validate"])
            .envs(variables.iter().copied());
        run.run().fails_with(1).stderr().contains('\u{1b}')
    };

    assert!(!coloured(&[]));
    assert!(coloured(&[("CLICOLOR_FORCE", "1")]));
    assert!(!coloured(&[("NO_COLOR", "1")]));
}

#[test]
fn the_folder_can_be_named() {
    let elsewhere = Repository::empty();
    let platform = Published::root().join("tests/platform");

    let _ = elsewhere
        .run("nucleon")
        .arg("-C")
        .arg(&platform)
        .args(["validate"])
        .run()
        .succeeds();
    let _ = elsewhere
        .run("nucleon")
        .env("NUCLEON_ROOT", &platform)
        .args(["validate"])
        .run()
        .succeeds();
}

/// A repository whose `nucleon.yaml` says all that it must.
fn settled() -> Repository {
    let text = "nucleon: 1\nproton: {account: \"111122223333\", region: us-east-1}\naccounts: {main: {id: \"111122223333\"}}\n";
    Repository::empty().write("nucleon.yaml", text)
}
