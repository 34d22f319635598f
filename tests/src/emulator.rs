//! AWS, as LocalStack emulates it: CloudFormation, STS, S3 and more, with many accounts.
//!
//! Credentials decide the account. An access key id of twelve digits is that
//! account's root; `AssumeRole` of a role's ARN gives credentials of the role's account.

use std::env;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::cloudformation::{Question, members};
use crate::daemon::{Daemon, free_port};
use crate::example::fresh_account;
use crate::{Tools, http, variables};

const SERVICES: &str = "cloudformation,sts,iam,kms,sqs,sns,s3,ssm,secretsmanager,ec2,logs";

/// A running emulator; one that was started here runs as long as it or one of its accounts is there.
#[derive(Debug)]
pub struct Emulator {
    address: String,
    server: Option<Arc<Daemon>>,
}

impl Emulator {
    /// Uses the emulator that the environment names, or starts one.
    pub fn connect() -> Self {
        match env::var(variables::EMULATOR) {
            Ok(url) => Self {
                address: url.trim_start_matches("http://").to_owned(),
                server: None,
            },
            Err(_) => Self::start(),
        }
    }

    /// Starts an emulator of its own and waits until it answers.
    pub fn start() -> Self {
        let python = Tools::find().emulator("python");
        let address = format!("127.0.0.1:{}", free_port());
        let mut server = Daemon::start("the emulator", |folder| server(&python, &address, folder));
        server.wait_until(Duration::from_mins(2), || {
            http::get(&address, "/_localstack/health")
                .is_ok_and(|answer| answer.start.contains(" 200 "))
        });
        Self {
            address,
            server: Some(Arc::new(server)),
        }
    }

    /// Returns the address, `http://127.0.0.1:PORT`.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Returns an account that no other test uses, entered as its root.
    pub fn fresh_account(&self) -> Account {
        self.account(&fresh_account())
    }

    /// Returns an account, entered as its root.
    pub fn account(&self, id: &str) -> Account {
        let credentials = [("AWS_ACCESS_KEY_ID", id), ("AWS_SECRET_ACCESS_KEY", "test")];
        let own = |(name, value): (&str, &str)| (name.to_owned(), value.to_owned());
        Account {
            id: id.to_owned(),
            url: self.url(),
            region: "us-east-1".to_owned(),
            credentials: credentials.map(own).to_vec(),
            server: self.server.clone(),
        }
    }
}

/// Starts the emulator with what it keeps in S3 below the folder that is its argument.
///
/// It knows no setting for that: all emulators of a machine would share one folder and leave it behind.
const LAUNCH: &str = "\
import runpy, sys
from localstack.services.s3 import provider
provider.DEFAULT_S3_TMP_DIR = sys.argv[1]
runpy.run_module('localstack.runtime.main', run_name='__main__')
";

fn server(python: &Path, address: &str, folder: &Path) -> Command {
    let mut command = Command::new(python);
    command
        .args(["-c", LAUNCH])
        .arg(folder.join("s3"))
        .env("GATEWAY_LISTEN", address)
        .env("SERVICES", SERVICES)
        .env("SKIP_SSL_CERT_DOWNLOAD", "1")
        .env("DISABLE_EVENTS", "1")
        .env("DNS_ADDRESS", "0")
        // Host mode, wherever this runs: all its files stay below our folder.
        .env("OVERRIDE_IN_DOCKER", "0")
        .env("FILESYSTEM_ROOT", folder);
    command
}

/// An account of the emulator and the credentials to use it.
#[derive(Clone, Debug)]
pub struct Account {
    id: String,
    url: String,
    region: String,
    credentials: Vec<(String, String)>,
    server: Option<Arc<Daemon>>,
}

impl Account {
    /// Returns the account's id.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Returns the account in another region.
    #[must_use]
    pub fn in_region(mut self, region: &str) -> Self {
        region.clone_into(&mut self.region);
        self
    }

    /// Returns the account as it is reached through another address, such as a [`Gateway`](crate::Gateway)'s.
    #[must_use]
    pub fn at(mut self, url: &str) -> Self {
        url.clone_into(&mut self.url);
        self
    }

    /// Returns the variables with which a process works in this account.
    pub fn variables(&self) -> Vec<(String, String)> {
        let mut variables = self.credentials.clone();
        variables.push(("AWS_ENDPOINT_URL".into(), self.url.clone()));
        variables.push(("AWS_REGION".into(), self.region.clone()));
        variables.push(("AWS_DEFAULT_REGION".into(), self.region.clone()));
        variables
    }

    /// Runs the AWS CLI and returns its answer: JSON, text where it talks, `null` where it says nothing.
    #[track_caller]
    pub fn aws(&self, arguments: &[&str]) -> Value {
        match self.try_aws(arguments) {
            Ok(answer) => answer,
            Err(message) => panic!("aws {} failed: {message}", arguments.join(" ")),
        }
    }

    /// Runs the AWS CLI and returns its answer, or what it complained about.
    pub fn try_aws(&self, arguments: &[&str]) -> Result<Value, String> {
        let mut command = Command::new(Tools::find().emulator("python"));
        command
            .arg(Tools::find().emulator("aws"))
            .args(arguments)
            .args(["--output", "json", "--endpoint-url", &self.url]);
        crate::hermetic(&mut command)
            .envs(self.variables())
            .env("AWS_EC2_METADATA_DISABLED", "true");
        let output = command.output().map_err(|error| error.to_string())?;
        if !output.status.success() {
            return Err(String::from_utf8_lossy(&output.stderr).trim().to_owned());
        }
        if output.stdout.is_empty() {
            return Ok(Value::Null);
        }
        // A few commands, such as `cloudformation deploy`, talk instead of answering.
        let text = || Value::String(String::from_utf8_lossy(&output.stdout).into_owned());
        Ok(serde_json::from_slice(&output.stdout).unwrap_or_else(|_| text()))
    }

    /// Assumes a role, which may be another account's, and returns that account.
    #[must_use]
    #[track_caller]
    pub fn assume(&self, role_arn: &str) -> Self {
        let answer = self.aws(&[
            "sts",
            "assume-role",
            "--role-arn",
            role_arn,
            "--role-session-name",
            "test",
        ]);
        let id = role_arn
            .split(':')
            .nth(4)
            .expect("a role's ARN names its account")
            .to_owned();
        let field = |name: &str| {
            answer["Credentials"][name]
                .as_str()
                .expect("STS answers with credentials")
                .to_owned()
        };
        let credentials = vec![
            ("AWS_ACCESS_KEY_ID".to_owned(), field("AccessKeyId")),
            ("AWS_SECRET_ACCESS_KEY".to_owned(), field("SecretAccessKey")),
            ("AWS_SESSION_TOKEN".to_owned(), field("SessionToken")),
        ];
        Self {
            id,
            url: self.url.clone(),
            region: self.region.clone(),
            credentials,
            server: self.server.clone(),
        }
    }

    /// Makes a stack without Nucleon and waits until it stands.
    ///
    /// Faster than `aws cloudformation deploy`, which looks every thirty seconds.
    #[track_caller]
    pub fn create_stack(&self, name: &str, template: &Path, options: &[&str]) {
        let body = format!("file://{}", template.display());
        let mut arguments = vec!["cloudformation", "create-stack", "--stack-name", name];
        arguments.extend([
            "--template-body",
            &body,
            "--capabilities",
            "CAPABILITY_NAMED_IAM",
        ]);
        arguments.extend(options);
        self.aws(&arguments);
        let start = Instant::now();
        loop {
            match self.stack_status(name).as_deref() {
                Some("CREATE_COMPLETE") => return,
                Some("CREATE_IN_PROGRESS") if start.elapsed() < Duration::from_mins(2) => {
                    thread::sleep(Duration::from_millis(50));
                }
                status => panic!("stack {name} did not get ready: {status:?}"),
            }
        }
    }

    /// Returns the names of the account's stacks that are not deleted, sorted.
    #[track_caller]
    pub fn stacks(&self) -> Vec<String> {
        let statuses = self.stack_statuses().into_iter();
        statuses.map(|(name, _)| name).collect()
    }

    /// Returns the names and statuses of the stacks that are there, sorted.
    #[track_caller]
    pub fn stack_statuses(&self) -> Vec<(String, String)> {
        let answer = self
            .ask("DescribeStacks", &[])
            .unwrap_or_else(|error| panic!("{error}"));
        let mut stacks: Vec<(String, String)> = members(&answer["Stacks"])
            .iter()
            .map(|stack| (text(&stack["StackName"]), text(&stack["StackStatus"])))
            .filter(|(_, status)| status != "DELETE_COMPLETE")
            .collect();
        stacks.sort();
        stacks
    }

    /// Returns a stack's status; nothing where there is no such stack.
    #[track_caller]
    pub fn stack_status(&self, stack: &str) -> Option<String> {
        let answer = match self.ask("DescribeStacks", &[("StackName", stack)]) {
            Ok(answer) => answer,
            Err(error) if error.contains("does not exist") => return None,
            Err(error) => panic!("{error}"),
        };
        let stack = members(&answer["Stacks"]).into_iter().next()?;
        Some(text(&stack["StackStatus"])).filter(|status| status != "DELETE_COMPLETE")
    }

    /// Returns the outputs of a stack as pairs.
    #[track_caller]
    pub fn outputs(&self, stack: &str) -> Vec<(String, String)> {
        let pairs = self.pairs(stack, "Outputs", ["OutputKey", "OutputValue"]);
        pairs.collect()
    }

    /// Returns the tags of a stack as pairs.
    #[track_caller]
    pub fn tags(&self, stack: &str) -> Vec<(String, String)> {
        self.pairs(stack, "Tags", ["Key", "Value"]).collect()
    }

    /// Returns the template that a stack was made from last.
    #[track_caller]
    pub fn template(&self, stack: &str) -> String {
        let answer = self.ask("GetTemplate", &[("StackName", stack)]);
        text(&answer.unwrap_or_else(|error| panic!("{error}"))["TemplateBody"])
    }

    #[track_caller]
    fn pairs(
        &self,
        stack: &str,
        list: &str,
        [key, value]: [&'static str; 2],
    ) -> impl Iterator<Item = (String, String)> {
        let answer = self.ask("DescribeStacks", &[("StackName", stack)]);
        let answer = answer.unwrap_or_else(|error| panic!("{error}"));
        let stack = members(&answer["Stacks"])
            .into_iter()
            .next()
            .unwrap_or_default();
        let pair = move |member: Value| (text(&member[key]), text(&member[value]));
        members(&stack[list]).into_iter().map(pair)
    }

    fn ask(&self, action: &str, parameters: &[(&str, &str)]) -> Result<Value, String> {
        let key = self
            .credentials
            .iter()
            .find(|(name, _)| name == "AWS_ACCESS_KEY_ID");
        let question = Question {
            address: self.url.trim_start_matches("http://"),
            access_key: key.map(|(_, value)| value.as_str()).unwrap_or_default(),
            region: &self.region,
        };
        question.ask(action, parameters)
    }
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::unique;

    #[test]
    fn an_assumed_role_works_in_its_own_account() {
        let emulator = Emulator::connect();
        let name = unique("only-there");
        let there = emulator
            .account("111122223333")
            .assume("arn:aws:iam::444455556666:role/apply");

        there.aws(&["sqs", "create-queue", "--queue-name", &name]);

        let caller = there.aws(&["sts", "get-caller-identity"]);
        assert_eq!(caller["Account"], "444455556666");
        let missing = emulator.account("111122223333").try_aws(&[
            "sqs",
            "get-queue-url",
            "--queue-name",
            &name,
        ]);
        assert!(missing.unwrap_err().contains("NonExistentQueue"));
    }

    #[test]
    fn an_emulator_ends_with_the_value_that_started_it() {
        let emulator = Emulator::start();
        let address = emulator.address.clone();
        assert!(http::get(&address, "/_localstack/health").is_ok());

        drop(emulator);

        assert!(http::get(&address, "/_localstack/health").is_err());
    }
}
