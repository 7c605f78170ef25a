//! `NoFiles`: the field `attachmentIds` of what can have no files.

use serde::{Deserialize, Deserializer, de::Error, de::IgnoredAny};

/// The field is absent, null or empty. Otherwise it is refused, so that nobody believes that the files were taken.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct NoFiles;

impl<'de> Deserialize<'de> for NoFiles {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let ids = Option::<Vec<IgnoredAny>>::deserialize(deserializer)?;
        if ids.is_none_or(|ids| ids.is_empty()) {
            return Ok(Self);
        }
        Err(D::Error::custom("must be empty: there are no files here"))
    }
}
