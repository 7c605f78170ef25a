//! A code becomes an ID token, and that a person.

use super::{
    attempt::Attempt,
    fault::Fault,
    metadata::{Metadata, fetch},
    person::Person,
    provider::{ClientAuth, ProviderConfig},
    provider_token::{Claims, subject, text, verify_id_token},
};
use crate::accounts::issuer_client::client;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Deserialize;

/// Bytes of the longest code.
const MAX_CODE_BYTES: usize = 8 * 1024;

#[derive(Deserialize)]
struct Tokens {
    id_token: String,
    #[serde(default)]
    access_token: String,
}

/// Who the code is of. It is good once, which is for the provider to hold.
pub async fn exchange(
    code: &str,
    redirect_uri: &str,
    attempt: &Attempt,
    config: &ProviderConfig,
    metadata: &Metadata,
) -> Result<Person, Fault> {
    if code.is_empty() || code.len() > MAX_CODE_BYTES {
        return Err(Fault::Malformed("the code"));
    }
    let tokens = tokens(code, redirect_uri, attempt, config, metadata).await?;
    let mut claims = verify_id_token(&tokens.id_token, &attempt.nonce, config, metadata).await?;
    let subject = subject(&claims)?.to_owned();
    if let Some(address) = metadata.userinfo.as_ref().filter(|_| config.userinfo) {
        let request = client()?.get(address.clone());
        let more: Claims = fetch(request.bearer_auth(&tokens.access_token)).await?;
        // An access token that was put in the place of another one (OpenID Connect Core, 5.3.2).
        if text(&more, "sub") != Some(subject.as_str()) {
            return Err(Fault::Wrong("sub of the userinfo"));
        }
        for (name, value) in more {
            claims.entry(name).or_insert(value);
        }
    }
    Ok(Person::read(&claims, &subject, config))
}

async fn tokens(
    code: &str,
    redirect_uri: &str,
    attempt: &Attempt,
    config: &ProviderConfig,
    metadata: &Metadata,
) -> Result<Tokens, Fault> {
    let mut form = vec![
        ("grant_type", "authorization_code"),
        ("code", code),
        ("redirect_uri", redirect_uri),
        ("code_verifier", attempt.verifier.as_str()),
    ];
    let mut request = client()?.post(metadata.token.clone());
    match (&config.client_secret, metadata.client_auth) {
        (Some(secret), ClientAuth::Post) => {
            form.push(("client_id", &config.client_id));
            form.push(("client_secret", &secret.0));
        }
        // Both are encoded before (RFC 6749, 2.3.1).
        (Some(secret), _) => {
            let encoded = |text: &str| utf8_percent_encode(text, NON_ALPHANUMERIC).to_string();
            let secret = encoded(&secret.0);
            request = request.basic_auth(encoded(&config.client_id), Some(secret));
        }
        (None, _) => form.push(("client_id", &config.client_id)),
    }
    fetch(request.form(&form)).await
}
