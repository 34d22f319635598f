//! Files as values: what an adapter has read, under paths that cannot leave their folder.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use crate::codes::Code;
use crate::diagnostic::{Diagnostic, Location};

/// A path below some root: `/`-separated, never absolute, never with `..` or `.` parts.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RelPath(Arc<str>);

/// A path that would leave its folder, or that Windows could not hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BadPath(pub String);

impl RelPath {
    /// Proves that a path stays below its root; `\` counts as a separator, as it does on Windows.
    pub fn new(path: &str) -> Result<Self, BadPath> {
        let parts = path
            .split(['/', '\\'])
            .filter(|part| !part.is_empty() && *part != ".");
        let good = |part: &&str| *part != ".." && !part.contains(['\0', ':']);
        if path.starts_with(['/', '\\']) || !parts.clone().all(|part| good(&part)) {
            return Err(BadPath(path.to_owned()));
        }
        Ok(Self(parts.collect::<Vec<_>>().join("/").into()))
    }

    /// The path as text, with `/` between its parts.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The last part.
    pub fn file_name(&self) -> &str {
        self.0.rsplit('/').next().unwrap_or_default()
    }

    /// The ending of the last part, without the dot; empty where there is none.
    pub fn ending(&self) -> &str {
        let name = self.file_name();
        name.rsplit_once('.').map_or("", |(_, ending)| ending)
    }

    /// The path without its last part; empty at the root.
    pub fn parent(&self) -> &str {
        self.0.rsplit_once('/').map_or("", |(parent, _)| parent)
    }

    /// This path below another folder.
    #[must_use]
    pub fn below(&self, folder: &Self) -> Self {
        if folder.0.is_empty() {
            self.clone()
        } else {
            Self(format!("{}/{}", folder.0, self.0).into())
        }
    }
}

impl fmt::Display for RelPath {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

/// One file's content.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Content {
    /// Valid UTF-8.
    Text(Arc<str>),
    /// Anything else; allowed where nobody reads it as text (archives beside a module).
    Bytes(Arc<[u8]>),
    /// A file that is there and was not read; a fault only where somebody needs it.
    Refused(Refusal),
}

/// Why a file was not read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// It is a symbolic link, or a folder that is one.
    Symlink,
    /// It has so many bytes.
    TooLarge(u64),
}

impl Refusal {
    /// The fault, for the file that it happened to.
    pub fn diagnostic(self, file: impl Into<Arc<str>>) -> Diagnostic {
        let file = file.into();
        let fault = match self {
            Self::Symlink => Diagnostic::error(
                Code::FileSymlink,
                format!("`{file}` is a symbolic link, which Nucleon does not follow"),
            )
            .help("put the file itself there"),
            Self::TooLarge(bytes) => Diagnostic::error(
                Code::FileTooLarge,
                format!("`{file}` has {bytes} bytes, more than the {MAX_BYTES} that Nucleon reads"),
            )
            .help("move it out of the folders that hold templates and specs"),
        };
        fault.at(Location::start_of(file))
    }
}

/// The size of the largest file that is read: what Proton allowed for a whole bundle.
pub const MAX_BYTES: u64 = 5 * 1024 * 1024;

/// Where bytes stop being UTF-8, as a fault of the file they are in.
fn not_utf8(file: &str, bytes: &[u8]) -> Diagnostic {
    let good = std::str::from_utf8(bytes).map_or_else(|error| error.valid_up_to(), str::len);
    let before = String::from_utf8_lossy(&bytes[..good]);
    let last = before.rsplit('\n').next().unwrap_or_default();
    let number = |count: usize| u32::try_from(count).unwrap_or(u32::MAX);
    Diagnostic::error(Code::FileNotUtf8, format!("`{file}` is not UTF-8 text"))
        .at(Location {
            line: number(before.matches('\n').count() + 1),
            column: number(last.chars().count() + 1),
            ..Location::start_of(file)
        })
        .help("save the file as UTF-8")
}

/// A set of files, sorted by path.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Files(BTreeMap<RelPath, Content>);

impl Files {
    /// Adds a file, or replaces the one of that path.
    pub fn insert(&mut self, path: RelPath, content: Content) {
        self.0.insert(path, content);
    }

    /// Adds other files, or replaces those of the same paths.
    pub fn extend(&mut self, others: &Self) {
        self.0.extend(others.0.clone());
    }

    /// The content at a path.
    pub fn get(&self, path: &str) -> Option<&Content> {
        RelPath::new(path).ok().and_then(|path| self.0.get(&path))
    }

    /// The text at a path; nothing where there is no file or it is not text.
    pub fn text(&self, path: &str) -> Option<&str> {
        match self.get(path)? {
            Content::Text(text) => Some(text),
            Content::Bytes(_) | Content::Refused(_) => None,
        }
    }

    /// The text at a path, or the fault that it cannot be had; nothing where there is no file.
    ///
    /// `folder` is where these files lie below the repository's root: faults name files from there.
    pub fn read(&self, path: &str, folder: &str) -> Option<Result<&Arc<str>, Diagnostic>> {
        let file = || match folder {
            "" => path.to_owned(),
            folder => format!("{folder}/{path}"),
        };
        Some(match self.get(path)? {
            Content::Text(text) => Ok(text),
            Content::Bytes(bytes) => Err(not_utf8(&file(), bytes)),
            Content::Refused(refusal) => Err(refusal.diagnostic(file())),
        })
    }

    /// All files, by path.
    pub fn iter(&self) -> impl Iterator<Item = (&RelPath, &Content)> {
        self.0.iter()
    }

    /// The files below a folder, with paths relative to it.
    #[must_use]
    pub fn below(&self, folder: &str) -> Self {
        if folder.is_empty() {
            return self.clone();
        }
        let prefix = RelPath(format!("{folder}/").into());
        let inside = |(path, content): (&RelPath, &Content)| {
            let rest = path.as_str().strip_prefix(prefix.as_str())?;
            Some((RelPath(rest.into()), content.clone()))
        };
        Self(self.0.range(&prefix..).map_while(inside).collect())
    }

    /// Whether something is below a folder.
    pub fn has_folder(&self, folder: &str) -> bool {
        let prefix = RelPath(format!("{folder}/").into());
        let next = self.0.range(&prefix..).next();
        next.is_some_and(|(path, _)| path.as_str().starts_with(prefix.as_str()))
    }

    /// How many files there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is no file.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl FromIterator<(RelPath, Content)> for Files {
    fn from_iter<I: IntoIterator<Item = (RelPath, Content)>>(files: I) -> Self {
        Self(files.into_iter().collect())
    }
}

#[cfg(test)]
mod tests {
    use super::{Content, Files, RelPath};

    fn files(paths: &[&str]) -> Files {
        let file = |path: &&str| (RelPath::new(path).unwrap(), Content::Text("text".into()));
        paths.iter().map(file).collect()
    }

    #[test]
    fn a_folder_holds_what_is_below_it_and_nothing_beside_it() {
        let below = files(&["a-b/x", "a/x", "a/y/z", "ab/x"]).below("a");
        assert_eq!(below, files(&["x", "y/z"]));
    }

    #[test]
    fn bytes_that_are_not_text_are_reported_where_they_stand() {
        let mut files = Files::default();
        files.insert(
            RelPath::new("x.yaml").unwrap(),
            Content::Bytes(b"one\nt\xc3\xa4\xff"[..].into()),
        );
        let fault = files.read("x.yaml", "specs").unwrap().unwrap_err();
        let at = fault.location.unwrap();
        assert_eq!((&*at.file, at.line, at.column), ("specs/x.yaml", 2, 3));
    }
}
