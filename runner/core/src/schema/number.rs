//! Numbers as schemas compare them: whole ones exactly.

use std::cmp::Ordering;
use std::fmt;

use crate::yaml::{Node, Value};

/// A number from a document.
#[derive(Clone, Copy, Debug)]
pub(super) enum Number {
    Whole(i64),
    Real(f64),
}

impl Number {
    /// The number that a node holds.
    pub(super) fn of(node: &Node) -> Option<Self> {
        match node.value {
            Value::Integer(value) => Some(Self::Whole(value)),
            Value::Float(value) => Some(Self::Real(value)),
            _ => None,
        }
    }

    /// Which is greater; nothing where one is not a number.
    pub(super) fn compare(self, other: Self) -> Option<Ordering> {
        match (self, other) {
            (Self::Whole(one), Self::Whole(other)) => Some(one.cmp(&other)),
            _ => self.real().partial_cmp(&other.real()),
        }
    }

    /// Whether it is a multiple of another, give or take what floats lose.
    pub(super) fn is_multiple_of(self, other: Self) -> bool {
        if let (Self::Whole(value), Self::Whole(step)) = (self, other) {
            return step == 0 || value.checked_rem(step).is_none_or(|rest| rest == 0);
        }
        let quotient = self.real() / other.real();
        (quotient - quotient.round()).abs() <= 1e-9 * quotient.abs().max(1.0)
    }

    /// The multiple of a step that is nearest to it.
    pub(super) fn nearest_multiple(self, step: Self) -> f64 {
        (self.real() / step.real()).round() * step.real()
    }

    pub(super) fn real(self) -> f64 {
        match self {
            #[expect(
                clippy::cast_precision_loss,
                reason = "a bound beyond 2^53 is compared as a float"
            )]
            Self::Whole(value) => value as f64,
            Self::Real(value) => value,
        }
    }
}

impl fmt::Display for Number {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Whole(value) => value.fmt(formatter),
            Self::Real(value) => value.fmt(formatter),
        }
    }
}
