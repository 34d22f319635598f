//! Versions that are used together although no working tree holds both: whether what one reads the other gives out.

use std::collections::{BTreeMap, BTreeSet};

use super::documents::documents;
use super::{given_out, member, tried};
use crate::bundle::{Bundle, Part};
use crate::codes::Code;
use crate::cores::{self, Cores};
use crate::diagnostic::{Diagnostic, Location};
use crate::render::Renderer;
use crate::repository::{Repository, Target};
use crate::suggest::closest;
use crate::target::TargetId;
use crate::version::VersionRef;

/// The files of a version that are at hand.
pub type AtHand<'a> = &'a (dyn Fn(&VersionRef) -> Option<&'a Bundle> + Sync);

/// An instance's version, and that of its environment.
type Pair<'a> = (&'a VersionRef, &'a VersionRef);

/// Checks the versions of instances against those of their environments, where one of them is published.
///
/// Versions of the working tree are checked against each other by [`check`](super::check). What is wrong in a published version
/// cannot be mended there, so it is told where the version was chosen.
pub fn check_pinned<'a>(
    cores: &dyn Cores,
    repository: &'a Repository,
    at_hand: AtHand<'a>,
) -> Vec<Diagnostic> {
    let uses: Vec<(Pair<'_>, &Location)> = repository
        .targets()
        .values()
        .filter_map(|target| used_together(repository, target))
        .collect();
    let environments: BTreeSet<&VersionRef> = uses.iter().map(|((_, used), _)| *used).collect();
    let environments: Vec<&VersionRef> = environments.into_iter().collect();
    let outputs = cores::map(cores, &environments, |version| {
        let bundle = at_hand(version)?;
        let tried = tried(bundle, Part::Environment, &Renderer::new());
        given_out(bundle, Some(&tried))
    });
    let outputs: BTreeMap<&VersionRef, _> = environments.into_iter().zip(outputs).collect();
    let pairs: BTreeSet<Pair<'_>> = uses.iter().map(|(pair, _)| *pair).collect();
    let faults = pairs.into_iter().filter_map(|pair| {
        let outputs = outputs.get(pair.1)?.as_ref()?;
        Some((pair, faults(pair, at_hand(pair.0)?, outputs)))
    });
    let faults: BTreeMap<Pair<'_>, Vec<Diagnostic>> = faults.collect();
    let placed = uses.iter().flat_map(|(pair, at)| {
        let faults = faults.get(pair).into_iter().flatten();
        faults.map(|fault| fault.clone().at((*at).clone()))
    });
    placed.collect()
}

fn used_together<'a>(
    repository: &'a Repository,
    target: &'a Target,
) -> Option<(Pair<'a>, &'a Location)> {
    if !matches!(target.id, TargetId::Instance { .. }) {
        return None;
    }
    let environment = TargetId::Environment(target.environment.clone()?);
    let environment = repository.targets().get(&environment)?;
    let pair = (target.template.as_ref()?, environment.template.as_ref()?);
    let is_published = pair.0.minor.is_some() || pair.1.minor.is_some();
    let at = target.template_at.as_ref()?;
    is_published.then_some((pair, at))
}

/// What an instance reads of its environment in vain.
fn faults(pair: Pair<'_>, bundle: &Bundle, outputs: &BTreeSet<String>) -> Vec<Diagnostic> {
    let documents: Vec<_> = bundle
        .parts
        .get(&Part::Instance)
        .into_iter()
        .flat_map(documents)
        .collect();
    let reads = documents.iter().flat_map(|document| &document.reads);
    let mut missing: BTreeMap<&str, bool> = BTreeMap::new();
    for read in reads.filter(|read| !read.guarded) {
        let of_environment = read.path.first().is_some_and(|name| name == "environment");
        let name = member(read, "outputs").filter(|_| of_environment);
        if let Some(name) = name.filter(|name| !outputs.contains(*name)) {
            *missing.entry(name).or_insert(true) &= read.conditional;
        }
    }
    let fault = |(name, conditional)| fault(pair, name, outputs, conditional);
    missing.into_iter().map(fault).collect()
}

fn fault(
    (service, environment): Pair<'_>,
    name: &str,
    outputs: &BTreeSet<String>,
    conditional: bool,
) -> Diagnostic {
    let message =
        format!("`{service}` reads the output `{name}`, which `{environment}` does not give out");
    let fault = if conditional {
        Diagnostic::warning(Code::TemplateUnknownOutput, message)
    } else {
        Diagnostic::error(Code::TemplateUnknownOutput, message)
    };
    let near = closest(name, outputs.iter().map(String::as_str));
    let near = near.map(|near| format!("; `{environment}` has `{near}`"));
    fault.help(format!(
        "use versions that go together{}",
        near.unwrap_or_default()
    ))
}
