//! Who Nucleon is in which account, and what happens when it is not who it should be.

use std::sync::{Arc, Mutex};

use nucleon_adapters::aws::{
    Access, Base, GitHubIdentity, Hub, SessionSettings, Sessions, session_name,
};
use nucleon_adapters::cloudformation::CloudFormationProvisioner;
use nucleon_core::deployment::{Deployment, Place, Roles};
use nucleon_core::secret::Secret;
use nucleon_engine::ports::{PortError, Provisioner as _};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

use crate::support::{ACCOUNT, OTHER, config, deployment, endpoint, sessions};

const HUB: &str = "777788889999";

fn role(account: &str, name: &str) -> String {
    format!("arn:aws:iam::{account}:role/{name}")
}

fn place(account: &str) -> Place {
    Place {
        account: account.to_owned(),
        region: "eu-west-1".to_owned(),
    }
}

fn hub() -> Hub {
    Hub {
        plan: Some(role(HUB, "hub-plan")),
        apply: Some(role(HUB, "hub-apply")),
    }
}

fn roles(account: &str) -> Roles {
    Roles {
        plan: Some(role(account, "plan")),
        apply: Some(role(account, "apply")),
        ..Roles::default()
    }
}

async fn caller(sessions: &Sessions, access: Access, account: &str) -> String {
    let session = sessions
        .session(access, &place(account), &roles(account))
        .await
        .unwrap();
    let answer = aws_sdk_sts::Client::new(session.config())
        .get_caller_identity()
        .send()
        .await
        .unwrap();
    answer.arn.unwrap()
}

/// Forwards to the emulator and keeps what was asked: `Action=…` of AWS's query protocol.
async fn recorder() -> (String, Arc<Mutex<Vec<String>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let asked = Arc::new(Mutex::new(Vec::new()));
    let record = asked.clone();
    tokio::spawn(async move {
        while let Ok((client, _)) = listener.accept().await {
            tokio::spawn(forward(client, record.clone()));
        }
    });
    (address, asked)
}

async fn forward(client: TcpStream, record: Arc<Mutex<Vec<String>>>) {
    let emulator = endpoint().replace("http://", "");
    let server = TcpStream::connect(emulator).await.unwrap();
    let (mut from_client, mut to_client) = client.into_split();
    let (mut from_server, mut to_server) = server.into_split();
    tokio::spawn(async move { tokio::io::copy(&mut from_server, &mut to_client).await });
    let mut buffer = vec![0; 65_536];
    while let Ok(read @ 1..) = from_client.read(&mut buffer).await {
        let text = String::from_utf8_lossy(&buffer[..read]).into_owned();
        let actions = text.split("Action=").skip(1);
        let names = actions.map(|rest| rest.split('&').next().unwrap().to_owned());
        record.lock().unwrap().extend(names);
        to_server.write_all(&buffer[..read]).await.unwrap();
    }
}

#[tokio::test]
async fn the_hub_leads_to_the_targets_role_by_purpose() {
    let sessions = sessions(&endpoint(), ACCOUNT, hub()).await;
    let plan = caller(&sessions, Access::Plan, OTHER).await;
    let apply = caller(&sessions, Access::Apply, OTHER).await;
    assert_eq!(
        plan,
        format!("arn:aws:sts::{OTHER}:assumed-role/plan/nucleon-test")
    );
    assert_eq!(
        apply,
        format!("arn:aws:sts::{OTHER}:assumed-role/apply/nucleon-test")
    );
}

#[tokio::test]
async fn targets_share_their_hops() {
    let (address, asked) = recorder().await;
    let sessions = sessions(&address, ACCOUNT, hub()).await;
    let session = || async {
        let (place, roles) = (place(OTHER), roles(OTHER));
        sessions
            .session(Access::Plan, &place, &roles)
            .await
            .unwrap();
    };
    tokio::join!(session(), session(), session());
    let hops = [
        "AssumeRole",
        "GetCallerIdentity",
        "AssumeRole",
        "GetCallerIdentity",
    ];
    assert_eq!(*asked.lock().unwrap(), hops);
}

#[tokio::test]
async fn a_wrong_account_gets_no_cloudformation_call() {
    let (address, asked) = recorder().await;
    let sessions = sessions(&address, ACCOUNT, Hub::default()).await;
    let provisioner = CloudFormationProvisioner::new(sessions, "4711-1");
    let deployment = Deployment {
        place: place(OTHER),
        ..deployment("Resources: {}")
    };
    for error in [
        provisioner.plan(&deployment).await.map(|_| ()).unwrap_err(),
        provisioner
            .prepare(&deployment)
            .await
            .map(|_| ())
            .unwrap_err(),
    ] {
        assert!(
            matches!(&error, PortError::WrongAccount { expected, found } if expected == OTHER && found == ACCOUNT),
            "{error}"
        );
    }
    let asked = asked.lock().unwrap();
    assert!(
        asked.iter().all(|action| action == "GetCallerIdentity"),
        "{asked:?}"
    );
    assert!(!asked.is_empty());
}

#[tokio::test]
async fn a_role_of_another_account_gets_no_cloudformation_call() {
    let (address, asked) = recorder().await;
    let sessions = sessions(&address, ACCOUNT, hub()).await;
    let provisioner = CloudFormationProvisioner::new(sessions, "4711-1");
    let deployment = Deployment {
        place: place(ACCOUNT),
        roles: roles(OTHER),
        ..deployment("Resources: {}")
    };
    let error = provisioner.plan(&deployment).await.unwrap_err();
    assert!(matches!(error, PortError::WrongAccount { .. }), "{error}");
    let asked = asked.lock().unwrap();
    assert!(
        !asked.iter().any(|action| action.contains("Stack")),
        "{asked:?}"
    );
}

#[tokio::test]
async fn a_hub_that_answers_for_another_account_is_not_used() {
    // The emulator gives the account of the role's ARN, so a guard can only be wrong about an ARN without an account.
    let hub = Hub {
        plan: Some("arn:aws:iam::hub:role/plan".to_owned()),
        apply: None,
    };
    let sessions = sessions(&endpoint(), ACCOUNT, hub).await;
    let error = sessions
        .session(Access::Plan, &place(OTHER), &roles(OTHER))
        .await
        .unwrap_err();
    assert!(
        error.to_string().contains("it is not the ARN of a role"),
        "{error}"
    );
}

/// A server that gives its answers in turn, the last one for ever, and keeps the requests.
async fn answering(answers: Vec<(u16, String)>) -> (String, Arc<Mutex<Vec<String>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let asked = Arc::new(Mutex::new(Vec::new()));
    let record = asked.clone();
    tokio::spawn(async move {
        let mut turn = 0;
        while let Ok((mut client, _)) = listener.accept().await {
            let mut buffer = vec![0; 65_536];
            let read = client.read(&mut buffer).await.unwrap();
            let request = String::from_utf8_lossy(&buffer[..read]).into_owned();
            record.lock().unwrap().push(request);
            let (status, body) = &answers[turn.min(answers.len() - 1)];
            turn += 1;
            let length = body.len();
            let answer = format!(
                "HTTP/1.1 {status} -\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{body}"
            );
            client.write_all(answer.as_bytes()).await.unwrap();
        }
    });
    (address, asked)
}

async fn by_identity(url: String, endpoint: &str, hub: Hub) -> Sessions {
    let settings = SessionSettings {
        base: Base::GitHub(GitHubIdentity {
            url,
            token: Secret::new("request-token"),
        }),
        hub,
        name: session_name("4711-1", &[]),
    };
    // Credentials of another account: the run's identity must be used, not these.
    Sessions::new(config(endpoint, "000011112222").await, settings)
}

fn token() -> Vec<(u16, String)> {
    vec![(200, r#"{"value":"eyJ.eyJ.signed"}"#.to_owned())]
}

#[tokio::test]
async fn the_runs_identity_is_exchanged_for_the_hub() {
    let (url, asked) = answering(token()).await;
    let sessions = by_identity(format!("{url}/token?api-version=2.0"), &endpoint(), hub()).await;
    let arn = caller(&sessions, Access::Apply, OTHER).await;
    assert_eq!(
        arn,
        format!("arn:aws:sts::{OTHER}:assumed-role/apply/nucleon-4711-1")
    );
    let asked = asked.lock().unwrap().join("\n");
    assert!(
        asked.starts_with("GET /token?api-version=2.0&audience=sts.amazonaws.com "),
        "{asked}"
    );
    assert!(asked.contains("Bearer request-token"), "{asked}");
}

#[tokio::test]
async fn without_a_hub_it_is_exchanged_for_the_targets_role() {
    let (url, _asked) = answering(token()).await;
    let sessions = by_identity(url, &endpoint(), Hub::default()).await;
    let arn = caller(&sessions, Access::Plan, OTHER).await;
    assert_eq!(
        arn,
        format!("arn:aws:sts::{OTHER}:assumed-role/plan/nucleon-4711-1")
    );
}

#[tokio::test]
async fn a_run_without_permission_for_an_identity_says_which_to_give() {
    let refused = vec![(403, String::new())];
    let (url, _asked) = answering(refused).await;
    let sessions = by_identity(url, &endpoint(), hub()).await;
    let error = sessions
        .session(Access::Plan, &place(OTHER), &roles(OTHER))
        .await
        .unwrap_err();
    assert!(matches!(error, PortError::Refused { .. }), "{error}");
    assert!(error.hint().unwrap().contains("id-token: write"));
}

fn denied() -> (u16, String) {
    let message = "User: arn:aws:iam::1:user/ci is not authorized to perform: sts:AssumeRole";
    let error = format!("<Error><Code>AccessDenied</Code><Message>{message}</Message></Error>");
    (403, format!("<ErrorResponse>{error}</ErrorResponse>"))
}

/// Credentials that live for some seconds only.
fn assumed(seconds: i64) -> (u16, String) {
    let end = jiff::Timestamp::now() + jiff::SignedDuration::from_secs(seconds);
    let credentials = format!(
        "<Credentials><AccessKeyId>A</AccessKeyId><SecretAccessKey>S</SecretAccessKey><SessionToken>T</SessionToken><Expiration>{end:.0}</Expiration></Credentials>"
    );
    let body = format!(
        "<AssumeRoleResponse><AssumeRoleResult>{credentials}</AssumeRoleResult></AssumeRoleResponse>"
    );
    (200, body)
}

fn identity(account: &str) -> (u16, String) {
    let result =
        format!("<GetCallerIdentityResult><Account>{account}</Account></GetCallerIdentityResult>");
    (
        200,
        format!("<GetCallerIdentityResponse>{result}</GetCallerIdentityResponse>"),
    )
}

/// A deployment with a role, where AWS gives these answers.
async fn planned(answers: Vec<(u16, String)>) -> (PortError, Vec<String>) {
    let (address, asked) = answering(answers).await;
    let sessions = sessions(&address, ACCOUNT, Hub::default()).await;
    let provisioner = CloudFormationProvisioner::new(sessions, "4711-1");
    let deployment = Deployment {
        roles: roles(ACCOUNT),
        ..deployment("Resources: {}")
    };
    let error = provisioner.plan(&deployment).await.unwrap_err();
    let asked = asked.lock().unwrap();
    let actions = asked.iter().map(|request| {
        let action = request.split("Action=").nth(1).unwrap_or_default();
        action.split('&').next().unwrap_or_default().to_owned()
    });
    (error, actions.collect())
}

#[tokio::test]
async fn a_role_that_may_not_be_assumed_is_named() {
    let (address, _asked) = answering(vec![denied()]).await;
    let sessions = sessions(&address, ACCOUNT, Hub::default()).await;
    let error = sessions
        .session(Access::Apply, &place(OTHER), &roles(OTHER))
        .await
        .unwrap_err();
    let text = error.to_string();
    assert!(
        text.contains(&role(OTHER, "apply")) && text.contains("sts:AssumeRole"),
        "{text}"
    );
    assert!(error.hint().is_some());
}

#[tokio::test]
async fn credentials_that_cannot_be_renewed_end_the_work_with_their_own_words() {
    let answers = vec![assumed(20), identity(ACCOUNT), denied()];
    let (error, asked) = planned(answers).await;
    assert!(
        error.to_string().starts_with("STS refused to assume role"),
        "{error}"
    );
    assert_eq!(asked, ["AssumeRole", "GetCallerIdentity", "AssumeRole"]);
}

#[tokio::test]
async fn credentials_that_still_work_are_used_although_they_cannot_be_renewed_ahead() {
    let answers = vec![assumed(300), identity(ACCOUNT), denied()];
    let (address, asked) = answering(answers).await;
    let sessions = sessions(&address, ACCOUNT, Hub::default()).await;
    let session = sessions
        .session(Access::Plan, &place(ACCOUNT), &roles(ACCOUNT))
        .await
        .unwrap();
    session.credentials().await.unwrap();
    session.credentials().await.unwrap();
    // The second hop was refused once, and is not asked for again with every request.
    assert_eq!(asked.lock().unwrap().len(), 3);
}

#[tokio::test]
async fn renewed_credentials_must_be_of_the_same_account() {
    let answers = vec![
        assumed(300),
        identity(ACCOUNT),
        assumed(3_600),
        identity(OTHER),
    ];
    let (error, asked) = planned(answers).await;
    assert!(
        matches!(&error, PortError::WrongAccount { found, .. } if found == OTHER),
        "{error}"
    );
    assert!(!asked.contains(&"DescribeStacks".to_owned()), "{asked:?}");
}

#[tokio::test]
async fn nobody_listening_is_told_as_such() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let config = config(&address, ACCOUNT).await.into_builder();
    let config = config
        .retry_config(aws_config::retry::RetryConfig::disabled())
        .build();
    let settings = SessionSettings {
        base: Base::Ambient,
        hub: Hub::default(),
        name: "nucleon-test".to_owned(),
    };
    let sessions = Sessions::new(config, settings);
    let error = sessions
        .session(Access::Plan, &place(ACCOUNT), &Roles::default())
        .await
        .unwrap_err();
    assert!(matches!(error, PortError::Unreachable { .. }), "{error}");
}
