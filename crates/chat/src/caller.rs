//! `Caller`: the authenticated user on whose behalf a verb runs. First argument of every verb.

use crate::{Error, Result, grant::Grant, origin::Origin};
use model::{AppId, Scope, SessionId, UserId, UserRole};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Caller {
    pub user_id: UserId,
    /// `None` when the token was issued by an external system: there is no session to revoke.
    pub session_id: Option<SessionId>,
    pub role: UserRole,
    /// The app whose token the caller has; `None` for our own tokens and sessions. At the contracts, a
    /// caller of an app knows users by the ids of the app.
    pub app_id: Option<AppId>,
    /// What the caller's token for programs may do; `None` for a caller who has signed in.
    pub grant: Option<Grant>,
    /// Whoever authenticates a request says it: `from`.
    pub origin: Origin,
}

impl Caller {
    /// Who runs the program with access to the database: an administrator who is no user.
    pub const OPERATOR: Self = Self {
        user_id: UserId(0),
        session_id: None,
        role: UserRole::Admin,
        app_id: None,
        grant: None,
        origin: Origin {
            address: None,
            door: None,
            is_server: false,
        },
    };

    /// A user for whom the server acts by itself, with the rights of a member and without a session.
    pub(crate) const fn acting_for(user_id: UserId) -> Self {
        Self {
            user_id,
            session_id: None,
            role: UserRole::Member,
            app_id: None,
            grant: None,
            origin: Origin {
                address: None,
                door: None,
                is_server: true,
            },
        }
    }

    /// The same caller, who asks from there.
    #[must_use]
    pub fn from(self, origin: Origin) -> Self {
        Self { origin, ..self }
    }

    /// Whether the caller is a program with an account of its own.
    pub(crate) fn is_bot(&self) -> bool {
        self.grant.is_some_and(|grant| grant.is_bot)
    }

    /// The session of a token for programs that is limited to conversations; `None` for everybody else.
    pub(crate) fn limited_session(&self) -> Option<i64> {
        let is_limited = self.grant.is_some_and(|grant| grant.is_limited);
        self.session_id.filter(|_| is_limited).map(|id| id.0)
    }

    /// Whether the caller may do what an administrator may, if they are one: a token for programs needs the scope.
    pub(crate) fn may_administer(&self) -> bool {
        self.grant.is_none_or(|grant| grant.has(Scope::Admin))
    }

    pub(crate) fn require_admin(&self) -> Result<()> {
        match self.role {
            UserRole::Admin => Ok(()),
            UserRole::Member => Err(Error::Forbidden("This is for administrators.")),
        }
    }

    /// Refuses tokens for programs, whatever their scopes: for all that opens an account to somebody else.
    pub fn require_person(&self) -> Result<()> {
        match self.grant {
            None => Ok(()),
            Some(_) => Err(Error::Forbidden(
                "No token for programs may do this. Sign in instead.",
            )),
        }
    }
}
