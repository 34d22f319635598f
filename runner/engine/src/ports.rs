//! The outside systems, one trait each. The real ones are in `nucleon-adapters`, the strict fakes in `testing.rs`.

mod error;

use std::collections::{BTreeMap, BTreeSet};

use async_trait::async_trait;
use jiff::Timestamp;
use nucleon_core::deployment::Deployment;
use nucleon_core::diagnostic::Diagnostic;
use nucleon_core::files::{Content, Files, RelPath};
use nucleon_core::notification::{Check, Previewed};
use nucleon_core::outcome::Outcome;
use nucleon_core::plan::{ApprovedPlan, Plan};
use nucleon_core::record::{Provisioned, Record, TemplateUsed};
use nucleon_core::repository::SpecElsewhere;
use nucleon_core::target::{Name, TargetId};

pub use error::{PortError, chain};

/// One line of progress while a target is being changed.
#[derive(Clone, Debug)]
pub struct Event {
    /// The target.
    pub target: TargetId,
    /// The resource, or nothing for the target as a whole.
    pub resource: Option<String>,
    /// The provisioner's word: `CREATE_IN_PROGRESS`.
    pub status: String,
    /// The provisioner's reason.
    pub reason: Option<String>,
}

/// Shows progress to whoever waits.
pub trait Progress: Send + Sync {
    /// One thing happened.
    fn event(&self, event: &Event);
}

/// A change that is prepared and can be executed: for CloudFormation, a change set.
#[derive(Clone, Debug)]
pub struct Prepared {
    /// What it would do.
    pub plan: Plan,
    /// Where it is: the change set, the stack.
    pub provisioned: Provisioned,
}

/// What became of a deployment whose run died.
#[derive(Clone, Debug)]
pub enum Found {
    /// It never began: nothing was executed.
    NotStarted,
    /// It is still running in the provisioner.
    Running(Provisioned),
    /// It ended.
    Ended(Outcome),
}

/// The status of an event that is a line of what a program printed.
pub const OUTPUT: &str = "OUTPUT";

/// Plans and changes infrastructure.
#[async_trait]
pub trait Provisioner: Send + Sync {
    /// Says what would change, with the plan role, and leaves nothing behind.
    async fn plan(&self, deployment: &Deployment) -> Result<Plan, PortError>;

    /// Prepares the change with the apply role; what is prepared stays until it is executed or discarded.
    async fn prepare(&self, deployment: &Deployment) -> Result<Prepared, PortError>;

    /// Executes what was prepared and waits until it has ended. A failed deployment is an [`Outcome`], not an error.
    async fn execute(
        &self,
        deployment: &Deployment,
        approved: &ApprovedPlan,
        provisioned: &Provisioned,
        progress: &dyn Progress,
    ) -> Result<Outcome, PortError>;

    /// Throws away what was prepared, where there is anything to throw away.
    async fn discard(
        &self,
        _deployment: &Deployment,
        _provisioned: &Provisioned,
    ) -> Result<(), PortError> {
        Ok(())
    }

    /// Finds out what became of a deployment whose run died: read from the provisioner, never guessed.
    async fn inspect(&self, deployment: &Deployment, record: &Record) -> Result<Found, PortError>;

    /// Waits until a running deployment has ended; only for those that [`inspect`](Self::inspect) may find running.
    async fn wait(
        &self,
        deployment: &Deployment,
        _provisioned: &Provisioned,
        _progress: &dyn Progress,
    ) -> Result<Outcome, PortError> {
        Err(PortError::Unexpected {
            system: "Nucleon",
            action: format!("wait for {}", deployment.target),
            message: "what makes it goes on in no other run".to_owned(),
        })
    }

    /// Asks a running update to stop and go back, where it can.
    async fn cancel(
        &self,
        _deployment: &Deployment,
        _provisioned: &Provisioned,
    ) -> Result<(), PortError> {
        Ok(())
    }

    /// Reads a stack that lives already: its template body, its outputs, where it is.
    async fn describe(&self, deployment: &Deployment) -> Result<Option<Living>, PortError>;
}

/// A stack that lives already.
#[derive(Clone, Debug)]
pub struct Living {
    /// Its template, as it was given.
    pub template_body: String,
    /// How it stands.
    pub outcome: Outcome,
}

/// The tip of a target's ref.
#[derive(Clone, Debug)]
pub struct Tip {
    /// The commit.
    pub commit: String,
    /// What its record says, or that it cannot be read.
    pub record: Result<Record, Diagnostic>,
}

/// One event to write.
#[derive(Clone, Debug)]
pub struct Append {
    /// The tip that was read; nothing where the ref did not exist. Another tip there now means somebody was faster.
    pub expected: Option<String>,
    /// The record after the event.
    pub record: Record,
    /// The commit's message: one line that tells the event.
    pub message: String,
}

/// What became of one event that the state could answer.
#[derive(Clone, Debug)]
pub enum Appended {
    /// It is written; the new tip's commit.
    Written(String),
    /// Somebody was faster; nothing was written.
    Lost,
}

/// Makes the view's files from all tips.
pub type Fold<'a> = dyn Fn(&BTreeMap<TargetId, Tip>) -> Files + Send + Sync + 'a;

/// The state: one ref a target, moved by compare-and-swap.
#[async_trait]
pub trait State: Send + Sync {
    /// The tips of some targets, fresh from the remote; targets without a ref are left out.
    async fn read(&self, targets: &[TargetId]) -> Result<BTreeMap<TargetId, Tip>, PortError>;

    /// The tips of all targets.
    async fn read_all(&self) -> Result<BTreeMap<TargetId, Tip>, PortError>;

    /// A target's records, newest first.
    async fn history(&self, target: &TargetId) -> Result<Vec<Tip>, PortError>;

    /// Writes events of any number of targets in one push; each is compared and swapped on its own, and has its own answer.
    async fn append(&self, events: &[Append]) -> Vec<Result<Appended, PortError>>;

    /// Writes the view for people, folded from all tips; folded again when somebody else wrote it meanwhile, so that it is never
    /// older than what it replaces. Nothing is written when nothing changed.
    async fn fold(&self, fold: &Fold<'_>, message: &str) -> Result<(), PortError>;
}

/// A template version that was published: its name, major and minor.
pub type PublishedVersion = (Name, u32, u32);

/// One published version of a template.
#[derive(Clone, Debug)]
pub struct Published {
    /// The commit whose tree holds the files.
    pub commit: String,
    /// The bundle's folder in that tree.
    pub folder: String,
    /// The files, relative to the bundle's folder.
    pub files: Files,
}

/// What came of reading a spec in another repository.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ReadElsewhere {
    /// The file, and the commit that it was read from.
    Read {
        /// The tip of the branch.
        commit: String,
        /// What it holds.
        content: Content,
    },
    /// It could not be had: no such repository, branch or file, or no permission.
    Refused(String),
    /// Nobody was asked.
    NotAsked,
}

/// Template versions: the Git tags `name/v<major>.<minor>`; and specs that lie beside a service's code.
#[async_trait]
pub trait Templates: Send + Sync {
    /// The minor versions of each template and major version that have a tag here or at the remote, ascending.
    async fn versions(&self) -> Result<BTreeMap<(Name, u32), Vec<u32>>, PortError>;

    /// The files of some versions; those without a tag are left out, those whose tag holds no bundle say so.
    /// Fetches the tags that the clone lacks.
    async fn published(
        &self,
        wanted: &BTreeSet<PublishedVersion>,
    ) -> Result<BTreeMap<PublishedVersion, Result<Published, Diagnostic>>, PortError>;

    /// The files that a target was deployed from, wherever its commit still is; else a sentence that says what is missing.
    async fn used(&self, used: &TemplateUsed) -> Result<Result<Published, String>, PortError>;

    /// Reads a spec at the tip of its branch.
    async fn spec(&self, spec: &SpecElsewhere) -> Result<ReadElsewhere, PortError>;
}

/// One review of a run's deployment to GitHub environments.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Review {
    /// The environments it covers.
    pub environments: Vec<String>,
    /// GitHub's word: `approved` or `rejected`.
    pub state: String,
    /// Who.
    pub by: String,
    /// What they wrote.
    pub comment: String,
}

/// What a run's platform knows about who approved it.
#[async_trait]
pub trait Approvals: Send + Sync {
    /// The reviews of this run.
    async fn reviews(&self) -> Result<Vec<Review>, PortError>;

    /// Whether an environment has a rule that demands a reviewer.
    async fn has_reviewer_rule(&self, environment: &str) -> Result<bool, PortError>;

    /// What the pull request that brought a commit showed in the check run of a name; nothing where none brought it.
    async fn previewed(&self, commit: &str, check: &str) -> Result<Option<Previewed>, PortError>;
}

/// A comment on a pull request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Comment {
    /// Its number.
    pub id: u64,
    /// Its page.
    pub url: String,
    /// Its Markdown.
    pub body: String,
    /// Who wrote it.
    pub author: String,
    /// Whether a program wrote it.
    pub by_program: bool,
}

/// A check run that is there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CheckRun {
    /// Its number.
    pub id: u64,
    /// By what its maker knows it.
    pub external_id: String,
}

/// Where pull requests are discussed and commits are checked.
#[async_trait]
pub trait Forge: Send + Sync {
    /// The comments of a pull request that begin with a hidden line.
    async fn comments(&self, pull_request: u64, marker: &str) -> Result<Vec<Comment>, PortError>;

    /// The person whose credentials are used; nothing where they are a program's.
    async fn login(&self) -> Result<Option<String>, PortError>;

    /// Writes a comment; its page.
    async fn comment(&self, pull_request: u64, body: &str) -> Result<String, PortError>;

    /// Writes a comment anew; its page.
    async fn edit_comment(&self, comment: u64, body: &str) -> Result<String, PortError>;

    /// Removes a comment.
    async fn remove_comment(&self, comment: u64) -> Result<(), PortError>;

    /// The check runs of a commit that bear a name.
    async fn checks(&self, commit: &str, name: &str) -> Result<Vec<CheckRun>, PortError>;

    /// Makes a check run of a commit; its page.
    async fn create_check(&self, commit: &str, check: &Check) -> Result<String, PortError>;

    /// Writes a check run anew; its page.
    async fn update_check(&self, id: u64, check: &Check) -> Result<String, PortError>;
}

/// Where a target's folder is proposed.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ProposalPlace {
    /// The infrastructure repository, `owner/name`.
    pub repository: String,
    /// The branch that is merged into; nothing for the repository's own default.
    pub base: Option<String>,
    /// The branch that is proposed.
    pub branch: String,
    /// The folder.
    pub path: RelPath,
}

/// A folder as it is merged.
#[derive(Clone, Debug)]
pub struct Merged {
    /// The branch it is in.
    pub base: String,
    /// That branch's tip.
    pub commit: String,
    /// The folder's files.
    pub files: Files,
}

/// The newest pull request of a branch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PullRequest {
    /// Its number.
    pub number: u64,
    /// Its page.
    pub url: String,
    /// Whether it is open.
    pub is_open: bool,
    /// Whether it cannot be merged, because somebody changed the same lines there.
    pub conflicts: bool,
}

/// A change of a folder, and what its pull request says.
#[derive(Clone, Debug)]
pub struct ProposedChange {
    /// What it is made from.
    pub merged: Merged,
    /// What the folder is to hold.
    pub files: Files,
    /// The commit's message, which is the pull request's title.
    pub message: String,
    /// The pull request's body.
    pub body: String,
}

/// Infrastructure repositories: their files, and pull requests that change them.
#[async_trait]
pub trait Infrastructure: Send + Sync {
    /// Makes sure that the credentials may open a pull request that starts workflows; nothing is changed.
    async fn may_propose(&self, place: &ProposalPlace) -> Result<(), PortError>;

    /// The folder as it is merged.
    async fn merged(&self, place: &ProposalPlace) -> Result<Merged, PortError>;

    /// The folder as it is proposed; nothing where there is no such branch.
    async fn proposed(&self, place: &ProposalPlace) -> Result<Option<Files>, PortError>;

    /// The newest pull request of the branch.
    async fn pull_request(&self, place: &ProposalPlace) -> Result<Option<PullRequest>, PortError>;

    /// Makes the branch anew from the tip of its base, and opens its pull request or brings that up to date.
    async fn propose(
        &self,
        place: &ProposalPlace,
        change: &ProposedChange,
    ) -> Result<PullRequest, PortError>;

    /// Closes the branch's pull request and removes the branch.
    async fn withdraw(&self, place: &ProposalPlace) -> Result<(), PortError>;
}

/// The time.
pub trait Clock: Send + Sync {
    /// Now.
    fn now(&self) -> Timestamp;
}
