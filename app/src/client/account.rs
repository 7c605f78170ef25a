//! Changes of the user's own account in the store: presence.

use super::{
    ChatClient,
    connection::{self, PresencePayload},
};
use model::PresenceChoice;

impl ChatClient {
    /// Sets the presence that others see. While the connection is down it is set in the store only.
    pub fn set_presence(self, choice: PresenceChoice) {
        connection::emit("presence:set", &PresencePayload { status: choice });
        self.store.update(|store| store.set_presence_choice(choice));
    }
}
