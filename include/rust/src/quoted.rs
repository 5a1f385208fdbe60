//! Somebody's text in a sentence of ours: it must neither end the sentence nor begin a line.

use std::fmt;

/// How much of somebody's text is repeated in a sentence, in characters.
const QUOTED: usize = 80;

/// Somebody's text as it may stand in a sentence: in quotes, control characters
/// visible, cut to a sane length.
// Of who has the class kit, too, it is a public name.
#[cfg_attr(not(feature = "module"), expect(unreachable_pub, reason = "the class kit makes it public"))]
pub struct Quoted<'a>(pub &'a str);

impl fmt::Display for Quoted<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut rest = self.0.chars();
        f.write_str("\"")?;
        for c in rest.by_ref().take(QUOTED) {
            write!(f, "{}", c.escape_debug())?;
        }
        f.write_str(if rest.next().is_some() { "...\"" } else { "\"" })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn somebodys_text_is_quoted_visible_and_short() {
        assert_eq!(Quoted("a\u{1b}[2J\n").to_string(), "\"a\\u{1b}[2J\\n\"");
        assert!(Quoted(&"x".repeat(10_000)).to_string().len() < 100);
    }
}
