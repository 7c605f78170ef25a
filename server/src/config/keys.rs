//! The keys that sign access tokens: from the settings, or a secret that is generated once in the data
//! folder.

use super::{
    apps_file::{AppsFile, AppsFileError},
    files::FilesError,
    providers_file::SingleSignOnError,
    settings::{Config, JwtSubjects, Switch},
};
use chat::{
    AppConfig, EmailSettings, FileStore, IssuerKey, KeyError, Keys, LinkPreviewSettings, OwnKeys,
    Rs256, SessionTimings, Smtp, Timings, TokenRules,
};
use std::{
    fs::OpenOptions,
    io::{self, Write},
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
    sync::Arc,
};
use time::Duration;

/// The file of the data folder that keeps a generated secret.
const SECRET_FILE: &str = "jwt_secret";

#[derive(Debug, thiserror::Error)]
pub enum KeysError {
    #[error("cannot read {path}: {cause}")]
    Read { path: PathBuf, cause: io::Error },
    #[error("cannot write {path}, which would keep a generated JWT_SECRET: {cause}")]
    Write { path: PathBuf, cause: io::Error },
    #[error(
        "JWT_SECRET {cause}. Set one that is long enough, as `openssl rand -hex 32` prints it, or none: \
         one is generated then. Where another system signs with it and cannot change it, set \
         ALLOW_SHORT_SECRET=on: whoever has one token can then try secrets until they find it"
    )]
    ShortSecret { cause: KeyError },
    #[error("the secret in {path} {cause}. Remove the file: a secret is generated then")]
    ShortFile { path: PathBuf, cause: KeyError },
    #[error(transparent)]
    Files(#[from] FilesError),
    #[error("SMTP_URL cannot be used: {0}")]
    Smtp(Box<dyn std::error::Error + Send + Sync>),
    #[error(transparent)]
    Apps(#[from] AppsFileError),
    #[error(transparent)]
    SingleSignOn(#[from] SingleSignOnError),
}

impl Config {
    /// The settings of the verbs. The first call without a secret writes one. Files are in memory: a server that
    /// keeps them takes `file_store`.
    pub fn chat_settings(&self) -> Result<chat::Settings, KeysError> {
        Ok(chat::Settings {
            keys: self.keys()?,
            rate_limits: self.rate_limits(),
            timings: self.timings(),
            presence_audience: self.presence_audience.into(),
            registration: self.registration_rules(),
            two_factor: self.two_factor_rules(),
            uploads: self.files.upload_settings(),
            link_previews: LinkPreviewSettings {
                enabled: self.link_previews == Switch::On,
                ..LinkPreviewSettings::default()
            },
            single_sign_on: self.single_sign_on()?,
            emails: self.email_settings()?,
        })
    }

    /// `None` without a mail server. The command line refuses one without the other settings.
    fn email_settings(&self) -> Result<Option<EmailSettings>, KeysError> {
        let (Some(smtp), Some(from), Some(public_url)) =
            (&self.smtp_url, &self.mail_from, &self.public_url)
        else {
            return Ok(None);
        };
        let transport = Smtp::new(smtp).map_err(|cause| KeysError::Smtp(cause.into()))?;
        Ok(Some(EmailSettings {
            transport: Arc::new(transport),
            from: from.clone(),
            public_url: public_url.clone(),
        }))
    }

    /// Where the files of users are. A folder is created; of a bucket nothing is asked yet.
    pub fn file_store(&self) -> Result<FileStore, KeysError> {
        Ok(self.files.store(&self.data_dir)?)
    }

    /// Asks the store of the files whether it can be used.
    pub async fn check_files(&self) -> Result<(), KeysError> {
        let checked = self.file_store()?.check().await;
        Ok(checked.map_err(FilesError::Bucket)?)
    }

    fn timings(&self) -> Timings {
        let days = |days: u32| std::time::Duration::from_hours(u64::from(days) * 24);
        Timings {
            audit_log_age: Some(days(self.audit_log_days)).filter(|age| !age.is_zero()),
            sessions: SessionTimings {
                idle_timeout: days(self.session_idle_days),
                max_age: self.session_max_days.map(days),
                ..SessionTimings::default()
            },
            ..Timings::default()
        }
    }

    fn keys(&self) -> Result<Keys, KeysError> {
        let secret = match &self.jwt_secret {
            Some(secret) => secret.clone().into_bytes(),
            None => generated_secret(&self.data_dir)?,
        };
        match IssuerKey::Secret(secret.clone()).check_length(&[]) {
            Ok(()) => {}
            Err(cause) if self.allow_short_secret == Switch::On => {
                tracing::warn!("JWT_SECRET {cause}: whoever has one token can find it by trying");
            }
            Err(cause) if self.jwt_secret.is_none() => {
                let path = self.data_dir.join(SECRET_FILE);
                return Err(KeysError::ShortFile { path, cause });
            }
            Err(cause) => return Err(KeysError::ShortSecret { cause }),
        }
        let rs256 = match (&self.private_key_path, &self.public_key_path) {
            (Some(private), Some(public)) => Some(Rs256 {
                private_pem: read(private)?,
                public_pem: read(public)?,
            }),
            _ => None,
        };
        let own = OwnKeys {
            secret: &secret,
            rs256: rs256.as_ref(),
        };
        let mut issuer_keys = own.issuer_keys();
        issuer_keys.extend(self.jwt_jwks_url.clone().map(IssuerKey::Set));
        let mut apps = match &self.apps_file {
            Some(path) => AppsFile::read(path)?,
            None => AppsFile::default(),
        };
        let local = match self.jwt_subjects {
            JwtSubjects::Ours => Some((issuer_keys, self.token_rules())),
            JwtSubjects::Foreign => {
                apps.add(AppConfig {
                    keys: issuer_keys,
                    rules: self.token_rules(),
                    has_our_keys: true,
                    unknown_users: self.unknown_users.into(),
                    ..AppConfig::new(&self.app_name)
                });
                None
            }
        };
        let keys = Keys::with_apps(&own, local, apps.apps.clone());
        keys.map_err(|error| apps.locate(error).into())
    }

    /// What tokens must say that others sign with the keys of the environment.
    fn token_rules(&self) -> TokenRules {
        let filled = |list: &[String]| {
            let list = list.iter().map(|it| it.trim().to_owned());
            list.filter(|it| !it.is_empty()).collect()
        };
        TokenRules {
            issuers: filled(&self.jwt_issuer),
            audiences: filled(&self.jwt_audience),
            admin_claim: self.jwt_admin_claim.clone(),
            requires_exp: self.jwt_require_exp == Switch::On,
            leeway: Duration::seconds(self.jwt_leeway.into()),
            ..TokenRules::default()
        }
    }
}

fn read(path: &Path) -> Result<Vec<u8>, KeysError> {
    std::fs::read(path).map_err(|cause| KeysError::Read {
        path: path.to_owned(),
        cause,
    })
}

/// The secret in the folder's file `jwt_secret`; the first call writes it, readable by its owner only.
fn generated_secret(data_dir: &Path) -> Result<Vec<u8>, KeysError> {
    let path = data_dir.join(SECRET_FILE);
    if path.exists() {
        return read(&path);
    }
    create_secret(data_dir, &path).map_err(|cause| KeysError::Write {
        path: path.clone(),
        cause,
    })?;
    read(&path)
}

/// Writes a draft and links it, so that the file is complete whenever it exists. Of two servers that
/// start together, the first one wins.
fn create_secret(data_dir: &Path, path: &Path) -> io::Result<()> {
    std::fs::create_dir_all(data_dir)?;
    let secret: [u128; 2] = rand::random();
    let secret = format!("{:032x}{:032x}", secret[0], secret[1]);

    let draft = data_dir.join(format!("jwt_secret.{}", std::process::id()));
    let mut file = OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(&draft)?;
    file.write_all(secret.as_bytes())?;
    file.sync_all()?;
    let linked = std::fs::hard_link(&draft, path);
    std::fs::remove_file(&draft)?;
    match linked {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::{KeysError, generated_secret};
    use crate::Config;
    use clap::Parser;
    use std::os::unix::fs::PermissionsExt;

    #[derive(Parser)]
    struct Flags {
        #[command(flatten)]
        config: Config,
    }

    fn refused(flags: &[&str]) -> Option<String> {
        let flags = std::iter::once(&"parlance").chain(flags);
        match Flags::parse_from(flags).config.chat_settings() {
            Ok(_) => None,
            Err(error @ KeysError::ShortSecret { .. }) => Some(error.to_string()),
            Err(other) => panic!("{other}"),
        }
    }

    #[test]
    fn a_secret_that_can_be_guessed_is_refused_with_what_to_do() {
        let almost = "é".repeat(15);
        for secret in ["a", "secret", &almost] {
            let flag = format!("--jwt-secret={secret}");
            let words = refused(&[&flag]).unwrap();
            for word in ["HS256 needs 32", "openssl rand", "ALLOW_SHORT_SECRET=on"] {
                assert!(words.contains(word), "{words}");
            }
            assert!(!words.contains(&almost), "{words}");
            assert_eq!(refused(&[&flag, "--allow-short-secret=on"]), None);
        }
        assert_eq!(
            refused(&[&format!("--jwt-secret={}", "é".repeat(16))]),
            None
        );
    }

    #[test]
    fn a_file_that_holds_no_secret_is_named() {
        let folder = std::env::temp_dir().join(format!("parlance-empty-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(folder.join("jwt_secret"), "").unwrap();
        let flag = format!("--data-dir={}", folder.display());
        let mut config = Flags::parse_from(["parlance", &flag]).config;
        config.jwt_secret = None;
        let refused = config.chat_settings().unwrap_err().to_string();
        std::fs::remove_dir_all(&folder).unwrap();
        for word in ["jwt_secret has 0 bytes", "Remove the file"] {
            assert!(refused.contains(word), "{refused}");
        }
    }

    #[test]
    fn a_secret_is_made_once_and_kept_private() {
        let folder = std::env::temp_dir().join(format!("parlance-secret-{}", std::process::id()));
        let first = generated_secret(&folder).unwrap();
        let again = generated_secret(&folder).unwrap();
        let mode = std::fs::metadata(folder.join("jwt_secret"))
            .unwrap()
            .permissions()
            .mode();
        let files = std::fs::read_dir(&folder).unwrap().count();
        std::fs::remove_dir_all(&folder).unwrap();

        assert_eq!(first.len(), 64);
        assert_eq!(first, again);
        assert_eq!(mode & 0o777, 0o600);
        assert_eq!(files, 1, "no draft is left");
    }
}
