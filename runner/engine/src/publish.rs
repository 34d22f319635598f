//! Publishing: a major version whose content changed gets its next minor version.
//!
//! A publication is one tag, and a tag that is there is never moved: of two that want the same number, one is told so and looks again.
//! Only the tip of a branch is published, so that a run which comes late never brings back what a later commit replaced.

use std::collections::BTreeMap;

use async_trait::async_trait;
use nucleon_core::bundle::{Bundle, SCHEMA};
use nucleon_core::codes::Code;
use nucleon_core::diagnostic::{Diagnostic, Location};
use nucleon_core::version::VersionRef;

use crate::ports::{PortError, Published, PublishedVersion, Templates};

/// So often it looks again after somebody was faster.
const ROUNDS: u32 = 20;

/// Where template versions are published.
#[async_trait]
pub trait Publisher: Send + Sync {
    /// The versions as they are now.
    fn templates(&self) -> Box<dyn Templates>;

    /// The branch whose tip is published, and that tip's commit.
    async fn tip(&self) -> Result<(String, String), PortError>;

    /// Tags a commit with each version; for each, whether it is done, or the tag was there already.
    async fn publish(
        &self,
        commit: &str,
        versions: &[PublishedVersion],
    ) -> Vec<Result<bool, PortError>>;
}

/// What is to be published.
#[derive(Clone, Copy, Debug)]
pub struct Request<'r> {
    /// The bundles, as the commit has them.
    pub bundles: &'r [&'r Bundle],
    /// The commit.
    pub commit: &'r str,
    /// The minor version that a first publication gets, where that is not 0.
    pub first: Option<u32>,
    /// Whether only to say what would be published.
    pub dry: bool,
}

/// One major version, and what became of it.
#[derive(Clone, Debug)]
pub struct Publication {
    /// The version that is published now, or that was before; without a minor one where there is none.
    pub version: VersionRef,
    /// What became of it.
    pub what: What,
}

/// What became of a major version.
#[derive(Clone, Debug)]
pub enum What {
    /// It is what its newest version is.
    Unchanged,
    /// It is published now, or would be.
    Published {
        /// The version before it; nothing where it is the first.
        before: Option<VersionRef>,
    },
    /// Its template says that it is a draft.
    Draft,
    /// It was not published.
    Refused(Vec<Diagnostic>),
}

/// Why nothing more was published.
#[derive(Clone, Debug, thiserror::Error)]
pub enum NotPublished {
    /// The branch has another tip.
    #[error("branch {branch} is at {tip} at the remote, and this is {commit}")]
    NotTheTip {
        /// The branch.
        branch: String,
        /// Its tip at the remote.
        tip: String,
        /// What was to be published.
        commit: String,
    },
    /// A number is given to what has one.
    #[error("{0} is published already, and what comes after it gets the next number")]
    NotFirst(VersionRef),
    /// Others publish all the time.
    #[error("somebody else published {0} each time that it was tried")]
    Crowded(VersionRef),
    /// An outside system.
    #[error(transparent)]
    Port(#[from] PortError),
}

/// Publishes the bundles whose content changed, each as the next minor version of its major.
pub async fn publish(
    request: Request<'_>,
    publisher: &dyn Publisher,
) -> Result<Vec<Publication>, NotPublished> {
    let mut done = Vec::new();
    let mut open = request.bundles.to_vec();
    for _ in 0..ROUNDS {
        is_tip(request.commit, publisher).await?;
        let (settled, changed) = compare(&open, request.first, publisher).await?;
        done.extend(settled);
        let versions: Vec<PublishedVersion> = changed.iter().map(Next::version).collect();
        let answers = if request.dry || versions.is_empty() {
            vec![Ok(true); versions.len()]
        } else {
            publisher.publish(request.commit, &versions).await
        };
        open.clear();
        for (next, answer) in changed.into_iter().zip(answers) {
            if answer? {
                done.push(next.published());
            } else {
                open.push(next.bundle);
            }
        }
        if open.is_empty() {
            done.sort_by(|one, other| one.version.cmp(&other.version));
            return Ok(done);
        }
    }
    Err(NotPublished::Crowded(version(open[0], None)))
}

/// A bundle that is to be published.
struct Next<'b> {
    bundle: &'b Bundle,
    newest: Option<u32>,
    minor: u32,
}

impl Next<'_> {
    fn version(&self) -> PublishedVersion {
        (self.bundle.name.clone(), self.bundle.major, self.minor)
    }

    fn published(&self) -> Publication {
        let before = self.newest.map(|minor| version(self.bundle, Some(minor)));
        Publication {
            version: version(self.bundle, Some(self.minor)),
            what: What::Published { before },
        }
    }
}

fn version(bundle: &Bundle, minor: Option<u32>) -> VersionRef {
    VersionRef {
        name: bundle.name.clone(),
        major: bundle.major,
        minor,
    }
}

async fn is_tip(commit: &str, publisher: &dyn Publisher) -> Result<(), NotPublished> {
    let (branch, tip) = publisher.tip().await?;
    if tip == commit {
        return Ok(());
    }
    let commit = commit.to_owned();
    Err(NotPublished::NotTheTip {
        branch,
        tip,
        commit,
    })
}

/// Compares bundles with their newest versions: those that stay as they are, and those that changed.
async fn compare<'b>(
    bundles: &[&'b Bundle],
    first: Option<u32>,
    publisher: &dyn Publisher,
) -> Result<(Vec<Publication>, Vec<Next<'b>>), NotPublished> {
    let templates = publisher.templates();
    let versions = templates.versions().await?;
    let newest = |bundle: &Bundle| {
        let minors = versions.get(&(bundle.name.clone(), bundle.major))?;
        minors.last().copied()
    };
    let wanted = bundles
        .iter()
        .filter_map(|bundle| Some((bundle.name.clone(), bundle.major, newest(bundle)?)));
    let found = templates.published(&wanted.collect()).await?;
    let (mut settled, mut changed) = (Vec::new(), Vec::new());
    for bundle in bundles {
        let Some(newest) = newest(bundle) else {
            changed.push(Next {
                bundle,
                newest: None,
                minor: first.unwrap_or_default(),
            });
            continue;
        };
        if first.is_some() {
            return Err(NotPublished::NotFirst(version(bundle, Some(newest))));
        }
        let what = match older(bundle, newest, &found) {
            Some(older) if older.digest == bundle.digest => What::Unchanged,
            Some(older) => match narrower(bundle, &older, newest) {
                faults if faults.is_empty() => What::Published { before: None },
                faults => What::Refused(faults),
            },
            // What was published once and cannot be read is no measure for what comes after it.
            None => What::Published { before: None },
        };
        if matches!(what, What::Published { .. }) {
            changed.push(Next {
                bundle,
                newest: Some(newest),
                minor: newest + 1,
            });
        } else {
            let version = version(bundle, Some(newest));
            settled.push(Publication { version, what });
        }
    }
    Ok((settled, changed))
}

/// The newest version, where it can be read.
fn older(
    bundle: &Bundle,
    minor: u32,
    found: &BTreeMap<PublishedVersion, Result<Published, Diagnostic>>,
) -> Option<Bundle> {
    let key = (bundle.name.clone(), bundle.major, minor);
    let Published { folder, files, .. } = found.get(&key)?.as_ref().ok()?;
    Bundle::parse(&bundle.name, bundle.major, folder, files).0
}

/// Why a bundle is no minor version after another.
fn narrower(bundle: &Bundle, older: &Bundle, minor: u32) -> Vec<Diagnostic> {
    if bundle.kind != older.kind {
        let message = format!(
            "{} was a template of another kind, environment or service",
            version(older, Some(minor))
        );
        let file = format!("{}/{SCHEMA}", bundle.folder);
        let fault = Diagnostic::error(Code::SchemaNarrower, message)
            .at(Location::start_of(file.as_str()))
            .help("give it a name of its own");
        return vec![fault];
    }
    bundle.schema.narrower_than(&older.schema)
}

#[cfg(test)]
mod tests {
    use nucleon_core::files::{Content, Files, RelPath};
    use nucleon_core::target::Name;
    use tokio::sync::Mutex;

    use super::*;
    use crate::testing::FakeTemplates;

    const COMMIT: &str = "c0ffee";

    /// Tags in memory; `others` are published by somebody else, each just before one of ours.
    #[derive(Default)]
    struct FakePublisher {
        templates: Mutex<FakeTemplates>,
        others: Mutex<Vec<(PublishedVersion, Files)>>,
        ours: Files,
        tip: Option<&'static str>,
        first: Option<u32>,
        dry: bool,
    }

    #[async_trait]
    impl Publisher for FakePublisher {
        fn templates(&self) -> Box<dyn Templates> {
            Box::new(self.templates.try_lock().unwrap().clone())
        }

        async fn tip(&self) -> Result<(String, String), PortError> {
            let tip = self.tip.unwrap_or(COMMIT);
            Ok(("main".to_owned(), tip.to_owned()))
        }

        async fn publish(
            &self,
            _commit: &str,
            versions: &[PublishedVersion],
        ) -> Vec<Result<bool, PortError>> {
            let mut templates = self.templates.lock().await;
            if let Some((version, files)) = self.others.lock().await.pop() {
                *templates = templates.clone().with(version, files);
            }
            let known = templates.versions().await.unwrap();
            let mut answers = Vec::new();
            for version in versions {
                let (name, major, minor) = version.clone();
                let minors = known.get(&(name, major));
                let taken = minors.is_some_and(|minors| minors.contains(&minor));
                if !taken {
                    *templates = templates.clone().with(version.clone(), self.ours.clone());
                }
                answers.push(Ok(!taken));
            }
            answers
        }
    }

    fn name() -> Name {
        Name::new("vpc").unwrap()
    }

    fn files(properties: &str, resources: &str) -> Files {
        let schema = format!(
            "schema:\n  format: {{openapi: '3.0.0'}}\n  environment_input_type: E\n  types:\n    E: {{type: object, properties: {{{properties}}}}}\n"
        );
        let manifest = "infrastructure:\n  templates:\n    - {file: cloudformation.yaml, rendering_engine: jinja, template_language: cloudformation}\n";
        let files = [
            ("schema/schema.yaml", schema.as_str()),
            ("infrastructure/manifest.yaml", manifest),
            ("infrastructure/cloudformation.yaml", resources),
        ];
        let files =
            files.map(|(path, text)| (RelPath::new(path).unwrap(), Content::Text(text.into())));
        Files::from_iter(files)
    }

    fn bundle(files: &Files) -> Bundle {
        let (bundle, faults) = Bundle::parse(&name(), 1, "templates/vpc/v1", files);
        bundle.unwrap_or_else(|| panic!("{faults:?}"))
    }

    fn published(published: &[(u32, &Files)]) -> Mutex<FakeTemplates> {
        let with = |templates: FakeTemplates, (minor, files): &(u32, &Files)| {
            templates.with((name(), 1, *minor), (*files).clone())
        };
        Mutex::new(published.iter().fold(FakeTemplates::default(), with))
    }

    async fn run(publisher: &FakePublisher, bundle: &Bundle) -> Result<String, NotPublished> {
        let request = Request {
            bundles: &[bundle],
            commit: COMMIT,
            first: publisher.first,
            dry: publisher.dry,
        };
        let done = publish(request, publisher).await?;
        let told = done.iter().map(|Publication { version, what }| match what {
            What::Unchanged | What::Draft => format!("{version} unchanged"),
            What::Published { before: None } => format!("{version} first"),
            What::Published {
                before: Some(before),
            } => format!("{version} after {before}"),
            What::Refused(faults) => format!("{version} {}", faults[0].message),
        });
        Ok(told.collect::<Vec<_>>().join("\n"))
    }

    #[tokio::test]
    async fn what_is_new_or_changed_gets_the_next_number_and_the_rest_none() {
        let one = files("", "Resources: {}\n");
        let two = files("cidr: {type: string}", "Resources: {}\n");
        let mut publisher = FakePublisher {
            ours: one.clone(),
            first: Some(7),
            ..FakePublisher::default()
        };
        assert_eq!(
            run(&publisher, &bundle(&one)).await.unwrap(),
            "vpc@1.7 first"
        );
        let refused = run(&publisher, &bundle(&one)).await.unwrap_err();
        assert!(matches!(refused, NotPublished::NotFirst(_)), "{refused}");
        publisher.first = None;
        assert_eq!(
            run(&publisher, &bundle(&one)).await.unwrap(),
            "vpc@1.7 unchanged"
        );
        let told = run(&publisher, &bundle(&two)).await.unwrap();
        assert_eq!(told, "vpc@1.8 after vpc@1.7");
    }

    #[tokio::test]
    async fn what_takes_less_than_before_is_refused() {
        let (wide, narrow) = (
            files("cidr: {type: string}", "Resources: {}\n"),
            files("", "Resources: {}\n"),
        );
        let publisher = FakePublisher {
            templates: published(&[(0, &wide)]),
            ..FakePublisher::default()
        };
        let told = run(&publisher, &bundle(&narrow)).await.unwrap();
        assert_eq!(told, "vpc@1.0 `cidr` is gone");
    }

    #[tokio::test]
    async fn who_was_slower_looks_again() {
        let (one, two, three) = (
            files("", "Resources: {}\n"),
            files("a: {type: string}", "Resources: {}\n"),
            files("a: {type: string}, b: {type: string}", "Resources: {}\n"),
        );
        let other = |files: &Files| vec![((name(), 1, 1), files.clone())];
        let publisher = |files: &Files| FakePublisher {
            templates: published(&[(0, &one)]),
            others: Mutex::new(other(files)),
            ours: three.clone(),
            ..FakePublisher::default()
        };
        let told = run(&publisher(&two), &bundle(&three)).await.unwrap();
        assert_eq!(told, "vpc@1.2 after vpc@1.1");
        let told = run(&publisher(&three), &bundle(&three)).await.unwrap();
        assert_eq!(told, "vpc@1.1 unchanged");
    }

    #[tokio::test]
    async fn a_commit_that_was_overtaken_publishes_nothing() {
        let one = files("", "Resources: {}\n");
        let publisher = FakePublisher {
            tip: Some("decaf"),
            ..FakePublisher::default()
        };
        let refused = run(&publisher, &bundle(&one)).await.unwrap_err();
        assert_eq!(
            refused.to_string(),
            "branch main is at decaf at the remote, and this is c0ffee"
        );
    }

    #[tokio::test]
    async fn a_dry_run_publishes_nothing() {
        let one = files("", "Resources: {}\n");
        let publisher = FakePublisher {
            dry: true,
            ..FakePublisher::default()
        };
        assert_eq!(
            run(&publisher, &bundle(&one)).await.unwrap(),
            "vpc@1.0 first"
        );
        assert!(publisher.templates().versions().await.unwrap().is_empty());
    }
}
