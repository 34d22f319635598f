//! Applies targets: plans again, compares with what was approved, executes exactly that, and writes the record.

use std::collections::BTreeMap;

use futures_util::future::join_all;
use nucleon_core::notification::Previewed;
use nucleon_core::outcome::{DeploymentStatus, Outcome};
use nucleon_core::plan::{Approved, ApprovedPlan};
use nucleon_core::record::{Approval, Provisioned, Purpose, Record};
use nucleon_core::target::TargetId;
use tokio::sync::{Semaphore, watch};

use crate::candidate::Candidate;
use crate::hidden;
use crate::journal::Journal;
use crate::plan::AT_ONCE;
use crate::ports::{Approvals, Clock, Found, Prepared, Progress, Provisioner, State, Tip};
use crate::recover::{Tools, recover};
use crate::refusal::Refusal;
use crate::run::Run;

/// What became of a target that was applied.
#[derive(Clone, Debug)]
pub enum Applied {
    /// What is there is already what is wanted; nothing was written.
    Unchanged(Option<Record>),
    /// A deployment was made and has ended, well or not.
    Ended(Record),
}

/// Applies the targets of one stage side by side.
pub struct Apply<'a> {
    /// Changes infrastructure.
    pub provisioner: &'a dyn Provisioner,
    /// Keeps the records.
    pub state: &'a dyn State,
    /// Tells the time.
    pub clock: &'a dyn Clock,
    /// Shows what happens.
    pub progress: &'a dyn Progress,
    /// Knows who approved the run; nothing outside GitHub.
    pub approvals: Option<&'a dyn Approvals>,
    /// Who is at work.
    pub run: &'a Run,
    /// What was approved, a target each; nothing where the person at the command line is the reviewer.
    pub approved: Option<&'a BTreeMap<TargetId, Approved>>,
    /// What the pull request showed, where plans that differ from it go on only with a review; nothing where they always do.
    pub stop_on_change: Option<&'a Previewed>,
    /// Turns true when the run is to stop.
    pub cancelled: watch::Receiver<bool>,
}

impl Apply<'_> {
    /// Applies candidates of one stage; what depends on another must be in a later call.
    pub async fn stage(
        &self,
        candidates: &[Candidate],
        tips: &BTreeMap<TargetId, Tip>,
    ) -> Vec<Result<Applied, Refusal>> {
        let journal = Journal::new(self.state, self.clock, self.run);
        let permits = Semaphore::new(AT_ONCE);
        let work = join_all(candidates.iter().map(|candidate| async {
            let _permit = permits.acquire().await;
            let _under_way = journal.expect_events();
            self.target(&journal, candidate, tips.get(candidate.target()))
                .await
        }));
        tokio::select! {
            results = work => results,
            () = journal.keep_renewing() => unreachable!("renewing goes on until it is dropped"),
        }
    }

    async fn target(
        &self,
        journal: &Journal<'_>,
        candidate: &Candidate,
        tip: Option<&Tip>,
    ) -> Result<Applied, Refusal> {
        let tip = self.free(journal, candidate, tip).await?;
        self.may_go_on(candidate)?;
        if let Some(record) = self.waiting(candidate, tip.as_ref()).await? {
            return Ok(Applied::Unchanged(Some(record)));
        }
        let prepared = match self.prepare(candidate).await {
            Ok(prepared) => prepared,
            Err(refusal) => {
                return Err(self
                    .overtaken(candidate, tip.as_ref())
                    .await
                    .unwrap_or(refusal));
            }
        };
        let approvals = match self.reviews(candidate, &prepared).await {
            Ok(approvals) => approvals,
            Err(refusal) => {
                return self
                    .discard(candidate, &prepared.provisioned, refusal)
                    .await;
            }
        };
        let approved = match self.approve(candidate, &prepared) {
            Ok(approved) => approved,
            Err(refusal) => {
                return self
                    .discard(candidate, &prepared.provisioned, refusal)
                    .await;
            }
        };
        if approved.plan().is_empty() {
            // What waits for its pull request has not ended, whatever is merged.
            if let Some((_, record)) = tip.as_ref().filter(|(_, record)| record.is_proposed()) {
                return Ok(Applied::Unchanged(Some(record.clone())));
            }
            return self
                .unchanged(journal, candidate, tip, &approved, prepared.provisioned)
                .await;
        }
        if let Err(refusal) = self.may_go_on(candidate) {
            return self
                .discard(candidate, &prepared.provisioned, refusal)
                .await;
        }
        let (expected, previous) = tip.map_or((None, None), |(commit, record)| {
            (Some(commit), Some(record))
        });
        let mut record = candidate.open(
            &approved,
            prepared.provisioned.clone(),
            self.run,
            self.clock.now(),
        );
        record.outputs = previous.map(|record| record.outputs).unwrap_or_default();
        record.approvals = approvals;
        if let Err(refusal) = journal.open(expected, record.clone()).await {
            return self
                .discard(candidate, &prepared.provisioned, refusal)
                .await;
        }
        self.execute(journal, candidate, &approved, record).await
    }

    pub(crate) fn may_go_on(&self, candidate: &Candidate) -> Result<(), Refusal> {
        if *self.cancelled.borrow() {
            let target = candidate.target().clone();
            return Err(Refusal::Stopped { target });
        }
        Ok(())
    }

    /// The record of what is proposed already and waits to be merged or provisioned; asked of the repository, because a pull
    /// request may have been closed.
    async fn waiting(
        &self,
        candidate: &Candidate,
        tip: Option<&(String, Record)>,
    ) -> Result<Option<Record>, Refusal> {
        let Some((_, record)) = tip else {
            return Ok(None);
        };
        let deployment = &candidate.deployment;
        let purpose = if deployment.destroy {
            Purpose::Destroy
        } else {
            Purpose::Deploy
        };
        let is_same = record.purpose == purpose
            && record.rendered_digest.as_ref() == Some(&deployment.rendered)
            && record.account == deployment.place.account
            && record.region == deployment.place.region;
        if !record.is_proposed() || !is_same {
            return Ok(None);
        }
        Ok(match self.provisioner.inspect(deployment, record).await? {
            Found::Ended(outcome) if !outcome.status.is_final() => Some(record.clone()),
            Found::Ended(_) | Found::Running(_) | Found::NotStarted => None,
        })
    }

    async fn prepare(&self, candidate: &Candidate) -> Result<Prepared, Refusal> {
        let prepared = self.provisioner.prepare(&candidate.deployment).await;
        let prepared = prepared.map_err(|error| hidden::error(error, candidate));
        let Prepared { plan, provisioned } = prepared?;
        Ok(Prepared {
            plan: hidden::plan(plan, candidate),
            provisioned,
        })
    }

    /// Makes sure that nobody works on the target, and closes what a dead run has left.
    async fn free(
        &self,
        journal: &Journal<'_>,
        candidate: &Candidate,
        tip: Option<&Tip>,
    ) -> Result<Option<(String, Record)>, Refusal> {
        let Some(tip) = tip else { return Ok(None) };
        let record = tip
            .record
            .clone()
            .map_err(|diagnostic| Refusal::Corrupt(Box::new(diagnostic)))?;
        if record.status.is_final() || record.is_proposed() {
            return Ok(Some((tip.commit.clone(), record)));
        }
        let now = self.clock.now();
        if let Some(lease) = record.lease.as_ref().filter(|lease| lease.expires > now) {
            return Err(Refusal::Locked {
                target: candidate.target().clone(),
                owner: lease.owner.clone(),
                url: record.run_url.clone(),
                since: record.started,
                until: lease.expires,
            });
        }
        let tools = Tools {
            provisioner: self.provisioner,
            journal,
            run: self.run,
            progress: self.progress,
            now,
            cancelled: self.cancelled.clone(),
        };
        recover(&tools, candidate, tip.clone(), record)
            .await
            .map(Some)
    }

    /// Whether somebody else has begun since the tip was read: what they have made looks like a fault of ours.
    async fn overtaken(
        &self,
        candidate: &Candidate,
        tip: Option<&(String, Record)>,
    ) -> Option<Refusal> {
        let target = candidate.target();
        let tips = self.state.read(std::slice::from_ref(target)).await.ok()?;
        let known = tip.map(|(commit, _)| commit);
        let moved = tips.get(target).map(|tip| &tip.commit) != known;
        moved.then(|| Refusal::Faster {
            target: target.clone(),
        })
    }

    fn approve(&self, candidate: &Candidate, prepared: &Prepared) -> Result<ApprovedPlan, Refusal> {
        let plan = prepared.plan.clone();
        let Some(approved) = self.approved else {
            return Ok(plan.approve_unreviewed());
        };
        match approved.get(candidate.target()) {
            Some(approved) => plan.approve(approved).map_err(Refusal::Stale),
            None => Err(Refusal::Unapproved {
                target: candidate.target().clone(),
            }),
        }
    }

    /// The reviews of the run that count for this target, where its environment demands any.
    async fn reviews(
        &self,
        candidate: &Candidate,
        prepared: &Prepared,
    ) -> Result<Vec<Approval>, Refusal> {
        let changed = self
            .stop_on_change
            .is_some_and(|previewed| previewed.differs(&prepared.plan));
        if !(candidate.needs_approval || changed) || prepared.plan.is_empty() {
            return Ok(Vec::new());
        }
        let environment = &candidate.github_environment;
        let refuse = |reason: &str| {
            let (target, environment) = (candidate.target().clone(), environment.clone());
            let reason = reason.to_owned();
            if changed {
                Refusal::Changed {
                    target,
                    environment,
                    reason,
                }
            } else {
                Refusal::NoReview {
                    target,
                    environment,
                    reason,
                }
            }
        };
        let approvals = self
            .approvals
            .ok_or_else(|| refuse("this is not a GitHub run, or it has no token"))?;
        if !approvals.has_reviewer_rule(environment).await? {
            return Err(refuse(
                "the environment has no rule that demands a reviewer",
            ));
        }
        let reviews = approvals.reviews().await?;
        let covers = reviews
            .into_iter()
            .filter(|review| review.environments.contains(environment));
        let (plan_digest, observed_at) = (prepared.plan.digest(), self.clock.now());
        let approvals: Vec<Approval> = covers
            .map(|review| Approval {
                by: review.by,
                state: review.state,
                comment: review.comment,
                plan_digest: plan_digest.clone(),
                observed_at,
            })
            .collect();
        let approved = approvals
            .iter()
            .any(|approval| approval.state == "approved");
        if approved {
            Ok(approvals)
        } else {
            Err(refuse("nobody approved this run"))
        }
    }

    /// Throws away what was prepared, because of a refusal.
    pub(crate) async fn discard(
        &self,
        candidate: &Candidate,
        prepared: &Provisioned,
        refusal: Refusal,
    ) -> Result<Applied, Refusal> {
        // What cannot be thrown away does no harm; why the target was refused matters more.
        let _left = self
            .provisioner
            .discard(&candidate.deployment, prepared)
            .await;
        Err(refusal)
    }

    /// Nothing to change; a record is written only where the last one tells something else.
    async fn unchanged(
        &self,
        journal: &Journal<'_>,
        candidate: &Candidate,
        tip: Option<(String, Record)>,
        approved: &ApprovedPlan,
        provisioned: Provisioned,
    ) -> Result<Applied, Refusal> {
        let same = match &tip {
            Some((_, record)) => tells_the_same(record, candidate),
            None => candidate.deployment.destroy,
        };
        if same {
            return Ok(Applied::Unchanged(tip.map(|(_, record)| record)));
        }
        let living = self.provisioner.describe(&candidate.deployment).await?;
        let now = self.clock.now();
        let record = candidate.open(approved, provisioned, self.run, now);
        let outputs = living
            .map(|living| living.outcome.outputs)
            .unwrap_or_default();
        let status = if candidate.deployment.destroy {
            DeploymentStatus::DeleteComplete
        } else {
            DeploymentStatus::Succeeded
        };
        let outcome = Outcome {
            status,
            message: Some("nothing had to change".to_owned()),
            outputs,
            provisioned: None,
        };
        let record = journal
            .note(
                tip.map(|(commit, _)| commit),
                record.close(hidden::outcome(outcome, candidate), now),
            )
            .await?;
        Ok(Applied::Ended(record))
    }
}

/// Whether a record tells what a deployment that changes nothing would tell.
fn tells_the_same(record: &Record, candidate: &Candidate) -> bool {
    if candidate.deployment.destroy {
        return record.status == DeploymentStatus::DeleteComplete;
    }
    record.status == DeploymentStatus::Succeeded
        && record.rendered_digest.as_ref() == Some(&candidate.deployment.rendered)
        && record.template == candidate.template
}
