//! Commits as a stream for `git fast-import`: any number of them in one process.

use std::fmt::Write as _;

use nucleon_core::files::{Content, Files, RelPath};

/// A commit to make.
#[derive(Clone, Debug)]
pub(super) struct NewCommit<'a> {
    /// The commit before it; nothing for the first of a ref.
    pub(super) parent: Option<&'a str>,
    /// Its message.
    pub(super) message: &'a str,
    /// The files it holds.
    pub(super) files: &'a Files,
    /// Whether the files of the parent that are not among these stay.
    pub(super) keep: bool,
    /// The files of the parent that go.
    pub(super) removed: &'a [RelPath],
    /// When, in seconds since 1970.
    pub(super) seconds: i64,
}

/// The stream that makes the commits and answers with their ids, one a line, in their order.
pub(super) fn stream(commits: &[NewCommit<'_>]) -> Vec<u8> {
    let mut stream = Vec::new();
    for (index, commit) in commits.iter().enumerate() {
        append(&mut stream, index + 1, commit);
    }
    stream
}

fn append(stream: &mut Vec<u8>, mark: usize, commit: &NewCommit<'_>) {
    let mut head = format!("commit refs/written/{mark}\nmark :{mark}\n");
    let _ = writeln!(
        head,
        "committer nucleon <nucleon@localhost> {} +0000",
        commit.seconds
    );
    let _ = writeln!(head, "data {}\n{}", commit.message.len(), commit.message);
    if let Some(parent) = commit.parent {
        let _ = writeln!(head, "from {parent}");
    }
    if !commit.keep {
        head.push_str("deleteall\n");
    }
    for path in commit.removed {
        let _ = writeln!(head, "D {}", quoted(path.as_str()));
    }
    stream.extend_from_slice(head.as_bytes());
    for (path, content) in commit.files.iter() {
        let bytes = match content {
            Content::Text(text) => text.as_bytes(),
            Content::Bytes(bytes) => bytes,
            // What was not read has nothing to write.
            Content::Refused(_) => continue,
        };
        let mode = if commit.files.is_executable(path) {
            "100755"
        } else {
            "100644"
        };
        let line = format!(
            "M {mode} inline {}\ndata {}\n",
            quoted(path.as_str()),
            bytes.len()
        );
        stream.extend_from_slice(line.as_bytes());
        stream.extend_from_slice(bytes);
        stream.push(b'\n');
    }
    stream.extend_from_slice(format!("\nget-mark :{mark}\n").as_bytes());
}

fn quoted(path: &str) -> String {
    let escaped = path
        .replace('\\', "\\\\")
        .replace('"', "\\\"")
        .replace('\n', "\\n");
    format!("\"{escaped}\"")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_with_quotes_stays_one_path() {
        assert_eq!(quoted("a \"b\""), r#""a \"b\"""#);
    }
}
