//! Presence: who is there. Several devices count as one person.

use crate::{Caller, Chat, Result};
use model::PresenceChoice;

#[derive(Default)]
pub struct Devices {}

/// A connected device; the user is there until the last one has been dropped.
pub struct Device {}

impl Chat {
    /// A device of the caller connects. Keep what is returned as long as it stays.
    pub async fn connect(&self, caller: &Caller) -> Result<Device> {
        todo!()
    }
    pub async fn set_presence(&self, caller: &Caller, choice: PresenceChoice) -> Result<()> {
        todo!()
    }
}
