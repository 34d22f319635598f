//! Events that gather before they are pushed, and how long they may wait.

use std::time::Duration;

use futures_util::future::join_all;
use nucleon_engine::journal::Journal;
use tokio::time::{Instant, sleep};

use crate::scene::{Scene, record};

fn records(number: u64) -> Vec<nucleon_core::record::Record> {
    let record = |number| record(&format!("environment/e{number}"), "IN_PROGRESS");
    (0..number).map(record).collect()
}

#[tokio::test(start_paused = true)]
async fn events_of_many_targets_share_pushes() {
    let scene = Scene::new();
    let journal = Journal::new(&scene.state, &scene.clock, &scene.run);
    let open = async |(number, record): (u32, _)| {
        let _under_way = journal.expect_events();
        sleep(Duration::from_millis(10) * (number + 1)).await;
        journal.open(None, record).await.unwrap();
    };
    join_all((0..).zip(records(20)).map(open)).await;
    assert_eq!(scene.state.pushes(), 1);
    let written = records(20)
        .into_iter()
        .all(|record| scene.state.record(&record.target) == Some(record));
    assert!(written);
}

#[tokio::test(start_paused = true)]
async fn an_event_waits_for_no_target_that_takes_its_time() {
    let scene = Scene::new();
    let journal = Journal::new(&scene.state, &scene.clock, &scene.run);
    let _others: Vec<_> = (0..64).map(|_| journal.expect_events()).collect();
    let start = Instant::now();
    journal.open(None, records(1).remove(0)).await.unwrap();
    assert_eq!(start.elapsed().as_secs(), 1);
}

#[tokio::test(start_paused = true)]
async fn an_event_of_the_only_target_does_not_wait() {
    let scene = Scene::new();
    let journal = Journal::new(&scene.state, &scene.clock, &scene.run);
    let _under_way = journal.expect_events();
    let start = Instant::now();
    journal.open(None, records(1).remove(0)).await.unwrap();
    assert_eq!(start.elapsed(), Duration::ZERO);
}

#[tokio::test(start_paused = true)]
async fn an_event_waits_no_longer_than_there_are_others() {
    let scene = Scene::new();
    let journal = Journal::new(&scene.state, &scene.clock, &scene.run);
    let _under_way = journal.expect_events();
    let others: Vec<_> = (0..9).map(|_| journal.expect_events()).collect();
    let end = async {
        sleep(Duration::from_millis(30)).await;
        drop(others);
    };
    let start = Instant::now();
    let (opened, ()) = tokio::join!(journal.open(None, records(1).remove(0)), end);
    opened.unwrap();
    assert_eq!(start.elapsed().as_millis() / 10, 3);
}
