//! Lines of a key, a separator and a value, where a value may go on over the
//! next lines and those may look like keys.
//!
//! The Python iocage prints keys in order, each once. So of all the lines that
//! could be one, those are keys that make the longest strictly rising chain:
//! what a value forges breaks the chain, or is in it only between its neighbours
//! in the order, which the caller excludes by telling which keys there are.

/// The most lines that are looked at as keys of one jail: the real ones are 170.
const MOST: usize = 4096;

/// Keys and their values.
pub type Entries<'t> = Vec<(&'t str, &'t str)>;

/// The entries of `text`. `is_key` says what can be a key at all. The second part
/// tells whether every line that could be a key is one, so that nothing was
/// decided by order. Nothing where there are more lines that could than any iocage
/// prints.
#[must_use]
pub fn entries(text: &str, separator: char, is_key: impl Fn(&str) -> bool) -> Option<(Entries<'_>, bool)> {
    let candidates = candidates(text, separator, is_key, MOST)?;
    let keys: Vec<_> = candidates.iter().map(|(_, key)| *key).collect();
    let chain = rising(&keys);
    let chosen: Vec<_> = chain.iter().map(|&at| candidates[at]).collect();
    Some((cut(text, separator, &chosen), chosen.len() == candidates.len()))
}

/// The entries of `text` where each line that could be one is taken for one. What a
/// value forges is then there twice, which the caller looks for. Nothing where there are
/// more than `most`.
#[must_use]
pub fn candidate_entries(
    text: &str,
    separator: char,
    is_key: impl Fn(&str) -> bool,
    most: usize,
) -> Option<Entries<'_>> {
    Some(cut(text, separator, &candidates(text, separator, is_key, most)?))
}

/// Where each line begins, and its key, of those that could be an entry's first.
fn candidates(
    text: &str,
    separator: char,
    is_key: impl Fn(&str) -> bool,
    most: usize,
) -> Option<Vec<(usize, &str)>> {
    let mut candidates = Vec::new();
    for line in text.split_inclusive('\n') {
        if let Some((key, _)) = line.split_once(separator)
            && is_key(key)
        {
            if candidates.len() == most {
                return None;
            }
            candidates.push((line.as_ptr() as usize - text.as_ptr() as usize, key));
        }
    }
    Some(candidates)
}

/// The entries that begin there: each value goes on to the next.
fn cut<'t>(text: &'t str, separator: char, starts: &[(usize, &'t str)]) -> Vec<(&'t str, &'t str)> {
    let ends = starts.iter().skip(1).map(|(start, _)| *start).chain([text.len()]);
    let entry = |(&(start, key), end): (&(usize, &'t str), usize)| {
        let value = &text[start + key.len() + separator.len_utf8()..end];
        (key, value.strip_suffix('\n').unwrap_or(value))
    };
    starts.iter().zip(ends).map(entry).collect()
}

/// The places of a longest strictly rising chain; of equal ones the later.
fn rising(keys: &[&str]) -> Vec<usize> {
    // `ends[n]` is the place of the least key in which a chain of n + 1 ends.
    let mut ends: Vec<usize> = Vec::new();
    let mut before: Vec<Option<usize>> = Vec::with_capacity(keys.len());
    for (at, key) in keys.iter().enumerate() {
        let length = ends.partition_point(|&end| keys[end] < *key);
        before.push(length.checked_sub(1).map(|shorter| ends[shorter]));
        if length == ends.len() { ends.push(at) } else { ends[length] = at }
    }
    let mut chain: Vec<_> = std::iter::successors(ends.last().copied(), |&at| before[at]).collect();
    chain.reverse();
    chain
}

#[cfg(test)]
mod tests {
    use super::*;

    fn any(_: &str) -> bool {
        true
    }

    #[test]
    fn values_are_whole() {
        let (found, plain) = entries("a:1:2\nb:\nc:x\ny\n\nz\nd:4", ':', |key| key.len() == 1).expect("few");
        assert_eq!(found, [("a", "1:2"), ("b", ""), ("c", "x\ny\n\nz"), ("d", "4")]);
        assert!(plain);
    }

    #[test]
    fn what_a_value_forges_is_no_key() {
        let text = "boot:1\nip4:new\nnotes:x\nboot:0\nvnet:1\nowner:root\npcpu:off\nvnet:0\n";
        let (found, plain) = entries(text, ':', any).expect("few");
        assert!(!plain);
        assert_eq!(
            found,
            [
                ("boot", "1"),
                ("ip4", "new"),
                ("notes", "x\nboot:0\nvnet:1"),
                ("owner", "root"),
                ("pcpu", "off"),
                ("vnet", "0")
            ]
        );
    }

    #[test]
    fn of_a_forged_neighbour_and_the_real_one_the_later_counts() {
        let (found, _) = entries("notes:x\nnsem:forged\nnsem:off\nowner:y\n", ':', any).expect("few");
        assert_eq!(found, [("notes", "x\nnsem:forged"), ("nsem", "off"), ("owner", "y")]);
    }

    #[test]
    fn each_line_that_could_be_one_is_told() {
        let found = |most| candidate_entries("web\t0\nx\nbase\t1\nweb\t2\n", '\t', any, most);
        assert_eq!(found(3), Some(vec![("web", "0\nx"), ("base", "1"), ("web", "2")]));
        assert_eq!(found(2), None);
        assert_eq!(entries(&"a:\n".repeat(MOST + 1), ':', any), None);
    }
}
