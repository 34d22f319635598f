//! Starting workflows.

use nucleon_engine::ports::PortError;
use reqwest::Method;
use serde::Deserialize;
use serde_json::json;

use super::client::Failed;
use super::{GitHub, encoded};

/// The event that tells a repository of a target whose outputs changed.
pub const EVENT: &str = "nucleon-deployment";

const CONTENTS: &str = "contents: write";
const ACTIONS: &str = "actions: write";

#[derive(Deserialize)]
struct Repository {
    default_branch: String,
}

impl GitHub {
    /// Starts the workflows that listen to `repository_dispatch` with [`EVENT`].
    pub async fn dispatch_event(&self, target: &str) -> Result<(), PortError> {
        let action = format!("dispatch the event {EVENT}");
        let body = json!({"event_type": EVENT, "client_payload": {"target": target}});
        let request = self.with_body(Method::POST, "/dispatches", &action, CONTENTS, body);
        self.client
            .send(&request)
            .await
            .map_err(Failed::into_error)?;
        Ok(())
    }

    /// Starts one workflow, named by its file, on the default branch.
    pub async fn dispatch_workflow(&self, file: &str) -> Result<(), PortError> {
        let action = "find the default branch";
        let request = self.request(Method::GET, "", action, "contents: read");
        let repository: Repository = self
            .client
            .json(&request)
            .await
            .map_err(Failed::into_error)?;
        let path = format!("/actions/workflows/{}/dispatches", encoded(file));
        let action = format!("start the workflow `{file}`");
        let body = json!({"ref": repository.default_branch});
        let request = self.with_body(Method::POST, &path, &action, ACTIONS, body);
        self.client
            .send(&request)
            .await
            .map_err(Failed::into_error)?;
        Ok(())
    }
}
