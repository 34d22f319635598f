//! The branch that shows the state to people.

use std::collections::BTreeMap;
use std::time::Duration;

use futures_util::future::join_all;
use nucleon_core::files::{Content, Files, RelPath};
use nucleon_core::target::TargetId;
use nucleon_engine::ports::{State as _, Tip};

use crate::repo::Remote;
use crate::state::{DEV, state, write};

pub(crate) fn view(tips: &BTreeMap<TargetId, Tip>) -> Files {
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
