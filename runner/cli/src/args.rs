//! The arguments that commands share.

use std::fmt;
use std::path::PathBuf;

use clap::{Args, ValueEnum};
use nucleon_core::target::{Stage, TargetId};
use nucleon_engine::farewell::Removal;

use crate::env;
use crate::error::{Failure, Kind};

/// How results are shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// For people.
    Text,
    /// For programs.
    Json,
    /// For people, and as annotations of a workflow run.
    Github,
}

impl fmt::Display for Format {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Text => "text",
            Self::Json => "json",
            Self::Github => "github",
        })
    }
}

/// Arguments of every command.
#[derive(Clone, Debug, Args)]
pub struct Common {
    /// Folder that holds nucleon.yaml
    #[arg(short = 'C', long = "root", value_name = "DIR", env = env::ROOT, default_value = ".", hide_env = true, global = true)]
    pub root: PathBuf,
    /// How results are shown [default: text, in workflow runs github]
    #[arg(long, value_enum, env = env::FORMAT, hide_env = true, global = true)]
    format: Option<Format>,
    /// Say more while working
    #[arg(short, long, global = true)]
    pub verbose: bool,
}

impl Common {
    /// How results are shown here.
    pub fn format(&self) -> Format {
        self.format.unwrap_or(if env::in_run() {
            Format::Github
        } else {
            Format::Text
        })
    }
}

/// Where the state is.
#[derive(Clone, Debug, Args)]
pub struct StateArgs {
    /// Git remote that holds the state
    #[arg(long, value_name = "REMOTE", env = env::STATE_REMOTE, default_value = "origin", hide_env = true)]
    pub state_remote: String,
    /// Prefix of the state refs
    #[arg(long, value_name = "PREFIX", env = env::STATE_PREFIX, default_value = "refs/nucleon/", hide_env = true)]
    pub state_prefix: String,
    /// Take the folders of an infrastructure repository for targets, also where it holds specs; their state is beside that of the specs
    #[arg(long, env = env::FOLDERS, hide_env = true, num_args = 0..=1, default_missing_value = "true", default_value = "false", require_equals = true)]
    pub folders: Flag,
}

impl StateArgs {
    /// The prefix of the state refs: what specs and folders of one repository deploy are two things.
    pub fn prefix(&self) -> String {
        if self.folders.0 {
            format!("{}folders/", self.state_prefix)
        } else {
            self.state_prefix.clone()
        }
    }
}

/// Which targets are meant.
#[derive(Clone, Debug, Args)]
pub struct Selection {
    /// Targets, such as environment/dev; all of them when nothing is said
    #[arg(value_name = "TARGET", env = env::TARGETS, value_delimiter = '\n', hide_env = true, value_parser = parse_target)]
    pub targets: Vec<Line<TargetId>>,
    /// Only targets of one stage
    #[arg(long, env = env::STAGE, hide_env = true)]
    pub stage: Option<Stage>,
    /// Only targets that render differently from a revision of this repository
    #[arg(long, value_name = "REV", env = env::CHANGED_SINCE, hide_env = true)]
    pub changed_since: Option<String>,
    /// Only targets that render differently from what was last attempted, or whose run died
    #[arg(long, env = env::PENDING, hide_env = true, num_args = 0..=1, default_missing_value = "true", default_value = "false", require_equals = true)]
    pub pending: Flag,
}

impl Selection {
    /// The targets that were named.
    pub fn named(&self) -> Vec<TargetId> {
        self.targets
            .iter()
            .filter_map(|line| line.0.clone())
            .collect()
    }

    /// Whether a list of targets was given and there is none in it: a step before this one found nothing to do.
    pub fn is_empty_list(&self) -> bool {
        let given = !self.targets.is_empty() || std::env::var_os(env::TARGETS).is_some();
        given && self.named().is_empty()
    }
}

/// A line of a list, which may be empty.
#[derive(Clone, Debug)]
pub struct Line<T>(pub Option<T>);

/// A line of a list, or a value that may be empty, because that is what an action's empty input becomes.
pub fn parse_line<T: std::str::FromStr>(text: &str) -> Result<Line<T>, T::Err> {
    let text = text.trim();
    if text.is_empty() {
        Ok(Line(None))
    } else {
        text.parse().map(|value| Line(Some(value)))
    }
}

/// A path in a list.
pub fn parse_path(text: &str) -> Result<Line<PathBuf>, std::convert::Infallible> {
    parse_line(text)
}

fn parse_target(text: &str) -> Result<Line<TargetId>, nucleon_core::target::BadTargetId> {
    parse_line(text)
}

/// A switch that the environment can set: `true`, `false` or empty.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Flag(pub bool);

impl std::str::FromStr for Flag {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        match text.trim() {
            "true" => Ok(Self(true)),
            "false" | "" => Ok(Self(false)),
            other => Err(format!("`{other}` is neither `true` nor `false`")),
        }
    }
}

/// How far a deletion goes; only what is deleted can be forgotten.
pub fn removal(destroy: Flag, force: Flag) -> Result<Removal, Failure> {
    match (destroy.0, force.0) {
        (_, false) => Ok(Removal::Delete),
        (true, true) => Ok(Removal::Forget),
        (false, true) => Err(Failure::new(
            Kind::CommandLine,
            "--force forgets targets, and nothing is to be deleted",
        )
        .hint("write --destroy --force, and name each target")),
    }
}
