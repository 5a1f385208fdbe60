//! Sentences and lines that are told beside an answer, `problems` and `warnings`: as
//! many as somebody reads, and of the rest how many there are. What they hold is
//! anybody's, so each is cut, and so are all together.

use std::ops::Deref;

use crate::written;

/// The most of them.
const MOST: usize = 1024;
/// The most bytes, as they are written, of all.
const BYTES: usize = 128 << 10;
/// And of one.
const ONE: usize = 4096;

/// A list that is bounded.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Told {
    texts: Vec<String>,
    bytes: usize,
    left_out: usize,
}

impl Told {
    /// Tell one more, or count it.
    pub fn push(&mut self, text: impl AsRef<str>) {
        let text = text.as_ref();
        if self.left_out > 0 || self.texts.len() == MOST {
            self.left_out += 1;
            return;
        }
        let text = written::cut_copy(text, ONE);
        let bytes = self.bytes + written::length(&text) + "\"\",".len();
        if bytes > BYTES {
            self.left_out += 1;
            return;
        }
        self.bytes = bytes;
        self.texts.push(text);
    }

    /// How many were not kept.
    #[must_use]
    pub fn left_out(&self) -> usize {
        self.left_out
    }

    /// Tell all of another list, and count what that has counted.
    pub fn append(&mut self, other: Told) {
        self.extend(other.texts);
        self.left_out += other.left_out;
    }

    /// The same with another list before it.
    #[must_use]
    pub fn behind(self, mut first: Told) -> Told {
        first.append(self);
        first
    }
}

impl<T: AsRef<str>> Extend<T> for Told {
    fn extend<I: IntoIterator<Item = T>>(&mut self, texts: I) {
        texts.into_iter().for_each(|text| self.push(text));
    }
}

impl<T: AsRef<str>> FromIterator<T> for Told {
    fn from_iter<I: IntoIterator<Item = T>>(texts: I) -> Told {
        let mut told = Told::default();
        told.extend(texts);
        told
    }
}

impl<T: AsRef<str>> From<Vec<T>> for Told {
    fn from(texts: Vec<T>) -> Told {
        texts.into_iter().collect()
    }
}

impl Deref for Told {
    type Target = [String];

    fn deref(&self) -> &[String] {
        &self.texts
    }
}

impl<const N: usize> PartialEq<[&str; N]> for Told {
    fn eq(&self, other: &[&str; N]) -> bool {
        self.left_out == 0 && self.texts == other
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_too_much_is_counted() {
        let many: Told = (0..MOST + 7).map(|n| n.to_string()).collect();
        assert_eq!((many.len(), many.left_out()), (MOST, 7));
        let long = Told::from(vec!["\u{1}".repeat(1 << 20); 100]);
        assert_eq!(long.len() + long.left_out(), 100);
        assert!(long.left_out() > 60 && serde_json::to_string(&*long).expect("texts").len() <= BYTES + 2);
        assert!(long[0].ends_with("\u{1}..."));
        let mut both = Told::from(vec!["a"]).behind(long.clone());
        assert_eq!((both.len(), both.left_out()), (long.len(), long.left_out() + 1));
        both.append(Told::from(vec!["b"]));
        assert_eq!(both.left_out(), long.left_out() + 2);
        assert_eq!(Told::from(vec!["b"]).behind(vec!["a"].into()), ["a", "b"]);
    }
}
