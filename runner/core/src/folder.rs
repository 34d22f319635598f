//! What a Terraform or `CodeBuild` target renders to: a folder of files, with the very bytes that Proton committed.
//!
//! A folder does not know where it goes. Whoever writes it gives the deployment's id and what is there already:
//! Proton's form of these files changed over the years, and an update keeps the form that a folder has, so that
//! a team which comes from Proton sees what it changed and nothing else. The digest knows neither of the two.

mod form;
mod hcl;
mod header;
mod metadata;
mod pretty;
mod values;
mod variables;

use serde_json::Value as Json;

pub use metadata::{Metadata, read as read_metadata};

use crate::bundle::module::is_source;
use crate::context::Context;
use crate::digest::RenderedDigest;
use crate::files::{Content, Files, RelPath};
use crate::folder::form::Form;
use crate::manifest::{Engine, InputsFile, Settings};
use crate::script::Variable;
use crate::source::Module;
use crate::tags::{Tagged, arn, proton_tags};
use crate::target::{Name, TargetId};

/// The file that says which deployment a folder is from.
pub const METADATA: &str = ".proton/deployment-metadata.json";

/// The file that holds the values of a module's variables.
pub const VALUES: &str = "proton.auto.tfvars.json";

/// Whose folder it is.
#[derive(Clone, Copy, Debug)]
pub struct Subject<'a> {
    /// The target.
    pub target: &'a TargetId,
    /// What its tags are made of.
    pub tagged: Tagged<'a>,
    /// The template's major and minor version; components have no template, the newest content no minor version.
    pub version: Option<(u32, Option<u32>)>,
}

/// A rendered folder.
#[derive(Clone, Debug)]
pub struct Folder {
    path: RelPath,
    files: Files,
    values: Json,
    unknown: Vec<String>,
    made: Made,
}

/// What is in a folder beside the files of its bundle.
#[derive(Clone, Debug)]
enum Made {
    Module(Owner),
    /// It stands in a repository already, and is taken as it is.
    Merged,
    Commands(Box<Provisioning>),
}

/// The commands of a target, and what they are run in.
#[derive(Clone, Debug, PartialEq)]
pub struct Provisioning {
    /// What the manifest says.
    pub settings: Settings,
    /// The commands that make it, with this target's values.
    pub provision: Vec<String>,
    /// What its commands find in their environment, with this target's values.
    pub variables: Vec<(String, Variable)>,
    /// The properties of the `CodeBuild` project, with this target's values.
    pub project: Option<Json>,
}

/// What the files of a module's folder say about the target.
#[derive(Clone, Debug)]
struct Owner {
    kind: Kind,
    arn: String,
    tags: Vec<(String, String)>,
    metadata: Json,
}

/// What Proton called a target in the names of files and variables.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Environment,
    Instance,
    Pipeline,
    Component,
}

impl Kind {
    fn of(target: &TargetId) -> Self {
        match target {
            TargetId::Environment(_) => Self::Environment,
            TargetId::Instance { .. } => Self::Instance,
            TargetId::Pipeline { .. } => Self::Pipeline,
            TargetId::Component(_) => Self::Component,
        }
    }

    fn variables_file(self) -> &'static str {
        match self {
            Self::Environment => "proton.environment.variables.tf",
            Self::Instance => "proton.service_instance.variables.tf",
            Self::Pipeline => "proton.pipeline.variables.tf",
            Self::Component => "proton.component.variables.tf",
        }
    }
}

/// The folder that Proton gave a target's files, relative to the infrastructure repository's root.
pub fn path(target: &TargetId, environment: Option<&Name>) -> String {
    let inside = |inside: String| match environment {
        Some(environment) => format!("{environment}/{inside}"),
        None => inside,
    };
    match target {
        TargetId::Environment(name) => name.to_string(),
        TargetId::Instance { service, instance } => inside(format!("{service}-{instance}")),
        TargetId::Pipeline { service } => format!("{service}/pipeline"),
        TargetId::Component(name) => inside(format!("components/{name}")),
    }
}

impl Folder {
    /// The folder of a Terraform target.
    pub fn of_module(module: &Module, context: &Context, subject: Subject<'_>) -> Self {
        let kind = Kind::of(subject.target);
        let tagged = subject.tagged;
        let tags = match kind {
            Kind::Component => Vec::new(),
            Kind::Environment | Kind::Instance | Kind::Pipeline => {
                proton_tags(subject.target, tagged)
            }
        };
        let owner = Owner {
            kind,
            arn: arn(tagged.account, tagged.region, subject.target),
            tags,
            metadata: metadata::resource(subject),
        };
        Self::new(&module.files, context, subject, Made::Module(owner))
    }

    /// The folder of a target that commands provision, whose files are those of the bundle.
    pub fn of_commands(
        files: &Files,
        provisioning: Provisioning,
        context: &Context,
        subject: Subject<'_>,
    ) -> Self {
        let made = Made::Commands(Box::new(provisioning));
        Self::new(files, context, subject, made)
    }

    /// A folder as it was merged into an infrastructure repository.
    pub fn of_merged(path: &RelPath, files: &Files) -> Self {
        Self {
            path: path.clone(),
            files: files.clone(),
            values: values::read(files).unwrap_or_default(),
            unknown: Vec::new(),
            made: Made::Merged,
        }
    }

    fn new(files: &Files, context: &Context, subject: Subject<'_>, made: Made) -> Self {
        let path = path(subject.target, subject.tagged.environment);
        Self {
            path: RelPath::new(&path).expect("names hold neither `..` nor separators"),
            files: files.clone(),
            values: context.to_json(),
            unknown: context.unknown(),
            made,
        }
    }

    /// Where it goes, relative to the root of whatever it is written into.
    pub fn path(&self) -> &RelPath {
        &self.path
    }

    /// Whether it stands in a repository already, as it is.
    pub fn is_merged(&self) -> bool {
        matches!(self.made, Made::Merged)
    }

    /// What makes infrastructure of it.
    pub fn engine(&self) -> Engine {
        match self.made {
            Made::Module(_) | Made::Merged => Engine::Terraform,
            Made::Commands(_) => Engine::CodeBuild,
        }
    }

    /// The commands that provision it; a module has none.
    pub fn provisioning(&self) -> Option<&Provisioning> {
        match &self.made {
            Made::Module(_) | Made::Merged => None,
            Made::Commands(provisioning) => Some(provisioning),
        }
    }

    /// What a template sees: the values that its files hold.
    pub fn values(&self) -> &Json {
        &self.values
    }

    /// The outputs of other targets that are not known yet and stand empty in it.
    pub fn unknown(&self) -> &[String] {
        &self.unknown
    }

    /// The digest of everything in it but the deployment's id, in the newest form.
    pub fn digest(&self) -> RenderedDigest {
        let files = self.files("", &Files::default());
        let parts: Vec<_> = files.digested().flatten().collect();
        RenderedDigest::of(&parts.iter().map(AsRef::as_ref).collect::<Vec<_>>())
    }

    /// An id for a folder that no deployment writes: a UUID made of the digest, the same for the same folder.
    pub fn deployment_id(&self) -> String {
        let digest = self.digest();
        let hex = digest.as_str().trim_start_matches("sha256:");
        // Version 8 is a UUID of one's own making.
        let parts = [
            &hex[..8],
            &hex[8..12],
            &hex[13..16],
            &hex[17..20],
            &hex[20..32],
        ];
        let [first, second, third, fourth, fifth] = parts;
        format!("{first}-{second}-8{third}-8{fourth}-{fifth}")
    }

    /// All its files, relative to its path.
    ///
    /// `existing` is what is there already, empty for a new folder; `deployment` is the id by which the folder's
    /// provisioner tells how the deployment went.
    pub fn files(&self, deployment: &str, existing: &Files) -> Files {
        match &self.made {
            Made::Module(owner) => self.module(owner, deployment, existing),
            Made::Merged => self.files.clone(),
            Made::Commands(provisioning) => {
                with_inputs(&self.files, provisioning.settings.inputs_file, &self.values)
            }
        }
    }

    fn module(&self, owner: &Owner, deployment: &str, existing: &Files) -> Files {
        let form = Form::of(existing, owner.kind, &self.values);
        let header = header::managed(&owner.arn);
        let mut files = self
            .files
            .map(|path, content| headed(&header, path, content));
        let variables = variables::text(owner.kind, form);
        write(&mut files, owner.kind.variables_file(), header + &variables);
        let tags = form.has_tags_value.then_some(owner.tags.as_slice());
        let values = values::values(&self.values, tags, &owner.arn);
        let values = values::in_order_of(values, values::read(existing).as_ref());
        write(&mut files, VALUES, pretty::pretty(&values));
        let metadata = metadata::document(deployment, &owner.metadata);
        write(&mut files, METADATA, pretty::pretty(&metadata));
        files
    }

    /// What an update leaves of a folder although it is not in it any more: sources that bear Proton's header.
    pub fn left_over(&self, existing: &Files) -> Vec<RelPath> {
        let Made::Module(owner) = &self.made else {
            return Vec::new();
        };
        let left = |(path, content): &(&RelPath, &Content)| {
            let ours = path.as_str() == owner.kind.variables_file();
            let headed = matches!(content, Content::Text(text) if header::body(text).is_some());
            is_source(path) && headed && !ours && self.files.get(path.as_str()).is_none()
        };
        let left = existing.iter().filter(left);
        left.map(|(path, _)| path.clone()).collect()
    }
}

/// The files of commands, and the one that holds their inputs.
pub fn with_inputs(files: &Files, form: InputsFile, values: &Json) -> Files {
    let mut files = files.clone();
    match form {
        InputsFile::Json => write(&mut files, "proton-inputs.json", pretty::pretty(values)),
        InputsFile::Hcl => write(&mut files, "proton-inputs.tfvars", hcl::definitions(values)),
    }
    files
}

/// The form of a folder whose target was deleted: all that was there, no longer managed.
///
/// The files stay, because whoever destroys the target needs them.
pub fn deleted(existing: &Files) -> Files {
    existing.map(|path, content| match content {
        Content::Text(text) if path.as_str() == METADATA => {
            metadata::deleted(text).map_or_else(|| content.clone(), text_content)
        }
        Content::Text(text) if is_source(path) => match header::body(text) {
            Some(body) => text_content(format!("{}{body}", header::DELETED)),
            None => content.clone(),
        },
        Content::Text(_) | Content::Bytes(_) | Content::Refused(_) => content.clone(),
    })
}

/// What the metadata of a folder says; nothing where there is none that can be read.
pub(crate) fn metadata_of(existing: &Files) -> Option<Metadata> {
    metadata::read(existing.text(METADATA)?).ok()
}

/// How many lines of a file in a folder are the header that Proton wrote above the module's own.
pub(crate) fn header_lines(text: &str) -> u32 {
    let body = header::body(text).unwrap_or(text);
    let lines = text[..text.len() - body.len()].lines().count();
    u32::try_from(lines).unwrap_or(0)
}

fn headed(header: &str, path: &RelPath, content: &Content) -> Content {
    match content {
        Content::Text(text) if is_source(path) => text_content(format!("{header}{text}")),
        Content::Text(_) | Content::Bytes(_) | Content::Refused(_) => content.clone(),
    }
}

fn text_content(text: String) -> Content {
    Content::Text(text.into())
}

fn write(files: &mut Files, name: &str, text: String) {
    let path = RelPath::new(name).expect("the names of our own files are good");
    files.insert(path, text_content(text));
}
