//! A forge in memory that writes down what was asked of it.

use std::sync::Mutex;

use async_trait::async_trait;
use nucleon_core::notification::Check;

use super::{Log, lock};
use crate::ports::{CheckRun, Comment, Forge, PortError};

/// A forge with one pull request; its comments and check runs are written down in a log.
#[derive(Debug, Default)]
pub struct FakeForge {
    /// The person whose token it is; nothing for a program's.
    pub login: Option<String>,
    comments: Mutex<Vec<Comment>>,
    checks: Mutex<Vec<(String, String)>>,
    refuses_comments: bool,
    log: Log,
}

impl FakeForge {
    /// A forge without comments and check runs.
    pub fn new(log: &Log) -> Self {
        Self {
            log: log.clone(),
            ..Self::default()
        }
    }

    /// Adds a comment that is there already; a program's name ends with `[bot]`.
    #[must_use]
    pub fn with_comment(self, author: &str, body: &str) -> Self {
        self.add(author, body);
        self
    }

    /// Uses a person's token.
    #[must_use]
    pub fn with_login(mut self, login: &str) -> Self {
        self.login = Some(login.to_owned());
        self
    }

    /// Lets nobody comment.
    #[must_use]
    pub fn without_comments(mut self) -> Self {
        self.refuses_comments = true;
        self
    }

    fn add(&self, author: &str, body: &str) -> String {
        let mut comments = lock(&self.comments);
        let id = comments.len() as u64 + 1;
        let url = format!("https://forge.test/comments/{id}");
        comments.push(Comment {
            id,
            url: url.clone(),
            body: body.to_owned(),
            author: author.to_owned(),
            by_program: author.ends_with("[bot]"),
        });
        url
    }
}

#[async_trait]
impl Forge for FakeForge {
    async fn comments(&self, _pull_request: u64, marker: &str) -> Result<Vec<Comment>, PortError> {
        let mut marked = lock(&self.comments).clone();
        marked.retain(|comment| comment.body.starts_with(marker));
        // The order of a forge is no promise.
        marked.reverse();
        Ok(marked)
    }

    async fn login(&self) -> Result<Option<String>, PortError> {
        self.log.add("login");
        Ok(self.login.clone())
    }

    async fn comment(&self, pull_request: u64, body: &str) -> Result<String, PortError> {
        if self.refuses_comments {
            return Err(PortError::Refused {
                system: "GitHub",
                action: "comment".to_owned(),
                message: "no".to_owned(),
                hint: None,
            });
        }
        self.log.add(format!("comment {pull_request} {body}"));
        Ok(self.add("nucleon[bot]", body))
    }

    async fn edit_comment(&self, comment: u64, body: &str) -> Result<String, PortError> {
        self.log.add(format!("edit {comment} {body}"));
        Ok(format!("https://forge.test/comments/{comment}"))
    }

    async fn remove_comment(&self, comment: u64) -> Result<(), PortError> {
        self.log.add(format!("remove {comment}"));
        Ok(())
    }

    async fn checks(&self, commit: &str, _name: &str) -> Result<Vec<CheckRun>, PortError> {
        let checks = lock(&self.checks);
        let there = checks.iter().zip(1..).filter(|((on, _), _)| on == commit);
        Ok(there
            .map(|((_, external_id), id)| CheckRun {
                id,
                external_id: external_id.clone(),
            })
            .collect())
    }

    async fn create_check(&self, commit: &str, check: &Check) -> Result<String, PortError> {
        self.log
            .add(format!("create check {commit} {}", check.name));
        lock(&self.checks).push((commit.to_owned(), check.external_id()));
        Ok("https://forge.test/checks/1".to_owned())
    }

    async fn update_check(&self, id: u64, check: &Check) -> Result<String, PortError> {
        self.log.add(format!("update check {id} {}", check.name));
        Ok(format!("https://forge.test/checks/{id}"))
    }
}
