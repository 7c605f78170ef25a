//! The avatar of a conversation.

use crate::{
    client::use_client,
    erased_signal::memo,
    presence::presence_dot,
    store::Key,
    ui::{Icon, avatar, dynamic_view, kind_avatar},
};
use leptos::prelude::*;
use model::{ConversationId, ConversationKind};

/// The avatar of the other user in a direct conversation; of any other its picture, or an icon of its kind.
pub fn conversation_avatar(id: ConversationId) -> AnyView {
    let client = use_client();
    let content = memo(move || {
        client.store.with(&[Key::Head(id)], |store| {
            let summary = store.summary(id)?;
            let peer = summary
                .peer
                .clone()
                .map(|peer| (peer.id, peer.name, peer.avatar_url));
            Some((
                peer,
                summary.conversation.kind,
                summary.conversation.private,
                summary.conversation.picture_url.clone(),
            ))
        })
    });
    dynamic_view(move || match content.get() {
        Some((Some((user_id, name, url)), ..)) => any_view! {
            <span class="face">{avatar(user_id.0, &name, url.as_deref())} {presence_dot(user_id)}</span>
        },
        Some((None, kind, private, url)) => {
            let picture = match (kind, private) {
                (ConversationKind::Channel, false) => Icon::Channel,
                (ConversationKind::Channel, true) => Icon::Lock,
                (ConversationKind::Announcements, _) => Icon::Announcements,
                _ => Icon::Group,
            };
            kind_avatar(picture, url.as_deref())
        }
        None => ().into_any(),
    })
}
