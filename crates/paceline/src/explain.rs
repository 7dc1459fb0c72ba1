//! `paceline explain`: why a number is what it is, told in the terminal: what its goal is made of, how the actual is computed,
//! what moved it, and the greatest of the records behind it.
//!
//! The records are asked for by a call of their own. If the standing became another in between, both are asked for again.

mod text;

use std::io::{self, Write};

use paceline_client::proto;

use crate::client::{self, Access};
use crate::json::Shape;

/// How often the explanation and the records are asked for again, as long as they are not of the same numbers.
const AGAIN: usize = 3;

/// What is explained, and how it is told.
#[derive(Clone, Debug)]
pub struct Options {
    /// The server, and what it is shown.
    pub access: Access,
    /// Whose number it is: `rep:U1`, `team:M1`, `org`, `unassigned`.
    pub scope: String,
    /// The KPI.
    pub kpi: String,
    /// The kind of period.
    pub period: String,
    /// A day of the period; none for the one that is running.
    pub on: Option<String>,
    /// The revision after which it is told what moved it; none for as far back as that is known.
    pub since: Option<u64>,
    /// How many records are told at most.
    pub records: u32,
    /// Two JSON objects instead, the explanation and the page of contributors, one a line.
    pub json: bool,
}

/// Explains a standing.
///
/// # Errors
/// [`client::Usage`] and [`client::Refused`]; otherwise the server cannot be asked.
pub async fn run(options: &Options) -> anyhow::Result<()> {
    let client = options.access.client()?;
    let Options { scope, kpi, period, on, since, records, json, .. } = options.clone();
    let on = on.unwrap_or_default();
    let request = proto::ExplainStandingRequest {
        scope: scope.clone(),
        kpi: kpi.clone(),
        period: period.clone(),
        on: on.clone(),
        since_revision: since,
        epoch: String::new(),
    };
    let explain = async || client.explain_standing(request.clone()).await;
    let request = proto::ListContributorsRequest {
        scope,
        kpi,
        period,
        on,
        page_size: records,
        page_token: Vec::new(),
    };
    let list = async || client.contributors(request.clone()).await;
    let (explanation, page) = agreeing(explain, list).await.map_err(client::refusal)?;
    let told = if json { lines(&explanation, &page)? } else { text::told(&explanation, &page) };
    match io::stdout().lock().write_all(told.as_bytes()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(error.into()),
        Ok(()) | Err(_) => Ok(()),
    }
}

/// An explanation and the records behind it, of the same numbers unless these become others all the time.
async fn agreeing<E>(
    explain: impl AsyncFn() -> Result<proto::ExplainStandingResponse, E>,
    list: impl AsyncFn() -> Result<proto::ListContributorsResponse, E>,
) -> Result<(proto::ExplainStandingResponse, proto::ListContributorsResponse), E> {
    let (mut explanation, mut page) = (explain().await?, list().await?);
    for _ in 0..AGAIN {
        // The older of both first: often the other is right already.
        if !agree(&explanation, &page) {
            explanation = explain().await?;
        }
        if !agree(&explanation, &page) {
            page = list().await?;
        }
    }
    Ok((explanation, page))
}

/// Whether the standing has not changed between an explanation and the listing of its records.
fn agree(
    explanation: &proto::ExplainStandingResponse,
    page: &proto::ListContributorsResponse,
) -> bool {
    let standing = |standing: &Option<proto::Standing>| {
        standing.as_ref().map(|standing| (standing.period.clone(), standing.revision))
    };
    standing(&explanation.standing) == standing(&page.standing)
}

fn lines(
    explanation: &proto::ExplainStandingResponse,
    page: &proto::ListContributorsResponse,
) -> anyhow::Result<String> {
    let first = Shape::of("ExplainStandingResponse")?.line(explanation)?;
    let second = Shape::of("ListContributorsResponse")?.line(page)?;
    Ok(format!("{first}\n{second}\n"))
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::{AGAIN, agreeing, proto};

    fn standing(revision: u64) -> Option<proto::Standing> {
        Some(proto::Standing { revision, ..proto::Standing::default() })
    }

    /// What is told of a standing that is another at each of the first calls, and how many calls that took.
    async fn told(moving: u64) -> (u64, u64, u64) {
        let calls = Cell::new(0_u64);
        let revision = || {
            calls.set(calls.get() + 1);
            calls.get().min(moving)
        };
        let explain = async || {
            let standing = standing(revision());
            Ok::<_, ()>(proto::ExplainStandingResponse { standing, ..Default::default() })
        };
        let list = async || {
            let standing = standing(revision());
            Ok(proto::ListContributorsResponse { standing, ..Default::default() })
        };
        let (explanation, page) = agreeing(explain, list).await.expect("answers");
        let of = |standing: Option<proto::Standing>| standing.expect("a standing").revision;
        (of(explanation.standing), of(page.standing), calls.get())
    }

    #[tokio::test]
    async fn both_are_asked_for_again_until_they_are_of_the_same_numbers() {
        assert_eq!(told(1).await, (1, 1, 2), "one that does not change takes two calls");
        assert_eq!(told(2).await, (2, 2, 3), "the explanation was the older one");
        assert_eq!(told(3).await, (3, 3, 4));
        let most = 2 + 2 * AGAIN as u64;
        assert_eq!(told(u64::MAX).await, (most - 1, most, most), "some time is the last");
    }
}
