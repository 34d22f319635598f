//! Everything a provisioner needs to know to deploy one target.

use std::collections::BTreeMap;

use crate::digest::RenderedDigest;
use crate::proposal::Proposal;
use crate::script::Script;
use crate::target::TargetId;
use crate::terraform::RootModule;

/// The place a target is deployed to.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Place {
    /// The account's id, 12 digits.
    pub account: String,
    /// The region.
    pub region: String,
}

/// The roles of one account, as `nucleon.yaml` names them; ARNs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Roles {
    /// Reads and makes change sets.
    pub plan: Option<String>,
    /// Executes them.
    pub apply: Option<String>,
    /// Given to CloudFormation.
    pub execution: Option<String>,
    /// Given to CloudFormation for developers' components.
    pub component: Option<String>,
    /// For `verify` commands.
    pub verify: Option<String>,
}

/// One target, ready to be planned or applied.
#[derive(Clone, Debug)]
pub struct Deployment {
    /// The target.
    pub target: TargetId,
    /// Where to.
    pub place: Place,
    /// The account's roles.
    pub roles: Roles,
    /// Whether a record says that what lives there is this target's; where not, a living stack with the target's tags is an error.
    pub adopted: bool,
    /// The digest of what was rendered.
    pub rendered: RenderedDigest,
    /// The deployment's id: CloudFormation's client request token.
    pub id: String,
    /// Whether the target is to be deleted.
    pub destroy: bool,
    /// What is deployed.
    pub body: Body,
}

/// What is deployed; each kind has its own provisioner.
#[derive(Clone, Debug)]
pub enum Body {
    /// A stack of CloudFormation.
    Stack(Stack),
    /// Commands that are run.
    Script(Box<Script>),
    /// A Terraform module.
    Module(Box<RootModule>),
    /// A folder that is proposed to an infrastructure repository.
    Proposal(Box<Proposal>),
}

/// A stack, and the template that it is to have.
#[derive(Clone, Debug)]
pub struct Stack {
    /// Its name where the target lives already (from its record), else what a new one is called.
    pub name: String,
    /// The rendered template.
    pub template: String,
    /// What the template needs CloudFormation to be allowed: `CAPABILITY_NAMED_IAM`.
    pub capabilities: Vec<String>,
    /// The tags of the stack: `proton:*` as Proton set them.
    pub tags: BTreeMap<String, String>,
    /// The bucket for bodies over 51,200 bytes, and its key's alias.
    pub artifacts: Option<Artifacts>,
    /// Names of parameters and properties whose values must never be shown.
    pub sensitive: Vec<String>,
}

/// Where large template bodies go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Artifacts {
    /// The bucket, with account and region filled in.
    pub bucket: String,
    /// The key it is encrypted with.
    pub kms_key: Option<String>,
}
