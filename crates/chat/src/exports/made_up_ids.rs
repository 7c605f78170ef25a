//! The ids of an export for what has none in the app.
//!
//! They differ from the ids that contracts show for such users (`IdKind::reserved`), because no app may
//! have those: the export would not be one that an import takes. An app may have ids of this form, from
//! the import of an earlier export; new ones begin above them.

use crate::{ExternalId, IdKind, Result, apps::external_id::IdForm};

/// `ObjectId`s begin with their time in seconds; this is the last second but one that they can have.
pub const OBJECT_ID_PREFIX: &str = "fffffffe";
/// Cuids have their time in milliseconds after the `c`: this is in the year 2059.
pub const CUID_PREFIX: &str = "czzzzzzzy";
/// UUIDs of version 8, which is for forms of one's own (RFC 9562).
pub const UUID_PREFIX: &str = "ffffffff-fffe-8";
/// Numbers of users begin here: a column of 32 bits holds 147 million more.
const FIRST_USER: i64 = 2_000_000_000;
/// Numbers of conversations and messages that the app has given to others are at least as much higher.
const SHIFT: i64 = 1_000_000_000;

/// The largest number in an id of each form that the app has; 0 if it has none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Taken {
    pub number: i64,
    pub object_id: i64,
    pub cuid: i64,
    pub uuid: i64,
}

/// How ids are made up for the rows of one table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MadeUpIds {
    form: MadeUpForm,
    /// Added to our number, so that the id is above all that the app has of the form.
    above: i64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum MadeUpForm {
    Number,
    ObjectId,
    Cuid,
    Uuid,
}

impl MadeUpIds {
    /// `form` is that of the app's own ids, where it has some.
    pub fn new(kind: IdKind, form: Option<IdForm>, taken: &Taken) -> Self {
        let form = match (kind, form) {
            (IdKind::Cuid, Some(IdForm::Uuid)) => MadeUpForm::Uuid,
            (IdKind::Cuid, _) => MadeUpForm::Cuid,
            (IdKind::Number, _) => MadeUpForm::Number,
            (IdKind::ObjectId, _) => MadeUpForm::ObjectId,
        };
        let above = match form {
            MadeUpForm::Number => taken.number,
            MadeUpForm::ObjectId => taken.object_id,
            MadeUpForm::Cuid => taken.cuid,
            MadeUpForm::Uuid => taken.uuid,
        };
        Self { form, above }
    }

    /// The id of a user.
    pub fn user(self, external: Option<String>, id: i64) -> Result<ExternalId> {
        let made_up = || match self.form {
            MadeUpForm::Number => (self.above.max(FIRST_USER) + id).to_string(),
            _ => self.of_form(id),
        };
        parse(&external.unwrap_or_else(made_up))
    }

    /// The id of a conversation or a message: our number, as contracts show it, where the kind allows it
    /// and the app has no other of this number. An `ObjectId` and a UUID are no numbers.
    pub fn item(
        self,
        external: Option<String>,
        id: i64,
        is_number_taken: bool,
    ) -> Result<ExternalId> {
        let made_up = || match self.form {
            MadeUpForm::ObjectId | MadeUpForm::Uuid => self.of_form(id),
            MadeUpForm::Number if is_number_taken => (self.above.max(SHIFT) + id).to_string(),
            MadeUpForm::Cuid if is_number_taken => self.of_form(id),
            MadeUpForm::Number | MadeUpForm::Cuid => id.to_string(),
        };
        parse(&external.unwrap_or_else(made_up))
    }

    fn of_form(self, id: i64) -> String {
        let number = self.above.saturating_add(id);
        match self.form {
            MadeUpForm::Number => number.to_string(),
            MadeUpForm::ObjectId => format!("{OBJECT_ID_PREFIX}{number:016x}"),
            MadeUpForm::Cuid => format!("{CUID_PREFIX}{number:016}"),
            MadeUpForm::Uuid => uuid(number),
        }
    }
}

/// The number is in the last 60 of the bits that are free.
fn uuid(number: i64) -> String {
    let (high, low) = (number >> 48 & 0xfff, number & 0xffff_ffff_ffff);
    format!("{UUID_PREFIX}{high:03x}-8000-{low:012x}")
}

fn parse(text: &str) -> Result<ExternalId> {
    ExternalId::parse(text)
        .ok_or_else(|| crate::Error::internal(format!("{text:?} is no external id")))
}

#[cfg(test)]
mod tests {
    use super::{IdForm, MadeUpIds, Taken};
    use crate::IdKind;

    #[test]
    fn made_up_ids_are_ids_that_an_app_can_have() {
        for kind in [IdKind::Number, IdKind::ObjectId, IdKind::Cuid] {
            let ids = MadeUpIds::new(kind, None, &Taken::default());
            for id in [1, 42, (1 << 53) - 1] {
                ids.user(None, id).unwrap();
                ids.item(None, id, false).unwrap();
                let other = ids.item(None, id, true).unwrap();
                assert_eq!(other.as_str().len() == 24, kind == IdKind::ObjectId);
            }
        }
        let ids = |kind| MadeUpIds::new(kind, None, &Taken::default());
        let user = ids(IdKind::ObjectId).user(None, 255).unwrap();
        assert_eq!(user.as_str(), "fffffffe00000000000000ff");
        let user = ids(IdKind::Cuid).user(None, 7).unwrap();
        assert_eq!(user.as_str(), "czzzzzzzy0000000000000007");
        let item = ids(IdKind::Number).item(None, 7, false).unwrap();
        assert_eq!(item.as_str(), "7");
    }

    #[test]
    fn an_app_of_uuids_gets_uuids() {
        let ids = MadeUpIds::new(IdKind::Cuid, Some(IdForm::Uuid), &Taken::default());
        for id in [ids.user(None, 255), ids.item(None, 255, false)] {
            let id = id.unwrap();
            assert_eq!(id.as_str(), "ffffffff-fffe-8000-8000-0000000000ff");
            assert_eq!(id.form(), IdForm::Uuid);
        }
        let last = ids.user(None, (1 << 53) - 1).unwrap();
        assert_eq!(last.as_str(), "ffffffff-fffe-801f-8000-ffffffffffff");
    }

    #[test]
    fn new_ids_are_above_those_that_the_app_has() {
        let taken = Taken {
            number: 2_007_770_001,
            object_id: 16,
            cuid: 16,
            uuid: 16,
        };
        let user = |kind, form| MadeUpIds::new(kind, form, &taken).user(None, 1).unwrap();
        assert_eq!(user(IdKind::Number, None).as_str(), "2007770002");
        assert_eq!(
            user(IdKind::ObjectId, None).as_str(),
            "fffffffe0000000000000011"
        );
        assert_eq!(
            user(IdKind::Cuid, None).as_str(),
            "czzzzzzzy0000000000000017"
        );
        assert_eq!(
            user(IdKind::Cuid, Some(IdForm::Uuid)).as_str(),
            "ffffffff-fffe-8000-8000-000000000011"
        );
    }
}
