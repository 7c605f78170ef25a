//! Identities: who a user is at a provider of OpenID Connect, with which they sign in.
//!
//! What a provider says is checked by the files of this folder, over the keys and tokens of `accounts`. An identity is an
//! issuer and a subject; it is linked to an account by whoever is signed in to that, and to no other by any name.

mod account;
mod attempt;
mod exchange;
mod fault;
mod groups;
mod links;
mod logout;
mod metadata;
mod person;
pub(crate) mod provider;
mod provider_token;
mod sign_in;
mod spent;
pub(crate) mod state;

pub use attempt::{ATTEMPT_LIFETIME, BegunSignIn};
pub use provider::{ClientAuth, ClientSecret, ProviderConfig, SecondFactor, SingleSignOn};
pub use sign_in::{Finished, ProviderAnswer};

use crate::Chat;

impl Chat {
    /// The providers, by id and label, in the order of the configuration.
    pub fn sign_in_providers(&self) -> Vec<(String, String)> {
        let providers = self.0.providers.iter();
        providers
            .map(|it| (it.config.id.clone(), it.config.label.clone()))
            .collect()
    }

    /// Whether people sign in and register with passwords.
    pub fn takes_passwords(&self) -> bool {
        self.0.providers.passwords
    }
}
