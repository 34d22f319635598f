//! The example platform repository, ready to be deployed.

use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use crate::{Account, Emulator, Nucleon, Published, Repository};

/// The accounts in the example's files.
pub const ACCOUNTS: [&str; 2] = ["111122223333", "444455556666"];

/// `tests/example-repository`, put together as its README says, and the accounts it deploys to.
#[derive(Clone, Debug)]
#[must_use]
pub struct Example {
    repository: Repository,
    dev: Account,
    prod: Account,
}

impl Example {
    /// Makes the example for accounts that nothing else uses, so that tests do not meet.
    pub fn new(emulator: &Emulator) -> Self {
        Self::in_accounts(emulator, [&fresh_account(), &fresh_account()])
    }

    /// Makes the example for two accounts, where `dev` and where `prod` is.
    pub fn in_accounts(emulator: &Emulator, accounts: [&str; 2]) -> Self {
        let mut settings = template("tests/example-repository/nucleon.yaml");
        for (old, new) in ACCOUNTS.iter().zip(accounts) {
            settings = settings.replace(old, new);
        }
        let repository = Repository::empty()
            .copy_from(&Published::root().join("tests/example-repository"), "")
            .copy_from(
                &Published::root().join("templates-examples/network-env"),
                "templates/network-env",
            )
            .copy_from(
                &Published::root().join("templates-examples/queue-worker-svc"),
                "templates/queue-worker-svc",
            )
            .write(
                "components/uploads/manifest.yaml",
                template("templates-examples/s3-bucket/manifest.yaml"),
            )
            .write(
                "components/uploads/cloudformation.yaml",
                template("templates-examples/s3-bucket/cloudformation.yaml"),
            )
            .write("nucleon.yaml", settings)
            .commit("set up the platform")
            .tag("network-env/v1.0")
            .tag("queue-worker-svc/v1.0")
            .push();
        let [dev, prod] = accounts;
        Self {
            repository,
            dev: emulator.account(dev),
            prod: emulator.account(prod).in_region("eu-west-1"),
        }
    }

    /// Returns the repository; its clones are the same folder.
    pub fn repository(&self) -> Repository {
        self.repository.clone()
    }

    /// Returns the account of `dev`, of the pipelines and of the hubs.
    pub fn dev(&self) -> &Account {
        &self.dev
    }

    /// Returns the account of `prod`.
    pub fn prod(&self) -> &Account {
        &self.prod
    }

    /// Prepares a run of one of our binaries, with the credentials that a runner has, at the real time.
    pub fn run(&self, binary: &str) -> Nucleon {
        self.repository
            .run(binary)
            .envs(self.dev.variables())
            .with_real_time()
    }

    /// Deploys the roles and the artifacts bucket of `nucleon init` into both accounts.
    pub fn prepare_accounts(&self) {
        let roles = Published::root().join("runner/cli/src/init/roles.yaml");
        let hub = format!("ParameterKey=HubAccountId,ParameterValue={}", self.dev.id());
        for account in [&self.dev, &self.prod] {
            account.create_stack("nucleon", &roles, &["--parameters", &hub]);
        }
    }
}

fn template(path: &str) -> String {
    std::fs::read_to_string(Published::root().join(path))
        .unwrap_or_else(|error| panic!("cannot read {path}: {error}"))
}

/// Makes up an account id that no other test uses.
pub(crate) fn fresh_account() -> String {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let next = NEXT.fetch_add(1, Ordering::Relaxed);
    let now = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .expect("the clock is past 1970");
    let number = u64::from(now.subsec_micros()) * 1_000 + u64::from(next % 1_000);
    format!("{:03}{:09}", 100 + std::process::id() % 900, number)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_example_is_complete_and_has_accounts_of_its_own() {
        let emulator = Emulator::connect();
        let (one, other) = (Example::new(&emulator), Example::new(&emulator));

        let settings = one.repository().read("nucleon.yaml");
        assert!(settings.contains(one.dev().id()) && settings.contains(one.prod().id()));
        assert!(!ACCOUNTS.iter().any(|account| settings.contains(account)));
        assert_ne!(one.dev().id(), other.dev().id());
        let clone = one.repository().shallow_clone();
        assert!(
            clone
                .read("templates/network-env/v1/schema/schema.yaml")
                .contains("vpc_cidr")
        );
        assert!(
            clone
                .read("components/uploads/manifest.yaml")
                .contains("cloudformation")
        );
    }

    #[test]
    fn accounts_are_prepared_with_the_roles_that_init_writes() {
        let emulator = Emulator::connect();
        let example = Example::new(&emulator);

        example.prepare_accounts();

        for account in [example.dev(), example.prod()] {
            let role = format!("arn:aws:iam::{}:role/nucleon-apply", account.id());
            assert_eq!(account.assume(&role).stacks(), ["nucleon"]);
        }
    }
}
