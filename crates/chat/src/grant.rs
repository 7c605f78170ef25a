//! `Grant`: what a token for programs may do.

use crate::{Error, Result};
use model::Scope;

/// The scopes of a token, and whether it is limited to conversations.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Grant {
    /// One bit per scope.
    scopes: u8,
    /// `Chat::require_granted_conversation` says which conversations.
    pub is_limited: bool,
    /// Whether its user is a bot.
    pub is_bot: bool,
}

impl Grant {
    /// Whoever may change something sees it: the answers have it.
    pub fn new(scopes: &[Scope], is_limited: bool) -> Self {
        let bits = |scope: &Scope| match scope {
            Scope::Write | Scope::Manage => bit(*scope) | bit(Scope::Read),
            Scope::Read | Scope::Admin => bit(*scope),
        };
        Self {
            scopes: scopes.iter().map(bits).fold(0, |all, bits| all | bits),
            is_limited,
            is_bot: false,
        }
    }

    /// Of a bot for which the server acts itself.
    pub fn of_bot() -> Self {
        Self {
            is_bot: true,
            ..Self::new(&[Scope::Write], false)
        }
    }

    pub const fn has(self, scope: Scope) -> bool {
        self.scopes & bit(scope) != 0
    }

    /// # Errors
    /// `Forbidden` without the scope.
    pub const fn require(self, scope: Scope) -> Result<()> {
        if self.has(scope) {
            return Ok(());
        }
        Err(Error::Forbidden(match scope {
            Scope::Read => "This token lacks the scope `read`.",
            Scope::Write => "This token lacks the scope `write`.",
            Scope::Manage => "This token lacks the scope `manage`.",
            Scope::Admin => "This token lacks the scope `admin`.",
        }))
    }

    /// # Errors
    /// `Forbidden` for a token that is limited to conversations.
    pub const fn require_unlimited(self) -> Result<()> {
        if self.is_limited {
            Err(Error::Forbidden(
                "This token is limited to conversations, and this is about more than one of them.",
            ))
        } else {
            Ok(())
        }
    }
}

const fn bit(scope: Scope) -> u8 {
    match scope {
        Scope::Read => 1,
        Scope::Write => 2,
        Scope::Manage => 4,
        Scope::Admin => 8,
    }
}

#[cfg(test)]
mod tests {
    use super::Grant;
    use model::Scope;

    #[test]
    fn a_scope_that_changes_something_includes_reading_and_no_other() {
        for scope in Scope::ALL {
            let grant = Grant::new(&[scope], false);
            for other in Scope::ALL {
                let reads = other == Scope::Read && matches!(scope, Scope::Write | Scope::Manage);
                assert_eq!(grant.has(other), scope == other || reads);
                assert_eq!(grant.require(other).is_ok(), grant.has(other));
            }
        }
    }
}
