//! The stage: a small sales organisation whose board is served on a loopback port, and whose clock is set by hand.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::routing::get;
use jiff::Timestamp;
use paceline_client::proto::WatchStandingsRequest;
use paceline_client::proto::alerts_service_client::AlertsServiceClient;
use paceline_client::proto::catalog_service_client::CatalogServiceClient;
use paceline_client::proto::goals_service_client::GoalsServiceClient;
use paceline_client::proto::standings_service_client::StandingsServiceClient;
use paceline_client::proto::{GetStandingsRequest, Selector, Standing};
use paceline_core::board::{Batch, Revision};
use paceline_core::calendar::{Calendar, CalendarId};
use paceline_core::day::Day;
use paceline_core::decimal::Decimal;
use paceline_core::entity::{Entity, EntityId, FieldId};
use paceline_core::entry::{Entry, Part};
use paceline_core::expr::{Number, Test};
use paceline_core::facts::{Facts, Row, Said, Told};
use paceline_core::goal::{Goal, Origin, Whose};
use paceline_core::kpi::{
    Aggregate, At, Band, Bands, Better, Credit, GoalKind, Kpi, KpiId, Measure, Role, Simple, Unit,
};
use paceline_core::model::Model;
use paceline_core::period::PeriodKind;
use paceline_core::roster::{Rep, Roster};
use paceline_core::symbol::{Intern as _, Symbol, Symbols};
use paceline_engine::{Live, RepFollower, RepRecord};
use paceline_grpc::{Error, Limits, Served, Server};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use tonic::transport::{Channel, Endpoint};

use crate::alert_topic::ALERTS;
use crate::follower::Follower;
use crate::goal_log::{GOALS, GoalLog};

/// The topic of reps.
const REPS: &str = "paceline.reps";
pub(crate) const BOOKINGS: KpiId = KpiId(0);
/// A Monday; 15 and a half of November's 21 working days are past.
pub(crate) const NOW: &str = "2026-11-23T13:00:00Z";
/// Whose pages may use gRPC-Web.
pub(crate) const ORIGIN: &str = "https://app.example.com";
/// How long anything may take before the test has failed.
pub(crate) const DEADLINE: Duration = Duration::from_secs(60);

pub(crate) struct Stage {
    pub(crate) live: Arc<Live>,
    pub(crate) shutdown: CancellationToken,
    pub(crate) server: JoinHandle<Result<(), Error>>,
    now: Arc<Mutex<Timestamp>>,
    symbols: Symbols,
    /// Where gRPC-Web is served.
    pub(crate) web: SocketAddr,
    endpoint: Endpoint,
    pub(crate) log: GoalLog,
    follower: Mutex<RepFollower>,
}

impl Stage {
    /// An organisation whose sources are caught up: M1 with U1 and U2, M2 with U3.
    pub(crate) async fn open() -> Self {
        let stage = Self::closed(Limits::default(), 0).await;
        stage.open_board();
        stage
    }

    /// The same before its sources are caught up, with limits, and more reps below M2.
    pub(crate) async fn closed(limits: Limits, more: usize) -> Self {
        Self::with(limits, more, Vec::new()).await
    }

    /// An organisation whose sources are caught up, with two KPIs more: the stock `open`, and the ratio `per_open`.
    pub(crate) async fn with_stocks() -> Self {
        let mut open = kpi("open", Aggregate::Count, vec![PeriodKind::Month]);
        if let Measure::Simple(simple) = &mut open.measure {
            simple.at = None;
        }
        let measure = Measure::Ratio { numerator: BOOKINGS, denominator: KpiId(2) };
        let ratio = Kpi { measure, ..kpi("per_open", Aggregate::Count, vec![PeriodKind::Month]) };
        let stage = Self::with(Limits::default(), 0, vec![open, ratio]).await;
        stage.open_board();
        stage
    }

    async fn with(limits: Limits, more: usize, kpis: Vec<Kpi>) -> Self {
        let mut symbols = Symbols::default();
        let mut reps = vec![rep("M1", None), rep("U1", Some("M1")), rep("U2", Some("M1"))];
        reps.extend([rep("M2", None), rep("U3", Some("M2"))]);
        reps.extend((0..more).map(|at| rep(&format!("V{at}"), Some("M2"))));
        let facts = Facts::new(reps.iter().map(|rep| row(rep, rep.manager.as_deref())));
        let roster = Roster::new(reps, &[Calendar::default()], &mut symbols).expect("a roster");
        let mut model = model(symbols.clone());
        model.kpis.extend(kpis);
        let live = Live::new(Arc::new(model), Arc::new(roster), vec!["crm.opportunity".to_owned()]);
        let live = live.with_feeds(vec![vec![EntityId(0)]]);
        let live =
            live.with_own(GOALS.to_owned()).with_own(REPS.to_owned()).with_own(ALERTS.to_owned());
        let live = Arc::new(live.with_reps(facts, None));
        let follower = RepFollower::new(live.clone(), 2, REPS.to_owned());
        let log = GoalLog::new(live.clone());
        let now = Arc::new(Mutex::new(at(NOW)));
        let clock = now.clone();
        let served = Served {
            live: live.clone(),
            clock: Arc::new(move || *clock.lock().expect("a clock")),
            wall: Arc::new(Timestamp::now),
            append_goal: log.clone().appender(),
            limits,
        };
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let shutdown = CancellationToken::new();
        let for_web = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let web = for_web.local_addr().expect("an address");
        let server = Server::new(served, shutdown.clone()).await;
        let server = tokio::spawn(async move {
            let (server, origins) = (server?, [ORIGIN.parse().expect("an origin")]);
            let pages = Router::new().route("/page", get(async || "a page"));
            tokio::join!(server.grpc(listener), server.web(for_web, pages, &origins));
            Ok(())
        });
        let endpoint = Endpoint::from_shared(format!("http://{address}")).expect("an endpoint");
        let follower = Mutex::new(follower);
        Self { live, shutdown, server, now, symbols, web, endpoint, log, follower }
    }

    pub(crate) fn open_board(&self) {
        self.live.open(self.now());
    }

    pub(crate) fn now(&self) -> Timestamp {
        *self.now.lock().expect("a clock")
    }

    /// Sets the clock, and lets the board take notice.
    pub(crate) fn turn_to(&self, instant: &str) {
        *self.now.lock().expect("a clock") = at(instant);
        self.live.advance(at(instant));
    }

    /// Tells of reps who their managers are, or that there is nothing to tell of them any longer; in one revision.
    pub(crate) fn tell(&self, reps: &[(&str, Option<Option<&str>>)]) -> Revision {
        let told = |(id, manager): &(&str, Option<Option<&str>>)| {
            let told = manager.map(|manager| Told::Row(Box::new(row(&rep(id, None), manager))));
            ((*id).to_owned(), told.unwrap_or(Told::Withdrawn))
        };
        self.tell_all(reps.iter().map(told))
    }

    /// Tells of a rep below a manager in which time zone they are.
    pub(crate) fn tell_zone(&self, id: &str, manager: &str, zone: &str) -> Revision {
        let Row { id, from, said } = row(&rep(id, None), Some(manager));
        let said = Said { time_zone: Some(Some(zone.to_owned())), ..said };
        self.tell_all([(id.clone(), Told::Row(Box::new(Row { id, from, said })))])
    }

    fn tell_all(&self, told: impl IntoIterator<Item = (String, Told)>) -> Revision {
        let record = |(id, told): (String, Told)| RepRecord { offset: 0, key: id.into(), told };
        let records = told.into_iter().map(record).collect();
        self.follower.lock().expect("a follower").take(records, self.now());
        self.live.revision()
    }

    /// Books amounts, each for a rep, in one commit.
    pub(crate) fn book(&self, amounts: &[(&str, &str)]) -> Revision {
        let day = Day::parse("2026-11-20").expect("a day");
        let part = |amount| Part::Amount { day, amount, records: 1 };
        self.commit(
            amounts.iter().map(|(rep, amount)| self.entry(rep, BOOKINGS, part(decimal(amount)))),
        )
    }

    /// Puts records of a rep in doubt.
    pub(crate) fn doubt(&self, rep: &str, kpi: KpiId, records: i32) -> Revision {
        let day = Day::parse("2026-11-20").expect("a day");
        self.commit([self.entry(rep, kpi, Part::Doubt { day, incomplete: 0, gap: records })])
    }

    pub(crate) fn entry(&self, rep: &str, kpi: KpiId, part: Part) -> Entry {
        let owner = if rep.is_empty() { Symbol::NONE } else { self.symbols.clone().intern(rep) };
        Entry { owner, kpi, part }
    }

    pub(crate) fn commit(&self, entries: impl IntoIterator<Item = Entry>) -> Revision {
        let mut batch = Batch::default();
        entries.into_iter().for_each(|entry| batch.add(&entry, self.now()));
        self.live.commit([(0, &batch)], self.now())
    }

    pub(crate) fn address(&self) -> String {
        self.endpoint.uri().authority().expect("an address").to_string()
    }

    pub(crate) async fn channel(&self) -> Channel {
        self.endpoint.connect().await.expect("a connection")
    }

    /// A connection whose client takes no more than 64 KiB without reading it.
    pub(crate) async fn narrow_channel(&self) -> Channel {
        let endpoint = self.endpoint.clone();
        let endpoint =
            endpoint.initial_stream_window_size(65_535).initial_connection_window_size(65_535);
        endpoint.connect().await.expect("a connection")
    }

    pub(crate) async fn standings(&self) -> StandingsServiceClient<Channel> {
        StandingsServiceClient::new(self.channel().await)
    }

    pub(crate) async fn alerts(&self) -> AlertsServiceClient<Channel> {
        AlertsServiceClient::new(self.channel().await)
    }

    /// A client of alerts that takes no more than 64 KiB without reading it.
    pub(crate) async fn narrow_alerts(&self) -> AlertsServiceClient<Channel> {
        AlertsServiceClient::new(self.narrow_channel().await)
    }

    pub(crate) async fn goals(&self) -> GoalsServiceClient<Channel> {
        GoalsServiceClient::new(self.channel().await)
    }

    pub(crate) async fn catalog(&self) -> CatalogServiceClient<Channel> {
        CatalogServiceClient::new(self.channel().await)
    }

    pub(crate) async fn get(&self, selector: Selector) -> Vec<Standing> {
        let request = GetStandingsRequest { selector: Some(selector), on: String::new() };
        let response = self.standings().await.get_standings(request).await.expect("standings");
        response.into_inner().standings
    }

    pub(crate) async fn watch(&self, request: WatchStandingsRequest) -> Follower {
        let stream =
            self.standings().await.watch_standings(request.clone()).await.expect("a stream");
        Follower::new(stream.into_inner())
    }
}

fn model(symbols: Symbols) -> Model {
    let sum = Aggregate::Sum(Number::Field(FieldId(0)));
    let band = |enter: &str, leave: &str| Band { enter: decimal(enter), leave: decimal(leave) };
    Model {
        entities: vec![Entity {
            name: "opportunity".to_owned(),
            fields: Vec::new(),
            extras: Vec::new(),
        }],
        kpis: vec![
            kpi("bookings", sum, vec![PeriodKind::Month, PeriodKind::Quarter]),
            kpi("calls", Aggregate::Count, vec![PeriodKind::Day]),
        ],
        calendars: vec![Calendar::default()],
        goals: vec![Goal {
            kpi: BOOKINGS,
            period: PeriodKind::Month,
            target: decimal("42000"),
            whose: Whose::Everyone,
            from: None,
            until: None,
            ramp: Vec::new(),
            presence: false,
            curve: None,
            origin: Origin::File,
        }],
        bands: Bands {
            behind: band("0.90", "0.95"),
            ahead: band("1.10", "1.05"),
            grace: Decimal::ZERO,
        },
        symbols,
        rates: None,
    }
}

fn kpi(name: &str, aggregate: Aggregate, periods: Vec<PeriodKind>) -> Kpi {
    Kpi {
        name: name.to_owned(),
        title: format!("All {name}"),
        description: "What it means.".to_owned(),
        unit: Unit::Currency,
        better: Better::Higher,
        goal_kind: GoalKind::Reach,
        role: Role::Output,
        periods,
        min_sample: 1,
        measure: Measure::Simple(Simple {
            entity: EntityId(0),
            filter: Test::Const(true),
            aggregate,
            currency: None,
            at: Some(At::Date(FieldId(1))),
            credit: Credit::Field(FieldId(2)),
        }),
    }
}

fn row(rep: &Rep, manager: Option<&str>) -> Row {
    let said = Said {
        name: Some(Some(rep.name.clone())),
        manager: Some(manager.map(str::to_owned)),
        role: Some(rep.role.clone()),
        ..Said::default()
    };
    Row { id: rep.id.clone(), from: None, said }
}

fn rep(id: &str, manager: Option<&str>) -> Rep {
    Rep {
        id: id.to_owned(),
        name: format!("Rep {id}"),
        manager: manager.map(str::to_owned),
        role: Some("ae".to_owned()),
        start: None,
        end: None,
        zone: None,
        calendar: CalendarId::DEFAULT,
        time_off: Vec::new(),
    }
}

pub(crate) fn decimal(text: &str) -> Decimal {
    Decimal::parse(text).expect("a decimal")
}

pub(crate) fn at(text: &str) -> Timestamp {
    text.parse().expect("an instant")
}

pub(crate) fn select(scopes: &[&str], kpis: &[&str], periods: &[&str]) -> Selector {
    let all = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
    Selector { scopes: all(scopes), with_members: false, kpis: all(kpis), periods: all(periods) }
}

/// Asks to watch a selection, with no pause between updates and a heartbeat that no test waits for.
pub(crate) fn watch(selector: Selector) -> WatchStandingsRequest {
    let seconds = |seconds| Some(prost_types::Duration { seconds, nanos: 0 });
    WatchStandingsRequest {
        selector: Some(selector),
        heartbeat: seconds(60),
        min_interval: seconds(0),
        ..WatchStandingsRequest::default()
    }
}
