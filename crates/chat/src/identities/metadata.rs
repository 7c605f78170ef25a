//! What a provider says of itself (OpenID Connect Discovery), and the requests to it.

use super::{
    fault::Fault,
    provider::{ClientAuth, ProviderConfig},
};
use crate::accounts::{
    issuer_client::{client, parse_address, read},
    key_set::{KeySet, KeySetAddress},
};
use jsonwebtoken::Algorithm;
use reqwest::{RequestBuilder, Url};
use serde::{Deserialize, de::DeserializeOwned};

/// Algorithms of ID tokens and logout tokens: those with public keys. With a secret (HS256), whoever has the client's
/// could sign for the provider; without one (`none`), everybody could.
const ALGORITHMS: [Algorithm; 9] = [
    Algorithm::RS256,
    Algorithm::RS384,
    Algorithm::RS512,
    Algorithm::PS256,
    Algorithm::PS384,
    Algorithm::PS512,
    Algorithm::ES256,
    Algorithm::ES384,
    Algorithm::EdDSA,
];

#[derive(Deserialize)]
struct Document {
    issuer: String,
    authorization_endpoint: String,
    token_endpoint: String,
    jwks_uri: String,
    userinfo_endpoint: Option<String>,
    end_session_endpoint: Option<String>,
    #[serde(default)]
    authorization_response_iss_parameter_supported: bool,
    token_endpoint_auth_methods_supported: Option<Vec<String>>,
}

/// Characters of what a provider says that are logged.
const MAX_LOGGED: usize = 200;

#[derive(Debug)]
pub struct Metadata {
    pub authorization: Url,
    pub token: Url,
    pub userinfo: Option<Url>,
    pub end_session: Option<Url>,
    /// Whether every answer has the parameter `iss` (RFC 9207).
    pub names_issuer: bool,
    /// Never `ClientAuth::Discovered`.
    pub client_auth: ClientAuth,
    pub key_address: Url,
    pub keys: KeySet,
}

impl Metadata {
    /// Fetches it. The keys of earlier metadata are kept where they have the same address.
    pub async fn discover(config: &ProviderConfig, earlier: Option<&Self>) -> Result<Self, Fault> {
        let base = config.issuer.trim_end_matches('/');
        let address = format!("{base}/.well-known/openid-configuration");
        let document: Document = fetch(client()?.get(address)).await?;
        // Whoever answers for another issuer could have its tokens taken here (Discovery, 4.3).
        if document.issuer != config.issuer {
            return Err(Fault::OtherIssuer {
                found: document.issuer.chars().take(MAX_LOGGED).collect(),
                configured: config.issuer.clone(),
            });
        }
        let url = |text: &str| {
            parse_address(text)
                .map_err(|_| Fault::Malformed("an address of the discovery document"))
        };
        let key_address = url(&document.jwks_uri)?;
        let kept = earlier.filter(|it| it.key_address == key_address);
        let keys = kept.map_or_else(|| key_set(&key_address, config), |it| it.keys.clone());
        Ok(Self {
            authorization: url(&document.authorization_endpoint)?,
            token: url(&document.token_endpoint)?,
            userinfo: document.userinfo_endpoint.as_deref().map(url).transpose()?,
            end_session: document
                .end_session_endpoint
                .as_deref()
                .map(url)
                .transpose()?,
            names_issuer: document.authorization_response_iss_parameter_supported,
            client_auth: client_auth(config, document.token_endpoint_auth_methods_supported),
            key_address,
            keys,
        })
    }
}

fn key_set(address: &Url, config: &ProviderConfig) -> KeySet {
    let mut address = KeySetAddress::of(address.clone());
    address.pause = config.keys_pause;
    KeySet::new(address, &ALGORITHMS)
}

/// A provider that does not say takes `client_secret_basic` (Discovery, 3).
fn client_auth(config: &ProviderConfig, supported: Option<Vec<String>>) -> ClientAuth {
    let takes_basic =
        supported.is_none_or(|methods| methods.iter().any(|it| it == "client_secret_basic"));
    match config.client_auth {
        ClientAuth::Discovered if takes_basic => ClientAuth::Basic,
        ClientAuth::Discovered => ClientAuth::Post,
        chosen => chosen,
    }
}

/// Sends a request, and reads its answer as JSON. A redirect is no answer.
pub async fn fetch<T: DeserializeOwned>(request: RequestBuilder) -> Result<T, Fault> {
    #[derive(Deserialize)]
    struct Refusal {
        error: String,
    }
    let response = request.header("accept", "application/json").send().await?;
    let status = response.status();
    if status.is_server_error() {
        return Err(Fault::Away(match response.error_for_status() {
            Ok(_) => return Err(Fault::Status(status.as_u16())),
            Err(error) => error.into(),
        }));
    }
    let body = read(response).await?;
    if !status.is_success() {
        return Err(match serde_json::from_slice::<Refusal>(&body) {
            Ok(refusal) => Fault::Refused(refusal.error.chars().take(MAX_LOGGED).collect()),
            Err(_) => Fault::Status(status.as_u16()),
        });
    }
    serde_json::from_slice(&body).map_err(|_| Fault::Malformed("the provider's answer"))
}
