//! The name of an image: a jail packed into a file, which iocage calls `NAME_DATE.zip` or `NAME_DATE.tar.xz`.
//!
//! It becomes the end of a path, and what stands before the last `_` becomes the name of a jail and of datasets: so
//! nothing but what an export calls its file.

use super::names::JailName;
use super::texts::bounded;
use crate::error::{Code, Error, Quoted};

/// An image, by the name of its file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImageName {
    text: String,
    jail: usize,
}

/// How an image ends, by what it is packed with.
const ENDS: [&str; 2] = [".zip", ".tar.xz"];
/// `2026-11-27`
const DATE: usize = 10;

impl ImageName {
    /// The longest, in bytes: no file is called longer.
    pub const MOST: usize = 255;

    /// Hold `text` to the grammar.
    ///
    /// # Errors
    /// What is wrong with it and what is allowed.
    pub fn parse(text: &str) -> Result<ImageName, Error> {
        bounded("image", text, Self::MOST)?;
        match jail_of(text) {
            Some(jail) => Ok(ImageName { text: text.to_owned(), jail: jail.len() }),
            None => {
                let message = format!(
                    "`image` is {}, not the name of an image: no path, but NAME_YYYY-MM-DD.zip, or .tar.xz, as \
                     exportjail answers it",
                    Quoted(text)
                );
                Err(Error::about("image", Code::IllegalName, message))
            }
        }
    }

    /// What the file is called.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// What the jail in it is called.
    #[must_use]
    pub fn jail(&self) -> &str {
        &self.text[..self.jail]
    }

    /// The day that it is of.
    #[must_use]
    pub fn date(&self) -> &str {
        &self.stem()[self.jail + 1..]
    }

    /// What the file is called without its end.
    #[must_use]
    pub fn stem(&self) -> &str {
        &self.text[..=self.jail + DATE]
    }
}

fn jail_of(text: &str) -> Option<&str> {
    let stem = ENDS.iter().find_map(|end| text.strip_suffix(end))?;
    let (jail, date) = stem.rsplit_once('_')?;
    // Behind an `@` would be a snapshot of another jail.
    (is_date(date) && !jail.contains('@') && JailName::parse(jail).is_ok()).then_some(jail)
}

fn is_date(text: &str) -> bool {
    text.len() == DATE
        && text.bytes().enumerate().all(|(at, byte)| match at {
            4 | 7 => byte == b'-',
            _ => byte.is_ascii_digit(),
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_image_is_called_as_exports_call_them() {
        for (good, jail, stem) in [
            ("web_2026-11-27.zip", "web", "web_2026-11-27"),
            ("my_web-1.a_2026-11-27.tar.xz", "my_web-1.a", "my_web-1.a_2026-11-27"),
            ("__2026-11-27.zip", "_", "__2026-11-27"),
        ] {
            let image = ImageName::parse(good).expect(good);
            assert_eq!((image.as_str(), image.jail(), image.stem()), (good, jail, stem));
            assert_eq!(image.date(), "2026-11-27");
        }
        for bad in [
            "",
            "web",
            "web.zip",
            "web_2026-11-27",
            "web_2026-11-27.sha256",
            "web_2026-11-27.tar",
            "web_2026-11-27.ZIP",
            "web_2026-11-27.zip\n",
            "web_2026-11-2.zip",
            "web_2026_11_27.zip",
            "_2026-11-27.zip",
            ".web_2026-11-27.zip",
            "-p_2026-11-27.zip",
            "../web_2026-11-27.zip",
            "/tmp/web_2026-11-27.zip",
            "a/b_2026-11-27.zip",
            "web@x_2026-11-27.zip",
            "we b_2026-11-27.zip",
            "we\0b_2026-11-27.zip",
            "ALL_2026-11-27.zip",
            "default_2026-11-27.zip",
            "wéb_2026-11-27.zip",
            "web_2026-11-2é.zip",
        ] {
            let error = ImageName::parse(bad).expect_err(bad);
            assert_eq!((error.code, error.key), (Code::IllegalName, Some("image")), "{bad}");
        }
        let long = format!("{}_2026-11-27.zip", "a".repeat(ImageName::MOST));
        assert_eq!(ImageName::parse(&long).expect_err("long").code, Code::TooLong);
    }
}
