//! `EmailKind`: what a mail is about.

/// As the column `emails.kind` has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EmailKind {
    /// The link for a forgotten password.
    PasswordReset,
    /// The link that proves an address.
    Verification,
    /// The note to the old address of an account that is about to have another one.
    AddressChange,
    /// The link of an invitation.
    Invitation,
    /// The note of a sign-in from a new device.
    SignIn,
    /// The note of a changed password, second factor, token or identity.
    SecurityChange,
}

impl EmailKind {
    pub fn name(self) -> &'static str {
        match self {
            Self::PasswordReset => "password_reset",
            Self::Verification => "verification",
            Self::AddressChange => "address_change",
            Self::Invitation => "invitation",
            Self::SignIn => "sign_in",
            Self::SecurityChange => "security_change",
        }
    }

    /// `None` for a kind of a later version.
    pub fn parse(name: &str) -> Option<Self> {
        [
            Self::PasswordReset,
            Self::Verification,
            Self::AddressChange,
            Self::Invitation,
            Self::SignIn,
            Self::SecurityChange,
        ]
        .into_iter()
        .find(|it| it.name() == name)
    }
}
