use jiff::SignedDuration;
use serde_json::json;

use super::*;
use crate::testing::{FakeClock, FakeState, Log};

const TARGET: &str = "environment/dev";

fn record(id: &str, status: &str, outputs: &[(&str, &str)]) -> Record {
    let outputs: serde_json::Map<String, serde_json::Value> = outputs
        .iter()
        .map(|(key, value)| ((*key).to_owned(), json!(value)))
        .collect();
    serde_json::from_value(json!({
        "format": 1, "id": id, "target": TARGET, "purpose": "deploy", "status": status, "account": "111122223333",
        "region": "us-east-1", "outputs": outputs, "started": "2026-11-23T11:00:00Z", "actor": "mona", "commit": "c0ffee",
    }))
    .unwrap()
}

struct Scene {
    state: FakeState,
    log: Log,
}

impl Scene {
    fn new(records: impl IntoIterator<Item = Record>) -> Self {
        let log = Log::default();
        let state = records
            .into_iter()
            .fold(FakeState::new(&log), FakeState::with);
        Self { state, log }
    }

    async fn tell(&self, told: Report) -> Result<Reported, Denied> {
        let run = Run {
            owner: "run 7".to_owned(),
            actor: "dana".to_owned(),
            commit: "beef".to_owned(),
            pull_request: None,
            run_url: Some("https://github.com/acme/infra/actions/runs/7".to_owned()),
            lease: SignedDuration::from_secs(900),
        };
        let clock = FakeClock::at("2026-11-23T12:00:00Z");
        report(&self.state, &clock, &run, &told).await
    }

    async fn written(&self, told: Report) -> (Record, bool) {
        match self.tell(told).await.unwrap() {
            Reported::Written {
                record,
                outputs_changed,
            } => (*record, outputs_changed),
            Reported::Kept { why, .. } => panic!("{why}"),
        }
    }

    async fn kept(&self, told: Report) -> String {
        match self.tell(told).await.unwrap() {
            Reported::Written { record, .. } => panic!("{record:?}"),
            Reported::Kept { why, .. } => why,
        }
    }

    fn appends(&self) -> usize {
        let lines = self.log.lines();
        lines
            .iter()
            .filter(|line| line.starts_with("append"))
            .count()
    }
}

fn said(said: Said, deployment: Option<&str>) -> Report {
    Report {
        target: TARGET.parse().unwrap(),
        said,
        deployment: deployment.map(str::to_owned),
        message: None,
        outputs: None,
        place: None,
        fresh: "fresh".to_owned(),
    }
}

fn with(outputs: &[(&str, &str)], report: Report) -> Report {
    let text = |(key, value): &(&str, &str)| ((*key).to_owned(), (*value).to_owned());
    Report {
        outputs: Some(outputs.iter().map(text).collect()),
        ..report
    }
}

#[tokio::test]
async fn the_end_of_a_proposed_deployment_is_recorded_once() {
    let scene = Scene::new([record("1", "IN_PROGRESS", &[("A", "old")])]);
    let end = with(&[("A", "new")], said(Said::Succeeded, Some("1")));
    let (record, changed) = scene.written(end.clone()).await;
    assert_eq!(record.status, DeploymentStatus::Succeeded);
    assert_eq!(record.outputs["A"], "new");
    assert_eq!((record.completed.is_some(), changed), (true, true));
    assert!(record.run_url.unwrap().ends_with("/infra/actions/runs/7"));

    assert!(scene.kept(end).await.contains("recorded so already"));
    assert_eq!(scene.appends(), 1);
}

#[tokio::test]
async fn outputs_that_are_not_told_stay_and_wake_nobody() {
    let scene = Scene::new([
        record("1", "SUCCEEDED", &[("A", "1")]),
        record("2", "IN_PROGRESS", &[("A", "1")]),
    ]);
    let (record, changed) = scene.written(said(Said::Succeeded, None)).await;
    assert_eq!((record.outputs["A"].as_str(), changed), ("1", false));
}

#[tokio::test]
async fn a_late_message_about_an_older_deployment_is_refused() {
    let scene = Scene::new([
        record("1", "IN_PROGRESS", &[]),
        record("2", "SUCCEEDED", &[]),
    ]);
    for late in [Said::Succeeded, Said::InProgress, Said::Cancelled] {
        let denied = scene.tell(said(late, Some("1"))).await.unwrap_err();
        assert!(matches!(denied, Denied::Late { .. }), "{denied}");
    }
    assert_eq!(scene.appends(), 0);
}

#[tokio::test]
async fn the_same_message_about_an_older_deployment_is_no_fault() {
    let scene = Scene::new([record("1", "FAILED", &[]), record("2", "SUCCEEDED", &[])]);
    let why = scene.kept(said(Said::Failed, Some("1"))).await;
    assert!(why.contains("a newer one since"), "{why}");
}

#[tokio::test]
async fn what_has_ended_is_not_under_way_again_and_not_cancelled() {
    let scene = Scene::new([record("1", "SUCCEEDED", &[])]);
    for told in [Said::InProgress, Said::Cancelled] {
        let why = scene.kept(said(told, Some("1"))).await;
        assert!(why.contains("has ended already (SUCCEEDED)"), "{why}");
    }
    let (record, _) = scene.written(said(Said::Failed, Some("1"))).await;
    assert_eq!(record.status, DeploymentStatus::Failed);
}

#[tokio::test]
async fn an_unknown_deployment_is_refused_unless_it_begins() {
    let scene = Scene::new([record("1", "SUCCEEDED", &[("A", "1")])]);
    let denied = scene.tell(said(Said::Succeeded, Some("9"))).await;
    assert!(matches!(denied, Err(Denied::Unknown { .. })));
    let (record, _) = scene.written(said(Said::InProgress, Some("9"))).await;
    assert_eq!(
        (record.id.as_str(), record.outputs["A"].as_str()),
        ("9", "1")
    );
    assert_eq!(record.completed, None);
}

#[tokio::test]
async fn a_first_record_needs_a_place() {
    let scene = Scene::new([]);
    let first = said(Said::Succeeded, Some("1"));
    let denied = scene.tell(first.clone()).await;
    assert!(matches!(denied, Err(Denied::NoPlace(_))));
    let place = Some(Place {
        account: "444455556666".to_owned(),
        region: "eu-west-1".to_owned(),
    });
    let (record, changed) = scene.written(Report { place, ..first }).await;
    assert_eq!(
        (record.id.as_str(), record.account.as_str()),
        ("1", "444455556666")
    );
    assert!(changed);
}

#[tokio::test]
async fn a_deletion_has_its_own_words_and_protons_id() {
    let mut going = record("1", "DELETE_IN_PROGRESS", &[("A", "1")]);
    going.purpose = Purpose::Destroy;
    let scene = Scene::new([going]);
    let (record, changed) = scene.written(said(Said::Succeeded, Some(DELETED))).await;
    assert_eq!(record.status, DeploymentStatus::DeleteComplete);
    assert_eq!((record.outputs.len(), changed), (0, false));
}

#[tokio::test]
async fn what_nucleon_deploys_is_not_for_others_to_say() {
    let mut stack = record("1", "SUCCEEDED", &[]);
    stack.provisioned = Some(Provisioned::Cloudformation {
        stack_name: "AWSProton-dev".to_owned(),
        stack_id: None,
        change_set_id: None,
    });
    let mut leased = record("1", "IN_PROGRESS", &[]);
    leased.lease = Some(nucleon_core::record::Lease {
        owner: "run 1".to_owned(),
        expires: "2026-11-23T11:30:00Z".parse().unwrap(),
    });
    for ours in [stack, leased] {
        let denied = Scene::new([ours]).tell(said(Said::Failed, Some("1"))).await;
        assert!(matches!(denied, Err(Denied::Ours { .. })));
    }
}

#[tokio::test(start_paused = true)]
async fn when_somebody_was_faster_the_message_is_looked_at_again() {
    let scene = Scene::new([record("1", "IN_PROGRESS", &[])]);
    scene.state.be_faster(record("2", "IN_PROGRESS", &[]));
    let denied = scene.tell(said(Said::Succeeded, Some("1"))).await;
    assert!(matches!(denied, Err(Denied::Late { .. })));
}
