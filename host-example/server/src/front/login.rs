//! Who asks, over HTTP: the header `Authorization`, made the `login` of a request. What it holds is looked at nowhere but here
//! and in the root part, and is never in a sentence.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use hyper::HeaderMap;
use hyper::header::AUTHORIZATION;
use serde_json::json;

use super::reply::{Reply, who};

/// The login as JSON, of `Basic` (a name and a password) or `Bearer` (a token).
pub(crate) fn login(headers: &HeaderMap) -> Result<String, Reply> {
    let mut all = headers.get_all(AUTHORIZATION).iter();
    let (Some(one), None) = (all.next(), all.next()) else {
        return Err(who("one `Authorization` is needed: Basic (name and password) or Bearer (a token)"));
    };
    one.to_str()
        .ok()
        .and_then(read)
        .ok_or_else(|| who("`Authorization` is neither Basic nor Bearer, or cannot be read"))
}

fn read(header: &str) -> Option<String> {
    let (way, what) = header.split_once(' ')?;
    let what = what.trim();
    if way.eq_ignore_ascii_case("bearer") && !what.is_empty() {
        return Some(json!({"token": what}).to_string());
    }
    if !way.eq_ignore_ascii_case("basic") {
        return None;
    }
    let text = String::from_utf8(BASE64_STANDARD.decode(what).ok()?).ok()?;
    let (username, password) = text.split_once(':')?;
    Some(json!({"username": username, "password": password}).to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_ways() {
        let basic = |text: &str| read(&format!("Basic {}", BASE64_STANDARD.encode(text)));
        assert_eq!(basic("alice:se:cret").unwrap(), r#"{"password":"se:cret","username":"alice"}"#);
        assert_eq!(basic("a\n\":").unwrap(), r#"{"password":"","username":"a\n\""}"#);
        assert_eq!(read("bearer abc").unwrap(), r#"{"token":"abc"}"#);
        for wrong in ["", "Basic", "Basic !", "Bearer ", "Digest abc", "Basic YWxpY2U="] {
            assert_eq!(read(wrong), None, "{wrong}");
        }
    }
}
