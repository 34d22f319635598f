//! Which names are set where.
//!
//! Jinja2 decides for a whole block at once what a name in it means: a name that the block sets is the block's own from
//! its start, and undefined until it is set. The engine looks a name up when it comes to it, and in a macro where that
//! is defined. They differ where an inner block reads a name before the outer one sets it; such a template is refused.

use std::collections::HashSet;
use std::ops::Range;

use crate::render::translate::{Refusal, RefusalKind};

/// A block that is open.
#[derive(Debug, Default)]
struct Scope {
    /// What it read or set itself, so that the name's meaning is known.
    known: HashSet<String>,
    /// What blocks inside of it read before it knew the name.
    read_inside: HashSet<String>,
    /// The name that the block's own text is assigned to, where nothing else has that name.
    assigned: Option<String>,
    /// How many conditions are open in it: what only one branch sets may have its old meaning.
    conditions: usize,
}

/// The blocks that are open, the innermost last; the first is the template.
#[derive(Debug)]
pub(super) struct Scopes(Vec<Scope>);

impl Scopes {
    pub(super) fn new() -> Self {
        Self(vec![Scope::default()])
    }

    /// Opens a block.
    pub(super) fn open(&mut self) {
        self.0.push(Scope::default());
    }

    /// Opens the block whose text a name is set to.
    pub(super) fn open_assignment(&mut self, name: Option<&str>) {
        let known = |name: &&str| self.0.iter().any(|scope| scope.known.contains(*name));
        let assigned = name.filter(|name| !known(name)).map(ToOwned::to_owned);
        self.0.push(Scope {
            assigned,
            ..Scope::default()
        });
    }

    pub(super) fn close(&mut self) {
        if self.0.len() > 1 {
            self.0.pop();
        }
    }

    pub(super) fn open_condition(&mut self) {
        self.innermost().conditions += 1;
    }

    pub(super) fn close_condition(&mut self) {
        let scope = self.innermost();
        scope.conditions = scope.conditions.saturating_sub(1);
    }

    fn innermost(&mut self) -> &mut Scope {
        let last = self.0.len() - 1;
        &mut self.0[last]
    }

    /// Notes that the innermost block reads a name.
    pub(super) fn read(&mut self, name: &str, range: &Range<usize>) -> Result<(), Refusal> {
        for index in (0..self.0.len()).rev() {
            if self.0[index].known.contains(name) {
                break;
            }
            if self.0[index].assigned.as_deref() == Some(name) {
                return Err(refusal(name, range));
            }
        }
        if self.0.iter().any(|scope| scope.known.contains(name)) {
            return Ok(());
        }
        for scope in &mut self.0 {
            scope.read_inside.insert(name.to_owned());
        }
        self.innermost().known.insert(name.to_owned());
        Ok(())
    }

    /// Notes that the innermost block sets a name.
    pub(super) fn set(&mut self, name: &str, range: &Range<usize>) -> Result<(), Refusal> {
        let is_known = self.0.iter().any(|scope| scope.known.contains(name));
        let scope = self.innermost();
        if !is_known && scope.conditions == 0 && scope.read_inside.contains(name) {
            return Err(refusal(name, range));
        }
        scope.known.insert(name.to_owned());
        Ok(())
    }
}

fn refusal(name: &str, range: &Range<usize>) -> Refusal {
    Refusal {
        kind: RefusalKind::Unsupported,
        message: format!(
            "`{name}` is set here, and a block inside reads it further up, where Jinja2 does not have it yet; set it first"
        ),
        range: range.clone(),
    }
}
