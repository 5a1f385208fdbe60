//! What part of each bound is whose. Who has full access is held by the bounds alone. Who has not may
//! have a part of each, and all who have not together another: so nobody's jobs are kept from being
//! by those of somebody who may do little.

use std::collections::BTreeMap;
use std::sync::Arc;

/// One with limited access has at most the fourth part of a bound, all together the half, and each
/// at least one.
const OF_ONE: usize = 4;
const OF_LIMITED: usize = 2;

/// Whose a job is: of somebody with limited access his name, which may be empty. Those with full access are
/// not told apart.
pub(crate) type By = Option<Arc<str>>;

/// Something of one's own, of all with limited access, and of all.
type Scopes = [usize; 3];

fn part(most: usize, of: usize) -> usize {
    (most / of).max(1)
}

/// How much of `most` he may have.
pub(crate) fn shares(by: &By, most: usize) -> Scopes {
    match by {
        None => [usize::MAX, usize::MAX, most],
        Some(_) => [part(most, OF_ONE), part(most, OF_LIMITED), most],
    }
}

/// How much there is.
pub(crate) fn used<'a>(by: &By, all: impl Iterator<Item = (&'a By, usize)>) -> Scopes {
    all.fold([0; 3], |[own, limited, all], (other, much)| {
        let if_so = |is_so: bool| if is_so { much } else { 0 };
        [own + if_so(other == by), limited + if_so(other.is_some()), all + much]
    })
}

/// How much of `most` he may have beside what there is.
pub(crate) fn left<'a>(by: &By, most: usize, all: impl Iterator<Item = (&'a By, usize)>) -> usize {
    let left = shares(by, most).into_iter().zip(used(by, all)).map(|(most, used)| most.saturating_sub(used));
    left.min().unwrap_or(0)
}

/// How many are kept, and their bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Amount {
    pub(crate) count: usize,
    pub(crate) bytes: usize,
}

impl Amount {
    fn of<'a>(kept: impl Iterator<Item = &'a Kept<'a>>) -> Amount {
        kept.fold(Amount::default(), Amount::and)
    }

    fn and(self, one: &Kept<'_>) -> Amount {
        Amount { count: self.count + 1, bytes: self.bytes + one.bytes }
    }

    fn part(self, of: usize) -> Amount {
        Amount { count: part(self.count, of), bytes: part(self.bytes, of) }
    }

    fn exceeds(self, most: Amount) -> bool {
        self.count > most.count || self.bytes > most.bytes
    }
}

/// One that is kept.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Kept<'a> {
    pub(crate) by: &'a By,
    /// May it be asked for again?
    pub(crate) has_key: bool,
    pub(crate) bytes: usize,
    /// If not, somebody is about to tell of it.
    pub(crate) may_go: bool,
}

/// Which of these, of which the oldest are first, goes next, if there is more than `most`: first those of
/// who has more than his share. One with a key goes after those without, unless such are more than half:
/// else nothing new would be kept beside them.
pub(crate) fn surplus(most: Amount, kept: &[Kept<'_>]) -> Option<usize> {
    if !Amount::of(kept.iter()).exceeds(most) {
        return None;
    }
    let mut own = BTreeMap::<&str, Amount>::new();
    for one in kept {
        if let Some(name) = one.by {
            let his = own.entry(name).or_default();
            *his = his.and(one);
        }
    }
    let is_limited_over =
        Amount::of(kept.iter().filter(|one| one.by.is_some())).exceeds(most.part(OF_LIMITED));
    let are_keys_over = Amount::of(kept.iter().filter(|one| one.has_key)).exceeds(most.part(2));
    let rank = |one: &Kept<'_>| {
        let his = one.by.as_deref().and_then(|name| own.get(name));
        let turn = match his {
            Some(his) if his.exceeds(most.part(OF_ONE)) => 0,
            Some(_) if is_limited_over => 1,
            _ => 2,
        };
        (turn, one.has_key && !are_keys_over)
    };
    let may_go = kept.iter().enumerate().filter(|(_, one)| one.may_go);
    may_go.min_by_key(|(_, one)| rank(one)).map(|(at, _)| at)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn by(name: &str) -> By {
        Some(name.into())
    }

    #[test]
    fn one_has_a_fourth_and_all_with_limited_access_half() {
        let (me, you, root) = (by("me"), by(""), None);
        assert_eq!(shares(&root, 8)[2], 8);
        assert_eq!((shares(&me, 8), shares(&me, 1), shares(&me, 0)), ([2, 4, 8], [1, 1, 1], [1, 1, 0]));
        let left = |by: &By, used: &[(&By, usize)]| left(by, 8, used.iter().copied());
        assert_eq!((left(&me, &[]), left(&root, &[])), (2, 8));
        assert_eq!((left(&me, &[(&me, 2)]), left(&you, &[(&me, 2)]), left(&root, &[(&me, 2)])), (0, 2, 6));
        assert_eq!(
            (left(&me, &[(&you, 3)]), left(&me, &[(&root, 7)]), left(&root, &[(&root, 9)])),
            (1, 1, 0)
        );
    }

    #[test]
    fn who_has_more_than_his_share_loses_it_first_and_what_has_a_key_last() {
        let (me, you, other, root) = (by("me"), by("you"), by("other"), None);
        let most = Amount { count: 8, bytes: 80 };
        let goes = |kept: &[(&By, bool, usize)]| {
            let kept = kept.iter().map(|&(by, has_key, bytes)| Kept { by, has_key, bytes, may_go: true });
            surplus(most, &kept.collect::<Vec<_>>())
        };
        let (plain, keyed) = ((&root, false, 1), (&root, true, 1));
        assert_eq!(goes(&[plain; 8]), None);
        assert_eq!(goes(&[plain; 9]), Some(0));
        // The oldest without a key, unless those that have one are more than half.
        assert_eq!(goes(&[keyed, keyed, plain, plain, plain, plain, plain, plain, plain]), Some(2));
        assert_eq!(goes(&[keyed, keyed, keyed, keyed, keyed, plain, plain, plain, plain]), Some(0));
        // More than a fourth, in number or bytes, though it has a key.
        let mine = |has_key, bytes| (&me, has_key, bytes);
        let rest = [plain; 6];
        assert_eq!(goes(&[&rest[..], &[mine(true, 1); 3]].concat()), Some(6));
        assert_eq!(goes(&[&rest[..], &[mine(false, 1), mine(false, 80)]].concat()), Some(6));
        assert_eq!(goes(&[&rest[..], &[mine(false, 1); 2], &[plain]].concat()), Some(0), "no more than that");
        // More than half together; and of these who has more than a fourth.
        let (your, others) = ((&you, false, 1), (&other, false, 1));
        let [mine, root] = [mine(false, 1), plain];
        assert_eq!(goes(&[root, root, root, root, mine, mine, your, your, others]), Some(4));
        assert_eq!(goes(&[root, root, root, your, your, mine, mine, mine, others]), Some(5));
        // What may not go is not pointed at.
        let told = |may_go| Kept { by: &me, has_key: false, bytes: 1, may_go };
        let kept: Vec<_> = (0..9).map(|at| told(at > 3)).collect();
        assert_eq!(surplus(most, &kept), Some(4));
    }
}
