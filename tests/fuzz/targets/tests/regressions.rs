//! Inputs that once broke a promise, shortened. Each is run through every target
//! that it fits.

use fuzz_targets::find;

/// The target, what was wrong, and the input.
const FOUND: &[(&str, &str, &[u8])] = &[
    (
        "python",
        "a property in capitals stood behind TAG: keys were not sorted",
        b"{\"action\":\"getjailsettings\",\"prop\":\"N\",\"switches\":\"-r\"}\x1eget \ntest\tx\n",
    ),
    (
        "python",
        "the property TAG made one key twice",
        b"{\"action\":\"getjailsettings\",\"prop\":\"TAG\",\"switches\":\"-r\"}\x1eget \ntest\tx\n",
    ),
    (
        "python",
        "a silent stop of a jail that `list` does not show counted as done",
        b"{\"action\":\"stopjail\",\"jail\":\"test\"}\x1elist 0\n",
    ),
    (
        "direct",
        "a jail of another UUID than its dataset's was told, one letter of which was lost",
        b"\x00\x03\x04non1",
    ),
    ("direct", "a running jail was told down, in whose path a letter stood twice", b"\x02\x00\x02\x02\x02P"),
    ("fields", "lines behind the upper border of half a box were lost", b"+-+-+-+-+\n| a\n"),
    (
        "fields",
        "what stood behind the last bar was lost",
        b"+-+-+-+-+\n|a|b|c|d|\n+=+=+=+=+\n|1|2|3|4|lost\n",
    ),
];

#[test]
fn what_was_found_stays_mended() {
    for (name, what, input) in FOUND {
        println!("{name}: {what}");
        (find(name).expect("a target").run)(input);
    }
}

/// A tab is two characters as it is written, and a line is cut by that.
#[test]
fn a_line_that_is_told_in_part_is_not_taken_for_another() {
    (find("fields").expect("a target").run)(&b"a\t".repeat(2000));
}
