//! Apps and their users, as administrators and the users themselves see them.

use crate::{FieldError, UserId};
use serde::{Deserialize, Serialize};
use std::fmt;
use time::OffsetDateTime;

/// Another system whose users are users here.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct App {
    pub name: String,
    /// The claim `iss` of the app's tokens; empty if they have none, null until the first token.
    pub issuer: Option<String>,
    #[serde(with = "crate::timestamp")]
    pub created_at: OffsetDateTime,
}

/// A user of an app.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct AppUser {
    /// The id that the app has for the user.
    pub id: String,
    pub user_id: UserId,
    pub username: String,
    pub name: String,
    /// Whether the user was only named so far: no token and no directory has described them.
    pub placeholder: bool,
    #[serde(with = "crate::timestamp::option", default)]
    pub first_token_at: Option<OffsetDateTime>,
    /// Since when the user is gone from the app; null if they are not.
    #[serde(with = "crate::timestamp::option", default)]
    pub ended_at: Option<OffsetDateTime>,
}

/// The id that an app has for a user.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct AppUserId {
    /// The app's name.
    pub app: String,
    pub id: String,
}

/// The outcome of an update of an app's directory.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct DirectoryReport {
    /// Users who were not there before.
    pub created: u64,
    /// Users of whom something changed, and those who are back.
    pub updated: u64,
    pub unchanged: u64,
    /// Users who are gone from now on.
    pub ended: u64,
    /// The entries that could not be taken. They cost the others nothing.
    pub rejected: Vec<RejectedUser>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct RejectedUser {
    /// The place of the entry in the request, from 0.
    pub index: usize,
    /// The entry's id, if it has one that can be read.
    pub id: Option<String>,
    pub errors: Vec<FieldError>,
}

/// How a caller of the public API names a user: by our id, or by an app and the id that it has for
/// them, as `app:6`. A number, in quotes or not, is always our id.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum UserKey {
    Id(UserId),
    App(AppUserId),
}

/// Bytes of the id that an app has for a user.
const MAX_APP_ID: usize = 255;

/// The text is neither digits nor `<app>:<id>`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InvalidUserKey;

impl fmt::Display for InvalidUserKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("must be an id, as a string of digits, or `<app>:<id of the app>`")
    }
}

impl std::error::Error for InvalidUserKey {}

impl std::str::FromStr for UserKey {
    type Err = InvalidUserKey;

    fn from_str(text: &str) -> Result<Self, InvalidUserKey> {
        if let Some((app, id)) = text.split_once(':') {
            let is_name = (1..=32).contains(&app.len())
                && app
                    .bytes()
                    .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == b'-');
            return match (is_name, id) {
                (false, _) | (_, "") => Err(InvalidUserKey),
                (true, id) if id.len() > MAX_APP_ID => Err(InvalidUserKey),
                (true, id) => Ok(Self::App(AppUserId {
                    app: app.to_owned(),
                    id: id.to_owned(),
                })),
            };
        }
        text.parse().map(Self::Id).map_err(|_| InvalidUserKey)
    }
}

impl<'de> Deserialize<'de> for UserKey {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Key;
        impl serde::de::Visitor<'_> for Key {
            type Value = UserKey;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an id, as a string of digits, or `<app>:<id of the app>`")
            }

            fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<UserKey, E> {
                let invalid = || E::invalid_value(serde::de::Unexpected::Str(text), &self);
                text.parse().map_err(|_| invalid())
            }

            fn visit_i64<E: serde::de::Error>(self, id: i64) -> Result<UserKey, E> {
                Ok(UserKey::Id(UserId(id)))
            }

            fn visit_u64<E: serde::de::Error>(self, id: u64) -> Result<UserKey, E> {
                let invalid = || E::invalid_value(serde::de::Unexpected::Unsigned(id), &self);
                i64::try_from(id)
                    .map(|id| UserKey::Id(UserId(id)))
                    .map_err(|_| invalid())
            }
        }
        deserializer.deserialize_any(Key)
    }
}

#[cfg(feature = "openapi")]
impl utoipa::PartialSchema for UserKey {
    fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::schema::Schema> {
        utoipa::openapi::ObjectBuilder::new()
            .schema_type(utoipa::openapi::schema::Type::String)
            .description(Some(
                "An id of Parlance, or an app's name, a colon, and the id that the app has for the \
                user. Without a colon it is always an id of Parlance.",
            ))
            // The longest name of an app, the colon and the longest id.
            .max_length(Some(32 + 1 + MAX_APP_ID))
            .pattern(Some("^([0-9]+|[a-z0-9][a-z0-9-]*:.+)$"))
            .examples(["42", "app:507f1f77bcf86cd799439011"].map(serde_json::Value::from))
            .into()
    }
}

#[cfg(feature = "openapi")]
impl utoipa::ToSchema for UserKey {}

#[cfg(test)]
mod tests {
    use super::{AppUserId, UserKey};
    use crate::UserId;

    #[test]
    fn a_number_is_always_an_id_of_ours() {
        for text in [r#""42""#, "42"] {
            let key: UserKey = serde_json::from_str(text).unwrap();
            assert_eq!(key, UserKey::Id(UserId(42)));
        }
    }

    #[test]
    fn an_app_names_its_user_after_a_colon() {
        for (text, app, id) in [
            ("app:6", "app", "6"),
            ("shop-2:a:b/c d", "shop-2", "a:b/c d"),
            ("42:42", "42", "42"),
        ] {
            let (app, id) = (app.to_owned(), id.to_owned());
            assert_eq!(text.parse(), Ok(UserKey::App(AppUserId { app, id })));
        }
    }

    #[test]
    fn everything_else_is_refused() {
        for text in [
            r#""""#,
            r#"":6""#,
            r#""app:""#,
            r#""App:6""#,
            r#""ada""#,
            "4.5",
            "null",
            "{}",
            "[]",
            "true",
            "99999999999999999999",
        ] {
            assert!(serde_json::from_str::<UserKey>(text).is_err(), "{text}");
        }
    }
}
