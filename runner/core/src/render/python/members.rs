//! Mappings, where keys that are equal to Python are one.

use std::collections::HashMap;

use minijinja::{Error, State, Value};

use crate::render::python::kind::{Number, number};
use crate::render::python::{charge, compare};

/// A key by which a member is found at once.
#[derive(PartialEq, Eq, Hash)]
enum Key {
    Text(String),
    Whole(i128),
}

/// The members of a mapping that is being made: a key keeps its place and takes the last value.
#[derive(Default)]
pub(in crate::render) struct Members {
    pairs: Vec<(Value, Value)>,
    places: HashMap<Key, usize>,
    /// The places of keys that are not found at once.
    others: Vec<usize>,
}

impl Members {
    pub(in crate::render) fn put(
        &mut self,
        state: &State<'_, '_>,
        key: Value,
        value: Value,
    ) -> Result<(), Error> {
        charge(state, 64)?;
        match self.place(state, &key)? {
            Some(place) => self.pairs[place].1 = value,
            None => self.pairs.push((key, value)),
        }
        Ok(())
    }

    /// Where the key stands; where it is new, notes where it will.
    fn place(&mut self, state: &State<'_, '_>, key: &Value) -> Result<Option<usize>, Error> {
        let next = self.pairs.len();
        let Some(found) = found_by(key) else {
            charge(state, self.others.len() * 16)?;
            let same = |place: &&usize| compare::is_same_key(&self.pairs[**place].0, key);
            let place = self.others.iter().find(same).copied();
            if place.is_none() {
                self.others.push(next);
            }
            return Ok(place);
        };
        let place = *self.places.entry(found).or_insert(next);
        Ok((place != next).then_some(place))
    }

    pub(in crate::render) fn into_value(self) -> Value {
        Value::from_pairs(self.pairs)
    }
}

fn found_by(key: &Value) -> Option<Key> {
    if let Some(text) = key.as_str() {
        return Some(Key::Text(text.to_owned()));
    }
    match number(key)? {
        Number::Whole(number) => Some(Key::Whole(number)),
        Number::Real(number) if number.fract().abs() <= 0.0 && number.abs() < 1e30 => {
            #[expect(
                clippy::cast_possible_truncation,
                reason = "the number is whole and small enough"
            )]
            let whole = number as i128;
            Some(Key::Whole(whole))
        }
        Number::Real(_) => None,
    }
}
