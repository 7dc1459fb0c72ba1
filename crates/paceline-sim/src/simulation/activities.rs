//! Meetings and tasks: the inputs that come before the bookings.

use super::{Due, Record, Simulation};
use crate::{
    Change, Field, Id, Meeting, MeetingStatus, Op, Row, Task, calendar, id::Kind,
    organisation::user,
};

const HALF_HOUR_MS: i64 = 1_800_000;

impl Simulation {
    /// Books a meeting about a deal, if the deal still exists.
    pub(super) fn book(&mut self, deal: u32, time: i64) -> Option<Change> {
        let deal = self.deals[deal as usize];
        if !deal.alive {
            return None;
        }
        let number = self.meetings.len() as u32;
        let owner = deal.row.owner;
        let days = 1 + self.rng.below(7);
        let zone = &self.organisation.rep(owner).time_zone;
        let start_ms = calendar::slot(zone, time, days, &mut self.rng);
        let row = Meeting {
            id: Id::new(Kind::Event, number),
            owner,
            what: deal.row.id,
            start_ms,
            end_ms: start_ms + HALF_HOUR_MS * i64::from(1 + self.rng.below(2)),
            status: MeetingStatus::Planned,
            created_ms: time,
            modified_ms: time,
        };
        self.meetings.push(Record { row, alive: true, queued: true });
        self.planned.insert(number);
        self.schedule(row.end_ms, Due::Meeting(number));
        Some(self.change(Op::Create, Row::Event(row), <_>::default(), time, owner))
    }

    /// The meeting is over, or was never going to happen.
    pub(super) fn conclude(&mut self, meeting: u32, time: i64) -> Option<Change> {
        let record = &mut self.meetings[meeting as usize];
        record.queued = false;
        if !record.alive || record.row.status != MeetingStatus::Planned {
            return None;
        }
        Some(match self.rng.below(1000) {
            0..780 => self.hold(meeting, time),
            780..910 => self.cancel(meeting, time),
            910..990 => self.postpone(meeting, time),
            _ => self.strike(meeting, time),
        })
    }

    /// Held, at the latest now: a meeting that was still to come is taken as brought forward.
    pub(super) fn hold(&mut self, meeting: u32, time: i64) -> Change {
        self.planned.remove(meeting);
        let early = self.meetings[meeting as usize].row.end_ms - time;
        let forward = if early > 0 { (early / HALF_HOUR_MS + 1) * HALF_HOUR_MS } else { 0 };
        self.edit_meeting(meeting, time, |row| {
            row.status = MeetingStatus::Held;
            row.start_ms -= forward;
            row.end_ms -= forward;
            if forward > 0 {
                &[Field::Status, Field::StartDateTime, Field::EndDateTime]
            } else {
                &[Field::Status]
            }
        })
    }

    pub(super) fn cancel(&mut self, meeting: u32, time: i64) -> Change {
        self.planned.remove(meeting);
        self.edit_meeting(meeting, time, |row| {
            row.status = MeetingStatus::Cancelled;
            &[Field::Status]
        })
    }

    fn postpone(&mut self, meeting: u32, time: i64) -> Change {
        let row = self.meetings[meeting as usize].row;
        let days = 1 + self.rng.below(5);
        let zone = &self.organisation.rep(row.owner).time_zone;
        let start = calendar::slot(zone, time, days, &mut self.rng);
        self.meetings[meeting as usize].queued = true;
        self.schedule(start + row.end_ms - row.start_ms, Due::Meeting(meeting));
        self.edit_meeting(meeting, time, |row| {
            row.end_ms += start - row.start_ms;
            row.start_ms = start;
            &[Field::StartDateTime, Field::EndDateTime]
        })
    }

    /// Booked by mistake.
    fn strike(&mut self, meeting: u32, time: i64) -> Change {
        self.planned.remove(meeting);
        let record = &mut self.meetings[meeting as usize];
        record.alive = false;
        let row = record.row;
        self.change(Op::Delete, Row::Event(row), <_>::default(), time, row.owner)
    }

    fn edit_meeting(
        &mut self,
        meeting: u32,
        time: i64,
        edit: impl FnOnce(&mut Meeting) -> &'static [Field],
    ) -> Change {
        let row = &mut self.meetings[meeting as usize].row;
        let changed = edit(row);
        row.modified_ms = time;
        let row = *row;
        self.update(Row::Event(row), changed, time, row.owner)
    }

    /// Notes a thing to do about a deal, if the deal still exists.
    pub(super) fn note(&mut self, deal: u32, time: i64) -> Option<Change> {
        let deal = self.deals[deal as usize];
        if !deal.alive {
            return None;
        }
        let number = self.tasks.len() as u32;
        let owner = deal.row.owner;
        let row = Task {
            id: Id::new(Kind::Task, number),
            owner,
            what: deal.row.id,
            completed_ms: None,
            created_ms: time,
            modified_ms: time,
        };
        // A task in ten is forgotten: it stays open, but live traffic may still find it.
        let remembered = self.rng.chance(900);
        self.tasks.push(Record { row, alive: true, queued: remembered });
        self.to_do.insert(number);
        if remembered {
            let then = self.after_work(owner.number(), time, 700);
            self.schedule(then, Due::Task(number));
        }
        Some(self.change(Op::Create, Row::Task(row), <_>::default(), time, owner))
    }

    /// The task is done, passed to the manager, or struck off the list.
    pub(super) fn work_on(&mut self, task: u32, time: i64) -> Option<Change> {
        let record = &mut self.tasks[task as usize];
        record.queued = false;
        if !record.alive || record.row.completed_ms.is_some() {
            return None;
        }
        Some(match self.rng.below(100) {
            0..94 => self.complete(task, time),
            94..97 => self.delegate(task, time),
            _ => self.drop_task(task, time),
        })
    }

    pub(super) fn complete(&mut self, task: u32, time: i64) -> Change {
        self.to_do.remove(task);
        let row = &mut self.tasks[task as usize].row;
        (row.completed_ms, row.modified_ms) = (Some(time), time);
        let row = *row;
        self.update(Row::Task(row), &[Field::Status, Field::CompletedDateTime], time, row.owner)
    }

    fn delegate(&mut self, task: u32, time: i64) -> Change {
        let row = &mut self.tasks[task as usize].row;
        let actor = row.owner;
        row.owner = user(self.organisation.rep(actor).team);
        row.modified_ms = time;
        let row = *row;
        self.update(Row::Task(row), &[Field::OwnerId], time, actor)
    }

    fn drop_task(&mut self, task: u32, time: i64) -> Change {
        self.to_do.remove(task);
        let record = &mut self.tasks[task as usize];
        record.alive = false;
        let row = record.row;
        self.change(Op::Delete, Row::Task(row), <_>::default(), time, row.owner)
    }
}
