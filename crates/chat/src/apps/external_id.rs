//! `ExternalId`: the id by which an app knows one of its users, conversations or messages; and the
//! ids under which users without an id in an app appear there.

use model::UserId;
use std::{
    borrow::Cow,
    cmp::Ordering,
    fmt,
    hash::{Hash, Hasher},
};

/// Bytes of the longest external id.
const MAX_BYTES: usize = 255;

/// The first half of a reserved `ObjectId`. An `ObjectId` begins with its time in seconds, so the
/// generators of `MongoDB` reach this prefix in the last second of 2106.
const OBJECT_ID_PREFIX: &str = "ffffffff";

/// The beginning of a reserved cuid. After the `c`, a cuid has its time in milliseconds, in base 36:
/// generators reach this prefix in 2059.
const CUID_PREFIX: &str = "czzzzzzzz";

/// The id of an app. Numbers are their decimal digits. It has 1 to 255 bytes, no control characters,
/// and none of the reserved forms. Two that differ in the case of hexadecimal digits only are equal.
#[derive(Clone, Debug)]
pub struct ExternalId(Box<str>);

/// The kind of ids that a contract has for users. It decides under which id a user appears in an app
/// that has no id for them. Such an id can never be one of the app's: `ExternalId` refuses it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IdKind {
    /// JSON numbers. Reserved are the negative ones.
    Number,
    /// `ObjectId`s of `MongoDB`: 24 hexadecimal digits.
    ObjectId,
    /// Cuids: 25 letters and digits.
    Cuid,
}

/// The form of an app's id. An app has ids of one form, as a rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IdForm {
    Integer,
    ObjectId,
    Cuid,
    Uuid,
    /// No form that a generator of ids has.
    Text,
}

impl ExternalId {
    /// `None` for what cannot be an id of an app.
    pub fn parse(text: &str) -> Option<Self> {
        let fits = (1..=MAX_BYTES).contains(&text.len());
        let is_plain = !text.chars().any(char::is_control);
        let is_free = reserved_user(text).is_none() && !is_reserved_number(text);
        (fits && is_plain && is_free).then(|| Self(text.into()))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// What two spellings of one id share, by which users are looked up (`app_users.external_key`): the
    /// hexadecimal digits of an `ObjectId` or a UUID in lower case, as the case means nothing in them.
    pub fn key(&self) -> Cow<'_, str> {
        match self.form() {
            IdForm::ObjectId | IdForm::Uuid => self.0.to_ascii_lowercase().into(),
            IdForm::Integer | IdForm::Cuid | IdForm::Text => Cow::Borrowed(&self.0),
        }
    }

    pub fn form(&self) -> IdForm {
        let id = &*self.0;
        let is_hex = |it: &str| it.bytes().all(|byte| byte.is_ascii_hexdigit());
        let is_cuid = id.len() == 25 && id.starts_with('c');
        let is_canonical = id == "0" || !id.starts_with('0');
        if is_digits(id) && is_canonical {
            IdForm::Integer
        } else if id.len() == 24 && is_hex(id) {
            IdForm::ObjectId
        } else if is_cuid && id.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
            IdForm::Cuid
        } else if id.len() == 36
            && id.split('-').map(str::len).eq([8, 4, 4, 4, 12])
            && id.split('-').all(is_hex)
        {
            IdForm::Uuid
        } else {
            IdForm::Text
        }
    }
}

impl PartialEq for ExternalId {
    fn eq(&self, other: &Self) -> bool {
        self.key() == other.key()
    }
}

impl Eq for ExternalId {}

impl PartialOrd for ExternalId {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for ExternalId {
    fn cmp(&self, other: &Self) -> Ordering {
        self.key().cmp(&other.key())
    }
}

impl Hash for ExternalId {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.key().hash(state);
    }
}

impl fmt::Display for ExternalId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl IdKind {
    /// The id of a user who has none in the app.
    pub fn reserved(self, user_id: UserId) -> String {
        match self {
            Self::Number => format!("-{user_id}"),
            Self::ObjectId => format!("{OBJECT_ID_PREFIX}{:016x}", user_id.0),
            Self::Cuid => format!("{CUID_PREFIX}{:016}", user_id.0),
        }
    }
}

/// The user that a reserved id of any kind names.
pub fn reserved_user(text: &str) -> Option<UserId> {
    let id = if let Some(digits) = text.strip_prefix('-') {
        digits.parse().ok().filter(|_| is_digits(digits))
    } else if text.len() == 24
        && text
            .get(..8)
            .is_some_and(|prefix| prefix.eq_ignore_ascii_case(OBJECT_ID_PREFIX))
    {
        text.get(8..)
            .filter(|digits| digits.bytes().all(|byte| byte.is_ascii_hexdigit()))
            .and_then(|digits| i64::from_str_radix(digits, 16).ok())
    } else if text.len() == CUID_PREFIX.len() + 16 {
        let digits = text.strip_prefix(CUID_PREFIX)?;
        digits.parse().ok().filter(|_| is_digits(digits))
    } else {
        None
    };
    id.filter(|id| *id > 0).map(UserId)
}

/// Negative numbers that are too large to be a user's id are reserved with the others.
fn is_reserved_number(text: &str) -> bool {
    text.strip_prefix('-').is_some_and(is_digits)
}

fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::{ExternalId, IdForm, IdKind, reserved_user};
    use model::UserId;

    #[test]
    fn a_reserved_id_names_its_user_and_is_no_external_id() {
        for kind in [IdKind::Number, IdKind::ObjectId, IdKind::Cuid] {
            for id in [1, 42, (1 << 53) - 1] {
                let text = kind.reserved(UserId(id));
                assert_eq!(reserved_user(&text), Some(UserId(id)), "{text}");
                assert!(ExternalId::parse(&text).is_none(), "{text}");
                let upper = text.to_uppercase();
                if kind == IdKind::ObjectId {
                    assert!(ExternalId::parse(&upper).is_none(), "{upper}");
                }
            }
        }
        assert_eq!(IdKind::ObjectId.reserved(UserId(42)).len(), 24);
        assert_eq!(IdKind::Cuid.reserved(UserId(42)).len(), 25);
        assert!(ExternalId::parse("-99999999999999999999999").is_none());
    }

    #[test]
    fn forms_are_told_apart() {
        for (id, form) in [
            ("6", IdForm::Integer),
            ("507f1f77bcf86cd799439011", IdForm::ObjectId),
            ("123456789012345678901234", IdForm::Integer),
            ("cjld2cjxh0000qzrmn831i7rn", IdForm::Cuid),
            ("5f0c9c1e-8f0a-4b57-9d61-0d8a9c7c6d11", IdForm::Uuid),
            ("eleven", IdForm::Text),
            ("0700001", IdForm::Text),
            ("1.5", IdForm::Text),
        ] {
            assert_eq!(ExternalId::parse(id).unwrap().form(), form, "{id}");
        }
    }

    #[test]
    fn ids_of_apps_are_taken_as_they_are() {
        let uuid = "5f0c9c1e-8f0a-4b57-9d61-0d8a9c7c6d11";
        for id in [
            "6",
            "0",
            "507f1f77bcf86cd799439011",
            "cjld2cjxh0000qzrmn831i7rn",
            uuid,
            "Ä/b c",
        ] {
            assert_eq!(ExternalId::parse(id).unwrap().as_str(), id);
        }
        for bad in ["", "a\nb", "a\0", "-1", &"x".repeat(256)] {
            assert!(ExternalId::parse(bad).is_none(), "{bad:?}");
        }
    }
}
