//! Tokens that a provider has signed: what ID tokens and logout tokens have in common, and what only one of them has.

use super::{fault::Fault, metadata::Metadata, provider::ProviderConfig};
use crate::accounts::token::Token;
use serde_json::{Map, Value};
use time::OffsetDateTime;

/// Seconds by which the clocks of a provider and of this server may differ.
const LEEWAY: i64 = 60;

/// Bytes of the longest subject (OpenID Connect Core, 2), and of ids of a provider's sessions.
const MAX_ID_BYTES: usize = 255;

/// Seconds for which a logout token is good, whatever it says itself.
const LOGOUT_AGE: i64 = 300;

/// The member of `events` that makes a logout token.
const LOGOUT_EVENT: &str = "http://schemas.openid.net/event/backchannel-logout";

pub type Claims = Map<String, Value>;

/// The claims of an ID token, as an answer to a sign-in that has sent this nonce (OpenID Connect Core, 3.1.3.7).
pub async fn verify_id_token(
    token: &str,
    nonce: &str,
    config: &ProviderConfig,
    metadata: &Metadata,
) -> Result<Claims, Fault> {
    let claims = verify(token, config, metadata).await?;
    require(time(&claims, "exp")? > now() - LEEWAY, "exp")?;
    require(text(&claims, "nonce") == Some(nonce), "nonce")?;
    subject(&claims)?;
    Ok(claims)
}

/// The claims of a logout token (OpenID Connect Back-Channel Logout, 2.6). Whether its `jti` has come before is for the
/// caller to say.
pub async fn verify_logout_token(
    token: &str,
    config: &ProviderConfig,
    metadata: &Metadata,
) -> Result<Claims, Fault> {
    let claims = verify(token, config, metadata).await?;
    require(time(&claims, "iat")? > now() - LOGOUT_AGE, "iat")?;
    // The final version of the standard has it; providers of earlier ones leave it out.
    if claims.contains_key("exp") {
        require(time(&claims, "exp")? > now() - LEEWAY, "exp")?;
    }
    let events = claims.get("events").and_then(Value::as_object);
    let is_logout = events
        .and_then(|it| it.get(LOGOUT_EVENT))
        .is_some_and(Value::is_object);
    require(is_logout, "events")?;
    // An ID token is no logout token.
    require(!claims.contains_key("nonce"), "nonce")?;
    require(text(&claims, "jti").is_some(), "jti")?;
    let names_somebody = text(&claims, "sub").is_some() || session(&claims).is_some();
    require(names_somebody, "sub")?;
    Ok(claims)
}

/// The claims of a token that the provider has signed for this client.
async fn verify(
    token: &str,
    config: &ProviderConfig,
    metadata: &Metadata,
) -> Result<Claims, Fault> {
    let token = Token::parse(token).ok_or(Fault::Malformed("the token"))?;
    let is_signed = metadata.keys.verifies(&token).await;
    require(is_signed.map_err(|_| Fault::NoKeys)?, "the signature")?;
    let claims = token.claims;
    require(text(&claims, "iss") == Some(config.issuer.as_str()), "iss")?;
    let client_id = Some(config.client_id.as_str());
    let (is_for_us, is_for_others) = match claims.get("aud") {
        Some(Value::String(one)) => (Some(one.as_str()) == client_id, false),
        Some(Value::Array(many)) => (
            many.iter().any(|it| it.as_str() == client_id),
            many.len() > 1,
        ),
        _ => (false, false),
    };
    require(is_for_us, "aud")?;
    // With several audiences, the one that it was made for is named.
    let party = text(&claims, "azp");
    require(
        party == client_id || (party.is_none() && !is_for_others),
        "azp",
    )?;
    require(time(&claims, "iat")? < now() + LEEWAY, "iat")?;
    Ok(claims)
}

/// The subject of claims.
pub fn subject(claims: &Claims) -> Result<&str, Fault> {
    let fits = |it: &&str| (1..=MAX_ID_BYTES).contains(&it.len()) && !it.contains('\0');
    text(claims, "sub").filter(fits).ok_or(Fault::Wrong("sub"))
}

/// The provider's id of its own session.
pub fn session(claims: &Claims) -> Option<&str> {
    let fits = |it: &&str| (1..=MAX_ID_BYTES).contains(&it.len()) && !it.contains('\0');
    text(claims, "sid").filter(fits)
}

pub fn text<'a>(claims: &'a Claims, name: &str) -> Option<&'a str> {
    claims.get(name).and_then(Value::as_str)
}

/// A time in seconds since 1970. Some providers write it with a fraction.
fn time(claims: &Claims, name: &'static str) -> Result<i64, Fault> {
    let value = claims.get(name).ok_or(Fault::Wrong(name))?;
    #[expect(
        clippy::cast_possible_truncation,
        reason = "a fraction of a second means nothing here"
    )]
    let whole = || value.as_f64().map(|it| it as i64);
    value.as_i64().or_else(whole).ok_or(Fault::Wrong(name))
}

fn require(holds: bool, what: &'static str) -> Result<(), Fault> {
    if holds {
        Ok(())
    } else {
        Err(Fault::Wrong(what))
    }
}

fn now() -> i64 {
    OffsetDateTime::now_utc().unix_timestamp()
}
