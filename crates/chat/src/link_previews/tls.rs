//! How connections to sites are encrypted.

use rustls::{ClientConfig, crypto::aws_lc_rs};
use rustls_platform_verifier::BuilderVerifierExt;
use std::sync::{
    Arc, OnceLock,
    atomic::{AtomicBool, Ordering},
};

/// Made when it is needed, once: it reads the certificates of the system.
#[derive(Default)]
pub struct Tls {
    config: OnceLock<Arc<ClientConfig>>,
    /// Whether the log has it that there is none.
    is_missed: AtomicBool,
}

impl Tls {
    pub fn config(&self) -> Result<Arc<ClientConfig>, rustls::Error> {
        if let Some(config) = self.config.get() {
            return Ok(Arc::clone(config));
        }
        let config = make().inspect_err(|error| {
            if !self.is_missed.swap(true, Ordering::Relaxed) {
                tracing::warn!(%error, "https links have no previews: no certificates can be read");
            }
        })?;
        Ok(Arc::clone(self.config.get_or_init(|| config)))
    }
}

/// The certificates of sites are checked by those of the system.
fn make() -> Result<Arc<ClientConfig>, rustls::Error> {
    let provider = Arc::new(aws_lc_rs::default_provider());
    let mut config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_platform_verifier()?
        .with_no_client_auth();
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(Arc::new(config))
}

#[cfg(test)]
mod tests {
    use super::Tls;

    #[test]
    fn it_is_for_one_version_of_http() {
        let config = Tls::default().config().unwrap();
        assert_eq!(config.alpn_protocols, [b"http/1.1"]);
    }
}
