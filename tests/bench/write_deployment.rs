//! One process that writes the start and the end of a deployment to the state of the repository it runs in.
//!
//! What `nucleon-apply` does about state, without the deployment between:
//!
//! ```text
//! write_deployment TARGET
//! ```

use std::env;
use std::error::Error;
use std::path::Path;
use std::sync::Arc;

use nucleon_adapters::clock::SystemClock;
use nucleon_adapters::git::{Checkout, GitState, StatePlace};
use nucleon_core::record::Record;
use nucleon_core::target::TargetId;
use nucleon_engine::ports::{Append, Appended, State as _};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let target: TargetId = env::args().nth(1).ok_or("which target?")?.parse()?;
    let checkout = Checkout::new(Path::new("."), "origin");
    let state = GitState::new(checkout, &StatePlace::default(), Arc::new(SystemClock));
    let tips = state.read(std::slice::from_ref(&target)).await?;
    let tip = tips.get(&target).map(|tip| tip.commit.clone());
    let started = write(&state, tip, record(&target, "IN_PROGRESS")?).await?;
    write(&state, Some(started), record(&target, "SUCCEEDED")?).await?;
    Ok(())
}

async fn write(
    state: &GitState,
    expected: Option<String>,
    record: Record,
) -> Result<String, Box<dyn Error>> {
    let message = format!("{}: {}", record.target, record.status);
    match state
        .append(&[Append {
            expected,
            record,
            message,
        }])
        .await
        .pop()
        .transpose()?
    {
        Some(Appended::Written(commit)) => Ok(commit),
        Some(Appended::Lost) | None => Err("somebody else writes this target".into()),
    }
}

fn record(target: &TargetId, status: &str) -> Result<Record, Box<dyn Error>> {
    Ok(Record::parse(&format!(
        r#"{{"format": 1, "id": "{status}", "target": "{target}", "purpose": "deploy", "status": "{status}",
            "account": "111122223333", "region": "us-east-1", "started": "2026-10-08T09:00:00Z",
            "outputs": [{{"key": "QueueUrl", "valueString": "https://sqs.us-east-1.amazonaws.com/111122223333/orders"}}],
            "actor": "dana", "commit": "c0ffee"}}"#
    ))?)
}
