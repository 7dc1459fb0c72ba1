//! A run: the organisation works, its clients watch, everything goes wrong, and in the end the whole record is held to the contract.

use std::{sync::Arc, thread, time::Duration, time::Instant};

use paceline_client::proto::{
    CauseKind, GetStandingsRequest, RemovalReason, Selector,
    standings_service_client::StandingsServiceClient, watch_standings_response::Frame,
};
use paceline_tests::{
    chance::Chance,
    history::{
        Answer, Appended, Fact, History, Managers, Mark, View, clauses,
        occurred::{self, Counts, add},
        report,
    },
    issuer::Issuer,
    kafka::{Broker, Writer},
    ports, wait,
};
use serde_json::json;
use tempfile::TempDir;
use tokio::runtime::Runtime;

use super::{
    cast::{self, CLIENTS},
    goals,
    identity::SERVICES,
    office::{CLOCK, Office, Topics},
    runtime,
    world::World,
};
use crate::under_test::Service;

/// The clocks of the processes of the service, one after the other: in the second a month ends while everybody watches.
const CLOCKS: [&str; 3] = [CLOCK, "from:2025-11-30T23:59:35Z", "from:2025-12-02T13:00:00Z"];

/// A run in progress.
struct Run {
    broker: Broker,
    service: Service,
    /// Who says who asks, and where its keys are kept.
    issuer: Arc<Issuer>,
    _folder: TempDir,
    runtime: Runtime,
    office: Office,
    world: Arc<World>,
    /// How long it is to last, without what it takes to start and to wait.
    length: Duration,
}

/// Plays a run of about so many seconds.
///
/// # Errors
/// What of the contract was broken, in words.
pub(super) fn play(seed: u64, seconds: u64) -> Result<Counts, String> {
    let mut run = Run::start(seed, Duration::from_secs(seconds));
    let address = run.service.address().to_owned();
    let mut tasks = cast::start(&run.runtime, &address, seed, &run.issuer, &run.world);
    let editing =
        goals::edit(address, run.token("admin"), Chance::of(seed, 2_000), run.world.clone());
    tasks.push(run.runtime.spawn(editing));
    let minding = run.world.clone();
    run.runtime.spawn(async move { minding.record.mind_the_machine().await });

    run.work(25);
    run.crash();
    run.work(25);
    run.wait_for_the_end_of_the_month();
    run.lose_the_broker();
    run.work(15);
    run.restart();
    run.work(25);
    run.settle();
    run.ask();

    run.world.stop();
    for task in tasks {
        run.runtime.block_on(task).expect("no client fails");
    }
    run.judge()
}

impl Run {
    fn start(seed: u64, length: Duration) -> Self {
        let broker = Broker::start();
        let topics = Topics::of("robust");
        broker.create_topic(&topics.deals, 3, &[]);
        let mut office = Office::new(topics, Chance::of(seed, 3_000));
        broker.produce(&office.topics().deals.clone(), office.opening());
        let (folder, issuer) = (tempfile::tempdir().expect("a folder"), Issuer::new());
        let keys = folder.path().join("keys.json");
        std::fs::write(&keys, issuer.keys()).expect("keys can be written");
        let tokens = Issuer::config(&keys);
        let yaml = office.config(broker.bootstrap(), ports::two_free());
        let yaml = format!("{yaml}auth:\n  {tokens}\n  services: {SERVICES}\n");
        let service = Service::start_by(&yaml, CLOCKS[0]);
        let (issuer, world, runtime) = (Arc::new(issuer), Arc::default(), runtime());
        let mut run =
            Self { broker, service, issuer, _folder: folder, runtime, office, world, length };
        run.service.ask_with(run.token("executive"));
        run.service.standings();
        run
    }

    /// A token of somebody who stays until it is over.
    fn token(&self, role: &str) -> String {
        self.issuer.token(role, &json!({"role": role}), Duration::from_secs(3_600))
    }

    /// Works for so many hundredths of the run, in bursts with rests in between: in a rest everybody arrives at the same revision.
    fn work(&mut self, hundredths: u32) {
        let until = Instant::now() + self.length * hundredths / 100;
        let writer = self.broker.writer();
        while Instant::now() < until {
            let rest = Instant::now() + Duration::from_secs(3);
            while Instant::now() < rest.min(until) {
                self.act(&writer);
                thread::sleep(Duration::from_millis(30));
            }
            thread::sleep(Duration::from_millis(1_200));
        }
    }

    fn act(&mut self, writer: &Writer) {
        self.office.act_and_tell(writer, 3);
    }

    /// The service is killed; the organisation works on, and it is started again.
    fn crash(&mut self) {
        self.world.record.mark(Mark::Killed);
        self.service.process().kill();
        self.world.did("crash");
        self.start_again(CLOCKS[1]);
    }

    /// The service is told to end, does so in order, and is started again.
    fn restart(&mut self) {
        self.world.record.mark(Mark::Terminated);
        self.service.process().terminate();
        assert_eq!(self.service.process().wait().code(), Some(0));
        self.world.did("restart");
        self.start_again(CLOCKS[2]);
    }

    fn start_again(&mut self, clock: &str) {
        self.world.next_server();
        let writer = self.broker.writer();
        (0..10).for_each(|_| self.act(&writer));
        self.service.start_again_by(clock);
        self.service.standings();
        self.world.record.mark(Mark::Started);
    }

    fn wait_for_the_end_of_the_month(&self) {
        wait::until("somebody is told that a month is over", || {
            self.told(|history| {
                let removals = frames(history).filter_map(|frame| match frame {
                    Frame::Update(update) => Some(&update.removed),
                    _ => None,
                });
                removals.flatten().any(|removal| {
                    let period = removal.period.as_ref();
                    removal.reason() == RemovalReason::OutOfFilter
                        && period.is_some_and(|period| period.name == "2025-11")
                })
            })
        });
        self.world.did("end of a month");
    }

    /// The broker is killed, everybody is told, and it comes back.
    fn lose_the_broker(&mut self) {
        self.world.record.mark(Mark::BrokerKilled);
        self.broker.kill();
        wait::until("somebody is told that the broker is away", || {
            self.told(|history| {
                let recent = history.streams.iter().filter_map(|stream| stream.told.last());
                let mut causes = recent.flat_map(|told| &told.message.causes);
                causes.any(|cause| cause.kind() == CauseKind::BrokerUnreachable)
            })
        });
        // Long enough for a heartbeat of everybody.
        thread::sleep(Duration::from_secs(4));
        self.world.record.mark(Mark::BrokerStarted);
        self.broker.restart();
        let complete = wait::attempts(|| self.service.freshness().complete.then_some(()));
        assert!(complete.is_some(), "it stays incomplete: {:?}", self.service.freshness());
        self.world.did("broker outage");
    }

    fn told(&self, look: impl FnOnce(&History) -> bool) -> Option<()> {
        self.world.record.so_far(look).then_some(())
    }

    /// Nothing goes wrong any more, and everybody gets to know the latest.
    fn settle(&mut self) {
        self.world.calm_down();
        let goals = self.office.topics().goals.clone();
        wait::until("everything that was said is counted", || {
            let freshness = self.service.freshness();
            let all = freshness.sources.iter().filter(|source| source.source != goals);
            let mut partitions = all.flat_map(|source| &source.partitions);
            partitions.all(|partition| partition.lag == 0).then_some(())
        });
        let booked = self.office.booked();
        wait::until("the organisation's own sum is reached", || {
            (self.org("bookings") == hundredths(booked)).then_some(())
        });
        assert_eq!(self.org("deals"), self.office.living().to_string());
        // The last edits of goals have had the time of all this.
        let revision = self.service.freshness().revision;
        let behind = || self.world.behind(CLIENTS, revision);
        let arrived = wait::attempts(|| behind().is_empty().then_some(()));
        assert!(arrived.is_some(), "clients {:?} do not get to revision {revision}", behind());
        self.settle_alerts();
    }

    /// All alerts get to stand on their topic, and everybody is told.
    fn settle_alerts(&self) {
        wait::until("nothing is to be written of statuses and alerts", || {
            let metrics = self.service.get("/metrics");
            let nothing = ["paceline_statuses_waiting 0\n", "paceline_alerts_waiting 0\n"];
            nothing.iter().all(|line| metrics.contains(line)).then_some(())
        });
        let records = self.broker.read_all(&self.office.topics().alerts);
        let topic = records.iter().map(|record| {
            Appended::read(record.value_text(), record.timestamp_ms.unwrap_or_default())
        });
        let topic: Vec<_> = topic.collect::<Result<_, _>>().expect("alerts are well written");
        self.world.record.keep_topic(topic);
        let behind = || self.world.record.so_far(clauses::behind);
        let arrived = wait::attempts(|| behind().is_empty().then_some(()));
        assert!(arrived.is_some(), "clients lack alerts: {:?}", behind());
    }

    /// What the org has of a KPI in the quarter.
    fn org(&self, kpi: &str) -> String {
        let selector = Selector {
            scopes: vec!["org".to_owned()],
            kpis: vec![kpi.to_owned()],
            periods: vec!["quarter".to_owned()],
            ..Selector::default()
        };
        let standings = self.service.standings_of(Some(selector));
        standings.first().map(|standing| standing.actual.clone()).unwrap_or_default()
    }

    /// Asks for everything that somebody watches, to compare it with what they know.
    fn ask(&self) {
        let mut asked: Vec<Selector> = self.world.record.so_far(|history| {
            let selectors = history.streams.iter().map(|stream| &stream.asked.request.selector);
            selectors.flatten().cloned().collect()
        });
        asked.sort_by_key(|selector| format!("{:?}", View::of(Some(selector))));
        asked.dedup();
        for selector in asked {
            let request =
                GetStandingsRequest { selector: Some(selector.clone()), on: String::new() };
            let mut client = StandingsServiceClient::new(self.service.channel())
                .max_decoding_message_size(usize::MAX);
            // Who is not known is not found.
            let Ok(response) =
                self.service.block_on(client.get_standings(self.service.question(request)))
            else {
                continue;
            };
            let (server, response) = (self.world.server(), response.into_inner());
            self.world.record.answer(Answer { server, selector, response });
            self.world.did("answer");
        }
    }

    /// What was said of who reports to whom.
    fn managers(&self) -> Managers {
        let records = self.broker.read_all(&self.office.topics().reps);
        let facts = records.iter().map(|record| {
            let at = record.timestamp_ms.unwrap_or_default();
            Fact::read(record.key_text(), record.value_text(), at).expect("facts are JSON")
        });
        Managers { listed: Office::listed(), facts: facts.collect() }
    }

    /// Holds the record to the contract.
    fn judge(self) -> Result<Counts, String> {
        let mut history = self.world.record.finish();
        history.sums.extend(["bookings", "deals"].map(str::to_owned));
        history.managers = self.managers();
        let mut counts = occurred::count(&history);
        for (what, number) in self.world.done().into_iter().chain(self.office.done) {
            add(&mut counts, what, number);
        }
        let violations = clauses::judge(&history);
        if violations.is_empty() { Ok(counts) } else { Err(report(&history, &violations)) }
    }
}

fn frames(history: &History) -> impl Iterator<Item = &Frame> {
    let told = history.streams.iter().flat_map(|stream| &stream.told);
    told.filter_map(|told| told.message.frame.as_ref())
}

/// Hundredths as the wire writes them.
fn hundredths(number: u64) -> String {
    let text = format!("{}.{:02}", number / 100, number % 100);
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}
