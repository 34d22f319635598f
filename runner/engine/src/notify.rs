//! Telling people: one comment a pull request, written anew in place, and check runs; at the end of a run, how it went.
//!
//! What is surprising: anybody can write a comment that begins like ours, and a token that may comment may also rewrite
//! other people's. A comment counts as ours only when a program wrote it, or the person whose token this is.

use nucleon_core::notification::Check;
use nucleon_core::notification::run::Fared;
use nucleon_core::outcome_file::TargetOutcome;
use nucleon_core::record::Record;
use nucleon_core::target::{Stage, TargetId};

use crate::ports::{Comment, Forge, PortError, State};
use crate::run::Run;

/// What is told on a pull request.
#[derive(Clone, Copy, Debug)]
pub struct Preview<'a> {
    /// The pull request's number.
    pub pull_request: u64,
    /// Its newest commit.
    pub head: &'a str,
    /// The hidden line that the comment begins with.
    pub marker: &'a str,
    /// The comment.
    pub body: &'a str,
    /// Whether there is anything to say; where not, a comment is written anew but none is made.
    pub matters: bool,
    /// The check run.
    pub check: &'a Check,
}

/// What became of telling it; one part does not stop the other.
#[derive(Debug)]
pub struct Told {
    /// The comment's page; nothing where none was needed.
    pub comment: Result<Option<String>, PortError>,
    /// The check run's page.
    pub check: Result<String, PortError>,
}

/// Tells on a pull request what its merge would do.
pub async fn preview(forge: &dyn Forge, preview: Preview<'_>) -> Told {
    // One after the other: GitHub asks not to be written to from several sides at once.
    let comment = sticky(forge, preview).await;
    let check = put(forge, preview.head, preview.check).await;
    Told { comment, check }
}

/// Writes a check run, or writes it anew where the commit has it already; its page.
pub async fn put(forge: &dyn Forge, commit: &str, check: &Check) -> Result<String, PortError> {
    let known = check.external_id();
    let there = forge.checks(commit, &check.name).await?;
    let ours = there.iter().filter(|there| there.external_id == known);
    match ours.max_by_key(|there| there.id) {
        Some(there) => forge.update_check(there.id, check).await,
        None => forge.create_check(commit, check).await,
    }
}

/// The one comment: the oldest of ours; younger ones come from runs that raced, and are removed.
async fn sticky(forge: &dyn Forge, preview: Preview<'_>) -> Result<Option<String>, PortError> {
    let marked = forge.comments(preview.pull_request, preview.marker).await?;
    let mut ours = ours(forge, marked).await?.into_iter();
    let Some(kept) = ours.next() else {
        if !preview.matters {
            return Ok(None);
        }
        let made = forge.comment(preview.pull_request, preview.body).await;
        return made.map(Some);
    };
    for doubled in ours {
        forge.remove_comment(doubled.id).await?;
    }
    if same(&kept.body, preview.body) {
        return Ok(Some(kept.url));
    }
    forge.edit_comment(kept.id, preview.body).await.map(Some)
}

async fn ours(forge: &dyn Forge, mut marked: Vec<Comment>) -> Result<Vec<Comment>, PortError> {
    marked.sort_by_key(|comment| comment.id);
    if marked.iter().all(|comment| comment.by_program) {
        return Ok(marked);
    }
    let login = forge.login().await?;
    marked.retain(|comment| match &login {
        Some(login) => comment.by_program || comment.author == *login,
        None => comment.by_program,
    });
    Ok(marked)
}

/// GitHub keeps neither the space around a comment nor the kind of its line ends.
fn same(there: &str, wanted: &str) -> bool {
    there.replace("\r\n", "\n").trim() == wanted.trim()
}

/// How the targets of a run fared: what the state says, and what apply said about those that never began.
pub async fn fared(
    state: &dyn State,
    run: &Run,
    outcomes: &[TargetOutcome],
    stage: &(dyn Fn(&TargetId) -> Stage + Sync),
) -> Result<Vec<Fared>, PortError> {
    let tips = state.read_all().await?;
    let records = tips.values().filter_map(|tip| tip.record.as_ref().ok());
    let mut fared: Vec<Fared> = records
        .filter(|record| is_of(record, run))
        .map(|record| Fared::of_record(record, stage(&record.target)))
        .collect();
    for outcome in outcomes {
        match fared.iter_mut().find(|one| one.target == outcome.target) {
            Some(recorded) => recorded.hint.clone_from(&outcome.hint),
            None => fared.push(Fared::of_outcome(outcome)),
        }
    }
    Ok(fared)
}

/// Outside a workflow the commit is all there is to tell runs apart by.
fn is_of(record: &Record, run: &Run) -> bool {
    match &run.run_url {
        Some(url) => record.run_url.as_ref() == Some(url),
        None => record.run_url.is_none() && record.commit == run.commit,
    }
}

#[cfg(test)]
mod tests;
