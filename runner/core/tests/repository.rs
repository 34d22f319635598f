//! Whole repositories: the example that the demo deploys, and Proton's own sample bundles.

#![expect(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    reason = "the repositories stand in files outside of the crate, and a test may panic"
)]

mod tree;

use std::path::{Path, PathBuf};

use nucleon_core::diagnostic::Diagnostic;
use nucleon_core::files::Files;
use nucleon_core::repository::Repository;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// The example repository with the templates and the component that it uses.
fn example() -> Files {
    let mut files = Files::default();
    tree::add(&mut files, &root().join("tests/example-repository"), "");
    tree::add(
        &mut files,
        &root().join("templates-examples/network-env"),
        "templates/network-env",
    );
    tree::add(
        &mut files,
        &root().join("templates-examples/queue-worker-svc"),
        "templates/queue-worker-svc",
    );
    let component = files
        .text("components/uploads/component.yaml")
        .unwrap()
        .to_owned();
    tree::add(
        &mut files,
        &root().join("templates-examples/s3-bucket"),
        "components/uploads",
    );
    let path = nucleon_core::files::RelPath::new("components/uploads/component.yaml").unwrap();
    files.insert(path, nucleon_core::files::Content::Text(component.into()));
    files
}

fn lines(diagnostics: &[Diagnostic]) -> String {
    let line = |fault: &Diagnostic| {
        let at = fault.location.as_ref().unwrap();
        let help = fault.help.as_deref().unwrap_or("-");
        format!(
            "{}:{}:{} {:?} {} {} ({help})\n",
            at.file, at.line, at.column, fault.severity, fault.code, fault.message
        )
    };
    diagnostics.iter().map(line).collect()
}

#[test]
fn the_example_repository_has_every_kind_of_target() {
    let (repository, diagnostics) = Repository::parse(&example());
    assert_eq!(lines(&diagnostics), "");
    let targets = repository.targets().values().map(|target| {
        let version = target.template.as_ref().map(ToString::to_string);
        let dependencies: Vec<String> = target
            .dependencies
            .iter()
            .map(ToString::to_string)
            .collect();
        format!(
            "{} {} {}/{} {} {} <- {}\n",
            target.stage,
            target.id,
            target.place.account,
            target.place.region,
            target.github_environment,
            version.unwrap_or_default(),
            dependencies.join(", "),
        )
    });
    insta::assert_snapshot!(targets.collect::<String>(), @"
    environments environment/dev 111122223333/us-east-1 dev network-env@1.0 <- 
    environments environment/prod 444455556666/eu-west-1 prod network-env@1.0 <- 
    components component/uploads 444455556666/eu-west-1 prod  <- environment/prod
    instances-1 service/orders/service-instance/dev 111122223333/us-east-1 dev queue-worker-svc@1.0 <- environment/dev
    instances-2 service/orders/service-instance/prod 444455556666/eu-west-1 prod queue-worker-svc@1.0 <- environment/prod, component/uploads
    pipelines service/orders/pipeline 111122223333/us-east-1 pipelines queue-worker-svc@1.0 <- service/orders/service-instance/dev, service/orders/service-instance/prod
    ");
}

/// The folder of the conformance cases: where `NUCLEON_CONFORMANCE` says, else beside the repository.
fn conformance() -> Option<PathBuf> {
    if let Ok(folder) = std::env::var("NUCLEON_CONFORMANCE") {
        return Some(folder.into());
    }
    let folder = root().join("../shared/conformance");
    folder.is_dir().then_some(folder)
}

#[test]
fn every_sample_bundle_of_protons_loads() {
    let Some(folder) = conformance() else {
        println!(
            "did not run: `NUCLEON_CONFORMANCE` is not set, and ../shared/conformance is not there"
        );
        return;
    };
    let mut files = Files::default();
    tree::add(&mut files, &folder.join("bundles"), "");
    let config =
        "nucleon: 1\nproton: {account: \"111122223333\", region: us-east-1}\naccounts: {}\n";
    let path = nucleon_core::files::RelPath::new("nucleon.yaml").unwrap();
    files.insert(path, nucleon_core::files::Content::Text(config.into()));
    let (repository, diagnostics) = Repository::parse(&files);
    println!("{}", lines(&diagnostics));
    let bundles = repository.working_bundles();
    let parts: usize = bundles.values().map(|bundle| bundle.parts.len()).sum();
    assert_eq!((bundles.len(), parts), (23, 40));
    assert!(!diagnostics.iter().any(Diagnostic::is_error));
}
