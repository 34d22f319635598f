//! Files as values: what an adapter has read, under paths that cannot leave their folder.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

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

    /// The path without its last part; empty at the root.
    pub fn parent(&self) -> &str {
        self.0.rsplit_once('/').map_or("", |(parent, _)| parent)
    }

    /// This path below another folder.
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
}

/// A set of files, sorted by path.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Files(BTreeMap<RelPath, Content>);

impl Files {
    /// Adds a file, or replaces the one of that path.
    pub fn insert(&mut self, path: RelPath, content: Content) {
        self.0.insert(path, content);
    }

    /// The content at a path.
    pub fn get(&self, path: &str) -> Option<&Content> {
        RelPath::new(path).ok().and_then(|path| self.0.get(&path))
    }

    /// The text at a path; nothing where there is no file or it is not text.
    pub fn text(&self, path: &str) -> Option<&str> {
        match self.get(path)? {
            Content::Text(text) => Some(text),
            Content::Bytes(_) => None,
        }
    }

    /// All files, by path.
    pub fn iter(&self) -> impl Iterator<Item = (&RelPath, &Content)> {
        self.0.iter()
    }

    /// The files below a folder, with paths relative to it.
    pub fn below(&self, folder: &str) -> Self {
        let prefix = if folder.is_empty() {
            String::new()
        } else {
            format!("{folder}/")
        };
        let inside = |(path, content): (&RelPath, &Content)| {
            let rest = path.as_str().strip_prefix(&prefix)?;
            Some((RelPath(rest.into()), content.clone()))
        };
        Self(self.0.iter().filter_map(inside).collect())
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
