//! Goals that fit the people: by role for the ordinary, by rep for the unusual.

use std::fmt::{self, Formatter};

use super::year_start;
use crate::{Organisation, Rep, Role};

/// What an ordinary rep of a role does in a month at an intensity of 100.
struct Usual {
    /// Dollars of new deals, over all whose amount is known.
    pipeline_created: i64,
    /// Dollars open at any time.
    open_pipeline: i64,
    meetings_held: i64,
    tasks_done: i64,
}

fn usual(role: Role) -> Usual {
    match role {
        Role::Ae => Usual {
            pipeline_created: 165_000,
            open_pipeline: 130_000,
            meetings_held: 42,
            tasks_done: 55,
        },
        Role::Sdr => Usual {
            pipeline_created: 24_000,
            open_pipeline: 34_000,
            meetings_held: 15,
            tasks_done: 21,
        },
        Role::Manager => Usual {
            pipeline_created: 65_000,
            open_pipeline: 43_000,
            meetings_held: 16,
            tasks_done: 19,
        },
    }
}

/// Cents of a dollar target, rounded to 500 dollars, as whole dollars.
fn dollars(cents: i64) -> i64 {
    (cents + 25_000) / 50_000 * 500
}

pub(super) fn write(out: &mut Formatter<'_>, organisation: &Organisation) -> fmt::Result {
    let from = year_start(organisation);
    writeln!(out, "goals:")?;
    for role in Role::ALL {
        let who = format!("role: {}", role.name());
        bookings(out, organisation.monthly_bookings(role), &who, &from)?;
        inputs(out, organisation, role, &who, &from)?;
    }
    for rep in organisation.reps().iter().filter(|rep| rep.own_goal) {
        own(out, rep, &from)?;
    }
    writeln!(
        out,
        "  - {{kpi: win_rate, period: quarter, target: 0.16, for: {{role: ae}}, from: {from}}}"
    )
}

fn bookings(out: &mut Formatter<'_>, cents: i64, who: &str, from: &str) -> fmt::Result {
    for (period, months) in [("month", 1), ("quarter", 3)] {
        let target = dollars(cents) * months;
        if target > 0 {
            writeln!(
                out,
                "  - {{kpi: bookings, period: {period}, target: {target}, for: {{{who}}}, from: {from}}}"
            )?;
        }
    }
    Ok(())
}

fn inputs(
    out: &mut Formatter<'_>,
    organisation: &Organisation,
    role: Role,
    who: &str,
    from: &str,
) -> fmt::Result {
    let options = organisation.options();
    let usual = usual(role);
    let mut goals =
        vec![("pipeline_created", usual.pipeline_created), ("open_pipeline", usual.open_pipeline)];
    if options.activities {
        goals.extend([("meetings_held", usual.meetings_held), ("tasks_done", usual.tasks_done)]);
    }
    for (kpi, target) in goals {
        let target = (target * i64::from(options.intensity) / 100).max(1);
        writeln!(
            out,
            "  - {{kpi: {kpi}, period: month, target: {target}, for: {{{who}}}, from: {from}}}"
        )?;
    }
    Ok(())
}

fn own(out: &mut Formatter<'_>, rep: &Rep, from: &str) -> fmt::Result {
    bookings(out, rep.monthly_bookings, &format!("rep: \"{}\"", rep.id), from)
}
