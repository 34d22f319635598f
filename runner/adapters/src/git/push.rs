//! What `git push --porcelain` says about each ref, and what that means for a compare-and-swap.

use std::collections::BTreeMap;

use super::error::is_busy;

/// One ref to move: from the tip that was read, or from nothing, to a commit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Swap {
    /// The ref.
    pub(super) reference: String,
    /// Its tip when it was read.
    pub(super) expected: Option<String>,
    /// Its next tip.
    pub(super) commit: String,
}

impl Swap {
    /// The two arguments of `git push` for it.
    pub(super) fn arguments(&self) -> [String; 2] {
        let expected = self.expected.as_deref().unwrap_or_default();
        [
            format!("--force-with-lease={}:{expected}", self.reference),
            format!("{}:{}", self.commit, self.reference),
        ]
    }
}

/// What became of one ref.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Answer {
    /// It points to our commit.
    Written,
    /// Its tip is not the one that was expected.
    Stale,
    /// The remote was busy; nothing is known yet.
    Busy(String),
    /// The remote does not want it, in its own words.
    Refused(String),
}

/// Reads the porcelain: the answer for each ref it names.
///
/// A line is `FLAG TAB FROM:TO TAB SUMMARY (REASON)`; the format is documented in git-push(1).
pub(super) fn answers(porcelain: &str) -> BTreeMap<String, Answer> {
    porcelain.lines().filter_map(answer).collect()
}

fn answer(line: &str) -> Option<(String, Answer)> {
    let mut parts = line.splitn(3, '\t');
    let (flag, pair, summary) = (parts.next()?, parts.next()?, parts.next()?);
    let (_, reference) = pair.rsplit_once(':')?;
    let answer = match flag {
        " " | "+" | "*" | "=" => Answer::Written,
        "!" => refusal(summary),
        _ => return None,
    };
    Some((reference.to_owned(), answer))
}

fn refusal(summary: &str) -> Answer {
    // `[rejected]` is git's own comparison, before anything was sent; the remote's word is `[remote rejected]`.
    if summary.starts_with("[rejected]") {
        return Answer::Stale;
    }
    let reason = summary
        .split_once('(')
        .map_or(summary, |(_, rest)| rest.strip_suffix(')').unwrap_or(rest));
    if is_busy(reason) || summary.starts_with("[remote failure]") {
        Answer::Busy(reason.to_owned())
    } else {
        Answer::Refused(reason.to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_ref_has_its_own_answer() {
        let porcelain = "To /srv/platform.git\n\
            *\tc1:refs/nucleon/a\t[new reference]\n\
            =\tc2:refs/nucleon/b\t[up to date]\n\
            !\tc3:refs/nucleon/c\t[rejected] (stale info)\n\
            !\tc4:refs/nucleon/d\t[remote rejected] (cannot lock ref 'refs/nucleon/d': is at c5 but expected c0)\n\
            !\tc6:refs/nucleon/e\t[remote rejected] (pre-receive hook declined)\n\
            Done\n";
        let answers = answers(porcelain);
        assert_eq!(answers["refs/nucleon/a"], Answer::Written);
        assert_eq!(answers["refs/nucleon/b"], Answer::Written);
        assert_eq!(answers["refs/nucleon/c"], Answer::Stale);
        assert!(matches!(answers["refs/nucleon/d"], Answer::Busy(_)));
        assert_eq!(
            answers["refs/nucleon/e"],
            Answer::Refused("pre-receive hook declined".to_owned())
        );
    }

    #[test]
    fn a_ref_that_must_not_exist_is_expected_empty() {
        let swap = Swap {
            reference: "refs/nucleon/a".to_owned(),
            expected: None,
            commit: "c1".to_owned(),
        };
        assert_eq!(
            swap.arguments(),
            ["--force-with-lease=refs/nucleon/a:", "c1:refs/nucleon/a"]
        );
    }
}
