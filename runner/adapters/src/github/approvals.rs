//! Who approved a run, and which environments demand it.

use async_trait::async_trait;
use nucleon_core::notification::Previewed;
use nucleon_engine::ports::{Approvals, PortError, Review};
use reqwest::Method;
use serde::Deserialize;

use super::client::Failed;
use super::{GitHub, encoded};

const NEEDS: &str = "actions: read";

#[derive(Deserialize)]
struct Approval {
    environments: Vec<Environment>,
    state: String,
    #[serde(default)]
    comment: String,
    user: Option<User>,
}

#[derive(Deserialize)]
struct User {
    login: String,
}

#[derive(Deserialize)]
struct Environment {
    name: String,
    #[serde(default)]
    protection_rules: Vec<Rule>,
}

#[derive(Deserialize)]
struct Rule {
    #[serde(rename = "type")]
    kind: String,
}

#[derive(Deserialize)]
struct Pull {
    merge_commit_sha: Option<String>,
    head: Head,
}

#[derive(Deserialize)]
struct Head {
    sha: String,
}

#[derive(Deserialize)]
struct Checks {
    check_runs: Vec<CheckText>,
}

#[derive(Deserialize)]
struct CheckText {
    output: Output,
}

#[derive(Deserialize)]
struct Output {
    text: Option<String>,
}

#[async_trait]
impl Approvals for GitHub {
    async fn reviews(&self) -> Result<Vec<Review>, PortError> {
        let Some(run) = &self.run else {
            return Err(PortError::Refused {
                system: "GitHub",
                action: "say who approved this run".to_owned(),
                message: "this is not a workflow run".to_owned(),
                hint: Some("deploy through the workflow, where reviewers are asked".to_owned()),
            });
        };
        let path = format!("/actions/runs/{}/approvals", encoded(run));
        let request = self.request(Method::GET, &path, "say who approved this run", NEEDS);
        let approvals: Result<Vec<Approval>, Failed> = self.client.json(&request).await;
        let approvals = approvals.map_err(Failed::into_error)?;
        Ok(approvals.into_iter().map(review).collect())
    }

    async fn has_reviewer_rule(&self, environment: &str) -> Result<bool, PortError> {
        let path = format!("/environments/{}", encoded(environment));
        let action = format!("say who must approve environment `{environment}`");
        let request = self.request(Method::GET, &path, &action, NEEDS);
        match self.client.json::<Environment>(&request).await {
            Ok(found) => Ok(found.protection_rules.iter().any(demands_review)),
            // An environment that nobody set up demands nothing.
            Err(failed) if failed.status == Some(404) => Ok(false),
            Err(failed) => Err(failed.error),
        }
    }

    async fn previewed(&self, commit: &str, check: &str) -> Result<Option<Previewed>, PortError> {
        let Some(head) = self.head_of(commit).await? else {
            return Ok(None);
        };
        let (head, check) = (encoded(&head), encoded(check));
        let path = format!("/commits/{head}/check-runs?check_name={check}&filter=latest");
        let action = "read what the pull request showed";
        let request = self.request(Method::GET, &path, action, "checks: read");
        let found: Result<Checks, Failed> = self.client.json(&request).await;
        let found = found.map_err(Failed::into_error)?;
        let mut texts = found
            .check_runs
            .into_iter()
            .filter_map(|check| check.output.text);
        Ok(texts.find_map(|text| Previewed::parse(&text)))
    }
}

/// The checks of the pull request that brought a commit.
impl GitHub {
    async fn head_of(&self, commit: &str) -> Result<Option<String>, PortError> {
        let path = format!("/commits/{}/pulls", encoded(commit));
        let action = "say which pull request brought the commit";
        let request = self.request(Method::GET, &path, action, "pull-requests: read");
        let found: Result<Vec<Pull>, Failed> = self.client.json(&request).await;
        let found = found.map_err(Failed::into_error)?;
        let brought = |pull: &&Pull| pull.merge_commit_sha.as_deref() == Some(commit);
        let pull = found.iter().find(brought).or(found.first());
        Ok(pull.map(|pull| pull.head.sha.clone()))
    }
}

fn demands_review(rule: &Rule) -> bool {
    rule.kind == "required_reviewers"
}

fn review(approval: Approval) -> Review {
    let names = approval.environments.into_iter().map(|one| one.name);
    Review {
        environments: names.collect(),
        state: approval.state,
        // GitHub shows the account of somebody who left as `ghost`.
        by: approval
            .user
            .map_or_else(|| "ghost".to_owned(), |user| user.login),
        comment: approval.comment,
    }
}
