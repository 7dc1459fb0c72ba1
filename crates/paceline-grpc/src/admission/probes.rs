//! Probes: what is asked about the health, by nobody known. It has places of its own, so that it takes nothing from anybody else
//! and is answered also when everything else is taken.

use std::net::{IpAddr, Ipv4Addr};

use axum::extract::Request;
use axum::middleware::Next;
use axum::response::Response;
use tonic::{Extensions, Status};

use super::slow::Slow;
use super::{answer, asked};
use crate::call::Peer;
use crate::errors;
use crate::limits::Limits;
use crate::places::Place;
use crate::server::{Addresses, Busy, Network};

/// Streams at a time.
const STREAMS: usize = 1_000;
/// Of those from one address, which is as many as most have connections.
const STREAMS_OF_ADDRESS: usize = 250;
/// Requests at a time that have come in half, and answers of some bytes that wait to be taken.
const HALVES: usize = 64;
const ANSWERS: usize = 64;

/// The places of probes.
#[derive(Debug)]
pub(super) struct Probes {
    streams: Addresses,
    halves: Slow,
    answers: Slow,
}

impl Probes {
    pub(super) fn new(limits: &Limits) -> Self {
        Self {
            streams: Addresses::new(STREAMS, STREAMS_OF_ADDRESS, STREAMS),
            halves: Slow::new(HALVES, limits.head),
            answers: Slow::new(ANSWERS, limits.patience),
        }
    }

    /// Lets through what is answered at once.
    pub(super) async fn check(&self, request: Request, next: Next) -> Result<Response, Status> {
        let busy = request.extensions().get::<Busy>().cloned();
        let request = asked::whole(request, &self.halves).await?;
        Ok(answer::kept(next.run(request).await, busy, &self.answers).await)
    }

    /// Lets a stream through.
    pub(super) async fn watch(&self, request: Request, next: Next) -> Result<Response, Status> {
        let busy = request.extensions().get::<Busy>().cloned();
        let request = asked::whole(request, &self.halves).await?;
        let place = self.place(request.extensions()).ok_or_else(errors::too_many_streams)?;
        Ok(answer::holding(next.run(request).await, (busy, place)))
    }

    /// A place for a stream from where a request comes from. Those of which that is not known share an address that nobody has.
    fn place(&self, extensions: &Extensions) -> Option<Place<Network>> {
        let nowhere = IpAddr::from(Ipv4Addr::UNSPECIFIED);
        self.streams.enter(extensions.get::<Peer>().map_or(nowhere, |peer| peer.0.ip()))
    }
}

#[cfg(test)]
mod tests {
    use tonic::Extensions;

    use super::Probes;
    use crate::call::Peer;
    use crate::limits::Limits;

    #[test]
    fn no_address_but_that_of_a_proxy_has_all_streams() {
        let probes = Probes::new(&Limits::default());
        let enter = |address: &str| {
            let mut extensions = Extensions::new();
            extensions.insert(Peer(address.parse().expect("an address")));
            probes.place(&extensions)
        };
        let taken = |address: &str| (0..1_001).filter_map(|_| enter(address)).collect::<Vec<_>>();
        for (address, most) in
            [("192.0.2.1:1", 250), ("[2001:db8::1]:1", 250), ("127.0.0.1:1", 1_000)]
        {
            assert_eq!(taken(address).len(), most, "{address}");
        }
        let _of_one = taken("192.0.2.1:1");
        assert!(enter("192.0.2.2:1").is_some(), "there are places for others");
    }
}
