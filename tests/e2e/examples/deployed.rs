//! Examples that the emulator can deploy, deployed: the VPC, and what reads builds there.
//!
//! The VPC stands without NAT, because the emulator has no addresses for gateways. `stages.rs` deploys network-env,
//! queue-worker-svc and s3-bucket.

use std::collections::BTreeMap;

use nucleon_tests::{Account, Emulator, Repository};

use super::shown::folder;

const SETTINGS: &str = r#"nucleon: 1
proton: {account: "111122223333", region: us-east-1}
accounts: {main: {id: "111122223333", region: us-east-1}}
environments: {dev: {account: main, template: vpc-env@1.0}}
services: {shop: {template: shared-artifacts-svc@1.0}}
"#;

const SERVICE: &str = "proton: ServiceSpec
instances:
  - name: dev
    environment: dev
    spec: {artifacts_account: '111122223333', artifacts_region: eu-west-1}
";

#[test]
fn a_vpc_and_a_service_in_it_are_deployed() {
    let emulator = Emulator::connect();
    let account = emulator.fresh_account();
    let repository = platform(&account);

    for target in ["environment/dev", "service/shop/service-instance/dev"] {
        let run = repository.run("nucleon-apply").envs(account.variables());
        let _ = run.with_real_time().arg(target).run().succeeds();
    }

    let network = outputs(&account, "dev");
    let subnets = |output: &str| ranges(&account, &network[output]);
    assert_eq!(subnets("PublicSubnetIds"), ["10.30.0.0/24", "10.30.1.0/24"]);
    assert_eq!(subnets("SubnetIds"), ["10.30.8.0/24", "10.30.9.0/24"]);
    let service = outputs(&account, "shop-dev");
    let bucket = format!("shop-builds-{}-eu-west-1", account.id());
    assert_eq!(service["BucketName"], bucket);
    let policy = [
        "iam",
        "get-policy-version",
        "--version-id",
        "v1",
        "--policy-arn",
        &service["ReaderPolicyArn"],
    ];
    let policy = account.aws(&policy).to_string();
    assert!(
        policy.contains(&format!("arn:aws:s3:::{bucket}/builds/*")),
        "{policy}"
    );
}

/// The ranges of subnets, in their order.
fn ranges(account: &Account, subnets: &str) -> Vec<String> {
    let range = |subnet: &str| {
        let answer = account.aws(&["ec2", "describe-subnets", "--subnet-ids", subnet]);
        answer["Subnets"][0]["CidrBlock"]
            .as_str()
            .unwrap()
            .to_owned()
    };
    subnets.split(',').map(range).collect()
}

fn platform(account: &Account) -> Repository {
    let own = |text: &str| text.replace("111122223333", account.id());
    let copy = |repository: Repository, name: &str| {
        repository.copy_from(&folder().join(name), &format!("templates/{name}"))
    };
    let repository = copy(copy(Repository::empty(), "vpc-env"), "shared-artifacts-svc");
    repository
        .write("nucleon.yaml", own(SETTINGS))
        .write(
            "environments/dev.yaml",
            "proton: EnvironmentSpec\nspec: {vpc_cidr: 10.30.0.0/20, nat: none, zones: 2}\n",
        )
        .write("services/shop.yaml", own(SERVICE))
        .commit("set up the platform")
        .tag("vpc-env/v1.0")
        .tag("shared-artifacts-svc/v1.0")
        .push()
}

/// The outputs of the stack whose name tells of `name`.
fn outputs(account: &Account, name: &str) -> BTreeMap<String, String> {
    let start = format!("AWSProton-{name}-");
    let stacks = account.stacks();
    let stack = stacks.iter().find(|stack| stack.starts_with(&start));
    let stack = stack.unwrap_or_else(|| panic!("no stack {start} in {stacks:?}"));
    account.outputs(stack).into_iter().collect()
}
