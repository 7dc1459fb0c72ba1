//! The events: a simulated sales organisation's opportunities, as Debezium writes them.
//!
//! They are generated rather than stored: the same on every machine, as many as are asked for, and with the habits
//! that matter for speed (most records change a few times, new ones among old ones, a few are deleted).

use jiff::civil::date;
use jiff::tz::TimeZone;
use paceline_sim::format::{Format, Messages};
use paceline_sim::{Entity, Op, Options, Organisation, Simulation};

/// The topic the events are on.
pub const TOPIC: &str = "crm.opportunity";
/// Its partitions.
pub const PARTITIONS: i32 = 12;

/// How a seed, many reps and their intensity became about five events an opportunity.
const SEED: u64 = 7;
const REPS: u32 = 2_000;
const TEAMS: u32 = 100;
const INTENSITY: u32 = 300;

/// The organisation whose events these are.
///
/// Everyone lives in UTC: then the day on which an opportunity was created follows from the text of its timestamp, and
/// the yardstick needs no calendar.
pub fn organisation() -> Organisation {
    let mut options = Options::new(SEED, REPS, TEAMS, date(2026, 1, 1));
    options.time_zones = vec![TimeZone::UTC];
    options.intensity = INTENSITY;
    options.activities = false;
    Organisation::new(options)
}

/// The endless stream of events.
#[derive(Debug)]
pub struct Events {
    simulation: Simulation,
    format: Format,
    opportunities: u64,
}

impl Default for Events {
    fn default() -> Self {
        Self::new(Format::debezium())
    }
}

impl Events {
    /// The stream from its beginning, in a format.
    pub fn new(format: Format) -> Self {
        Self::of(organisation(), format)
    }

    /// The stream of an organisation from its beginning, in a format.
    pub fn of(organisation: Organisation, format: Format) -> Self {
        Self { simulation: Simulation::new(organisation), format, opportunities: 0 }
    }

    /// Replaces what `messages` holds by the next ones: at least `count`, and no more than the last change takes.
    pub fn next_into(&mut self, messages: &mut Messages, count: usize) {
        messages.clear();
        while messages.len() < count {
            let Some(change) = self.simulation.next() else { return };
            if change.op == Op::Create && change.entity() == Entity::Opportunity {
                self.opportunities += change.records().count() as u64;
            }
            self.format.write(&change, messages);
        }
    }

    /// How many opportunities the events so far are about.
    pub fn opportunities(&self) -> u64 {
        self.opportunities
    }
}
