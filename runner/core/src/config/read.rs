//! Reads `nucleon.yaml` as a whole, and checks what one section says of another.

use std::collections::{BTreeMap, BTreeSet};

use crate::codes::Code;
use crate::config::account::{Account, Hub};
use crate::config::sections::{
    ArtifactsConfig, EnvironmentConfig, Notifications, PipelinesConfig, Promotion, Proton,
    ProvisioningConfig, ServiceConfig, StateConfig, TemplatesConfig, Terraform,
};
use crate::config::{Config, FILE, file};
use crate::diagnostic::{Diagnostic, Location, Severity};
use crate::fields::{Faults, Fields, Reader};
use crate::files::Files;
use crate::located::Located;
use crate::suggest::closest;
use crate::target::{Name, TargetId};
use crate::version::VersionRef;
use crate::yaml::{self, Node, Value};

static FAULTS: Faults = Faults {
    unknown_key: (Code::ConfigUnknownKey, Severity::Error),
    wrong_type: Code::ConfigWrongType,
    missing_key: Code::ConfigMissingKey,
    bad_value: Code::ConfigBadValue,
    bad_name: Code::SpecBadName,
    bad_version: Code::SpecBadVersion,
};

const KEYS: &[&str] = &[
    "nucleon",
    "proton",
    "accounts",
    "hub",
    "environments",
    "services",
    "pins",
    "templates",
    "unpinned",
    "artifacts",
    "provisioning",
    "promotion",
    "pipelines",
    "terraform",
    "notifications",
    "state",
];

/// The most steps of promotion that a run has stages for.
const STEPS: usize = 5;

pub(super) fn parse(files: &Files) -> (Config, Vec<Diagnostic>) {
    let text = match files.read(FILE, "") {
        Some(Ok(text)) => text,
        Some(Err(fault)) => return (Config::default(), vec![fault]),
        None => return (Config::default(), vec![missing()]),
    };
    let node = match yaml::parse(&file(), text) {
        Ok(node) => node,
        Err(faults) => return (Config::default(), faults),
    };
    let mut reader = Reader::new(&file(), &FAULTS);
    let config = read(&mut reader, &node).unwrap_or_default();
    (config, reader.finish())
}

fn missing() -> Diagnostic {
    Diagnostic::error(Code::FileMissing, format!("there is no `{FILE}` here"))
        .at(Location::start_of(FILE))
        .help("run `nucleon init` in the repository's root, or name the root with `-C DIR`")
}

fn read(reader: &mut Reader, node: &Node) -> Option<Config> {
    let fields = reader.fields(node, "", KEYS)?;
    format(reader, &fields);
    let help = "add `proton: {account: \"111122223333\", region: us-east-1}`";
    let proton = reader.required(&fields, "proton", help);
    let proton = proton.and_then(|node| Proton::read(reader, node));
    let mut config = Config {
        proton: proton.unwrap_or_default(),
        is_read: true,
        ..Config::default()
    };
    accounts(reader, &fields, &mut config);
    targets(reader, &fields, &mut config);
    settings(reader, &fields, &mut config);
    check_accounts(reader, &config);
    check_order(reader, &config.promotion.order);
    Some(config)
}

fn format(reader: &mut Reader, fields: &Fields<'_>) {
    let Some(node) = reader.required(fields, "nucleon", "begin the file with `nucleon: 1`") else {
        return;
    };
    match node.value {
        Value::Integer(1) => {}
        Value::Integer(number) => {
            let message = format!("format {number} of {FILE} is not one that this Nucleon knows");
            reader.bad_value(node, message, "write `nucleon: 1`, or use a newer Nucleon");
        }
        _ => reader.wrong_type(node, "nucleon", "a number", "write `nucleon: 1`"),
    }
}

fn accounts(reader: &mut Reader, fields: &Fields<'_>, config: &mut Config) {
    let help = "name the accounts that targets go to: `accounts: {prod: {id: \"444455556666\"}}`";
    let entries = reader.required(fields, "accounts", help);
    let entries = entries.and_then(|node| reader.entries(node, "accounts"));
    for (name, node) in entries.unwrap_or_default() {
        match Account::read(reader, &name, node) {
            Some(account) => drop(config.accounts.insert(name.value, account)),
            None => drop(config.broken_accounts.insert(name.value)),
        }
    }
    config.hub = fields.get("hub").and_then(|node| Hub::read(reader, node));
}

fn targets(reader: &mut Reader, fields: &Fields<'_>, config: &mut Config) {
    for (name, node) in named(reader, fields, "environments") {
        if let Some(environment) = EnvironmentConfig::read(reader, name, node) {
            let name = environment.name.value.clone();
            config.environments.insert(name, environment);
        }
    }
    for (name, node) in named(reader, fields, "services") {
        if let Some(service) = ServiceConfig::read(reader, name, node) {
            config.services.insert(service.name.value.clone(), service);
        }
    }
    config.pins = pins(reader, fields);
}

fn named<'n>(
    reader: &mut Reader,
    fields: &Fields<'n>,
    key: &str,
) -> Vec<(Located<Name>, &'n Node)> {
    let entries = fields.get(key).and_then(|node| reader.entries(node, key));
    let entries = entries.unwrap_or_default().into_iter();
    entries
        .filter_map(|(name, node)| Some((reader.name_of(&name)?, node)))
        .collect()
}

fn pins(reader: &mut Reader, fields: &Fields<'_>) -> BTreeMap<TargetId, Located<VersionRef>> {
    let entries = fields
        .get("pins")
        .and_then(|node| reader.entries(node, "pins"));
    let mut pins = BTreeMap::new();
    for (key, node) in entries.unwrap_or_default() {
        let version = reader.version(node, &format!("pins.{}", key.value));
        match key.parse::<TargetId>() {
            Ok(TargetId::Component(_)) => reader.report(
                Diagnostic::error(FAULTS.bad_value, "a component has no template to pin")
                    .at(key.at)
                    .help("take the pin out"),
            ),
            Ok(target) => pins.extend(version.map(|version| (target, version))),
            Err(error) => reader.report(
                Diagnostic::error(FAULTS.bad_value, format!("`{}` is not a target", error.0))
                    .at(key.at)
                    .help("write `environment/NAME`, `service/NAME/service-instance/NAME` or `service/NAME/pipeline`"),
            ),
        }
    }
    pins
}

fn settings(reader: &mut Reader, fields: &Fields<'_>, config: &mut Config) {
    let get = |key: &str| fields.get(key);
    let sources = get("templates").map_or(&[][..], |node| reader.items(node, "templates"));
    let sources = sources.iter();
    config.templates = sources
        .filter_map(|node| TemplatesConfig::read(reader, node))
        .collect();
    for source in &config.templates {
        if let Some(repository) = &source.repository {
            let message = format!(
                "this version of Nucleon does not fetch templates from `{}`",
                repository.value
            );
            let fault = Diagnostic::warning(Code::ConfigUnsupported, message);
            let help = "copy the templates here, as `templates/NAME/v1/`";
            reader.report(fault.at(repository.at.clone()).help(help));
        }
    }
    config.unpinned = get("unpinned")
        .map(|node| reader.names(node, "unpinned"))
        .unwrap_or_default();
    config.artifacts = get("artifacts").and_then(|node| ArtifactsConfig::read(reader, node));
    config.provisioning =
        get("provisioning").and_then(|node| ProvisioningConfig::read(reader, node));
    config.promotion = get("promotion")
        .and_then(|node| Promotion::read(reader, node))
        .unwrap_or_default();
    config.pipelines = get("pipelines")
        .and_then(|node| PipelinesConfig::read(reader, node))
        .unwrap_or_default();
    config.terraform = get("terraform")
        .and_then(|node| Terraform::read(reader, node))
        .unwrap_or_default();
    config.notifications = get("notifications")
        .and_then(|node| Notifications::read(reader, node))
        .unwrap_or_default();
    config.state = get("state")
        .and_then(|node| StateConfig::read(reader, node))
        .unwrap_or_default();
}

fn check_accounts(reader: &mut Reader, config: &Config) {
    let environments = config.environments.values();
    let used = environments.filter_map(|environment| environment.account.as_ref());
    for account in used.chain(&config.pipelines.account) {
        if let Some(fault) = unknown_account(config, account) {
            reader.report(fault);
        }
    }
}

/// The fault of naming an account that `accounts` does not define.
pub(crate) fn unknown_account(config: &Config, account: &Located<String>) -> Option<Diagnostic> {
    if config.has_account(account) {
        return None;
    }
    let help = closest(account, config.account_names()).map_or_else(
        || {
            format!(
                "add it to {FILE}: `accounts: {{{}: {{id: \"444455556666\"}}}}`",
                account.value
            )
        },
        |near| format!("write `{near}`"),
    );
    let message = format!(
        "account `{}` does not stand under `accounts` in {FILE}",
        account.value
    );
    let fault = Diagnostic::error(Code::ConfigUnknownAccount, message);
    Some(fault.at(account.at.clone()).help(help))
}

fn check_order(reader: &mut Reader, order: &[Located<Name>]) {
    let mut seen = BTreeSet::new();
    for step in order {
        if !seen.insert(&step.value) {
            let message = format!("`{}` stands twice in `promotion.order`", step.value);
            let fault = Diagnostic::error(Code::ConfigPromotionCycle, message);
            let help = "keep it where its turn is; an environment is promoted to once";
            reader.report(fault.at(step.at.clone()).help(help));
        }
    }
    if let Some(step) = order.get(STEPS) {
        let count = order.len();
        let message = format!("`promotion.order` has {count} steps; a run has stages for {STEPS}");
        let fault = Diagnostic::error(Code::ConfigPromotionTooLong, message);
        let help = "leave out environments that wait for no other: they are deployed first";
        reader.report(fault.at(step.at.clone()).help(help));
    }
}
