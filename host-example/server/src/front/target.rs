//! The target of a request: segments of a path, and what stands behind the question mark. Every path that is not one of
//! the few is no path at all: nothing is put together, shortened or decoded twice, so that there is nothing to be tricked.

use std::time::Duration;

/// The two segments of a class's path, of letters that need no decoding.
pub(crate) fn class(path: &str) -> Option<(&str, &str)> {
    let (namespace, name) = path.strip_prefix('/')?.split_once('/')?;
    let word = |text: &str| {
        let plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.');
        (1..=64).contains(&text.len()) && text.bytes().all(plain) && !text.starts_with('.')
    };
    (word(namespace) && word(name)).then_some((namespace, name))
}

/// One segment, decoded once.
pub(crate) fn decoded(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(b) = rest.next() {
        if b != b'%' {
            bytes.push(b);
            continue;
        }
        let mut digit = || rest.next().and_then(|b| char::from(b).to_digit(16));
        let value = digit()? * 16 + digit()?;
        bytes.push(u8::try_from(value).ok()?);
    }
    String::from_utf8(bytes).ok()
}

/// A text as a segment.
pub(crate) fn encoded(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for b in text.bytes() {
        if b.is_ascii_alphanumeric() || matches!(b, b'-' | b'.' | b'_' | b'~') {
            out.push(char::from(b));
        } else {
            out.push_str(&format!("%{b:02X}"));
        }
    }
    out
}

/// The pairs of a query; none twice.
pub(crate) fn pairs(query: &str) -> Option<Vec<(String, String)>> {
    let mut found: Vec<(String, String)> = Vec::new();
    for pair in query.split('&').filter(|pair| !pair.is_empty()) {
        let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
        let plain = |text: &str| decoded(&text.replace('+', " "));
        let (key, value) = (plain(key)?, plain(value)?);
        if found.iter().any(|(other, _)| *other == key) {
            return None;
        }
        found.push((key, value));
    }
    Some(found)
}

/// The only pair that may be there.
pub(crate) fn only(query: Option<&str>, key: &str) -> Result<Option<String>, String> {
    let mut pairs = pairs(query.unwrap_or_default()).ok_or("the query cannot be read")?;
    match (pairs.pop(), pairs.is_empty()) {
        (None, _) => Ok(None),
        (Some((found, value)), true) if found == key => Ok(Some(value)),
        _ => Err(format!("the query may have `{key}`, and nothing else")),
    }
}

/// Seconds.
pub(crate) fn seconds(text: &str) -> Option<Duration> {
    text.parse().ok().map(Duration::from_secs)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_of_classes() {
        assert_eq!(class("/sysadm/iocage"), Some(("sysadm", "iocage")));
        for wrong in [
            "",
            "/",
            "//",
            "/sysadm",
            "/sysadm/",
            "//iocage",
            "/sysadm//iocage",
            "/sysadm/iocage/",
            "/a/b/c",
            "/../b",
            "/a/..",
            "/a/.",
            "/sysadm/%69ocage",
            "/%2e%2e/b",
            "/a/b;c",
            "/a/b\\c",
            "sysadm/iocage",
        ] {
            assert_eq!(class(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn texts_are_decoded_once() {
        let id = "sysadm_iocage_createjail-{3f2b}";
        assert_eq!(encoded(id), "sysadm_iocage_createjail-%7B3f2b%7D");
        assert_eq!(decoded(&encoded(id)).unwrap(), id);
        assert_eq!(decoded("%252e").unwrap(), "%2e");
        for wrong in ["%", "%4", "%zz", "%ff", "%+1"] {
            assert_eq!(decoded(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn queries() {
        let pair = |key: &str, value: &str| (key.to_owned(), value.to_owned());
        assert_eq!(
            pairs("action=listjails&tag=a+b%26").unwrap(),
            [pair("action", "listjails"), pair("tag", "a b&")]
        );
        assert_eq!(pairs("a=1&a=2"), None);
        assert_eq!(only(Some("wait=3"), "wait"), Ok(Some("3".to_owned())));
        assert_eq!(only(None, "wait"), Ok(None));
        assert!(only(Some("wait=3&x"), "wait").is_err() && only(Some("x=1"), "wait").is_err());
    }
}
