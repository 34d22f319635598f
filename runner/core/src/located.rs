//! A value together with the place where the user wrote it.

use std::ops::Deref;

use crate::diagnostic::Location;

/// A value that knows where it was written, so that a fault found later still points there.
///
/// Two are equal when their values are: the same version pinned in two files is one version.
#[derive(Clone, Debug)]
pub struct Located<T> {
    /// The value.
    pub value: T,
    /// Where it was written.
    pub at: Location,
}

impl<T> Located<T> {
    /// Makes something else of the value and keeps the place.
    pub fn map<U>(self, make: impl FnOnce(T) -> U) -> Located<U> {
        Located {
            value: make(self.value),
            at: self.at,
        }
    }
}

impl<T> Deref for Located<T> {
    type Target = T;
    fn deref(&self) -> &T {
        &self.value
    }
}

impl<T: PartialEq> PartialEq for Located<T> {
    fn eq(&self, other: &Self) -> bool {
        self.value == other.value
    }
}

impl<T: Eq> Eq for Located<T> {}
