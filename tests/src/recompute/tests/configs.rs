//! The documented small config, as it stands there.

use jiff::civil::Weekday;

use crate::recompute::{
    config::{Calendar, Config, GoalKind, KpiType, Part, PeriodKind, Whose},
    number,
};

const SMALL: &str = r#"
kafka: {brokers: localhost:9092, group_id: paceline}      # any librdkafka setting under `settings:`
sources:
  - {topic: crm.opportunity, format: paceline, entity: opportunity, dead_letter: crm.opportunity.dlq}
entities:
  opportunity:
    fields:
      owner:      {path: OwnerId, type: text}
      amount:     {path: Amount, type: decimal}
      stage:      {path: StageName, type: text}
      close_date: {path: CloseDate, type: date}
    states:
      field: stage
      order: [Prospecting, Proposal, Closed Won, Closed Lost]
      sets: {open: [Prospecting, Proposal], won: [Closed Won], lost: [Closed Lost]}
reps:
  list:                       # or file: reps.csv with the same columns, or from: user (an entity)
    - {id: U1, name: Ana, manager: M1, role: ae, start: 2024-02-01, time_zone: Europe/Madrid}
    - {id: M1, name: Max, role: manager}
calendars:
  default: {time_zone: UTC, week_start: monday, working_days: {mon: 1, tue: 1, wed: 1, thu: 1, fri: 1}, hours: "09:00-17:00",
            holidays: [2026-12-25], fiscal_year_start: 01-01}
kpis:
  - {name: bookings, type: simple, entity: opportunity, where: "stage in states.won", agg: sum, expr: amount, at: close_date,
     credit: owner, unit: currency, goal_kind: reach, periods: [month, quarter]}
goals:
  - {kpi: bookings, period: month, target: 42000, for: everyone, from: 2026-01-01}     # for: {rep: U1} | {role: ae} | {each_of: M1} | {team: M1} | everyone
status: {behind: {enter: 0.90, leave: 0.95}, ahead: {enter: 1.10, leave: 1.05}, grace: 0.05}
server: {grpc: 127.0.0.1:50051, http: 127.0.0.1:8080}
topics: {goals: paceline.goals, reps: paceline.reps, alerts: paceline.alerts, status: paceline.status}   # made when missing
alerts: {hold: {enter: 15m, leave: 30m}}
"#;

#[test]
fn the_documented_config_is_read() {
    let config = Config::read(SMALL).unwrap();
    let calendar = &config.calendars.default;
    let plain = Calendar::default();
    assert_eq!(calendar.holidays, ["2026-12-25".parse().unwrap()]);
    assert_eq!((calendar.hours, &calendar.working_days), (plain.hours, &plain.working_days));
    assert_eq!(calendar.fiscal_year_start, (1, 1));
    let goal = &config.goals[0];
    assert_eq!((&goal.target, &goal.whose), (&number::whole(42_000), &Whose::Everyone));
    assert_eq!((goal.from, goal.until), (Some("2026-01-01".parse().unwrap()), None));
    assert_eq!(config.kpis[0].periods, [PeriodKind::Month, PeriodKind::Quarter]);
    assert_eq!(number::text(&config.status.grace), "0.05");
    assert!(config.rep("U1").unwrap().time_zone.is_some());
}

#[test]
fn what_is_not_given_has_a_default() {
    let config = Config::read(
        r#"
calendars: {default: {week_start: sunday, working_days: {sun: 1, fri: 0.6}}}
kpis:
  - {name: a, type: simple, at: day}
  - {name: b, type: simple}
  - {name: c, type: ratio}
  - {name: d, type: derived, expr: a / b, on_zero_denominator: met}
  - {name: e, type: simple, agg: median, at: day}
  - {name: f, type: conversion, from: hot}
  - {name: g, type: guess}
"#,
    )
    .unwrap();
    let calendar = &config.calendars.default;
    assert_eq!((calendar.week_start, calendar.hours), (Weekday::Sunday, (540, 1020)));
    let weights: Vec<String> = calendar.working_days.iter().map(number::text).collect();
    assert_eq!(weights, ["0", "0", "0", "0", "0.6", "0", "1"]);
    let kinds: Vec<GoalKind> = config.kpis.iter().map(|kpi| kpi.goal_kind()).collect();
    use GoalKind::{Hold, Rate, Reach};
    assert_eq!(kinds[..6], [Reach, Hold, Rate, Hold, Hold, Rate]);
    assert_eq!(config.kpis[3].on_zero_denominator.as_deref(), Some("met"));
    assert_eq!((config.kpis[3].kind, config.kpis[6].kind), (KpiType::Derived, KpiType::Other));
    assert_eq!(config.kpis[5].at.as_deref(), Some("first(hot)"));
    assert_eq!(number::text(&config.status.behind.enter), "0.9");
}

#[test]
fn facts_of_reps_and_terms_of_goals_are_read() {
    let config = Config::read(
        r#"
calendars:
  default: {time_zone: Europe/Madrid}
  retail: {fiscal_year_start: 02-01, fiscal_pattern: 4-4-5}
reps:
  list:
    - {id: U1, name: Ana, manager: M1, role: ae, start: 2026-09-15, end: 2027-03-31, calendar: retail,
       time_off: [{from: 2026-12-21, to: 2026-12-31}, {from: 2026-11-02}]}
goals:
  - {kpi: bookings, period: quarter, target: 250000, for: {role: ae}, from: 2026-02-01, until: 2027-01-31,
     ramp: [{until_month: 3, share: 0.25}, {until_month: 6, share: 0.6}], presence: true,
     curve: {by: month, shares: [0.25, 0.30, 0.45]}}
"#,
    )
    .unwrap();
    let present = |day: &str| config.rep("U1").unwrap().is_present(day.parse().unwrap());
    let there =
        ["2026-09-15", "2026-11-01", "2026-11-03", "2026-12-20", "2027-01-01", "2027-03-31"];
    let away = ["2026-09-14", "2026-11-02", "2026-12-21", "2026-12-31", "2027-04-01"];
    assert!(there.iter().all(|day| present(day)) && !away.iter().any(|day| present(day)));
    // What a calendar leaves out is not the default one's.
    assert_eq!(config.calendars.named("retail").time_zone, jiff::tz::TimeZone::UTC);
    let goal = &config.goals[0];
    let steps: Vec<(u32, String)> =
        goal.ramp.iter().map(|step| (step.until_month, number::text(&step.share))).collect();
    assert_eq!(steps, [(3, "0.25".to_owned()), (6, "0.6".to_owned())]);
    let curve = goal.curve.as_ref().unwrap();
    assert_eq!(
        (curve.by, curve.shares.iter().sum::<number::Exact>()),
        (Part::Month, number::whole(1))
    );
    assert!(goal.presence);
}
