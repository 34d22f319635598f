//! Commands that run longer than the credentials they began with.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use jiff::Timestamp;
use nucleon_adapters::aws::{Base, Hub, SessionSettings, Sessions};
use nucleon_adapters::commands::CommandsProvisioner;
use nucleon_core::deployment::Deployment;
use nucleon_core::outcome::DeploymentStatus;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

use crate::commands::{applied_by, running};
use crate::script::result;
use crate::support::{ACCOUNT, config};

/// Every role's credentials of this STS end in five minutes, so that whoever asks again gets others.
async fn short_lived() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move {
        let assumed = AtomicU32::new(0);
        while let Ok((client, _)) = listener.accept().await {
            answer(client, &assumed).await;
        }
    });
    address
}

async fn answer(mut client: TcpStream, assumed: &AtomicU32) {
    let mut request = String::new();
    let mut buffer = vec![0; 65_536];
    while !request.contains("Action=") {
        let read = client.read(&mut buffer).await.unwrap();
        request.push_str(&String::from_utf8_lossy(&buffer[..read]));
    }
    let body = if request.contains("Action=AssumeRole") {
        let number = assumed.fetch_add(1, Ordering::Relaxed) + 1;
        let end = Timestamp::now() + Duration::from_mins(5);
        let credentials = format!(
            "<Credentials><AccessKeyId>key-{number}</AccessKeyId><SecretAccessKey>a-long-secret-{number:04}</SecretAccessKey><SessionToken>a-long-token-{number:04}</SessionToken><Expiration>{end}</Expiration></Credentials>"
        );
        result("AssumeRole", &credentials)
    } else {
        let account = format!("<Account>{ACCOUNT}</Account>");
        result("GetCallerIdentity", &account)
    };
    let head = format!(
        "HTTP/1.1 200 -\r\ncontent-length: {}\r\nconnection: close\r\n\r\n",
        body.len()
    );
    let answer = format!("{head}{body}");
    client.write_all(answer.as_bytes()).await.unwrap();
}

/// A program that asks for credentials as ours does, and one that does not know the word.
const HELPER: &str = r#"#!/bin/bash
read -r port token < "$1"
exec 3<>"/dev/tcp/127.0.0.1/$port"
printf %s "${TOKEN:-$token}" >&3
cat <&3
"#;

#[cfg(unix)]
async fn provisioner(folder: &std::path::Path) -> CommandsProvisioner {
    use std::os::unix::fs::PermissionsExt as _;
    let helper = folder.join("helper");
    std::fs::write(&helper, HELPER).unwrap();
    std::fs::set_permissions(&helper, std::fs::Permissions::from_mode(0o755)).unwrap();
    let settings = SessionSettings {
        base: Base::Ambient,
        hub: Hub::default(),
        name: "nucleon-test".to_owned(),
    };
    let config = config(&short_lived().await, ACCOUNT).await;
    CommandsProvisioner::new(Arc::new(Sessions::new(config, settings)), helper)
}

fn with_role(commands: &[&str]) -> Deployment {
    let mut deployment = running(commands);
    deployment.roles.apply = Some(format!("arn:aws:iam::{ACCOUNT}:role/apply"));
    deployment
}

#[cfg(unix)]
#[tokio::test]
async fn a_command_that_asks_again_gets_new_credentials_and_shows_none() {
    let folder = tempfile::tempdir().unwrap();
    let provisioner = provisioner(folder.path()).await;
    let ask = "export ASK=$(sed -n 's/^credential_process = //p' $AWS_CONFIG_FILE)";
    let deployment = with_role(&[
        "[ -z \"$AWS_ACCESS_KEY_ID$AWS_SECRET_ACCESS_KEY$AWS_SESSION_TOKEN\" ]",
        ask,
        "eval $ASK | tee first; echo",
        "eval $ASK | tee second; echo",
        "grep -o 'key-[0-9]*' first second | sort -u -t: -k2 | wc -l > count",
        "TOKEN=ffffffffffffffffffffffffffffffff bash -c \"$ASK\" > stranger; [ ! -s stranger ]",
        "echo '{\"Different\": \"'$(cat count)'\"}' > proton-outputs.json",
    ]);

    let (outcome, seen) = applied_by(&provisioner, &deployment).await;

    assert_eq!(outcome.status, DeploymentStatus::Succeeded, "{outcome:?}");
    assert_eq!(outcome.outputs["Different"], "2");
    let told = seen.reasons().join("\n");
    assert!(
        told.contains("\"SecretAccessKey\":\"***\"") && told.contains("\"Version\":1"),
        "{told}"
    );
    assert!(!told.contains("a-long-"), "{told}");
}
