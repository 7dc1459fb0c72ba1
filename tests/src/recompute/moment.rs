//! The moments at which a record came to be as it is: `first(…)` and `since(…)`.
//!
//! Nothing is remembered from one change to the next. The whole story of a record is looked at: how it looked after
//! each change, and in between, where it jumped over open states, in each of those.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::{
    config::{Entity, Field, FieldType, Kpi, States},
    filter::{Filter, V},
    number,
    records::Image,
};

/// A moment by which a KPI dates its records.
#[derive(Debug)]
pub struct Moment {
    first: bool,
    condition: Filter,
    /// The field, of the record or of one that it names, that stands for it when a record was first seen with the
    /// condition true already.
    otherwise: Option<String>,
    states: States,
    /// The field whose value is asked for since when it stands, where that is what is asked.
    standing: Option<String>,
}

/// A condition to be reached in time, after another.
#[derive(Debug)]
pub struct Conversion {
    from: Moment,
    to: Moment,
    nanos: i128,
}

impl Conversion {
    /// Reads a KPI; nothing when it is none.
    ///
    /// # Panics
    /// On a config that `paceline check` refuses.
    #[must_use]
    pub fn read(kpi: &Kpi, entity: &Entity) -> Option<Self> {
        let (from, to, within) = (kpi.from.as_ref()?, kpi.to.as_ref()?, kpi.within.as_ref()?);
        let moment = |condition: &String| Moment::read(&format!("first({condition})"), entity);
        let (count, unit) = within.split_at(within.len() - 1);
        let seconds = match unit {
            "d" => 86_400,
            "h" => 3_600,
            "m" => 60,
            _ => 1,
        };
        let nanos = count.parse::<i128>().expect("a number") * seconds * 1_000_000_000;
        Some(Self { from: moment(from)?, to: moment(to)?, nanos })
    }

    /// 1 for a record that made it, 0 for one that did not.
    #[must_use]
    pub fn of(&self, history: &[(Timestamp, Image)]) -> V {
        let looks = self.from.looks(history);
        let Some(entry) = first(&looks) else { return V::Unknown };
        let after: Vec<Look> =
            self.to.looks(history).into_iter().filter(|look| look.change >= entry.change).collect();
        let in_time = |reached: &Look| {
            reached.time.as_nanosecond() - entry.time.as_nanosecond() <= self.nanos
        };
        match (first(&after), unset(&after)) {
            (Some(reached), _) => V::Num(number::whole(i32::from(in_time(reached)))),
            (None, V::Unknown) => V::Unknown,
            (None, _) => V::Num(number::whole(0)),
        }
    }
}

/// How the condition stood once.
struct Look {
    /// After which change.
    change: usize,
    holds: Option<bool>,
    time: Timestamp,
    /// How it stood after the change before; unknown before the first.
    before: Option<bool>,
}

impl Moment {
    /// Reads a KPI's `at`; nothing when that is a field.
    ///
    /// # Panics
    /// On a text that `paceline check` refuses.
    #[must_use]
    pub fn read(at: &str, entity: &Entity) -> Option<Self> {
        let (word, rest) = at.split_once('(')?;
        let inner = rest.strip_suffix(')').expect("a closing bracket");
        let (condition, otherwise) = match inner.split_once(", else:") {
            Some((condition, field)) => (condition, Some(field.trim().to_owned())),
            None => (inner, None),
        };
        let first = word == "first";
        let is_value = |field: &Field| field.kind != FieldType::Bool;
        let value = entity.fields.get(condition.trim()).filter(|field| !first && is_value(field));
        let standing = value.map(|_| condition.trim().to_owned());
        let condition = if standing.is_some() { "true" } else { condition };
        let condition = Filter::compile(condition, entity).expect("the config is valid");
        Some(Self { first, condition, otherwise, states: entity.states.clone(), standing })
    }

    /// Takes the `first(…)` and `since(…)` out of an expression: each becomes a name, under which its moment is answered.
    ///
    /// # Panics
    /// As [`Self::read`].
    #[must_use]
    pub fn take_out(
        mut condition: String,
        entity: &Entity,
        moments: &mut BTreeMap<String, Self>,
    ) -> String {
        let begins = |text: &str| text.find("since(").into_iter().chain(text.find("first(")).min();
        while let Some(start) = begins(&condition) {
            let end = start + closing_bracket(&condition[start..]) + 1;
            let moment = Self::read(&condition[start..end], entity).expect("it has a bracket");
            let name = format!("moment{}", moments.len());
            condition.replace_range(start..end, &name);
            moments.insert(name, moment);
        }
        condition
    }

    /// The moment of a record with a history, which looks like `image` now. What stands for a moment that was not seen is
    /// looked up by its name, which may be a field of another record.
    #[must_use]
    pub fn of(
        &self,
        history: &[(Timestamp, Image)],
        image: &Image,
        look_up: &dyn Fn(&str) -> V,
    ) -> V {
        if let Some(field) = &self.standing {
            return stands_since(field, history, image);
        }
        let looks = self.looks(history);
        let found = if self.first { first(&looks) } else { since(&looks) };
        let Some(found) = found else { return unset(&looks) };
        let otherwise = self.otherwise.as_ref().map_or(V::Null, |name| look_up(name));
        if found.before != Some(false) && otherwise != V::Null {
            return otherwise;
        }
        V::Instant(found.time)
    }

    /// The name of what stands for a moment that was not seen.
    #[must_use]
    pub fn otherwise(&self) -> Option<&str> {
        self.otherwise.as_deref()
    }

    fn looks(&self, history: &[(Timestamp, Image)]) -> Vec<Look> {
        let mut looks = Vec::new();
        let mut before = None;
        let mut stood = None;
        for (change, (time, image)) in history.iter().enumerate() {
            let state = image.field(&self.states.field);
            let passed = before.map_or(Vec::new(), |before| self.passed(&before, &state));
            for seen in passed.into_iter().chain([state.clone()]) {
                let row = |field: &str| {
                    if field == self.states.field { seen.clone() } else { image.field(field) }
                };
                let holds = self.condition.passes(&row);
                looks.push(Look { change, holds, time: *time, before: stood });
            }
            stood = looks.last().and_then(|look| look.holds);
            before = Some(state);
        }
        looks
    }

    /// The open states between two, when the second comes later.
    fn passed(&self, from: &V, to: &V) -> Vec<V> {
        let order: Vec<V> = self.states.order.iter().cloned().map(V::Text).collect();
        let place = |state: &V| order.iter().position(|known| known == state);
        let (Some(from), Some(to)) = (place(from), place(to)) else { return Vec::new() };
        let between = order.into_iter().enumerate().filter(|(at, _)| (from + 1..to).contains(at));
        between.map(|(_, state)| state).filter(|state| self.is_open(state)).collect()
    }

    fn is_open(&self, state: &V) -> bool {
        let is_in = |set: &str| {
            let members = self.states.sets.get(set).into_iter().flatten();
            members.cloned().map(V::Text).any(|member| member == *state)
        };
        if self.states.sets.contains_key("open") {
            return is_in("open");
        }
        !is_in("won") && !is_in("lost")
    }
}

/// Where the first bracket is closed. Texts with brackets are not expected.
fn closing_bracket(text: &str) -> usize {
    let mut open = 0;
    let place = text.bytes().position(|c| {
        open += i32::from(c == b'(');
        open -= i32::from(c == b')');
        c == b')' && open == 0
    });
    place.expect("a closing bracket")
}

/// The first look at which the condition holds.
fn first(looks: &[Look]) -> Option<&Look> {
    looks.iter().find(|look| look.holds == Some(true))
}

/// The first look of those at the end that all see it hold.
fn since(looks: &[Look]) -> Option<&Look> {
    looks.iter().rev().take_while(|look| look.holds == Some(true)).last()
}

/// The time of the first of the looks at the end that all see the value that a field has now.
fn stands_since(field: &str, history: &[(Timestamp, Image)], image: &Image) -> V {
    let value = image.field(field);
    if value == V::Unknown {
        return V::Unknown;
    }
    let same = history.iter().rev().take_while(|(_, then)| then.field(field) == value);
    same.last().map_or(V::Unknown, |(time, _)| V::Instant(*time))
}

/// There is no such moment, unless the condition cannot be told.
fn unset(looks: &[Look]) -> V {
    match looks.last() {
        Some(Look { holds: Some(false), .. }) => V::Null,
        _ => V::Unknown,
    }
}
