//! Settings about tokens that say nothing together, and so can only be a mistake.

use super::settings::{Config, JwtSubjects};

/// A mistake, in words that say what to set.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum TokenSettingsError {
    #[error(
        "{0} is set, and JWT_SUBJECTS is not `foreign`: the ids in tokens that others sign would be taken \
         for those of users here, and the `1` of another system for the administrator's. Set \
         JWT_SUBJECTS=foreign if the ids are another system's; otherwise remove {0}"
    )]
    NotForeign(&'static str),
    #[error(
        "JWT_SUBJECTS=foreign says that an app signs tokens with a key of the environment, and there is \
         none: set JWT_SECRET, or PRIVATE_KEY_PATH and PUBLIC_KEY_PATH, or JWT_JWKS_URL. Apps of \
         APPS_FILE have keys of their own, and need no JWT_SUBJECTS"
    )]
    NoKey,
}

impl Config {
    /// Refuses settings about tokens that can only be a mistake.
    pub fn check_tokens(&self) -> Result<(), TokenSettingsError> {
        let is_filled = |list: &[String]| list.iter().any(|it| !it.trim().is_empty());
        match self.jwt_subjects {
            JwtSubjects::Ours => {
                let for_others = [
                    ("JWT_JWKS_URL", self.jwt_jwks_url.is_some()),
                    ("JWT_ISSUER", is_filled(&self.jwt_issuer)),
                    ("JWT_AUDIENCE", is_filled(&self.jwt_audience)),
                    ("JWT_ADMIN_CLAIM", self.jwt_admin_claim.is_some()),
                ];
                match for_others.into_iter().find(|(_, is_set)| *is_set) {
                    Some((name, _)) => Err(TokenSettingsError::NotForeign(name)),
                    None => Ok(()),
                }
            }
            JwtSubjects::Foreign => {
                let has_key = self.jwt_secret.is_some()
                    || self.public_key_path.is_some()
                    || self.jwt_jwks_url.is_some();
                has_key.then_some(()).ok_or(TokenSettingsError::NoKey)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::TokenSettingsError::{NoKey, NotForeign};
    use crate::Config;
    use clap::Parser;

    fn check(flags: &[&str]) -> Result<(), super::TokenSettingsError> {
        #[derive(Parser)]
        struct Flags {
            #[command(flatten)]
            config: Config,
        }
        let flags = std::iter::once(&"parlance").chain(flags);
        Flags::try_parse_from(flags).unwrap().config.check_tokens()
    }

    #[test]
    fn what_concerns_foreign_tokens_needs_foreign_subjects() {
        for (flag, name) in [
            ("--jwt-jwks-url=https://id.example/jwks", "JWT_JWKS_URL"),
            ("--jwt-issuer=https://id.example/", "JWT_ISSUER"),
            ("--jwt-audience=parlance", "JWT_AUDIENCE"),
            ("--jwt-admin-claim=role=admin", "JWT_ADMIN_CLAIM"),
        ] {
            assert_eq!(check(&["--jwt-secret=s", flag]), Err(NotForeign(name)));
            let foreign = ["--jwt-secret=s", "--jwt-subjects=foreign", flag];
            assert_eq!(check(&foreign), Ok(()));
        }
        assert_eq!(check(&[]), Ok(()));
        assert_eq!(check(&["--jwt-secret=s", "--jwt-issuer="]), Ok(()));
    }

    #[test]
    fn foreign_subjects_need_a_key() {
        let foreign = "--jwt-subjects=foreign";
        assert_eq!(check(&[foreign]), Err(NoKey));
        assert_eq!(check(&[foreign, "--apps-file=apps.toml"]), Err(NoKey));
        assert_eq!(check(&[foreign, "--jwt-secret=s"]), Ok(()));
        let set = "--jwt-jwks-url=https://id.example/jwks";
        assert_eq!(check(&[foreign, set]), Ok(()));
    }
}
