//! The chapters of the demo.

use std::collections::{BTreeMap, BTreeSet};

use nucleon_tests::{Recorder, Request};
use serde_json::{Value, json};

use super::page;
use super::show::{check, line, quote, title};
use super::team::{DEPLOY, PREVIEW, Team, printed, well};
use crate::Result;

const TARGETS: &str = "refs/nucleon/targets/";
const SPEC: &str = "services/orders.yaml";
const BRANCH: &str = "longer-timeout";
const CHANGED: &str = "service/orders/service-instance/prod";

/// One day of a platform team.
#[derive(Debug)]
pub(super) struct Story {
    team: Team,
}

impl Story {
    pub(super) fn new(team: Team) -> Self {
        Self { team }
    }

    pub(super) fn the_first_push(&self) -> Result<()> {
        title("The first push deploys the platform, stage by stage, into two accounts");
        let github = self.team.github();
        let run = self.team.push(&github)?;
        quote(&printed(&run, &format!("{DEPLOY}notify")));
        let records = self.records();
        let all = |wanted: &str| records.values().all(|record| record["status"] == wanted);
        check(
            "six targets have a record, each of which says SUCCEEDED",
            records.len() == 6 && all("SUCCEEDED"),
        )?;
        let stages = github.requests().into_iter().filter(is_new_check);
        let stages: Vec<String> = stages.map(|check| text(&check.body["name"])).collect();
        check(
            format!("GitHub got a check run a stage: {}", stages.join(", ")),
            stages.len() == 5,
        )
    }

    pub(super) fn a_faulty_pull_request(&self) -> Result<()> {
        title("A developer opens a pull request with two slips");
        let before = self.tips();
        let edits = [(
            "visibility_timeout: 120",
            "visibility_timeout: soon\n      log_levle: warning",
        )];
        self.team.propose(BRANCH, SPEC, &edits);
        let github = self.team.github();
        let run = self.team.pull_request(BRANCH, &github);
        quote(&printed(&run, PREVIEW));
        check("the workflow fails", !run.is_success())?;
        for (kind, at, code) in [
            ("error", 14, "spec/wrong-type"),
            ("warning", 15, "spec/unknown-input"),
        ] {
            let annotation = format!("::{kind} file={SPEC},line={at},");
            let told = run.log().lines().any(|line| {
                line.contains(&annotation) && line.contains(&format!("title={code}::"))
            });
            check(
                format!("line {at} of the developer's file is annotated: {code}"),
                told,
            )?;
        }
        let spoke = github.requests().iter().any(writes_a_comment);
        check(
            "nothing was planned, nothing deployed, nothing written",
            !spoke && self.tips() == before,
        )
    }

    pub(super) fn the_mended_pull_request(&self) -> Result<()> {
        title("Mended, the pull request gets one comment: what the merge would deploy");
        let edits = [
            ("visibility_timeout: soon", "visibility_timeout: 300"),
            ("log_levle: warning", "log_level: warning"),
        ];
        self.team.propose(BRANCH, SPEC, &edits);
        let github = self.team.github();
        let _ = well(self.team.pull_request(BRANCH, &github))?;
        let comment = one_comment(&github, "POST")?;
        quote(&page::shown(&comment));
        check(
            "the comment tells of one change, in prod's account",
            comment.contains("1 of 1 target changes")
                && comment.contains(CHANGED)
                && comment.contains(self.team.example.prod().id())
                && comment.contains("120 → 300"),
        )?;
        let standing = json!([{
            "id": 1, "body": comment, "html_url": "https://github.com/acme/platform/pull/7#issuecomment-1",
            "user": {"login": "github-actions[bot]", "type": "Bot"},
        }]);
        let path = "GET /repos/acme/platform/issues/7/comments";
        let github = self.team.github().answer(path, 200, standing);
        let _ = well(self.team.pull_request(BRANCH, &github))?;
        let _ = one_comment(&github, "PATCH")?;
        check("run again, it edits that comment and adds none", true)
    }

    pub(super) fn the_merge(&self) -> Result<()> {
        title("Its merge deploys that change, and nothing else");
        let before = self.tips();
        self.team.merge(BRANCH);
        let run = self.team.push(&self.team.github())?;
        quote(&printed(&run, &format!("{DEPLOY}notify")));
        let moved = self.tips().into_iter();
        let moved = moved.filter(|(target, commit)| before.get(target) != Some(commit));
        let moved: Vec<String> = moved.map(|(target, _)| target).collect();
        check(
            format!("only {CHANGED} has a new record"),
            moved == [CHANGED],
        )?;
        let skipped = ["environments", "components", "instances-1"];
        let jobs = run.jobs("succeeded");
        let ran = |stage: &&str| jobs.contains(&&*format!("{DEPLOY}plan {stage}"));
        check(
            format!("stages without work start no job: {}", skipped.join(", ")),
            !skipped.iter().any(ran),
        )?;
        let stack = self.records()[CHANGED]["provisioned"]["stack_name"].clone();
        let template = self.team.example.prod().template(&text(&stack));
        check(
            "CloudFormation has the new timeout, and the worker its new level",
            template.contains("VisibilityTimeout: 300")
                && self.worker()?.contains("LOG_LEVEL: warning\n"),
        )
    }

    pub(super) fn stacks_per_account(&self) -> Result<()> {
        title("Stacks, each account listed through credentials of its own role");
        let records = self.records();
        let both = [self.team.example.dev(), self.team.example.prod()];
        for account in both {
            let session = account.assume(&format!(
                "arn:aws:iam::{}:role/nucleon-verify",
                account.id()
            ));
            let caller = session.try_aws(&["sts", "get-caller-identity"])?;
            line(text(&caller["Arn"]));
            let mut standing = BTreeSet::new();
            for region in ["us-east-1", "eu-west-1"] {
                let session = session.clone().in_region(region);
                for stack in session.stacks() {
                    let status = session.stack_status(&stack).unwrap_or_default();
                    line(format!("  {region}  {status:<15}  {stack}"));
                    standing.insert((region.to_owned(), stack));
                }
            }
            // What `nucleon init` prepares stands beside the targets.
            standing.retain(|(_, stack)| stack != "nucleon");
            let recorded = records
                .values()
                .filter(|record| record["account"] == account.id());
            let recorded: BTreeSet<_> = recorded
                .map(|record| {
                    (
                        text(&record["region"]),
                        text(&record["provisioned"]["stack_name"]),
                    )
                })
                .collect();
            check(
                format!(
                    "{} holds the {} stacks of its records and no other",
                    account.id(),
                    recorded.len()
                ),
                caller["Account"] == account.id() && recorded.len() == 3 && standing == recorded,
            )?;
        }
        Ok(())
    }

    pub(super) fn outputs(&self) -> Result<()> {
        title("Outputs of the environment and of the component, as the service's stack got them");
        let worker = self.worker()?;
        quote(&worker);
        let records = self.records();
        let given = [
            ("environment/prod", "SecurityGroupId", "SECURITY_GROUP"),
            ("environment/prod", "SubnetIds", "SUBNETS"),
            ("component/uploads", "BucketName", "BucketName"),
        ];
        for (target, key, name) in given {
            let value = output(&records[target], key);
            let got = worker
                .lines()
                .any(|line| line == format!("{name}: {value}"));
            check(
                format!("the worker knows {key} of {target}"),
                !value.is_empty() && got,
            )?;
        }
        Ok(())
    }

    pub(super) fn the_state(&self) -> Result<()> {
        title("nucleon status");
        let status = self
            .team
            .example
            .run("nucleon")
            .args(["status"])
            .run()
            .succeeds();
        quote(status.stdout());
        let targets: BTreeSet<String> = self.tips().into_keys().collect();
        let is_told = |target: &String| {
            let mut lines = status.stdout().lines();
            lines.any(|line| line.starts_with(&format!("{target} ")) && line.contains("SUCCEEDED"))
        };
        check("every target succeeded", targets.iter().all(is_told))?;

        title("The state: one ref a target, its history the ledger");
        let repository = self.team.repository();
        repository.git([
            "fetch",
            "--quiet",
            "origin",
            "+refs/nucleon/*:refs/nucleon/*",
        ]);
        quote(&repository.git([
            "log",
            "--glob=refs/nucleon/targets",
            "--format=%h %ad %s",
            "--date=format:%H:%M:%S",
        ]));
        let ledger = |target: &String| -> Vec<String> {
            let events = repository.records(target);
            events.iter().map(|event| text(&event["status"])).collect()
        };
        let is_kept = |target: &String| {
            let times = if target == CHANGED { 2 } else { 1 };
            ledger(target) == ["SUCCEEDED", "IN_PROGRESS"].repeat(times)
        };
        check(
            "every deployment was recorded before its first change and at its end",
            targets.iter().all(is_kept),
        )?;
        repository.git(["fetch", "--quiet", "origin", "nucleon-state"]);
        let view = repository.git(["show", "FETCH_HEAD:README.md"]);
        check(
            "the branch nucleon-state shows the same to people who browse",
            targets.iter().all(|target| view.contains(target)),
        )
    }

    pub(super) fn nothing_changes(&self) -> Result<()> {
        title("The same push again: nothing changes");
        let before = self.tips();
        let run = self.team.push(&self.team.github())?;
        let told = printed(&run, &format!("{DEPLOY}notify"));
        quote(&told);
        check(
            "the run says so",
            told.lines().any(|line| line == "nothing was deployed"),
        )?;
        let ran = ["notify", "pending"].map(|job| format!("{DEPLOY}{job}"));
        check("no stage started", run.jobs("succeeded") == ran)?;
        check("no record was written", self.tips() == before)
    }

    pub(super) fn how_to_look_around(&self) {
        title("Look around in another terminal, then press Ctrl-C here");
        line(format!("cd {}", self.team.repository().folder().display()));
        for (name, value) in self.team.example.dev().variables() {
            line(format!("export {name}={value}"));
        }
        line(format!(
            "export PATH={}:$PATH",
            self.team.programs().display()
        ));
        line("nucleon status");
    }

    /// The environment variables of the worker in prod's account, from the parameter that its stack made.
    fn worker(&self) -> Result<String> {
        let name = "/orders/prod/environment";
        let ssm = ["ssm", "get-parameter", "--name", name];
        let answer = self.team.example.prod().try_aws(&ssm)?;
        Ok(text(&answer["Parameter"]["Value"]))
    }

    /// Every target's newest commit at the remote.
    fn tips(&self) -> BTreeMap<String, String> {
        let refs = self.team.repository().remote_refs(TARGETS).into_iter();
        refs.map(|(name, commit)| (name.replace(TARGETS, ""), commit))
            .collect()
    }

    /// Every target's newest record at the remote.
    fn records(&self) -> BTreeMap<String, Value> {
        let repository = self.team.repository();
        let record = |target: String| {
            let record = repository.record(&target).unwrap_or_default();
            (target, record)
        };
        self.tips().into_keys().map(record).collect()
    }
}

/// The only comment that was written, which must have been by `method`.
fn one_comment(github: &Recorder, method: &str) -> Result<String> {
    let mut written = github.requests();
    written.retain(writes_a_comment);
    let [request] = &written[..] else {
        return Err(format!("{} comments were written, not one", written.len()).into());
    };
    if request.method != method {
        return Err(format!("the comment was written by {}", request.line()).into());
    }
    Ok(text(&request.body["body"]))
}

fn writes_a_comment(request: &Request) -> bool {
    request.method != "GET" && request.path.contains("/comments")
}

fn is_new_check(request: &Request) -> bool {
    request.method == "POST" && request.path.ends_with("/check-runs")
}

/// The value of an output in a record.
fn output(record: &Value, key: &str) -> String {
    let outputs = record["outputs"].as_array();
    let output = outputs.and_then(|outputs| outputs.iter().find(|output| output["key"] == key));
    output.map_or_else(String::new, |output| text(&output["valueString"]))
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}
