//! What stands in the file, as types: what is not of them is no file of accounts.
//!
//! A key that nobody knows is refused and named, for a list of actions that was misspelt would be no list; and so is one
//! that is there twice, of which a person sees the one and the server the other. No refusal repeats a value where a secret may stand.

use std::collections::BTreeMap;
use std::fmt;
use std::marker::PhantomData;

use serde::de::value::MapAccessDeserializer;
use serde::de::{self, MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};

use super::names::{Name, TokenId};
use super::rights::{Allowed, Role};
use super::secret::{PasswordHash, TokenHash};
use super::time::When;

/// The file.
#[derive(Clone, Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Stored {
    #[serde(default, deserialize_with = "once")]
    pub(super) accounts: BTreeMap<Name, StoredAccount>,
    #[serde(default, deserialize_with = "once")]
    pub(super) tokens: BTreeMap<TokenId, StoredToken>,
}

/// An account in it.
#[derive(Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(super) struct StoredAccount {
    pub(super) role: Role,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) password: Option<PasswordHash>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) actions: Option<Allowed>,
}

/// A token in it.
#[derive(Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct StoredToken {
    /// Whose it is.
    pub account: Name,
    pub(super) hash: TokenHash,
    /// Since when there is one.
    pub created: When,
    /// From when on it is none any more.
    pub expires: Option<When>,
    /// What it is for, as whoever made it has said.
    #[serde(default)]
    pub note: String,
}

impl Stored {
    /// What the text of a file says.
    ///
    /// # Errors
    /// A sentence without the file's name.
    pub(super) fn read(text: &[u8]) -> Result<Stored, String> {
        let stored = serde_json::from_slice::<Object<Stored>>(text).map_err(|why| without_values(&why))?.0;
        for (id, token) in &stored.tokens {
            if !stored.accounts.contains_key(&token.account) {
                return Err(format!("token {id} is one of {}, an account that there is not", token.account));
            }
        }
        Ok(stored)
    }

    /// The text of a file.
    pub(super) fn text(&self) -> Result<Vec<u8>, String> {
        let mut text = serde_json::to_vec_pretty(self).map_err(|why| why.to_string())?;
        text.push(b'\n');
        Ok(text)
    }
}

/// `invalid type: string "...", expected ...` without what was found.
fn without_values(why: &serde_json::Error) -> String {
    let text = why.to_string();
    match text.split_once(", expected ") {
        Some((found, expected)) if found.starts_with("invalid ") => format!("expected {expected}"),
        _ => text,
    }
}

/// What is written as an object: of an array, too, serde makes what it derives from, by the order of the fields.
struct Object<T>(T);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Object<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Object<T>, D::Error> {
        struct Of<T>(PhantomData<T>);
        impl<'de, T: Deserialize<'de>> Visitor<'de> for Of<T> {
            type Value = Object<T>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }
            fn visit_map<A: MapAccess<'de>>(self, from: A) -> Result<Object<T>, A::Error> {
                T::deserialize(MapAccessDeserializer::new(from)).map(Object)
            }
        }
        deserializer.deserialize_map(Of(PhantomData))
    }
}

/// A map in which each key is there once.
fn once<'de, D, K, V>(deserializer: D) -> Result<BTreeMap<K, V>, D::Error>
where
    D: Deserializer<'de>,
    K: Deserialize<'de> + Ord + fmt::Display,
    V: Deserialize<'de>,
{
    struct Once<K, V>(PhantomData<(K, V)>);
    impl<'de, K: Deserialize<'de> + Ord + fmt::Display, V: Deserialize<'de>> Visitor<'de> for Once<K, V> {
        type Value = BTreeMap<K, V>;
        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("an object")
        }
        fn visit_map<A: MapAccess<'de>>(self, mut from: A) -> Result<Self::Value, A::Error> {
            let mut map = BTreeMap::new();
            while let Some((key, Object(value))) = from.next_entry::<K, Object<V>>()? {
                if map.contains_key(&key) {
                    return Err(de::Error::custom(format!("{key} is there twice")));
                }
                map.insert(key, value);
            }
            Ok(map)
        }
    }
    deserializer.deserialize_map(Once(PhantomData))
}
