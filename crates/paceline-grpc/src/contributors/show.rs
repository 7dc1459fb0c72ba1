//! Contributors as they are told.

use std::ops::Range;

use jiff::Timestamp;
use paceline_core::contributor::{self, Contributor};
use paceline_core::day::Day;
use paceline_core::decimal::Decimal;
use paceline_core::entity::FieldType;
use paceline_core::kpi::{Aggregate, KpiId, Measure};
use paceline_core::model::Model;
use paceline_core::rational::Rational;
use paceline_core::roster::Roster;
use paceline_core::sight::Sight;
use paceline_core::symbol::Symbol;
use paceline_engine::Listing;

use crate::convert;
use crate::proto;

/// A page of a listing, as it is told to whom sees so much.
pub(super) fn page(
    listing: &Listing,
    model: &Model,
    sight: &Sight,
    range: Range<usize>,
) -> proto::ListContributorsResponse {
    let Listing { standing, parts, contributors, roster, revision, as_of, .. } = listing;
    let totals: Vec<Total> =
        parts.iter().map(|(kpi, _)| Total::of(*kpi, contributors, model)).collect();
    let part = |((kpi, standing), total): (&(KpiId, _), &Total)| {
        part(*kpi, standing, total, listing, model)
    };
    proto::ListContributorsResponse {
        standing: Some(convert::standing(standing, model, roster)),
        parts: parts.iter().zip(&totals).map(part).collect(),
        contributors: contributors[range]
            .iter()
            .map(|one| contributor(one, &totals, listing, (model, sight)))
            .collect(),
        total: contributors.len() as u64,
        next_page_token: Vec::new(),
        revision: revision.0,
        as_of: Some(convert::timestamp(*as_of)),
    }
}

/// What the contributors of a part add up to.
struct Total {
    kpi: KpiId,
    /// None where nothing is added up.
    amount: Option<Decimal>,
    records: i64,
}

impl Total {
    fn of(kpi: KpiId, contributors: &[Contributor], model: &Model) -> Self {
        let of_part = || contributors.iter().filter(|one| one.kpi == kpi);
        let amounts = of_part().filter_map(|one| one.part.amount);
        let sum = amounts.fold(Decimal::ZERO, |sum, amount| sum + amount);
        let adds_up = matches!(
            aggregate(kpi, model),
            Some(Aggregate::Count | Aggregate::Sum(_) | Aggregate::Average(_))
        );
        let records = of_part().map(|one| one.part.records).sum();
        Self { kpi, amount: adds_up.then_some(sum), records }
    }
}

fn aggregate(kpi: KpiId, model: &Model) -> Option<&Aggregate> {
    model.kpi(kpi).simple().map(|simple| &simple.aggregate)
}

fn part(
    kpi: KpiId,
    standing: &paceline_core::board::Standing,
    total: &Total,
    listing: &Listing,
    model: &Model,
) -> proto::ContributorPart {
    let whole = listing.standing.key.kpi;
    let role = match &model.kpi(whole).measure {
        Measure::Simple(_) => proto::PartRole::Whole,
        Measure::Ratio { numerator, .. } if *numerator == kpi => proto::PartRole::Numerator,
        Measure::Ratio { .. } => proto::PartRole::Denominator,
        Measure::Derived(_) => proto::PartRole::Input,
    };
    let aggregate = match aggregate(kpi, model) {
        None => proto::PartAggregate::Unspecified,
        Some(Aggregate::Count) => proto::PartAggregate::Count,
        Some(Aggregate::Sum(_)) => proto::PartAggregate::Sum,
        Some(Aggregate::Average(_)) => proto::PartAggregate::Average,
        Some(Aggregate::Min(_)) => proto::PartAggregate::Min,
        Some(Aggregate::Max(_)) => proto::PartAggregate::Max,
        Some(Aggregate::Median(_)) => proto::PartAggregate::Median,
        Some(Aggregate::P90(_)) => proto::PartAggregate::P90,
        Some(Aggregate::CountDistinct(..)) => proto::PartAggregate::CountDistinct,
    };
    proto::ContributorPart {
        kpi: model.kpi(kpi).name.clone(),
        role: role.into(),
        aggregate: aggregate.into(),
        actual: convert::decimal(standing.numbers.actual),
        amount: convert::decimal(total.amount),
        records: total.records,
    }
}

fn contributor(
    one: &Contributor,
    totals: &[Total],
    listing: &Listing,
    (model, sight): (&Model, &Sight),
) -> proto::Contributor {
    let Contributor { entity, id, kpi, part } = one;
    let total = totals.iter().find(|total| total.kpi == *kpi).and_then(|total| total.amount);
    let credits = part.credits.iter().map(|credit| self::credit(credit, &listing.roster, sight));
    proto::Contributor {
        entity: model.entity(*entity).name.clone(),
        id: id.clone(),
        kpi: model.kpi(*kpi).name.clone(),
        day: part.day.map(|day| day.to_string()).unwrap_or_default(),
        amount: convert::decimal(part.amount),
        value: value(one, listing, model).unwrap_or_default(),
        records: part.records,
        share: part.amount.zip(total).and_then(|(amount, total)| {
            Some(Rational::from(amount).checked_div(&total.into())?.to_f64())
        }),
        credits: credits.collect(),
        converted: part.money.as_ref().map(|money| converted(money, listing)),
        doubts: convert::doubts(part.doubt, false),
    }
}

fn credit(credit: &contributor::Credit, roster: &Roster, sight: &Sight) -> proto::Credit {
    let contributor::Credit { owner, amount, share, overlay } = credit;
    let scope = match roster.rep_of(*owner).map(|rep| roster.rep_scope(rep)) {
        Some(rep) if sight.sees(rep, roster) => roster.name(rep),
        Some(_) => String::new(),
        None if *owner == Symbol::UNKNOWN => String::new(),
        None => "unassigned".to_owned(),
    };
    proto::Credit {
        scope,
        amount: amount.to_string(),
        percent: share.to_string(),
        overlay: *overlay,
    }
}

fn converted(money: &contributor::Money, listing: &Listing) -> proto::Converted {
    let contributor::Money { currency, amount, rate, dated } = money;
    proto::Converted {
        currency: text(*currency, listing),
        amount: amount.to_string(),
        rate: convert::decimal(rate.to_decimal()),
        rate_day: dated.to_string(),
    }
}

fn text(symbol: Symbol, listing: &Listing) -> String {
    listing.texts.get(&symbol).map(|text| text.to_string()).unwrap_or_default()
}

/// The value of a field whose different values are counted.
fn value(one: &Contributor, listing: &Listing, model: &Model) -> Option<String> {
    let Some(Aggregate::CountDistinct(_, kind)) = aggregate(one.kpi, model) else { return None };
    let cell = one.part.value?;
    Some(match kind {
        FieldType::Text => text(Symbol(cell as u32), listing),
        FieldType::Bool => (cell != 0).to_string(),
        FieldType::Int => cell.to_string(),
        FieldType::Decimal => Decimal::from_micros(cell).to_string(),
        FieldType::Date => Day(cell as i32).to_string(),
        FieldType::Timestamp => Timestamp::from_nanosecond(cell).ok()?.to_string(),
    })
}
