//! Objects of a repository, any number of them through one `git cat-file --batch`.

use std::fmt::Write as _;

use nucleon_core::files::{Content, MAX_BYTES, Refusal};
use nucleon_engine::ports::PortError;
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::process::{Child, ChildStderr, ChildStdin, ChildStdout};

use super::command::Program;
use super::error::{could_not_start, refusal, unexpected};

const ACTION: &str = "read objects";

/// A running `git cat-file --batch`.
#[derive(Debug)]
pub(super) struct Objects {
    _child: Child,
    stdin: ChildStdin,
    stdout: BufReader<ChildStdout>,
    stderr: ChildStderr,
}

/// One object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Object {
    /// Its id.
    pub(super) id: String,
    /// Git's word: `blob`, `tree`, `commit`, `tag`.
    pub(super) kind: String,
    /// How many bytes it has.
    pub(super) size: u64,
    /// What it holds; nothing where it is larger than anything that Nucleon reads.
    pub(super) bytes: Option<Vec<u8>>,
}

/// One line of a tree.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Entry {
    /// What it is.
    pub(super) mode: Mode,
    /// Its name.
    pub(super) name: String,
    /// The object's id.
    pub(super) id: String,
}

/// What a line of a tree stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mode {
    /// A file.
    File,
    /// A file that may be run.
    Program,
    /// A folder.
    Folder,
    /// A symbolic link.
    Symlink,
    /// Another repository's commit.
    Submodule,
}

impl Objects {
    /// Starts it.
    pub(super) fn open(program: &Program) -> Result<Self, PortError> {
        let mut command = program.command(&["cat-file", "--batch"]);
        command.stdin(std::process::Stdio::piped());
        let mut child = command
            .spawn()
            .map_err(|source| could_not_start(ACTION, source))?;
        let pipes = (child.stdin.take(), child.stdout.take(), child.stderr.take());
        let (Some(stdin), Some(stdout), Some(stderr)) = pipes else {
            return Err(unexpected(ACTION, "it has no input or no output"));
        };
        Ok(Self {
            _child: child,
            stdin,
            stdout: BufReader::new(stdout),
            stderr,
        })
    }

    /// The object that an expression names, as `tag^{tree}` or `commit:file`; nothing where there is none.
    pub(super) async fn read(&mut self, expression: &str) -> Result<Option<Object>, PortError> {
        let source = match self.exchange(expression).await {
            Ok(answer) => return Ok(answer),
            Err(source) => source,
        };
        // It ended before it answered, and says why.
        let mut stderr = String::new();
        match self.stderr.read_to_string(&mut stderr).await {
            Ok(1..) => Err(refusal(ACTION, &stderr)),
            _ => Err(could_not_start(ACTION, source)),
        }
    }

    async fn exchange(&mut self, expression: &str) -> std::io::Result<Option<Object>> {
        if expression.contains('\n') {
            return Ok(None);
        }
        self.stdin
            .write_all(format!("{expression}\n").as_bytes())
            .await?;
        self.stdin.flush().await?;
        let mut head = String::new();
        if self.stdout.read_line(&mut head).await? == 0 {
            return Err(std::io::ErrorKind::UnexpectedEof.into());
        }
        let Some((id, kind, size)) = header(head.trim_end()) else {
            return Ok(None);
        };
        let bytes = self.body(size).await?;
        Ok(Some(Object {
            id,
            kind,
            size,
            bytes,
        }))
    }

    async fn body(&mut self, size: u64) -> std::io::Result<Option<Vec<u8>>> {
        // The newline after the object belongs to the protocol.
        let mut body = (&mut self.stdout).take(size + 1);
        if size > MAX_BYTES {
            tokio::io::copy(&mut body, &mut tokio::io::sink()).await?;
            return Ok(None);
        }
        let mut bytes = Vec::new();
        body.read_to_end(&mut bytes).await?;
        bytes.pop();
        Ok(Some(bytes))
    }

    /// The lines of a tree, in git's order; nothing where the expression names no tree.
    pub(super) async fn tree(&mut self, expression: &str) -> Result<Option<Vec<Entry>>, PortError> {
        let Some(object) = self.read(expression).await? else {
            return Ok(None);
        };
        Ok(match object.bytes {
            Some(bytes) if object.kind == "tree" => Some(entries(&bytes, object.id.len() / 2)),
            _ => None,
        })
    }
}

impl Object {
    /// What a file holds, as text where it is text.
    pub(super) fn content(self) -> Content {
        match self.bytes.map(String::from_utf8) {
            Some(Ok(text)) => Content::Text(text.into()),
            Some(Err(error)) => Content::Bytes(error.into_bytes().into()),
            None => Content::Refused(Refusal::TooLarge(self.size)),
        }
    }
}

fn header(line: &str) -> Option<(String, String, u64)> {
    let mut words = line.split(' ');
    let (id, kind, size) = (words.next()?, words.next()?, words.next()?);
    let known = matches!(kind, "blob" | "tree" | "commit" | "tag");
    let size = size.parse().ok()?;
    (known && words.next().is_none()).then(|| (id.to_owned(), kind.to_owned(), size))
}

/// Reads a tree: `MODE SPACE NAME NUL ID` again and again, the id in bytes.
fn entries(mut bytes: &[u8], id_length: usize) -> Vec<Entry> {
    let mut entries = Vec::new();
    while let Some((entry, rest)) = entry(bytes, id_length) {
        entries.push(entry);
        bytes = rest;
    }
    entries
}

fn entry(bytes: &[u8], id_length: usize) -> Option<(Entry, &[u8])> {
    let space = bytes.iter().position(|byte| *byte == b' ')?;
    let end = bytes.iter().position(|byte| *byte == 0)?;
    let id = bytes.get(end + 1..end + 1 + id_length)?;
    let mode = match &bytes[..space] {
        b"40000" => Mode::Folder,
        b"120000" => Mode::Symlink,
        b"160000" => Mode::Submodule,
        b"100755" => Mode::Program,
        _ => Mode::File,
    };
    let entry = Entry {
        mode,
        name: String::from_utf8_lossy(bytes.get(space + 1..end)?).into_owned(),
        id: hex(id),
    };
    Some((entry, &bytes[end + 1 + id_length..]))
}

fn hex(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(2 * bytes.len());
    for byte in bytes {
        let _ = write!(text, "{byte:02x}");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_object_is_none() {
        assert_eq!(header("refs/tags/x^{tree} missing"), None);
        assert_eq!(header("abc ambiguous"), None);
    }

    #[test]
    fn a_tree_is_read_line_by_line() {
        let mut bytes = b"100644 a\0".to_vec();
        bytes.extend([0x11; 20]);
        bytes.extend(b"40000 b c\0");
        bytes.extend([0x22; 20]);
        bytes.extend(b"100755 d\0");
        bytes.extend([0x33; 20]);
        let names: Vec<_> = entries(&bytes, 20)
            .into_iter()
            .map(|entry| (entry.mode, entry.name))
            .collect();
        assert_eq!(
            names,
            [
                (Mode::File, "a".to_owned()),
                (Mode::Folder, "b c".to_owned()),
                (Mode::Program, "d".to_owned())
            ]
        );
    }
}
