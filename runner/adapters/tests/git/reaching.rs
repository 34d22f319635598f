//! How the remote is reached: addresses, credentials, and servers that do not answer.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::TcpListener;
use std::sync::Arc;

use nucleon_adapters::clock::SystemClock;
use nucleon_adapters::git::{Checkout, Credential, GitState, StatePlace};
use nucleon_core::secret::Secret;
use nucleon_engine::ports::{PortError, State as _};

use crate::repo::{self, Remote, git};
use crate::state::{DEV, state, state_at, tip, write};

#[tokio::test]
async fn a_server_may_greet_where_there_is_no_state_yet() {
    let remote = Remote::new();
    let folder = remote.clone_whole();
    let script = "echo 'Welcome to the git server' >&2; exec git-upload-pack \"$@\"";
    let program = repo::program(remote.root(), "upload-pack", script);
    let setting = program.display().to_string();
    git(&folder, &["config", "remote.origin.uploadpack", &setting]);
    assert!(state(&folder).read_all().await.unwrap().is_empty());
}

#[tokio::test]
async fn a_bare_clone_a_detached_head_and_an_address_will_do() {
    let remote = Remote::new();
    let (bare, detached) = (remote.clone_bare(), remote.clone_whole());
    git(&detached, &["checkout", "--quiet", "--detach"]);
    let first = write(&state(&bare), None, DEV, "IN_PROGRESS").await;
    let second = write(&state(&detached), Some(&first), DEV, "SUCCEEDED").await;
    let by_address = state_at(&detached, &remote.address(), &StatePlace::default());
    assert_eq!(tip(&by_address, DEV).await.commit, second);
}

#[tokio::test]
async fn a_relative_address_is_resolved_from_the_top_of_the_clone() {
    let remote = Remote::new();
    let folder = remote.clone_whole();
    git(&folder, &["remote", "set-url", "origin", "../remote.git"]);
    std::fs::create_dir(folder.join("below")).unwrap();
    write(&state(&folder.join("below")), None, DEV, "SUCCEEDED").await;
    assert_eq!(state(&folder).read_all().await.unwrap().len(), 1);
}

#[tokio::test]
async fn a_remote_that_is_not_there_is_named() {
    let remote = Remote::new();
    let folder = remote.clone_whole();
    git(
        &folder,
        &["remote", "set-url", "origin", "/nowhere/platform.git"],
    );
    let error = state(&folder).read_all().await.unwrap_err();
    insta::assert_snapshot!(error, @"git refused to read the state: '/nowhere/platform.git' does not appear to be a git repository; Could not read from remote repository.");
}

#[tokio::test]
async fn a_server_that_does_not_answer_is_unreachable() {
    let remote = Remote::new();
    let address = "http://127.0.0.1:1/platform.git";
    let state = state_at(&remote.clone_whole(), address, &StatePlace::default());
    let error = state.read_all().await.unwrap_err();
    assert!(matches!(error, PortError::Unreachable { .. }), "{error:?}");
}

/// A server that refuses the first request and gives its head.
fn refusing_server() -> (String, std::thread::JoinHandle<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let serve = move || {
        let (stream, _) = listener.accept().unwrap();
        let lines = BufReader::new(&stream).lines().map(Result::unwrap);
        let head: Vec<String> = lines.take_while(|line| !line.is_empty()).collect();
        let answer = "HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
        (&stream).write_all(answer.as_bytes()).unwrap();
        head.join("\n")
    };
    (address, std::thread::spawn(serve))
}

#[tokio::test]
async fn the_token_is_sent_instead_of_what_the_clone_has_and_a_refusal_says_what_it_lacks() {
    let (server, request) = refusing_server();
    let remote = Remote::new();
    let folder = remote.clone_whole();
    let (address, header) = (
        format!("{server}/acme/platform"),
        format!("http.{server}/.extraheader"),
    );
    git(&folder, &["remote", "set-url", "origin", &address]);
    git(&folder, &["config", &header, "AUTHORIZATION: basic b2xk"]);
    let credential = Credential::new(&server, Secret::new("ghs_new"));
    let checkout = Checkout::new(&folder, "origin").with_credential(credential);
    let state = GitState::new(checkout, &StatePlace::default(), Arc::new(SystemClock));
    let error = state.read_all().await.unwrap_err();
    assert!(error.hint().unwrap().contains("contents: write"));
    let head = request.join().unwrap();
    let sent: Vec<&str> = head
        .lines()
        .filter(|line| line.to_lowercase().starts_with("authorization"))
        .collect();
    assert_eq!(
        sent,
        ["AUTHORIZATION: basic eC1hY2Nlc3MtdG9rZW46Z2hzX25ldw=="]
    );
}

#[tokio::test]
async fn what_the_clone_knows_about_reaching_the_server_is_used() {
    let (server, request) = refusing_server();
    let remote = Remote::new();
    let folder = remote.clone_whole();
    git(&folder, &["remote", "set-url", "origin", "acme:platform"]);
    git(
        &folder,
        &["config", &format!("url.{server}/acme/.insteadOf"), "acme:"],
    );
    git(
        &folder,
        &["config", "http.extraheader", "AUTHORIZATION: basic b2xk"],
    );
    state(&folder).read_all().await.unwrap_err();
    let head = request.join().unwrap();
    assert!(head.starts_with("GET /acme/platform/info/refs"), "{head}");
    assert!(head.contains("AUTHORIZATION: basic b2xk"), "{head}");
}

#[tokio::test]
async fn a_folder_without_a_repository_or_a_remote_says_so() {
    let remote = Remote::new();
    let outside = state(remote.root()).read_all().await.unwrap_err();
    insta::assert_snapshot!(outside, @"git refused to find the repository: not a git repository (or any of the parent directories): .git");
    let unnamed = state_at(&remote.clone_whole(), "upstream", &StatePlace::default());
    insta::assert_snapshot!(unnamed.read_all().await.unwrap_err(), @"git refused to find the remote: there is no remote `upstream`");
}
