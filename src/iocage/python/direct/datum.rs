//! One value of a configuration as Python has it: whether it is a truth, and how it prints.
//!
//! A fraction, a list and a number beyond all bounds have a text of which nothing is said here.
//! One that stands in the file as it is, is not copied.

use std::borrow::Cow;
use std::fmt;

use serde::de::value::{MapAccessDeserializer, SeqAccessDeserializer};
use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::Value;

use super::end::{End, Found};

const VALUE: &str = "a value is neither text nor a plain number, true, false or null";

/// A value.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Datum<'t> {
    /// A text.
    Text(Cow<'t, str>),
    /// Anything else.
    Other(Value),
}

/// The values that are truths, which iocage makes 0 or 1 of.
const TRUTHS: [&str; 40] = [
    "allow_chflags",
    "allow_mlock",
    "allow_mount",
    "allow_mount_devfs",
    "allow_mount_fdescfs",
    "allow_mount_fusefs",
    "allow_mount_linprocfs",
    "allow_mount_linsysfs",
    "allow_mount_nullfs",
    "allow_mount_procfs",
    "allow_mount_tmpfs",
    "allow_mount_zfs",
    "allow_nfsd",
    "allow_quotas",
    "allow_raw_sockets",
    "allow_set_hostname",
    "allow_socket_af",
    "allow_sysvipc",
    "allow_tun",
    "allow_vmm",
    "assign_localhost",
    "basejail",
    "boot",
    "bpf",
    "dhcp",
    "exec_clean",
    "host_time",
    "hostid_strict_check",
    "ip4_saddrsel",
    "ip6_saddrsel",
    "ip_hostname",
    "jail_zfs",
    "mount_devfs",
    "mount_fdescfs",
    "mount_linprocfs",
    "mount_procfs",
    "nat",
    "rtsold",
    "template",
    "vnet",
];

impl<'t> Datum<'t> {
    /// The text, if it is one.
    pub(super) fn text(&self) -> Option<&str> {
        match self {
            Datum::Text(text) => Some(text),
            Datum::Other(_) => None,
        }
    }

    /// Is there nothing?
    pub(super) fn is_null(&self) -> bool {
        *self == Datum::Other(Value::Null)
    }

    /// Does it count as true?
    pub(super) fn is_true(&self) -> bool {
        match self {
            Datum::Other(Value::Bool(is_true)) => *is_true,
            Datum::Other(Value::Number(number)) => number.as_u64() == Some(1),
            Datum::Text(text) => {
                ["1", "on", "yes", "true"].iter().any(|word| text.eq_ignore_ascii_case(word))
            }
            Datum::Other(_) => false,
        }
    }

    /// As Python prints it.
    pub(super) fn shown(self) -> Found<Cow<'t, str>> {
        match self {
            Datum::Text(text) => Ok(text),
            Datum::Other(Value::Null) => Ok("None".into()),
            Datum::Other(Value::Bool(true)) => Ok("True".into()),
            Datum::Other(Value::Bool(false)) => Ok("False".into()),
            Datum::Other(Value::Number(number)) if !number.is_f64() => Ok(number.to_string().into()),
            // What it is and not the value itself: a doubt is told in the log, and a value may be a secret.
            Datum::Other(Value::Array(_)) => End::doubt(VALUE, "a list"),
            Datum::Other(Value::Object(_)) => End::doubt(VALUE, "an object"),
            Datum::Other(_) => End::doubt(VALUE, "a number of another kind"),
        }
    }

    /// The same, over this one.
    pub(super) fn lent(&self) -> Datum<'_> {
        match self {
            Datum::Text(text) => Datum::Text(Cow::Borrowed(text)),
            Datum::Other(other) => Datum::Other(other.clone()),
        }
    }

    /// As iocage has that of this name once it has read all of a configuration.
    pub(super) fn normal(self, name: &str) -> Datum<'t> {
        if TRUTHS.binary_search(&name).is_ok() {
            return Datum::Other(u8::from(self.is_true()).into());
        }
        match self {
            Datum::Text(text) if text == "none" && ["ip4", "ip6"].contains(&name) => {
                Datum::Text("disable".into())
            }
            other => other,
        }
    }
}

impl<'de> Deserialize<'de> for Datum<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Datum<'de>, D::Error> {
        deserializer.deserialize_any(OfDatum)
    }
}

/// Reads a value. Each is looked at as a whole, whether it is needed or not.
struct OfDatum;

impl<'de> Visitor<'de> for OfDatum {
    type Value = Datum<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Datum<'de>, E> {
        Ok(Datum::Text(Cow::Borrowed(text)))
    }

    fn visit_str<E>(self, text: &str) -> Result<Datum<'de>, E> {
        Ok(Datum::Text(Cow::Owned(text.to_owned())))
    }

    fn visit_bool<E>(self, value: bool) -> Result<Datum<'de>, E> {
        Ok(Datum::Other(value.into()))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Datum<'de>, E> {
        Ok(Datum::Other(value.into()))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Datum<'de>, E> {
        Ok(Datum::Other(value.into()))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Datum<'de>, E> {
        Ok(Datum::Other(value.into()))
    }

    fn visit_unit<E>(self) -> Result<Datum<'de>, E> {
        Ok(Datum::Other(Value::Null))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, list: A) -> Result<Datum<'de>, A::Error> {
        Value::deserialize(SeqAccessDeserializer::new(list)).map(Datum::Other)
    }

    fn visit_map<A: MapAccess<'de>>(self, object: A) -> Result<Datum<'de>, A::Error> {
        Value::deserialize(MapAccessDeserializer::new(object)).map(Datum::Other)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::iocage::direct::Untold;

    fn datum(value: Value) -> Datum<'static> {
        match value {
            Value::String(text) => Datum::Text(text.into()),
            other => Datum::Other(other),
        }
    }

    #[test]
    fn values_print_as_pythons() {
        let text = |value: Value| datum(value).shown().ok();
        assert_eq!(text(json!("a\tb\n")).as_deref(), Some("a\tb\n"));
        assert_eq!(text(json!(null)).as_deref(), Some("None"));
        assert_eq!(text(json!(true)).as_deref(), Some("True"));
        assert_eq!(text(json!(false)).as_deref(), Some("False"));
        assert_eq!(text(json!(-7)).as_deref(), Some("-7"));
        for value in ["1.5", "-0", "99999999999999999999", "[]", "{}"] {
            assert_eq!(text(serde_json::from_str(value).expect("JSON")), None, "{value}");
        }
    }

    /// The log tells doubts, and no values.
    #[test]
    fn a_doubt_does_not_quote_the_value() {
        for (value, what) in [
            (json!(["-u root:hunter2"]), "a list"),
            (json!({"password": "hunter2"}), "an object"),
            (json!(47.11), "a number of another kind"),
        ] {
            match datum(value).shown() {
                Err(End::Untold(Untold::NotKnown(VALUE, about))) => assert_eq!(about, what),
                other => panic!("{other:?}"),
            }
        }
    }

    #[test]
    fn truths_and_two_words_are_made_one() {
        for (value, is) in [
            (json!("ON"), 1),
            (json!("Yes"), 1),
            (json!("true"), 1),
            (json!("1"), 1),
            (json!(1), 1),
            (json!(true), 1),
            (json!(2), 0),
            (json!(1.0), 0),
            (json!("off"), 0),
            (json!(null), 0),
            (json!([]), 0),
        ] {
            assert_eq!(datum(value.clone()).normal("boot"), datum(json!(is)), "{value}");
        }
        let normal = |name, text| datum(json!(text)).normal(name);
        assert_eq!(normal("notes", "on"), datum(json!("on")));
        assert_eq!(
            [normal("ip4", "none"), normal("ip6", "none")],
            ["disable"; 2].map(|text| datum(json!(text)))
        );
        assert_eq!(normal("ip4_addr", "none"), datum(json!("none")));
        assert!(TRUTHS.is_sorted());
    }
}
