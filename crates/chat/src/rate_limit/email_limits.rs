//! The limits of mails that somebody causes: nobody fills the mailbox of another person, or the queue.

use super::attempt_window::AttemptWindow;
use std::time::Duration;

const WINDOW: Duration = Duration::from_hours(1);

/// What is counted.
#[derive(Clone, Copy, Debug)]
pub(crate) enum EmailLimit {
    /// Asking for a mail for a forgotten password, by network.
    ResetsOfNetwork,
    /// The same by what was typed, whether it is of somebody or not.
    ResetsOfName,
    /// Mails for a forgotten password, by user.
    ResetsOfUser,
    /// Mails that ask whether an address is right, by user.
    Verifications,
    /// The same that somebody asks for, by network.
    VerificationsOfNetwork,
    /// The same by the address that they go to, whoever asks.
    VerificationsOfAddress,
    /// Mails with an invitation, by administrator.
    Invitations,
}

pub struct EmailLimits {
    /// Lifted with the limits of volume.
    resets_of_network: Option<AttemptWindow>,
    resets_of_name: AttemptWindow,
    resets_of_user: AttemptWindow,
    verifications: AttemptWindow,
    /// Lifted with the limits of volume.
    verifications_of_network: Option<AttemptWindow>,
    verifications_of_address: AttemptWindow,
    invitations: AttemptWindow,
}

impl EmailLimits {
    /// `is_limited`: as `RateLimits::volume`.
    pub fn new(is_limited: bool) -> Self {
        let window = |of, max| AttemptWindow::new(of, max, WINDOW);
        Self {
            resets_of_network: is_limited.then(|| window("requests for a new password", 20)),
            resets_of_name: window("requests for a new password", 5),
            resets_of_user: window("mails for a new password", 5),
            verifications: window("mails to confirm an address", 5),
            verifications_of_network: is_limited.then(|| window("mails to confirm an address", 20)),
            verifications_of_address: window("mails to confirm an address", 5),
            invitations: window("mails with an invitation", 100),
        }
    }

    /// The counter, and its name for all nodes.
    pub fn window(&self, limit: EmailLimit) -> Option<(&'static str, &AttemptWindow)> {
        match limit {
            EmailLimit::ResetsOfNetwork => {
                Some(("reset_networks", self.resets_of_network.as_ref()?))
            }
            EmailLimit::ResetsOfName => Some(("reset_names", &self.resets_of_name)),
            EmailLimit::ResetsOfUser => Some(("reset_users", &self.resets_of_user)),
            EmailLimit::Verifications => Some(("verifications", &self.verifications)),
            EmailLimit::VerificationsOfNetwork => Some((
                "verification_networks",
                self.verifications_of_network.as_ref()?,
            )),
            EmailLimit::VerificationsOfAddress => {
                Some(("verification_addresses", &self.verifications_of_address))
            }
            EmailLimit::Invitations => Some(("invitation_emails", &self.invitations)),
        }
    }
}
