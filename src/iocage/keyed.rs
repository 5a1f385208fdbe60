//! Lines of a key, a separator and a value, where a value may go on over the
//! next lines and those may look like keys.
//!
//! The Python iocage prints keys in order, each once. So of all the lines that
//! could be one, those are keys that make the longest strictly rising chain:
//! what a value forges breaks the chain, or is in it only between its neighbours
//! in the order, which the caller excludes by telling which keys there are.

/// The entries of `text`. `is_key` says what can be a key at all. The second part
/// tells whether every line that could be a key is one, so that nothing was
/// decided by order.
#[must_use]
pub fn entries(text: &str, separator: char, is_key: impl Fn(&str) -> bool) -> (Vec<(&str, &str)>, bool) {
    // Where each line begins, for those that could be an entry's first.
    let mut candidates: Vec<(usize, &str)> = Vec::new();
    for line in text.split_inclusive('\n') {
        if let Some((key, _)) = line.split_once(separator)
            && is_key(key)
        {
            candidates.push((line.as_ptr() as usize - text.as_ptr() as usize, key));
        }
    }
    let keys: Vec<_> = candidates.iter().map(|(_, key)| *key).collect();
    let chain = rising(&keys);
    let is_plain = chain.len() == candidates.len();
    let starts: Vec<_> = chain.iter().map(|&at| candidates[at].0).chain([text.len()]).collect();
    let entry = |(&at, bounds): (&usize, &[usize])| {
        let key = candidates[at].1;
        let value = &text[bounds[0] + key.len() + separator.len_utf8()..bounds[1]];
        (key, value.strip_suffix('\n').unwrap_or(value))
    };
    (chain.iter().zip(starts.windows(2)).map(entry).collect(), is_plain)
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
        let (found, plain) = entries("a:1:2\nb:\nc:x\ny\n\nz\nd:4", ':', |key| key.len() == 1);
        assert_eq!(found, [("a", "1:2"), ("b", ""), ("c", "x\ny\n\nz"), ("d", "4")]);
        assert!(plain);
    }

    #[test]
    fn what_a_value_forges_is_no_key() {
        let text = "boot:1\nip4:new\nnotes:x\nboot:0\nvnet:1\nowner:root\npcpu:off\nvnet:0\n";
        let (found, plain) = entries(text, ':', any);
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
        let (found, _) = entries("notes:x\nnsem:forged\nnsem:off\nowner:y\n", ':', any);
        assert_eq!(found, [("notes", "x\nnsem:forged"), ("nsem", "off"), ("owner", "y")]);
    }
}
