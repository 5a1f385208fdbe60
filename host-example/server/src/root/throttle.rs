//! Failed logins are slowed, by the address or the user of this machine they come from and by the account they are for, so that
//! guessing takes years and nobody is locked out for ever by somebody else's guesses.
//!
//! Rules alone: what time it is is told. From an address after [`FREE`] failures each next one has to wait twice as long,
//! up to [`LONGEST`]; an account is slowed later and less, and not for an address from which it was used before.
//! What comes too early is not looked at, so that it costs no check of a password and tells nothing.

use std::collections::HashMap;
use std::fmt;
use std::net::{IpAddr, Ipv6Addr};
use std::time::{Duration, Instant};

/// Failures before anybody waits, of an address and of an account.
pub(crate) const FREE: u32 = 5;
const FREE_OF_ACCOUNT: u32 = 20;
/// The longest that one waits.
const LONGEST: Duration = Duration::from_secs(60);
const LONGEST_OF_ACCOUNT: Duration = Duration::from_secs(10);
/// After so long without a failure all is forgotten.
const FORGOTTEN: Duration = Duration::from_secs(600);
/// The most that are remembered: of more the oldest is forgotten first.
const MOST: usize = 10_000;
/// The longest name of an account that is remembered, in bytes; accounts have shorter ones.
const LONGEST_NAME: usize = 64;

/// From where a login comes, as far as it counts: of IPv6 a network, of which anybody has all addresses, and of this machine's socket
/// the user, of whom the kernel tells, so that nobody's guesses are another's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Origin {
    User(u32),
    Network(IpAddr),
}

impl Origin {
    /// The one of an address.
    pub(crate) fn of(address: IpAddr) -> Origin {
        let network = |address: Ipv6Addr| match address.to_ipv4_mapped() {
            Some(address) => IpAddr::V4(address),
            None => IpAddr::V6(Ipv6Addr::from_bits(address.to_bits() & !u128::from(u64::MAX))),
        };
        Origin::Network(match address {
            IpAddr::V6(address) => network(address),
            address => address,
        })
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Origin::User(uid) => write!(f, "user {uid} of this machine"),
            Origin::Network(IpAddr::V6(network)) => write!(f, "{network}/64"),
            Origin::Network(address) => write!(f, "{address}"),
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Of {
    Origin(Origin),
    Account(String),
}

#[derive(Debug)]
struct Failures {
    count: u32,
    last: Instant,
}

/// What is remembered of failures.
#[derive(Debug, Default)]
pub(crate) struct Throttle {
    failures: HashMap<Of, Failures>,
    /// From where accounts were used.
    known: HashMap<(String, Origin), Instant>,
}

impl Throttle {
    /// How long this login has to wait before it is looked at; `None` if it need not.
    pub(crate) fn must_wait(&self, origin: Origin, account: Option<&str>, now: Instant) -> Option<Duration> {
        let by_origin = self.wait(&Of::Origin(origin), FREE, LONGEST, now);
        let by_account = account.and_then(|account| {
            let is_known = self.known.contains_key(&(account.to_owned(), origin));
            let of = Of::Account(account.to_owned());
            if is_known { None } else { self.wait(&of, FREE_OF_ACCOUNT, LONGEST_OF_ACCOUNT, now) }
        });
        by_origin.max(by_account)
    }

    /// How many logins of this origin may be looked at at once: each may be a failure, and those it has are counted when that is known.
    pub(crate) fn at_once(&self, origin: Origin) -> usize {
        let failures = self.failures.get(&Of::Origin(origin)).map_or(0, |failures| failures.count);
        FREE.saturating_sub(failures).max(1) as usize
    }

    fn wait(&self, of: &Of, free: u32, longest: Duration, now: Instant) -> Option<Duration> {
        let failures = self.failures.get(of)?;
        let beyond = failures.count.checked_sub(free)?;
        let pause = Duration::from_secs(1 << beyond.min(10)).min(longest);
        let left = pause.checked_sub(now.saturating_duration_since(failures.last))?;
        (!left.is_zero()).then_some(left)
    }

    /// One failed. Tells how many of this origin did.
    pub(crate) fn failed(&mut self, origin: Origin, account: Option<&str>, now: Instant) -> u32 {
        self.forget(now);
        // A name may be as long as a request; one that no account can have is nothing to slow down, and is not kept.
        if let Some(account) = account.filter(|account| account.len() <= LONGEST_NAME) {
            self.count(Of::Account(account.to_owned()), now);
        }
        self.count(Of::Origin(origin), now)
    }

    fn count(&mut self, of: Of, now: Instant) -> u32 {
        let failures = self.failures.entry(of).or_insert(Failures { count: 0, last: now });
        if now.saturating_duration_since(failures.last) >= FORGOTTEN {
            failures.count = 0;
        }
        failures.count = failures.count.saturating_add(1);
        failures.last = now;
        failures.count
    }

    /// One succeeded. That ends nothing for its origin: who has an account of his own could else guess between his logins.
    pub(crate) fn succeeded(&mut self, origin: Origin, account: &str, now: Instant) {
        self.known.insert((account.to_owned(), origin), now);
        self.forget(now);
    }

    fn forget(&mut self, now: Instant) {
        if self.failures.len() >= MOST {
            self.failures.retain(|_, failures| now.saturating_duration_since(failures.last) < FORGOTTEN);
            while self.failures.len() >= MOST {
                let oldest = self.failures.iter().min_by_key(|(_, failures)| failures.last);
                let Some(oldest) = oldest.map(|(of, _)| of.clone()) else { break };
                self.failures.remove(&oldest);
            }
        }
        if self.known.len() >= MOST {
            let oldest = self.known.iter().min_by_key(|(_, last)| **last).map(|(known, _)| known.clone());
            oldest.map(|oldest| self.known.remove(&oldest));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn origin(address: &str) -> Origin {
        Origin::of(address.parse().expect("an address"))
    }

    #[test]
    fn an_address_that_guesses_waits_longer_and_longer_and_others_do_not() {
        let (mut throttle, now) = (Throttle::default(), Instant::now());
        let (bad, good) = (origin("192.0.2.7"), origin("192.0.2.8"));
        for _ in 0..FREE {
            assert_eq!(throttle.must_wait(bad, Some("alice"), now), None);
            throttle.failed(bad, Some("alice"), now);
        }
        assert_eq!(throttle.must_wait(bad, None, now), Some(Duration::from_secs(1)));
        assert_eq!(throttle.must_wait(good, Some("alice"), now), None);
        let mut at = now;
        for expected in [1, 2, 4, 8, 16, 32, 60, 60] {
            let wait = throttle.must_wait(bad, None, at).expect("it waits");
            assert_eq!(wait, Duration::from_secs(expected));
            at += wait;
            assert_eq!(throttle.must_wait(bad, None, at), None);
            throttle.failed(bad, None, at);
        }
        throttle.succeeded(bad, "mallory", at);
        assert_eq!(throttle.must_wait(bad, None, at), Some(LONGEST), "his own account does not help him");
        throttle.failed(bad, None, at + FORGOTTEN);
        assert_eq!(throttle.must_wait(bad, None, at + FORGOTTEN), None, "long ago is forgotten");
    }

    #[test]
    fn who_guesses_at_the_socket_is_slow_himself() {
        let (mut throttle, now) = (Throttle::default(), Instant::now());
        for _ in 0..20 {
            throttle.failed(Origin::User(65534), None, now);
        }
        assert_eq!(throttle.must_wait(Origin::User(65534), None, now), Some(LONGEST));
        assert_eq!(throttle.must_wait(Origin::User(0), None, now), None);
        assert_eq!(Origin::User(65534).to_string(), "user 65534 of this machine");
    }

    #[test]
    fn an_account_that_many_guess_is_slow_for_strangers_alone() {
        let (mut throttle, now) = (Throttle::default(), Instant::now());
        let home = origin("192.0.2.1");
        throttle.succeeded(home, "alice", now);
        for n in 0..40_u32 {
            throttle.failed(origin(&format!("198.51.100.{n}")), Some("alice"), now);
        }
        assert_eq!(throttle.must_wait(origin("203.0.113.1"), Some("alice"), now), Some(LONGEST_OF_ACCOUNT));
        assert_eq!(throttle.must_wait(origin("203.0.113.1"), Some("bob"), now), None);
        assert_eq!(throttle.must_wait(home, Some("alice"), now), None);
    }

    #[test]
    fn a_network_of_ipv6_is_one_and_memory_is_bounded() {
        assert_eq!(origin("2001:db8::1"), origin("2001:db8::ffff:1"));
        assert_ne!(origin("2001:db8::1"), origin("2001:db8:0:1::1"));
        assert_eq!(origin("::ffff:192.0.2.1"), origin("192.0.2.1"));
        let (mut throttle, now) = (Throttle::default(), Instant::now());
        // Beyond the bound each looks through all of them.
        for n in 0..u32::try_from(MOST).unwrap() + 500 {
            throttle.failed(Origin::of(IpAddr::from(n.to_be_bytes())), None, now);
        }
        assert_eq!(throttle.failures.len(), MOST);
        let mut throttle = Throttle::default();
        throttle.failed(origin("192.0.2.1"), Some(&"x".repeat(1 << 20)), now);
        assert_eq!(throttle.failures.len(), 1, "its address alone, and not a name that no account has");
    }
}
