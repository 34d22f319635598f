use super::*;
use crate::context::Context;
use crate::files::Content;
use crate::folder::Subject;
use crate::source::Module;
use crate::tags::Tagged;

const OLD: &str = "11111111-0000-4000-8000-000000000001";
const NEW: &str = "11111111-0000-4000-8000-000000000002";

fn target() -> TargetId {
    "environment/dev".parse().unwrap()
}

fn files(of: &[(&str, &str)]) -> Files {
    let mut files = Files::default();
    for (path, text) in of {
        let path = RelPath::new(path).unwrap();
        files.insert(path, Content::Text((*text).into()));
    }
    files
}

/// What the target renders to.
fn folder(size: u32) -> Folder {
    let module = Module {
        files: files(&[("main.tf", "# a module\n")]),
        folder: "templates/vpc".into(),
    };
    let inputs = serde_json::json!({"environment": {"name": "dev", "inputs": {"size": size}}});
    let subject = Subject {
        target: &target(),
        tagged: Tagged {
            account: "111122223333",
            region: "us-east-1",
            template: None,
            environment: None,
            attached: None,
        },
        version: Some((1, Some(0))),
    };
    Folder::of_module(&module, &Context::from_json(inputs).unwrap(), subject)
}

fn last(id: &str, status: DeploymentStatus, is_open: bool, applied: Option<&str>) -> Last {
    Last {
        id: id.to_owned(),
        status,
        is_open,
        url: None,
        applied: applied.map(str::to_owned),
    }
}

fn proposal(form: Form, last: Option<Last>) -> Proposal {
    Proposal {
        repository: "acme/infra".to_owned(),
        base: None,
        path: RelPath::new("dev").unwrap(),
        form,
        template: None,
        last,
        secrets: Vec::new(),
        outputs: Outputs::new(),
    }
}

fn written(size: u32, last: Option<Last>) -> Proposal {
    proposal(Form::Written(Box::new(folder(size))), last)
}

#[test]
fn what_is_to_be_written_is_proposed_until_it_is_merged_and_well() {
    use DeploymentStatus::{Cancelled, Failed, InProgress, Succeeded};
    let merged = folder(1).files(OLD, &Files::default());
    let deleted = folder::deleted(&merged);
    let last =
        |id: &str, status, is_open, applied: Option<&str>| Some(last(id, status, is_open, applied));
    let open = |id: &str, applied| last(id, InProgress, true, applied);
    let table = [
        // There is no folder, or one that is not managed any more.
        (written(1, None), Files::default(), Step::Propose(Why::New)),
        (
            written(1, open(OLD, None)),
            Files::default(),
            Step::Propose(Why::New),
        ),
        (written(1, None), deleted, Step::Propose(Why::New)),
        // It holds something else.
        (
            written(2, None),
            merged.clone(),
            Step::Propose(Why::Changed),
        ),
        (
            written(2, last(OLD, Succeeded, false, Some(OLD))),
            merged.clone(),
            Step::Propose(Why::Changed),
        ),
        // It holds what is wanted.
        (
            written(1, None),
            merged.clone(),
            Step::Propose(Why::Unknown),
        ),
        (
            written(1, last(OLD, Succeeded, false, Some(OLD))),
            merged.clone(),
            Step::Nothing,
        ),
        (
            written(1, last(NEW, Failed, false, Some(OLD))),
            merged.clone(),
            Step::Nothing,
        ),
        (
            written(1, last(OLD, Failed, false, None)),
            merged.clone(),
            Step::Propose(Why::Unsuccessful),
        ),
        // Something is open: its own deployment, or one that is not wanted any more.
        (written(1, open(OLD, None)), merged.clone(), Step::Wait),
        (
            written(1, open(NEW, Some(OLD))),
            merged.clone(),
            Step::Withdraw(Succeeded),
        ),
        (
            written(1, open(NEW, None)),
            merged,
            Step::Withdraw(Cancelled),
        ),
    ];
    for (number, (proposal, existing, expected)) in table.into_iter().enumerate() {
        assert_eq!(proposal.step(&existing), expected, "case {number}");
    }
}

#[test]
fn a_deletion_is_proposed_once_withdrawn_where_nothing_is_merged_and_stuck_where_it_failed() {
    use DeploymentStatus::{DeleteComplete, DeleteFailed, DeleteInProgress, InProgress, Succeeded};
    let merged = folder(1).files(OLD, &Files::default());
    let gone = folder::deleted(&merged);
    let last =
        |id: &str, status, is_open, applied: Option<&str>| Some(last(id, status, is_open, applied));
    let deleting = |last| proposal(Form::Deleted, last);
    let table = [
        (deleting(None), Files::default(), Step::Nothing),
        (
            deleting(last(OLD, InProgress, true, None)),
            Files::default(),
            Step::Withdraw(DeleteComplete),
        ),
        (
            deleting(last(OLD, Succeeded, false, Some(OLD))),
            merged,
            Step::Propose(Why::Deleted),
        ),
        (
            deleting(last(NEW, DeleteInProgress, true, None)),
            gone.clone(),
            Step::Wait,
        ),
        (
            deleting(last(NEW, DeleteComplete, false, None)),
            gone.clone(),
            Step::Nothing,
        ),
        (deleting(None), gone.clone(), Step::Nothing),
        (
            deleting(last(NEW, DeleteFailed, false, None)),
            gone,
            Step::Stuck,
        ),
    ];
    for (number, (proposal, existing, expected)) in table.into_iter().enumerate() {
        assert_eq!(proposal.step(&existing), expected, "case {number}");
    }
}

#[test]
fn a_folder_that_somebody_edited_is_told_as_changed_and_written_anew() {
    let mut existing = folder(1).files(OLD, &Files::default());
    let main = RelPath::new("main.tf").unwrap();
    existing.insert(main, Content::Text("# edited by hand\n".into()));
    let proposal = written(
        1,
        Some(last(OLD, DeploymentStatus::Succeeded, false, Some(OLD))),
    );

    assert_eq!(proposal.step(&existing), Step::Propose(Why::Changed));
    let after = proposal.rewritten(NEW, &existing);
    assert!(after.text("main.tf").unwrap().ends_with("# a module\n"));
    assert_eq!(metadata_of(&after).unwrap().deployment, NEW);
    assert_eq!(
        metadata_of(&proposal.shown(&existing)).unwrap().deployment,
        OLD
    );
}
