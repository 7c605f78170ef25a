//! `NoPoll`: the field `poll` of what can be no poll.

use serde::{Deserialize, Deserializer, de::Error, de::IgnoredAny};

/// The field is absent or null. Otherwise it is refused, so that nobody believes that a poll was sent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct NoPoll;

impl<'de> Deserialize<'de> for NoPoll {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match Option::<IgnoredAny>::deserialize(deserializer)? {
            None => Ok(Self),
            Some(_) => Err(D::Error::custom(
                "must be absent: only a message that is sent at once may be a poll",
            )),
        }
    }
}
