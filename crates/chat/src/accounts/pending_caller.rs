//! `PendingCaller`: somebody who has signed in, before it is asked whether they owe a second factor.

use crate::{Caller, Error, Result};
use model::UserId;

/// What every credential gives. A verb takes a `Caller`, and only `ready` makes one of it: so no door can forget those who
/// have to set a second factor up first.
#[derive(Clone, Copy, Debug)]
pub struct PendingCaller {
    caller: Caller,
    owes_two_factor: bool,
}

impl PendingCaller {
    pub(super) fn new(caller: Caller, owes_two_factor: bool) -> Self {
        Self {
            caller,
            owes_two_factor,
        }
    }

    /// The caller, unless they owe a second factor.
    ///
    /// # Errors
    /// `TwoFactorSetupRequired`.
    pub fn ready(self) -> Result<Caller> {
        if self.owes_two_factor {
            Err(Error::TwoFactorSetupRequired)
        } else {
            Ok(self.caller)
        }
    }

    /// The caller, whatever they owe: to set a second factor up, to read themself, and to sign out. For nothing else.
    pub fn for_setup(self) -> Caller {
        self.caller
    }

    pub fn owes_two_factor(self) -> bool {
        self.owes_two_factor
    }

    pub fn user_id(self) -> UserId {
        self.caller.user_id
    }
}
