//! The lines of an fstab, as the base system reads them (`getfsent` of FreeBSD's libc): fields with
//! blanks between, of which the first two have their odd characters written in octal, and `#` before a
//! remark. What is no entry is kept as the line that it is, and told.

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
    text.lines().map(line)
}

fn line(line: &str) -> Line {
    let mut fields = line.split_ascii_whitespace();
    let mut field = || fields.next().filter(|field| !field.starts_with('#'));
    let Some(source) = field() else { return Line::Remark };
    let (Some(target), Some(kind), Some(options)) = (field(), field(), field()) else {
        return Line::Damaged(line.to_owned());
    };
    let mut number = || field().unwrap_or("0").to_owned();
    Line::Entry(Entry {
        source: decoded(source),
        target: decoded(target),
        kind: kind.to_owned(),
        options: options.to_owned(),
        dump: number(),
        pass: number(),
    })
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
