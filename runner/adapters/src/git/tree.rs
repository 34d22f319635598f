//! Trees of commits as sets of files, read through one process and each object once.

use std::collections::BTreeMap;

use nucleon_core::files::{Content, Files, Refusal, RelPath};
use nucleon_engine::ports::PortError;

use super::error::refused;
use super::objects::{Entry, Mode, Objects};

/// Deeper folders than any repository has: a bound, not a rule.
const DEEPEST: usize = 64;

/// Reads trees; versions of one repository share most of their objects.
#[derive(Debug)]
pub(super) struct Trees {
    objects: Objects,
    folders: BTreeMap<String, Vec<Entry>>,
    contents: BTreeMap<String, Content>,
}

/// One file of a tree, not read yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Leaf {
    /// Whether it is a file, a program or a symbolic link.
    pub(super) mode: Mode,
    /// The object's id.
    pub(super) id: String,
}

impl Trees {
    /// Reads through a running git.
    pub(super) fn new(objects: Objects) -> Self {
        Self {
            objects,
            folders: BTreeMap::new(),
            contents: BTreeMap::new(),
        }
    }

    /// The commit that an expression names; nothing where there is none.
    pub(super) async fn commit(&mut self, expression: &str) -> Result<Option<String>, PortError> {
        let object = self
            .objects
            .read(&format!("{expression}^{{commit}}"))
            .await?;
        Ok(object.map(|object| object.id))
    }

    /// All files of a commit, by path.
    pub(super) async fn leaves(
        &mut self,
        commit: &str,
    ) -> Result<BTreeMap<String, Leaf>, PortError> {
        let mut leaves = BTreeMap::new();
        let mut open = vec![(String::new(), format!("{commit}^{{tree}}"), 0)];
        while let Some((path, tree, depth)) = open.pop() {
            for entry in self.folder(&tree).await? {
                let path = if path.is_empty() {
                    entry.name
                } else {
                    format!("{path}/{}", entry.name)
                };
                match entry.mode {
                    Mode::Folder if depth < DEEPEST => open.push((path, entry.id, depth + 1)),
                    Mode::Folder | Mode::Submodule => {}
                    mode @ (Mode::File | Mode::Program | Mode::Symlink) => {
                        leaves.insert(path, Leaf { mode, id: entry.id });
                    }
                }
            }
        }
        Ok(leaves)
    }

    async fn folder(&mut self, tree: &str) -> Result<Vec<Entry>, PortError> {
        if let Some(entries) = self.folders.get(tree) {
            return Ok(entries.clone());
        }
        let entries = self.objects.tree(tree).await?.ok_or_else(|| gone(tree))?;
        self.folders.insert(tree.to_owned(), entries.clone());
        Ok(entries)
    }

    /// Reads files, by the path that each is to have. Symbolic links are not followed.
    pub(super) async fn read<'l>(
        &mut self,
        leaves: impl Iterator<Item = (&'l str, &'l Leaf)>,
    ) -> Result<Files, PortError> {
        let mut files = Files::default();
        for (path, leaf) in leaves {
            // A name that could leave its folder is not one that anybody can ask for.
            let Ok(path) = RelPath::new(path) else {
                continue;
            };
            let content = match leaf.mode {
                Mode::Symlink => Content::Refused(Refusal::Symlink),
                Mode::File | Mode::Program | Mode::Folder | Mode::Submodule => {
                    self.content(&leaf.id).await?
                }
            };
            files.insert(path.clone(), content);
            if leaf.mode == Mode::Program {
                files.make_executable(path);
            }
        }
        Ok(files)
    }

    async fn content(&mut self, id: &str) -> Result<Content, PortError> {
        if let Some(content) = self.contents.get(id) {
            return Ok(content.clone());
        }
        let object = self.objects.read(id).await?;
        let content = object.ok_or_else(|| gone(id))?.content();
        self.contents.insert(id.to_owned(), content.clone());
        Ok(content)
    }
}

/// A commit names what is not there: a clone that was damaged, or that left files out when it was made.
fn gone(object: &str) -> PortError {
    let message = format!("the clone lacks the object {object}");
    refused(
        "read files",
        message,
        Some("clone the repository again, without a filter"),
    )
}
