//! What is behind a number: its contributors and the pieces of its goal, beside what the oracle finds.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{Timestamp, civil::Date};
use paceline_core::{
    board::{How, Pieces, Revision, Subject},
    contributor::Contributor,
    day::Day,
    entity::FieldType,
    kpi::{Aggregate, KpiId},
    rational::Rational,
    symbol::Symbol,
};
use paceline_engine::{Explanation, Listing};
use paceline_tests::recompute::{
    Board,
    config::PeriodKind,
    contributors::Behind,
    filter::V,
    goal::Standard,
    number::{self, Exact},
};

use crate::engine::Engine;

/// A scope, a KPI and a kind of period, by name.
pub(crate) type Place = (String, String, PeriodKind);

/// What a record adds on the days on which it counts, and whether it is incomplete and has a gap.
type Said = (BTreeMap<Option<Date>, String>, bool, bool);

/// The subject of that name.
pub(crate) fn subject(engine: &Engine, (scope, kpi, kind): &Place) -> Subject {
    let kpi = engine.live.model().kpi_named(kpi).expect("both know the same KPIs");
    let kind = kind.to_string().parse().expect("both know the same kinds of period");
    Subject { sight: Default::default(), scope: scope.clone(), kpi, kind }
}

/// Compares the contributors of a standing with what the oracle finds record by record, and what they add up to with the
/// standing itself. Answers them.
pub(crate) fn compare_contributors(
    engine: &mut Engine,
    board: &Board<'_>,
    place: &Place,
    on: Option<Date>,
    now: Timestamp,
) -> Result<Listing, String> {
    let subject = subject(engine, place);
    let listing = engine.listing(&subject, on, now).map_err(|why| format!("{why:?}"))?;
    let (scope, kpi, kind) = place;
    let model = engine.live.model();
    let mut all = 0;
    for leaf in board.comes_down_to(kpi, now) {
        let id = model.kpi_named(&leaf).expect("both know the same KPIs");
        let part = listing.contributors.iter().filter(|one| one.kpi == id);
        let part: Vec<&Contributor> = part.collect();
        all += part.len();
        check_sum(engine, &listing, id, &part).map_err(|error| format!("{leaf}: {error}"))?;
        let found = said(engine, &listing, &part)?;
        let behind = board.behind((scope, &leaf, *kind), now, on);
        let expected: BTreeMap<String, Said> =
            behind.iter().map(|one| (one.id.clone(), expected(engine, id, one))).collect();
        if found != expected {
            let ids: BTreeSet<&String> = found.keys().chain(expected.keys()).collect();
            let other = |id: &&&String| found.get(**id) != expected.get(**id);
            let pairs = ids.iter().filter(other).map(|id| (id, found.get(*id), expected.get(*id)));
            return Err(format!("{leaf}: found and expected {:?}", pairs.collect::<Vec<_>>()));
        }
    }
    if all != listing.contributors.len() {
        return Err(format!("there are others among {:?}", listing.contributors));
    }
    check_order(&listing)?;
    Ok(listing)
}

/// What each record says, by its id.
fn said(
    engine: &Engine,
    listing: &Listing,
    part: &[&Contributor],
) -> Result<BTreeMap<String, Said>, String> {
    let mut found = BTreeMap::<String, Said>::new();
    for one in part {
        let (days, incomplete, gap) = found.entry(one.id.clone()).or_default();
        *incomplete |= one.part.doubt.incomplete != 0;
        *gap |= one.part.doubt.gap != 0;
        if !(0..=1).contains(&one.part.records) || one.part.credits.is_empty() {
            return Err(format!("it counts as what it is not: {one:?}"));
        }
        let credited = one.part.credits.iter().map(|credit| credit.amount.micros()).sum::<i128>();
        if one.part.amount.map_or(0, |amount| amount.micros()) != credited {
            return Err(format!("what is credited is not the amount: {one:?}"));
        }
        if one.part.records == 0 {
            continue;
        }
        let day = one.part.day.map(Day::civil);
        if days.insert(day, shown(engine, listing, one)).is_some() {
            return Err(format!("a record comes twice: {one:?}"));
        }
    }
    Ok(found)
}

/// The value or the amount, as text.
pub(crate) fn shown(engine: &Engine, listing: &Listing, one: &Contributor) -> String {
    let cell = one.part.value;
    match (distinct(engine, one.kpi), cell) {
        (Some(FieldType::Text), Some(cell)) => {
            listing.texts.get(&Symbol(cell as u32)).map(ToString::to_string).unwrap_or_default()
        }
        (Some(FieldType::Bool), Some(cell)) => (cell == 1).to_string(),
        (Some(FieldType::Date), Some(cell)) => Day(cell as i32).civil().to_string(),
        (Some(FieldType::Timestamp), Some(cell)) => {
            Timestamp::from_nanosecond(cell).expect("an instant").to_string()
        }
        (Some(FieldType::Int), Some(cell)) => cell.to_string(),
        (Some(FieldType::Decimal), Some(cell)) => {
            paceline_core::decimal::Decimal::from_micros(cell).to_string()
        }
        _ => one.part.amount.map(|amount| amount.to_string()).unwrap_or_default(),
    }
}

fn distinct(engine: &Engine, kpi: KpiId) -> Option<FieldType> {
    match engine.live.model().kpi(kpi).simple()?.aggregate {
        Aggregate::CountDistinct(_, kind) => Some(kind),
        _ => None,
    }
}

fn expected(engine: &Engine, kpi: KpiId, behind: &Behind) -> Said {
    let counts = matches!(
        engine.live.model().kpi(kpi).simple().map(|simple| &simple.aggregate),
        Some(Aggregate::Count)
    );
    let shown = |values: &Vec<V>| match values.as_slice() {
        [V::Text(text)] if !counts => text.clone(),
        [V::Bool(is)] if !counts => is.to_string(),
        [V::Date(day)] if !counts => day.to_string(),
        [V::Instant(instant)] if !counts => instant.to_string(),
        values => {
            let number = |value: &V| match value {
                V::Num(number) => number.clone(),
                _ => number::whole(1),
            };
            number::text(&values.iter().map(number).sum::<Exact>())
        }
    };
    let days = behind.days.iter().map(|(day, values)| (*day, shown(values))).collect();
    (days, behind.doubt.incomplete, behind.doubt.missed)
}

/// The amounts of a part come to what the part does.
fn check_sum(
    engine: &Engine,
    listing: &Listing,
    kpi: KpiId,
    part: &[&Contributor],
) -> Result<(), String> {
    let Some((_, standing)) = listing.parts.iter().find(|(known, _)| *known == kpi) else {
        return if part.is_empty() { Ok(()) } else { Err("no such part".to_owned()) };
    };
    let aggregate = &engine.live.model().kpi(kpi).simple().expect("it is simple").aggregate;
    let counted: Vec<&&Contributor> = part.iter().filter(|one| one.part.records > 0).collect();
    let mut amounts: Vec<i128> =
        counted.iter().filter_map(|one| one.part.amount).map(|amount| amount.micros()).collect();
    amounts.sort_unstable();
    let all: i128 = part.iter().filter_map(|one| one.part.amount).map(|one| one.micros()).sum();
    let (count, half) = (amounts.len(), amounts.len() / 2);
    let million = 1_000_000;
    let value = match aggregate {
        Aggregate::Count | Aggregate::Sum(_) => Rational::new(all, million),
        Aggregate::Average(_) => Rational::new(all, count as i128 * million),
        Aggregate::Min(_) => amounts.first().and_then(|least| Rational::new(*least, million)),
        Aggregate::Max(_) => amounts.last().and_then(|most| Rational::new(*most, million)),
        Aggregate::Median(_) if count == 0 => None,
        Aggregate::Median(_) => {
            Rational::new(amounts[half] + amounts[(count - 1) / 2], 2 * million)
        }
        Aggregate::P90(_) if count == 0 => None,
        Aggregate::P90(_) => Rational::new(amounts[(count * 9).div_ceil(10) - 1], million),
        Aggregate::CountDistinct(..) => {
            let values: BTreeSet<Option<i128>> = counted.iter().map(|one| one.part.value).collect();
            Some(Rational::from_int(values.len() as i128))
        }
    };
    let (value, actual) = (value.and_then(|value| value.to_decimal()), standing.numbers.actual);
    let doubt = part.iter().fold((0, 0), |(incomplete, gap), one| {
        (incomplete + one.part.doubt.incomplete, gap + one.part.doubt.gap)
    });
    let own = (standing.doubt.incomplete, standing.doubt.gap);
    // An overflow puts in doubt what is no single record.
    let doubtful = doubt.0 == own.0 && doubt.1 <= own.1;
    if value == actual && doubtful {
        return Ok(());
    }
    Err(format!("adds up to {value:?} and {doubt:?} instead of {actual:?} and {own:?}"))
}

fn check_order(listing: &Listing) -> Result<(), String> {
    let place = |kpi| listing.parts.iter().position(|(known, _)| *known == kpi);
    let key = |one: &Contributor| {
        let size = one.part.amount.map_or(0, |amount| amount.micros().abs());
        (place(one.kpi), -size, one.entity, one.id.clone(), one.part.day)
    };
    let in_order = listing.contributors.is_sorted_by_key(key);
    if in_order { Ok(()) } else { Err("the contributors are in no order".to_owned()) }
}

/// Compares the pieces of a goal with the goal that the oracle finds. Answers the explanation.
pub(crate) fn compare_pieces(
    engine: &Engine,
    board: &Board<'_>,
    place: &Place,
    on: Option<Date>,
    now: Timestamp,
) -> Result<Explanation, String> {
    let subject = subject(engine, place);
    let found =
        engine.live.explanation(&subject, on.map(Day::from_civil), Revision::default(), now);
    let explanation = found.map_err(|error| format!("{error:?}"))?;
    let (scope, kpi, kind) = place;
    let expected = board.exact_goal((scope, kpi, *kind), now, on);
    check_goal(&explanation.pieces, expected.as_ref())?;
    check_members(engine, board, &explanation, place, now)?;
    let pieces = &explanation.pieces;
    for piece in pieces.pieces.iter().chain(&pieces.members) {
        let sum: Rational = piece.stretches.iter().map(|stretch| stretch.amount.clone()).sum();
        if sum != piece.amount && !(piece.stretches.is_empty() && piece.amount.is_zero()) {
            return Err(format!("stretches add up to {sum:?}: {piece:?}"));
        }
        for stretch in &piece.stretches {
            let present = Rational::from_int(stretch.present.into());
            let product = &(&piece.target * &stretch.spread) * &(&stretch.ramp * &present);
            if product != stretch.amount {
                return Err(format!("the factors come to {product:?}: {stretch:?}"));
            }
        }
    }
    Ok(explanation)
}

fn check_goal(pieces: &Pieces, expected: Option<&Standard>) -> Result<(), String> {
    let found = pieces.goal.as_ref().map(exact);
    if found != expected.map(|standard| standard.goal.clone()) {
        return Err(format!("the goal is {found:?} instead of {expected:?}"));
    }
    let due = pieces.expected.as_ref().map(exact);
    if due != expected.and_then(|standard| standard.expected.clone()) {
        return Err(format!("what is due is {due:?} instead of {expected:?}"));
    }
    let sum: Rational = pieces.pieces.iter().map(|piece| piece.amount.clone()).sum();
    match &pieces.goal {
        Some(goal) if *goal != sum => Err(format!("the pieces add up to {sum:?}: {pieces:?}")),
        None if !pieces.pieces.is_empty() => Err(format!("pieces of nothing: {pieces:?}")),
        _ => Ok(()),
    }
}

/// What members owe is what the oracle finds for each of them alone.
fn check_members(
    engine: &Engine,
    board: &Board<'_>,
    explanation: &Explanation,
    (_, kpi, kind): &Place,
    now: Timestamp,
) -> Result<(), String> {
    let pieces = &explanation.pieces;
    let members = match pieces.how {
        How::Sum => &pieces.pieces,
        How::Common | How::Differ => &pieces.members,
        How::None | How::Own => return Ok(()),
    };
    for piece in members {
        let scope = engine.live.roster().name(piece.scope);
        let on = piece.period.end.civil();
        let expected = board.exact_goal((&scope, kpi, *kind), now, Some(on));
        let expected = expected.map(|standard| standard.goal);
        if Some(exact(&piece.amount)) != expected {
            return Err(format!("{scope} owes {expected:?}: {piece:?}"));
        }
    }
    Ok(())
}

fn exact(value: &Rational) -> Exact {
    let (numerator, denominator) = value.fraction();
    let whole = |text: String| text.parse().expect("a whole number");
    Exact::new(whole(numerator), whole(denominator))
}
