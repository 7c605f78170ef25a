//! `APPS_FILE`: the apps whose tokens are taken, in TOML. `docs/apps.md` describes it.

use super::{
    contract_ports::CONTRACT_PORTS,
    settings::{MAX_LEEWAY, UnknownUsersSetting},
    toml_source::{Hidden, Source, Texts},
};
use base64::{Engine, prelude::BASE64_STANDARD};
use chat::{AppConfig, ConfigError, IssuerKey, ProfileClaims, TokenRules};
use serde::Deserialize;
use std::{
    collections::{BTreeMap, HashMap},
    path::{Path, PathBuf},
};
use time::Duration;
use toml::Spanned;

/// What to do about a secret that is too short.
const SHORT_SECRET: &str = "where the app cannot have a longer one, set allow_short_secret = true: \
    whoever has one token can then try secrets until they find it";

/// The apps of the file, and that of the environment.
#[derive(Debug, Default)]
pub struct AppsFile {
    pub apps: Vec<AppConfig>,
    path: PathBuf,
    /// The line of the file at which an app begins.
    lines: HashMap<String, usize>,
}

/// What is wrong, and where. It never shows a key.
#[derive(Debug, thiserror::Error)]
pub enum AppsFileError {
    #[error("cannot read {path}: {cause}")]
    Read {
        path: PathBuf,
        cause: std::io::Error,
    },
    #[error("{path}, line {line}: {what}")]
    Wrong {
        path: PathBuf,
        line: usize,
        what: String,
    },
    #[error("the keys of access tokens cannot be used: {0}")]
    Keys(ConfigError),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    #[serde(default)]
    apps: BTreeMap<String, Spanned<AppTable>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct AppTable {
    secret: Option<Hidden>,
    secret_file: Option<PathBuf>,
    #[serde(default)]
    secret_encoding: SecretEncoding,
    #[serde(default)]
    allow_short_secret: bool,
    public_key: Option<Hidden>,
    public_key_file: Option<PathBuf>,
    jwks_url: Option<String>,
    #[serde(default)]
    algorithms: Vec<String>,
    #[serde(default)]
    issuer: Texts,
    #[serde(default)]
    audience: Texts,
    #[serde(default)]
    subject: Texts,
    #[serde(default)]
    claims: ClaimsTable,
    admin_claim: Option<String>,
    doors: Option<Vec<String>>,
    #[serde(default)]
    unknown_users: UnknownUsersSetting,
    require_exp: Option<bool>,
    leeway: Option<u32>,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct ClaimsTable {
    name: Texts,
    username: Texts,
    email: Texts,
    avatar: Texts,
}

#[derive(Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum SecretEncoding {
    #[default]
    Text,
    Base64,
}

impl AppsFile {
    pub fn read(path: &Path) -> Result<Self, AppsFileError> {
        let text = std::fs::read_to_string(path).map_err(|cause| AppsFileError::Read {
            path: path.to_owned(),
            cause,
        })?;
        Self::parse(&text, path, &|name| std::env::var(name).ok())
    }

    fn parse(
        text: &str,
        path: &Path,
        env: &dyn Fn(&str) -> Option<String>,
    ) -> Result<Self, AppsFileError> {
        let line_at = |index: usize| text[..index.min(text.len())].matches('\n').count() + 1;
        let wrong = |line: usize, what: String| AppsFileError::Wrong {
            path: path.to_owned(),
            line,
            what,
        };
        let document: Document = toml::from_str(text).map_err(|error| {
            let line = error.span().map_or(1, |span| line_at(span.start));
            wrong(line, error.message().to_owned())
        })?;
        let mut file = Self {
            path: path.to_owned(),
            ..Self::default()
        };
        let source = Source {
            folder: path.parent().unwrap_or(Path::new(".")),
            env,
        };
        for (name, table) in document.apps {
            let line = line_at(table.span().start);
            let app = table.into_inner().into_app(&name, &source);
            let app = app.map_err(|what| wrong(line, format!("the app {name}: {what}")))?;
            file.lines.insert(name, line);
            file.apps.push(app);
        }
        Ok(file)
    }

    /// Adds the app of the environment.
    pub fn add(&mut self, app: AppConfig) {
        self.apps.push(app);
    }

    /// Says where in the file the app is that is at fault.
    pub fn locate(&self, error: ConfigError) -> AppsFileError {
        match error.app().and_then(|app| self.lines.get(app)) {
            Some(line) => AppsFileError::Wrong {
                path: self.path.clone(),
                line: *line,
                what: error.to_string(),
            },
            None => AppsFileError::Keys(error),
        }
    }
}

impl AppTable {
    fn into_app(self, name: &str, source: &Source<'_>) -> Result<AppConfig, String> {
        let keys = self.keys(source)?;
        let rules = TokenRules {
            issuers: source.texts(self.issuer)?,
            audiences: source.texts(self.audience)?,
            subject_claims: self.subject.into_list(),
            profile_claims: ProfileClaims {
                name: self.claims.name.into_list(),
                username: self.claims.username.into_list(),
                email: self.claims.email.into_list(),
                avatar: self.claims.avatar.into_list(),
            },
            admin_claim: match self.admin_claim {
                Some(claim) => Some(claim.parse().map_err(|why| format!("admin_claim {why}"))?),
                None => None,
            },
            requires_exp: self.require_exp.unwrap_or(true),
            leeway: Duration::seconds(match self.leeway.map_or(60, i64::from) {
                seconds @ ..=MAX_LEEWAY => seconds,
                _ => return Err(format!("leeway is at most {MAX_LEEWAY} seconds")),
            }),
            ..TokenRules::default()
        };
        let rules = rules.only_algorithms(&self.algorithms);
        let rules = rules.map_err(|name| format!("{name:?} is no algorithm of tokens"))?;
        if let Some(doors) = &self.doors {
            check_doors(doors)?;
        }
        for key in &keys {
            match key.check_length(&rules.algorithms) {
                Ok(()) => {}
                Err(cause) if self.allow_short_secret => {
                    tracing::warn!(
                        app = name,
                        "the app's secret {cause}: tokens of it can be forged"
                    );
                }
                Err(cause) => return Err(format!("secret {cause}; {SHORT_SECRET}")),
            }
        }
        Ok(AppConfig {
            keys,
            rules,
            doors: self.doors,
            unknown_users: self.unknown_users.into(),
            ..AppConfig::new(name)
        })
    }

    fn keys(&self, source: &Source<'_>) -> Result<Vec<IssuerKey>, String> {
        let mut keys = Vec::new();
        for secret in source.values("secret", self.secret.as_ref(), self.secret_file.as_ref())? {
            keys.push(IssuerKey::Secret(match self.secret_encoding {
                SecretEncoding::Text => secret.into_bytes(),
                SecretEncoding::Base64 => BASE64_STANDARD
                    .decode(secret.trim())
                    .map_err(|_| "secret is not base64, which secret_encoding says")?,
            }));
        }
        let (public_key, file) = (self.public_key.as_ref(), self.public_key_file.as_ref());
        for pem in source.values("public_key", public_key, file)? {
            keys.push(IssuerKey::Pem(pem.into_bytes()));
        }
        if let Some(url) = &self.jwks_url {
            let address = source.expand(url)?.parse();
            keys.push(IssuerKey::Set(
                address.map_err(|why: String| format!("jwks_url {why}"))?,
            ));
        }
        if keys.is_empty() {
            return Err("needs a key: secret, public_key or jwks_url".to_owned());
        }
        Ok(keys)
    }
}

fn check_doors(doors: &[String]) -> Result<(), String> {
    let names = CONTRACT_PORTS.map(|(name, _)| name);
    match doors.iter().find(|door| !names.contains(&door.as_str())) {
        Some(door) => Err(format!("the door {door:?} is none of {}", names.join(", "))),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::AppsFile;
    use chat::{IssuerKey, Keys, OwnKeys, UnknownUsers};
    use std::path::Path;

    fn parse(text: &str) -> Result<AppsFile, String> {
        let env = |name: &str| {
            Some(format!("value of {name}, 32 bytes or more")).filter(|_| name != "UNSET")
        };
        AppsFile::parse(text, Path::new("/etc/parlance/apps.toml"), &env)
            .map_err(|error| error.to_string())
    }

    /// The text of the refusal, or of that of the keys.
    fn refused(text: &str) -> String {
        let file = match parse(text) {
            Ok(file) => file,
            Err(error) => return error,
        };
        let own = OwnKeys {
            secret: b"ours",
            rs256: None,
        };
        let error = Keys::with_apps(&own, None, file.apps.clone()).unwrap_err();
        file.locate(error).to_string()
    }

    #[test]
    fn the_example_of_the_documentation_is_a_good_file() {
        let page = include_str!("../../../docs/apps.md");
        let (_, example) = page.split_once("```toml\n").unwrap();
        let (example, _) = example.split_once("```").unwrap();
        let file = parse(example).unwrap();
        let own = OwnKeys {
            secret: b"ours",
            rs256: None,
        };
        Keys::with_apps(&own, None, file.apps.clone()).unwrap();
        let names: Vec<_> = file.apps.iter().map(|app| app.name.as_str()).collect();
        assert_eq!(names, ["forum", "game", "shop"]);
        let shop = &file.apps[2];
        assert_eq!(
            shop.keys,
            [IssuerKey::Secret(
                b"value of SHOP_SECRET, 32 bytes or more".to_vec()
            )]
        );
        assert_eq!(shop.doors.as_deref(), Some(&["broadcast".to_owned()][..]));
        assert_eq!(file.apps[0].unknown_users, UnknownUsers::Refuse);
    }

    #[test]
    fn a_fault_is_told_in_words_with_its_line() {
        let long = "[apps.a]\nsecret = \"an app's secret of 32 bytes or more\"\n\n[apps.b]\nsecret = \"an app's secret of 32 bytes or more\"\n";
        for (text, line, words) in [
            ("[apps.a", 1, ""),
            ("\n[apps.a]\nsecrets = \"x\"", 3, "unknown field `secrets`"),
            ("[apps.a]\nissuer = 5", 2, "a text or a list of texts"),
            ("\n\n[apps.a]\nissuer = \"x\"", 3, "needs a key"),
            ("[apps.a]\nsecret = \"${UNSET}\"", 1, "UNSET is not set"),
            ("[apps.a]\nsecret = \"\"", 1, "secret is empty"),
            ("[apps.a]\nsecret_file = \"/none\"", 1, "secret_file /none"),
            ("[apps.a]\njwks_url = \"http://id.example\"", 1, "https://"),
            (
                "[apps.a]\nsecret = \"x\"\ndoors = [\"lobby\"]",
                1,
                "\"lobby\" is none of groups",
            ),
            (
                "[apps.a]\nsecret = \"x\"\nadmin_claim = \"admin\"",
                1,
                "role=admin",
            ),
            (
                "[apps.a]\nsecret = \"x\"\nalgorithms = [\"none\"]",
                1,
                "no algorithm",
            ),
            (
                "[apps.a]\nsecret = \"an app's secret of 32 bytes or more\"\nalgorithms = [\"RS256\"]",
                1,
                "none of the algorithms",
            ),
            ("[apps.a]\nsecret = \"x\"\nleeway = 6000", 1, "at most 600"),
            ("[apps.a]\npublic_key = \"x\"", 1, "no public key in PEM"),
            (
                "[apps.A]\nsecret = \"x\"\nallow_short_secret = true",
                1,
                "no name of an app",
            ),
            (
                "[apps.a]\nsecret = \"ours\"\nallow_short_secret = true",
                1,
                "has a key of ours",
            ),
            (
                "[apps.a]\nsecret = \"x\"",
                1,
                "secret has 1 bytes, and HS256 needs 32",
            ),
            (
                "[apps.a]\nsecret = \"an app's secret of 32 bytes or more\"\nalgorithms = [\"HS512\"]",
                1,
                "HS512 needs 64",
            ),
            (
                "[apps.a]\nsecret = \"QUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUE=\"\nsecret_encoding = \"base64\"",
                1,
                "secret has 29 bytes",
            ),
            (long, 4, "different issuers or audiences"),
        ] {
            let why = refused(text);
            let place = format!("/etc/parlance/apps.toml, line {line}: ");
            assert!(
                why.starts_with(&place) && why.contains(words),
                "{text:?}: {why}"
            );
        }
    }

    #[test]
    fn a_key_is_never_shown() {
        for text in [
            "[apps.a]\nsecret = 12345678",
            "[apps.a]\nsecret = [\"12345678\"]",
            "[apps.a]\nsecret = \"12345678\"\nsecret_encoding = \"base64\"\nalgorithms = [\"RS256\"]",
            "[apps.a]\nsecret = \"12345678!\"\nsecret_encoding = \"base64\"",
            "[apps.a]\nsecret = \"12345678\n",
        ] {
            let why = refused(text);
            assert!(!why.contains("12345678"), "{why}");
        }
        let file = parse("[apps.a]\nsecret = \"12345678\"\nallow_short_secret = true").unwrap();
        assert!(!format!("{file:?}").contains("12345678"));
    }
}
