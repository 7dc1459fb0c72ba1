//! What a case was made of.

use jiff::{Timestamp, ToSpan, civil::Weekday};
use paceline_tests::recompute::{Row, config::PeriodKind, status::Status};

use super::{super::history::Message, super::world::Subject, Play};

impl Play<'_> {
    pub(super) fn saw_message(&mut self, message: &Message) {
        let of_record = |other: &&Message| other.key == message.key;
        let mut others = self.sent.iter().filter(of_record);
        let versioned = message.version.is_some();
        let late = versioned && others.clone().any(|other| other.version > message.version);
        let tie = versioned && others.any(|other| other.version == message.version);
        self.coverage.saw_if("late", late);
        self.coverage.saw_if("equally new", tie);
        self.coverage.saw(message.kind);
        self.coverage.saw(match message.subject {
            Subject::Opportunity => "an opportunity",
            Subject::Activity => "an activity",
            Subject::User => "a user",
            Subject::Rate => "a rate",
            Subject::Account => "an account",
            Subject::Split => "a split",
        });
        let after = self.open && self.sent.iter().any(|other| other.source != message.source);
        self.coverage.saw_if("records of several sorts", after);
    }

    pub(super) fn saw_rows(&mut self, rows: &[Row]) {
        rows.iter().for_each(|row| self.saw_row(row));
        self.saw_periods(rows);
    }

    fn saw_row(&mut self, row: &Row) {
        let doubted = row.in_doubt && row.status == Status::Behind;
        let coverage = &mut *self.coverage;
        coverage.saw(match row.status {
            Status::NoGoal => "NoGoal",
            Status::NotEnoughData => "NotEnoughData",
            Status::Missed => "Missed",
            Status::Achieved => "Achieved",
            Status::TooEarly => "TooEarly",
            Status::Ahead => "Ahead",
            Status::OnTrack => "OnTrack",
            Status::Behind => "Behind",
        });
        let pace = row.pace_float();
        let undecided =
            pace.is_some_and(|pace| (0.9..0.95).contains(&pace) || (1.05..1.1).contains(&pace));
        coverage.saw_if("actual", !row.actual.is_empty());
        coverage.saw_if("no actual", row.actual.is_empty());
        coverage.saw_if("a number of nobody", row.scope == "unassigned" && row.sample > 0);
        coverage.saw_if("goal of the members", row.scope == "org" && !row.goal.is_empty());
        coverage.saw_if("projected", !row.projected.is_empty());
        coverage.saw_if("required per day", !row.required_per_day.is_empty());
        coverage.saw_if("pace", row.pace.is_some());
        coverage.saw_if("in doubt", row.in_doubt);
        coverage.saw_if(
            "ahead with nothing left to do",
            row.status == Status::Ahead && row.actual.is_empty(),
        );
        coverage.saw_if(
            "sample too small",
            row.status == Status::NotEnoughData && !row.actual.is_empty(),
        );
        coverage
            .saw_if("behind because of doubt", doubted && pace.is_some_and(|pace| pace >= 0.95));
        coverage
            .saw_if("a status within the dead zone", undecided && row.status != Status::OnTrack);
    }

    /// What several calendars make of one instant.
    fn saw_periods(&mut self, rows: &[Row]) {
        let days = |row: &Row| (row.period.end - row.period.start).get_days() + 1;
        for row in rows {
            let fiscal = row.period.kind == PeriodKind::Month && row.period.name.starts_with("FY");
            self.coverage.saw_if("a fiscal month", fiscal);
            self.coverage.saw_if("a month of six weeks", fiscal && days(row) == 42);
            self.coverage.saw_if(
                "nothing left of a goal",
                row.status == Status::NoGoal && row.goal == "0" && !row.scope.starts_with("team"),
            );
        }
        let org = |row: &&Row| row.scope == "org" && !row.goal.is_empty();
        let apart = |org: &Row, row: &Row| {
            let same_kind = row.kpi == org.kpi && row.period.kind == org.period.kind;
            same_kind && !org.period.is_rolling() && row.period.end != org.period.end
        };
        let found = rows
            .iter()
            .filter(org)
            .any(|org| rows.iter().any(|row| row.scope.starts_with("rep") && apart(org, row)));
        self.coverage.saw_if("a team's goal in another period than a member's", found);
    }

    pub(super) fn saw_jump(&mut self, to: Timestamp) {
        let zone = &self.oracle.calendars.default.time_zone;
        let (from, until) = (self.now.to_zoned(zone.clone()), to.to_zoned(zone.clone()));
        let days = (until.date() - from.date()).get_days();
        self.coverage.saw_if("midnight", days >= 1);
        let weekend = (0..days).any(|day| (from.date() + day.days()).weekday() == Weekday::Sunday);
        self.coverage.saw_if("a jump over a weekend", weekend);
        self.coverage.saw_if("a jump over the end of a month", from.month() != until.month());
        self.coverage.saw_if("a change of the clocks", from.offset() != until.offset());
    }
}
