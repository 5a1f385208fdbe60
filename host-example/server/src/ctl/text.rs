//! Text as it is shown. What comes from a server has been printed by programs, in jails among other places, and must not
//! drive the terminal of who looks at it: what is no plain character is written out. A table is as wide as what stands in it, by the
//! columns that a terminal gives to each character and not by their number.

use unicode_width::UnicodeWidthStr;

/// One line, in which nothing does anything.
pub(crate) fn visible(text: &str) -> String {
    let is_harmful = |c: char| {
        c.is_control()
            || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
    };
    let mut seen = String::with_capacity(text.len());
    for c in text.chars() {
        if is_harmful(c) {
            seen.extend(c.escape_default());
        } else {
            seen.push(c);
        }
    }
    seen
}

/// A word of a command, as a shell would need it to be one, on one line, in which nothing does anything.
pub(crate) fn quoted(word: &str) -> String {
    let is_plain = |c: char| c.is_alphanumeric() || "%+,-./:=@_".contains(c);
    if visible(word) != word {
        // By bytes, as every shell that knows this kind of quotes takes them.
        let byte = |byte: &u8| match byte {
            b'\\' | b'\'' => format!("\\{}", char::from(*byte)),
            b' '..=b'~' => char::from(*byte).to_string(),
            other => format!("\\{other:03o}"),
        };
        return format!("$'{}'", word.as_bytes().iter().map(byte).collect::<String>());
    }
    match !word.is_empty() && word.chars().all(is_plain) {
        true => word.to_owned(),
        false => format!("'{}'", word.replace('\'', r"'\''")),
    }
}

/// The lines of a text, each as [`visible`] has it.
pub(crate) fn lines(text: &str) -> impl Iterator<Item = String> {
    text.lines().map(|line| visible(line.trim_end()))
}

/// So much of it, in characters.
pub(crate) fn cut(text: &str, most: usize) -> String {
    match text.char_indices().nth(most) {
        Some((at, _)) => format!("{}...", &text[..at]),
        None => text.to_owned(),
    }
}

/// A table: its head, and rows of as many cells, each a line. The last column is not filled up.
pub(crate) fn table(head: &[String], rows: &[Vec<String>]) -> String {
    let head: Vec<String> = head.iter().map(|word| word.to_uppercase().replace('_', " ")).collect();
    let all = || std::iter::once(&head).chain(rows);
    let widths: Vec<usize> = (0..head.len())
        .map(|column| all().filter_map(|row| row.get(column)).map(|cell| cell.width()).max().unwrap_or(0))
        .collect();
    let mut text = String::new();
    for row in all() {
        let mut line = String::new();
        for (cell, width) in row.iter().zip(&widths) {
            line.push_str(cell);
            line.extend(std::iter::repeat_n(' ', width - cell.width().min(*width) + 2));
        }
        text.push_str(line.trim_end());
        text.push('\n');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_programs_print_does_nothing_to_a_terminal() {
        assert_eq!(
            visible("a\u{1b}[2J\r\n\u{9b}\u{202e}b\t\u{7f}"),
            r"a\u{1b}[2J\r\n\u{9b}\u{202e}b\t\u{7f}"
        );
        assert_eq!(visible("äöü 漢字"), "äöü 漢字");
        assert_eq!(lines("one \r\n\u{7}two\n\n").collect::<Vec<_>>(), ["one", r"\u{7}two", ""]);
        assert_eq!((cut("äbc", 2), cut("äbc", 3)), ("äb...".to_owned(), "äbc".to_owned()));
    }

    #[test]
    fn a_word_is_quoted_as_a_shell_takes_it() {
        for (word, shown) in [
            ("/sbin/zfs", "/sbin/zfs"),
            ("tank/iocage@a:b=c,d%", "tank/iocage@a:b=c,d%"),
            ("", "''"),
            ("hello world", "'hello world'"),
            ("$(touch f)", "'$(touch f)'"),
            ("it's", r"'it'\''s'"),
            ("~", "'~'"),
            ("{a,b}", "'{a,b}'"),
            ("a\n\u{1b}'\\ä", r"$'a\012\033\'\\\303\244'"),
        ] {
            assert_eq!(quoted(word), shown);
            let run = std::process::Command::new("bash").args(["-c", &format!("printf %s {shown}")]).output();
            let Ok(run) = run else { continue };
            assert_eq!(String::from_utf8_lossy(&run.stdout), word, "{shown}");
        }
    }

    #[test]
    fn columns_stand_below_each_other_whatever_is_in_them() {
        let rows = [["漢字", "x"], ["a", "yy"], ["", ""]].map(|row| row.map(str::to_owned).to_vec());
        let head = ["name", "in_flight"].map(str::to_owned);
        assert_eq!(table(&head, &rows), "NAME  IN FLIGHT\n漢字  x\na     yy\n\n");
    }
}
