//! Whether a request may come from where it comes from: what a browser says of the page that sends it.
//!
//! There are no cookies, but a browser keeps a name and a password that was typed for `Basic`, and sends it with whatever
//! any page asks of this server. So a page of another origin is refused, on every path, unless the administrator has named it. A page
//! whose name was made to lead here (DNS rebinding) has its own name in both `Host` and `Origin`; it fails at the certificate, and
//! then has nobody's login.

use hyper::header::{HOST, HeaderValue, ORIGIN};
use hyper::http::request::Parts;
use hyper::{StatusCode, Version};

use super::reply::{Reply, last, refuse};

/// The foreign origin that is allowed, if it comes from one.
pub(crate) fn check(parts: &Parts, allowed: &[String]) -> Result<Option<HeaderValue>, Reply> {
    let bad = |why: &str| Err(last(refuse(StatusCode::BAD_REQUEST, why)));
    if parts.version != Version::HTTP_11 && parts.version != Version::HTTP_10 {
        return bad("HTTP/1.1 is served");
    }
    // A whole URL is what a proxy is sent; its host and `Host` may differ.
    if parts.uri.authority().is_some() || !parts.uri.path().starts_with('/') {
        return bad("the request's target is to be a path");
    }
    let mut hosts = parts.headers.get_all(HOST).iter();
    let (Some(host), None) = (hosts.next(), hosts.next()) else { return bad("one `Host` is needed") };
    let Some(host) = host.to_str().ok().and_then(place) else { return bad("`Host` is no host and port") };
    let foreign = || {
        Err(refuse(
            StatusCode::FORBIDDEN,
            "pages of this origin may not call; `tls.origins` in the configuration names those that may",
        ))
    };
    let mut origins = parts.headers.get_all(ORIGIN).iter();
    match (origins.next(), origins.next()) {
        (Some(origin), None) if !is_name(origin) => {
            let text = origin.to_str().unwrap_or_default();
            if text.strip_prefix("https://").and_then(place).is_some_and(|from| from == host) {
                Ok(None)
            } else if allowed.iter().any(|one| same(one, text)) {
                Ok(Some(origin.clone()))
            } else {
                foreign()
            }
        }
        (Some(_), Some(_)) => foreign(),
        // A picture's address is asked for without an `Origin`, with the login that the browser keeps; this header tells.
        _ => match parts.headers.get("sec-fetch-site").map(HeaderValue::as_bytes) {
            None | Some(b"same-origin" | b"none") => Ok(None),
            // A link to the page is followed, wherever it stands.
            Some(_)
                if parts.uri.path() == "/"
                    && parts.headers.get("sec-fetch-mode").is_some_and(|mode| mode == "navigate") =>
            {
                Ok(None)
            }
            Some(_) => foreign(),
        },
    }
}

/// Is it the name of a program, as sysadm's Qt client (`sysadm-client`) sends one? What a browser says is `null` or has `://`, and no page
/// can choose it.
fn is_name(origin: &HeaderValue) -> bool {
    let is_of_a_name = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
    let name = origin.as_bytes();
    !name.is_empty() && name.iter().all(is_of_a_name) && !name.eq_ignore_ascii_case(b"null")
}

/// Host and port, in one spelling.
fn place(text: &str) -> Option<(String, u16)> {
    let authority: hyper::http::uri::Authority = text.parse().ok()?;
    if authority.as_str().contains('@') || authority.host().is_empty() {
        return None;
    }
    let port = match &text[authority.host().len()..] {
        "" => 443,
        port => port.strip_prefix(':')?.parse().ok()?,
    };
    Some((authority.host().to_ascii_lowercase(), port))
}

fn same(configured: &str, origin: &str) -> bool {
    let parts = |text: &str| {
        let (scheme, rest) = text.split_once("://")?;
        Some((scheme.to_ascii_lowercase(), place(rest.trim_end_matches('/'))?))
    };
    parts(origin).is_some_and(|from| parts(configured) == Some(from))
}

#[cfg(test)]
mod tests {
    use super::*;
    use hyper::Request;

    fn told(headers: &[(&'static str, &str)]) -> Result<bool, u16> {
        let mut request = Request::builder().uri("/");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let (parts, ()) = request.body(()).unwrap().into_parts();
        let allowed = ["https://Panel.example:8443".to_owned()];
        check(&parts, &allowed).map(|origin| origin.is_some()).map_err(|reply| reply.status().as_u16())
    }

    #[tokio::test]
    async fn who_may_not_is_told_the_key_of_the_configuration() {
        let request = Request::builder().header("host", "a.example").header("origin", "https://b.example");
        let (parts, ()) = request.body(()).unwrap().into_parts();
        let body = check(&parts, &[]).unwrap_err().into_body();
        let body = axum::body::to_bytes(body, 1 << 10).await.unwrap();
        assert!(String::from_utf8_lossy(&body).contains("`tls.origins`"));
    }

    #[test]
    fn who_may_call() {
        let host = ("host", "vm.example:12150");
        let with = |origin: &str| told(&[host, ("origin", origin)]);
        assert_eq!(told(&[host]), Ok(false));
        assert_eq!(with("https://vm.example:12150"), Ok(false));
        assert_eq!(with("https://VM.example:12150"), Ok(false));
        assert_eq!(with("https://panel.example:8443"), Ok(true));
        for foreign in [
            "https://evil.example",
            "https://vm.example",
            "http://vm.example:12150",
            "null",
            "NULL",
            "",
            "chrome-extension://abc",
            "evil.example:443",
            "evil.example/",
            "https://vm.example:12150.evil",
            "https://vm.example:12150@evil.example",
            "https://panel.example",
            "http://panel.example:8443",
        ] {
            assert_eq!(with(foreign), Err(403), "{foreign}");
        }
        assert_eq!(with("sysadm-client"), Ok(false));
        assert_eq!(told(&[host, ("origin", "sysadm-client"), ("sec-fetch-site", "cross-site")]), Err(403));
        assert_eq!(told(&[host, ("origin", "sysadm-client"), ("origin", "sysadm-client")]), Err(403));
        assert_eq!(
            told(&[host, ("origin", "https://vm.example:12150"), ("origin", "https://vm.example:12150")]),
            Err(403)
        );
        assert_eq!(told(&[host, ("sec-fetch-site", "cross-site")]), Err(403));
        assert_eq!(told(&[host, ("sec-fetch-site", "none")]), Ok(false));
        assert_eq!(
            told(&[host, ("sec-fetch-site", "cross-site"), ("sec-fetch-mode", "navigate")]),
            Ok(false)
        );
        for wrong in [
            &[][..],
            &[host, host],
            &[("host", "")],
            &[("host", "a b")],
            &[("host", "u@vm")],
            &[("host", "vm:99999")],
        ] {
            assert_eq!(told(wrong), Err(400), "{wrong:?}");
        }
        assert_eq!(told(&[("host", "[::1]:12150"), ("origin", "https://[::1]:12150")]), Ok(false));
        assert_eq!(told(&[("host", "vm"), ("origin", "https://vm:443")]), Ok(false));
    }
}
