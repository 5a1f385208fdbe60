//! How many may be connected, in all and from one address. There is no queue: who finds no place is gone at once,
//! before TLS, for whatever waited would be a place, too, and the next stranger's to take.
//!
//! A seat is given back when what holds it is dropped: a connection, or the WebSocket that it became.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Arc, Mutex, PoisonError};

use crate::wire::start::Limits;

#[derive(Debug, Default)]
struct Taken {
    all: usize,
    of: HashMap<IpAddr, usize>,
}

/// All of them.
#[derive(Debug, Default)]
pub(crate) struct Seats(Mutex<Taken>);

/// One.
#[derive(Debug)]
pub(crate) struct Seat {
    seats: Arc<Seats>,
    address: IpAddr,
}

impl Seats {
    /// A seat for a client from there, if there is one.
    pub(crate) fn take(self: &Arc<Self>, address: IpAddr, limits: &Limits) -> Option<Seat> {
        let address = network(address);
        let mut taken = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let of_it = taken.of.get(&address).copied().unwrap_or(0);
        if taken.all >= limits.connections || of_it >= limits.per_address {
            return None;
        }
        taken.all += 1;
        taken.of.insert(address, of_it + 1);
        Some(Seat { seats: Arc::clone(self), address })
    }

    /// How many are taken.
    pub(crate) fn taken(&self) -> usize {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).all
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        let mut taken = self.seats.0.lock().unwrap_or_else(PoisonError::into_inner);
        taken.all = taken.all.saturating_sub(1);
        if let Some(of_it) = taken.of.get_mut(&self.address) {
            *of_it = of_it.saturating_sub(1);
            if *of_it == 0 {
                taken.of.remove(&self.address);
            }
        }
    }
}

/// Whom an address counts as: of IPv6 one customer has a /64.
fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(six) => {
            let [a, b, c, d, ..] = six.segments();
            Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0).into()
        }
        four => four,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seat_comes_back_and_a_network_is_one() {
        let limits = Limits { connections: 3, per_address: 2, ..Limits::default() };
        let (seats, take) = (Arc::new(Seats::default()), |text: &str| text.parse::<IpAddr>().unwrap());
        let one = seats.take(take("2001:db8::1"), &limits).unwrap();
        let two = seats.take(take("2001:db8::2:3"), &limits).unwrap();
        assert!(seats.take(take("2001:db8::4"), &limits).is_none());
        let three = seats.take(take("192.0.2.1"), &limits).unwrap();
        assert!(seats.take(take("192.0.2.2"), &limits).is_none());
        drop((one, two));
        let four = seats.take(take("::ffff:192.0.2.1"), &limits).unwrap();
        assert!(seats.take(take("192.0.2.1"), &limits).is_none());
        drop((three, four));
        assert_eq!((seats.taken(), seats.0.lock().unwrap().of.len()), (0, 0));
    }
}
