//! The single steps of a deal: each changes the record, keeps the pools and the owners' accounts right, and yields the change.
//!
//! Whether and when a step is taken is decided elsewhere, by the queue or by live traffic.

use super::{Simulation, deals::DAY};
use crate::{Change, Field, Op, Opportunity, Row, Stage, organisation::user};

/// Cents beyond which no deal grows; a larger one would drown a rep's other deals.
const AMOUNT_MAX: i64 = 3_500_000;

impl Simulation {
    pub(super) fn move_on(&mut self, deal: u32, time: i64) -> Change {
        let stage = self.deals[deal as usize].row.stage;
        if stage == Stage::Negotiation {
            return self.settle(deal, time);
        }
        let steps = if self.rng.chance(120) { 2 } else { 1 };
        let price = (stage >= Stage::Qualification).then(|| self.price());
        self.edit(deal, time, |row| {
            row.stage = row.stage.forward(steps);
            let priced = row.amount.is_none() && price.is_some();
            row.amount = row.amount.or(price);
            if priced {
                &[Field::StageName, Field::Probability, Field::Amount]
            } else {
                &[Field::StageName, Field::Probability]
            }
        })
    }

    pub(super) fn win(&mut self, deal: u32, time: i64) -> Change {
        let price = self.price();
        let owner = self.deals[deal as usize].row.owner;
        self.open_account(owner, time);
        self.open.remove(deal);
        self.won.insert(deal);
        let change = self.close(deal, time, Stage::ClosedWon, price);
        if self.rng.chance(60) {
            self.continue_deal(deal, time, 8 * DAY);
        }
        change
    }

    pub(super) fn lose(&mut self, deal: u32, time: i64) -> Change {
        self.open.remove(deal);
        let change = self.close(deal, time, Stage::ClosedLost, 0);
        if self.rng.chance(25) {
            self.continue_deal(deal, time, 10 * DAY);
        }
        change
    }

    fn close(&mut self, deal: u32, time: i64, stage: Stage, price: i64) -> Change {
        let today = self.today(self.deals[deal as usize].row.owner, time);
        self.edit(deal, time, |row| {
            row.stage = stage;
            row.close_day = today;
            let priced = row.amount.is_none() && stage == Stage::ClosedWon;
            row.amount = if priced { Some(price) } else { row.amount };
            row.next_step = None;
            if priced {
                &[
                    Field::StageName,
                    Field::Probability,
                    Field::CloseDate,
                    Field::NextStep,
                    Field::Amount,
                ]
            } else {
                &[Field::StageName, Field::Probability, Field::CloseDate, Field::NextStep]
            }
        })
    }

    pub(super) fn reopen(&mut self, deal: u32, time: i64) -> Change {
        self.won.remove(deal);
        self.open.insert(deal);
        let close_day =
            self.today(self.deals[deal as usize].row.owner, time) + self.rng.range(10, 40);
        self.edit(deal, time, |row| {
            row.stage = Stage::Negotiation;
            row.close_day = close_day;
            &[Field::StageName, Field::Probability, Field::CloseDate]
        })
    }

    /// Grows, shrinks or gets its first amount; seldom an early amount is taken back.
    pub(super) fn resize(&mut self, deal: u32, time: i64) -> Change {
        let (percent, first) = (self.rng.range(75, 127), self.price());
        let withdraw = self.rng.chance(60) && self.deals[deal as usize].row.stage < Stage::Proposal;
        self.edit(deal, time, |row| {
            row.amount = match row.amount {
                Some(_) if withdraw => None,
                Some(cents) => Some(other(
                    (cents * i64::from(percent) / 100).clamp(100_000, AMOUNT_MAX),
                    cents,
                )),
                None => Some(first),
            };
            &[Field::Amount]
        })
    }

    /// The customer wants less, or something else: one or two stages back.
    pub(super) fn step_back(&mut self, deal: u32, time: i64) -> Change {
        let stage = if self.rng.chance(500) { Stage::NeedsAnalysis } else { Stage::Proposal };
        self.edit(deal, time, |row| {
            row.stage = stage;
            &[Field::StageName, Field::Probability]
        })
    }

    pub(super) fn slip(&mut self, deal: u32, time: i64) -> Change {
        let row = self.deals[deal as usize].row;
        let base = row.close_day.max(self.today(row.owner, time));
        let pushed = base + self.rng.range(7, 40);
        self.edit(deal, time, |row| {
            row.close_day = pushed;
            &[Field::CloseDate]
        })
    }

    pub(super) fn set_next_step(&mut self, deal: u32, time: i64) -> Change {
        let step = self.rng.chance(800).then(|| self.rng.below(8) as u8);
        self.edit(deal, time, |row| {
            row.next_step = if step == row.next_step { step.map(|n| (n + 1) % 8) } else { step };
            &[Field::NextStep]
        })
    }

    /// To an account executive of the owner's team.
    pub(super) fn hand_over(&mut self, deal: u32, time: i64) -> Change {
        let owner = self.deals[deal as usize].row.owner;
        let closers = self.organisation.closers(self.organisation.rep(owner).team);
        let to = self.rng.pick(closers).map_or(owner, user);
        if to == owner {
            return self.set_next_step(deal, time);
        }
        self.edit(deal, time, |row| {
            row.owner = to;
            &[Field::OwnerId]
        })
    }

    pub(super) fn delete(&mut self, deal: u32, time: i64) -> Change {
        self.deals[deal as usize].alive = false;
        self.open.remove(deal);
        self.won.remove(deal);
        self.deleted.insert(deal);
        let row = self.deals[deal as usize].row;
        self.account(&row, -1);
        if self.rng.chance(400) {
            self.continue_deal(deal, time, 3 * DAY);
        }
        self.change(Op::Delete, Row::Opportunity(row), <_>::default(), time, row.owner)
    }

    pub(super) fn undelete(&mut self, deal: u32, time: i64) -> Change {
        let record = &mut self.deals[deal as usize];
        record.alive = true;
        record.row.modified_ms = time;
        let row = record.row;
        self.deleted.remove(deal);
        match row.stage {
            Stage::ClosedLost => {}
            Stage::ClosedWon => self.won.insert(deal),
            _ => self.open.insert(deal),
        }
        self.account(&row, 1);
        self.change(Op::Undelete, Row::Opportunity(row), <_>::default(), time, row.owner)
    }

    pub(super) fn mass_reassign(&mut self, time: i64) -> Option<Change> {
        let from = self.deals[self.open.draw(&mut self.rng)? as usize].row.owner;
        let team = self.organisation.rep(from).team;
        let to =
            self.rng.pick(self.organisation.closers(team)).map(user).filter(|to| *to != from)?;
        let limit = 2 + self.rng.below(9) as usize;
        let strolled = self.open.stroll(20_000, &mut self.rng);
        let moving: Vec<u32> = strolled
            .filter(|deal| self.deals[*deal as usize].row.owner == from)
            .take(limit)
            .collect();
        let mut changes = moving.into_iter().map(|deal| {
            let row = &mut self.deals[deal as usize].row;
            (row.owner, row.modified_ms) = (to, time);
            Row::Opportunity(*row)
        });
        let first = changes.next()?;
        let rest: Vec<Row> = changes.collect();
        let mut change = self.update(first, &[Field::OwnerId], time, user(team));
        self.version += rest.len() as u64;
        change.rest = rest;
        Some(change)
    }

    /// Applies an edit and keeps the owners' accounts right.
    fn edit(
        &mut self,
        deal: u32,
        time: i64,
        edit: impl FnOnce(&mut Opportunity) -> &'static [Field],
    ) -> Change {
        let mut row = self.deals[deal as usize].row;
        self.account(&row, -1);
        let actor = row.owner;
        let changed = edit(&mut row);
        row.modified_ms = time;
        self.account(&row, 1);
        self.deals[deal as usize].row = row;
        self.update(Row::Opportunity(row), changed, time, actor)
    }

    fn account(&mut self, row: &Opportunity, sign: i64) {
        if row.stage == Stage::ClosedWon {
            self.quotas[row.owner.number() as usize]
                .add(sign * row.amount.unwrap_or(0), row.close_day);
        }
    }
}

/// `cents`, or a cent less when that is what it was: an update that names a field changes it.
fn other(cents: i64, was: i64) -> i64 {
    if cents == was { cents - 1 } else { cents }
}

#[cfg(test)]
mod tests {
    use crate::{Options, Organisation, Simulation};

    #[test]
    fn mass_reassignment_numbers_every_record() {
        let organisation =
            Organisation::new(Options::new(5, 40, 5, jiff::civil::date(2026, 10, 1)));
        let mut simulation = Simulation::new(organisation);
        let change = (0..100)
            .find_map(|_| simulation.mass_reassign(calendar_ms()).filter(|c| !c.rest.is_empty()))
            .unwrap();
        assert_eq!(simulation.version, change.last_version());
    }

    fn calendar_ms() -> i64 {
        i64::from(crate::calendar::day_number(2026, 10, 2)) * crate::calendar::DAY_MS
    }
}
