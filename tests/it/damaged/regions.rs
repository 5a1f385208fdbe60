//! Where in a module's file what is: as much of ELF as the flips need, for the kind
//! that this machine runs.

use std::ops::Range;

/// The four places whose damage is tried, with their names.
pub(super) fn regions(file: &[u8]) -> [(&'static str, Range<usize>); 4] {
    let half = |at: usize| usize::from(u16::from_le_bytes([file[at], file[at + 1]]));
    let word = |at: usize| {
        let bytes: [u8; 8] = file[at..at + 8].try_into().expect("eight bytes");
        usize::try_from(u64::from_le_bytes(bytes)).expect("64 bits")
    };
    assert!(file[4] == 2 && file[5] == 1, "64 bits, the least first");
    let (start, count) = (word(32), half(56));
    let programs: Vec<usize> = (0..count).map(|number| start + 56 * number).collect();
    let kind = |at: usize| u32::from_le_bytes(file[at..at + 4].try_into().expect("four bytes"));
    let place = |at: usize| word(at + 8)..word(at + 8) + word(at + 32);
    let one = |wanted: u32, flags: u32| {
        *programs
            .iter()
            .find(|at| kind(**at) == wanted && kind(**at + 4) & flags == flags)
            .expect("it has one")
    };
    let dynamic = place(one(2, 0));
    let entry = |tag: usize| {
        let found = dynamic.clone().step_by(16).find(|at| word(*at) == tag);
        found.map(|at| word(at + 8))
    };
    // Where an address of the loaded library lies in the file.
    let in_file = |address: usize| {
        let home = programs.iter().find(|at| {
            kind(**at) == 1 && (word(**at + 16)..word(**at + 16) + word(**at + 32)).contains(&address)
        });
        home.map(|at| address - word(at + 16) + word(at + 8)).expect("it is loaded")
    };
    let relocations = in_file(entry(7).expect("DT_RELA"));
    [
        ("header", 0..start + 56 * count),
        ("dynamic section", dynamic.clone()),
        ("relocations", relocations..relocations + entry(8).expect("DT_RELASZ")),
        ("code", place(one(1, 1))),
    ]
}
