//! Publishing: new tags at the remote, none of them ever moved.

use std::collections::BTreeMap;

use async_trait::async_trait;
use nucleon_engine::ports::{PortError, PublishedVersion, Templates};
use nucleon_engine::publish::Publisher;

use super::backoff::Backoff;
use super::connection::{OBJECT_FORMAT, connection, no_remote};
use super::error::{is_busy, refusal, refused};
use super::push::{Answer, Swap, answers};
use super::remote::Remote;
use super::templates::tag;
use super::{Checkout, GitTemplates};

const ACTION: &str = "publish template versions";
const HINT: &str = "let this job create tags: `permissions: contents: write`, and no rule of the repository against `*/v*`";

/// Publishes what a checkout holds.
#[derive(Debug)]
pub struct GitPublisher {
    checkout: Checkout,
    branch: Option<String>,
}

impl GitPublisher {
    /// Publishes the tip of a branch; of the remote's default one where none is named.
    pub fn new(checkout: Checkout, branch: Option<String>) -> Self {
        Self { checkout, branch }
    }

    /// Pushes from the user's clone, which has the commit; nothing in it changes.
    async fn push(&self, swaps: &[Swap]) -> Result<Vec<Answer>, PortError> {
        let Some(mut entries) = connection(&self.checkout).await? else {
            return Err(no_remote(&self.checkout).await);
        };
        entries.retain(|(key, _)| key != OBJECT_FORMAT);
        let program = self.checkout.program.clone().configured(&entries);
        let pairs: Vec<[String; 2]> = swaps.iter().map(Swap::arguments).collect();
        let mut arguments = vec!["push", "--porcelain", "--no-verify"];
        arguments.extend(pairs.iter().map(|[lease, _]| lease.as_str()));
        arguments.push(&self.checkout.remote);
        arguments.extend(pairs.iter().map(|[_, pair]| pair.as_str()));
        let output = program.output(ACTION, &arguments, &[]).await?;
        let mut answered = answers(&String::from_utf8_lossy(&output.stdout));
        let answers: Option<Vec<Answer>> = swaps
            .iter()
            .map(|swap| answered.remove(&swap.reference))
            .collect();
        answers.ok_or_else(|| refusal(ACTION, &String::from_utf8_lossy(&output.stderr)))
    }

    /// Pushes until each tag has an answer. A push whose answer was lost may be repeated: a tag that is ours already is up to date.
    async fn settle(&self, swaps: &[Swap]) -> Vec<Result<bool, PortError>> {
        let mut settled: BTreeMap<String, Result<bool, PortError>> = BTreeMap::new();
        let mut open = swaps.to_vec();
        let mut backoff = Backoff::writing();
        loop {
            match self.push(&open).await {
                Ok(answers) => {
                    for (swap, answer) in open.iter().zip(answers) {
                        settled.insert(swap.reference.clone(), settled_by(swap, answer));
                    }
                    open.retain(
                        |swap| matches!(&settled[&swap.reference], Err(error) if may_pass(error)),
                    );
                }
                Err(error) => {
                    for swap in &open {
                        settled.insert(swap.reference.clone(), Err(error.clone()));
                    }
                    if !may_pass(&error) {
                        open.clear();
                    }
                }
            }
            if open.is_empty() || !backoff.wait().await {
                break;
            }
        }
        let answer = |swap: &Swap| settled.remove(&swap.reference).unwrap_or(Ok(false));
        swaps.iter().map(answer).collect()
    }
}

fn settled_by(swap: &Swap, answer: Answer) -> Result<bool, PortError> {
    match answer {
        Answer::Written => Ok(true),
        Answer::Stale => Ok(false),
        Answer::Busy(reason) | Answer::Refused(reason) => {
            let message = format!("{}: {reason}", swap.reference);
            Err(refused(ACTION, message, Some(HINT)))
        }
    }
}

fn may_pass(error: &PortError) -> bool {
    match error {
        PortError::Unreachable { .. } => true,
        PortError::Refused { message, .. } => is_busy(message),
        _ => false,
    }
}

#[async_trait]
impl Publisher for GitPublisher {
    fn templates(&self) -> Box<dyn Templates> {
        Box::new(GitTemplates::new(self.checkout.clone()))
    }

    async fn tip(&self) -> Result<(String, String), PortError> {
        let remote = Remote::open(&self.checkout).await?;
        let branch = match &self.branch {
            Some(branch) => Some(branch.clone()),
            None => remote.default_branch(ACTION).await?,
        };
        let Some(branch) = branch else {
            let hint = "name the branch that is published: --branch main";
            return Err(refused(
                ACTION,
                "the remote has no default branch",
                Some(hint),
            ));
        };
        let reference = format!("refs/heads/{branch}");
        let tips = remote.list(ACTION, &[&reference]).await?;
        let Some(tip) = tips.get(&reference) else {
            let message = format!("the remote has no branch `{branch}`");
            return Err(refused(
                ACTION,
                message,
                Some("push it, or name another one with --branch"),
            ));
        };
        Ok((branch, tip.clone()))
    }

    async fn publish(
        &self,
        commit: &str,
        versions: &[PublishedVersion],
    ) -> Vec<Result<bool, PortError>> {
        let swap = |version: &PublishedVersion| Swap {
            reference: tag(version),
            expected: None,
            commit: commit.to_owned(),
        };
        let swaps: Vec<Swap> = versions.iter().map(swap).collect();
        self.settle(&swaps).await
    }
}
