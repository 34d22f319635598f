//! What git says when it refuses, sorted by what the reader can do about it.

use std::io;
use std::time::Duration;

use nucleon_engine::ports::PortError;

const SYSTEM: &str = "git";

/// What git says when the other side did not answer; asking again may help.
const UNREACHABLE: [&str; 17] = [
    "could not resolve host",
    "couldn't connect to server",
    "failed to connect",
    "connection refused",
    "connection reset",
    "connection timed out",
    "operation timed out",
    "network is unreachable",
    "no route to host",
    "unexpected disconnect",
    "hung up unexpectedly",
    "early eof",
    "returned error: 429",
    "returned error: 500",
    "returned error: 502",
    "returned error: 503",
    "returned error: 504",
];

/// What git says when credentials are missing or not enough.
const FORBIDDEN: [&str; 10] = [
    "authentication failed",
    "could not read username",
    "could not read password",
    "terminal prompts disabled",
    "permission denied",
    "permission to",
    "access denied",
    "returned error: 401",
    "returned error: 403",
    "write access to repository not granted",
];

/// What git says when there is no such remote.
const NO_REMOTE: [&str; 4] = [
    "does not appear to be a git repository",
    "repository not found",
    "returned error: 404",
    "no such remote",
];

/// What a remote says when somebody else holds one of its locks for a moment.
const BUSY: [&str; 7] = [
    "cannot lock ref",
    "failed to update ref",
    "failed to lock",
    "unable to lock",
    ".lock': file exists",
    "incorrect old value",
    "reference already exists",
];

fn says(text: &str, words: &[&str]) -> bool {
    let text = text.to_lowercase();
    words.iter().any(|word| text.contains(word))
}

/// Whether a remote was only busy: the same push again may go through. A lock that it may not even make is no such case.
pub(super) fn is_busy(text: &str) -> bool {
    says(text, &BUSY) && !is_forbidden(text)
}

/// Whether a remote says that we may not: asking again won't help.
pub(super) fn is_forbidden(text: &str) -> bool {
    says(text, &FORBIDDEN)
}

/// The error for what git printed before it gave up.
pub(super) fn refusal(action: &str, stderr: &str) -> PortError {
    let message = words(stderr);
    if is_forbidden(&message) {
        return refused(action, message, Some(FORBIDDEN_HINT));
    }
    if says(&message, &UNREACHABLE) {
        return PortError::unreachable(SYSTEM, action, message);
    }
    let hint = if says(&message, &["not a git repository", "cannot change to"]) {
        Some("run it in a clone of the platform repository, or name one with -C")
    } else if says(&message, &["detected dubious ownership"]) {
        Some(
            "git does not trust the folder's owner: git config --global --add safe.directory <folder>",
        )
    } else if says(&message, &NO_REMOTE) {
        Some(
            "check the remote's address with `git remote -v`; NUCLEON_STATE_REMOTE names another remote",
        )
    } else {
        None
    };
    refused(action, message, hint)
}

const FORBIDDEN_HINT: &str = "give a token that may write to the repository: `permissions: contents: write` for the job, or NUCLEON_GITHUB_TOKEN";

/// The error for a ref that the remote does not let us write.
pub(super) fn refused_ref(
    action: &str,
    reference: &str,
    reason: &str,
    remote_says: &str,
) -> PortError {
    let hint = if is_busy(reason) && !is_forbidden(remote_says) {
        "the remote is busy, or a git process that died there left a lock: run it again, or remove the lock".to_owned()
    } else if is_forbidden(remote_says) {
        FORBIDDEN_HINT.to_owned()
    } else {
        format!(
            "the remote does not accept `{reference}`: allow it in the rules for refs and in its hooks, \
             or keep the state elsewhere with NUCLEON_STATE_PREFIX=refs/heads/nucleon/"
        )
    };
    let message = if remote_says.is_empty() {
        format!("{reference}: {reason}")
    } else {
        format!("{reference}: {reason}; {remote_says}")
    };
    refused(action, message, Some(&hint))
}

/// An error that git did not word itself.
pub(super) fn refused(action: &str, message: impl Into<String>, hint: Option<&str>) -> PortError {
    PortError::Refused {
        system: SYSTEM,
        action: action.to_owned(),
        message: message.into(),
        hint: hint.map(str::to_owned),
    }
}

/// An answer that does not look as git's documentation says.
pub(super) fn unexpected(action: &str, message: impl Into<String>) -> PortError {
    PortError::Unexpected {
        system: SYSTEM,
        action: action.to_owned(),
        message: message.into(),
    }
}

/// The program cannot be started.
pub(super) fn could_not_start(action: &str, source: io::Error) -> PortError {
    if source.kind() == io::ErrorKind::NotFound {
        let hint = "install git, and check that the folder given with -C exists";
        return refused(action, "there is no such program or folder", Some(hint));
    }
    PortError::unreachable(SYSTEM, action, source)
}

/// The program did not come to an end.
pub(super) fn timed_out(action: &str, patience: Duration) -> PortError {
    let waited = format!("no answer in {} seconds", patience.as_secs());
    PortError::unreachable(SYSTEM, action, waited)
}

/// Git's own words in one line: what follows `fatal:`, `error:` and `remote:`, without its general advice.
pub(super) fn words(stderr: &str) -> String {
    let line = |line: &str| {
        let mut rest = line.trim();
        for prefix in ["fatal:", "error:", "remote:", "ERROR:"] {
            rest = rest.strip_prefix(prefix).unwrap_or(rest).trim();
        }
        rest.to_owned()
    };
    let advice = |line: &String| {
        line.is_empty()
            || line.starts_with("hint:")
            || line.starts_with("warning:")
            || line.starts_with("failed to push some refs")
            || line.starts_with("Please make sure you have the correct access rights")
            || line.starts_with("and the repository exists")
    };
    let lines: Vec<String> = stderr
        .lines()
        .map(line)
        .filter(|line| !advice(line))
        .collect();
    lines.join("; ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_leave_out_prefixes_and_advice() {
        let stderr = "fatal: '/nope' does not appear to be a git repository\nfatal: Could not read from remote repository.\n\n\
                      Please make sure you have the correct access rights\nand the repository exists.\n";
        assert_eq!(
            words(stderr),
            "'/nope' does not appear to be a git repository; Could not read from remote repository."
        );
    }

    #[test]
    fn a_missing_permission_says_which_one_is_needed() {
        let error = refusal(
            "push",
            "remote: Permission to acme/platform.git denied to github-actions[bot].\n\
             fatal: unable to access 'https://github.com/acme/platform/': The requested URL returned error: 403\n",
        );
        assert!(
            matches!(&error, PortError::Refused { hint: Some(hint), .. } if hint.contains("contents: write"))
        );
    }

    #[test]
    fn a_lock_that_another_process_holds_is_waited_for_and_one_that_may_not_be_made_is_not() {
        let lock =
            "cannot lock ref 'refs/nucleon/a': Unable to create '/srv/p.git/refs/nucleon/a.lock'";
        assert!(is_busy(&format!("{lock}: File exists.")));
        assert!(!is_busy(&format!("{lock}: Permission denied")));
        assert!(!is_busy("unable to create temporary object directory"));
    }

    #[test]
    fn a_server_that_is_down_is_unreachable() {
        let error = refusal(
            "push",
            "fatal: unable to access 'https://x/': The requested URL returned error: 503",
        );
        assert!(matches!(error, PortError::Unreachable { .. }));
    }
}
