//! The smaller sections of `nucleon.yaml`, each a type that reads itself.

use std::collections::BTreeMap;

use crate::codes::Code;
use crate::config::Provisioning;
use crate::config::value::{account_id, connection, pattern, region, repository};
use crate::diagnostic::Diagnostic;
use crate::fields::{Fields, Reader, join};
use crate::files::{Files, RelPath};
use crate::located::Located;
use crate::target::Name;
use crate::version::VersionRef;
use crate::yaml::{Node, Value};

/// The Proton management account: ARNs and `proton:*` tags stay as they were.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Proton {
    /// Its id.
    pub account: String,
    /// Its region.
    pub region: String,
}

impl Proton {
    pub(super) fn read(reader: &mut Reader, node: &Node) -> Option<Self> {
        let fields = reader.fields(node, "proton", &["account", "region"])?;
        let help = "write the id of the account that Proton ran in: `account: \"111122223333\"`";
        let account = reader.required(&fields, "account", help);
        let account = account.and_then(|node| account_id(reader, node, "proton.account"));
        let help = "write the region that Proton ran in: `region: us-east-1`";
        let region_node = reader.required(&fields, "region", help);
        let region = region_node.and_then(|node| region(reader, node, "proton.region"));
        Some(Self {
            account: account?.value,
            region: region?.value,
        })
    }
}

/// What Proton knew of an environment, for specs kept as Proton had them.
#[derive(Clone, Debug)]
pub struct EnvironmentConfig {
    /// Its name, where it stands.
    pub name: Located<Name>,
    /// The name of its account.
    pub account: Option<Located<String>>,
    /// Its region, where it is another than the account's.
    pub region: Option<Located<String>>,
    /// The template version.
    pub template: Option<Located<VersionRef>>,
    /// Where its spec is, where that is not found by content.
    pub spec: Option<Located<RelPath>>,
    /// The GitHub environment, where it is not the same name.
    pub github_environment: Option<String>,
    /// How its targets reach their cloud.
    pub provisioning: Option<Located<Provisioning>>,
}

impl EnvironmentConfig {
    pub(super) fn read(reader: &mut Reader, name: Located<Name>, node: &Node) -> Option<Self> {
        let known = &[
            "account",
            "region",
            "template",
            "spec",
            "github_environment",
            "provisioning",
        ];
        let fields = reader.fields(node, &join("environments", name.as_str()), known)?;
        Some(Self {
            account: (fields.get("account"))
                .and_then(|node| reader.text(node, &fields.path("account"))),
            region: (fields.get("region"))
                .and_then(|node| region(reader, node, &fields.path("region"))),
            template: (fields.get("template"))
                .and_then(|node| reader.version(node, &fields.path("template"))),
            spec: (fields.get("spec"))
                .and_then(|node| spec_path(reader, node, &fields.path("spec"))),
            github_environment: (fields.get("github_environment"))
                .and_then(|node| plain(reader, node, &fields.path("github_environment"))),
            provisioning: (fields.get("provisioning"))
                .and_then(|node| provisioning(reader, node, &fields.path("provisioning"))),
            name,
        })
    }
}

/// What Proton knew of a service.
#[derive(Clone, Debug)]
pub struct ServiceConfig {
    /// Its name, where it stands.
    pub name: Located<Name>,
    /// The template version of its instances and its pipeline.
    pub template: Option<Located<VersionRef>>,
    /// Its code repository, `owner/name`.
    pub repository: Option<String>,
    /// The branch that is deployed.
    pub branch: Option<String>,
    /// Where its spec is: in its repository, or here where it is not found by content.
    pub spec: Option<Located<RelPath>>,
    /// The ARN of the connection to its repository.
    pub connection: Option<String>,
}

impl ServiceConfig {
    /// Where its spec is among files: here, or, where it is not, below the name of its repository.
    pub(crate) fn spec_file(&self, files: &Files) -> Option<RelPath> {
        let here = &self.spec.as_ref()?.value;
        let elsewhere = || {
            let repository = self.repository.as_ref()?;
            RelPath::new(&format!("{repository}/{here}")).ok()
        };
        let is_here = files.get(here.as_str()).is_some();
        (!is_here)
            .then(elsewhere)
            .flatten()
            .or_else(|| Some(here.clone()))
    }

    pub(super) fn read(reader: &mut Reader, name: Located<Name>, node: &Node) -> Option<Self> {
        let known = &["template", "repository", "branch", "spec", "connection"];
        let fields = reader.fields(node, &join("services", name.as_str()), known)?;
        Some(Self {
            template: (fields.get("template"))
                .and_then(|node| reader.version(node, &fields.path("template"))),
            repository: (fields.get("repository"))
                .and_then(|node| repository(reader, node, &fields.path("repository")))
                .map(|repository| repository.value),
            branch: (fields.get("branch"))
                .and_then(|node| plain(reader, node, &fields.path("branch"))),
            spec: (fields.get("spec"))
                .and_then(|node| spec_path(reader, node, &fields.path("spec"))),
            connection: (fields.get("connection"))
                .and_then(|node| connection(reader, node, &fields.path("connection"))),
            name,
        })
    }
}

/// One source of templates.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TemplatesConfig {
    /// The repository, `owner/name`; nothing means this one.
    pub repository: Option<Located<String>>,
    /// The folders to look in; none means everywhere.
    pub paths: Vec<RelPath>,
    /// Templates that are called something else here: their name there, their name here.
    pub renamed: BTreeMap<String, Name>,
}

impl TemplatesConfig {
    pub(super) fn read(reader: &mut Reader, node: &Node) -> Option<Self> {
        let fields = reader.fields(node, "templates", &["repository", "paths", "as"])?;
        let repository = (fields.get("repository"))
            .and_then(|node| repository(reader, node, "templates.repository"));
        let paths = fields
            .get("paths")
            .map_or(&[][..], |node| reader.items(node, "templates.paths"));
        let paths = paths
            .iter()
            .filter_map(|node| spec_path(reader, node, "templates.paths"));
        let paths = paths.map(|path| path.value).collect();
        let renamed = fields.get("as");
        let renamed = renamed.and_then(|node| reader.entries(node, "templates.as"));
        let mut names = BTreeMap::new();
        for (old, node) in renamed.unwrap_or_default() {
            if let Some(new) = reader.name(node, "templates.as") {
                names.insert(old.value, new.value);
            }
        }
        Some(Self {
            repository,
            paths,
            renamed: names,
        })
    }
}

/// Where large template bodies and artifacts go, with placeholders.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ArtifactsConfig {
    /// The bucket.
    pub bucket: String,
    /// The key it is encrypted with.
    pub kms_key: Option<String>,
}

impl ArtifactsConfig {
    pub(super) fn read(reader: &mut Reader, node: &Node) -> Option<Self> {
        let fields = reader.fields(node, "artifacts", &["bucket", "kms_key"])?;
        let places = &["{account_id}", "{region}"];
        let help = "write `bucket: \"nucleon-{account_id}-{region}\"`";
        let bucket = reader.required(&fields, "bucket", help);
        let bucket = bucket.and_then(|node| pattern(reader, node, "artifacts.bucket", places));
        let kms_key = fields.get("kms_key");
        let kms_key = kms_key.and_then(|node| pattern(reader, node, "artifacts.kms_key", places));
        Some(Self {
            bucket: bucket?,
            kms_key,
        })
    }
}

/// Where pull-request provisioning goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProvisioningConfig {
    /// The repository, `owner/name`.
    pub repository: String,
    /// The branch; nothing means the repository's own default.
    pub branch: Option<String>,
}

impl ProvisioningConfig {
    pub(super) fn read(reader: &mut Reader, node: &Node) -> Option<Self> {
        let fields = reader.fields(node, "provisioning", &["repository", "branch"])?;
        let found = reader.required(&fields, "repository", "write `repository: owner/name`");
        let found = found.and_then(|node| repository(reader, node, "provisioning.repository"));
        let branch = fields.get("branch");
        let branch = branch.and_then(|node| plain(reader, node, "provisioning.branch"));
        Some(Self {
            repository: found?.value,
            branch,
        })
    }
}

/// What must be the same in two environments that follow one another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum PromotionSame {
    /// The template version.
    Template,
    /// The release records.
    Releases,
}

/// The order of environments and what it demands.
#[derive(Clone, Debug, Default)]
pub struct Promotion {
    /// The environments, first to last; each is a stage of a run.
    pub order: Vec<Located<Name>>,
    /// What must be the same from step to step.
    pub same: Vec<PromotionSame>,
    /// Environments that are applied only with an approval.
    pub approval: Vec<Located<Name>>,
    /// Whether a plan that differs from the pull request's needs an approval.
    pub stop_on_change: bool,
}

impl Promotion {
    pub(super) fn read(reader: &mut Reader, node: &Node) -> Option<Self> {
        let known = &["order", "same", "approval", "stop_on_change"];
        let fields = reader.fields(node, "promotion", known)?;
        let order = fields.get("order");
        let order = order.map(|node| reader.names(node, "promotion.order"));
        let words = &[
            ("template", PromotionSame::Template),
            ("releases", PromotionSame::Releases),
        ];
        let same = fields
            .get("same")
            .map_or(&[][..], |node| reader.items(node, "promotion.same"));
        let same = same.iter();
        let same = same.filter_map(|node| reader.one_of(node, "promotion.same", words));
        let same: Vec<PromotionSame> = same.collect();
        let approval = fields.get("approval");
        let approval = approval.map(|node| reader.names(node, "promotion.approval"));
        let stop = fields.get("stop_on_change");
        let stop = stop.and_then(|node| reader.flag(node, "promotion.stop_on_change"));
        if !same.is_empty() {
            not_yet(reader, &fields, "same");
        }
        Some(Self {
            order: order.unwrap_or_default(),
            same,
            approval: approval.unwrap_or_default(),
            stop_on_change: stop.unwrap_or_default(),
        })
    }
}

/// Where pipelines run.
#[derive(Clone, Debug, Default)]
pub struct PipelinesConfig {
    /// The name of the account; nothing means Proton's.
    pub account: Option<Located<String>>,
    /// The GitHub environment; nothing means `pipelines`.
    pub github_environment: Option<String>,
}

impl PipelinesConfig {
    pub(super) fn read(reader: &mut Reader, node: &Node) -> Option<Self> {
        let fields = reader.fields(node, "pipelines", &["account", "github_environment"])?;
        Some(Self {
            account: (fields.get("account"))
                .and_then(|node| reader.text(node, "pipelines.account")),
            github_environment: (fields.get("github_environment"))
                .and_then(|node| plain(reader, node, "pipelines.github_environment")),
        })
    }
}

/// The program that runs Terraform modules.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum TerraformBinary {
    /// `terraform`.
    #[default]
    Terraform,
    /// `tofu`.
    Tofu,
}

/// How Terraform is run.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Terraform {
    /// The program.
    pub binary: TerraformBinary,
    /// The type of the backend, for modules that name none: `s3` where anything is said about it.
    pub backend_type: Option<String>,
    /// What `init` is told about the backend, with placeholders.
    pub backend: BTreeMap<String, String>,
}

impl Terraform {
    pub(super) fn read(reader: &mut Reader, node: &Node) -> Option<Self> {
        let fields = reader.fields(node, "terraform", &["binary", "backend"])?;
        let words = &[
            ("terraform", TerraformBinary::Terraform),
            ("tofu", TerraformBinary::Tofu),
        ];
        let binary = fields.get("binary");
        let binary = binary.and_then(|node| reader.one_of(node, "terraform.binary", words));
        let entries = fields.get("backend");
        let entries = entries.and_then(|node| reader.entries(node, "terraform.backend"));
        let mut backend = BTreeMap::new();
        for (key, node) in entries.unwrap_or_default() {
            if let Some(value) = backend_value(reader, node, &join("terraform.backend", &key)) {
                backend.insert(key.value, value);
            }
        }
        let backend_type = backend.remove("type");
        let backend_type = backend_type.or_else(|| (!backend.is_empty()).then(|| "s3".to_owned()));
        Some(Self {
            binary: binary.unwrap_or_default(),
            backend_type,
            backend,
        })
    }
}

// `encrypt: true` is what people write for Terraform's own flags.
fn backend_value(reader: &mut Reader, node: &Node, path: &str) -> Option<String> {
    match node.value {
        Value::Bool(flag) => Some(flag.to_string()),
        _ => pattern(reader, node, path, &["{account_id}", "{region}", "{path}"]),
    }
}

/// The view of the state.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StateConfig {
    /// The branch that people look at.
    pub branch: String,
}

impl Default for StateConfig {
    fn default() -> Self {
        Self {
            branch: "nucleon-state".to_owned(),
        }
    }
}

impl StateConfig {
    pub(super) fn read(reader: &mut Reader, node: &Node) -> Option<Self> {
        let fields = reader.fields(node, "state", &["branch"])?;
        let branch = fields.get("branch")?;
        let branch = plain(reader, branch, "state.branch")?;
        Some(Self { branch })
    }
}

/// Whom to tell beside GitHub.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Notifications {
    /// Addresses that get signed JSON.
    pub webhooks: Vec<String>,
}

impl Notifications {
    pub(super) fn read(reader: &mut Reader, node: &Node) -> Option<Self> {
        let fields = reader.fields(node, "notifications", &["webhooks"])?;
        let path = fields.path("webhooks");
        let list = fields.get("webhooks");
        let items = list.map_or(&[][..], |node| reader.items(node, &path));
        let urls = items.iter().filter_map(|item| webhook(reader, item, &path));
        Some(Self {
            webhooks: urls.collect(),
        })
    }
}

fn webhook(reader: &mut Reader, node: &Node, path: &str) -> Option<String> {
    let url = reader.text(node, path)?.value;
    let Some(rest) = url.strip_prefix("https://") else {
        let message = "a webhook's address begins with `https://`";
        reader.bad_value(node, message, "write `https://hooks.acme.com/nucleon`");
        return None;
    };
    let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
    if host == "hooks.slack.com" || host.contains('@') {
        let message = "this address is a secret, and secrets do not stand in files";
        let help = "keep it as a secret of the repository, and give it by NUCLEON_WEBHOOKS";
        let mut fault = Diagnostic::error(Code::ConfigBadValue, message).at(reader.at(node));
        fault.hides_source = true;
        reader.report(fault.help(help));
        return None;
    }
    Some(url)
}

// A rule that nobody enforces must not look as if somebody did.
fn not_yet(reader: &mut Reader, fields: &Fields<'_>, key: &str) {
    let Some(node) = fields.key(key) else {
        return;
    };
    let message = format!(
        "this version of Nucleon does not enforce `{}`",
        fields.path(key)
    );
    let fault = Diagnostic::warning(Code::ConfigUnsupported, message);
    let help = "demand approvals where it matters: `approval: [prod]`";
    reader.report(fault.at(reader.at(node)).help(help));
}

/// `direct` or `pull-request`.
pub(crate) fn provisioning(
    reader: &mut Reader,
    node: &Node,
    path: &str,
) -> Option<Located<Provisioning>> {
    let words = &[
        ("direct", Provisioning::Direct),
        ("pull-request", Provisioning::PullRequest),
    ];
    let value = reader.one_of(node, path, words)?;
    Some(Located {
        value,
        at: reader.at(node),
    })
}

/// A text that is not empty.
fn plain(reader: &mut Reader, node: &Node, path: &str) -> Option<String> {
    let parse = |text: &str| match text.trim() {
        "" => Err(format!("`{path}` is empty")),
        _ => Ok(text.to_owned()),
    };
    let text = reader.parsed(node, path, parse, "write a name, or leave the key out")?;
    Some(text.value)
}

fn spec_path(reader: &mut Reader, node: &Node, path: &str) -> Option<Located<RelPath>> {
    let parse = |text: &str| {
        RelPath::new(text)
            .map_err(|bad| format!("`{}` is not a path below the repository's root", bad.0))
    };
    reader.parsed(
        node,
        path,
        parse,
        "write a path from the repository's root, without `..`",
    )
}
