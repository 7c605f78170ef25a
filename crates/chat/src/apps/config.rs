//! `AppConfig`: an app as the operator sets it.

use crate::accounts::{
    issuer::{IssuerKey, TokenRules},
    verifying_key::KeyError,
};

/// The name of the app that the environment configures, unless it has another.
pub const DEFAULT_APP: &str = "app";

/// The claim `iss` of our own tokens, which no app may have.
const OWN_ISSUER: &str = "parlance";

/// Characters of the longest name of an app.
const MAX_NAME: usize = 32;

#[derive(Clone, Debug)]
pub struct AppConfig {
    /// 1 to 32 of a-z, 0-9 and hyphen, beginning with a letter or digit.
    pub name: String,
    /// At least one.
    pub keys: Vec<IssuerKey>,
    pub rules: TokenRules,
    /// Whether the app signs with our keys, and so could make tokens of our sessions as well.
    pub has_our_keys: bool,
    /// The contracts at which the app's tokens are taken, beside the main address. `None`: all.
    pub doors: Option<Vec<String>>,
    pub unknown_users: UnknownUsers,
}

/// What happens when somebody of an app names a user whom nobody has seen yet.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum UnknownUsers {
    /// A placeholder is created, which becomes theirs when their first token comes.
    #[default]
    Accept,
    /// There is no such user.
    Refuse,
}

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ConfigError {
    #[error("a key of ours {0}")]
    OwnKey(#[from] KeyError),
    #[error("our private key is no RSA key in PEM")]
    PrivateKey,
    #[error(
        "our public key verifies nothing that our private key signs: the two are not of one pair, or have \
         less than 2048 bits"
    )]
    KeyPair,
    #[error("a key of the app {app} {cause}")]
    Key { app: String, cause: KeyError },
    #[error("{0:?} is no name of an app: it needs 1 to 32 of a-z, 0-9 and hyphen")]
    Name(String),
    #[error("there are two apps with the name {0}")]
    SameName(String),
    #[error("the app {0} has no key")]
    NoKey(String),
    #[error("the app {0} has the issuer `parlance`, which is that of our own tokens")]
    OurIssuer(String),
    #[error(
        "the apps {0} and {1} have a key in common: give them different issuers or audiences, or \
         their tokens could not be told apart"
    )]
    Ambiguous(String, String),
    #[error("the app {0} has a key of ours, with which it could make tokens of our sessions")]
    OurKey(String),
    #[error(
        "the app {0} has a key of those whose tokens have ids of ours: give the two different issuers \
         or audiences, or its users would be taken for ours"
    )]
    KeyOfOurUsers(String),
}

impl ConfigError {
    /// The app that is at fault.
    pub fn app(&self) -> Option<&str> {
        match self {
            Self::OwnKey(_) | Self::PrivateKey | Self::KeyPair => None,
            Self::Key { app, .. }
            | Self::Name(app)
            | Self::SameName(app)
            | Self::NoKey(app)
            | Self::OurIssuer(app)
            | Self::OurKey(app)
            | Self::KeyOfOurUsers(app)
            | Self::Ambiguous(_, app) => Some(app),
        }
    }
}

impl AppConfig {
    /// An app without keys, whose tokens are taken at all doors.
    pub fn new(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            keys: Vec::new(),
            rules: TokenRules::default(),
            has_our_keys: false,
            doors: None,
            unknown_users: UnknownUsers::default(),
        }
    }

    /// Whether the app's tokens are taken at a door; `None` is the main address.
    pub fn serves(&self, door: Option<&str>) -> bool {
        match (door, &self.doors) {
            (Some(door), Some(doors)) => doors.iter().any(|it| it == door),
            _ => true,
        }
    }

    /// Checks that each token can be of one app only.
    pub fn check_all(apps: &[Self]) -> Result<(), ConfigError> {
        for (index, app) in apps.iter().enumerate() {
            let name = || app.name.clone();
            if !is_name(&app.name) {
                return Err(ConfigError::Name(name()));
            }
            if app.keys.is_empty() {
                return Err(ConfigError::NoKey(name()));
            }
            if app.rules.issuers.iter().any(|it| it == OWN_ISSUER) {
                return Err(ConfigError::OurIssuer(name()));
            }
            for earlier in &apps[..index] {
                if earlier.name == app.name {
                    return Err(ConfigError::SameName(name()));
                }
                if earlier.shares_a_key(&app.keys) && !earlier.rules.is_told_from(&app.rules) {
                    return Err(ConfigError::Ambiguous(earlier.name.clone(), name()));
                }
            }
        }
        Ok(())
    }

    pub(crate) fn error(&self, cause: KeyError) -> ConfigError {
        ConfigError::Key {
            app: self.name.clone(),
            cause,
        }
    }

    /// At the main address all apps meet, whichever doors they have.
    pub(crate) fn shares_a_key(&self, others: &[IssuerKey]) -> bool {
        let is_in_other = |key: &IssuerKey| others.iter().any(|it| it.is_same(key));
        self.keys.iter().any(is_in_other)
    }
}

fn is_name(name: &str) -> bool {
    let is_allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    (1..=MAX_NAME).contains(&name.len()) && name.chars().all(is_allowed) && !name.starts_with('-')
}

#[cfg(test)]
mod tests {
    use super::{AppConfig, ConfigError};
    use crate::accounts::issuer::IssuerKey;

    fn app(name: &str, secret: &str) -> AppConfig {
        AppConfig {
            keys: vec![IssuerKey::Secret(secret.as_bytes().to_vec())],
            ..AppConfig::new(name)
        }
    }

    #[test]
    fn apps_whose_tokens_could_be_taken_for_each_others_are_refused() {
        let (mut shop, mut forum) = (app("shop", "a"), app("forum", "a"));
        let check = |shop: &AppConfig, forum: &AppConfig| {
            AppConfig::check_all(&[shop.clone(), forum.clone()])
        };
        let refused = Err(ConfigError::Ambiguous("shop".into(), "forum".into()));
        assert_eq!(check(&shop, &forum), refused);
        shop.rules.issuers = vec!["a".into(), "b".into()];
        assert_eq!(check(&shop, &forum), refused);
        forum.rules.issuers = vec!["b".into()];
        assert_eq!(check(&shop, &forum), refused);
        forum.rules.issuers = vec!["c".into()];
        assert_eq!(check(&shop, &forum), Ok(()));
        assert_eq!(check(&app("shop", "a"), &app("forum", "b")), Ok(()));
        let same = check(&app("shop", "a"), &app("shop", "b"));
        assert_eq!(same, Err(ConfigError::SameName("shop".into())));
    }

    #[test]
    fn an_app_has_a_name_and_a_key() {
        for bad in ["", "Shop", "-a", "a b", &"a".repeat(33)] {
            assert!(AppConfig::check_all(&[app(bad, "a")]).is_err(), "{bad}");
        }
        assert!(AppConfig::check_all(&[AppConfig::new("shop")]).is_err());
        let mut shop = app("shop", "a");
        shop.rules.issuers = vec!["parlance".into()];
        assert!(AppConfig::check_all(&[shop]).is_err());
    }

    #[test]
    fn doors_are_those_that_are_named() {
        let mut shop = app("shop", "a");
        assert!(shop.serves(Some("direct")) && shop.serves(None));
        shop.doors = Some(vec!["broadcast".into()]);
        assert!(shop.serves(Some("broadcast")) && shop.serves(None));
        assert!(!shop.serves(Some("direct")));
    }
}
