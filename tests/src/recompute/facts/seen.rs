//! One record as a KPI sees it: its cells, its value, whose it is and when it counts.

use jiff::{Timestamp, civil::Date};

use super::{
    credit::Credited,
    fact::{Known, Mark, Part},
    reading::Reading,
};
use crate::recompute::{
    calendar,
    config::{Config, Credit},
    filter::{Cells, V},
    moment::Moment,
    number,
    records::Image,
    scope::Scope,
    working,
};

/// A record and how it came to look as it does.
pub(super) struct Seen<'a> {
    pub(super) reading: &'a Reading<'a>,
    pub(super) image: &'a Image,
    pub(super) history: Vec<(Timestamp, Image)>,
}

impl Cells for Seen<'_> {
    fn cell(&self, name: &str) -> V {
        match (name, self.reading.moments.get(name)) {
            (_, Some(moment)) => self.moment(moment),
            ("now()", _) => V::Instant(self.reading.now),
            ("today()", _) => self.today(),
            (name, _) => self.field(name),
        }
    }

    fn working_days(&self, since: &V) -> V {
        match (self.owner(), since) {
            (Known::No, _) => V::Unknown,
            (Known::Yes(owner), V::Instant(since)) => {
                let (config, now) = (self.reading.basis.config, self.reading.now);
                V::Num(working::age(config, &scope(owner), *since, now))
            }
            (_, other) => other.clone(),
        }
    }
}

impl Seen<'_> {
    /// To whom and when it counts, as far as that is known.
    pub(super) fn places(&self, credited: &Credited, at: &V) -> Vec<Mark> {
        let config = self.reading.basis.config;
        let place = |rep| Mark { day: day_known(config, &rep, at), rep };
        credited.all().into_iter().map(place).collect()
    }

    /// What everybody has of its value; `None` where anything about that is unknown.
    pub(super) fn parts(
        &self,
        credited: &Credited,
        value: &V,
        places: &[Mark],
    ) -> Option<Vec<Part>> {
        let of = |place: &Mark| match self.worth(value, &place.day) {
            V::Unknown => None,
            worth => credited.parts(place, worth),
        };
        let parts: Vec<Vec<Part>> = places.iter().map(of).collect::<Option<_>>()?;
        Some(parts.concat())
    }

    fn field(&self, name: &str) -> V {
        self.reading.basis.cell(self.reading.entity, self.image, name)
    }

    fn moment(&self, moment: &Moment) -> V {
        moment.of(&self.history, self.image, &|name| self.field(name))
    }

    pub(super) fn value(&self) -> V {
        match (&self.reading.conversion, &self.reading.value) {
            (Some(conversion), _) => conversion.of(&self.history),
            (None, Some(value)) => value.value(self),
            (None, None) => V::Bool(true),
        }
    }

    /// What a value is worth on the day on which it counts; that of a stock, on the day it is in the organisation.
    fn worth(&self, value: &V, day: &Known<Option<Date>>) -> V {
        let basis = self.reading.basis;
        match (value, &self.reading.currency, day) {
            (V::Num(_), Some(_), Known::No) => V::Unknown,
            (V::Num(amount), Some(currency), Known::Yes(day)) => {
                let zone = &basis.config.calendars.default.time_zone;
                let day = day.unwrap_or_else(|| calendar::day_of(self.reading.now, zone));
                basis.rates.worth(amount, &self.field(currency), day)
            }
            (V::Num(number), None, _) => V::Num(number::rounded(number)),
            (other, ..) => other.clone(),
        }
    }

    pub(super) fn at(&self) -> V {
        match (&self.reading.dated_by, &self.reading.kpi.at) {
            (Some(moment), _) => self.moment(moment),
            (None, Some(field)) => self.field(field),
            (None, None) => V::Null,
        }
    }

    /// The day it is where the owner is.
    fn today(&self) -> V {
        let now = V::Instant(self.reading.now);
        match day_known(self.reading.basis.config, &self.owner(), &now) {
            Known::Yes(Some(day)) => V::Date(day),
            _ => V::Unknown,
        }
    }

    /// The rep by whose clock the condition goes; where credit is split, nobody.
    fn owner(&self) -> Known<Option<String>> {
        match &self.reading.kpi.credit {
            Some(Credit::Owner { field, .. }) => self.rep(&self.field(field)),
            _ => Known::Yes(None),
        }
    }

    pub(super) fn credited(&self, id: &str) -> Credited {
        if let Some(divisions) = &self.reading.divisions {
            return match divisions.of(id) {
                Known::Yes(division) => Credited::Split(division),
                Known::No => Credited::To(Known::No),
            };
        }
        Credited::To(match &self.reading.kpi.credit {
            Some(Credit::Owner { field, keep: true }) => self.rep(&self.kept(field)),
            Some(Credit::Owner { field, keep: false }) => self.rep(&self.field(field)),
            _ => Known::Yes(None),
        })
    }

    /// The first owner that the record is known to have named since it came to match.
    fn kept(&self, field: &str) -> V {
        let matches = |image: &Image| {
            self.reading.condition.passes(&|field: &str| image.field(field)) == Some(true)
        };
        let looks = self.history.iter().rev().map(|(_, image)| image);
        let matching: Vec<&Image> = looks.take_while(|image| matches(image)).collect();
        let mut named = matching.into_iter().rev().map(|image| image.field(field));
        named.find(|named| *named != V::Unknown).unwrap_or_else(|| self.field(field))
    }

    fn rep(&self, named: &V) -> Known<Option<String>> {
        if *named == V::Unknown { Known::No } else { Known::Yes(self.reading.basis.rep(named)) }
    }
}

/// A date as it is; an instant by its day where the rep is.
fn day_known(config: &Config, rep: &Known<Option<String>>, at: &V) -> Known<Option<Date>> {
    match (at, rep) {
        (V::Date(day), _) => Known::Yes(Some(*day)),
        (V::Instant(instant), Known::Yes(rep)) => {
            let day = calendar::day_of(*instant, scope(rep.clone()).zone(config));
            Known::Yes(Some(day))
        }
        (V::Null, _) => Known::Yes(None),
        _ => Known::No,
    }
}

fn scope(rep: Option<String>) -> Scope {
    rep.map_or(Scope::Unassigned, Scope::Rep)
}
