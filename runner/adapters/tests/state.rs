//! The state with real git: compare-and-swap, shallow clones, what is broken and what is refused.

#![expect(clippy::unwrap_used, reason = "a test stops where its set-up fails")]

mod repo;

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader, Write as _};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::join_all;
use nucleon_adapters::clock::{StoppedClock, SystemClock};
use nucleon_adapters::git::{Checkout, Credential, GitState, StatePlace};
use nucleon_core::files::{Content, Files, RelPath};
use nucleon_core::record::Record;
use nucleon_core::secret::Secret;
use nucleon_core::target::TargetId;
use nucleon_engine::ports::{Append, Appended, PortError, State as _, Tip};

use repo::{Remote, git};

const DEV: &str = "environment/dev";

fn state(checkout: &Path) -> GitState {
    state_at(checkout, "origin", &StatePlace::default())
}

fn state_at(checkout: &Path, remote: &str, place: &StatePlace) -> GitState {
    let clock = StoppedClock("2026-10-08T12:00:00Z".parse().unwrap());
    GitState::new(Checkout::new(checkout, remote), place, Arc::new(clock))
}

fn target(text: &str) -> TargetId {
    text.parse().unwrap()
}

fn record(id: &str, status: &str) -> Record {
    let text = format!(
        r#"{{"format": 1, "id": "{status}-1", "target": "{id}", "purpose": "deploy", "status": "{status}", "account": "111122223333",
            "region": "us-east-1", "outputs": [{{"key": "VpcId", "valueString": "vpc-1"}}], "started": "2026-10-08T12:00:00Z",
            "actor": "mona", "commit": "c0ffee"}}"#
    );
    Record::parse(&text).unwrap()
}

fn event(expected: Option<&str>, id: &str, status: &str) -> Append {
    Append {
        expected: expected.map(str::to_owned),
        record: record(id, status),
        message: format!("{id}: {status}"),
    }
}

/// Appends one event that must get through; gives the new tip.
async fn write(state: &GitState, expected: Option<&str>, id: &str, status: &str) -> String {
    match &state.append(&[event(expected, id, status)]).await[..] {
        [Ok(Appended::Written(commit))] => commit.clone(),
        other => panic!("{other:?}"),
    }
}

async fn tip(state: &GitState, id: &str) -> Tip {
    let mut tips = state.read(&[target(id)]).await.unwrap();
    tips.remove(&target(id)).unwrap()
}

fn was_written(answers: &[Result<Appended, PortError>]) -> Vec<bool> {
    let written = |answer: &Result<_, _>| matches!(answer.as_ref().unwrap(), Appended::Written(_));
    answers.iter().map(written).collect()
}

#[tokio::test]
async fn a_repository_without_state_has_no_tips() {
    let remote = Remote::new();
    let state = state(&remote.clone_whole());
    assert!(state.read_all().await.unwrap().is_empty());
    assert!(state.read(&[target(DEV)]).await.unwrap().is_empty());
    assert!(state.history(&target(DEV)).await.unwrap().is_empty());
}

#[tokio::test]
async fn what_was_written_is_read_from_a_shallow_clone() {
    let remote = Remote::new();
    let written = write(&state(&remote.clone_whole()), None, DEV, "IN_PROGRESS").await;
    let read = tip(&state(&remote.clone_shallow()), DEV).await;
    assert_eq!(
        (read.commit, read.record.unwrap()),
        (written, record(DEV, "IN_PROGRESS"))
    );
}

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
async fn an_empty_remote_takes_its_first_record() {
    let remote = Remote::empty();
    let folder = remote.clone_whole();
    write(&state(&folder), None, DEV, "SUCCEEDED").await;
    assert_eq!(state(&folder).read_all().await.unwrap().len(), 1);
}

#[tokio::test]
async fn the_history_is_the_ledger_newest_first() {
    let remote = Remote::new();
    let writer = state(&remote.clone_whole());
    let first = write(&writer, None, DEV, "IN_PROGRESS").await;
    let second = write(&writer, Some(&first), DEV, "SUCCEEDED").await;
    let other = state(&remote.clone_shallow());
    let third = write(&other, Some(&second), DEV, "IN_PROGRESS").await;
    let history = other.history(&target(DEV)).await.unwrap();
    let commits: Vec<_> = history.into_iter().map(|tip| tip.commit).collect();
    assert_eq!(commits, [third, second, first]);
}

#[tokio::test]
async fn an_event_on_an_old_tip_is_lost() {
    let remote = Remote::new();
    let (one, other) = (state(&remote.clone_whole()), state(&remote.clone_shallow()));
    let first = write(&one, None, DEV, "IN_PROGRESS").await;
    tip(&other, DEV).await;
    let second = write(&one, Some(&first), DEV, "SUCCEEDED").await;
    let late = other.append(&[event(Some(&first), DEV, "FAILED")]).await;
    assert_eq!(was_written(&late), [false]);
    assert_eq!(tip(&other, DEV).await.commit, second);
}

#[tokio::test]
async fn an_event_on_a_tip_that_was_never_read_here_is_lost_when_the_tip_has_moved() {
    let remote = Remote::new();
    let one = state(&remote.clone_whole());
    let first = write(&one, None, DEV, "IN_PROGRESS").await;
    write(&one, Some(&first), DEV, "SUCCEEDED").await;
    let other = state(&remote.clone_shallow());
    let late = other.append(&[event(Some(&first), DEV, "FAILED")]).await;
    assert_eq!(was_written(&late), [false]);
}

#[tokio::test]
async fn each_event_of_a_push_is_compared_on_its_own() {
    let remote = Remote::new();
    let (one, other) = (state(&remote.clone_whole()), state(&remote.clone_whole()));
    write(&one, None, DEV, "SUCCEEDED").await;
    let targets = ["component/uploads", DEV, "service/web/pipeline"];
    let events = targets.map(|target| event(None, target, "FAILED"));
    let answers = other.append(&events).await;
    assert_eq!(was_written(&answers), [true, false, true]);
    assert_eq!(
        tip(&one, DEV).await.record.unwrap(),
        record(DEV, "SUCCEEDED")
    );
}

#[tokio::test]
async fn two_events_for_one_target_cannot_both_be_written() {
    let remote = Remote::new();
    let state = state(&remote.clone_whole());
    let events = [(); 2].map(|()| event(None, DEV, "SUCCEEDED"));
    let answers = state.append(&events).await;
    assert_eq!(was_written(&answers), [true, false]);
}

#[tokio::test(flavor = "multi_thread")]
async fn of_four_writers_of_the_same_record_one_wins() {
    let remote = Remote::new();
    let first = write(&state(&remote.clone_whole()), None, DEV, "SUCCEEDED").await;
    let race = async |folder: PathBuf| {
        let state = state(&folder);
        tip(&state, DEV).await;
        let events = [event(Some(&first), DEV, "IN_PROGRESS")];
        was_written(&state.append(&events).await)
    };
    let folders = [(); 4].map(|()| remote.clone_shallow());
    let answers = join_all(folders.map(race)).await.concat();
    assert_eq!(answers.iter().filter(|won| **won).count(), 1);
    let history = state(&remote.clone_whole()).history(&target(DEV)).await;
    assert_eq!(history.unwrap().len(), 2);
}

#[tokio::test]
async fn twenty_writers_may_share_one_clone() {
    let remote = Remote::new();
    let folder = remote.clone_shallow();
    let deploy = async |number: usize| {
        let (state, id) = (state(&folder), format!("component/c{number}"));
        let first = write(&state, None, &id, "IN_PROGRESS").await;
        write(&state, Some(&first), &id, "SUCCEEDED").await;
    };
    join_all((0..20).map(deploy)).await;
    let tips = state(&folder).read_all().await.unwrap();
    let ended = |tip: &&Tip| tip.record.as_ref().unwrap().status.is_final();
    assert_eq!(tips.values().filter(ended).count(), 20);
}

#[tokio::test]
async fn names_that_begin_alike_are_kept_apart() {
    let remote = Remote::new();
    let state = state(&remote.clone_whole());
    write(&state, None, "environment/dev2", "SUCCEEDED").await;
    assert!(state.read(&[target(DEV)]).await.unwrap().is_empty());
    write(&state, None, DEV, "FAILED").await;
    let tips = state.read(&[target(DEV)]).await.unwrap();
    assert_eq!(tips.into_keys().collect::<Vec<_>>(), [target(DEV)]);
}

#[tokio::test]
async fn the_clone_is_left_as_it_was_and_its_hooks_do_not_run() {
    let remote = Remote::new();
    let folder = remote.clone_whole();
    std::fs::write(folder.join("README.md"), "changed").unwrap();
    repo::hook(&folder.join(".git"), "pre-push", "exit 1");
    repo::hook(&folder.join(".git"), "reference-transaction", "exit 1");
    let before = repo::snapshot(&folder);
    let state = state(&folder);
    let first = write(&state, None, DEV, "IN_PROGRESS").await;
    write(&state, Some(&first), DEV, "SUCCEEDED").await;
    state.history(&target(DEV)).await.unwrap();
    state.fold(&view, "fold").await.unwrap();
    assert_eq!(repo::snapshot(&folder), before);
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
async fn the_prefix_can_be_that_of_branches() {
    let remote = Remote::new();
    let place = StatePlace {
        prefix: "refs/heads/nucleon/".to_owned(),
        ..StatePlace::default()
    };
    let state = state_at(&remote.clone_whole(), "origin", &place);
    write(&state, None, DEV, "SUCCEEDED").await;
    assert_eq!(
        tip(&state, DEV).await.record.unwrap(),
        record(DEV, "SUCCEEDED")
    );
    assert!(
        remote
            .refs()
            .contains_key("refs/heads/nucleon/targets/environment/dev")
    );
}

#[tokio::test]
async fn a_corrupt_record_says_where_it_is_and_can_be_replaced() {
    let remote = Remote::new();
    let state = state(&remote.clone_whole());
    let broken = remote.commit_to("refs/nucleon/targets/environment/dev", "{\"format\": 1,");
    write(&state, None, "component/uploads", "SUCCEEDED").await;
    let tips = state.read_all().await.unwrap();
    let diagnostic = tips[&target(DEV)].record.as_ref().unwrap_err();
    insta::assert_snapshot!(diagnostic.message.replace(&broken, "[COMMIT]"), @"the record of environment/dev cannot be read: EOF while parsing a value at line 1 column 13 (refs/nucleon/targets/environment/dev, commit [COMMIT])");
    assert!(tips[&target("component/uploads")].record.is_ok());
    write(&state, Some(&broken), DEV, "SUCCEEDED").await;
    let history = state.history(&target(DEV)).await.unwrap();
    let good: Vec<bool> = history.iter().map(|tip| tip.record.is_ok()).collect();
    assert_eq!(good, [true, false]);
}

#[tokio::test]
async fn the_record_of_another_target_is_corrupt() {
    let remote = Remote::new();
    let foreign = record("environment/prod", "SUCCEEDED").to_text();
    remote.commit_to("refs/nucleon/targets/environment/dev", &foreign);
    let tip = tip(&state(&remote.clone_whole()), DEV).await;
    let message = tip.record.unwrap_err().message;
    assert!(
        message.contains("it is the record of environment/prod"),
        "{message}"
    );
}

#[tokio::test]
async fn a_remote_whose_hook_refuses_says_so_in_its_words() {
    let remote = Remote::new();
    let script = "echo 'only refs/heads is open to you' >&2; exit 1";
    repo::hook(&remote.path(), "pre-receive", script);
    let state = state(&remote.clone_whole());
    let mut answers = state.append(&[event(None, DEV, "SUCCEEDED")]).await;
    let error = answers.remove(0).unwrap_err();
    insta::assert_snapshot!(error, @"git refused to write the state: refs/nucleon/targets/environment/dev: pre-receive hook declined; only refs/heads is open to you");
    assert!(error.hint().unwrap().contains("NUCLEON_STATE_PREFIX"));
    assert!(
        remote
            .refs()
            .keys()
            .all(|reference| !reference.contains("nucleon"))
    );
}

#[tokio::test]
async fn a_ref_that_is_refused_does_not_stop_the_others_of_its_push() {
    let remote = Remote::new();
    let script =
        "case \"$1\" in */environment/*) echo 'environments are closed' >&2; exit 1;; esac";
    repo::hook(&remote.path(), "update", script);
    let state = state(&remote.clone_whole());
    let targets = ["component/uploads", DEV, "service/web/pipeline"];
    let events = targets.map(|target| event(None, target, "SUCCEEDED"));
    let mut answers = state.append(&events).await;
    let refused = answers.remove(1).unwrap_err();
    assert_eq!(was_written(&answers), [true, true]);
    insta::assert_snapshot!(refused, @"git refused to write the state: refs/nucleon/targets/environment/dev: hook declined; environments are closed; error: hook declined to update refs/nucleon/targets/environment/dev");
    let tips = state.read_all().await.unwrap();
    assert_eq!(tips.len(), 2);
}

#[tokio::test]
async fn a_ref_that_the_remote_locks_for_a_moment_is_asked_for_again() {
    let remote = Remote::new();
    let lock = remote
        .path()
        .join("refs/nucleon/targets/environment/dev.lock");
    std::fs::create_dir_all(lock.parent().unwrap()).unwrap();
    std::fs::write(&lock, "").unwrap();
    let state = state(&remote.clone_whole());
    // The lock goes away when the remote has met it once, not after some time.
    let met = remote.root().join("met");
    let script = format!(
        "test -e '{0}' && rm -f '{1}'; touch '{0}'",
        met.display(),
        lock.display()
    );
    repo::hook(&remote.path(), "pre-receive", &script);
    write(&state, None, DEV, "SUCCEEDED").await;
    assert_eq!(state.history(&target(DEV)).await.unwrap().len(), 1);
}

/// Lets the remote carry out the first push, do something more, and die before it can answer.
fn lose_the_first_answer(remote: &Remote, more: &str) {
    let died = remote.root().join("died");
    let script = format!(
        "test \"$1\" = committed && ! test -e '{0}' || exit 0; touch '{0}'; {more}; kill -9 $PPID",
        died.display()
    );
    repo::hook(&remote.path(), "reference-transaction", &script);
}

#[tokio::test]
async fn a_push_whose_answer_was_lost_is_written_once() {
    let remote = Remote::new();
    lose_the_first_answer(&remote, ":");
    let state = state(&remote.clone_whole());
    let commit = write(&state, None, DEV, "SUCCEEDED").await;
    let history = state.history(&target(DEV)).await.unwrap();
    assert_eq!(
        history
            .into_iter()
            .map(|tip| tip.commit)
            .collect::<Vec<_>>(),
        [commit]
    );
}

#[tokio::test]
async fn a_push_whose_answer_was_lost_is_found_below_what_came_after_it() {
    let remote = Remote::new();
    let next = "tip=$(git rev-parse refs/nucleon/targets/environment/dev); \
                git update-ref refs/nucleon/targets/environment/dev \
                $(git -c user.name=Mona -c user.email=mona@example.com commit-tree -p $tip -m next $tip^{tree})";
    lose_the_first_answer(&remote, next);
    let state = state(&remote.clone_whole());
    let commit = write(&state, None, DEV, "SUCCEEDED").await;
    let history = state.history(&target(DEV)).await.unwrap();
    assert_eq!(history.len(), 2);
    assert_eq!(history[1].commit, commit);
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

#[tokio::test]
async fn a_lease_that_has_run_out_can_be_taken_over_once() {
    let remote = Remote::new();
    let dead = write(&state(&remote.clone_whole()), None, DEV, "IN_PROGRESS").await;
    let (one, other) = (
        state(&remote.clone_shallow()),
        state(&remote.clone_shallow()),
    );
    let seen = [tip(&one, DEV).await, tip(&other, DEV).await];
    let now = "2026-10-08T12:00:00Z".parse().unwrap();
    assert!(
        seen.iter()
            .all(|tip| !tip.record.as_ref().unwrap().is_locked(now))
    );
    let takeover = [event(Some(&dead), DEV, "IN_PROGRESS")];
    let answers = [one.append(&takeover).await, other.append(&takeover).await];
    assert_eq!(
        answers.map(|answer| was_written(&answer)),
        [[true], [false]]
    );
}

fn view(tips: &BTreeMap<TargetId, Tip>) -> Files {
    let file = |(target, tip): (&TargetId, &Tip)| {
        let path = RelPath::new(&target.to_string()).unwrap();
        (path, Content::Text(tip.commit.as_str().into()))
    };
    tips.iter().map(file).collect()
}

#[tokio::test]
async fn the_view_is_folded_from_all_tips_and_written_only_when_it_changes() {
    let remote = Remote::new();
    let state = state(&remote.clone_shallow());
    let dev = write(&state, None, DEV, "SUCCEEDED").await;
    state.fold(&view, "first").await.unwrap();
    let first = remote.refs()["refs/heads/nucleon-state"].clone();
    state.fold(&view, "again").await.unwrap();
    assert_eq!(remote.refs()["refs/heads/nucleon-state"], first);
    write(&state, None, "component/uploads", "SUCCEEDED").await;
    state.fold(&view, "second").await.unwrap();
    assert_eq!(remote.list("nucleon-state"), ["component/uploads", DEV]);
    assert_eq!(remote.show("nucleon-state~1:environment/dev"), dev);
}

#[tokio::test(flavor = "multi_thread")]
async fn views_folded_at_once_end_with_every_target() {
    let remote = Remote::new();
    let fold = async |number: usize| {
        let state = state(&remote.clone_shallow());
        write(&state, None, &format!("component/c{number}"), "SUCCEEDED").await;
        tokio::time::timeout(Duration::from_mins(1), state.fold(&view, "fold"))
            .await
            .unwrap()
            .unwrap();
    };
    join_all((0..6).map(fold)).await;
    let names: Vec<String> = (0..6)
        .map(|number| format!("component/c{number}"))
        .collect();
    assert_eq!(remote.list("nucleon-state"), names);
}
