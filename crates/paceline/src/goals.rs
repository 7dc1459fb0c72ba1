//! `paceline goals`: goals of a running server, set, listed, removed and imported from the shell.

mod import;
mod list;

use std::io::{self, Write};
use std::path::Path;

use anyhow::Context;
use paceline_client::{Client, proto};

use crate::client::{self, Access, Usage};

/// Which server, and who asks it.
#[derive(Clone, Debug, Default)]
pub struct Server {
    /// The server, and what it is shown.
    pub access: Access,
    /// Who edits; the server calls whoever does not say it anonymous.
    pub who: Option<String>,
}

/// A goal as flags say it; the server reads the values.
#[derive(Clone, Debug, Default)]
pub struct Flags {
    /// The goal that is replaced; none for a new one.
    pub id: Option<String>,
    /// The KPI.
    pub kpi: String,
    /// The kind of period.
    pub period: String,
    /// What is to be reached or held.
    pub target: String,
    /// Whose goal it is.
    pub whose: String,
    /// The first day.
    pub from: Option<String>,
    /// The last day.
    pub until: Option<String>,
    /// `3:0.25,6:0.6`: the months that steps end with, and their shares.
    pub ramp: Option<String>,
    /// Whether only days count on which a rep is there.
    pub presence: bool,
    /// `month:0.25,0.3,0.45`: the parts, and their shares.
    pub curve: Option<String>,
}

/// Which goals are listed.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// The KPIs; none is all.
    pub kpis: Vec<String>,
    /// Whose; none is all.
    pub whose: Vec<String>,
    /// One JSON object a goal instead of a table.
    pub json: bool,
}

/// Sets a goal, and tells what it is.
///
/// # Errors
/// [`Usage`] and [`client::Refused`]; otherwise the server cannot be asked.
pub async fn set(server: &Server, flags: &Flags) -> anyhow::Result<()> {
    let asker = Asker::new(server)?;
    let (id, terms) = (flags.id.clone().unwrap_or_default(), flags.terms()?);
    let (goal, revision) = asker.set(id, terms).await?;
    say(&format!("{} set by edit {}, in effect since revision {revision}\n", goal.id, goal.edit))?;
    if !goal.without_effect.is_empty() {
        say(&format!("note: it has no effect yet: {}\n", goal.without_effect))?;
    }
    Ok(())
}

/// Lists goals.
///
/// # Errors
/// [`Usage`] and [`client::Refused`]; otherwise the server cannot be asked.
pub async fn list(server: &Server, filter: &Filter) -> anyhow::Result<()> {
    let goals = Asker::new(server)?.list(filter.kpis.clone(), filter.whose.clone()).await?;
    say(&if filter.json { list::json(&goals)? } else { list::table(&goals) })
}

/// Deletes a goal.
///
/// # Errors
/// [`Usage`] and [`client::Refused`]; otherwise the server cannot be asked.
pub async fn remove(server: &Server, id: &str) -> anyhow::Result<()> {
    let asker = Asker::new(server)?;
    let request = proto::DeleteGoalRequest { id: id.to_owned(), expected_edit: None };
    let deleted = asker.client.delete_goal(request).await.map_err(client::refusal)?;
    say(&format!("{id} deleted, since revision {}\n", deleted.revision))
}

/// Sets the goals of a CSV file, of which every line is checked before the first is sent.
///
/// # Errors
/// [`Usage`]: the file cannot be used, with all that is wrong with it; otherwise like [`set`].
pub async fn import(server: &Server, path: &Path) -> anyhow::Result<()> {
    let asker = Asker::new(server)?;
    let name = path.display().to_string();
    let text = std::fs::read_to_string(path)
        .map_err(|error| Usage(format!("`{name}` cannot be read: {error}")))?;
    let kpis = asker.kpis().await?;
    let lines = import::read(&text, &kpis).map_err(|mistakes| {
        let told: Vec<String> = mistakes.iter().map(|mistake| mistake.told(&name)).collect();
        Usage(format!("nothing of `{name}` is imported\n{}", told.join("\n")))
    })?;
    let known = asker.list(Vec::new(), Vec::new()).await?;
    let mut counts = [0, 0, 0];
    for line in &lines {
        let outcome = import::send(&asker, line, &known).await.with_context(|| {
            format!("{name}:{}: not imported, and nothing after it; run it again", line.line)
        })?;
        counts[outcome as usize] += 1;
    }
    let [new, edited, unchanged] = counts;
    say(&format!("{new} set, {edited} edited, {unchanged} as they were\n"))
}

/// Asks a server.
struct Asker {
    client: Client,
}

impl Asker {
    fn new(server: &Server) -> anyhow::Result<Self> {
        let client = server.access.client()?;
        let client = match &server.who {
            Some(who) => client.with_actor(who).map_err(client::refusal)?,
            None => client,
        };
        Ok(Self { client })
    }

    async fn set(&self, id: String, terms: proto::GoalTerms) -> anyhow::Result<(proto::Goal, u64)> {
        let request = proto::SetGoalRequest { id, goal: Some(terms), expected_edit: None };
        let response = self.client.set_goal(request).await.map_err(client::refusal)?;
        let proto::SetGoalResponse { goal, revision } = response;
        Ok((goal.context("the server answered without the goal")?, revision))
    }

    async fn list(
        &self,
        kpis: Vec<String>,
        whose: Vec<String>,
    ) -> anyhow::Result<Vec<proto::Goal>> {
        let request = proto::ListGoalsRequest { kpis, r#for: whose, scopes: Vec::new() };
        self.client.list_goals(request).await.map_err(client::refusal)
    }

    async fn kpis(&self) -> anyhow::Result<Vec<proto::Kpi>> {
        self.client.kpis().await.map_err(client::refusal)
    }
}

impl Flags {
    fn terms(&self) -> Result<proto::GoalTerms, Usage> {
        Ok(proto::GoalTerms {
            kpi: self.kpi.clone(),
            period: self.period.clone(),
            target: self.target.clone(),
            r#for: self.whose.clone(),
            from: self.from.clone().unwrap_or_default(),
            until: self.until.clone().unwrap_or_default(),
            ramp: self.ramp.as_deref().map(ramp).transpose()?.unwrap_or_default(),
            presence: self.presence,
            curve: self.curve.as_deref().map(curve).transpose()?,
        })
    }
}

/// Reads `3:0.25,6:0.6`.
fn ramp(text: &str) -> Result<Vec<proto::RampStep>, Usage> {
    let refused = || Usage(format!("`{text}` is no ramp: write months and shares, 3:0.25,6:0.6"));
    let step = |step: &str| {
        let (months, share) = step.split_once(':').ok_or_else(refused)?;
        let until_month = months.trim().parse().map_err(|_| refused())?;
        Ok(proto::RampStep { until_month, share: share.trim().to_owned() })
    };
    text.split(',').map(step).collect()
}

/// Reads `month:0.25,0.3,0.45`.
fn curve(text: &str) -> Result<proto::GoalCurve, Usage> {
    let refused =
        || Usage(format!("`{text}` is no curve: write the parts and shares, month:0.25,0.3,0.45"));
    let (by, shares) = text.split_once(':').ok_or_else(refused)?;
    let shares = shares.split(',').map(|share| share.trim().to_owned()).collect();
    Ok(proto::GoalCurve { by: by.trim().to_owned(), shares })
}

/// Prints; a reader that stopped reading has read enough.
fn say(text: &str) -> anyhow::Result<()> {
    match io::stdout().lock().write_all(text.as_bytes()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(error.into()),
        Ok(()) | Err(_) => Ok(()),
    }
}
