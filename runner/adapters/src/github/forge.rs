//! Comments and check runs.

use async_trait::async_trait;
use nucleon_core::notification::Check;
use nucleon_engine::ports::{CheckRun, Comment, Forge, PortError};
use reqwest::Method;
use serde::Deserialize;
use serde_json::{Value, json};

use super::client::{Failed, Request};
use super::{GitHub, encoded};

const COMMENTS: &str = "pull-requests: write";
const CHECKS: &str = "checks: write";

#[derive(Deserialize)]
struct WireComment {
    id: u64,
    html_url: String,
    #[serde(default)]
    body: Option<String>,
    user: Option<User>,
}

#[derive(Deserialize)]
struct User {
    login: String,
    #[serde(rename = "type", default)]
    kind: String,
}

#[derive(Deserialize)]
struct CheckRuns {
    check_runs: Vec<WireCheck>,
}

#[derive(Deserialize)]
struct WireCheck {
    id: u64,
    external_id: Option<String>,
    html_url: Option<String>,
}

#[async_trait]
impl Forge for GitHub {
    async fn comments(&self, pull_request: u64, marker: &str) -> Result<Vec<Comment>, PortError> {
        let path = format!("/issues/{pull_request}/comments");
        let action = format!("list the comments of pull request {pull_request}");
        let request = self.request(Method::GET, &path, &action, COMMENTS);
        // Others' comments are dropped page by page: a long discussion need not be held.
        let found = self.pages(&request, |page: Vec<WireComment>| {
            page.into_iter()
                .map(|comment| marked(comment, marker))
                .collect()
        });
        Ok(found.await?.into_iter().flatten().collect())
    }

    async fn login(&self) -> Result<Option<String>, PortError> {
        let request = Request {
            action: "say whose token this is".to_owned(),
            permission: COMMENTS,
            method: Method::GET,
            path: "/user".to_owned(),
            body: None,
        };
        match self.client.json::<User>(&request).await {
            Ok(user) => Ok(Some(user.login)),
            // A workflow's own token belongs to nobody.
            Err(failed) if matches!(failed.status, Some(403 | 404)) => Ok(None),
            Err(failed) => Err(failed.error),
        }
    }

    async fn comment(&self, pull_request: u64, body: &str) -> Result<String, PortError> {
        let path = format!("/issues/{pull_request}/comments");
        let action = format!("comment on pull request {pull_request}");
        let body = json!({ "body": body });
        let request = self.with_body(Method::POST, &path, &action, COMMENTS, body);
        self.commented(&request).await
    }

    async fn edit_comment(&self, comment: u64, body: &str) -> Result<String, PortError> {
        let path = format!("/issues/comments/{comment}");
        let body = json!({ "body": body });
        let request = self.with_body(Method::PATCH, &path, "edit its comment", COMMENTS, body);
        self.commented(&request).await
    }

    async fn remove_comment(&self, comment: u64) -> Result<(), PortError> {
        let path = format!("/issues/comments/{comment}");
        let request = self.request(Method::DELETE, &path, "remove a doubled comment", COMMENTS);
        match self.client.send(&request).await {
            Ok(_) => Ok(()),
            // Another run removed it.
            Err(failed) if failed.status == Some(404) => Ok(()),
            Err(failed) => Err(failed.error),
        }
    }

    async fn checks(&self, commit: &str, name: &str) -> Result<Vec<CheckRun>, PortError> {
        let (commit, name) = (encoded(commit), encoded(name));
        let path = format!("/commits/{commit}/check-runs?check_name={name}");
        let request = self.request(Method::GET, &path, "list the commit's check runs", CHECKS);
        let known = |check: WireCheck| CheckRun {
            id: check.id,
            external_id: check.external_id.unwrap_or_default(),
        };
        self.pages(&request, |page: CheckRuns| {
            page.check_runs.into_iter().map(known).collect()
        })
        .await
    }

    async fn create_check(&self, commit: &str, check: &Check) -> Result<String, PortError> {
        let mut body = wanted(check);
        body["head_sha"] = json!(commit);
        let action = format!("create check run `{}`", check.name);
        let request = self.with_body(Method::POST, "/check-runs", &action, CHECKS, body);
        self.written(&request).await
    }

    async fn update_check(&self, id: u64, check: &Check) -> Result<String, PortError> {
        let path = format!("/check-runs/{id}");
        let action = format!("update check run `{}`", check.name);
        let request = self.with_body(Method::PATCH, &path, &action, CHECKS, wanted(check));
        self.written(&request).await
    }
}

impl GitHub {
    async fn commented(&self, request: &Request) -> Result<String, PortError> {
        let comment: Result<WireComment, Failed> = self.client.json(request).await;
        Ok(comment.map_err(Failed::into_error)?.html_url)
    }

    async fn written(&self, request: &Request) -> Result<String, PortError> {
        let check: Result<WireCheck, Failed> = self.client.json(request).await;
        let check = check.map_err(Failed::into_error)?;
        Ok(check.html_url.unwrap_or_default())
    }
}

fn marked(comment: WireComment, marker: &str) -> Option<Comment> {
    let body = comment
        .body
        .filter(|body| body.trim_start().starts_with(marker))?;
    let (author, kind) = comment
        .user
        .map(|user| (user.login, user.kind))
        .unwrap_or_default();
    Some(Comment {
        id: comment.id,
        url: comment.html_url,
        body,
        author,
        by_program: kind == "Bot",
    })
}

fn wanted(check: &Check) -> Value {
    let mut output = json!({ "title": check.title, "summary": check.summary });
    if !check.text.is_empty() {
        output["text"] = json!(check.text);
    }
    let mut wanted = json!({
        "name": check.name,
        "external_id": check.external_id(),
        "status": "completed",
        "conclusion": check.conclusion.as_str(),
        "output": output,
    });
    if let Some(url) = &check.url {
        wanted["details_url"] = json!(url);
    }
    wanted
}
