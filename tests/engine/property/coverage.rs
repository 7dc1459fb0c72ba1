//! What the invented worlds and histories were made of: a generator that never draws an undelete proves nothing
//! about undeletes.

use std::collections::BTreeMap;

/// How often each thing occurred.
#[derive(Debug, Default)]
pub(crate) struct Coverage(BTreeMap<&'static str, usize>);

/// What has to occur in a run of many cases.
const ALL: &[&str] = &[
    // Of the world.
    "holidays",
    "weights",
    "week not from Monday",
    "fiscal year of its own",
    "fiscal year from February",
    "zone of a rep",
    "managers on two levels",
    "managers on three levels",
    "several lanes",
    "records over several partitions",
    "agg: sum",
    "agg: count",
    "agg: count_distinct",
    "agg: avg",
    "agg: min",
    "agg: max",
    "agg: median",
    "agg: p90",
    "flow by date",
    "flow by timestamp",
    "flow by the first moment",
    "flow by the moment since",
    "flow by a moment or a field",
    "stock",
    "conversion",
    "kept credit",
    "membership by age",
    "membership by the age of a moment",
    "membership from an instant on",
    "membership by the day",
    "membership by a moment",
    "membership by the age of a value",
    "days between",
    "membership by the age in working days",
    "ratio of flows",
    "ratio of stocks",
    "derived",
    "derived of a derived",
    "derived of a ratio",
    "derived in a rolling window",
    "zero denominator met",
    "goal of another",
    "what remains of another",
    "sum of others",
    "quotient of others",
    "choice between others",
    "reach",
    "hold",
    "rate",
    "higher",
    "lower",
    "day",
    "week",
    "month",
    "quarter",
    "year",
    "rolling-1d",
    "rolling-7d",
    "rolling-30d",
    "goal of everyone",
    "goal of a role",
    "goal of a rep",
    "goal of each of a team",
    "goal of a team",
    "goal of 0",
    "goal with a first day",
    "goal with a last day",
    // Of reps that change.
    "reps that are users",
    "a row from a day on",
    "a row of a rep",
    "a row is withdrawn",
    "a row that is none",
    "a fact that cannot hold",
    "a scope begins",
    "a scope ends",
    "reps change with a day",
    "lanes follow",
    // Of goals that are set while running.
    "a goal set while running",
    "a goal deleted",
    "an edit is withdrawn",
    "an edit that is none",
    // Of currencies.
    "no rates",
    "rates in the config",
    "rates that are records",
    "money",
    "a flow of money",
    "a stock of money",
    "money by the clock",
    // Of records that name others and share credit.
    "records that name others",
    "shared records",
    "a condition on another record",
    "a date of another record",
    "credit by another record",
    "a number of another record",
    "another record by the clock",
    "credit by splits",
    "credit by splits without overlay",
    "money by splits",
    "splits by the clock",
    // Of a restart.
    "a restart with other calendars",
    "a restart that remembers",
    "a status other than on track is remembered",
    // Of the messages.
    "an opportunity",
    "an activity",
    "a user",
    "a rate",
    "an account",
    "a split",
    "records of several sorts",
    "upsert",
    "patch",
    "delete",
    "undelete",
    "gap",
    "tombstone",
    "duplicate",
    "refused",
    "late",
    "equally new",
    "taken before the board opens",
    "several messages at once",
    "more at once than walk together",
    "one record twice at once",
    // Of the clock.
    "midnight",
    "a jump over a weekend",
    "a jump over the end of a month",
    "a change of the clocks",
    "a status changes by the clock alone",
    "a new period begins",
    "an instant to the nanosecond",
    // Of the standings.
    "actual",
    "no actual",
    "a number of nobody",
    "goal of the members",
    "projected",
    "required per day",
    "pace",
    "sample too small",
    "ahead with nothing left to do",
    "in doubt",
    "behind because of doubt",
    "next change",
    "no next change",
    "the past",
    "a status within the dead zone",
    "NoGoal",
    "NotEnoughData",
    "Missed",
    "Achieved",
    "TooEarly",
    "Ahead",
    "OnTrack",
    "Behind",
    // Of ranks and histories.
    "ranks",
    "a shared rank",
    "a rank after a shared one",
    "unranked beside ranked",
    "ranks of a team",
    "an input and an output behind",
    // Of what is behind numbers.
    "contributors",
    "contributors of parts",
    "a contributor shared by several",
    "a contributor of overlay",
    "a contributor in doubt",
    "a contributor converted",
    "pieces of many members",
    "members in common",
    "members that differ",
    "a goal of several stretches",
    "a goal that is passed over",
    "a history",
    "a history of days to come",
    "a history of what is due",
    // Of calendars and the terms of goals.
    "year of weeks",
    "a day that a zone leaves out",
    "calendar of a rep",
    "a rep with a first day",
    "a rep with a last day",
    "time off",
    "ramp",
    "ramp of what is held",
    "ramp where less is better",
    "presence",
    "ramp and presence",
    "curve over a quarter",
    "curve by quarters",
    "curve by months of a year",
    // Of the standings.
    "a fiscal month",
    "a month of six weeks",
    "nothing left of a goal",
    "a team's goal in another period than a member's",
];

impl Coverage {
    /// Adds what occurred elsewhere.
    pub(crate) fn add(&mut self, other: Self) {
        for (what, times) in other.0 {
            *self.0.entry(what).or_default() += times;
        }
    }

    /// Notes that something occurred.
    pub(crate) fn saw(&mut self, what: &'static str) {
        debug_assert!(ALL.contains(&what), "{what} is not listed");
        *self.0.entry(what).or_default() += 1;
    }

    /// Notes it if it did.
    pub(crate) fn saw_if(&mut self, what: &'static str, occurred: bool) {
        if occurred {
            self.saw(what);
        }
    }

    /// Fails unless everything occurred.
    #[track_caller]
    pub(crate) fn assert_complete(&self) {
        let missing: Vec<_> = ALL.iter().filter(|what| !self.0.contains_key(*what)).collect();
        assert!(missing.is_empty(), "never drawn: {missing:?}; drawn: {:#?}", self.0);
    }
}
