//! `TwoFactorRules`: of whom the operator demands a second factor, and how long devices are remembered.

use time::Duration;

/// Who has to have a second factor, of those who sign in with a password.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum RequiredOf {
    #[default]
    Nobody,
    Admins,
    Everybody,
}

impl RequiredOf {
    /// As the SQL function `demands_two_factor` takes it.
    pub(super) fn text(self) -> &'static str {
        match self {
            Self::Nobody => "off",
            Self::Admins => "admins",
            Self::Everybody => "everybody",
        }
    }
}

/// The settings of the second factor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TwoFactorRules {
    pub required_of: RequiredOf,
    /// Days for which a device may be remembered, in which a sign-in asks for no code. Default: 30. 0 for none.
    pub remember_days: u32,
}

impl Default for TwoFactorRules {
    fn default() -> Self {
        Self {
            required_of: RequiredOf::default(),
            remember_days: 30,
        }
    }
}

impl TwoFactorRules {
    /// For which time a device is remembered; `None` where none is.
    pub(super) fn remember_for(self) -> Option<Duration> {
        (self.remember_days > 0).then(|| Duration::days(self.remember_days.into()))
    }
}
