//! The view branch: how the targets stand, for people who browse the repository. Nothing is decided from it.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use nucleon_core::files::{Content, Files, RelPath};
use nucleon_core::markdown::{code, text};
use nucleon_core::record::Record;
use nucleon_core::target::TargetId;

use crate::ports::Tip;

const HEAD: &str = "# What is deployed\n\n\
    Written by Nucleon after each run. The records themselves are in `refs/nucleon/targets/`: what is changed here changes nothing.\n\n\
    | Target | Account | Region | Template | Status | When | Run |\n\
    |---|---|---|---|---|---|---|\n";

/// The files of the view: a table of all targets, and each target's record in `targets/<id>.json`.
pub fn view(tips: &BTreeMap<TargetId, Tip>) -> Files {
    let mut files = Files::default();
    let mut readme = String::from(HEAD);
    for (target, tip) in tips {
        readme.push_str(&row(target, tip));
        if let Ok(record) = &tip.record {
            put(
                &mut files,
                &format!("targets/{target}.json"),
                record.to_text(),
            );
        }
    }
    if tips.is_empty() {
        readme.push_str("\nNothing has been deployed yet.\n");
    }
    put(&mut files, "README.md", readme);
    files
}

fn put(files: &mut Files, path: &str, content: String) {
    let path = RelPath::new(path).expect("a target's id has no parts that leave a folder");
    files.insert(path, Content::Text(content.into()));
}

fn row(target: &TargetId, tip: &Tip) -> String {
    let mut row = String::new();
    let cells = match &tip.record {
        Ok(record) => cells(target, record),
        Err(_) => format!(
            "{} | | | | the record cannot be read | | ",
            code(&target.to_string())
        ),
    };
    let _ = writeln!(row, "| {cells} |");
    row
}

fn cells(target: &TargetId, record: &Record) -> String {
    let template = record.template.as_ref().map(|used| code(&used.to_string()));
    let status = match &record.message {
        Some(message) => format!("{}: {}", record.status, text(message)),
        None => record.status.to_string(),
    };
    [
        format!("[{}](targets/{target}.json)", code(&target.to_string())),
        text(&record.account),
        text(&record.region),
        template.unwrap_or_default(),
        status,
        record
            .completed
            .unwrap_or(record.started)
            .strftime("%Y-%m-%d %H:%M UTC")
            .to_string(),
        record.run_url.as_deref().map(run).unwrap_or_default(),
    ]
    .join(" | ")
}

fn run(address: &str) -> String {
    let plain =
        address.starts_with("https://") && !address.contains(['<', '>', '|', '\\', ' ', '\n']);
    if plain {
        format!("[run](<{address}>)")
    } else {
        text(address)
    }
}

#[cfg(test)]
mod tests {
    use nucleon_core::codes::Code;
    use nucleon_core::diagnostic::Diagnostic;

    use super::*;

    fn tip(target: &str, more: &str) -> (TargetId, Tip) {
        let json = format!(
            r#"{{"format": 1, "id": "1", "target": "{target}", "purpose": "deploy", "account": "111122223333", "region": "us-east-1",
                "outputs": [], "started": "2026-10-08T12:00:00Z", "actor": "mona", "commit": "c0ffee", {more}}}"#
        );
        let record = Record::parse(&json)
            .map_err(|error| Diagnostic::error(Code::StateCorruptRecord, error.to_string()));
        (
            target.parse().unwrap(),
            Tip {
                commit: "c0ffee".to_owned(),
                record,
            },
        )
    }

    fn readme(tips: impl IntoIterator<Item = (TargetId, Tip)>) -> String {
        let files = view(&tips.into_iter().collect());
        files.text("README.md").unwrap().to_owned()
    }

    #[test]
    fn each_target_has_a_line_and_a_record() {
        let digest = format!("sha256:{}", "0".repeat(64));
        let service = format!(
            r#""status": "SUCCEEDED", "completed": "2026-10-08T12:03:20Z", "run_url": "https://github.com/acme/platform/actions/runs/7",
               "template": {{"name": "fargate", "major": 1, "minor": 4, "commit": "c0ffee", "digest": "{digest}"}}"#
        );
        let tips = BTreeMap::from([
            tip("service/web/service-instance/prod", &service),
            tip("environment/prod", r#""status": "IN_PROGRESS""#),
        ]);
        let files = view(&tips);
        let paths: Vec<String> = files.iter().map(|(path, _)| path.to_string()).collect();
        assert_eq!(
            paths,
            [
                "README.md",
                "targets/environment/prod.json",
                "targets/service/web/service-instance/prod.json"
            ]
        );
        let table = files.text("README.md").unwrap().lines().skip(6);
        insta::assert_snapshot!(table.collect::<Vec<_>>().join("\n"), @r"
        | [<code>environment/prod</code>](targets/environment/prod.json) | 111122223333 | us-east-1 |  | IN_PROGRESS | 2026-10-08 12:00 UTC |  |
        | [<code>service/web/service-instance/prod</code>](targets/service/web/service-instance/prod.json) | 111122223333 | us-east-1 | <code>fargate&#64;1.4</code> | SUCCEEDED | 2026-10-08 12:03 UTC | [run](<https://github.com/acme/platform/actions/runs/7>) |
        ");
    }

    #[test]
    fn a_message_cannot_add_a_row() {
        let failed = tip(
            "environment/dev",
            r#""status": "FAILED", "message": "no | such\n| bucket""#,
        );
        let readme = readme([failed]);
        let rows: Vec<&str> = readme.lines().skip(6).collect();
        insta::assert_snapshot!(rows.join("\n"), @r"| [<code>environment/dev</code>](targets/environment/dev.json) | 111122223333 | us-east-1 |  | FAILED: no \| such\\n\| bucket | 2026-10-08 12:00 UTC |  |");
    }

    #[test]
    fn a_record_that_cannot_be_read_is_not_hidden() {
        let files = view(&BTreeMap::from([tip(
            "environment/dev",
            r#""status": "ODD""#,
        )]));
        assert_eq!(files.len(), 1);
        assert!(
            files
                .text("README.md")
                .unwrap()
                .contains("the record cannot be read")
        );
    }

    #[test]
    fn without_targets_the_view_says_so() {
        assert!(readme([]).contains("Nothing has been deployed yet."));
    }
}
