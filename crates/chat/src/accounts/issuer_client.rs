//! The HTTP client of issuers: of their keys, and of what providers of OpenID Connect say.

use reqwest::{Client, Response, Url, redirect::Policy};
use std::{net::IpAddr, sync::OnceLock, time::Duration};

/// Time until a request is given up, its answer included.
const TIMEOUT: Duration = Duration::from_secs(5);

/// Bytes of the longest answer.
const MAX_BYTES: usize = 256 * 1024;

#[derive(Debug, thiserror::Error)]
pub enum IssuerError {
    #[error("{0}")]
    Http(#[from] reqwest::Error),
    #[error("the answer has more than {MAX_BYTES} bytes")]
    TooLong,
}

/// One client for all issuers. It follows no redirect, which could lead to an address that the operator
/// has not set.
pub fn client() -> Result<&'static Client, reqwest::Error> {
    static CLIENT: OnceLock<Client> = OnceLock::new();
    if let Some(client) = CLIENT.get() {
        return Ok(client);
    }
    let client = Client::builder()
        .redirect(Policy::none())
        .timeout(TIMEOUT)
        .user_agent(concat!("parlance/", env!("CARGO_PKG_VERSION")))
        .build()?;
    Ok(CLIENT.get_or_init(|| client))
}

/// The body of an answer.
pub async fn read(mut response: Response) -> Result<Vec<u8>, IssuerError> {
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await? {
        if body.len() + chunk.len() > MAX_BYTES {
            return Err(IssuerError::TooLong);
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

/// An address of an issuer: `https`, or `http` of this machine.
pub fn parse_address(text: &str) -> Result<Url, String> {
    let url: Url = text.parse().map_err(|_| "is no URL".to_owned())?;
    let host = url.host_str().unwrap_or_default();
    let address = host.trim_start_matches('[').trim_end_matches(']');
    let is_loopback =
        host == "localhost" || address.parse::<IpAddr>().is_ok_and(|it| it.is_loopback());
    match url.scheme() {
        "https" => Ok(url),
        "http" if is_loopback => Ok(url),
        _ => Err("must begin with https://".to_owned()),
    }
}
