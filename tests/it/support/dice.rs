//! Choices that look random and come again: a test that made them names its seed.

/// A stream of choices.
pub struct Dice(u64);

impl Dice {
    /// The stream of this seed.
    pub fn new(seed: u64) -> Dice {
        // Small seeds are spread, so that their first choices differ.
        Dice(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    /// A number below `limit`.
    pub fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 >> 33).expect("31 bits") % limit
    }

    /// One of these.
    pub fn of<'a, T>(&mut self, some: &'a [T]) -> &'a T {
        &some[self.below(some.len())]
    }
}

/// A word that is a UUID of these tests' machines, or could be taken for one, in six ways.
pub fn near(uuid: String, way: usize) -> String {
    match way {
        0 => uuid,
        1 => uuid.to_uppercase(),
        2 => uuid[..8].to_owned(),
        3 => uuid[9..].to_owned(),
        4 => format!("x-{uuid}"),
        _ => uuid.replace("-c43c-", "-.*-"),
    }
}
