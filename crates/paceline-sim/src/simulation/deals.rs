//! The life of a deal: how it begins, and what becomes of it whenever its moment comes.
//!
//! Here the dice are thrown; `steps` carries out what they say.

use super::{Due, Record, Simulation};
use crate::{
    Change, Id, Op, Opportunity, Role, Row, Stage, id::Kind, organisation::user, rng::mix,
};

/// Minutes in a working day.
pub(super) const DAY: u32 = 570;

impl Simulation {
    /// A rep opens a deal, and will open another.
    pub(super) fn prospect(&mut self, rep: u32, time: i64) -> Change {
        let intensity = self.organisation.options().intensity.max(1);
        let pace = self.organisation.reps()[rep as usize].pace;
        let again = self.after_work(rep, time, DAY * 100 / intensity * 1000 / pace.max(1));
        self.schedule(again, Due::Prospect(rep));
        self.create(rep, time)
    }

    pub(super) fn create(&mut self, rep: u32, time: i64) -> Change {
        let number = self.deals.len() as u32;
        let stage = if self.rng.chance(700) { Stage::Prospecting } else { Stage::Qualification };
        let owner = user(rep);
        let row = Opportunity {
            id: Id::new(Kind::Opportunity, number),
            owner,
            amount: if self.rng.chance(450) { None } else { Some(self.price()) },
            stage,
            close_day: self.today(owner, time) + self.rng.range(20, 75),
            created_ms: time,
            modified_ms: time,
            next_step: self.rng.chance(500).then(|| self.rng.below(8) as u8),
            flavour: (mix(self.organisation.options().seed ^ u64::from(number)) >> 32) as u32,
        };
        self.deals.push(Record { row, alive: true, queued: false });
        self.open.insert(number);
        self.continue_deal(number, time, 3 * DAY);
        self.follow_up(number, time);
        self.change(Op::Create, Row::Opportunity(row), <_>::default(), time, owner)
    }

    /// Cents: many small deals, some large, round more often than not.
    pub(super) fn price(&mut self) -> i64 {
        let dollars = match self.rng.below(100) {
            0..60 => self.rng.range(2_000, 8_000),
            60..93 => self.rng.range(6_000, 15_000),
            _ => self.rng.range(15_000, 28_000),
        };
        if self.rng.chance(600) {
            i64::from(dollars / 250 * 250) * 100
        } else {
            i64::from(dollars) * 100 + i64::from(self.rng.below(100))
        }
    }

    /// Gives the deal its next moment, unless it has one.
    pub(super) fn continue_deal(&mut self, deal: u32, time: i64, minutes: u32) {
        let record = &mut self.deals[deal as usize];
        if !std::mem::replace(&mut record.queued, true) {
            let owner = record.row.owner.number();
            let then = self.after_work(owner, time, minutes);
            self.schedule(then, Due::Deal(deal));
        }
    }

    /// The deal's moment has come.
    pub(super) fn attend(&mut self, deal: u32, time: i64) -> Option<Change> {
        let record = &mut self.deals[deal as usize];
        record.queued = false;
        let Record { row, alive, .. } = *record;
        let change = match (alive, row.stage) {
            (false, _) => Some(self.undelete(deal, time)),
            (true, Stage::ClosedWon) => Some(self.reconsider_won(deal, time)),
            (true, Stage::ClosedLost) => Some(self.reopen(deal, time)),
            (true, _) => Some(self.work(deal, time)),
        };
        let now = self.deals[deal as usize];
        if now.alive && now.row.stage.is_open() {
            self.continue_deal(deal, time, 4 * DAY);
            self.follow_up(deal, time);
        }
        change
    }

    fn work(&mut self, deal: u32, time: i64) -> Change {
        let row = self.deals[deal as usize].row;
        let role = self.organisation.rep(row.owner).role;
        if role == Role::Sdr && row.stage >= Stage::Qualification {
            return self.hand_over(deal, time);
        }
        if row.close_day <= self.today(row.owner, time) && self.rng.chance(700) {
            return self.slip(deal, time);
        }
        match self.rng.below(1000) {
            0..600 => self.move_on(deal, time),
            600..700 => self.resize(deal, time),
            700..750 => self.slip(deal, time),
            750..810 => self.set_next_step(deal, time),
            810..825 => self.hand_over(deal, time),
            825..835 => self.delete(deal, time),
            _ if role == Role::Sdr => self.set_next_step(deal, time),
            _ => self.lose(deal, time),
        }
    }

    /// Won, lost or put off: a rep who is behind pushes for it, one who is ahead has time.
    pub(super) fn settle(&mut self, deal: u32, time: i64) -> Change {
        let row = self.deals[deal as usize].row;
        let lead = self.lead(row.owner, time);
        let winning = if lead < 0 {
            720
        } else if lead < row.amount.unwrap_or(0) {
            200
        } else {
            20
        };
        if self.rng.chance(winning) {
            self.win(deal, time)
        } else if self.rng.chance(650) {
            self.lose(deal, time)
        } else {
            self.slip(deal, time)
        }
    }

    /// Cents that the owner is ahead of what the quarter was going to bring.
    pub(super) fn lead(&mut self, owner: Id, time: i64) -> i64 {
        let day = self.open_account(owner, time);
        self.quotas[owner.number() as usize].lead(self.organisation.rep(owner), day)
    }

    /// Begins the owner's account of the current quarter, if it has not begun; the owner's day.
    pub(super) fn open_account(&mut self, owner: Id, time: i64) -> i32 {
        let day = self.today(owner, time);
        self.quotas[owner.number() as usize].open(day, &mut self.rng);
        day
    }

    /// A won deal seldom changes: the amount is corrected, the customer withdraws, or it was a duplicate.
    fn reconsider_won(&mut self, deal: u32, time: i64) -> Change {
        match self.rng.below(10) {
            0..5 => self.resize(deal, time),
            5..8 => self.reopen(deal, time),
            _ => self.delete(deal, time),
        }
    }

    /// Several open deals of one rep go to a colleague in one transaction.
    pub(super) fn reorganise(&mut self, time: i64) -> Option<Change> {
        let hours = 40 * 40 / self.organisation.reps().len().max(8) as u32;
        let any = self.rng.below(self.organisation.reps().len() as u32);
        let again = self.after_work(any, time, hours.max(1) * 60);
        self.schedule(again, Due::Reorganisation);
        self.mass_reassign(time)
    }

    /// Most attention to a deal leads to a meeting or a task.
    fn follow_up(&mut self, deal: u32, time: i64) {
        if !self.organisation.options().activities {
            return;
        }
        if self.rng.chance(380) {
            let then = time + i64::from(self.rng.below(3_000_000));
            self.schedule(then, Due::Booking(deal));
        }
        if self.rng.chance(550) {
            let then = time + i64::from(self.rng.below(2_000_000));
            self.schedule(then, Due::Chore(deal));
        }
    }
}
