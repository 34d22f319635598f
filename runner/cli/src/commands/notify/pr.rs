//! `nucleon-notify pr`.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use nucleon_adapters::github::GitHub;
use nucleon_core::comment::{COMMENT_LIMIT, Frame, document, marker};
use nucleon_core::diagnostic::Diagnostic;
use nucleon_core::notification;
use nucleon_core::plan_file::{FileDiagnostic, PlanFile};
use nucleon_core::record::Format as FileFormat;
use nucleon_core::report;
use nucleon_engine::notify::{Preview, Told, preview};
use nucleon_engine::ports::PortError;
use serde::Serialize;

use super::{finish, key, notice, print, read, summary_limit};
use crate::args::{Common, Format};
use crate::error::Failure;
use crate::github::github;
use crate::main_of::block_on;
use crate::run::{PullRequest, event, run_url};
use crate::{env, output};

/// Arguments of `nucleon-notify pr`.
#[derive(Debug, Args)]
pub(super) struct Pr {
    /// File that nucleon-plan wrote; without it nothing changes
    #[arg(long, value_name = "FILE", env = env::PLAN, hide_env = true)]
    plan: Option<PathBuf>,
}

/// What `--format json` writes.
#[derive(Debug, Serialize)]
struct Sent<'a> {
    format: FileFormat,
    comment_url: Option<&'a str>,
    check_url: Option<&'a str>,
    notice: Option<&'a str>,
}

impl Pr {
    pub(super) fn run(self, common: &Common) -> Result<ExitCode, Failure> {
        let pull_request = event()?.pull_request;
        let head = pull_request.as_ref().map(|one| one.head.sha.clone());
        let file = self.file(head.as_deref())?;
        let key = key(&common.root);
        let run_url = run_url();
        let files_url = head.as_deref().and_then(|head| files_url(head, &key));
        let destination = destination(pull_request)?;
        let kept = destination.as_ref().err().map(String::as_str);
        let frame = Frame {
            key: &key,
            head: head.as_deref(),
            run_url: run_url.as_deref(),
            files_url: files_url.as_deref(),
            notice: kept,
        };
        output::summary(&document(&file, frame, summary_limit()))?;
        annotate(&file, &key, common.format());
        let page = Page {
            file: &file,
            frame,
            format: common.format(),
        };
        match &destination {
            Ok((github, pull_request)) => page.send(github, pull_request),
            Err(reason) => page.keep(reason),
        }
    }

    /// The plans; none where the run found nothing to plan.
    fn file(&self, head: Option<&str>) -> Result<PlanFile, Failure> {
        match &self.plan {
            Some(path) => read(path, "plans", "nucleon-plan"),
            None => Ok(PlanFile {
                format: FileFormat,
                commit: head
                    .map(str::to_owned)
                    .or_else(|| env::get(env::GITHUB_SHA))
                    .unwrap_or_default(),
                run_url: run_url(),
                targets: Vec::new(),
                diagnostics: Vec::new(),
            }),
        }
    }
}

/// Where the files of the commit can be read.
fn files_url(head: &str, key: &str) -> Option<String> {
    let server = env::get(env::GITHUB_SERVER_URL)?;
    let repository = env::get(env::GITHUB_REPOSITORY)?;
    let folder = if key.is_empty() {
        String::new()
    } else {
        format!("/{key}")
    };
    Some(format!("{server}/{repository}/blob/{head}{folder}"))
}

/// Whom to send to, or why nothing is sent.
fn destination(
    pull_request: Option<PullRequest>,
) -> Result<Result<(GitHub, PullRequest), String>, Failure> {
    let kept = |reason: &str| Ok(Err(format!("{reason}: nothing is sent to GitHub")));
    let Some(pull_request) = pull_request else {
        return kept("this is not the run of a pull request");
    };
    if pull_request.is_from_fork() {
        return kept("this pull request comes from a fork, whose runs may not write here");
    }
    match github()? {
        Ok(github) => Ok(Ok((github, pull_request))),
        Err(reason) => kept(reason),
    }
}

/// Puts diagnostics on the developer's own lines. Those of this very run are there already: the plan put them there.
fn annotate(file: &PlanFile, key: &str, format: Format) {
    let already = file.run_url.is_some() && file.run_url == run_url();
    if format != Format::Github || already {
        return;
    }
    let known = file
        .diagnostics
        .iter()
        .filter_map(FileDiagnostic::to_diagnostic);
    let placed: Vec<Diagnostic> = known.map(|diagnostic| below(key, diagnostic)).collect();
    output::data(&report::github(&placed));
}

/// Annotations count from the repository, diagnostics from the platform's folder in it.
fn below(key: &str, mut diagnostic: Diagnostic) -> Diagnostic {
    if let Some(at) = diagnostic.location.as_mut().filter(|_| !key.is_empty()) {
        at.file = format!("{key}/{}", at.file).into();
    }
    diagnostic
}

/// What is to be shown, and how results are printed.
#[derive(Clone, Copy)]
struct Page<'a> {
    file: &'a PlanFile,
    frame: Frame<'a>,
    format: Format,
}

impl Page<'_> {
    fn comment(self) -> String {
        document(self.file, self.frame, COMMENT_LIMIT)
    }

    fn keep(self, reason: &str) -> Result<ExitCode, Failure> {
        notice(reason, self.format);
        tell(None, None, Some(reason), self.format)?;
        if self.format != Format::Json {
            print(&self.comment(), self.format);
        }
        Ok(ExitCode::SUCCESS)
    }

    fn send(self, github: &GitHub, pull_request: &PullRequest) -> Result<ExitCode, Failure> {
        let said = Preview {
            pull_request: pull_request.number,
            head: &pull_request.head.sha,
            marker: &marker(self.frame.key),
            body: &self.comment(),
            matters: !(self.file.targets.is_empty() && self.file.diagnostics.is_empty()),
            check: &notification::preview(self.file, self.frame),
        };
        let Told { comment, check } = block_on(preview(github, said))?;
        let mut failures: Vec<PortError> = Vec::new();
        let comment = comment.map_err(|error| failures.push(error));
        let check = check.map_err(|error| failures.push(error));
        let comment = comment.ok().flatten();
        tell(comment.as_deref(), check.ok().as_deref(), None, self.format)?;
        finish(failures, self.format)
    }
}

fn tell(
    comment: Option<&str>,
    check: Option<&str>,
    notice: Option<&str>,
    format: Format,
) -> Result<(), Failure> {
    match format {
        Format::Json => output::json(&Sent {
            format: FileFormat,
            comment_url: comment,
            check_url: check,
            notice,
        }),
        Format::Text | Format::Github => {
            for url in [comment, check].into_iter().flatten() {
                output::data(&format!("{url}\n"));
            }
        }
    }
    output::outputs(&[("comment-url", comment.unwrap_or_default())])
}
