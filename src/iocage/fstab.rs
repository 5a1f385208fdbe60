//! The lines of an fstab, as the base system reads them: fields with blanks between, of which the first two have
//! their odd characters written in octal, and `#` before a remark. What is no entry is kept as the line that it is,
//! and told.
//!
//! Two read a jail's: jail(8), which mounts what stands in it, and `getfsent` of FreeBSD's libc, by which iocage goes.
//! To jail(8) any white space is a blank, to the other ' ' and tab alone. Here it is as to jail(8), and what the two
//! take in two ways is known.

/// The type of a folder of the host. What others give a jail of the host is no question of folders.
pub const NULLFS: &str = "nullfs";

/// How long a line is at most, in bytes with its end, or the base system takes it for two.
const MOST: usize = 1024;

/// What iocage writes behind an entry that it adds.
const REMARK: &str = "# Added by iocage on ";

/// Of these an entry has one, or the base system passes over it; as it does where the last comes first.
const KINDS: [&str; 5] = ["ro", "rw", "rq", "sw", "xx"];

/// What mounts something.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Entry {
    /// What is mounted, with its characters as they are.
    pub source: String,
    /// Where, as the host sees it, likewise.
    pub target: String,
    /// The type of the file system.
    pub kind: String,
    /// How, words with commas between.
    pub options: String,
    /// Is it dumped?
    pub dump: String,
    /// When is it checked?
    pub pass: String,
}

impl Entry {
    /// Does the base system take it for one, with the paths that are told here? What it passes over, iocage loses;
    /// a backslash in a path is perhaps one of the codes that are not told apart here, or becomes one.
    pub(super) fn is_read(&self) -> bool {
        let kind = self.options.split(',').find(|word| KINDS.contains(word));
        kind.is_some_and(|kind| kind != "xx")
            && ![&self.source, &self.target].iter().any(|path| path.contains(is_coded))
    }

    /// Is there room in a line for it and iocage's remark?
    pub(super) fn fits(&self) -> bool {
        let paths = encoded(&self.source).len() + encoded(&self.target).len();
        let rest = [&self.kind, &self.options, &self.dump, &self.pass].map(String::len);
        paths
            + rest.iter().sum::<usize>()
            + "\t\t\t\t\t \n".len()
            + REMARK.len()
            + "2026-01-01 00:00:00".len()
            < MOST
    }
}

/// One line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Line {
    /// It mounts something.
    Entry(Entry),
    /// A remark, or nothing.
    Remark,
    /// Neither: the line as it is.
    Damaged(String),
}

/// Take a file apart. What stands behind the sixth field of an entry is iocage's remark.
pub(super) fn parse(text: &str) -> impl Iterator<Item = Line> {
    lines(text).map(line)
}

/// One that libc takes for a part of a word, and jail(8) perhaps for a blank, or for the end.
pub(super) fn odd_character(text: &str) -> Option<char> {
    text.chars().find(|c| is_odd(*c))
}

fn is_odd(c: char) -> bool {
    c.is_control() && !matches!(c, '\t' | '\n')
}

fn lines(text: &str) -> impl Iterator<Item = &str> {
    text.split_terminator('\n')
}

fn fields(line: &str) -> impl Iterator<Item = &str> {
    line.split([' ', '\t', '\x0b', '\x0c', '\r']).filter(|field| !field.is_empty())
}

/// Does iocage write it by a code that is not told apart here?
fn is_coded(c: char) -> bool {
    c == '\\' || is_odd(c)
}

/// How many remarks there are that are not iocage's own.
pub(super) fn remarks(text: &str) -> usize {
    let is_remark = |line: &&str| fields(line).any(|field| field.starts_with('#'));
    lines(text).filter(is_remark).filter(|line| !line.contains(REMARK)).count()
}

/// Lines that the base system does not read as this file does: they are too long.
pub(super) fn has_long_line(text: &str) -> bool {
    lines(text).any(|line| line.len() + 1 >= MOST)
}

fn line(line: &str) -> Line {
    let mut fields = fields(line);
    let mut field = || fields.next().filter(|field| !field.starts_with('#'));
    let Some(source) = field() else { return Line::Remark };
    let (Some(target), Some(kind), Some(options)) = (field(), field(), field()) else {
        return Line::Damaged(line.to_owned());
    };
    let mut number = || whole(field().unwrap_or("0")).to_string();
    Line::Entry(Entry {
        source: decoded(source),
        target: decoded(target),
        kind: kind.to_owned(),
        options: options.to_owned(),
        dump: number(),
        pass: number(),
    })
}

/// The number that a field begins with, as `atoi` takes it: 0, if with none.
fn whole(field: &str) -> i32 {
    let is_sign = field.starts_with(['-', '+']);
    let digits = field.bytes().skip(usize::from(is_sign)).take_while(u8::is_ascii_digit).count();
    field[..usize::from(is_sign) + digits].parse().unwrap_or(0)
}

/// A path as a field: of what requests may hold, blanks alone are written another way.
fn encoded(path: &str) -> String {
    path.replace(' ', "\\040")
}

/// A blank in a path is written `\040`, by three octal digits as any other character can be.
fn decoded(field: &str) -> String {
    let (bytes, mut found, mut at) = (field.as_bytes(), Vec::with_capacity(field.len()), 0);
    while let Some(&byte) = bytes.get(at) {
        let code = bytes.get(at + 1..at + 4).filter(|_| byte == b'\\').and_then(|digits| {
            let value = |sum: u32, digit: &u8| {
                matches!(digit, b'0'..=b'7').then(|| sum * 8 + u32::from(digit - b'0'))
            };
            u8::try_from(digits.iter().try_fold(0, value)?).ok()
        });
        match (byte, code) {
            (_, Some(code)) => {
                found.push(code);
                at += 4;
            }
            (b'\\', None) if bytes.get(at + 1) == Some(&b'\\') => {
                found.push(b'\\');
                at += 2;
            }
            (byte, None) => {
                found.push(byte);
                at += 1;
            }
        }
    }
    String::from_utf8_lossy(&found).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_entry_is_six_fields_and_a_remark() {
        let text = "# of the administrator\n\n\
            /data\t/t/web/root/data\tnullfs\tro\t0\t0 # Added by iocage on 2026-01-01 00:00:00\n\
            /a\\040b /t/x\\134y nullfs rw,late\n\
            tmpfs /t/tmp\n\
            proc /t/proc procfs rw 0 # 1\n";
        let entry = |fields: [&str; 6]| {
            let [source, target, kind, options, dump, pass] = fields.map(str::to_owned);
            Line::Entry(Entry { source, target, kind, options, dump, pass })
        };
        assert_eq!(
            parse(text).collect::<Vec<_>>(),
            [
                Line::Remark,
                Line::Remark,
                entry(["/data", "/t/web/root/data", "nullfs", "ro", "0", "0"]),
                entry(["/a b", "/t/x\\y", "nullfs", "rw,late", "0", "0"]),
                Line::Damaged("tmpfs /t/tmp".to_owned()),
                entry(["proc", "/t/proc", "procfs", "rw", "0", "0"]),
            ]
        );
    }

    #[test]
    fn white_space_is_a_blank_to_jail_and_odd_to_the_other() {
        for text in ["/a /b nullfs ro\r\n", "/a\x0b/b nullfs\x0cro 0 0", "/a /b nullfs ro 0 0\r"] {
            let Some(Line::Entry(entry)) = parse(text).next() else { panic!("{text:?}") };
            assert_eq!((&*entry.source, &*entry.target, &*entry.options), ("/a", "/b", "ro"), "{text:?}");
            assert!(odd_character(text).is_some(), "{text:?}");
        }
        assert_eq!(odd_character("/a\t/b nullfs ro 0 0\n# \u{e4}\n"), None);
        assert_eq!(odd_character("tmp\0fs /b tmpfs rw"), Some('\0'));
    }

    #[test]
    fn a_path_with_blanks_comes_back() {
        for path in ["/a b", "/a  b/c d", "/plain", "/x:y@z=1%2,3+4_5"] {
            assert!(!encoded(path).contains(' ') && decoded(&encoded(path)) == path, "{path}");
        }
    }

    #[test]
    fn what_libc_passes_over_or_cuts_is_known() {
        let entry = |options: &str, source: String| Entry {
            source,
            target: "/t".to_owned(),
            kind: "nullfs".to_owned(),
            options: options.to_owned(),
            dump: "0".to_owned(),
            pass: "0".to_owned(),
        };
        for (options, is_read) in [
            ("ro", true),
            ("late,rw", true),
            ("sw", true),
            ("xx", false),
            ("row", false),
            ("xx,ro", false),
            ("ro,xx", true),
        ] {
            assert_eq!(entry(options, String::new()).is_read(), is_read, "{options}");
        }
        assert!(!entry("ro", "/a\\sb".to_owned()).is_read(), "a code that is not told apart");
        assert!(!entry("ro", "/a\rb".to_owned()).is_read(), "it is written as such a code");
        assert!(entry("ro", "/a\tb\n".to_owned()).is_read(), "these are written in octal");
        // `/t`, `nullfs`, `ro`, two digits, six blanks, the end of the line, and the remark with its time.
        let room = MOST - 1 - (2 + 6 + 2 + 2 + 6 + 1 + REMARK.len() + 19);
        assert!(entry("ro", "a".repeat(room)).fits() && !entry("ro", "a".repeat(room + 1)).fits());
        assert!(!entry("ro", " ".repeat(room / 4 + 1)).fits(), "a blank takes four bytes");
        assert!(!has_long_line(&"a".repeat(MOST - 2)) && has_long_line(&"a".repeat(MOST - 1)));
    }

    #[test]
    fn a_remark_in_the_place_of_a_number_is_none() {
        for (text, dump, pass) in [
            ("# by hand", "0", "0"),
            ("# 12 by hand", "0", "12"),
            ("1# x", "1", "0"),
            ("01 2#x", "1", "2"),
            ("-1 +3", "-1", "3"),
            ("99999999999 x1", "0", "0"),
            ("- +", "0", "0"),
        ] {
            let Line::Entry(entry) = line(&format!("/a /b nullfs ro {text}")) else { panic!("{text}") };
            assert_eq!((&*entry.dump, &*entry.pass), (dump, pass), "{text}");
        }
    }

    #[test]
    fn remarks_of_others_are_counted() {
        let text = "# one\n\n/a /b nullfs ro 0 0 # Added by iocage on 2026-01-01 00:00:00\n/a /c nullfs ro 0 0 #two\n";
        assert_eq!((remarks(text), remarks("/a /b nullfs ro\n")), (2, 0));
    }

    #[test]
    fn what_is_no_code_stays() {
        for (field, text) in [
            ("a\\011b", "a\tb"),
            ("\\04", "\\04"),
            ("\\0400", " 0"),
            ("\\089", "\\089"),
            ("\\777", "\\777"),
            ("\\\\040", "\\040"),
            ("\\", "\\"),
            ("\\303\\244", "\u{e4}"),
            ("\\377", "\u{fffd}"),
        ] {
            assert_eq!(decoded(field), text, "{field}");
        }
    }
}
