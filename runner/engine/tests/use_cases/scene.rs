//! A run over fakes, and what it is made of: candidates, plans, outcomes, records.

use std::collections::BTreeMap;

use jiff::SignedDuration;
use nucleon_core::deployment::{Body, Deployment, Place, Roles, Stack};
use nucleon_core::digest::{InputsDigest, RenderedDigest};
use nucleon_core::notification::Previewed;
use nucleon_core::outcome::{DeploymentStatus, Outcome};
use nucleon_core::plan::{Action, Approved, Change, Operation, Plan};
use nucleon_core::record::{Lease, Provisioned, Record};
use nucleon_core::target::{Stage, TargetId};
use nucleon_engine::apply::{Applied, Apply};
use nucleon_engine::candidate::Candidate;
use nucleon_engine::ports::{Approvals, Living, PortError, Prepared, State as _};
use nucleon_engine::refusal::Refusal;
use nucleon_engine::run::Run;
use nucleon_engine::testing::{
    Answer, FakeApprovals, FakeClock, FakeProgress, FakeProvisioner, FakeState, Log,
};
use tokio::sync::watch;

pub(crate) const DEV: &str = "environment/dev";

/// The time at which every scene begins.
pub(crate) const NOON: &str = "2026-11-23T12:00:00Z";

/// A run, and the world around it.
pub(crate) struct Scene {
    pub(crate) log: Log,
    pub(crate) clock: FakeClock,
    pub(crate) state: FakeState,
    pub(crate) provisioner: FakeProvisioner,
    pub(crate) run: Run,
    pub(crate) approved: Option<BTreeMap<TargetId, Approved>>,
    pub(crate) approvals: Option<FakeApprovals>,
    pub(crate) previewed: Option<Previewed>,
    pub(crate) stop: watch::Sender<bool>,
    progress: FakeProgress,
}

impl Scene {
    /// Nothing is deployed, nothing is expected, and the person at the command line is the reviewer.
    pub(crate) fn new() -> Self {
        let log = Log::default();
        Self {
            clock: FakeClock::at(NOON),
            state: FakeState::new(&log),
            provisioner: FakeProvisioner::new(&log),
            run: run(),
            approved: None,
            approvals: None,
            previewed: None,
            stop: watch::Sender::new(false),
            progress: FakeProgress(log.clone()),
            log,
        }
    }

    /// Adds a record that is there already.
    pub(crate) fn with(mut self, record: Record) -> Self {
        self.state = self.state.with(record);
        self
    }

    /// Expects requests for `environment/dev`, in this order.
    pub(crate) fn expect(self, answers: impl IntoIterator<Item = Answer>) -> Self {
        self.expect_of(DEV, answers)
    }

    /// Expects requests for a target, in this order.
    pub(crate) fn expect_of(mut self, id: &str, answers: impl IntoIterator<Item = Answer>) -> Self {
        for answer in answers {
            self.provisioner = self.provisioner.expect(&target(id), answer);
        }
        self
    }

    /// Approves something of `environment/dev`.
    pub(crate) fn approving(mut self, approved: Approved) -> Self {
        self.approved = Some([(target(DEV), approved)].into());
        self
    }

    /// The use case.
    pub(crate) fn engine(&self) -> Apply<'_> {
        let approvals = self.approvals.as_ref();
        Apply {
            provisioner: &self.provisioner,
            state: &self.state,
            clock: &self.clock,
            progress: &self.progress,
            approvals: approvals.map(|approvals| approvals as &dyn Approvals),
            run: &self.run,
            approved: self.approved.as_ref(),
            stop_on_change: self.previewed.as_ref(),
            cancelled: self.stop.subscribe(),
        }
    }

    /// Applies candidates with the tips that are there.
    pub(crate) async fn apply(&self, candidates: &[Candidate]) -> Vec<Result<Applied, Refusal>> {
        let targets: Vec<TargetId> = candidates.iter().map(|one| one.target().clone()).collect();
        let tips = self.state.read(&targets).await.unwrap();
        self.engine().stage(candidates, &tips).await
    }

    /// Applies `environment/dev`; what was asked of the fakes, and then what became of it, one line each.
    pub(crate) async fn told(&self) -> Vec<String> {
        self.told_of(candidate(DEV)).await
    }

    /// The same for another candidate.
    pub(crate) async fn told_of(&self, candidate: Candidate) -> Vec<String> {
        let results = self.apply(std::slice::from_ref(&candidate)).await;
        let of_target = format!(" {}", candidate.target());
        let asked = self.log.lines();
        let asked = asked.iter().map(|line| line.replacen(&of_target, "", 1));
        asked.chain(results.iter().map(end)).collect()
    }

    /// Stops the run when something was asked for.
    pub(crate) async fn stop_at(&self, request: &str) {
        self.until(request).await;
        self.stop.send_replace(true);
    }

    /// Waits until something was asked for.
    pub(crate) async fn until(&self, request: &str) {
        let asked = |line: &String| line.starts_with(request);
        while !self.log.lines().iter().any(asked) {
            tokio::task::yield_now().await;
        }
    }

    /// The record of `environment/dev` now.
    pub(crate) fn record(&self) -> Record {
        self.state.record(&target(DEV)).unwrap()
    }
}

/// What became of a target, in one line.
pub(crate) fn end(result: &Result<Applied, Refusal>) -> String {
    match result {
        Ok(Applied::Unchanged(record)) => {
            format!(
                "= unchanged, {}",
                record.as_ref().map_or("no record", |_| "recorded")
            )
        }
        Ok(Applied::Ended(record)) => {
            let message = record.message.as_deref().unwrap_or("-");
            format!("= {}: {message}", record.status)
        }
        Err(refusal) => format!("= refused: {refusal}"),
    }
}

pub(crate) fn target(id: &str) -> TargetId {
    id.parse().unwrap()
}

fn run() -> Run {
    Run {
        owner: "run 7".to_owned(),
        actor: "mona".to_owned(),
        commit: "c0ffee".to_owned(),
        pull_request: None,
        run_url: None,
        lease: SignedDuration::from_mins(15),
    }
}

pub(crate) fn candidate(id: &str) -> Candidate {
    let body = "Resources: {Vpc: {Type: AWS::EC2::VPC}}";
    Candidate {
        deployment: Deployment {
            target: target(id),
            place: Place {
                account: "111122223333".to_owned(),
                region: "us-east-1".to_owned(),
            },
            roles: Roles::default(),
            adopted: false,
            rendered: RenderedDigest::of(&[body.as_bytes()]),
            id: "d-1".to_owned(),
            destroy: false,
            body: Body::Stack(Stack {
                name: "nucleon-dev".to_owned(),
                template: body.to_owned(),
                capabilities: Vec::new(),
                tags: BTreeMap::new(),
                artifacts: None,
                sensitive: Vec::new(),
            }),
        },
        stage: Stage::Environments,
        account_name: "sandbox".to_owned(),
        github_environment: "dev".to_owned(),
        template: None,
        spec: None,
        inputs: InputsDigest::of(&[]),
        unknown: Vec::new(),
        resources: BTreeMap::new(),
        secrets: Vec::new(),
        sensitive_outputs: Vec::new(),
        needs_approval: false,
    }
}

/// `environment/dev`, to be deleted.
pub(crate) fn farewell() -> Candidate {
    let mut farewell = candidate(DEV);
    farewell.deployment.destroy = true;
    farewell
}

pub(crate) fn plan(operation: Operation, actions: &[Action]) -> Plan {
    plan_of(DEV, operation, actions)
}

pub(crate) fn plan_of(id: &str, operation: Operation, actions: &[Action]) -> Plan {
    let change = |action: &Action| Change {
        action: *action,
        resource: "Vpc".to_owned(),
        resource_type: "AWS::EC2::VPC".to_owned(),
        physical_id: None,
        properties: Vec::new(),
    };
    Plan {
        target: target(id),
        operation,
        unknown: Vec::new(),
        changes: actions.iter().map(change).collect(),
        rendered: candidate(id).deployment.rendered,
        difference: None,
        masked: 0,
        notes: Vec::new(),
    }
}

pub(crate) fn place() -> Provisioned {
    Provisioned::Cloudformation {
        stack_name: "nucleon-dev".to_owned(),
        stack_id: Some("arn:stack".to_owned()),
        change_set_id: Some("arn:change-set".to_owned()),
    }
}

/// The answer to `prepare`.
pub(crate) fn prepared(plan: Plan) -> Answer {
    Answer::Prepare(Ok(Prepared {
        plan,
        provisioned: place(),
    }))
}

/// An update that modifies one resource, prepared.
pub(crate) fn modified() -> Answer {
    prepared(plan(Operation::Update, &[Action::Modify]))
}

/// Nothing to change.
pub(crate) fn nothing() -> Answer {
    prepared(plan(Operation::Nothing, &[]))
}

pub(crate) fn outcome(status: DeploymentStatus, message: Option<&str>) -> Outcome {
    Outcome {
        status,
        message: message.map(str::to_owned),
        outputs: [("VpcId".to_owned(), "vpc-1".to_owned())].into(),
        provisioned: Some(place()),
    }
}

pub(crate) fn executed() -> Answer {
    Answer::Execute(Ok(outcome(DeploymentStatus::Succeeded, None)))
}

pub(crate) fn living(status: DeploymentStatus) -> Answer {
    Answer::Describe(Ok(Some(Living {
        template_body: "Resources: {Old: {Type: AWS::EC2::VPC}}\n".to_owned(),
        outcome: outcome(status, None),
    })))
}

/// A record of what the candidate renders to, from an earlier run.
pub(crate) fn record(id: &str, status: &str) -> Record {
    let text = format!(
        r#"{{"format": 1, "id": "d-0", "target": "{id}", "purpose": "deploy", "status": "{status}", "account": "111122223333",
            "region": "us-east-1", "outputs": [{{"key": "VpcId", "valueString": "vpc-0"}}], "started": "2026-11-23T11:00:00Z",
            "actor": "hubot", "commit": "c0de", "rendered_digest": "{}",
            "provisioned": {{"provisioner": "cloudformation", "stack_name": "nucleon-dev"}}}}"#,
        candidate(id).deployment.rendered
    );
    Record::parse(&text).unwrap()
}

/// A record whose run holds the target until a time.
pub(crate) fn held(status: &str, until: &str) -> Record {
    Record {
        lease: Some(Lease {
            owner: "run 6".to_owned(),
            expires: until.parse().unwrap(),
        }),
        run_url: Some("https://github.com/acme/platform/actions/runs/6".to_owned()),
        ..record(DEV, status)
    }
}

pub(crate) fn refused(message: &str) -> PortError {
    PortError::Refused {
        system: "CloudFormation",
        action: "obey".to_owned(),
        message: message.to_owned(),
        hint: None,
    }
}

pub(crate) fn unreachable() -> PortError {
    PortError::unreachable("CloudFormation", "ask", "no route")
}

pub(crate) fn stale() -> PortError {
    PortError::Stale {
        system: "CloudFormation",
        action: "execute".to_owned(),
        message: "it is obsolete".to_owned(),
    }
}

/// The template of a candidate's stack.
pub(crate) fn template(candidate: &Candidate) -> &str {
    match &candidate.deployment.body {
        Body::Stack(stack) => &stack.template,
        Body::Script(_) | Body::Module(_) | Body::Proposal(_) => {
            panic!("{} is no stack", candidate.target())
        }
    }
}
