//! Who is let in: what the config says of tokens and certificates, ready to be asked.

use std::sync::Arc;
use std::time::Duration;

use paceline_auth::{Authenticator, Certificates};
use paceline_grpc::{Identify, Secured};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use crate::client::Usage;
use crate::clock::Clock;
use crate::config::Config;

/// What lets clients in.
pub(super) struct Access {
    /// What finds out who asks; everybody may ask everything without.
    pub(super) identify: Option<Arc<dyn Identify>>,
    certificates: Option<(Certificates, Duration)>,
}

impl Access {
    /// Gets ready what the config says.
    ///
    /// # Errors
    /// [`Usage`]: a file of keys or certificates cannot be used.
    pub(super) fn new(config: &Config) -> Result<Self, Usage> {
        let certificates = config.server.tls.as_ref().map(|tls| {
            let certificates = Certificates::read(tls.files.clone());
            certificates.map(|certificates| (certificates, tls.reload))
        });
        let certificates =
            certificates.transpose().map_err(|error| Usage(format!("server.tls: {error}")))?;
        let identify = config.auth.as_ref().map(|auth| {
            let (tokens, certificates) = (auth.tokens.clone(), auth.certificates.clone());
            // Credentials expire by the wall clock, whatever the engine's says.
            Authenticator::new(tokens, certificates, Clock::System.shared())
        });
        let identify = identify.transpose().map_err(|error| Usage(format!("auth: {error}")))?;
        let identify = identify.map(|identify| Arc::new(identify) as Arc<dyn Identify>);
        Ok(Self { identify, certificates })
    }

    /// How connections are secured, if they are.
    pub(super) fn secured(&self) -> Option<watch::Receiver<Secured>> {
        self.certificates.as_ref().map(|(certificates, _)| certificates.secured())
    }

    /// Takes certificates that change, until told to stop.
    pub(super) async fn keep(self, stop: CancellationToken) -> anyhow::Result<()> {
        match self.certificates {
            Some((certificates, every)) => {
                certificates.keep(every, Clock::System.shared(), stop).await;
            }
            None => stop.cancelled().await,
        }
        Ok(())
    }
}
