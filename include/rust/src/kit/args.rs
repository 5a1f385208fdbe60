//! The args of a request, each made into the type of its key, once.
//!
//! They are kept without their types, which differ from action to action, and are given back with
//! the type that the key has: who asks by another key of the same name gets nothing.

use std::any::Any;

use super::key::{Argument, Key};
use super::object::Object;
use super::outcome::Failure;
use super::param::{Made, Param};
use crate::codes;

/// What was sent for the keys that an action takes.
#[derive(Default)]
pub struct Args(Vec<(&'static str, Made)>);

impl Args {
    /// Make the values of `params` that `object` holds.
    pub(super) fn read(params: &[Param], object: &mut Object) -> Result<Args, Failure> {
        let missing: Vec<_> = params
            .iter()
            .filter(|param| param.required && !object.has(param.name))
            .filter(|param| param.instead.is_none_or(|instead| !object.has(instead)))
            .map(Param::name)
            .collect();
        if !missing.is_empty() {
            return Err(Failure::missing(&missing));
        }
        let mut args = Args::default();
        for param in params {
            if let Some(instead) = param.instead.filter(|instead| object.has(instead))
                && object.has(param.name)
            {
                let message = format!("`{instead}` stands in the place of `{}`; leave one out", param.name);
                return Err(Failure::new(codes::CONTRADICTORY_KEYS.0, message).at(instead));
            }
            if let Some(value) = object.take(param.name) {
                args.0.push((param.name, (param.kind.make)(param, value)?));
            }
        }
        Ok(args)
    }

    /// What was sent for a key; `None` if nothing was, or the action does not take it.
    #[must_use]
    pub fn get<T: Argument>(&self, key: &Key<T>) -> Option<&T> {
        self.find(key.name()).and_then(|value| value.downcast_ref())
    }

    /// Not for each type anew.
    #[inline(never)]
    fn find(&self, key: &str) -> Option<&dyn Any> {
        self.0.iter().find(|(name, _)| *name == key).map(|(_, value)| &**value)
    }

    /// What was sent for a key that has to be there.
    ///
    /// # Errors
    /// `missing-key`, if nothing was; never for a key that the action requires.
    pub fn need<T: Argument>(&self, key: &Key<T>) -> Result<&T, Failure> {
        self.get(key).ok_or_else(|| Failure::missing(&[key.name()]))
    }

    /// Was `true` sent for it?
    #[must_use]
    pub fn is_set(&self, key: &Key<bool>) -> bool {
        self.get(key).is_some_and(|value| *value)
    }
}
