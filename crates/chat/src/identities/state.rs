//! The providers of this server, and what each has said of itself.

use super::{
    fault::Fault,
    metadata::Metadata,
    provider::{ProviderConfig, SingleSignOn},
};
use crate::{Error, Result, public_url::PublicUrl};
use std::{
    sync::Arc,
    time::{Duration, Instant},
};
use tokio::sync::Mutex;

/// Age at which what a provider has said of itself is asked for again.
const REFRESH: Duration = Duration::from_hours(1);

/// The pause after a provider has not answered, in which nobody waits for it.
const PAUSE: Duration = Duration::from_secs(5);

pub(crate) struct Providers {
    list: Vec<Arc<Provider>>,
    public_url: Option<PublicUrl>,
    pub passwords: bool,
}

pub(crate) struct Provider {
    pub config: ProviderConfig,
    /// Held while it is asked for, so that it is asked for once.
    discovered: Mutex<Discovered>,
}

#[derive(Default)]
struct Discovered {
    metadata: Option<Arc<Metadata>>,
    fetched_at: Option<Instant>,
    failed_at: Option<Instant>,
}

impl Providers {
    pub fn new(settings: SingleSignOn) -> Self {
        let provider = |config| {
            Arc::new(Provider {
                config,
                discovered: Mutex::default(),
            })
        };
        Self {
            list: settings.providers.into_iter().map(provider).collect(),
            public_url: settings.public_url,
            passwords: settings.passwords,
        }
    }

    pub fn iter(&self) -> impl Iterator<Item = &Arc<Provider>> {
        self.list.iter()
    }

    pub fn find(&self, id: &str) -> Option<&Arc<Provider>> {
        self.list.iter().find(|it| it.config.id == id)
    }

    pub fn of_issuer(&self, issuer: &str) -> Option<&Arc<Provider>> {
        self.list.iter().find(|it| it.config.issuer == issuer)
    }

    /// What people call an issuer; itself, where it is configured no more.
    pub fn label(&self, issuer: String) -> String {
        self.of_issuer(&issuer)
            .map_or(issuer, |it| it.config.label.clone())
    }

    /// An address of this server, as people and providers reach it.
    pub fn own_address(&self, path: &str) -> Result<String> {
        let base = self.public_url.as_ref();
        let base = base.ok_or_else(|| Error::internal("PUBLIC_URL is not set"))?;
        Ok(base.link(path))
    }
}

impl Provider {
    /// What the provider says of itself, asked for when it is needed: a server starts without its providers. While one
    /// does not answer, what it has said before counts.
    pub async fn metadata(&self) -> Result<Arc<Metadata>, Fault> {
        let mut state = self.discovered.lock().await;
        let is_recent = |at: Option<Instant>, age| at.is_some_and(|it| it.elapsed() < age);
        let is_fresh = is_recent(state.fetched_at, REFRESH);
        if is_fresh || is_recent(state.failed_at, PAUSE) {
            return state.metadata.clone().ok_or(Fault::NotDiscovered);
        }
        match Metadata::discover(&self.config, state.metadata.as_deref()).await {
            Ok(metadata) => {
                let metadata = Arc::new(metadata);
                state.metadata = Some(Arc::clone(&metadata));
                (state.fetched_at, state.failed_at) = (Some(Instant::now()), None);
                Ok(metadata)
            }
            Err(fault) => {
                state.failed_at = Some(Instant::now());
                let Some(earlier) = state.metadata.clone() else {
                    return Err(fault);
                };
                let provider = self.config.id.as_str();
                tracing::warn!(provider, %fault, "a provider's configuration could not be refreshed");
                Ok(earlier)
            }
        }
    }

    /// The path below which everything of this provider is.
    pub fn path(&self, rest: &str) -> String {
        format!("/sso/{}/{rest}", self.config.id)
    }
}
