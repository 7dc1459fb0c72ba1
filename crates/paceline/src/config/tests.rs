//! What a config becomes: values exactly as written, secrets where they belong and nowhere else.

use paceline_core::decimal::Decimal;
use paceline_core::entity::{EntityId, FieldId, FieldType};
use paceline_core::goal::Whose;
use paceline_core::kpi::{Aggregate, At, Credit, GoalKind, Kpi, KpiId, Measure, OnZero, Unit};
use paceline_core::period::PeriodKind;

use paceline_crm::{FieldBinding, Format};
use secrecy::ExposeSecret as _;

use super::{Config, EXAMPLE, load_str};

const BASE: &str = "
kafka: {brokers: localhost:9092}
sources: [{topic: crm.opportunity, format: salesforce}]
entities:
  opportunity:
    fields:
      unused: {path: Unused, type: text}
      owner: {path: Owner.Id, type: text}
      flag: {path: Flag, type: bool}
      amount: {path: Amount, type: money, scale: 2}
      close: {path: CloseDate, type: date}
reps: {list: [{id: U1, manager: M1}, {id: M1}]}
kpis:
  - {name: bookings, type: simple, entity: opportunity, where: flag, agg: sum, expr: amount, at: close, credit: owner,
     better: lower}
";

fn config(more: &str) -> Config {
    let text = format!("{BASE}{more}");
    load_str(&text, "paceline.yaml").unwrap_or_else(|diagnostics| panic!("{diagnostics}"))
}

#[test]
fn targets_are_exactly_what_is_written() {
    for (written, micros) in [
        ("0.1", 100_000),
        ("1e3", 1_000_000_000),
        ("42000.50", 42_000_500_000),
        ("'0.3'", 300_000),
        ("1_0", -1),
        ("0.000001", 1),
        ("123456789012345678.000001", 123_456_789_012_345_678_000_001),
        ("1.50000000", 1_500_000),
        ("0", 0),
        ("+7", 7_000_000),
        ("0x10", -1),
        (".5", 500_000),
        (".inf", -1),
    ] {
        let text = format!(
            "{BASE}goals: [{{kpi: bookings, period: month, target: {written}, for: everyone}}]"
        );
        let target = load_str(&text, "paceline.yaml").map(|config| config.model.goals[0].target);
        let expected = (micros >= 0).then(|| Decimal::from_micros(micros));
        assert_eq!(target.ok(), expected, "{written}");
    }
}

#[test]
fn only_the_fields_that_a_kpi_needs_are_kept() {
    let config = config("");
    let fields: Vec<&str> =
        config.model.entities[0].fields.iter().map(|field| field.name.as_str()).collect();
    assert_eq!(fields, ["owner", "flag", "amount", "close"]);
    let binding = &config.bindings[0];
    assert_eq!((binding.entity, binding.fields.len()), (EntityId(0), 4));
    let amount = FieldBinding {
        id: FieldId(2),
        path: "Amount".to_owned(),
        kind: FieldType::Decimal,
        scale: Some(2),
    };
    assert_eq!(binding.fields[2], amount);
    let simple = config.model.kpis[0].simple().expect("simple");
    assert_eq!((simple.at, simple.credit), (Some(At::Date(FieldId(3))), Credit::Field(FieldId(0))));
    assert!(matches!(simple.aggregate, Aggregate::Sum(_)));
    assert_eq!(simple.fields(), 0b1111);
}

#[test]
fn money_that_is_kept_keeps_the_code_of_its_currency() {
    let money = "fee: {path: Fee, type: money, currency: Iso}
      discount: {path: Discount, type: money, currency: Iso}
      rebate: {path: Rebate, type: money, currency: RebateIso}
      owner: ";
    let text = BASE
        .replacen("owner: ", money, 1)
        .replace("expr: amount", "expr: fee - discount")
        .replace("reps: ", "currency: {org: EUR}\nreps: ");
    let config = load_str(&text, "paceline.yaml").unwrap_or_else(|error| panic!("{error}"));
    let fields = &config.model.entities[0].fields;
    let shown: Vec<_> = fields.iter().map(|field| (field.name.as_str(), field.currency)).collect();
    let code = Some(FieldId(5));
    let expected = [
        ("fee", code),
        ("discount", code),
        ("owner", None),
        ("flag", None),
        ("close", None),
        ("", None),
    ];
    assert_eq!(shown, expected);
    let binding = &config.bindings[0].fields[5];
    assert_eq!((binding.path.as_str(), binding.kind), ("Iso", FieldType::Text));
    assert_eq!(config.model.kpis[0].simple().and_then(|simple| simple.currency), code);
}

#[test]
fn an_entity_may_declare_more_fields_than_are_kept() {
    let many: String =
        (0..200).map(|n| format!("\n      f{n}: {{path: F{n}, type: int}}")).collect();
    let text = BASE
        .replace("\n      unused:", &format!("{many}\n      unused:"))
        .replace("where: flag", "where: f199 > f64");
    let config = load_str(&text, "paceline.yaml").expect("no mistake");
    let names: Vec<&str> =
        config.model.entities[0].fields.iter().map(|field| field.name.as_str()).collect();
    assert_eq!(names, ["f64", "f199", "owner", "amount", "close"]);
    let all = (0..100).map(|n| format!("f{n} > 0")).collect::<Vec<_>>().join(" && ");
    let diagnostics =
        load_str(&text.replace("f199 > f64", &all), "paceline.yaml").expect_err("too many");
    assert!(
        diagnostics.to_string().contains("need 103 fields, moments and fields of other records of `opportunity`, and 64 is the most"),
        "{diagnostics}"
    );
}

#[test]
fn what_is_left_out_has_its_default() {
    let config = config("");
    assert_eq!(config.kafka.group_id, "paceline");
    assert_eq!(config.server.grpc.to_string(), "127.0.0.1:50051");
    assert_eq!(config.server.http.to_string(), "127.0.0.1:8080");
    let source = &config.sources[0];
    assert_eq!((source.format, source.keyed, source.entity), (Format::Salesforce, false, None));
    let kpi = &config.model.kpis[0];
    assert_eq!(
        (kpi.title.as_str(), kpi.unit, kpi.goal_kind, kpi.min_sample),
        ("bookings", Unit::Count, GoalKind::Reach, 1)
    );
    assert_eq!(kpi.periods, [PeriodKind::Month, PeriodKind::Quarter, PeriodKind::Year]);
    assert_eq!(config.model.bands.grace.to_string(), "0.05");
    assert_eq!(config.model.calendars, [paceline_core::calendar::Calendar::default()]);
}

#[test]
fn a_derived_kpi_is_a_ratio_that_is_held_unless_told_otherwise() {
    let text = BASE.replace(
        "better: lower}",
        "better: lower}
  - {name: left, type: derived, expr: 1 / remaining(bookings), on_zero_denominator: met, periods: [month]}
  - {name: twice, type: derived, expr: left * 2, unit: days, goal_kind: reach}",
    );
    let config = load_str(&text, "paceline.yaml").expect("no mistake");
    let [bookings, left, twice] = config.model.kpis.as_slice() else { panic!("three KPIs") };
    assert_eq!((left.unit, left.goal_kind), (Unit::Ratio, GoalKind::Hold));
    assert_eq!((twice.unit, twice.goal_kind), (Unit::Days, GoalKind::Reach));
    let on_zero = |kpi: &Kpi| match &kpi.measure {
        Measure::Derived(derived) => Some(derived.on_zero),
        Measure::Simple(_) | Measure::Ratio { .. } => None,
    };
    let all = [bookings, left, twice].map(on_zero);
    assert_eq!(all, [None, Some(OnZero::Met), Some(OnZero::NoValue)]);
    assert_eq!(config.model.leaves(KpiId(2)), [KpiId(0)]);
    assert_eq!(config.model.goals_within(KpiId(2)), [KpiId(0)]);
}

#[test]
fn ids_of_reps_are_symbols_of_the_model() {
    let config = load_str(EXAMPLE, "example.yaml").expect("no mistake");
    let ana = config.model.symbols.get("U1").expect("a symbol");
    assert_eq!(
        config.roster.rep_of(ana).map(|rep| config.roster.reps()[rep].name.as_str()),
        Some("Ana")
    );
    assert!(config.model.symbols.get("Closed Won").is_some());
    assert_eq!(config.model.goals[3].whose, Whose::EachOf("M1".to_owned()));
}

#[test]
fn references_are_replaced_and_debug_shows_none_of_them() {
    let mode = std::os::unix::fs::PermissionsExt::from_mode(0o640);
    std::fs::set_permissions("tests/config/parts/secret", mode).expect("a mode");
    let text = BASE.replace(
        "{brokers: localhost:9092}",
        "{brokers: 'h${file:tests/config/parts/secret}:9092', settings: {sasl.password: '${file:tests/config/parts/secret}', \
         a: '$${b}', c: 5, d: true, e: $5}}",
    );
    let config = load_str(&text, "paceline.yaml").expect("no mistake");
    assert_eq!(config.kafka.brokers, "hhunter2:9092");
    let settings: Vec<(&str, &str)> =
        config.kafka.settings.iter().map(|(a, b)| (a.as_str(), b.expose_secret())).collect();
    assert_eq!(
        settings,
        [("a", "${b}"), ("c", "5"), ("d", "true"), ("e", "$5"), ("sasl.password", "hunter2")]
    );
    let shown = format!("{config:?}");
    assert!(shown.contains("sasl.password") && !shown.contains("hunter2"));
}

#[test]
fn anchors_and_merge_keys_work() {
    let goals = "goals:
  - &base {kpi: bookings, period: month, target: 5, for: everyone}
  - {<<: *base, for: {rep: U1}, target: 7}
";
    let config = config(goals);
    assert_eq!(config.model.goals[1].target, Decimal::from_int(7));
    assert_eq!(config.model.goals[1].period, PeriodKind::Month);
}
