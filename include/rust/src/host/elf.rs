//! Is a file an ELF shared object that is whole and meant for this machine?
//!
//! The system's loader maps what the program headers say without asking how
//! long the file is; the first touch of a page beyond its end is SIGBUS, and the
//! host is gone. A copy that is still being written, or a full disk, is enough
//! for that. So the few numbers that tell are read here first; all else is left
//! to the loader. (A crate that reads ELF would do the same with a hundred times
//! the code. A file that shrinks after this check still crashes: replace a module
//! by a rename, never by writing over it.)
//!
//! And a loader writes where the relocations say, also where that is not the file's
//! own: behind it lies whatever this process has there. A trial in another process
//! cannot tell what that does, so each place is looked at.
//!
//! Only the host's own kind of ELF is read, so numbers are in the host's order
//! and offsets have the host's width. Positions are those of the ELF
//! specification, which FreeBSD and Linux share.

use std::io::{self, Read, Seek, SeekFrom};

/// Where things are in the two headers, for one width of addresses.
struct Positions {
    /// The byte that tells the width, as it has to be.
    class: u8,
    header: usize,
    program_offset: usize,
    section_offset: usize,
    /// Five numbers of two bytes: size and count of program headers, size and
    /// count of section headers, and one that does not matter here.
    counts: usize,
    program_header: usize,
    /// Within a program header.
    offset: usize,
    file_size: usize,
}

#[cfg(target_pointer_width = "64")]
const HERE: Positions = Positions {
    class: 2,
    header: 64,
    program_offset: 32,
    section_offset: 40,
    counts: 54,
    program_header: 56,
    offset: 8,
    file_size: 32,
};

#[cfg(target_pointer_width = "32")]
const HERE: Positions = Positions {
    class: 1,
    header: 52,
    program_offset: 28,
    section_offset: 32,
    counts: 42,
    program_header: 32,
    offset: 4,
    file_size: 16,
};

const BYTE_ORDER: u8 = if cfg!(target_endian = "little") { 1 } else { 2 };
const SHARED_OBJECT: u16 = 3;

/// `e_machine` for what Rust calls an architecture.
const MACHINES: [(&str, u16); 9] = [
    ("x86", 3),
    ("powerpc", 20),
    ("powerpc64", 21),
    ("s390x", 22),
    ("arm", 40),
    ("x86_64", 62),
    ("aarch64", 183),
    ("riscv64", 243),
    ("loongarch64", 258),
];

fn half(bytes: &[u8], at: usize) -> u16 {
    u16::from_ne_bytes([bytes[at], bytes[at + 1]])
}

fn word(bytes: &[u8], at: usize) -> u64 {
    let mut word = [0; size_of::<usize>()];
    word.copy_from_slice(&bytes[at..at + size_of::<usize>()]);
    usize::from_ne_bytes(word) as u64
}

/// Look at a file: what is wrong with it, in words.
///
/// # Errors
/// If it cannot be read.
pub(super) fn check(mut file: impl Read + Seek) -> io::Result<Result<(), String>> {
    let length = file.seek(SeekFrom::End(0))?;
    let header = read(&mut file, length, 0, HERE.header as u64)?;
    if let Err(why) = check_header(&header) {
        return Ok(Err(why));
    }
    let [size, count, section_size, section_count] =
        [0, 2, 4, 6].map(|at| u64::from(half(&header, HERE.counts + at)));
    if size != HERE.program_header as u64 {
        return Ok(Err(format!(
            "its program headers have {size} bytes each, expected {}",
            HERE.program_header
        )));
    }
    let start = word(&header, HERE.program_offset);
    // At most 65,535 times 56 bytes.
    let programs = read(&mut file, length, start, size * count)?;
    let mut end = start.saturating_add(size * count);
    for program in programs.chunks_exact(HERE.program_header) {
        end = end.max(word(program, HERE.offset).saturating_add(word(program, HERE.file_size)));
    }
    // The loader needs no section headers, but linkers put them last: with them
    // every cut is seen, also one behind all that is mapped.
    end = end.max(word(&header, HERE.section_offset).saturating_add(section_size * section_count));
    if end > length {
        return Ok(Err(format!("it is cut short: {length} bytes long, expected at least {end}")));
    }
    Ok(match stray(&mut file, length, &programs)? {
        Some(at) => Err(format!("it is damaged: a relocation writes to {at:#x}, where it has nothing")),
        None => Ok(()),
    })
}

const WORD: usize = size_of::<usize>();
/// `p_type` of what is mapped, and of the list of what the loader needs.
const LOAD: u32 = 1;
const DYNAMIC: u32 = 2;
/// In that list: the tables of relocations by the tags of their place and of their size,
/// and how many words each entry has. Which of both kinds those of the functions are is
/// told by another tag. (Packed ones, DT_RELR, are left to the loader.)
const TABLES: [(u64, u64, usize); 3] = [(7, 8, 3), (17, 18, 2), (23, 2, 0)];
const KIND_OF_FUNCTIONS: u64 = 20;

/// The first place that a relocation writes to and that no segment has.
fn stray(file: &mut (impl Read + Seek), length: u64, programs: &[u8]) -> io::Result<Option<u64>> {
    let of_kind = |wanted: u32| {
        let is_it = move |program: &&[u8]| program.starts_with(&wanted.to_ne_bytes());
        programs.chunks_exact(HERE.program_header).filter(is_it)
    };
    let two = |program: &[u8], at: usize| (word(program, at), word(program, at + WORD));
    // Read once: there are a few, and relocations by the ten thousand.
    let segments: Vec<_> = of_kind(LOAD)
        .map(|program| {
            let (offset, start) = two(program, HERE.offset);
            let (_, in_memory) = two(program, HERE.file_size);
            (offset, start, in_memory)
        })
        .collect();
    // Where in the file an address is, if a segment has it.
    let home = |address: u64| {
        segments.iter().find_map(|&(offset, start, in_memory)| {
            let behind = address.checked_sub(start).filter(|behind| *behind < in_memory)?;
            Some(u64::saturating_add(offset, behind))
        })
    };
    let Some(dynamic) = of_kind(DYNAMIC).next() else { return Ok(None) };
    let list = read(file, length, word(dynamic, HERE.offset), word(dynamic, HERE.file_size))?;
    let tagged = |wanted: u64| {
        let found = list.chunks_exact(2 * WORD).map(|pair| (word(pair, 0), word(pair, WORD)));
        found.take_while(|(tag, _)| *tag != 0).find(|(tag, _)| *tag == wanted).map(|(_, value)| value)
    };
    for (place, size, words) in TABLES {
        let (Some(place), Some(size)) = (tagged(place).and_then(home), tagged(size)) else { continue };
        let of_functions = if tagged(KIND_OF_FUNCTIONS) == Some(7) { 3 } else { 2 };
        let words = if words == 0 { of_functions } else { words };
        let table = read(file, length, place, size)?;
        let mut written = table.chunks_exact(words * WORD).map(|entry| word(entry, 0));
        if let Some(at) = written.find(|at| home(*at).is_none()) {
            return Ok(Some(at));
        }
    }
    Ok(None)
}

/// Up to `count` bytes of a file of this length, fewer where it ends.
fn read(file: &mut (impl Read + Seek), length: u64, start: u64, count: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    // Beyond the end there is nothing; a system may not even go there.
    if start < length {
        file.seek(SeekFrom::Start(start))?;
        file.take(count).read_to_end(&mut bytes)?;
    }
    Ok(bytes)
}

fn check_header(header: &[u8]) -> Result<(), String> {
    if !header.starts_with(b"\x7fELF") {
        return Err("it is not an ELF file".to_owned());
    }
    if header.len() < HERE.header {
        return Err(format!(
            "it is cut short: {} bytes long, expected at least {}",
            header.len(),
            HERE.header
        ));
    }
    for (what, found, expected) in
        [("address width", header[4], HERE.class), ("byte order", header[5], BYTE_ORDER)]
    {
        if found != expected {
            return Err(format!("its {what} has the ELF code {found}, expected {expected}"));
        }
    }
    let kind = half(header, 16);
    if kind != SHARED_OBJECT {
        return Err(format!("it is an ELF file of kind {kind}, expected {SHARED_OBJECT} (shared object)"));
    }
    let found = half(header, 18);
    let here = MACHINES.iter().find(|(name, _)| *name == std::env::consts::ARCH);
    // An architecture that is not in the table is left to the loader.
    if let Some((name, expected)) = here.filter(|(_, code)| *code != found) {
        let other = MACHINES.iter().find(|(_, code)| *code == found).map_or("another machine", |m| m.0);
        return Err(format!("it is for {other} (ELF code {found}), expected {name} ({expected})"));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use super::*;

    /// A shared object of this machine with one program header, 10 bytes of
    /// content and one section header's worth of bytes behind it.
    fn sample() -> Vec<u8> {
        let machine = MACHINES.iter().find(|(name, _)| *name == std::env::consts::ARCH).map_or(0, |m| m.1);
        let content = HERE.header + HERE.program_header;
        let mut bytes = vec![0; content + 10 + 64];
        bytes[..6].copy_from_slice(&[0x7f, b'E', b'L', b'F', HERE.class, BYTE_ORDER]);
        for (at, value) in
            [(16, 3), (18, machine), (HERE.counts, HERE.program_header as u16), (HERE.counts + 2, 1)]
        {
            put(&mut bytes, at, &value.to_ne_bytes());
        }
        for (at, value) in [(HERE.counts + 4, 64_u16), (HERE.counts + 6, 1)] {
            put(&mut bytes, at, &value.to_ne_bytes());
        }
        for (at, value) in [
            (HERE.program_offset, HERE.header),
            (HERE.section_offset, content + 10),
            (HERE.header + HERE.offset, content),
            (HERE.header + HERE.file_size, 10),
        ] {
            put(&mut bytes, at, &value.to_ne_bytes());
        }
        bytes
    }

    fn put(bytes: &mut [u8], at: usize, value: &[u8]) {
        bytes[at..at + value.len()].copy_from_slice(value);
    }

    fn judge(bytes: Vec<u8>) -> Result<(), String> {
        check(Cursor::new(bytes)).expect("memory can be read")
    }

    #[test]
    fn only_the_whole_file_passes() {
        let whole = sample();
        assert_eq!(judge(whole.clone()), Ok(()));
        for length in 0..whole.len() {
            let why = judge(whole[..length].to_vec()).expect_err("cut");
            let part = if length < 4 { "not an ELF file".to_owned() } else { format!("{length} bytes long") };
            assert!(why.contains(&part), "{length}: {why}");
        }
    }

    #[test]
    fn without_section_headers_the_mapped_part_decides() {
        let mut bytes = sample();
        put(&mut bytes, HERE.section_offset, &0_usize.to_ne_bytes());
        put(&mut bytes, HERE.counts + 4, &[0; 4]);
        bytes.truncate(bytes.len() - 64);
        assert_eq!(judge(bytes.clone()), Ok(()));
        bytes.pop();
        judge(bytes).expect_err("cut");
    }

    #[test]
    fn numbers_that_lie_beyond_every_file_are_no_panic() {
        for at in [
            HERE.program_offset,
            HERE.section_offset,
            HERE.header + HERE.offset,
            HERE.header + HERE.file_size,
        ] {
            for value in [usize::MAX, usize::MAX / 2 + 1, usize::MAX / 2] {
                let mut bytes = sample();
                put(&mut bytes, at, &value.to_ne_bytes());
                let why = judge(bytes).expect_err("beyond the end");
                assert!(why.contains("cut short"), "{at}: {why}");
            }
        }
    }

    #[test]
    fn another_kind_of_elf_is_named_with_what_was_expected() {
        for (at, value, part) in [
            (4, 3 - HERE.class, "address width"),
            (5, 3 - BYTE_ORDER, "byte order"),
            (16, 2, "of kind"),
            (16, 4, "of kind"),
            (18, 0x77, "another machine (ELF code"),
            (HERE.counts, 1, "program headers"),
        ] {
            let mut bytes = sample();
            bytes[at] = value;
            let why = judge(bytes).expect_err(part);
            assert!(why.contains(part) && why.contains("expected"), "{why}");
        }
    }
}
