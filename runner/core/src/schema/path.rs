//! Where a value stands among the inputs, as people write it: `rules[2].port`.

use std::fmt;

/// A path, linked upwards so that it costs nothing until it is shown.
#[derive(Clone, Copy, Debug)]
pub(super) enum Path<'a> {
    Root,
    Key(&'a Self, &'a str),
    Item(&'a Self, usize),
}

impl Path<'_> {
    /// Whether it is the inputs as a whole.
    pub(super) fn is_root(&self) -> bool {
        matches!(self, Self::Root)
    }

    /// What stands before a value of this path in the file: `port: `, or nothing for an item of a list.
    pub(super) fn prefix(&self) -> String {
        match self {
            Self::Key(_, name) => format!("{name}: "),
            Self::Root | Self::Item(..) => String::new(),
        }
    }
}

impl fmt::Display for Path<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Root => Ok(()),
            Self::Key(parent, name) if parent.is_root() => formatter.write_str(name),
            Self::Key(parent, name) => write!(formatter, "{parent}.{name}"),
            Self::Item(parent, index) => write!(formatter, "{parent}[{index}]"),
        }
    }
}
