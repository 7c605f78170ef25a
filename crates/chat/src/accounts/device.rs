//! Devices: the browsers that have signed in to an account, by a signed cookie.

use super::{
    client::{Authenticated, Client},
    device_key::{DeviceClaims, DeviceId},
    keys::Keys,
};
use crate::{Chat, Result};
use model::UserId;

/// Accounts of which a browser remembers that it has signed in; the latest.
const MAX_ACCOUNTS: usize = 4;

/// Bytes of the longest cookie that is read.
const MAX_COOKIE_BYTES: usize = 2048;

/// Between the accounts in a cookie.
const SEPARATOR: char = '~';

impl Keys {
    /// The device that a cookie names, if it has signed in to this account.
    pub(super) fn device(&self, cookie: Option<&str>, user_id: UserId) -> Option<DeviceId> {
        let user_id = user_id.to_string();
        let mut claims = tokens(cookie).filter_map(|token| self.device_key().verify(token));
        claims
            .find(|claims| claims.sub == user_id)
            .map(DeviceClaims::id)
    }
}

impl Chat {
    /// The cookie by which the client's browser is known from now on: that of this sign-in before those
    /// of other accounts.
    pub fn device_cookie(&self, who: &Authenticated, client: &Client) -> Result<String> {
        let keys = &self.0.keys;
        let user_id = who.user().id.to_string();
        let others = tokens(client.device.as_deref()).filter(|token| {
            // Another server of this host may have signed it.
            let claims = keys.device_key().verify(token);
            claims.is_none_or(|claims| claims.sub != user_id)
        });
        let mut cookie = keys.device_key().sign(who.user().id)?;
        for other in others.take(MAX_ACCOUNTS - 1) {
            cookie.push(SEPARATOR);
            cookie.push_str(other);
        }
        Ok(cookie)
    }
}

fn tokens(cookie: Option<&str>) -> impl Iterator<Item = &str> {
    let cookie = cookie.filter(|cookie| cookie.len() <= MAX_COOKIE_BYTES);
    cookie
        .into_iter()
        .flat_map(|it| it.split(SEPARATOR))
        .filter(|token| !token.is_empty() && token.bytes().all(is_token_byte))
        .take(MAX_ACCOUNTS)
}

/// Base64url and the dots between its parts (RFC 7515, 7.1).
fn is_token_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.')
}
