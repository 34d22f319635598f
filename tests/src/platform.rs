//! A platform repository whose targets deploy in a moment, or fail, or take long, as a test needs it.

use std::fmt::Write as _;

use serde_json::Value;

use crate::{Account, Emulator, Nucleon, Published, Repository};

/// `tests/platform` with the environments and services that a test gives it, in an account of its own.
#[derive(Clone, Debug)]
#[must_use]
pub struct Platform {
    repository: Repository,
    account: Account,
}

impl Platform {
    /// Makes a repository that has templates and an account, but no targets yet.
    pub fn new(emulator: &Emulator) -> Self {
        let account = emulator.fresh_account();
        let repository =
            Repository::empty().copy_from(&Published::root().join("tests/platform"), "");
        let settings = repository
            .read("nucleon.yaml")
            .replace("111122223333", account.id());
        let repository = repository
            .write("nucleon.yaml", settings)
            .commit("set up the platform")
            .tag("notes-env/v1.0")
            .tag("notes-svc/v1.0")
            .push();
        Self {
            repository,
            account,
        }
    }

    /// Sets the inputs of an environment, which is made where it is new.
    pub fn environment(self, name: &str, inputs: &str) -> Self {
        let spec = format!(
            "proton: EnvironmentSpec\nname: {name}\naccount: main\ntemplate: notes-env@1.0\nspec: {{{inputs}}}\n"
        );
        self.write(&format!("environments/{name}.yaml"), &spec)
    }

    /// Makes a service with an instance of its environment's name in each of some environments.
    pub fn service(self, name: &str, environments: &[&str]) -> Self {
        let mut spec =
            format!("proton: ServiceSpec\nname: {name}\ntemplate: notes-svc@1.0\ninstances:\n");
        for environment in environments {
            let _ = write!(
                spec,
                "  - name: {environment}\n    environment: {environment}\n    spec: {{team: {name}}}\n"
            );
        }
        self.write(&format!("services/{name}.yaml"), &spec)
    }

    /// Writes a file, commits and pushes it.
    pub fn write(mut self, path: &str, text: &str) -> Self {
        self.repository = self
            .repository
            .write(path, text)
            .commit("change the platform")
            .push();
        self
    }

    /// Returns the repository; its clones are the same folder.
    pub fn repository(&self) -> Repository {
        self.repository.clone()
    }

    /// Returns the account.
    pub fn account(&self) -> &Account {
        &self.account
    }

    /// Prepares a run of one of our binaries with the account's credentials, at the real time.
    pub fn run(&self, binary: &str) -> Nucleon {
        self.run_in(&self.repository, binary)
    }

    /// Prepares a run in a clone of the repository.
    pub fn run_in(&self, clone: &Repository, binary: &str) -> Nucleon {
        clone
            .run(binary)
            .envs(self.account.variables())
            .with_real_time()
    }

    /// Returns the status of the stack whose name tells of `name`.
    pub fn stack_status(&self, name: &str) -> Option<String> {
        self.account.stack_status(&self.stack(name)?)
    }

    /// Returns the name of the stack that tells of `name`.
    pub fn stack(&self, name: &str) -> Option<String> {
        let prefix = format!("AWSProton-{name}-");
        self.account
            .stacks()
            .into_iter()
            .find(|stack| stack.starts_with(&prefix))
    }

    /// Returns a target's newest record, read with git alone; nothing where there is none.
    pub fn record(&self, target: &str) -> Option<Value> {
        self.repository.record(target)
    }
}
