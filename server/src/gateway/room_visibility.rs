//! Rooms and invisible users: who becomes invisible is seen to leave their rooms, and to come back.

use super::{contract::Contract, outgoing::Recipient, state::Gateway};
use model::{ConversationId, UserId};

impl<C: Contract> Gateway<C> {
    /// Called when the user's presence has changed.
    pub async fn follow_visibility(&self, user_id: UserId) {
        let rooms = self.hub.rooms_of_user(user_id);
        if rooms.is_empty() {
            return;
        }
        let comes = !self.chat.is_invisible(user_id);
        let has_changed = if comes {
            self.hub.show(user_id)
        } else {
            self.hub.hide(user_id)
        };
        if !has_changed {
            return;
        }
        for id in rooms {
            if let Err(error) = self.tell_room(id, user_id, comes).await {
                tracing::warn!(
                    ?error,
                    door = C::DOOR,
                    "a room was not told who has come or gone"
                );
            }
        }
    }

    /// Emits to the others in the room that the user has come or gone.
    async fn tell_room(
        &self,
        id: ConversationId,
        user_id: UserId,
        comes: bool,
    ) -> chat::Result<()> {
        let mut seen = self.hub.users_in_room(id);
        seen.retain(|it| !self.chat.is_invisible(*it));
        for event in C::render_room_change(&self.chat, id, user_id, comes, &seen).await? {
            event.resolve(&self.chat, C::USER_IDS).await?;
            let others = move |it: &Recipient| it.is_in_room && it.user_id != user_id;
            self.hub.emit_to_members(id, event, others);
        }
        Ok(())
    }
}
