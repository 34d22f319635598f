//! Files as values: what an adapter has read, under paths that cannot leave their folder.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
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
pub struct Files {
    contents: BTreeMap<RelPath, Content>,
    /// Those that may be run as programs.
    executable: BTreeSet<RelPath>,
}

impl Files {
    /// Adds a file that is no program, or replaces the one of that path.
    pub fn insert(&mut self, path: RelPath, content: Content) {
        self.executable.remove(&path);
        self.contents.insert(path, content);
    }

    /// Says of a file that it may be run.
    pub fn make_executable(&mut self, path: RelPath) {
        self.executable.insert(path);
    }

    /// Whether a file may be run.
    pub fn is_executable(&self, path: &RelPath) -> bool {
        self.executable.contains(path)
    }

    /// Adds other files, or replaces those of the same paths.
    pub fn extend(&mut self, others: &Self) {
        for path in others.contents.keys() {
            self.executable.remove(path);
        }
        self.contents.extend(others.contents.clone());
        self.executable.extend(others.executable.clone());
    }

    /// The files that a question is answered for with yes.
    #[must_use]
    pub fn filtered(&self, wanted: impl Fn(&RelPath, &Content) -> bool) -> Self {
        let mut files = self.clone();
        files.contents.retain(|path, content| wanted(path, content));
        files
            .executable
            .retain(|path| files.contents.contains_key(path));
        files
    }

    /// The same files with other contents.
    #[must_use]
    pub fn map(&self, content: impl Fn(&RelPath, &Content) -> Content) -> Self {
        let mut files = self.clone();
        for (path, old) in &mut files.contents {
            *old = content(path, old);
        }
        files
    }

    /// What a digest of these files is made of: of each its path, and whether it may be run, then what it holds.
    pub(crate) fn digested(&self) -> impl Iterator<Item = [Cow<'_, [u8]>; 2]> {
        self.iter().map(|(path, content)| {
            let name = if self.is_executable(path) {
                // No path holds a NUL. Files that are no programs have the digest that they had before programs were told apart.
                Cow::Owned(format!("{path}\0executable").into_bytes())
            } else {
                Cow::Borrowed(path.as_str().as_bytes())
            };
            let bytes = match content {
                Content::Text(text) => text.as_bytes(),
                Content::Bytes(bytes) => bytes,
                Content::Refused(_) => b"",
            };
            [name, Cow::Borrowed(bytes)]
        })
    }

    /// The content at a path.
    pub fn get(&self, path: &str) -> Option<&Content> {
        RelPath::new(path)
            .ok()
            .and_then(|path| self.contents.get(&path))
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
        self.contents.iter()
    }

    /// The files below a folder, with paths relative to it.
    #[must_use]
    pub fn below(&self, folder: &str) -> Self {
        if folder.is_empty() {
            return self.clone();
        }
        let prefix = RelPath(format!("{folder}/").into());
        let relative = |path: &RelPath| {
            let rest = path.as_str().strip_prefix(prefix.as_str())?;
            Some(RelPath(rest.into()))
        };
        let contents = self.contents.range(&prefix..);
        let inside = |(path, content): (_, &Content)| Some((relative(path)?, content.clone()));
        Self {
            contents: contents.map_while(inside).collect(),
            executable: self
                .executable
                .range(&prefix..)
                .map_while(relative)
                .collect(),
        }
    }

    /// Whether something is below a folder.
    pub fn has_folder(&self, folder: &str) -> bool {
        let prefix = RelPath(format!("{folder}/").into());
        let next = self.contents.range(&prefix..).next();
        next.is_some_and(|(path, _)| path.as_str().starts_with(prefix.as_str()))
    }

    /// How many files there are.
    pub fn len(&self) -> usize {
        self.contents.len()
    }

    /// Whether there is no file.
    pub fn is_empty(&self) -> bool {
        self.contents.is_empty()
    }
}

impl FromIterator<(RelPath, Content)> for Files {
    fn from_iter<I: IntoIterator<Item = (RelPath, Content)>>(files: I) -> Self {
        Self {
            contents: files.into_iter().collect(),
            executable: BTreeSet::new(),
        }
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
    fn a_program_stays_one_wherever_its_files_go() {
        let mut all = files(&["a/run", "a/text"]);
        let path = |path: &str| RelPath::new(path).unwrap();
        all.make_executable(path("a/run"));
        let below = all.below("a");
        assert!(below.is_executable(&path("run")) && !below.is_executable(&path("text")));
        let mapped = below.map(|_, _| Content::Text("new".into()));
        let filtered = mapped.filtered(|path, _| path.as_str() == "run");
        assert!(filtered.is_executable(&path("run")));
        let mut other = files(&["run"]);
        other.extend(&filtered);
        assert!(other.is_executable(&path("run")));
        other.insert(path("run"), Content::Text("text".into()));
        assert!(!other.is_executable(&path("run")));
    }

    #[test]
    fn only_programs_are_digested_in_another_way_than_before() {
        let mut all = files(&["run", "text"]);
        let digested = |files: &Files| {
            let parts = files.digested().flatten();
            let parts = parts.map(|part| String::from_utf8(part.into_owned()).unwrap());
            parts.collect::<Vec<_>>()
        };
        assert_eq!(digested(&all), ["run", "text", "text", "text"]);
        all.make_executable(RelPath::new("run").unwrap());
        assert_eq!(digested(&all), ["run\0executable", "text", "text", "text"]);
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
