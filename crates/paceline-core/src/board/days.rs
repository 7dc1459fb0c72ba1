//! Days: clock faces turn at their midnights, and with a day begin periods and what is to be held.

use std::collections::BTreeSet;

use jiff::Timestamp;

use super::moves::Why;
use super::{Board, Face};
use crate::day::Day;
use crate::roster::{Roster, ScopeId};

impl Board {
    /// Turns the faces whose day has ended by `now`. Answers which.
    pub(super) fn turn_faces(&mut self, now: Timestamp) -> Vec<bool> {
        let mut turned = vec![false; self.faces.len()];
        for (face, turned) in self.faces.iter_mut().zip(&mut turned) {
            if face.until <= now {
                face.turn(now);
                *turned = true;
            }
        }
        turned
    }

    /// Turns the faces whose day has ended by `now` and begins the periods of the new day.
    pub(super) fn turn_days(&mut self, now: Timestamp) {
        let turned = self.turn_faces(now);
        if !turned.contains(&true) {
            return;
        }
        let slots = self.slots.len() as u32;
        let over = |live: &u32| {
            turned[self.face_of[ScopeId(live / slots).0 as usize]] && self.outlived(*live)
        };
        let ended: Vec<u32> = (0..self.live.len() as u32).filter(over).collect();
        let touched = self.begin_day(&ended, &[], now);
        touched.into_iter().for_each(|live| self.judge(live, now, now, Why::Day));
        self.working_times.forget_unused();
    }

    /// Begins the periods of the day that has begun where others `ended`, and works out anew what is to be held, but for what
    /// is left out; both are in order. Answers what is to be judged.
    pub(super) fn begin_day(
        &mut self,
        ended: &[u32],
        left_out: &[u32],
        now: Timestamp,
    ) -> BTreeSet<u32> {
        let begins =
            |live: &u32| ended.binary_search(live).is_ok() || left_out.binary_search(live).is_ok();
        let going_on: Vec<u32> = (0..self.live.len() as u32).filter(|live| !begins(live)).collect();
        // What members have to hold changes at their own midnights, also within a period.
        let renewed: BTreeSet<u32> =
            going_on.into_iter().filter(|live| self.renew_aim(*live, now)).collect();
        self.begin_periods(ended, now, Why::Day);
        let mut touched = self.with_computed(renewed);
        touched.extend(ended);
        touched
    }

    /// Standings, and those that are computed from their goals.
    pub(super) fn with_computed(&self, lives: BTreeSet<u32>) -> BTreeSet<u32> {
        let mut all = lives.clone();
        for live in lives {
            let (scope, slot) = self.place(live);
            let within = |other: &u32| self.slots.get(self.place(*other).1).goals.contains(&slot);
            all.extend(self.lives(scope).filter(within));
        }
        all
    }
}

impl Face {
    pub(super) fn turn(&mut self, now: Timestamp) {
        self.today = Day::of(now, &self.zone);
        // A zone that skips a day begins the day after the skipped one.
        let next =
            (1..4).map(|days| self.today.plus(days).start(&self.zone)).find(|start| *start > now);
        self.until = next.unwrap_or(Timestamp::MAX);
    }
}

/// One face for each distinct calendar and zone, and which scope has which.
pub(super) fn faces(roster: &Roster) -> (Vec<Face>, Vec<usize>) {
    let mut faces: Vec<Face> = Vec::new();
    let mut face_of = Vec::new();
    for scope in (0..roster.scopes().len() as u32).map(ScopeId) {
        let (calendar, zone) = (roster.calendar(scope), roster.zone(scope));
        let known = faces.iter().position(|face| face.calendar == calendar && face.zone == *zone);
        face_of.push(known.unwrap_or(faces.len()));
        if known.is_none() {
            let (zone, today, until) = (zone.clone(), Day(0), Timestamp::MIN);
            faces.push(Face { calendar, zone, today, until });
        }
    }
    (faces, face_of)
}
