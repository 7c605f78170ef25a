//! The configuration of providers: who signs people in, and what that gives them here.

use crate::{
    accounts::{issuer_client::parse_address, registration::EmailDomain},
    public_url::PublicUrl,
};
use model::ConversationId;
use std::{collections::BTreeMap, fmt, time::Duration};

/// Characters of the longest name of a provider in addresses.
const MAX_ID: usize = 32;

/// Characters of the longest label, which stands on a button.
const MAX_LABEL: usize = 40;

/// A secret that nothing prints.
#[derive(Clone, PartialEq, Eq)]
pub struct ClientSecret(pub String);

impl fmt::Debug for ClientSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ClientSecret")
    }
}

/// How the provider learns who asks for tokens (OpenID Connect Core, 9).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ClientAuth {
    /// As the provider says that it takes it: `client_secret_basic`, if it takes that.
    #[default]
    Discovered,
    Basic,
    Post,
}

/// Whether a sign-in asks for the second factor that a user has here.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SecondFactor {
    #[default]
    Asked,
    /// The provider has its own.
    Trusted,
}

/// A provider of OpenID Connect.
#[derive(Clone, Debug)]
#[expect(clippy::struct_excessive_bools, reason = "each is a setting")]
pub struct ProviderConfig {
    /// In addresses: a to z, 0 to 9 and hyphen. The redirect URI has it.
    pub id: String,
    /// For people: on the button, and in the list of sessions.
    pub label: String,
    /// The `iss` of its tokens, to the letter. `https`, or `http` of this machine.
    pub issuer: String,
    pub client_id: String,
    /// `None` for a public client, which PKCE alone protects.
    pub client_secret: Option<ClientSecret>,
    pub client_auth: ClientAuth,
    /// What is asked for besides `openid`. Default: `profile` and `email`.
    pub scopes: Vec<String>,
    /// Whether somebody who has no account here gets one. Default: yes.
    pub registers: bool,
    /// Hosts of which the verified e-mail address of somebody new must be; empty for any, and for none at all.
    pub email_domains: Vec<EmailDomain>,
    /// Whether addresses are verified, also where the provider does not say so (`email_verified`). Default: no.
    pub trusts_email: bool,
    pub second_factor: SecondFactor,
    /// Whether the provider is asked for claims that are not in the ID token. Default: yes.
    pub userinfo: bool,
    /// The claim with the groups of a person. Default: `groups`.
    pub groups_claim: String,
    /// Groups whose people are administrators here.
    pub admin_groups: Vec<String>,
    /// Conversations that the people of a group are members of.
    pub conversations: BTreeMap<String, Vec<ConversationId>>,
    /// Whether signing out here signs out there, where the provider has a page for it. Default: no.
    pub signs_out: bool,
    /// The shortest time between two fetches of its keys. Default: 30 s.
    pub keys_pause: Duration,
}

impl ProviderConfig {
    /// With the defaults.
    pub fn new(id: &str, issuer: &str, client_id: &str) -> Self {
        Self {
            id: id.to_owned(),
            label: id.to_owned(),
            issuer: issuer.to_owned(),
            client_id: client_id.to_owned(),
            client_secret: None,
            client_auth: ClientAuth::default(),
            scopes: vec!["profile".to_owned(), "email".to_owned()],
            registers: true,
            email_domains: Vec::new(),
            trusts_email: false,
            second_factor: SecondFactor::default(),
            userinfo: true,
            groups_claim: "groups".to_owned(),
            admin_groups: Vec::new(),
            conversations: BTreeMap::new(),
            signs_out: false,
            keys_pause: Duration::from_secs(30),
        }
    }

    /// Says what is wrong, in words for the operator.
    pub fn check(&self) -> Result<(), String> {
        let is_plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        if self.id.is_empty() || self.id.len() > MAX_ID || !self.id.chars().all(is_plain) {
            return Err(format!(
                "the name {:?} must have 1 to {MAX_ID} of a-z, 0-9 and hyphen",
                self.id
            ));
        }
        if self.label.trim().is_empty() || self.label.chars().count() > MAX_LABEL {
            return Err(format!("label must have 1 to {MAX_LABEL} characters"));
        }
        let issuer = parse_address(&self.issuer).map_err(|why| format!("issuer {why}"))?;
        if issuer.query().is_some() || issuer.fragment().is_some() {
            return Err("issuer must have no query".to_owned());
        }
        if self.client_id.is_empty() {
            return Err("client_id is empty".to_owned());
        }
        Ok(())
    }
}

/// The settings of single sign-on.
#[derive(Clone, Debug)]
pub struct SingleSignOn {
    pub providers: Vec<ProviderConfig>,
    /// The address at which people reach this server, without a path. Redirect URIs begin with it.
    pub public_url: Option<PublicUrl>,
    /// Whether people sign in and register with passwords. Default: yes.
    pub passwords: bool,
}

impl Default for SingleSignOn {
    fn default() -> Self {
        Self {
            providers: Vec::new(),
            public_url: None,
            passwords: true,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{ClientSecret, ProviderConfig};

    #[test]
    fn names_and_issuers_are_looked_at() {
        let check = |id, issuer| ProviderConfig::new(id, issuer, "parlance").check();
        assert_eq!(
            check("key-cloak2", "https://id.parlance.chat/realms/a"),
            Ok(())
        );
        assert_eq!(check("a", "http://127.0.0.1:8080"), Ok(()));
        for (id, issuer) in [
            ("", "https://id.parlance.chat"),
            ("Key", "https://id.parlance.chat"),
            ("a/b", "https://id.parlance.chat"),
            ("a", "http://id.parlance.chat"),
            ("a", "id.parlance.chat"),
            ("a", "https://id.parlance.chat?x=1"),
        ] {
            assert!(check(id, issuer).is_err(), "{id} {issuer}");
        }
    }

    #[test]
    fn a_secret_is_never_shown() {
        let mut config = ProviderConfig::new("a", "https://id.parlance.chat", "parlance");
        config.client_secret = Some(ClientSecret("12345678".to_owned()));
        assert!(!format!("{config:?}").contains("12345678"));
    }
}
