//! The page: one file in the binary, with what a browser is to hold it to. Nothing runs in it but the script that stands in
//! it, told by its digest, nothing is loaded, and it talks to this server alone; it keeps no cookie. In `src/page` it is in parts,
//! for who reads it: the frame, the style, and the script, of which each file uses those before it.
//!
//! No `Strict-Transport-Security`: nothing here speaks plain HTTP, from which it would lead away. What it would do is bind
//! every other port of the host's name to TLS, and take from the user of a self-signed certificate, the one that is made at the first
//! start, the way to accept it.

use std::sync::LazyLock;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use hyper::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, HeaderName, HeaderValue, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS,
};
use hyper::{Method, StatusCode};
use sha2::{Digest, Sha256};

use super::class::not_allowed;
use super::reply::{Reply, text};

const FRAME: &str = include_str!("../page/index.html");
/// What stands in the frame where a part belongs, and the part.
const PARTS: [(&str, &str); 2] = [
    ("/* style.css */", include_str!("../page/style.css")),
    (
        "/* the scripts */",
        concat!(
            include_str!("../page/dom.js"),
            include_str!("../page/link.js"),
            include_str!("../page/form.js"),
            include_str!("../page/jobs.js"),
            include_str!("../page/jails.js"),
            include_str!("../page/sheet.js"),
            include_str!("../page/properties.js"),
            include_str!("../page/snapshots.js"),
            include_str!("../page/stats.js"),
            include_str!("../page/modules.js"),
            include_str!("../page/main.js"),
        ),
    ),
];

/// What every answer has, where it does not say otherwise.
const ALWAYS: [(HeaderName, &str); 6] = [
    (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
    (CACHE_CONTROL, "no-store"),
    (CONTENT_SECURITY_POLICY, "default-src 'none'; frame-ancestors 'none'"),
    (REFERRER_POLICY, "no-referrer"),
    (X_CONTENT_TYPE_OPTIONS, "nosniff"),
];

static PAGE: LazyLock<String> =
    LazyLock::new(|| PARTS.iter().fold(FRAME.to_owned(), |page, (place, part)| page.replace(place, part)));
static POLICY: LazyLock<String> = LazyLock::new(|| policy(&PAGE));

/// The page.
pub(crate) fn answer(method: &Method) -> Result<Reply, Reply> {
    if ![Method::GET, Method::HEAD].contains(method) {
        return Err(not_allowed("GET, HEAD"));
    }
    let mut reply = text(StatusCode::OK, "text/html; charset=utf-8", PAGE.as_str());
    if let Ok(policy) = HeaderValue::from_str(&POLICY) {
        reply.headers_mut().insert(CONTENT_SECURITY_POLICY, policy);
    }
    Ok(reply)
}

/// What a browser is told with every answer.
pub(crate) fn guard(reply: &mut Reply) {
    for (name, value) in ALWAYS {
        reply.headers_mut().entry(name).or_insert(HeaderValue::from_static(value));
    }
}

fn policy(page: &str) -> String {
    let digests = |element: &str| -> String {
        insides(page, element)
            .map(|text| format!(" 'sha256-{}'", BASE64_STANDARD.encode(Sha256::digest(text.as_bytes()))))
            .collect()
    };
    let or_none = |digests: String| if digests.is_empty() { " 'none'".to_owned() } else { digests };
    format!(
        "default-src 'none'; script-src{}; style-src{}; connect-src 'self'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
        or_none(digests("script")),
        or_none(digests("style"))
    )
}

/// What stands in such elements, to the byte, as a browser takes its digest. The page is ours, so that its text says what an element is.
fn insides<'a>(page: &'a str, element: &str) -> impl Iterator<Item = &'a str> {
    let (opens, closes) = (format!("<{element}"), format!("</{element}>"));
    let mut rest = page;
    std::iter::from_fn(move || {
        let (_, behind) = rest.split_once(&opens)?;
        let (_, inside) = behind.split_once('>')?;
        let (text, behind) = inside.split_once(&closes)?;
        rest = behind;
        Some(text)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_runs_is_named_by_its_digest() {
        // The example of the specification, CSP level 3.
        let policy = policy("<script>alert('Hello, world.');</script><p><style>\n</style>");
        assert!(
            policy.contains("script-src 'sha256-qznLcsROx4GACP2dm0UCKCzCG+HiZ1guq6ZZDob/Tng=';"),
            "{policy}"
        );
        assert!(policy.contains("style-src 'sha256-"));
        assert!(super::policy("").contains("script-src 'none'; style-src 'none'"));
    }

    /// Nothing of the page is from elsewhere, nor in an attribute, which no digest allows.
    #[test]
    fn the_page_is_one_file() {
        let count = |what: &str| PAGE.matches(what).count();
        for element in ["script", "style"] {
            assert_eq!(count(&format!("<{element}")), insides(&PAGE, element).count(), "{element}");
        }
        for foreign in [
            "<link",
            "<base",
            "<iframe",
            " onclick=",
            " onsubmit=",
            " style=\"",
            "javascript:",
            " src=\"http",
        ] {
            assert_eq!(count(foreign), 0, "{foreign}");
        }
        for (place, part) in PARTS {
            assert_eq!((FRAME.matches(place).count(), count(place)), (1, 0), "{place}");
            assert!(PAGE.contains(part), "{place}");
        }
        assert!(
            POLICY.contains("script-src 'sha256-") && POLICY.contains("style-src 'sha256-"),
            "{}",
            *POLICY
        );
    }
}
