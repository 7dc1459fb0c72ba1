//! The people: reps, their managers, and what each can be expected to bring in.
//!
//! Productivity is decided here rather than observed later, so that a config can carry goals that fit the simulation.

use jiff::{civil::Date, tz::TimeZone};

use crate::{Id, calendar, id::Kind, rng::Rng, words};

/// Cents a month that a fully ramped account executive books at an intensity of 100.
const AE_MONTHLY_CENTS: i64 = 4_000_000;
/// Above this many teams, managers report to senior managers, eight at a time.
const FLAT_TEAMS_MAX: u32 = 12;
const SPAN: u32 = 8;

/// What to simulate.
#[derive(Debug, Clone)]
pub struct Options {
    /// Decides everything that looks like chance.
    pub seed: u64,
    /// People with goals, managers included; at least 1.
    pub reps: u32,
    /// Teams, each with one of the reps as its manager; at least 1, at most `reps`.
    pub teams: u32,
    /// The first day of history (UTC). Earlier work is simulated but not told, except for what is still alive on this day.
    pub from: Date,
    /// The zones that reps live in.
    pub time_zones: Vec<TimeZone>,
    /// New deals per rep in percent of the usual one a working day; default 100. Bookings and goals grow with it.
    pub intensity: u32,
    /// Whether meetings and tasks happen; default true. Without them only opportunities change.
    pub activities: bool,
}

impl Options {
    /// Options with the defaults for all that is not named here.
    #[must_use]
    pub fn new(seed: u64, reps: u32, teams: u32, from: Date) -> Self {
        Self { seed, reps, teams, from, time_zones: world(), intensity: 100, activities: true }
    }
}

fn world() -> Vec<TimeZone> {
    let names = [
        "America/New_York",
        "Europe/Madrid",
        "America/Los_Angeles",
        "Europe/London",
        "Asia/Kolkata",
        "America/Sao_Paulo",
        "Asia/Tokyo",
        "Australia/Sydney",
        "America/Chicago",
        "UTC",
    ];
    names.iter().map(|name| TimeZone::get(name).unwrap_or(TimeZone::UTC)).collect()
}

/// The job of a rep.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Role {
    /// Account executive: wins deals.
    Ae,
    /// Sales development rep: finds deals and hands them over.
    Sdr,
    /// Leads a team and keeps a few deals.
    Manager,
}

impl Role {
    /// All roles.
    pub const ALL: [Self; 3] = [Self::Ae, Self::Sdr, Self::Manager];

    /// The name in config.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Ae => "ae",
            Self::Sdr => "sdr",
            Self::Manager => "manager",
        }
    }
}

/// A person with goals.
#[derive(Debug, Clone)]
pub struct Rep {
    /// The user id; `id.number()` is the place in [`Organisation::reps`].
    pub id: Id,
    /// First and last name.
    pub name: String,
    /// The user id of the manager; none for those who report to nobody.
    pub manager: Option<Id>,
    /// The job.
    pub role: Role,
    /// The first day of employment.
    pub start: Date,
    /// Where the rep works.
    pub time_zone: TimeZone,
    /// Cents that can be expected to be booked in a month; 0 for SDRs.
    pub monthly_bookings: i64,
    /// Whether this rep's productivity is so unlike the role's that the role's goal would not fit.
    pub own_goal: bool,
    pub(crate) team: u32,
    /// New deals, per mille of the usual rate.
    pub(crate) pace: u32,
}

/// The people of the simulated company.
#[derive(Debug, Clone)]
pub struct Organisation {
    options: Options,
    reps: Vec<Rep>,
    closers: Vec<Vec<u32>>,
}

impl Organisation {
    /// Hires everybody.
    #[must_use]
    pub fn new(mut options: Options) -> Self {
        options.reps = options.reps.max(1);
        options.teams = options.teams.clamp(1, options.reps);
        let mut rng = Rng::new(options.seed ^ 0x6f72_6731);
        let reps: Vec<Rep> =
            (0..options.reps).map(|number| hire(number, &options, &mut rng)).collect();
        let closers = (0..options.teams).map(|team| closers(team, &reps)).collect();
        Self { options, reps, closers }
    }

    /// Everybody, managers first.
    #[must_use]
    pub fn reps(&self) -> &[Rep] {
        &self.reps
    }

    /// The options it was made from, within their limits.
    #[must_use]
    pub fn options(&self) -> &Options {
        &self.options
    }

    /// Cents a month that an ordinary rep of this role books: what the role's goal should be.
    #[must_use]
    pub fn monthly_bookings(&self, role: Role) -> i64 {
        role_cents(role) * i64::from(self.options.intensity) / 100
    }

    pub(crate) fn rep(&self, id: Id) -> &Rep {
        &self.reps[id.number() as usize]
    }

    /// The account executives of a team; its manager when it has none.
    pub(crate) fn closers(&self, team: u32) -> &[u32] {
        &self.closers[team as usize]
    }
}

fn closers(team: u32, reps: &[Rep]) -> Vec<u32> {
    let executives: Vec<u32> = reps
        .iter()
        .filter(|rep| rep.team == team && rep.role == Role::Ae)
        .map(|rep| rep.id.number())
        .collect();
    if executives.is_empty() { vec![team] } else { executives }
}

fn role_cents(role: Role) -> i64 {
    match role {
        Role::Ae => AE_MONTHLY_CENTS,
        Role::Sdr => 0,
        Role::Manager => AE_MONTHLY_CENTS / 2,
    }
}

fn hire(number: u32, options: &Options, rng: &mut Rng) -> Rep {
    let team = number % options.teams;
    let role = match number / options.teams {
        0 => Role::Manager,
        place if place % 5 == 2 => Role::Sdr,
        _ => Role::Ae,
    };
    let (tenure_days, factor, own_goal) = standing(role, rng);
    Rep {
        id: user(number),
        name: name(number),
        manager: manager(number, team, options),
        role,
        start: calendar::to_date(calendar::from_date(options.from) - tenure_days),
        time_zone: zone(team, options, rng),
        monthly_bookings: role_cents(role) * i64::from(options.intensity) * i64::from(factor)
            / 100_000,
        own_goal,
        team,
        pace: pace(role, factor),
    }
}

/// Days of tenure, productivity per mille of the role's, and whether that calls for a goal of one's own.
fn standing(role: Role, rng: &mut Rng) -> (i32, u32, bool) {
    match (role, rng.below(100)) {
        (Role::Ae, 0..12) => (rng.range(10, 120), 500, true),
        (Role::Ae, 12..24) => (rng.range(1000, 3000), 1400, true),
        (Role::Manager, _) => (rng.range(700, 3500), 1000, false),
        _ => (rng.range(200, 2200), 960 + rng.below(81), false),
    }
}

fn pace(role: Role, factor: u32) -> u32 {
    match role {
        Role::Ae => factor,
        Role::Sdr => 1000,
        Role::Manager => 550,
    }
}

pub(crate) fn user(number: u32) -> Id {
    Id::new(Kind::User, number)
}

fn manager(number: u32, team: u32, options: &Options) -> Option<Id> {
    if number >= options.teams {
        return Some(user(team));
    }
    let senior = number - number % SPAN;
    (options.teams > FLAT_TEAMS_MAX && senior != number).then(|| user(senior))
}

/// Most of a team lives in one zone.
fn zone(team: u32, options: &Options, rng: &mut Rng) -> TimeZone {
    let zones = &options.time_zones;
    let home = if rng.chance(750) { team } else { rng.below(zones.len() as u32) };
    zones.get(home as usize % zones.len().max(1)).cloned().unwrap_or(TimeZone::UTC)
}

/// Different for the first 992 people; the rest get a number as well.
fn name(number: u32) -> String {
    let (first, last) = (number % 32, (number % 31 + number / 32 * 7) % 31);
    let name = format!("{} {}", words::FIRST[first as usize], words::LAST[last as usize]);
    match number / 992 {
        0 => name,
        turn => format!("{name} {}", turn + 1),
    }
}
