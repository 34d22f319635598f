//! Whole repositories: the example that the demo deploys, and Proton's own sample bundles.

#![expect(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    reason = "the repositories stand in files outside of the crate, and a test may panic"
)]

mod tree;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use nucleon_core::cores::OneCore;
use nucleon_core::diagnostic::Diagnostic;
use nucleon_core::files::{Content, Files, RelPath};
use nucleon_core::repository::Repository;
use nucleon_core::target::Stage;
use nucleon_core::validate::{self, Catalog};
use nucleon_core::version::VersionRef;

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
    let path = RelPath::new("components/uploads/component.yaml").unwrap();
    files.insert(path, Content::Text(component.into()));
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

/// Everything that is wrong in a repository whose targets use the newest content of their templates.
fn faults(repository: &Repository, parsed: Vec<Diagnostic>) -> Vec<Diagnostic> {
    let working = repository.working_bundles();
    let bundle = |version: &VersionRef| working.get(&(version.name.clone(), version.major));
    let catalog = Catalog {
        published: &BTreeMap::new(),
        bundle: &bundle,
    };
    validate::merge(parsed, validate::check(&OneCore, repository, catalog).all())
}

fn add(files: &mut Files, path: &str, text: &str) {
    let content = Content::Text(text.into());
    files.insert(RelPath::new(path).unwrap(), content);
}

/// A repository of some files, and two accounts.
fn parse(config: &str, specs: &[(&str, &str)]) -> (Repository, String) {
    let mut files = Files::default();
    let head = "nucleon: 1\nproton: {account: \"111122223333\", region: us-east-1}\n\
        accounts:\n  home: {id: \"111122223333\"}\n  away: {id: \"444455556666\", region: eu-west-1}\n";
    add(&mut files, "nucleon.yaml", &format!("{head}{config}"));
    for (path, text) in specs {
        add(&mut files, path, text);
    }
    let (repository, diagnostics) = Repository::parse(&files);
    (repository, lines(&diagnostics))
}

fn id(text: &str) -> nucleon_core::target::TargetId {
    text.parse().unwrap()
}

#[test]
fn a_region_of_an_environment_goes_before_its_accounts_and_that_before_protons() {
    let config = "environments: {c: {account: away, template: t@1.0, region: ap-south-1}}\n";
    let spec = |rest: &str| format!("proton: EnvironmentSpec\ntemplate: t@1.0\n{rest}");
    let (repository, faults) = parse(
        config,
        &[
            ("environments/a.yaml", &spec("account: home\n")),
            ("environments/b.yaml", &spec("account: away\n")),
            ("environments/c.yaml", "proton: EnvironmentSpec\n"),
            (
                "environments/d.yaml",
                &spec("account: away\nregion: us-west-2\n"),
            ),
        ],
    );
    let regions = repository
        .targets()
        .values()
        .map(|target| target.place.region.as_str());
    assert_eq!(faults, "");
    assert_eq!(
        regions.collect::<Vec<_>>(),
        ["us-east-1", "eu-west-1", "ap-south-1", "us-west-2"]
    );
}

#[test]
fn a_pin_goes_before_an_instances_version_and_that_before_its_services() {
    let config = "services: {shop: {template: t@1.0}}\n\
        pins: {service/shop/service-instance/c: t@1.3, service/shop/pipeline: t@1.4}\n";
    let service = "proton: ServiceSpec\npipeline: {}\ninstances:\n\
        - {name: a, environment: e}\n- {name: b, environment: e, template: t@1.2}\n\
        - {name: c, environment: e, template: t@1.2}\n";
    let environment = "proton: EnvironmentSpec\naccount: home\ntemplate: e@1.0\n";
    let (repository, faults) = parse(
        config,
        &[
            ("services/shop.yaml", service),
            ("environments/e.yaml", environment),
        ],
    );
    let versions = repository.targets().values();
    let versions = versions.map(|target| target.template.as_ref().unwrap().to_string());
    assert_eq!(faults, "");
    assert_eq!(
        versions.collect::<Vec<_>>(),
        ["e@1.0", "t@1.0", "t@1.2", "t@1.3", "t@1.4"]
    );
    assert_eq!(repository.wanted_versions().len(), 5);
}

#[test]
fn only_environments_that_are_allowed_to_go_without_a_minor_version() {
    let config = "unpinned: [dev]\nservices: {shop: {template: t@1}, blog: {template: t@1}}\n";
    let environment = "proton: EnvironmentSpec\naccount: home\ntemplate: e@1.0\n";
    let shop = "proton: ServiceSpec\npipeline: {}\ninstances: [{name: a, environment: dev}, {name: b, environment: prod}]\n";
    let blog = "proton: ServiceSpec\npipeline: {}\ninstances: [{name: a, environment: dev}]\n";
    let (_, faults) = parse(
        config,
        &[
            ("environments/dev.yaml", environment),
            ("environments/prod.yaml", environment),
            ("services/shop.yaml", shop),
            ("services/blog.yaml", blog),
        ],
    );
    let refused: Vec<&str> = faults
        .lines()
        .filter_map(|line| line.split('`').nth(1))
        .collect();
    assert_eq!(
        refused,
        ["service/shop/pipeline", "service/shop/service-instance/b"]
    );
}

#[test]
fn one_spec_may_define_several_environments_by_their_keys() {
    let config = "environments:\n\
        \x20 eu: {account: away, template: t@1.0, spec: shared/base.yaml}\n\
        \x20 us: {account: home, template: t@1.0, spec: shared/base.yaml, github_environment: america}\n";
    let (repository, faults) = parse(
        config,
        &[(
            "shared/base.yaml",
            "proton: EnvironmentSpec\nname: ignored\n",
        )],
    );
    let targets = repository.targets().values();
    let targets = targets.map(|target| format!("{} {}", target.id, target.github_environment));
    assert_eq!(faults, "");
    assert_eq!(
        targets.collect::<Vec<_>>(),
        ["environment/eu eu", "environment/us america"]
    );
}

#[test]
fn instances_are_staged_by_the_promotion_order_of_their_environments() {
    let environment = "proton: EnvironmentSpec\naccount: home\ntemplate: e@1.0\n";
    let service = "proton: ServiceSpec\ntemplate: t@1.0\ninstances:\n\
        - {name: a, environment: lab}\n- {name: b, environment: dev}\n- {name: c, environment: prod}\n";
    let (repository, _) = parse(
        "promotion: {order: [dev, prod]}\n",
        &[
            ("environments/lab.yaml", environment),
            ("environments/dev.yaml", environment),
            ("environments/prod.yaml", environment),
            ("services/shop/service.yaml", service),
        ],
    );
    let stages = ["a", "b", "c"].map(|name| {
        let id = id(&format!("service/shop/service-instance/{name}"));
        repository.targets()[&id].stage
    });
    assert_eq!(
        stages,
        [
            Stage::Instances(1),
            Stage::Instances(1),
            Stage::Instances(2)
        ]
    );
}

#[test]
fn pipelines_run_in_their_own_account_or_in_protons() {
    let service = "proton: ServiceSpec\ntemplate: t@1.0\npipeline: {}\ninstances: []\n";
    let account = |config: &str| {
        let (repository, faults) = parse(config, &[("services/shop.yaml", service)]);
        let target = &repository.targets()[&id("service/shop/pipeline")];
        assert_eq!(faults, "");
        format!(
            "{} {} {}",
            target.account, target.place.region, target.github_environment
        )
    };
    assert_eq!(account(""), "home us-east-1 pipelines");
    let config = "pipelines: {account: away, github_environment: delivery}\n";
    assert_eq!(account(config), "away eu-west-1 delivery");
}

#[test]
fn a_template_may_have_another_name_here() {
    let schema = "schema:\n  format: {openapi: \"3.0.0\"}\n  environment_input_type: T\n  types:\n    T: {type: object, properties: {}}\n";
    let config = "templates: [{paths: [vendor], as: {vpc-env: network}}]\n";
    let (repository, _) = parse(
        config,
        &[
            ("vendor/aws/vpc-env/v2/schema/schema.yaml", schema),
            ("elsewhere/vpc-env/v1/schema/schema.yaml", schema),
        ],
    );
    let bundles = repository.working_bundles().keys();
    let bundles: Vec<String> = bundles
        .map(|(name, major)| format!("{name}@{major}"))
        .collect();
    assert_eq!(bundles, ["network@2"]);
}

#[test]
fn without_nucleon_yaml_only_that_is_said() {
    let mut files = Files::default();
    let environment = "proton: EnvironmentSpec\naccount: home\n";
    add(&mut files, "environments/dev.yaml", environment);
    let (_, diagnostics) = Repository::parse(&files);
    let codes: Vec<&str> = diagnostics
        .iter()
        .map(|fault| fault.code.as_str())
        .collect();
    assert_eq!(codes, ["file/missing"]);
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
fn protons_sample_bundles_and_specs_are_good_as_they_are() {
    let Some(folder) = conformance() else {
        println!(
            "did not run: `NUCLEON_CONFORMANCE` is not set, and ../shared/conformance is not there"
        );
        return;
    };
    let mut files = Files::default();
    tree::add(&mut files, &folder.join("bundles"), "");
    let config = samples(&files);
    add(&mut files, "nucleon.yaml", &config);
    let (repository, parsed) = Repository::parse(&files);
    let diagnostics = faults(&repository, parsed);
    println!("{}", lines(&diagnostics));
    let bundles = repository.working_bundles();
    let parts: usize = bundles.values().map(|bundle| bundle.parts.len()).sum();
    assert_eq!((bundles.len(), parts), (23, 40));
    // Three environments; an instance and a pipeline of each of the services.
    assert_eq!(repository.targets().len(), 3 + 2 * 12);
    assert!(!diagnostics.iter().any(Diagnostic::is_error));
}

/// What `nucleon.yaml` must say to deploy Proton's samples with the specs that lie beside them, unchanged.
fn samples(files: &Files) -> String {
    let head = "nucleon: 1\nproton: {account: \"111122223333\", region: us-east-1}\n\
        accounts: {main: {id: \"111122223333\"}}\n\
        unpinned: [ecs-ec2-env-prod, fargate-env-prod, vpc-env-prod]\n";
    let environments = ["ecs-ec2-env", "fargate-env", "vpc-env"].map(|name| {
        let spec = format!("environment-templates/{name}/spec/spec.yaml");
        format!("  {name}-prod: {{account: main, template: {name}@1, spec: {spec}}}\n")
    });
    let service = |path: &str| match path.split('/').collect::<Vec<_>>()[..] {
        ["service-templates", name, "spec", "spec.yaml"] => {
            Some(format!("  {name}: {{template: {name}@1, spec: {path}}}\n"))
        }
        _ => None,
    };
    let services = files.iter().filter_map(|(path, _)| service(path.as_str()));
    let services: String = services.collect();
    format!(
        "{head}environments:\n{}services:\n{services}",
        environments.concat()
    )
}

#[test]
fn service_sync_takes_the_instances_that_it_names_from_the_files_that_it_names() {
    let cases = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases");
    let mut files = Files::default();
    tree::add(&mut files, &cases.join("a-good-repository"), "");
    tree::add(&mut files, &cases.join("service-sync"), "");
    let files: Files = files
        .iter()
        .filter(|(path, _)| path.as_str() != "services/shop.yaml")
        .map(|(path, content)| (path.clone(), content.clone()))
        .collect();
    let (repository, _) = Repository::parse(&files);
    let services = repository.targets().values().filter_map(|target| {
        let of_service = target.id.to_string().starts_with("service/");
        of_service.then(|| format!("{} from {}", target.id, target.spec.file))
    });
    let expected = [
        "service/shop/service-instance/prod from deploy/shop-prod.yaml",
        "service/shop/pipeline from deploy/shop-prod.yaml",
    ];
    assert_eq!(services.collect::<Vec<_>>(), expected);
}
