//! How connections to sites are encrypted.

use rustls::{ClientConfig, crypto::aws_lc_rs};
use rustls_platform_verifier::BuilderVerifierExt;
use std::sync::{Arc, OnceLock};

/// Made when it is needed, once: it reads the certificates of the system.
#[derive(Default)]
pub struct Tls(OnceLock<Arc<ClientConfig>>);

impl Tls {
    pub fn config(&self) -> Result<Arc<ClientConfig>, rustls::Error> {
        if let Some(config) = self.0.get() {
            return Ok(Arc::clone(config));
        }
        let config = make()?;
        Ok(Arc::clone(self.0.get_or_init(|| config)))
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
