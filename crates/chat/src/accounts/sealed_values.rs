//! Values that a browser keeps for the server, sealed.

use crate::{Chat, Result};
use serde::{Serialize, de::DeserializeOwned};
use time::Duration;

impl Chat {
    /// Signs a value. It can be read by everybody, and made by nobody else.
    pub fn seal<T: Serialize>(&self, value: T, valid_for: Duration) -> Result<String> {
        self.0.keys.seal_key().seal(value, valid_for)
    }

    /// A value that was sealed, if its time has not passed.
    pub fn open_sealed<T: DeserializeOwned>(&self, sealed: &str) -> Option<T> {
        self.0.keys.seal_key().open(sealed)
    }
}
