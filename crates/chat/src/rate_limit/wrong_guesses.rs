//! The limits of wrong passwords, and of wrong codes of a second factor.
//!
//! A guess from a network from which nobody has signed in to the account counts three times: for the
//! account and the network, for the network over all accounts, and for the account over all networks.
//! The last one would let anybody lock an account's owner out. So a guess from a network, or with the
//! cookie of a browser, that has signed in to the account before counts for these alone, as "Slow Down
//! Online Guessing Attacks with Device Cookies" (OWASP) proposes.

use super::{attempt_window::AttemptWindow, limits::RateLimits};
use crate::{accounts::device_key::DeviceId, network::network};
use model::UserId;
use std::{net::IpAddr, time::Duration};

/// Wrong codes of one account from one network, or in one browser, within `CODES_WINDOW`; more wait.
const WRONG_CODES: usize = 5;
/// Wrong codes from one network over all accounts within `CODES_WINDOW`.
const WRONG_CODES_PER_NETWORK: usize = 50;
const CODES_WINDOW: Duration = Duration::from_mins(15);
/// Wrong codes of one account from all networks that are new to it within `CODES_ACCOUNT_WINDOW`.
const WRONG_CODES_PER_ACCOUNT: usize = 20;
/// Wrong codes of one account from all networks and browsers that have signed in to it, within the same time. Whoever had the
/// password before there was a second factor may have any number of them.
const WRONG_CODES_FAMILIAR: usize = 50;
const CODES_ACCOUNT_WINDOW: Duration = Duration::from_hours(24);

/// The account that a password or a code is tried for.
pub(crate) enum Account<'a> {
    Known(UserId),
    /// There is none of this name.
    Unknown(&'a str),
}

/// What is known of the client of a sign-in.
pub(crate) enum Familiarity {
    /// Its browser has signed in to this account.
    Device(DeviceId),
    /// Somebody has signed in to this account from its network.
    Network,
    None,
}

pub struct WrongGuesses {
    /// Of one account from one network, or in one browser.
    pairs: AttemptWindow,
    /// Of one network over all accounts.
    networks: AttemptWindow,
    /// Of one account over all networks.
    accounts: AttemptWindow,
    /// Of one account over all networks and browsers that have signed in to it; `None` for passwords, by which nobody can
    /// make any number of such browsers.
    familiar: Option<AttemptWindow>,
}

impl WrongGuesses {
    pub fn passwords(limits: &RateLimits) -> Self {
        let window =
            |max| AttemptWindow::new("wrong passwords", max, limits.wrong_passwords_window);
        Self {
            pairs: window(limits.wrong_passwords),
            networks: window(limits.wrong_passwords_per_network),
            accounts: window(limits.wrong_passwords_per_account),
            familiar: None,
        }
    }

    /// Whoever guesses a code has the password, and three of a million codes are right at a time: with 70 a day from
    /// everywhere, a guess is right once in 13 years.
    pub fn codes() -> Self {
        let window = |max, window| AttemptWindow::new("wrong codes", max, window);
        Self {
            pairs: window(WRONG_CODES, CODES_WINDOW),
            networks: window(WRONG_CODES_PER_NETWORK, CODES_WINDOW),
            accounts: window(WRONG_CODES_PER_ACCOUNT, CODES_ACCOUNT_WINDOW),
            familiar: Some(window(WRONG_CODES_FAMILIAR, CODES_ACCOUNT_WINDOW)),
        }
    }

    /// What an attempt counts for.
    pub fn counts(
        &self,
        account: &Account<'_>,
        address: Option<IpAddr>,
        familiarity: &Familiarity,
    ) -> Vec<(&AttemptWindow, String)> {
        let account = match account {
            Account::Known(id) => format!("user {id}"),
            Account::Unknown(name) => format!("name {name}"),
        };
        let network = address.map(network);
        let of_pair = (&self.pairs, format!("{account} from {network:?}"));
        let of_familiar = self.familiar.as_ref();
        let of_familiar = of_familiar.map(|it| (it, format!("{account} from all familiar")));
        match familiarity {
            Familiarity::Device(id) => {
                let of_device = (&self.pairs, format!("{account} in {id:?}"));
                of_familiar.into_iter().chain([of_device]).collect()
            }
            Familiarity::Network => of_familiar.into_iter().chain([of_pair]).collect(),
            Familiarity::None => {
                let of_network = network.map(|it| (&self.networks, format!("all from {it}")));
                let of_account = (&self.accounts, format!("{account} from all"));
                of_network
                    .into_iter()
                    .chain([of_pair, of_account])
                    .collect()
            }
        }
    }
}
