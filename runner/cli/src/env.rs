//! Every environment variable that Nucleon reads, once.
//!
//! Actions map their inputs to these; each is a flag, too. Secrets come by environment only.

/// The folder that holds `nucleon.yaml`; the flag `-C`.
pub const ROOT: &str = "NUCLEON_ROOT";
/// How results are shown: `text`, `json` or `github`.
pub const FORMAT: &str = "NUCLEON_FORMAT";
/// Target ids, one a line.
pub const TARGETS: &str = "NUCLEON_TARGETS";
/// The stage whose targets are meant.
pub const STAGE: &str = "NUCLEON_STAGE";
/// `true`: targets whose rendered result differs from the last one attempted.
pub const PENDING: &str = "NUCLEON_PENDING";
/// A revision: targets that render differently since.
pub const CHANGED_SINCE: &str = "NUCLEON_CHANGED_SINCE";
/// `true`: the targets are the folders that were merged into an infrastructure repository.
pub const FOLDERS: &str = "NUCLEON_FOLDERS";
/// The folder or file to write to.
pub const OUT: &str = "NUCLEON_OUT";
/// `TARGET=DIGEST`, one a line: what was approved.
pub const APPROVED: &str = "NUCLEON_APPROVED";
/// `true`: the targets are to be deleted.
pub const DESTROY: &str = "NUCLEON_DESTROY";
/// `true`: targets that are deleted are forgotten where only commands could delete them.
pub const FORCE: &str = "NUCLEON_FORCE";
/// Which notification the notify action sends: the sub-command of `nucleon-notify`.
pub const NOTIFICATION: &str = "NUCLEON_NOTIFICATION";
/// Templates to publish, one a line.
pub const TEMPLATES: &str = "NUCLEON_TEMPLATES";
/// The branch whose tip is published.
pub const BRANCH: &str = "NUCLEON_BRANCH";
/// The file that `nucleon-plan` wrote.
pub const PLAN: &str = "NUCLEON_PLAN";
/// The file that `nucleon-apply` wrote.
pub const OUTCOME: &str = "NUCLEON_OUTCOME";
/// What is said of a deployment that others provision: Proton's word for its status.
pub const STATUS: &str = "NUCLEON_STATUS";
/// The file with the outputs of a deployment that others provision.
pub const OUTPUTS: &str = "NUCLEON_OUTPUTS";
/// One sentence about a deployment that others provision.
pub const MESSAGE: &str = "NUCLEON_MESSAGE";
/// The id of a deployment.
pub const DEPLOYMENT: &str = "NUCLEON_DEPLOYMENT";
/// The repository whose state is meant, where it is not this one: `owner/name`, or an address.
pub const REPOSITORY: &str = "NUCLEON_REPOSITORY";
/// `event`, or the file of the workflow that is started when outputs have changed.
pub const DISPATCH: &str = "NUCLEON_DISPATCH";
/// Addresses of webhooks, one a line; some are secrets.
pub const WEBHOOKS: &str = "NUCLEON_WEBHOOKS";
/// What webhooks are signed with.
pub const WEBHOOK_SECRET: &str = "NUCLEON_WEBHOOK_SECRET";
/// The token for git and for GitHub's API.
pub const GITHUB_TOKEN: &str = "NUCLEON_GITHUB_TOKEN";
/// The id of the GitHub App that opens pull requests in infrastructure repositories.
pub const APP_ID: &str = "NUCLEON_APP_ID";
/// That app's private key, as PEM. It has no flag: what stands on a command line is seen by others.
pub const APP_PRIVATE_KEY: &str = "NUCLEON_APP_PRIVATE_KEY";
/// The git remote that holds the state; `origin` by default.
pub const STATE_REMOTE: &str = "NUCLEON_STATE_REMOTE";
/// The prefix of the state refs; `refs/nucleon/` by default.
pub const STATE_PREFIX: &str = "NUCLEON_STATE_PREFIX";
/// How many seconds a lease lasts; 900 by default, shorter in tests.
pub const LEASE: &str = "NUCLEON_LEASE";
/// The time, RFC 3339, for tests.
pub const NOW: &str = "NUCLEON_NOW";
/// Installing: a folder or archive of binaries that is used instead of a download.
pub const BINARY_PATH: &str = "NUCLEON_BINARY_PATH";
/// Installing: the version.
pub const VERSION: &str = "NUCLEON_VERSION";
/// Installing: where the archives are instead of GitHub's releases.
pub const MIRROR: &str = "NUCLEON_MIRROR";

/// GitHub: `true` in a workflow run.
pub const GITHUB_ACTIONS: &str = "GITHUB_ACTIONS";
/// GitHub: the file that takes a step's outputs.
pub const GITHUB_OUTPUT: &str = "GITHUB_OUTPUT";
/// GitHub: the file that takes the job's summary.
pub const GITHUB_STEP_SUMMARY: &str = "GITHUB_STEP_SUMMARY";
/// GitHub: the API's base URL.
pub const GITHUB_API_URL: &str = "GITHUB_API_URL";
/// GitHub: the server's base URL.
pub const GITHUB_SERVER_URL: &str = "GITHUB_SERVER_URL";
/// GitHub: `owner/name`.
pub const GITHUB_REPOSITORY: &str = "GITHUB_REPOSITORY";
/// GitHub: the run's id.
pub const GITHUB_RUN_ID: &str = "GITHUB_RUN_ID";
/// GitHub: the run's attempt.
pub const GITHUB_RUN_ATTEMPT: &str = "GITHUB_RUN_ATTEMPT";
/// GitHub: the commit.
pub const GITHUB_SHA: &str = "GITHUB_SHA";
/// GitHub: what the run is for, such as `push`.
pub const GITHUB_EVENT_NAME: &str = "GITHUB_EVENT_NAME";
/// GitHub: the file with the event.
pub const GITHUB_EVENT_PATH: &str = "GITHUB_EVENT_PATH";
/// GitHub: who started the run.
pub const GITHUB_ACTOR: &str = "GITHUB_ACTOR";
/// GitHub: a folder for temporary files.
pub const RUNNER_TEMP: &str = "RUNNER_TEMP";
/// GitHub: where a job gets its web identity token.
pub const ID_TOKEN_REQUEST_URL: &str = "ACTIONS_ID_TOKEN_REQUEST_URL";
/// GitHub: what the request for a web identity token is signed with.
pub const ID_TOKEN_REQUEST_TOKEN: &str = "ACTIONS_ID_TOKEN_REQUEST_TOKEN";
/// Who is at the terminal; the first that is set.
pub const USER: [&str; 3] = ["USER", "LOGNAME", "USERNAME"];
/// Which machine the terminal is at.
pub const HOSTNAME: &str = "HOSTNAME";
/// Any value: no colour.
pub const NO_COLOR: &str = "NO_COLOR";

/// The value of a variable; an empty one counts as not set, because that is what an action's empty input becomes.
pub fn get(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

/// Whether this is a step of a workflow run.
pub fn in_run() -> bool {
    get(GITHUB_ACTIONS).as_deref() == Some("true")
}
