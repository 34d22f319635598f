//! The state: what is written is read, and of those who write at once one gets through.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use futures_util::future::join_all;
use nucleon_adapters::clock::StoppedClock;
use nucleon_adapters::git::{Checkout, GitState, StatePlace};
use nucleon_core::record::Record;
use nucleon_core::target::TargetId;
use nucleon_engine::ports::{Append, Appended, PortError, State as _, Tip};

use crate::repo::{self, Remote};
use crate::view::view;

pub(crate) const DEV: &str = "environment/dev";

pub(crate) fn state(checkout: &Path) -> GitState {
    state_at(checkout, "origin", &StatePlace::default())
}

pub(crate) fn state_at(checkout: &Path, remote: &str, place: &StatePlace) -> GitState {
    let clock = StoppedClock("2026-10-08T12:00:00Z".parse().unwrap());
    GitState::new(Checkout::new(checkout, remote), place, Arc::new(clock))
}

pub(crate) fn target(text: &str) -> TargetId {
    text.parse().unwrap()
}

pub(crate) fn record(id: &str, status: &str) -> Record {
    let text = format!(
        r#"{{"format": 1, "id": "{status}-1", "target": "{id}", "purpose": "deploy", "status": "{status}", "account": "111122223333",
            "region": "us-east-1", "outputs": [{{"key": "VpcId", "valueString": "vpc-1"}}], "started": "2026-10-08T12:00:00Z",
            "actor": "mona", "commit": "c0ffee"}}"#
    );
    Record::parse(&text).unwrap()
}

pub(crate) fn event(expected: Option<&str>, id: &str, status: &str) -> Append {
    Append {
        expected: expected.map(str::to_owned),
        record: record(id, status),
        message: format!("{id}: {status}"),
    }
}

/// Appends one event that must get through; gives the new tip.
pub(crate) async fn write(
    state: &GitState,
    expected: Option<&str>,
    id: &str,
    status: &str,
) -> String {
    match &state.append(&[event(expected, id, status)]).await[..] {
        [Ok(Appended::Written(commit))] => commit.clone(),
        other => panic!("{other:?}"),
    }
}

pub(crate) async fn tip(state: &GitState, id: &str) -> Tip {
    let mut tips = state.read(&[target(id)]).await.unwrap();
    tips.remove(&target(id)).unwrap()
}

pub(crate) fn was_written(answers: &[Result<Appended, PortError>]) -> Vec<bool> {
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
