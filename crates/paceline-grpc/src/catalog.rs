//! The service of the catalog: what can be asked for, and how fresh it is.

use tonic::{Request, Response, Status};

use crate::convert;
use crate::proto;
use crate::proto::catalog_service_server::CatalogService;
use crate::served::Served;
use crate::who::Principal;

/// The service of the catalog.
#[derive(Debug)]
pub(crate) struct Catalog {
    served: Served,
}

impl Catalog {
    pub(crate) fn new(served: Served) -> Self {
        Self { served }
    }
}

#[tonic::async_trait]
impl CatalogService for Catalog {
    async fn list_kpis(
        &self,
        request: Request<proto::ListKpisRequest>,
    ) -> Result<Response<proto::ListKpisResponse>, Status> {
        Principal::of(request.extensions())?;
        let kpis = self.served.live.model().kpis.iter().map(convert::kpi).collect();
        Ok(Response::new(proto::ListKpisResponse { kpis }))
    }

    async fn list_scopes(
        &self,
        request: Request<proto::ListScopesRequest>,
    ) -> Result<Response<proto::ListScopesResponse>, Status> {
        let principal = Principal::of(request.extensions())?;
        let roster = self.served.live.roster();
        let horizon = principal.sight.horizon(&roster);
        let seen = roster.scope_ids().filter(|id| horizon.sees(*id, roster.above(*id)));
        let scopes = seen.filter_map(|id| convert::scope(id, &roster, &horizon)).collect();
        Ok(Response::new(proto::ListScopesResponse { scopes }))
    }

    async fn get_freshness(
        &self,
        request: Request<proto::GetFreshnessRequest>,
    ) -> Result<Response<proto::GetFreshnessResponse>, Status> {
        let principal = Principal::of(request.extensions())?;
        let live = &self.served.live;
        let causes = live.freshness().causes();
        Ok(Response::new(proto::GetFreshnessResponse {
            sources: live.freshness().sources().iter().map(convert::source).collect(),
            complete: causes.is_empty(),
            causes: convert::causes(&causes, live.model(), &principal.sight),
            revision: live.revision().0,
            as_of: Some(convert::timestamp((self.served.clock)())),
        }))
    }
}
