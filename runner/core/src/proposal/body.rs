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

#[cfg(test)]
mod tests {
    use super::*;

    fn change(number: usize) -> InputChange {
        InputChange {
            path: format!("environment.inputs.value_{number}"),
            before: Some(format!("\"{}\"", "a".repeat(500))),
            after: Some(format!("\"{}\"", "b".repeat(500))),
        }
    }

    fn of(inputs: &[InputChange], difference: &str) -> String {
        body(Shown {
            target: &"environment/dev".parse().unwrap(),
            destroy: true,
            template: Some("vpc-env@1.0"),
            place: ("111122223333", "us-east-1"),
            deployment: "11111111-0000-4000-8000-000000000001",
            run_url: Some("https://github.com/acme/platform/actions/runs/1"),
            inputs,
            difference,
            notes: &["only the deployment's id changes".to_owned()],
        })
    }

    /// What reviewers must see stands in the body, whatever had to go, and nothing stays open.
    #[track_caller]
    fn is_whole(body: &str) {
        assert!(body.chars().count() <= LIMIT, "{}", body.chars().count());
        assert!(body.starts_with("> [!CAUTION]"), "{body}");
        assert!(body.contains("vpc-env&#64;1.0") && body.contains("**Note:** "));
        assert!(body.trim_end().ends_with("000000000001</code>._"), "{body}");
        let open = |mark: &str| body.matches(mark).count();
        assert_eq!(open("<details>"), open("</details>"));
        assert_eq!(open("\n```") % 2, 0);
    }

    #[test]
    fn a_small_body_has_everything() {
        let body = of(&[change(1)], "--- dev/main.tf\n+ a\n- b\n");
        is_whole(&body);
        assert!(body.contains("+ a\n- b\n"), "{body}");
        assert!(!body.contains("more"), "{body}");
    }

    #[test]
    fn a_long_difference_is_cut_at_a_line() {
        let line = format!("+ {}\n", "\u{e9}".repeat(90));
        let body = of(&[change(1)], &line.repeat(2_000));
        is_whole(&body);
        assert!(body.chars().count() > LIMIT / 2);
        assert!(body.contains("more lines"));
        let shown = body.lines().filter(|line| line.starts_with("+ "));
        assert!(shown.into_iter().all(|shown| shown == line.trim_end()));
    }

    #[test]
    fn one_line_that_fits_nowhere_is_left_out_and_many_inputs_leave_room() {
        let inputs: Vec<InputChange> = (0..5_000).map(change).collect();
        let body = of(&inputs, &"x".repeat(LIMIT * 2));
        is_whole(&body);
        assert!(body.contains("does not fit here; the commit shows it"));
        assert!(body.contains("more_"), "{body}");
        let difference = of(&inputs, &"+ line\n".repeat(20_000));
        is_whole(&difference);
        assert!(difference.contains("\n+ line\n"));
    }
}
