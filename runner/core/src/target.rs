//! What is deployed: a target, known by the resource part of its Proton ARN.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// A resource name by Proton's pattern: `^[0-9A-Za-z]+[0-9A-Za-z_\-]*$`, 1 to 100 characters.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Name(String);

/// A name that Proton's pattern refuses.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BadName(pub String);

impl fmt::Display for BadName {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            formatter,
            "`{}` is not a name (letters, digits, `-` and `_`, a letter or digit first, at most 100)",
            self.0
        )
    }
}

impl std::error::Error for BadName {}

impl Name {
    /// Proves that a text is a name.
    pub fn new(text: &str) -> Result<Self, BadName> {
        let mut bytes = text.bytes();
        let head = bytes
            .next()
            .is_some_and(|byte| byte.is_ascii_alphanumeric());
        let tail = bytes.all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'));
        if head && tail && text.len() <= 100 {
            Ok(Self(text.to_owned()))
        } else {
            Err(BadName(text.to_owned()))
        }
    }

    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Name {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl TryFrom<String> for Name {
    type Error = BadName;
    fn try_from(text: String) -> Result<Self, BadName> {
        Self::new(&text)
    }
}

impl From<Name> for String {
    fn from(name: Name) -> Self {
        name.0
    }
}

/// One thing that is deployed.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum TargetId {
    /// `environment/NAME`.
    Environment(Name),
    /// `component/NAME`.
    Component(Name),
    /// `service/SERVICE/service-instance/INSTANCE`.
    Instance {
        /// The service.
        service: Name,
        /// The instance.
        instance: Name,
    },
    /// `service/SERVICE/pipeline`.
    Pipeline {
        /// The service.
        service: Name,
    },
}

impl TargetId {
    /// The stage of a target of this kind where no repository says more.
    pub fn usual_stage(&self) -> Stage {
        match self {
            Self::Environment(_) => Stage::Environments,
            Self::Component(_) => Stage::Components,
            Self::Instance { .. } => Stage::Instances(1),
            Self::Pipeline { .. } => Stage::Pipelines,
        }
    }
}

/// A text that is not a target id.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BadTargetId(pub String);

impl fmt::Display for BadTargetId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            formatter,
            "`{}` is not a target; write `environment/NAME`, `component/NAME`, `service/NAME/service-instance/NAME` or `service/NAME/pipeline`",
            self.0
        )
    }
}

impl std::error::Error for BadTargetId {}

impl fmt::Display for TargetId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Environment(name) => write!(formatter, "environment/{name}"),
            Self::Component(name) => write!(formatter, "component/{name}"),
            Self::Instance { service, instance } => {
                write!(formatter, "service/{service}/service-instance/{instance}")
            }
            Self::Pipeline { service } => write!(formatter, "service/{service}/pipeline"),
        }
    }
}

impl FromStr for TargetId {
    type Err = BadTargetId;

    fn from_str(text: &str) -> Result<Self, BadTargetId> {
        let name = |part: &str| Name::new(part).map_err(|_| BadTargetId(text.to_owned()));
        match text.split('/').collect::<Vec<_>>()[..] {
            ["environment", environment] => Ok(Self::Environment(name(environment)?)),
            ["component", component] => Ok(Self::Component(name(component)?)),
            ["service", service, "service-instance", instance] => Ok(Self::Instance {
                service: name(service)?,
                instance: name(instance)?,
            }),
            ["service", service, "pipeline"] => Ok(Self::Pipeline {
                service: name(service)?,
            }),
            _ => Err(BadTargetId(text.to_owned())),
        }
    }
}

impl TryFrom<String> for TargetId {
    type Error = BadTargetId;
    fn try_from(text: String) -> Result<Self, BadTargetId> {
        text.parse()
    }
}

impl From<TargetId> for String {
    fn from(target: TargetId) -> Self {
        target.to_string()
    }
}

/// A step of a run; targets of one stage are planned and applied side by side.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Stage {
    /// Every environment.
    Environments,
    /// Every component.
    Components,
    /// Service instances of one step of `promotion.order`, 1 to 5.
    Instances(u8),
    /// Every service pipeline.
    Pipelines,
}

impl Stage {
    /// Every stage, in the order of a run.
    pub const ALL: [Self; 8] = [
        Self::Environments,
        Self::Components,
        Self::Instances(1),
        Self::Instances(2),
        Self::Instances(3),
        Self::Instances(4),
        Self::Instances(5),
        Self::Pipelines,
    ];
}

impl fmt::Display for Stage {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Environments => formatter.write_str("environments"),
            Self::Components => formatter.write_str("components"),
            Self::Instances(step) => write!(formatter, "instances-{step}"),
            Self::Pipelines => formatter.write_str("pipelines"),
        }
    }
}

/// A text that is not a stage.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BadStage(pub String);

impl fmt::Display for BadStage {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            formatter,
            "`{}` is not a stage (environments, components, instances-1 to instances-5, pipelines)",
            self.0
        )
    }
}

impl std::error::Error for BadStage {}

impl FromStr for Stage {
    type Err = BadStage;
    fn from_str(text: &str) -> Result<Self, BadStage> {
        Self::ALL
            .into_iter()
            .find(|stage| stage.to_string() == text)
            .ok_or_else(|| BadStage(text.to_owned()))
    }
}

impl TryFrom<String> for Stage {
    type Error = BadStage;
    fn try_from(text: String) -> Result<Self, BadStage> {
        text.parse()
    }
}

impl From<Stage> for String {
    fn from(stage: Stage) -> Self {
        stage.to_string()
    }
}
