//! A key of a request, and the type that its value is made into.
//!
//! JSON becomes a typed value at the edge: a class says once of each key what it is made
//! into, and asks [`Args`](super::Args) for it with the same constant. Grammars of a class's own (the name
//! of a jail) are types with a [`parse`](Argument::parse); what of JSON they are made of, and how much of
//! that is read at all, their constants say, of which the description is made as well.

use std::marker::PhantomData;

use super::member::{Member, object};
use super::outcome::Failure;
use super::param::{Kind, Made, Param};
use super::value::{Takes, Value};
use crate::codes;

/// A key: a word in a request, and the type of its value.
pub struct Key<T> {
    name: &'static str,
    summary: &'static str,
    made: PhantomData<fn() -> T>,
}

impl<T> Key<T> {
    /// A key of this name.
    #[must_use]
    pub const fn new(name: &'static str) -> Key<T> {
        Key { name, summary: "", made: PhantomData }
    }

    /// The same with a sentence on what it is for.
    #[must_use]
    pub const fn says(self, summary: &'static str) -> Key<T> {
        Key { summary, ..self }
    }

    /// The word in a request.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        self.name
    }
}

impl<T: Argument> Key<T> {
    /// For an action that cannot do without it.
    #[must_use]
    pub const fn required(&self) -> Param {
        Param { required: true, ..self.optional() }
    }

    /// For an action that can.
    #[must_use]
    pub const fn optional(&self) -> Param {
        Param {
            name: self.name,
            summary: self.summary,
            required: false,
            instead: None,
            words: &[],
            kind: const { &kind::<T>() },
        }
    }
}

impl Param {
    /// The same with a key that may be there instead of it, but not beside it: of this action, too, and
    /// optional.
    #[must_use]
    pub const fn or<T>(self, instead: &Key<T>) -> Param {
        Param { instead: Some(instead.name()), ..self }
    }

    /// Is it this key?
    #[must_use]
    pub fn is<T>(&self, key: &Key<T>) -> bool {
        self.name == key.name()
    }
}

/// A type that values of a key are made into.
pub trait Argument: Sized + 'static {
    /// What of JSON it is made of: a `String`, `u64`, `bool` or `Vec<String>`.
    type From: Json;
    /// The least number that is taken.
    const LEAST: u64 = 0;
    /// The greatest number that is taken; of a text the most bytes, of an array the most
    /// strings. What is longer is refused and was never kept.
    const MOST: u64 = <Self::From as sealed::Json>::MOST;
    /// Of an array the most bytes, all its strings together.
    const BYTES: usize = 128 << 10;

    /// Make it of what was sent for a key.
    ///
    /// # Errors
    /// What is wrong with it, best said by [`Param::wrong`].
    fn parse(key: &Param, from: Self::From) -> Result<Self, Failure>;
}

macro_rules! as_it_is {
    ($($type:ty),*) => {$(
        impl Argument for $type {
            type From = $type;

            fn parse(_: &Param, from: $type) -> Result<$type, Failure> {
                Ok(from)
            }
        }
    )*};
}

as_it_is!(String, u64, bool, Vec<String>);

/// The types of JSON that there are keys of.
pub trait Json: sealed::Json {}

impl<T: sealed::Json> Json for T {}

mod sealed {
    use super::{Failure, Member, Param, Takes, Value};

    /// What a type of JSON has for bounds.
    #[derive(Clone, Copy)]
    pub struct Bounds {
        pub least: u64,
        pub most: u64,
        pub bytes: usize,
    }

    pub trait Json: Sized {
        /// The bound where a type says nothing.
        const MOST: u64;
        /// The word in a description.
        const WORD: &'static str;
        fn takes(bounds: Bounds) -> Takes;
        fn schema(bounds: Bounds) -> Vec<Member>;
        fn read(key: &Param, value: Value, bounds: Bounds) -> Result<Self, Failure>;
    }
}
use sealed::Bounds;

fn bounds<T: Argument>() -> Bounds {
    Bounds { least: T::LEAST, most: T::MOST, bytes: T::BYTES }
}

/// All that is done with a value of this type before it has one.
const fn kind<T: Argument>() -> Kind {
    use sealed::Json;
    Kind {
        word: T::From::WORD,
        takes: || T::From::takes(bounds::<T>()),
        schema: || T::From::schema(bounds::<T>()),
        make: |key, value| {
            let from = T::From::read(key, value, bounds::<T>())?;
            Ok(Box::new(T::parse(key, from)?) as Made)
        },
    }
}

/// Of a text, or of all texts of an array together, the most bytes of UTF-8. JSON Schema has no word for it; a
/// word that it does not know it passes over.
const MOST_BYTES: &str = "x-maxBytes";

fn size(most: u64) -> usize {
    usize::try_from(most).unwrap_or(usize::MAX)
}

impl sealed::Json for String {
    const MOST: u64 = 4096;
    const WORD: &'static str = "string";

    fn takes(bounds: Bounds) -> Takes {
        Takes::Text(size(bounds.most))
    }

    fn schema(bounds: Bounds) -> Vec<Member> {
        // JSON Schema counts characters, of which there are never more than bytes.
        vec![("maxLength", bounds.most.into()), ("type", "string".into()), (MOST_BYTES, bounds.most.into())]
    }

    fn read(key: &Param, value: Value, bounds: Bounds) -> Result<String, Failure> {
        match value {
            Value::Text(text) => Ok(text),
            Value::LongText(_) => {
                let message = format!("`{}` is longer than {} bytes", key.name, bounds.most);
                Err(key.wrong(codes::TOO_LONG.0, message))
            }
            other => Err(key.wrong_type("a string", other.kind())),
        }
    }
}

impl sealed::Json for u64 {
    const MOST: u64 = u64::MAX;
    const WORD: &'static str = "number";

    fn takes(_: Bounds) -> Takes {
        Takes::Number
    }

    fn schema(bounds: Bounds) -> Vec<Member> {
        vec![("maximum", bounds.most.into()), ("minimum", bounds.least.into()), ("type", "integer".into())]
    }

    fn read(key: &Param, value: Value, Bounds { least, most, .. }: Bounds) -> Result<u64, Failure> {
        let Value::Number(number) = value else { return Err(key.wrong_type("a number", value.kind())) };
        number.filter(|number| (least..=most).contains(number)).ok_or_else(|| {
            let to = if most < u64::MAX { format!("to {most}") } else { "on".to_owned() };
            let message = format!("`{}` takes whole numbers from {least} {to}", key.name);
            key.wrong(codes::ILLEGAL_VALUE.0, message)
        })
    }
}

impl sealed::Json for bool {
    const MOST: u64 = 0;
    const WORD: &'static str = "boolean";

    fn takes(_: Bounds) -> Takes {
        Takes::Plain
    }

    fn schema(_: Bounds) -> Vec<Member> {
        vec![("type", "boolean".into())]
    }

    fn read(key: &Param, value: Value, _: Bounds) -> Result<bool, Failure> {
        match value {
            Value::Bool(value) => Ok(value),
            other => Err(key.wrong_type("true or false", other.kind())),
        }
    }
}

impl sealed::Json for Vec<String> {
    const MOST: u64 = 1024;
    const WORD: &'static str = "array of strings";

    fn takes(bounds: Bounds) -> Takes {
        Takes::Strings { most: size(bounds.most), bytes: bounds.bytes }
    }

    fn schema(bounds: Bounds) -> Vec<Member> {
        vec![
            ("items", object(vec![("type", "string".into())])),
            ("maxItems", bounds.most.into()),
            ("type", "array".into()),
            (MOST_BYTES, bounds.bytes.into()),
        ]
    }

    fn read(key: &Param, value: Value, bounds: Bounds) -> Result<Vec<String>, Failure> {
        match value {
            Value::Array { odd: Some(odd), .. } => {
                Err(key.wrong_type("an array of strings", &format!("an array with {odd}")))
            }
            Value::Array { is_long: true, .. } => {
                let Bounds { most, bytes, .. } = bounds;
                let message = format!("`{}` is longer than {most} words or {bytes} bytes", key.name);
                Err(key.wrong(codes::TOO_LONG.0, message))
            }
            Value::Array { strings, .. } => Ok(strings),
            other => Err(key.wrong_type("an array of strings", other.kind())),
        }
    }
}
