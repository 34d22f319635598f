//! `nucleon-notify webhook`.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use futures_util::future::join_all;
use nucleon_adapters::files::read_tree;
use nucleon_adapters::webhook::{Address, Letter, send};
use nucleon_core::config::Config;
use nucleon_core::notification::webhook::{Delivery, Origin};
use nucleon_core::outcome_file::OutcomeFile;
use nucleon_core::plan_file::PlanFile;
use nucleon_core::report;
use nucleon_core::secret::Secret;

use super::{notice, read};
use crate::args::{Common, Format, Line, parse_path};
use crate::error::Failure;
use crate::main_of::block_on;
use crate::run::{event, run_url};
use crate::{env, output};

/// Arguments of `nucleon-notify webhook`.
#[derive(Debug, Args)]
pub(super) struct Webhook {
    /// File that nucleon-plan wrote
    #[arg(long, value_name = "FILE", env = env::PLAN, hide_env = true)]
    plan: Option<PathBuf>,
    /// Files that nucleon-apply wrote
    #[arg(long, value_name = "FILE", env = env::OUTCOME, hide_env = true, value_delimiter = '\n', value_parser = parse_path)]
    outcome: Vec<Line<PathBuf>>,
    /// Addresses, beside those of nucleon.yaml; secret ones are given by `NUCLEON_WEBHOOKS`, one a line
    #[arg(long, value_name = "URL")]
    url: Vec<String>,
    /// All addresses take Slack's form, also where the host is not Slack's
    #[arg(long)]
    slack: bool,
}

impl Webhook {
    pub(super) fn run(self, common: &Common) -> Result<ExitCode, Failure> {
        let format = common.format();
        let deliveries = self.deliveries()?;
        let addresses = self.addresses(common, format);
        if deliveries.is_empty() || addresses.is_empty() {
            let lacks = if addresses.is_empty() {
                "there is no webhook"
            } else {
                "there is neither a plan nor an outcome"
            };
            notice(&format!("{lacks}: nothing is sent"), format);
            return Ok(ExitCode::SUCCESS);
        }
        let secret = env::get(env::WEBHOOK_SECRET).map(Secret::new);
        let pairs = addresses
            .iter()
            .flat_map(|address| deliveries.iter().map(move |one| (address, one)));
        let sent = pairs.map(|(address, delivery)| self.send(address, delivery, secret.as_ref()));
        let results = block_on(join_all(sent))?;
        for unsent in results.into_iter().filter_map(Result::err) {
            warn(&unsent, format);
        }
        Ok(ExitCode::SUCCESS)
    }

    fn deliveries(&self) -> Result<Vec<Delivery>, Failure> {
        let origin = Origin {
            repository: env::get(env::GITHUB_REPOSITORY),
            commit: env::get(env::GITHUB_SHA),
            run_url: run_url(),
            pull_request: event()?.pull_request.map(|one| one.number),
        };
        let mut deliveries = Vec::new();
        let plan = self
            .plan
            .as_ref()
            .filter(|path| !path.as_os_str().is_empty());
        if let Some(path) = plan {
            let file: PlanFile = read(path, "plans", "nucleon-plan")?;
            deliveries.push(Delivery::of_plans(&file, id(), origin.clone()));
        }
        let named = self.outcome.iter().filter_map(|line| line.0.as_ref());
        let read = |path: &PathBuf| read(path, "outcomes", "nucleon-apply");
        let files: Vec<OutcomeFile> = named.map(read).collect::<Result<_, _>>()?;
        if !files.is_empty() {
            deliveries.push(Delivery::of_outcomes(&files, id(), origin));
        }
        Ok(deliveries)
    }

    /// Those of the flag, the environment and `nucleon.yaml`; one that cannot be is told and left out.
    fn addresses(&self, common: &Common, format: Format) -> Vec<Address> {
        let mut urls = self.url.clone();
        urls.extend(
            env::get(env::WEBHOOKS)
                .iter()
                .flat_map(|lines| lines.lines())
                .map(str::to_owned),
        );
        let files = read_tree(&common.root);
        urls.extend(
            files
                .map(|files| Config::parse(&files).0.notifications.webhooks)
                .unwrap_or_default(),
        );
        let urls = urls
            .iter()
            .map(|url| url.trim())
            .filter(|url| !url.is_empty());
        let mut addresses = Vec::new();
        for (index, url) in urls.enumerate() {
            match Address::new(url) {
                Ok(address) => addresses.push(address),
                Err(why) => warn(&format!("webhook {} is left out: {why}", index + 1), format),
            }
        }
        addresses
    }

    /// Sends one delivery to one address; else a sentence.
    async fn send(
        &self,
        address: &Address,
        delivery: &Delivery,
        secret: Option<&Secret>,
    ) -> Result<(), String> {
        let slack = self.slack || address.is_slack();
        if !slack && secret.is_none() {
            let name = env::WEBHOOK_SECRET;
            return Err(format!(
                "the webhook at {address} was not told: set {name}, which it is signed with"
            ));
        }
        let body = if slack {
            delivery.to_slack()
        } else {
            delivery.to_json()
        };
        let letter = Letter {
            address,
            event: delivery.event.as_str(),
            delivery: &delivery.delivery,
            body: &body,
            secret: secret.filter(|_| !slack),
        };
        let sent = send(&letter).await;
        sent.map_err(|why| format!("the webhook at {address} could not be told: {why}"))
    }
}

/// What could not be delivered is no failure of what it tells.
fn warn(text: &str, format: Format) {
    output::say(&format!("warning: {text}"));
    if format == Format::Github {
        output::data(&report::warning(text));
    }
}

fn id() -> String {
    uuid::Uuid::new_v4().to_string()
}
