//! Who takes part.

use clap::ValueEnum;

/// A contender, in the order in which they take turns.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, ValueEnum)]
pub(crate) enum Contender {
    /// rdkafka's consumer, which only counts: what any program on it pays.
    Base,
    /// librdkafka's batch call, which only counts: what reading could cost at best.
    Batch,
    /// A program for just these three KPIs: the yardstick.
    SinglePurpose,
    /// The engine.
    Paceline,
}

impl Contender {
    pub(crate) const ALL: [Self; 4] =
        [Self::Base, Self::Batch, Self::SinglePurpose, Self::Paceline];

    /// What the report calls it.
    pub(crate) fn title(self) -> &'static str {
        match self {
            Self::Base => "(a) `BaseConsumer`, only counts",
            Self::Batch => "(b) librdkafka's batch call, only counts",
            Self::SinglePurpose => "(c) a program for just these three KPIs",
            Self::Paceline => "(d) `paceline serve`",
        }
    }

    /// What a second start of this program calls it.
    pub(crate) fn name(self) -> String {
        self.to_possible_value().map(|value| value.get_name().to_owned()).unwrap_or_default()
    }
}
