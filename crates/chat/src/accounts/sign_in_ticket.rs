//! `SignInTicket`: what a sign-in has between its password and its code. It lets nobody in by itself.

use std::fmt;

/// Goes with a code to `Chat::sign_in_with_code`, once.
pub struct SignInTicket(String);

impl SignInTicket {
    pub(super) fn new(secret: String) -> Self {
        Self(secret)
    }

    pub fn secret(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for SignInTicket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SignInTicket").finish_non_exhaustive()
    }
}
