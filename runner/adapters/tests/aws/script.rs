//! A server that plays a script of CloudFormation's answers.
//!
//! It is strict: a call that the script does not expect next fails the test, and so does a script that is not played out.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use aws_config::retry::RetryConfig;
use nucleon_adapters::aws::{Base, Hub, SessionSettings, Sessions};
use nucleon_adapters::cloudformation::CloudFormationProvisioner;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

use crate::support::{ACCOUNT, config};

/// The stack of every script.
pub(crate) const STACK: &str = "arn:aws:cloudformation:us-east-1:111122223333:stack/shop/1";

/// The token in every event.
pub(crate) const TOKEN: &str = "the-token-of-the-dead-run";

/// What is asked, and the answer's status and body.
pub(crate) type Call = (&'static str, u16, String);

type Script = VecDeque<Call>;

/// CloudFormation as the script says.
pub(crate) struct Scripted {
    pub(crate) provisioner: CloudFormationProvisioner,
    left: Arc<Mutex<Script>>,
    strange: Arc<Mutex<Vec<String>>>,
}

impl Scripted {
    pub(crate) async fn new(script: impl IntoIterator<Item = Call>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let left = Arc::new(Mutex::new(script.into_iter().collect::<Script>()));
        let strange = Arc::new(Mutex::new(Vec::new()));
        let (script, unexpected) = (left.clone(), strange.clone());
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                answer(client, &script, &unexpected).await;
            }
        });
        let retries = RetryConfig::standard().with_max_attempts(3);
        let retries = retries.with_initial_backoff(Duration::from_millis(1));
        let config = config(&address, ACCOUNT).await.into_builder();
        let settings = SessionSettings {
            base: Base::Ambient,
            hub: Hub::default(),
            name: "nucleon-test".to_owned(),
        };
        let sessions = Sessions::new(config.retry_config(retries).build(), settings);
        Self {
            provisioner: CloudFormationProvisioner::new(Arc::new(sessions), "4711-1"),
            left,
            strange,
        }
    }

    pub(crate) fn was_played_out(&self) {
        assert_eq!(*self.strange.lock().unwrap(), Vec::<String>::new());
        let left = self.left.lock().unwrap();
        assert!(left.is_empty(), "not asked for: {left:?}");
    }
}

async fn answer(mut client: TcpStream, script: &Mutex<Script>, strange: &Mutex<Vec<String>>) {
    let mut request = String::new();
    let mut buffer = vec![0; 65_536];
    // Head and body may come in two pieces.
    while !request.contains("Action=") {
        let read = client.read(&mut buffer).await.unwrap();
        request.push_str(&String::from_utf8_lossy(&buffer[..read]));
    }
    let action = request.split("Action=").nth(1).unwrap();
    let action = action.split('&').next().unwrap().to_owned();
    let (status, body) = if action == "GetCallerIdentity" {
        (
            200,
            result(
                "GetCallerIdentity",
                &format!("<Account>{ACCOUNT}</Account>"),
            ),
        )
    } else {
        let mut script = script.lock().unwrap();
        match script.front() {
            Some((expected, ..)) if *expected == action => {
                let (_, status, body) = script.pop_front().unwrap();
                (status, body)
            }
            _ => {
                strange.lock().unwrap().push(action);
                (
                    400,
                    fault("NotInTheScript", "the script expects something else"),
                )
            }
        }
    };
    let length = body.len();
    let head =
        format!("HTTP/1.1 {status} -\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n");
    client
        .write_all(format!("{head}{body}").as_bytes())
        .await
        .unwrap();
}

pub(crate) fn result(action: &str, inner: &str) -> String {
    format!("<{action}Response><{action}Result>{inner}</{action}Result></{action}Response>")
}

pub(crate) fn fault(code: &str, message: &str) -> String {
    format!(
        "<ErrorResponse><Error><Code>{code}</Code><Message>{message}</Message></Error></ErrorResponse>"
    )
}

pub(crate) fn call(action: &'static str, inner: &str) -> Call {
    (action, 200, result(action, inner))
}

pub(crate) fn stack(status: &str) -> Call {
    let member = format!(
        "<StackId>{STACK}</StackId><StackName>shop</StackName><StackStatus>{status}</StackStatus><ChangeSetId>earlier</ChangeSetId>"
    );
    call(
        "DescribeStacks",
        &format!("<Stacks><member>{member}</member></Stacks>"),
    )
}

/// Events of one second each, told oldest first and answered newest first, as CloudFormation does.
pub(crate) fn events(events: &[(&str, &str, &str)]) -> Call {
    let members: Vec<String> = events.iter().enumerate().rev().map(event).collect();
    let members = members.join("");
    call(
        "DescribeStackEvents",
        &format!("<StackEvents>{members}</StackEvents>"),
    )
}

fn event((second, (resource, status, reason)): (usize, &(&str, &str, &str))) -> String {
    let (name, kind) = match *resource {
        STACK => ("shop", "AWS::CloudFormation::Stack"),
        nested if nested.starts_with("arn:") => ("Nested", "AWS::CloudFormation::Stack"),
        _ => ("Queue", "AWS::SQS::Queue"),
    };
    format!(
        "<member><EventId>{second}-{status}</EventId><Timestamp>2026-11-23T08:00:{second:02}Z</Timestamp>\
         <PhysicalResourceId>{resource}</PhysicalResourceId><LogicalResourceId>{name}</LogicalResourceId>\
         <ResourceType>{kind}</ResourceType><ResourceStatus>{status}</ResourceStatus>\
         <ResourceStatusReason>{reason}</ResourceStatusReason><ClientRequestToken>{TOKEN}</ClientRequestToken></member>"
    )
}

pub(crate) fn created() -> Call {
    call(
        "CreateChangeSet",
        &format!("<Id>arn:changeSet</Id><StackId>{STACK}</StackId>"),
    )
}

pub(crate) fn change_set(replacement: &str, next: Option<&str>) -> Call {
    let change = format!(
        "<Action>Modify</Action><LogicalResourceId>Queue</LogicalResourceId><ResourceType>AWS::SQS::Queue</ResourceType><Replacement>{replacement}</Replacement>"
    );
    let next = next
        .map(|next| format!("<NextToken>{next}</NextToken>"))
        .unwrap_or_default();
    call(
        "DescribeChangeSet",
        &format!(
            "<CreationTime>2026-11-23T07:59:59Z</CreationTime><Status>CREATE_COMPLETE</Status><ExecutionStatus>AVAILABLE</ExecutionStatus><Changes><member><Type>Resource</Type><ResourceChange>{change}</ResourceChange></member></Changes>{next}"
        ),
    )
}

pub(crate) fn template(text: &str) -> Call {
    call(
        "GetTemplate",
        &format!("<TemplateBody>{text}</TemplateBody>"),
    )
}
