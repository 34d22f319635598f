//! Programs that stand in for ours.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use serde_json::json;
use tempfile::TempDir;

/// Stand-ins for the four binaries, which write down how they were called.
#[derive(Debug)]
pub(crate) struct Programs {
    folder: TempDir,
}

impl Programs {
    pub(crate) fn new() -> Self {
        let programs = Self {
            folder: tempfile::tempdir().unwrap(),
        };
        let scripts = [
            ("render", RENDER),
            ("plan", PLAN),
            ("apply", APPLY),
            ("notify", NOTIFY),
        ];
        for (name, script) in scripts {
            let path = programs.folder().join(format!("nucleon-{name}"));
            fs::write(&path, format!("{HEAD}{script}")).unwrap();
            fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
        }
        programs
    }

    /// What render finds in a stage: GitHub environments, each with the targets of its job.
    pub(crate) fn renders(self, stage: &str, entries: &[(&str, &[&str])]) -> Self {
        let matrix: Vec<_> = entries
            .iter()
            .map(|(environment, targets)| json!({"name": targets[0], "environment": environment, "targets": targets.join("\n")}))
            .collect();
        let targets: Vec<_> = entries
            .iter()
            .flat_map(|(_, targets)| targets.iter().copied())
            .collect();
        let outputs = format!(
            "matrix={}\ntargets<<EOF\n{}\nEOF\n",
            json!(matrix),
            targets.join("\n")
        );
        fs::write(self.folder().join(format!("render-{stage}")), outputs).unwrap();
        self
    }

    /// Makes a program fail for a stage or a target.
    pub(crate) fn fails(self, program: &str, subject: &str) -> Self {
        fs::write(
            self.folder()
                .join(format!("{program}-fails-for-{}", subject.replace('/', "-"))),
            "",
        )
        .unwrap();
        self
    }

    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    pub(crate) fn log(&self) -> Vec<String> {
        let log = fs::read_to_string(self.folder().join("log")).unwrap_or_default();
        log.lines().map(str::to_owned).collect()
    }

    /// The calls of apply, sorted: the jobs of a stage run at the same time.
    pub(crate) fn applied(&self) -> Vec<String> {
        let mut calls = self.log();
        calls.retain(|call| call.starts_with("apply "));
        calls.sort();
        calls
    }
}

const HEAD: &str = r#"#!/bin/bash
here=$(dirname "$0")
log() { echo "$*" >> "$here/log"; }
must_fail() { [ -e "$here/$1-fails-for-${2//\//-}" ]; }
"#;

const RENDER: &str = r#"
stage=${NUCLEON_STAGE:-all}
log "render $stage pending=$NUCLEON_PENDING since=$NUCLEON_CHANGED_SINCE"
# Whatever a test says of a stage makes it one of those in which something may happen.
stages=$(cd "$here" && ls | sed -nE 's/^render-(fails-for-)?//p' | grep -vx all)
printf 'stages<<EOF\n%s\nEOF\n' "$stages" >> "$GITHUB_OUTPUT"
cat "$here/render-$stage" >> "$GITHUB_OUTPUT" 2> /dev/null || printf 'matrix=[]\ntargets=\n' >> "$GITHUB_OUTPUT"
# As in the real one, wrong files do not keep the outputs back.
if must_fail render "$stage"; then exit 1; fi
"#;

const PLAN: &str = r#"
log "plan $(echo $NUCLEON_TARGETS)${NUCLEON_APP_ID:+ app=$NUCLEON_APP_ID $NUCLEON_APP_PRIVATE_KEY}"
code=0
{
  echo 'plan=plan.json'
  echo 'approved<<EOF'
  for target in $NUCLEON_TARGETS; do
    if must_fail plan "$target"; then code=3; else echo "$target=digest"; fi
  done
  echo EOF
} >> "$GITHUB_OUTPUT"
exit $code
"#;

const APPLY: &str = r#"
log "apply $(echo $NUCLEON_TARGETS) approved=$(echo $NUCLEON_APPROVED)${NUCLEON_APP_ID:+ app=$NUCLEON_APP_ID $NUCLEON_APP_PRIVATE_KEY}"
if [ ! -e "$here/apply-dies" ]; then echo 'outcome=outcome.json' >> "$GITHUB_OUTPUT"; fi
for target in $NUCLEON_TARGETS; do
  if must_fail apply "$target"; then exit 3; fi
done
"#;

const NOTIFY: &str = r#"
said=plan=$NUCLEON_PLAN
if [ "$1" = deployment ]; then
  said="$(echo $NUCLEON_TARGETS) $NUCLEON_STATUS outcome=$NUCLEON_OUTCOME to=$NUCLEON_REPOSITORY dispatch=$NUCLEON_DISPATCH"
elif [ "$1" = webhook ]; then
  said="outcome=$NUCLEON_OUTCOME url=$NUCLEON_WEBHOOKS key=$NUCLEON_WEBHOOK_SECRET"
fi
log "notify $1 $said"
"#;
