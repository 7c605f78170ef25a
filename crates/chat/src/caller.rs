//! Who acts: every verb takes one first.

use crate::{Error, Result};
use model::{SessionId, UserId, UserRole};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Caller {
    pub user_id: UserId,
    /// Absent when a foreign system vouches for the user: there is no session to revoke.
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
