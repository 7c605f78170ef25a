//! The paths of the pages of administrators.

use crate::request_context::percent_encode;
use model::UserId;

pub const PEOPLE_PATH: &str = "/administration/people";
pub const AUDIT_PATH: &str = "/administration/audit";
pub const BOTS_PATH: &str = "/administration/bots";
pub const INVITES_PATH: &str = "/administration/invites";

/// The parameters of the address of the list of accounts.
pub const QUERY: &str = "query";
pub const CURSOR: &str = "after";

/// What of the accounts a page lists.
#[derive(Clone, Debug, Default)]
pub struct Listed {
    pub query: String,
    /// The cursor of the page; empty for the first one.
    pub after: String,
}

impl Listed {
    pub fn path(&self) -> String {
        let parameters = [(QUERY, &self.query), (CURSOR, &self.after)];
        let parameters = parameters.iter().filter(|(_, value)| !value.is_empty());
        let parameters =
            parameters.map(|(name, value)| format!("{name}={}", percent_encode(value)));
        let parameters: Vec<_> = parameters.collect();
        match parameters.as_slice() {
            [] => PEOPLE_PATH.to_owned(),
            _ => format!("{PEOPLE_PATH}?{}", parameters.join("&")),
        }
    }
}

/// The id of the element of an account, and the fragment that leads to it.
pub fn account_id(id: UserId) -> String {
    format!("user-{id}")
}
