//! The ids of an export for what has none in the app.
//!
//! They differ from the ids that contracts show for such users (`IdKind::reserved`), because no app may
//! have those: the export would not be one that an import takes.

use crate::{ExternalId, IdKind, Result};

/// `ObjectId`s begin with their time in seconds; this is the last second but one that they can have.
const OBJECT_ID_PREFIX: &str = "fffffffe";
/// Cuids have their time in milliseconds after the `c`: this is in the year 2059.
const CUID_PREFIX: &str = "czzzzzzzy";
/// Numbers of users begin here: a column of 32 bits holds 147 million more.
const FIRST_USER: i64 = 2_000_000_000;
/// Numbers of conversations and messages that the app has given to others are as much higher.
const SHIFT: i64 = 1_000_000_000;

/// The id of a user.
pub fn user_id(kind: IdKind, external: Option<String>, id: i64) -> Result<ExternalId> {
    let made_up = || match kind {
        IdKind::Number => (FIRST_USER + id).to_string(),
        IdKind::ObjectId => object_id(id),
        IdKind::Cuid => format!("{CUID_PREFIX}{id:016}"),
    };
    parse(&external.unwrap_or_else(made_up))
}

/// The id of a conversation or a message: our number, as contracts show it, where the kind allows it and
/// the app has no other of this number.
pub fn item_id(
    kind: IdKind,
    external: Option<String>,
    id: i64,
    is_number_taken: bool,
) -> Result<ExternalId> {
    let made_up = || match kind {
        IdKind::ObjectId => object_id(id),
        _ if is_number_taken => (SHIFT + id).to_string(),
        _ => id.to_string(),
    };
    parse(&external.unwrap_or_else(made_up))
}

fn object_id(id: i64) -> String {
    format!("{OBJECT_ID_PREFIX}{id:016x}")
}

fn parse(text: &str) -> Result<ExternalId> {
    ExternalId::parse(text)
        .ok_or_else(|| crate::Error::internal(format!("{text:?} is no external id")))
}

#[cfg(test)]
mod tests {
    use super::{item_id, user_id};
    use crate::IdKind;

    #[test]
    fn made_up_ids_are_ids_that_an_app_can_have() {
        for kind in [IdKind::Number, IdKind::ObjectId, IdKind::Cuid] {
            for id in [1, 42, (1 << 53) - 1] {
                user_id(kind, None, id).unwrap();
                item_id(kind, None, id, false).unwrap();
                let other = item_id(kind, None, id, true).unwrap();
                assert_eq!(other.as_str().len() == 24, kind == IdKind::ObjectId);
            }
        }
        let user = user_id(IdKind::ObjectId, None, 255).unwrap();
        assert_eq!(user.as_str(), "fffffffe00000000000000ff");
        assert_eq!(user_id(IdKind::Cuid, None, 7).unwrap().as_str().len(), 25);
        assert_eq!(
            item_id(IdKind::Number, None, 7, false).unwrap().as_str(),
            "7"
        );
    }
}
