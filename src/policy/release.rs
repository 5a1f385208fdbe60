//! The name of a release of FreeBSD, which becomes a path, the end of a URL and, with the
//! shell iocage, a pattern of `grep` in root's shell: so nothing but what releases are called.

use super::texts::texts;
use crate::error::{Code, Error, Quoted};

texts! {
    /// A release: one or two digits, perhaps a point and as many more, a `-` and a word of capital
    /// letters and digits.
    Release("release", 32, release);
}

fn release(key: &'static str, text: &str) -> Result<(), Error> {
    if is_release(text) {
        return Ok(());
    }
    let plain = text.rsplit_once("-p").map(|(plain, _)| plain).filter(|plain| is_release(plain));
    let advice = match (plain, text.to_ascii_uppercase()) {
        (Some(plain), _) => format!("a release has no patch level; is {plain} meant?"),
        (None, capital) if is_release(&capital) => format!("is {capital} meant?"),
        _ => "a release is called as 14.3-RELEASE is".to_owned(),
    };
    Err(Error::about(key, Code::IllegalName, format!("`{key}` is {}, no release: {advice}", Quoted(text))))
}

fn is_release(text: &str) -> bool {
    let Some((number, kind)) = text.split_once('-') else { return false };
    let is_number = |text: &str| (1..=2).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit());
    let (whole, part) = number.split_once('.').unwrap_or((number, "0"));
    let is_kind = kind.starts_with(|c: char| c.is_ascii_uppercase())
        && kind.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit());
    is_number(whole) && !whole.starts_with('0') && is_number(part) && is_kind
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_release_is_called_as_releases_are() {
        for good in ["14.3-RELEASE", "9.3-RELEASE", "10.10-STABLE", "13-STABLE", "15.0-RC1", "14.3-BETA2"] {
            assert!(Release::parse(good).is_ok(), "{good}");
        }
        let bad = [
            "",
            "14.3",
            "-r",
            "RELEASE",
            "14.3-",
            "14.3-release",
            "14.3-RELEASE-p5",
            "014.3-RELEASE",
            "1e1-R",
            "14.3-RELEASE x",
            "14.3-RELEASE/..",
            "14.3-RELEASE\n",
            "../14.3-RELEASE",
            "14.3-RELEASE;id",
            "LATEST",
            "latest",
            "14.*-RELEASE",
            "14.3-RELEASE ",
            "14..3-RELEASE",
            ".3-RELEASE",
            "14.3--RELEASE",
        ];
        for bad in bad {
            let error = Release::parse(bad).expect_err(bad);
            assert_eq!((error.code, error.key), (Code::IllegalName, Some("release")), "{bad}");
        }
        let said = |text: &str| Release::parse(text).expect_err("none").message;
        assert!(said("14.3-RELEASE-p5").ends_with("has no patch level; is 14.3-RELEASE meant?"));
        assert!(said("14.3-release").ends_with("is 14.3-RELEASE meant?"));
        let long = format!("14.3-{}", "R".repeat(Release::MOST));
        assert_eq!(Release::parse(&long).expect_err("long").code, Code::TooLong);
    }
}
