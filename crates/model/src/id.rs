//! Ids: `bigint` in the database, strings of digits in JSON.

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use std::{fmt, str::FromStr};

/// The text is not an id as this server writes it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InvalidId;

impl fmt::Display for InvalidId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an id is a number without a sign and without leading zeros")
    }
}

impl std::error::Error for InvalidId {}

/// Reads an id in its only spelling: with a sign or a leading zero, two texts would name one thing.
fn parse_digits(text: &str) -> Option<i64> {
    let is_digits = !text.is_empty() && text.bytes().all(|it| it.is_ascii_digit());
    let has_leading_zero = text.len() > 1 && text.starts_with('0');
    text.parse().ok().filter(|_| is_digits && !has_leading_zero)
}

macro_rules! id {
    ($($(#[$doc:meta])* $name:ident),+ $(,)?) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $name(pub i64);

        impl From<i64> for $name {
            fn from(id: i64) -> Self {
                Self(id)
            }
        }

        impl From<$name> for i64 {
            fn from(id: $name) -> Self {
                id.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl FromStr for $name {
            type Err = InvalidId;

            fn from_str(digits: &str) -> Result<Self, Self::Err> {
                parse_digits(digits).map(Self).ok_or(InvalidId)
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(&self.0)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                deserializer.deserialize_any(Digits).map(Self)
            }
        }

        #[cfg(feature = "openapi")]
        impl utoipa::PartialSchema for $name {
            fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::schema::Schema> {
                utoipa::openapi::ObjectBuilder::new()
                    .schema_type(utoipa::openapi::schema::Type::String)
                    // That of the greatest 64-bit number.
                    .max_length(Some(19))
                    .pattern(Some("^[0-9]+$"))
                    .examples([serde_json::Value::from("42")])
                    .into()
            }
        }

        #[cfg(feature = "openapi")]
        impl utoipa::ToSchema for $name {}
    )+};
}

id!(
    AnnouncementId,
    AppId,
    ConversationId,
    IdentityId,
    InvitationId,
    LinkPreviewId,
    MessageId,
    RememberedDeviceId,
    ScheduledMessageId,
    SessionId,
    UploadId,
    UserId,
    WebhookId,
);

impl ConversationId {
    /// The conversation of the announcements, to which everybody belongs. Its id is fixed, and smaller
    /// than all others.
    pub const ANNOUNCEMENTS: Self = Self(0);
}

impl From<MessageId> for AnnouncementId {
    /// An announcement is a message, and has its id.
    fn from(id: MessageId) -> Self {
        Self(id.0)
    }
}

/// Accepts `"42"` as well as `42`: the contracts have clients that send ids as numbers.
struct Digits;

impl de::Visitor<'_> for Digits {
    type Value = i64;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an id, as a string of digits")
    }

    fn visit_str<E: de::Error>(self, value: &str) -> Result<i64, E> {
        parse_digits(value).ok_or_else(|| E::invalid_value(de::Unexpected::Str(value), &self))
    }

    fn visit_i64<E: de::Error>(self, value: i64) -> Result<i64, E> {
        let id = Some(value).filter(|value| *value >= 0);
        id.ok_or_else(|| E::invalid_value(de::Unexpected::Signed(value), &self))
    }

    fn visit_u64<E: de::Error>(self, value: u64) -> Result<i64, E> {
        i64::try_from(value).map_err(|_| E::invalid_value(de::Unexpected::Unsigned(value), &self))
    }
}

#[cfg(test)]
mod tests {
    use super::UserId;

    #[test]
    fn serialises_strings_and_accepts_numbers() {
        assert_eq!(serde_json::to_string(&UserId(42)).unwrap(), r#""42""#);
        for text in [r#""42""#, "42"] {
            assert_eq!(serde_json::from_str::<UserId>(text).unwrap(), UserId(42));
        }
        for text in [
            r#""4x""#,
            r#""""#,
            "4.2",
            "-4",
            r#""-4""#,
            r#""+4""#,
            r#""04""#,
            r#""00""#,
            r#"" 4""#,
            "null",
            "[]",
            "99999999999999999999",
        ] {
            assert!(serde_json::from_str::<UserId>(text).is_err(), "{text}");
        }
        assert_eq!("0".parse(), Ok(UserId(0)));
        for text in ["+4", "-4", "04", " 4", "4 ", "", "9223372036854775808"] {
            assert_eq!(text.parse::<UserId>(), Err(super::InvalidId), "{text}");
        }
    }
}
