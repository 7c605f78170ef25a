//! Names of the users of the open conversation.

use super::conversation_view::ConversationView;
use crate::store::Key;
use model::UserId;

/// The name of a member; "You" for the user themselves. It follows the members.
pub fn name_of(view: ConversationView, user_id: UserId) -> String {
    view.client.store.with(&[Key::Members(view.id)], |store| {
        if store.me.user.id == user_id {
            return "You".to_owned();
        }
        store
            .members(view.id)
            .unwrap_or_default()
            .into_iter()
            .find(|member| member.user.id == user_id)
            .map_or_else(
                || "Somebody who left".to_owned(),
                |member| member.user.name.clone(),
            )
    })
}
