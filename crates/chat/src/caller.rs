//! `Caller`: the authenticated user on whose behalf a verb runs. First argument of every verb.

use crate::{Error, Result};
use model::{SessionId, UserId, UserRole};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Caller {
    pub user_id: UserId,
    /// `None` when the token was issued by an external system: there is no session to revoke.
    pub session_id: Option<SessionId>,
    pub role: UserRole,
}

impl Caller {
    pub(crate) fn require_admin(&self) -> Result<()> {
        match self.role {
            UserRole::Admin => Ok(()),
            UserRole::Member => Err(Error::Forbidden("This is for administrators.")),
        }
    }
}
