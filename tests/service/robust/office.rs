//! An organisation of which everything is known: who owns which deal, of how much, and who reports to whom.
//!
//! It acts at random, one small act at a time, and says each as the message that tells it. Since it keeps what it said, it knows
//! what everything comes to in the end.

use std::collections::BTreeMap;

use paceline_tests::{
    chance::Chance,
    history::occurred::{Counts, add},
    kafka::{Message, Writer},
};

/// Reps who carry goals, and their managers. `M1` is everybody's, the others report to it or to `M2`.
const REPS: u64 = 200;
const MANAGERS: u64 = 7;
/// Reps who come and go: only the topic of reps tells of them.
const NEWCOMERS: u64 = 3;
/// When it is all played: a Monday of a year that has passed. A change is as old as its record, and one that is older than the status
/// it ends would have the next begin at the same instant, for an alert the same.
pub(super) const CLOCK: &str = "from:2025-11-24T13:00:00Z";

/// Deals there are at first.
const DEALS: usize = 400;

/// When deals close: in two months and both sides of where they meet, all in one quarter.
const DAYS: [&str; 6] =
    ["2025-10-15", "2025-11-20", "2025-11-24", "2025-11-30", "2025-12-01", "2025-12-02"];

/// The organisation.
pub(super) struct Office {
    topics: Topics,
    chance: Chance,
    deals: Vec<Deal>,
    version: u64,
    /// Reps whose last day has been, and newcomers who are there, by the keys that told so.
    ended: Vec<String>,
    came: Vec<String>,
    /// How often it has reorganised.
    turn: u64,
    /// How often it did what.
    pub(super) done: Counts,
}

/// The topics it speaks on.
pub(super) struct Topics {
    pub(super) deals: String,
    pub(super) reps: String,
    pub(super) goals: String,
    pub(super) alerts: String,
    pub(super) status: String,
}

struct Deal {
    owner: String,
    cents: u64,
    day: &'static str,
    won: bool,
    lives: bool,
}

/// What is said, and where.
struct Saying {
    topic: String,
    message: Message,
}

impl Topics {
    pub(super) fn of(name: &str) -> Self {
        let topic = |what: &str| format!("{name}.{what}");
        Self {
            deals: topic("deals"),
            reps: topic("reps"),
            goals: topic("goals"),
            alerts: topic("alerts"),
            status: topic("status"),
        }
    }
}

impl Office {
    pub(super) fn new(topics: Topics, chance: Chance) -> Self {
        Self {
            topics,
            chance,
            deals: Vec::new(),
            version: 0,
            ended: Vec::new(),
            came: Vec::new(),
            turn: 0,
            done: Counts::new(),
        }
    }

    /// Its config, serving on these ports.
    pub(super) fn config(&self, brokers: &str, [grpc, http]: [u16; 2]) -> String {
        let Topics { deals, reps, goals, alerts, status } = &self.topics;
        let managers =
            (2..=MANAGERS).map(|n| format!("    - {{id: M{n}, manager: M1, role: manager}}\n"));
        let rows = (1..=REPS).map(|n| {
            let manager = 2 + n % (MANAGERS - 1);
            format!("    - {{id: U{n}, name: \"Somebody with the number {n}\", manager: M{manager}, role: ae}}\n")
        });
        let rows: String = managers.chain(rows).collect();
        format!(
            r#"
kafka: {{brokers: "{brokers}", group_id: "{deals}"}}
sources:
  - {{topic: {deals}, format: paceline, entity: opportunity, dead_letter: {deals}.dlq}}
entities:
  opportunity:
    fields:
      owner: {{path: OwnerId, type: text}}
      amount: {{path: Amount, type: decimal}}
      stage: {{path: StageName, type: text}}
      close_date: {{path: CloseDate, type: date}}
    states:
      field: stage
      order: [Proposal, Closed Won, Closed Lost]
      sets: {{open: [Proposal], won: [Closed Won], lost: [Closed Lost]}}
reps:
  list:
    - {{id: M1, role: manager}}
{rows}
kpis:
  - {{name: bookings, type: simple, entity: opportunity, where: stage in states.won, agg: sum, expr: amount, at: close_date,
     credit: owner, goal_kind: reach, periods: [day, week, month, quarter]}}
  - {{name: deals, type: simple, entity: opportunity, agg: count, at: close_date, credit: owner,
     periods: [day, week, month, quarter]}}
goals:
  - {{kpi: bookings, period: month, target: 4200, for: {{role: ae}}}}
  - {{kpi: bookings, period: quarter, target: 12000, for: {{role: ae}}}}
topics: {{goals: {goals}, reps: {reps}, alerts: {alerts}, status: {status}}}
alerts: {{hold: {{enter: 1s, leave: 0s}}}}
server: {{grpc: "127.0.0.1:{grpc}", http: "127.0.0.1:{http}"}}
"#
        )
    }

    /// The reps of the config, each with their manager.
    pub(super) fn listed() -> BTreeMap<String, String> {
        let managers = (2..=MANAGERS).map(|n| (format!("M{n}"), "M1".to_owned()));
        let reps = (1..=REPS).map(|n| (format!("U{n}"), format!("M{}", 2 + n % (MANAGERS - 1))));
        let first = ("M1".to_owned(), String::new());
        managers.chain(reps).chain([first]).collect()
    }

    pub(super) fn topics(&self) -> &Topics {
        &self.topics
    }

    /// The deals there are at first.
    pub(super) fn opening(&mut self) -> Vec<Message> {
        (0..DEALS).map(|_| self.new_deal().message).collect()
    }

    /// What the won deals that live come to in the quarter of all of them, in hundredths.
    pub(super) fn booked(&self) -> u64 {
        self.deals.iter().filter(|deal| deal.lives && deal.won).map(|deal| deal.cents).sum()
    }

    /// How many deals live.
    pub(super) fn living(&self) -> usize {
        self.deals.iter().filter(|deal| deal.lives).count()
    }

    /// Does so many things, and tells of them.
    pub(super) fn act_and_tell(&mut self, writer: &Writer, acts: usize) {
        let mut told: BTreeMap<String, Vec<Message>> = BTreeMap::new();
        for _ in 0..acts {
            let saying = self.act();
            told.entry(saying.topic).or_default().push(saying.message);
        }
        told.into_iter().for_each(|(topic, messages)| writer.write(&topic, messages));
    }

    /// Does something.
    fn act(&mut self) -> Saying {
        match self.chance.below(100) {
            0..35 => self.reassign(),
            35..58 => self.edit(),
            58..68 => self.delete(),
            68..78 => self.undelete(),
            78..84 => self.postpone(),
            84..88 => self.decide(),
            88..90 => self.new_deal(),
            _ => self.reorganise(),
        }
    }

    fn reassign(&mut self) -> Saying {
        let owner = self.owner();
        self.patch("deal that changed hands", |deal, _| {
            deal.owner.clone_from(&owner);
            format!(r#""OwnerId":"{owner}""#)
        })
    }

    fn edit(&mut self) -> Saying {
        self.patch("amount edited", |deal, chance| {
            deal.cents = chance.below(500_000);
            format!(r#""Amount":"{}""#, amount(deal.cents))
        })
    }

    fn postpone(&mut self) -> Saying {
        self.patch("deal postponed", |deal, chance| {
            deal.day = chance.pick(&DAYS);
            format!(r#""CloseDate":"{}""#, deal.day)
        })
    }

    fn decide(&mut self) -> Saying {
        self.patch("deal decided", |deal, chance| {
            deal.won = chance.percent(70);
            format!(r#""StageName":"{}""#, stage(deal.won))
        })
    }

    /// Changes something of some deal. One that is deleted is so no less for it.
    fn patch(
        &mut self,
        what: &str,
        change: impl FnOnce(&mut Deal, &mut Chance) -> String,
    ) -> Saying {
        let at = self.chance.below(self.deals.len() as u64) as usize;
        if !self.deals[at].lives {
            return self.restore(at);
        }
        let set = change(&mut self.deals[at], &mut self.chance);
        add(&mut self.done, what, 1);
        self.say(at, "patch", &format!(r#","set":{{{set}}}"#))
    }

    fn delete(&mut self) -> Saying {
        let at = self.chance.below(self.deals.len() as u64) as usize;
        self.deals[at].lives = false;
        add(&mut self.done, "deal deleted", 1);
        self.say(at, "delete", "")
    }

    fn undelete(&mut self) -> Saying {
        match self.deals.iter().position(|deal| !deal.lives) {
            Some(at) => self.restore(at),
            None => self.new_deal(),
        }
    }

    fn restore(&mut self, at: usize) -> Saying {
        self.deals[at].lives = true;
        add(&mut self.done, "deal undeleted", 1);
        let image = image(&self.deals[at]);
        self.say(at, "undelete", &image)
    }

    fn new_deal(&mut self) -> Saying {
        let (owner, cents) = (self.owner(), self.chance.below(500_000));
        let (day, won) = (self.chance.pick(&DAYS), self.chance.percent(70));
        self.deals.push(Deal { owner, cents, day, won, lives: true });
        add(&mut self.done, "new deal", 1);
        let (at, image) = (self.deals.len() - 1, image(&self.deals[self.deals.len() - 1]));
        self.say(at, "upsert", &image)
    }

    fn say(&mut self, at: usize, op: &str, what: &str) -> Saying {
        self.version += 1;
        let version = self.version;
        let json = format!(r#"{{"id":"D{at}","op":"{op}","version":{version}{what}}}"#);
        Saying { topic: self.topics.deals.clone(), message: Message::new(format!("D{at}"), json) }
    }

    /// Somebody moves, ends, goes on after all, comes or goes, each in turn: what is rare would not occur in every run.
    fn reorganise(&mut self) -> Saying {
        self.turn += 1;
        match self.turn % 8 {
            1 | 5 => self.come(),
            3 | 7 => self.go(),
            2 => self.end_or_go_on(),
            6 => self.move_a_team(),
            _ => self.move_a_rep(),
        }
    }

    fn move_a_rep(&mut self) -> Saying {
        let rep = self.chance.between(1, REPS + 1);
        let manager = self.chance.between(2, MANAGERS + 1);
        let row = format!(r#""id":"U{rep}","manager":"M{manager}""#);
        self.tell("rep moved", format!("U{rep}-moves"), &row)
    }

    fn move_a_team(&mut self) -> Saying {
        let team = self.chance.between(3, MANAGERS + 1);
        let above = self.chance.between(1, 3);
        let row = format!(r#""id":"M{team}","manager":"M{above}""#);
        self.tell("team moved", format!("M{team}-moves"), &row)
    }

    fn end_or_go_on(&mut self) -> Saying {
        if self.ended.len() > 2 {
            let key = self.ended.remove(0);
            return self.take_back("rep goes on after all", key);
        }
        let rep = self.chance.between(1, REPS + 1);
        let key = format!("U{rep}-ends");
        self.ended.push(key.clone());
        self.tell("rep ended", key, &format!(r#""id":"U{rep}","end":"2025-11-02""#))
    }

    fn come(&mut self) -> Saying {
        let mut newcomers = (1..=NEWCOMERS).map(|n| format!("N{n}"));
        let Some(id) = newcomers.find(|id| !self.came.contains(id)) else { return self.go() };
        self.came.push(id.clone());
        let row = format!(r#""id":"{id}","name":"New {id}","manager":"M3","role":"ae""#);
        self.tell("newcomer came", id, &row)
    }

    fn go(&mut self) -> Saying {
        if self.came.is_empty() {
            return self.come();
        }
        let id = self.came.remove(0);
        self.take_back("newcomer went", id)
    }

    fn tell(&mut self, what: &str, key: String, row: &str) -> Saying {
        add(&mut self.done, what, 1);
        let message = Message::new(key, format!("{{{row}}}"));
        Saying { topic: self.topics.reps.clone(), message }
    }

    fn take_back(&mut self, what: &str, key: String) -> Saying {
        add(&mut self.done, what, 1);
        Saying { topic: self.topics.reps.clone(), message: Message::tombstone(key) }
    }

    /// Whose a deal may be: a rep's, a newcomer's whether there or not, or nobody's.
    fn owner(&mut self) -> String {
        match self.chance.below(20) {
            0 => "queue".to_owned(),
            1 => format!("N{}", self.chance.between(1, NEWCOMERS + 1)),
            _ => format!("U{}", self.chance.between(1, REPS + 1)),
        }
    }
}

/// All fields of a deal.
fn image(deal: &Deal) -> String {
    let Deal { owner, cents, day, won, .. } = deal;
    let (amount, stage) = (amount(*cents), stage(*won));
    format!(
        r#","set":{{"OwnerId":"{owner}","Amount":"{amount}","StageName":"{stage}","CloseDate":"{day}"}}"#
    )
}

fn amount(cents: u64) -> String {
    format!("{}.{:02}", cents / 100, cents % 100)
}

fn stage(won: bool) -> &'static str {
    if won { "Closed Won" } else { "Proposal" }
}
