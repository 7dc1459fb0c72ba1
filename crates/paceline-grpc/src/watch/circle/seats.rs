//! Seats: the places of streams in a circle, from when they open until they are dropped.

use std::task::Waker;

use metrics::counter;
use tonic::Status;

use crate::metric;
use crate::open::{Admitted, Open};
use crate::watch::desk::Desk;
use crate::watch::end::End;
use crate::watch::member::Member;

/// The seats.
#[derive(Debug, Default)]
pub(in crate::watch) struct Seats {
    all: Vec<Seat>,
    free: Vec<usize>,
}

#[derive(Debug)]
enum Seat {
    Free,
    Taken(Box<Taken>),
    /// By a stream that has ended and is not dropped yet, with the status until it was given.
    Ended(Option<Status>),
}

/// By a stream that is open.
#[derive(Debug)]
struct Taken {
    member: Member,
    _open: Open,
}

impl Seats {
    /// Seats a member. `admitted` is what it takes of the streams that may be open.
    pub(in crate::watch) fn take(&mut self, member: Member, admitted: Admitted) -> usize {
        let seat = Seat::Taken(Box::new(Taken { member, _open: Open::new(admitted) }));
        if let Some(id) = self.free.pop() {
            self.all[id] = seat;
            return id;
        }
        self.all.push(seat);
        self.all.len() - 1
    }

    /// Frees the seat of a stream that is dropped. Answers whether none is taken any longer.
    pub(in crate::watch) fn leave(&mut self, id: usize) -> bool {
        if let Seat::Taken(_) = std::mem::replace(&mut self.all[id], Seat::Free) {
            ended(End::Gone);
        }
        self.free.push(id);
        self.free.len() == self.all.len()
    }

    /// Ends a stream, and frees what it holds. Answers how to wake it.
    pub(super) fn end(&mut self, id: usize, end: End, desk: &Desk<'_>) -> Option<Waker> {
        let Seat::Taken(taken) = &mut self.all[id] else { return None };
        let member = &mut taken.member;
        // What cannot be gone on from is not handed out again.
        let position = member.position.filter(|_| end != End::Gap);
        let token = position.map(|position| desk.token(position));
        let (status, waker) = (end.status(token.as_deref(), member.jitter), member.waker.take());
        self.all[id] = Seat::Ended(Some(status));
        ended(end);
        waker
    }

    /// The status of a stream that has ended, once.
    pub(super) fn take_status(&mut self, id: usize) -> Option<Status> {
        if let Seat::Ended(status) = &mut self.all[id] { status.take() } else { None }
    }

    pub(super) fn len(&self) -> usize {
        self.all.len()
    }

    pub(super) fn member(&self, id: usize) -> Option<&Member> {
        if let Seat::Taken(taken) = &self.all[id] { Some(&taken.member) } else { None }
    }

    pub(super) fn member_mut(&mut self, id: usize) -> Option<&mut Member> {
        if let Seat::Taken(taken) = &mut self.all[id] { Some(&mut taken.member) } else { None }
    }

    pub(super) fn members(&self) -> impl Iterator<Item = &Member> {
        (0..self.all.len()).filter_map(|id| self.member(id))
    }

    pub(super) fn members_mut(&mut self) -> impl Iterator<Item = &mut Member> {
        self.all.iter_mut().filter_map(|seat| match seat {
            Seat::Taken(taken) => Some(&mut taken.member),
            Seat::Free | Seat::Ended(_) => None,
        })
    }
}

fn ended(end: End) {
    counter!(metric::ENDS, "reason" => end.reason()).increment(1);
    tracing::debug!(reason = end.reason(), "watch ended");
}
