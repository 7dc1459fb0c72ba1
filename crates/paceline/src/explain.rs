//! `paceline explain`: why a number is what it is, told in the terminal: what its goal is made of, how the actual is computed,
//! what moved it, and the greatest of the records behind it.

mod text;

use std::io::{self, Write};

use paceline_client::proto;

use crate::client::{self, Access};
use crate::json::Shape;

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
    let explanation = client.explain_standing(request).await.map_err(client::refusal)?;
    let request = proto::ListContributorsRequest {
        scope,
        kpi,
        period,
        on,
        page_size: records,
        page_token: Vec::new(),
    };
    let page = client.contributors(request).await.map_err(client::refusal)?;
    let told = if json { lines(&explanation, &page)? } else { text::told(&explanation, &page) };
    match io::stdout().lock().write_all(told.as_bytes()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(error.into()),
        Ok(()) | Err(_) => Ok(()),
    }
}

fn lines(
    explanation: &proto::ExplainStandingResponse,
    page: &proto::ListContributorsResponse,
) -> anyhow::Result<String> {
    let first = Shape::of("ExplainStandingResponse")?.line(explanation)?;
    let second = Shape::of("ListContributorsResponse")?.line(page)?;
    Ok(format!("{first}\n{second}\n"))
}
