//! How the state lies in git: names of refs, and records in commits.

use std::collections::BTreeMap;
use std::str::FromStr as _;

use nucleon_core::codes::Code;
use nucleon_core::diagnostic::Diagnostic;
use nucleon_core::record::Record;
use nucleon_core::target::TargetId;
use nucleon_engine::ports::{PortError, Tip};

use super::objects::{Object, Objects};

/// The file of a commit that holds the record.
pub(super) const RECORD: &str = "record.json";

/// The names of the state's refs.
#[derive(Clone, Debug)]
pub(super) struct Ledger {
    targets: String,
    remote: String,
}

impl Ledger {
    /// The ledger below a prefix (`refs/nucleon/`) at a remote.
    pub(super) fn new(prefix: &str, remote: &str) -> Self {
        Self {
            targets: format!("{}/targets/", prefix.trim_end_matches('/')),
            remote: remote.to_owned(),
        }
    }

    /// A target's ref.
    pub(super) fn reference(&self, target: &TargetId) -> String {
        format!("{}{target}", self.targets)
    }

    /// The pattern that fetches all of them.
    pub(super) fn all(&self) -> String {
        format!("+{0}*:{0}*", self.targets)
    }

    /// Reads the records of the refs that name a target; others may stand there from a newer Nucleon.
    pub(super) async fn tips(
        &self,
        objects: &mut Objects,
        refs: &BTreeMap<String, String>,
    ) -> Result<BTreeMap<TargetId, Tip>, PortError> {
        let mut tips = BTreeMap::new();
        for (reference, commit) in refs {
            let target = reference
                .strip_prefix(&self.targets)
                .map(TargetId::from_str);
            if let Some(Ok(target)) = target {
                let tip = self.tip(objects, &target, commit).await?;
                tips.insert(target, tip);
            }
        }
        Ok(tips)
    }

    /// Reads the record of one commit.
    pub(super) async fn tip(
        &self,
        objects: &mut Objects,
        target: &TargetId,
        commit: &str,
    ) -> Result<Tip, PortError> {
        let object = objects.read(&format!("{commit}:{RECORD}")).await?;
        let record = parse(object, target).map_err(|fault| self.corrupt(target, commit, &fault));
        Ok(Tip {
            commit: commit.to_owned(),
            record,
        })
    }

    fn corrupt(&self, target: &TargetId, commit: &str, fault: &str) -> Diagnostic {
        let Self { remote, .. } = self;
        let reference = self.reference(target);
        let message = format!(
            "the record of {target} cannot be read: {fault} ({reference}, commit {commit})"
        );
        Diagnostic::error(Code::StateCorruptRecord, message).help(format!(
            "look at it: git fetch {remote} {reference} && git show FETCH_HEAD:{RECORD}; \
             go back to the record before it: git push {remote} +FETCH_HEAD~1:{reference}"
        ))
    }
}

fn parse(object: Option<Object>, target: &TargetId) -> Result<Record, String> {
    let object = object.ok_or_else(|| format!("there is no `{RECORD}`"))?;
    if object.kind != "blob" {
        return Err(format!("`{RECORD}` is not a file"));
    }
    let bytes = object
        .bytes
        .ok_or_else(|| format!("`{RECORD}` is too large"))?;
    let text = String::from_utf8(bytes).map_err(|_| format!("`{RECORD}` is not UTF-8"))?;
    let record = Record::parse(&text).map_err(|error| error.to_string())?;
    if record.target == *target {
        Ok(record)
    } else {
        Err(format!("it is the record of {}", record.target))
    }
}
