//! What a pull request that proposes a folder says.

use std::fmt::Write as _;

use super::InputChange;
use crate::markdown::{Fold, Limit, blocks, code, folds, sentence, text};
use crate::target::TargetId;
use crate::visible::{clipped, clipped_pair};

/// GitHub's limit of a pull request's body, in characters.
const LIMIT: usize = 65_536;
/// A value of more characters is clipped to where it differs.
const VALUE: usize = 200;
/// How many notes are shown.
const NOTES: usize = 5;

/// What a body is made of; secrets are masked already.
#[derive(Clone, Copy, Debug)]
pub struct Shown<'a> {
    /// The target.
    pub target: &'a TargetId,
    /// Whether it is to be deleted.
    pub destroy: bool,
    /// The template version.
    pub template: Option<&'a str>,
    /// Account and region.
    pub place: (&'a str, &'a str),
    /// The deployment's id.
    pub deployment: &'a str,
    /// The page of the run that proposes it.
    pub run_url: Option<&'a str>,
    /// The inputs that change.
    pub inputs: &'a [InputChange],
    /// The rendered difference.
    pub difference: &'a str,
    /// Why it is proposed, where the difference does not tell.
    pub notes: &'a [String],
}

/// The body: what it is, which inputs change, then the difference, cut where it still reads.
pub fn body(shown: Shown<'_>) -> String {
    let limit = Limit::Characters(LIMIT);
    let mut body = head(shown);
    let room = limit.room() - limit.size(&body);
    body.push_str(&inputs(shown.inputs, room / 3, limit));
    let tail = format!(
        "\n_Proposed by Nucleon. Merging it deploys it; closing it cancels the deployment; a newer spec rewrites it. Deployment {}._\n",
        code(shown.deployment)
    );
    let room = limit.room() - limit.size(&body) - limit.size(&tail);
    let lines: Vec<String> = shown.difference.lines().map(str::to_owned).collect();
    if !lines.is_empty() {
        let fold = Fold::new("Rendered difference".to_owned(), &lines);
        let (shown, left_out) = folds(&[fold], room, limit);
        body.push_str(&shown);
        if left_out > 0 {
            body.push_str("_The difference does not fit here; the commit shows it._\n");
        }
    }
    body.push_str(&tail);
    body
}

fn head(shown: Shown<'_>) -> String {
    let target = code(&shown.target.to_string());
    let mut head = if shown.destroy {
        format!("> [!CAUTION]\n> {target} **is to be destroyed.**\n\n")
    } else {
        format!("### {target}\n\n")
    };
    head.push_str("| Template | Account | Region |\n|---|---|---|\n");
    let (account, region) = shown.place;
    let template = shown
        .template
        .map_or_else(|| "—".to_owned(), |name| code(&clipped(name, VALUE)));
    let _infallible = writeln!(
        head,
        "| {template} | {} | {} |\n",
        code(&clipped(account, VALUE)),
        code(&clipped(region, VALUE))
    );
    if let Some(url) = shown.run_url {
        let _infallible = writeln!(
            head,
            "Proposed by [this run](<{}>).\n",
            url.replace(['<', '>'], "")
        );
    }
    for note in shown.notes.iter().take(NOTES) {
        let _infallible = writeln!(head, "**Note:** {}\n", sentence(&clipped(note, 1_000)));
    }
    head
}

fn inputs(changes: &[InputChange], room: usize, limit: Limit) -> String {
    if changes.is_empty() {
        return String::new();
    }
    let rows: Vec<String> = changes.iter().map(row).collect();
    let (shown, missing) = blocks(&rows, room, limit);
    let more = match missing {
        0 => String::new(),
        more => format!("\n_and {more} more_\n"),
    };
    format!("| Input | Before | After |\n|---|---|---|\n{shown}{more}\n")
}

fn row(change: &InputChange) -> String {
    let (before, after) = match (&change.before, &change.after) {
        (Some(before), Some(after)) => {
            let (before, after) = clipped_pair(before, after, VALUE);
            (code(&before), code(&after))
        }
        (before, after) => {
            let alone = |value: &Option<String>| {
                value
                    .as_ref()
                    .map_or_else(|| "—".to_owned(), |value| code(&clipped(value, VALUE)))
            };
            (alone(before), alone(after))
        }
    };
    format!(
        "| {} | {before} | {after} |\n",
        text(&clipped(&change.path, VALUE))
    )
}
