//! What serde takes and nobody means: an array in the place of an object, and a class that is there twice.

use std::collections::BTreeMap;
use std::fmt;

use serde::Deserializer;
use serde::de::{Error as _, MapAccess, Visitor};
use serde_json::Value;

/// What is an array where an object stands, which serde takes for one whose keys are left out.
pub(super) fn no_object(config: &Value) -> Option<&'static str> {
    [
        ("the configuration", ""),
        ("`socket`", "/socket"),
        ("`modules`", "/modules"),
        ("`tls`", "/tls"),
        ("`tls.limits`", "/tls/limits"),
        ("`limits`", "/limits"),
    ]
    .into_iter()
    .find_map(|(key, at)| config.pointer(at)?.is_array().then_some(key))
}

/// Classes and what they are configured with, each once.
pub(super) fn classes<'de, D: Deserializer<'de>>(from: D) -> Result<BTreeMap<String, Value>, D::Error> {
    struct Classes;

    impl<'de> Visitor<'de> for Classes {
        type Value = BTreeMap<String, Value>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("an object with a key for each class")
        }

        fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
            let mut classes = BTreeMap::new();
            while let Some((class, config)) = map.next_entry::<String, Value>()? {
                // Classes are found without regard to case.
                if classes.keys().any(|there: &String| there.eq_ignore_ascii_case(&class)) {
                    return Err(A::Error::custom(format!("`modules.classes`: {class:?} is there twice")));
                }
                classes.insert(class, config);
            }
            Ok(classes)
        }
    }

    from.deserialize_map(Classes)
}
