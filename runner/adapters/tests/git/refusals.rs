//! Pushes that the remote refuses, cannot take yet, or takes without saying so.

use nucleon_engine::ports::State as _;

use crate::repo::{self, Remote};
use crate::state::{DEV, event, state, target, was_written, write};

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
