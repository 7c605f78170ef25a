//! What a provider says about somebody who signs in.

use super::{
    provider::ProviderConfig,
    provider_token::{Claims, session, text},
};
use crate::{
    Error, Result,
    apps::{AppProfile, ExternalId, Shown},
};
use model::AppId;
use serde_json::Value;
use std::collections::BTreeSet;

/// Groups of a person that are looked at.
const MAX_GROUPS: usize = 1000;

/// Characters of the name by which a provider's account is listed.
const MAX_NAME: usize = 254;

/// An id of no app: providers have none, and the made-up names of their people follow from it.
const NO_APP: AppId = AppId(0);

pub struct Person {
    pub subject: String,
    /// The provider's id of the session that it has opened.
    pub session: Option<String>,
    /// By which its own account is listed.
    pub name: String,
    /// How a new account is called.
    pub shown: Shown,
    /// `None` where the provider has not said them all.
    pub groups: Option<BTreeSet<String>>,
}

impl Person {
    pub fn read(claims: &Claims, subject: &str, config: &ProviderConfig) -> Self {
        let said = |name: &str| text(claims, name).map(str::to_owned);
        let is_verified = config.trusts_email
            || match claims.get("email_verified") {
                Some(Value::Bool(it)) => *it,
                Some(Value::String(it)) => it == "true",
                _ => false,
            };
        let parts = [said("given_name"), said("family_name")];
        let parts: Vec<_> = parts.into_iter().flatten().collect();
        let profile = AppProfile {
            name: said("name").or_else(|| Some(parts.join(" ")).filter(|it| !it.is_empty())),
            username: said("preferred_username").or_else(|| said("nickname")),
            // One that is not verified may be somebody else's.
            email: said("email").filter(|_| is_verified),
            avatar_url: said("picture"),
        };
        // A made-up name follows from the id, and what is equal to it is no name: some providers have usernames as subjects.
        let id = ExternalId::parse(&format!("subject {subject}"));
        let id = id.or_else(|| ExternalId::parse("subject"));
        let shown = match id {
            Some(id) => profile.cleaned(&id).shown(NO_APP, &id),
            None => Shown {
                name: "User".to_owned(),
                username: "user".to_owned(),
                email: None,
                avatar_url: None,
            },
        };
        let name = said("email").or_else(|| said("preferred_username"));
        let name = name.unwrap_or_else(|| shown.name.clone());
        let name = name.chars().filter(|c| !c.is_control());
        Self {
            subject: subject.to_owned(),
            session: session(claims).map(str::to_owned),
            name: name.take(MAX_NAME).collect(),
            shown,
            groups: groups(claims, &config.groups_claim),
        }
    }

    /// That somebody without an account may have one.
    pub fn require_registration(&self, config: &ProviderConfig) -> Result<()> {
        if !config.registers {
            return Err(Error::Forbidden(
                "Nobody here has linked this account yet. Ask an administrator for an account, sign in, and link it in \
                 your settings.",
            ));
        }
        let email = self.shown.email.as_deref();
        let is_allowed = config.email_domains.is_empty()
            || email.is_some_and(|it| config.email_domains.iter().any(|domain| domain.is_of(it)));
        if is_allowed {
            return Ok(());
        }
        Err(Error::Forbidden(
            "New accounts are for people with a verified e-mail address at other hosts. Ask an administrator.",
        ))
    }
}

/// The groups: a list of texts, or one text. A person without the claim has none, unless the provider says that they are
/// too many for a token (Entra: `_claim_names`, `hasgroups`).
fn groups(claims: &Claims, claim: &str) -> Option<BTreeSet<String>> {
    let found = match claims.get(claim) {
        Some(Value::Array(list)) => list.iter().take(MAX_GROUPS).collect(),
        Some(one @ Value::String(_)) => vec![one],
        _ => {
            let elsewhere = claims.get("_claim_names").and_then(|it| it.get(claim));
            if elsewhere.is_some() || claims.contains_key("hasgroups") {
                return None;
            }
            Vec::new()
        }
    };
    let texts = found.into_iter().filter_map(Value::as_str);
    Some(texts.map(str::to_owned).collect())
}

#[cfg(test)]
mod tests {
    use super::Person;
    use crate::identities::provider::ProviderConfig;
    use serde_json::{Value, json};

    fn read(claims: &Value, config: &ProviderConfig) -> Person {
        Person::read(claims.as_object().unwrap(), "s-1", config)
    }

    #[test]
    fn an_address_counts_where_it_is_verified() {
        let mut config = ProviderConfig::new("a", "https://id.parlance.chat", "parlance");
        let email = |claims: Value, config: &ProviderConfig| read(&claims, config).shown.email;
        let claims = json!({ "email": "ada@parlance.chat", "email_verified": true });
        assert_eq!(email(claims, &config).as_deref(), Some("ada@parlance.chat"));
        let claims = json!({ "email": "ada@parlance.chat" });
        assert_eq!(email(claims.clone(), &config), None);
        config.trusts_email = true;
        assert!(email(claims, &config).is_some());
    }

    #[test]
    fn groups_are_texts_or_none_or_too_many() {
        let config = ProviderConfig::new("a", "https://id.parlance.chat", "parlance");
        let groups = |claims: Value| {
            let groups = read(&claims, &config).groups;
            groups.map(|it| it.into_iter().collect::<Vec<_>>())
        };
        assert_eq!(
            groups(json!({ "groups": ["b", 7, "a"] })).unwrap(),
            ["a", "b"]
        );
        assert_eq!(groups(json!({ "groups": "a" })).unwrap(), ["a"]);
        assert!(groups(json!({})).unwrap().is_empty());
        assert_eq!(
            groups(json!({ "_claim_names": { "groups": "src1" } })),
            None
        );
    }

    #[test]
    fn names_are_those_of_the_house() {
        let config = ProviderConfig::new("a", "https://id.parlance.chat", "parlance");
        let person = read(
            &json!({ "given_name": "Ada", "family_name": "Lovelace",
                "preferred_username": "Ada.L@parlance.chat", "picture": "http://a.b/c.png" }),
            &config,
        );
        assert_eq!(person.shown.name, "Ada Lovelace");
        assert_eq!(person.shown.username, "ada.l");
        assert_eq!(person.shown.avatar_url, None);
        assert_eq!(person.name, "Ada.L@parlance.chat");
    }
}
