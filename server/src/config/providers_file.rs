//! `SSO_FILE`: the providers of single sign-on, in TOML. `docs/single-sign-on.md` describes it.

use super::{
    settings::{Config, Switch},
    toml_source::{Hidden, Source, Texts},
};
use chat::{ClientAuth, ClientSecret, EmailDomain, ProviderConfig, SecondFactor, SingleSignOn};
use model::ConversationId;
use serde::Deserialize;
use std::{
    collections::BTreeMap,
    io,
    path::{Path, PathBuf},
};
use toml::Spanned;

/// The name in addresses of the provider of the environment.
const ENVIRONMENT_PROVIDER: &str = "oidc";

const TWO_SECRETS: &str = "the secret of the client is set, and so is a file that has it";

/// What is wrong, and where. It never shows a secret.
#[derive(Debug, thiserror::Error)]
pub enum SingleSignOnError {
    #[error("cannot read {path}: {cause}")]
    Read { path: PathBuf, cause: io::Error },
    #[error("{path}, line {line}: {what}")]
    Wrong {
        path: PathBuf,
        line: usize,
        what: String,
    },
    #[error("{0}")]
    Environment(String),
    #[error(
        "PUBLIC_URL is not set. Providers send people back to it: set it to the address at which they reach this \
         server, such as https://chat.example.org"
    )]
    NoPublicUrl,
    #[error(
        "PASSWORD_SIGN_IN is off, and there is no provider: nobody could sign in. Set OIDC_ISSUER or SSO_FILE"
    )]
    NoWayIn,
    #[error("two providers have the {0}")]
    Twice(String),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    #[serde(default)]
    providers: BTreeMap<String, Spanned<ProviderTable>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ProviderTable {
    label: Option<String>,
    issuer: String,
    client_id: String,
    client_secret: Option<Hidden>,
    client_secret_file: Option<PathBuf>,
    #[serde(default)]
    client_auth: ClientAuthSetting,
    scopes: Option<Vec<String>>,
    registers: Option<bool>,
    #[serde(default)]
    email_domains: Texts,
    #[serde(default)]
    trusts_email: bool,
    #[serde(default)]
    second_factor: SecondFactorSetting,
    userinfo: Option<bool>,
    groups_claim: Option<String>,
    #[serde(default)]
    admin_groups: Texts,
    /// Groups, each with ids of conversations.
    #[serde(default)]
    conversations: BTreeMap<String, Texts>,
    #[serde(default)]
    signs_out: bool,
}

#[derive(Clone, Copy, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
enum ClientAuthSetting {
    #[default]
    Discovered,
    ClientSecretBasic,
    ClientSecretPost,
}

#[derive(Clone, Copy, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
enum SecondFactorSetting {
    #[default]
    Asked,
    Trusted,
}

impl Config {
    /// The providers of the environment and of the file.
    pub(super) fn single_sign_on(&self) -> Result<SingleSignOn, SingleSignOnError> {
        let env = |name: &str| std::env::var(name).ok();
        let mut providers = Vec::new();
        providers.extend(self.environment_provider(&env)?);
        if let Some(path) = &self.sso_file {
            let text = std::fs::read_to_string(path).map_err(|cause| SingleSignOnError::Read {
                path: path.clone(),
                cause,
            })?;
            providers.extend(parse(&text, path, &env)?);
        }
        for (at, provider) in providers.iter().enumerate() {
            let mut earlier = providers[..at].iter();
            if earlier.any(|it| it.id == provider.id) {
                return Err(SingleSignOnError::Twice(format!("name {}", provider.id)));
            }
            let mut earlier = providers[..at].iter();
            // By the issuer it is known who somebody is, and at which provider a session began.
            if earlier.any(|it| it.issuer == provider.issuer) {
                return Err(SingleSignOnError::Twice(format!(
                    "issuer {}",
                    provider.issuer
                )));
            }
        }
        let passwords = self.password_sign_in == Switch::On;
        if !providers.is_empty() && self.public_url.is_none() {
            return Err(SingleSignOnError::NoPublicUrl);
        }
        if providers.is_empty() && !passwords {
            return Err(SingleSignOnError::NoWayIn);
        }
        Ok(SingleSignOn {
            providers,
            public_url: self.public_url.clone(),
            passwords,
        })
    }

    fn environment_provider(
        &self,
        env: &dyn Fn(&str) -> Option<String>,
    ) -> Result<Option<ProviderConfig>, SingleSignOnError> {
        let filled = |text: &Option<String>| text.clone().filter(|it| !it.trim().is_empty());
        let Some(issuer) = filled(&self.oidc_issuer) else {
            return Ok(None);
        };
        let wrong = |what: String| SingleSignOnError::Environment(format!("OIDC_ISSUER: {what}"));
        let client_id = filled(&self.oidc_client_id);
        let client_id = client_id.ok_or_else(|| wrong("OIDC_CLIENT_ID is not set".to_owned()))?;
        let mut provider = ProviderConfig::new(ENVIRONMENT_PROVIDER, &issuer, &client_id);
        provider.label = filled(&self.oidc_label).unwrap_or_else(|| "single sign-on".to_owned());
        let folder = Path::new(".");
        let source = Source { folder, env };
        let file = self.oidc_client_secret_file.as_ref();
        let file = file.filter(|path| !path.as_os_str().is_empty());
        provider.client_secret = match (filled(&self.oidc_client_secret), file) {
            (Some(_), Some(_)) => return Err(wrong(TWO_SECRETS.to_owned())),
            (Some(secret), None) => Some(ClientSecret(secret)),
            (None, file) => secret_of(&source, None, file).map_err(wrong)?,
        };
        provider.check().map_err(wrong)?;
        Ok(Some(provider))
    }
}

fn secret_of(
    source: &Source<'_>,
    secret: Option<&Hidden>,
    file: Option<&PathBuf>,
) -> Result<Option<ClientSecret>, String> {
    let mut secrets = source.values("client_secret", secret, file)?;
    match (secrets.pop(), secrets.pop()) {
        (Some(_), Some(_)) => Err(TWO_SECRETS.to_owned()),
        (secret, _) => Ok(secret.map(ClientSecret)),
    }
}

fn parse(
    text: &str,
    path: &Path,
    env: &dyn Fn(&str) -> Option<String>,
) -> Result<Vec<ProviderConfig>, SingleSignOnError> {
    let line_at = |index: usize| text[..index.min(text.len())].matches('\n').count() + 1;
    let wrong = |line: usize, what: String| SingleSignOnError::Wrong {
        path: path.to_owned(),
        line,
        what,
    };
    let document: Document = toml::from_str(text).map_err(|error| {
        let line = error.span().map_or(1, |span| line_at(span.start));
        wrong(line, error.message().to_owned())
    })?;
    let source = Source {
        folder: path.parent().unwrap_or(Path::new(".")),
        env,
    };
    let tables = document.providers.into_iter().map(|(id, table)| {
        let line = line_at(table.span().start);
        let provider = table.into_inner().into_provider(&id, &source);
        provider.map_err(|what| wrong(line, format!("the provider {id}: {what}")))
    });
    tables.collect()
}

impl ProviderTable {
    fn into_provider(self, id: &str, source: &Source<'_>) -> Result<ProviderConfig, String> {
        let domain = |text: String| {
            let domain = text.parse::<EmailDomain>();
            domain.map_err(|why| format!("email_domains: {text} {why}"))
        };
        let domains = source.texts(self.email_domains)?.into_iter().map(domain);
        let secret = (
            self.client_secret.as_ref(),
            self.client_secret_file.as_ref(),
        );
        let issuer = source.expand(&self.issuer)?;
        let own = ProviderConfig::new(id, &issuer, &source.expand(&self.client_id)?);
        let mut conversations = BTreeMap::new();
        for (group, ids) in self.conversations {
            let ids = ids.into_list().into_iter().map(|id| {
                let parsed = id.parse::<ConversationId>();
                parsed.map_err(|_| format!("conversations: {id:?} is no id of a conversation"))
            });
            conversations.insert(group, ids.collect::<Result<Vec<_>, _>>()?);
        }
        let provider = ProviderConfig {
            label: self.label.unwrap_or(own.label),
            client_secret: secret_of(source, secret.0, secret.1)?,
            client_auth: match self.client_auth {
                ClientAuthSetting::Discovered => ClientAuth::Discovered,
                ClientAuthSetting::ClientSecretBasic => ClientAuth::Basic,
                ClientAuthSetting::ClientSecretPost => ClientAuth::Post,
            },
            scopes: self.scopes.unwrap_or(own.scopes),
            registers: self.registers.unwrap_or(own.registers),
            email_domains: domains.collect::<Result<_, _>>()?,
            trusts_email: self.trusts_email,
            second_factor: match self.second_factor {
                SecondFactorSetting::Asked => SecondFactor::Asked,
                SecondFactorSetting::Trusted => SecondFactor::Trusted,
            },
            userinfo: self.userinfo.unwrap_or(own.userinfo),
            groups_claim: self.groups_claim.unwrap_or(own.groups_claim),
            admin_groups: source.texts(self.admin_groups)?,
            conversations,
            signs_out: self.signs_out,
            ..own
        };
        provider.check()?;
        Ok(provider)
    }
}

#[cfg(test)]
mod tests {
    use super::parse;
    use chat::{ProviderConfig, SecondFactor};
    use std::path::Path;

    fn read(text: &str) -> Result<Vec<ProviderConfig>, String> {
        let env = |name: &str| Some(format!("value of {name}")).filter(|_| name != "UNSET");
        let path = Path::new("/etc/parlance/sso.toml");
        parse(text, path, &env).map_err(|error| error.to_string())
    }

    #[test]
    fn the_example_of_the_documentation_is_a_good_file() {
        let page = include_str!("../../../docs/single-sign-on.md");
        let (_, example) = page.split_once("```toml\n").unwrap();
        let (example, _) = example.split_once("```").unwrap();
        let providers = read(example).unwrap();
        let names: Vec<_> = providers.iter().map(|it| it.id.as_str()).collect();
        assert_eq!(names, ["google", "keycloak"]);
        let keycloak = &providers[1];
        assert_eq!(keycloak.second_factor, SecondFactor::Trusted);
        assert_eq!(keycloak.conversations["engineering"].len(), 2);
        assert!(!format!("{providers:?}").contains("value of"));
    }

    #[test]
    fn a_fault_is_told_in_words_with_its_line() {
        let good = "issuer = \"https://id.example\"\nclient_id = \"a\"\n";
        for (text, line, words) in [
            ("[providers.a", 1, ""),
            ("\n[providers.a]\nclient_id = \"a\"", 2, "issuer"),
            (&format!("[providers.A]\n{good}"), 1, "a-z, 0-9 and hyphen"),
            (
                &format!("[providers.a]\n{good}x = 1"),
                4,
                "unknown field `x`",
            ),
            (
                &format!("[providers.a]\n{good}client_secret = \"${{UNSET}}\""),
                1,
                "UNSET is not set",
            ),
            (
                &format!("[providers.a]\n{good}client_secret_file = \"/none\""),
                1,
                "/none",
            ),
            (
                &format!("[providers.a]\n{good}email_domains = \"here\""),
                1,
                "email_domains: here",
            ),
            (
                &format!("[providers.a]\n{good}conversations = {{ a = \"x\" }}"),
                1,
                "no id",
            ),
            (
                "[providers.a]\nissuer = \"http://id.example\"\nclient_id = \"a\"",
                1,
                "https://",
            ),
        ] {
            let why = read(text).unwrap_err();
            let place = format!("/etc/parlance/sso.toml, line {line}: ");
            assert!(
                why.starts_with(&place) && why.contains(words),
                "{text:?}: {why}"
            );
        }
    }
}
