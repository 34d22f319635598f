//! What a target becomes that Terraform makes: its folder, where its state is, and how the record lets it be destroyed.

use std::collections::BTreeMap;
use std::sync::Arc;

use nucleon_core::config::Config;
use nucleon_core::deployment::Place;
use nucleon_core::files::{Files, RelPath};
use nucleon_core::folder::Folder;
use nucleon_core::record::{Provisioned, Record, TemplateUsed};
use nucleon_core::script::masked;
use nucleon_core::secret::{Secret, Secrets};
use nucleon_core::terraform::{RootModule, named_backend};

use serde_json::{Map, Value as Json};

use crate::fleet::living;

/// What a module is made of.
#[derive(Clone)]
pub(crate) struct Given<'a> {
    /// The rendered folder.
    pub(crate) folder: &'a Folder,
    /// The bundle it is from; components have none.
    pub(crate) bundle: Option<&'a TemplateUsed>,
    /// Where its sources lie in the repository.
    pub(crate) source: Option<Arc<str>>,
    /// Where its state is, where that is not as `nucleon.yaml` says.
    pub(crate) kept_at: BTreeMap<String, String>,
    /// What must not be written down.
    pub(crate) secrets: &'a [Secret],
}

/// The module that deploys a target.
pub(crate) fn of_deployment(
    config: &Config,
    place: &Place,
    given: Given<'_>,
    record: Option<&Record>,
) -> RootModule {
    let Given {
        folder,
        bundle,
        source,
        kept_at,
        secrets,
    } = given;
    let secrets = Secrets::of(secrets);
    let files = folder.files(&folder.deployment_id(), &Files::default());
    let mut backend = backend(config, place, folder.path(), living(record));
    backend.extend(kept_at);
    let (backend_type, names_backend) = backend_type(config, &files);
    RootModule {
        path: folder.path().clone(),
        source,
        binary: config.terraform.binary,
        backend_type,
        names_backend,
        outputs: record
            .map(|record| record.outputs.clone())
            .unwrap_or_default(),
        after: Provisioned::Terraform {
            bundle: bundle.cloned(),
            // Of a merged folder nobody knows what is secret; its repository holds the values.
            inputs: if folder.is_merged() {
                Json::Object(Map::new())
            } else {
                masked(folder.values(), &|text| secrets.are_in(text))
            },
            path: folder.path().to_string(),
            backend: backend.clone(),
            who: None,
        },
        backend,
        files,
        notes: Vec::new(),
    }
}

/// The module that destroys what a record says is there; `folder` is what it was applied from, where that is still to be had.
pub(crate) fn of_destruction(
    config: &Config,
    record: &Record,
    folder: Option<&Folder>,
) -> RootModule {
    let Some(Provisioned::Terraform { path, backend, .. }) = &record.provisioned else {
        unreachable!("the record says that Terraform has made it")
    };
    let files = folder.map_or_else(Files::default, |folder| {
        folder.files(&folder.deployment_id(), &Files::default())
    });
    let (backend_type, names_backend) = backend_type(config, &files);
    let backend_type = backend_type.or_else(|| (!backend.is_empty()).then(|| "s3".to_owned()));
    RootModule {
        path: RelPath::new(path)
            .unwrap_or_else(|_| RelPath::new("module").expect("it is one name")),
        files,
        source: None,
        binary: config.terraform.binary,
        backend_type,
        names_backend,
        backend: backend.clone(),
        outputs: record.outputs.clone(),
        after: record.provisioned.clone().expect("it was just looked at"),
        notes: Vec::new(),
    }
}

fn backend_type(config: &Config, files: &Files) -> (Option<String>, bool) {
    let named = named_backend(files);
    let names_backend = named.is_some();
    (
        named.or_else(|| config.terraform.backend_type.clone()),
        names_backend,
    )
}

/// Where the state is: as `nucleon.yaml` says, but for the key of a state that is there already.
fn backend(
    config: &Config,
    place: &Place,
    path: &RelPath,
    living: Option<&Provisioned>,
) -> BTreeMap<String, String> {
    let mut backend = config.backend(place, path.as_str());
    if let Some(Provisioned::Terraform { backend: kept, .. }) = living
        && let Some(key) = kept.get("key")
    {
        backend.insert("key".to_owned(), key.clone());
    }
    backend
}
