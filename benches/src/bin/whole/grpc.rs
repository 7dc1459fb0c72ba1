//! What a caught-up paceline says: how much it has counted, and the organisation's numbers.

use anyhow::{Context as _, ensure};
use paceline_benches::config::KPIS;
use paceline_benches::yardstick::{Month, Totals, cents};
use paceline_client::proto::catalog_service_client::CatalogServiceClient;
use paceline_client::proto::standings_service_client::StandingsServiceClient;
use paceline_client::proto::{GetFreshnessRequest, GetStandingsRequest, Selector, Standing};
use tokio::runtime::{Builder, Runtime};

/// A client of one paceline.
pub(crate) struct Client {
    runtime: Runtime,
    address: String,
}

impl Client {
    pub(crate) fn new(address: &str) -> anyhow::Result<Self> {
        let runtime = Builder::new_current_thread().enable_all().build()?;
        Ok(Self { runtime, address: format!("http://{address}") })
    }

    /// How many events are counted, which have to be all there are, and all readable.
    pub(crate) fn counted(&self) -> anyhow::Result<u64> {
        let freshness = self.runtime.block_on(async {
            let mut client = CatalogServiceClient::connect(self.address.clone()).await?;
            anyhow::Ok(client.get_freshness(GetFreshnessRequest {}).await?.into_inner())
        })?;
        ensure!(freshness.complete, "paceline is not complete: {:?}", freshness.causes);
        let mut counted = 0;
        for partition in freshness.sources.iter().flat_map(|source| &source.partitions) {
            let whole = partition.next_offset == partition.end_offset && partition.rejected == 0;
            ensure!(whole, "a partition is not counted in full: {partition:?}");
            counted += u64::try_from(partition.next_offset)?;
        }
        Ok(counted)
    }

    /// The organisation's totals of the months from one to another, and of now.
    pub(crate) fn totals(&self, first: Month, last: Month) -> anyhow::Result<Totals> {
        let mut totals = Totals::default();
        self.add(&mut totals, Month::NONE)?;
        for month in first.0..=last.0 {
            self.add(&mut totals, Month(month))?;
        }
        Ok(totals)
    }

    /// A stock is asked for as it is now, flows for each month.
    fn add(&self, totals: &mut Totals, month: Month) -> anyhow::Result<()> {
        let on = month.first_day().unwrap_or_default();
        let kpis = KPIS
            .iter()
            .enumerate()
            .filter(|(_, name)| (**name == "open_pipeline") == on.is_empty());
        let kpis: Vec<usize> = kpis.map(|(kpi, _)| kpi).collect();
        for standing in self.standings(&kpis, on)? {
            let kpi = KPIS
                .iter()
                .position(|name| *name == standing.kpi)
                .context("a KPI nobody asked for")?;
            let cents =
                cents(&standing.actual).with_context(|| format!("no amount: {standing:?}"))?;
            totals.add(kpi, month, cents);
        }
        Ok(())
    }

    fn standings(&self, kpis: &[usize], on: String) -> anyhow::Result<Vec<Standing>> {
        let selector = Selector {
            scopes: vec!["org".to_owned()],
            kpis: kpis.iter().map(|kpi| KPIS[*kpi].to_owned()).collect(),
            ..Selector::default()
        };
        let request = GetStandingsRequest { selector: Some(selector), on };
        self.runtime.block_on(async {
            let mut client = StandingsServiceClient::connect(self.address.clone()).await?;
            Ok(client.get_standings(request).await?.into_inner().standings)
        })
    }
}
