//! What records are about: their entities, topics and ids.

use std::fmt::{self, Write as _};

use super::{World, wider::Wider};

/// What a record is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Subject {
    Opportunity,
    Activity,
    User,
    Rate,
    Account,
    Split,
}

/// A topic of a world.
#[derive(Clone, Debug)]
pub(crate) struct Topic {
    pub(crate) subject: Subject,
    pub(crate) partitions: usize,
}

impl Subject {
    /// How many such records there are.
    pub(crate) fn records(self) -> u8 {
        match self {
            Self::Opportunity => 7,
            Self::Activity => 4,
            Self::User => 6,
            Self::Rate => 5,
            Self::Account => 3,
            Self::Split => 8,
        }
    }

    pub(crate) fn id(self, record: u8) -> String {
        let first = match self {
            Self::Opportunity => 'O',
            Self::Activity => 'T',
            Self::User => 'U',
            Self::Rate => 'R',
            Self::Split => 'S',
            // As opportunities name them.
            Self::Account => return ["A", "B", "C"][usize::from(record)].to_owned(),
        };
        format!("{first}{record}")
    }

    pub(crate) fn topic(self) -> &'static str {
        match self {
            Self::Opportunity => "opportunities",
            Self::Activity => "activities",
            Self::User => "users",
            Self::Rate => "rates",
            Self::Account => "accounts",
            Self::Split => "splits",
        }
    }

    fn entity(self) -> &'static str {
        match self {
            Self::Opportunity => "opportunity",
            Self::Activity => "activity",
            Self::User => "user",
            Self::Rate => "exchange_rate",
            Self::Account => "account",
            Self::Split => "opportunity_split",
        }
    }
}

impl World {
    /// The topic of records of this sort, where the world has any.
    pub(crate) fn source(&self, subject: Subject) -> Option<usize> {
        self.topics.iter().position(|topic| topic.subject == subject)
    }

    pub(super) fn write_sources(&mut self, partitions: usize, wider: &Wider) -> fmt::Result {
        let rated = wider.money.as_ref().is_some_and(|money| money.is_recorded());
        let topics = [
            (true, Subject::Opportunity, partitions),
            (true, Subject::Activity, 2),
            (wider.reps_are_users, Subject::User, 2),
            (rated, Subject::Rate, 1),
            (wider.linked, Subject::Account, 1),
            (wider.split, Subject::Split, 3),
        ];
        writeln!(self.yaml, "sources:")?;
        for (_, subject, partitions) in topics.into_iter().filter(|(exists, ..)| *exists) {
            let keyed = match subject {
                Subject::Opportunity => !self.spread,
                Subject::Activity => false,
                _ => true,
            };
            let names_it = subject == Subject::Activity && !wider.apart;
            let entity =
                if names_it { String::new() } else { format!(", entity: {}", subject.entity()) };
            let topic = subject.topic();
            writeln!(
                self.yaml,
                "  - {{topic: {topic}, format: paceline{entity}, keyed: {keyed}}}"
            )?;
            self.topics.push(Topic { subject, partitions });
        }
        let amount = if wider.money.is_some() { MONEY } else { DECIMAL };
        let size = if wider.money.is_some() { MONEY_SIZE } else { DECIMAL_SIZE };
        let account = if wider.linked { ", entity: account" } else { "" };
        self.yaml.push_str(&ENTITIES.replace("AMOUNT\n", amount).replace("ACCOUNT", account));
        for (exists, subject, _) in topics {
            let fields = match subject {
                Subject::User => USER,
                Subject::Rate => RATE,
                Subject::Account => &ACCOUNT.replace("SIZE\n", size),
                Subject::Split => SPLIT,
                Subject::Opportunity | Subject::Activity => continue,
            };
            self.yaml.push_str(if exists { fields } else { "" });
        }
        self.open_accounts(wider);
        Ok(())
    }

    /// Accounts and splits that there are at first.
    fn open_accounts(&mut self, wider: &Wider) {
        if wider.linked {
            self.features.push("records that name others");
            let images = [
                r#"{"OwnerId":"U0","Tier":"Won","Day":"2026-11-25","Partner":true,"Size":100}"#,
                r#"{"OwnerId":"U1","Tier":"Open","Since":"2026-11-24T12:00:00Z","Partner":false}"#,
            ];
            let images = images.into_iter().map(str::to_owned).zip(0..);
            self.opening.extend(images.map(|(image, at)| (Subject::Account, at, image)));
        }
        if wider.split {
            self.features.push("shared records");
            let split = |of: u8, who: u8, percent: &str, overlay: bool| {
                format!(
                    r#"{{"OpportunityId":"O{of}","OwnerId":"U{who}","Percent":{percent},"IsOverlay":{overlay}}}"#
                )
            };
            let images = [
                split(0, 0, "60", false),
                split(0, 1, "40", false),
                split(1, 2, "33.333333", false),
                split(1, 0, "66.666667", false),
                split(1, 1, "50", true),
            ];
            self.opening
                .extend(images.into_iter().zip(0..).map(|(image, at)| (Subject::Split, at, image)));
        }
    }
}

const DECIMAL: &str = "      amount: {path: Amount, type: decimal}\n";

const MONEY: &str = "      amount: {path: Amount, type: money, currency: CurrencyIsoCode}
      fee: {path: Fee, type: money, currency: CurrencyIsoCode}
      bare: {path: Amount, type: decimal}
";

const DECIMAL_SIZE: &str = "      size: {path: Size, type: decimal}\n";

const MONEY_SIZE: &str = "      size: {path: Size, type: money, currency: CurrencyIsoCode}\n";

const ENTITIES: &str = "entities:
  opportunity:
    fields:
      owner: {path: OwnerId, type: text}
AMOUNT
      stage: {path: StageName, type: text}
      close_date: {path: CloseDate, type: date}
      at_time: {path: ClosedAt, type: timestamp}
      days: {path: Days, type: int}
      hot: {path: Hot, type: bool}
      account: {path: AccountId, type: textACCOUNT}
    states:
      field: stage
      order: [Open, Proposal, Won, Lost]
      sets: {open: [Open, Proposal], won: [Won], lost: [Lost]}
  activity:
    names: [Task]
    fields:
      owner: {path: OwnerId, type: text}
      kind: {path: Type, type: text}
      done: {path: IsClosed, type: bool}
      minutes: {path: Minutes, type: decimal}
      close_date: {path: ActivityDate, type: date}
      at_time: {path: StartedAt, type: timestamp}
";

const USER: &str = "  user:
    fields:
      manager: {path: ManagerId, type: text}
      role: {path: Role, type: text}
      start: {path: StartDate, type: date}
      end: {path: EndDate, type: date}
      time_zone: {path: TimeZone, type: text}
      calendar: {path: Calendar, type: text}
      active: {path: IsActive, type: bool}
";

const RATE: &str = "  exchange_rate:
    fields:
      base: {path: Base, type: text}
      quote: {path: Quote, type: text}
      day: {path: Day, type: date}
      rate: {path: Rate, type: decimal}
";

const ACCOUNT: &str = "  account:
    fields:
      owner: {path: OwnerId, type: text}
      tier: {path: Tier, type: text}
      since: {path: Since, type: timestamp}
      day: {path: Day, type: date}
      partner: {path: Partner, type: bool}
SIZE
      bare: {path: Size, type: decimal}
    states: {field: tier, order: [Open, Proposal, Won], sets: {open: [Open, Proposal], won: [Won]}}
";

const SPLIT: &str = "  opportunity_split:
    fields:
      opportunity_id: {path: OpportunityId, type: text, entity: opportunity}
      owner: {path: OwnerId, type: text}
      percent: {path: Percent, type: decimal}
      is_overlay: {path: IsOverlay, type: bool}
";
