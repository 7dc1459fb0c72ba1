//! Versions of a record: which of two changes the CRM made later.

/// A position in one record's history. Only versions of one record from one source are comparable.
///
/// 128 bits hold every scheme met so far: an offset, a log position, or Salesforce's triple of commit
/// time, commit number and sequence.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Version(u128);

impl Version {
    /// Older than every version a change can have.
    pub const MIN: Self = Self(0);

    /// A signed counter: a native `version`, a Kafka offset, a log sequence number.
    pub const fn from_counter(counter: i64) -> Self {
        Self((counter as i128 - i64::MIN as i128) as u128 + 1)
    }

    /// Lexicographic order of several numbers, the first the most significant.
    pub const fn from_parts(high: u64, low: u64) -> Self {
        Self(((high as u128) << 64 | low as u128).saturating_add(1))
    }

    /// The version as its raw bits, for storage.
    pub const fn bits(self) -> u128 {
        self.0
    }

    /// The version of raw bits from [`Self::bits`].
    pub const fn from_bits(bits: u128) -> Self {
        Self(bits)
    }
}

#[cfg(test)]
mod tests {
    use super::Version;

    #[test]
    fn orders_like_its_parts() {
        assert!(Version::from_counter(-1) < Version::from_counter(0));
        assert!(Version::from_counter(i64::MIN) > Version::MIN);
        assert!(Version::from_parts(0, 0) > Version::MIN);
        assert!(Version::from_parts(1, 0) > Version::from_parts(0, u64::MAX));
    }
}
