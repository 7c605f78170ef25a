//! Devices: the browsers that have signed in to an account, by a signed cookie.

use super::{
    client::{Authenticated, Client},
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

/// Tells the browsers of one account apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeviceId(String);

impl Keys {
    /// The device that a cookie names, if it has signed in to this account.
    pub(super) fn device(&self, cookie: Option<&str>, user_id: UserId) -> Option<DeviceId> {
        let user_id = user_id.to_string();
        let mut claims = tokens(cookie).filter_map(|token| self.device_key().verify(token));
        claims
            .find(|claims| claims.sub == user_id)
            .map(|it| DeviceId(it.jti))
    }
}

impl Chat {
    /// The cookie by which the client's browser is known from now on: that of this sign-in before those
    /// of other accounts.
    pub fn device_cookie(&self, who: &Authenticated, client: &Client) -> Result<String> {
        let keys = &self.0.keys;
        let user_id = who.user().id.to_string();
        let others = tokens(client.device.as_deref()).filter(|token| {
            let claims = keys.device_key().verify(token);
            claims.is_some_and(|claims| claims.sub != user_id)
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
        .take(MAX_ACCOUNTS)
}
