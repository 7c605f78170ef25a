//! The button below a message that opens its thread: how many replies it has, of whom, and when the last
//! one came.

use super::conversation_view::ConversationView;
use crate::{
    store::Key,
    ui::{ago_html, avatar, dynamic_attr, use_zone},
};
use leptos::prelude::*;
use model::{Message, MessageId};

/// Faces of those who wrote last.
const MAX_FACES: usize = 3;

/// `None` within a thread, and where there are no replies.
pub fn thread_link(message: &Message, view: ConversationView) -> Option<AnyView> {
    if view.thread.is_some() {
        return None;
    }
    if let Some(root) = message.thread_id {
        let label = move || format!("In a thread{}", unread_html(view, root));
        return Some(button(root, Vec::new(), dynamic_attr(label)));
    }
    let thread = message.thread.clone().filter(|it| it.reply_count > 0)?;
    let faces = thread.participants.iter().take(MAX_FACES);
    let faces = faces.map(|it| avatar(it.id.0, &it.name, it.avatar_url.as_deref()));
    let zone = use_zone();
    let html = dynamic_attr({
        let root = thread.id;
        move || {
            let count = match thread.reply_count {
                1 => "1 reply".to_owned(),
                count => format!("{count} replies"),
            };
            let last = thread.last_reply_at.map_or_else(String::new, |at| {
                format!(
                    r#" <span class="muted">last reply {}</span>"#,
                    ago_html(zone, at)
                )
            });
            format!("<strong>{count}</strong>{last}{}", unread_html(view, root))
        }
    });
    Some(button(message.id, faces.collect(), html))
}

fn button(
    root: MessageId,
    faces: Vec<AnyView>,
    html: Box<dyn FnMut() -> Option<String> + Send>,
) -> AnyView {
    any_view! {
        <button type="button" class="thread-link notranslate" data-act="thread" data-thread=root.to_string()>
            <span class="thread-faces" aria-hidden="true">{faces}</span>
            <span class="thread-summary" inner_html=html></span>
        </button>
    }
}

/// The number of unread replies, if the user follows the thread.
fn unread_html(view: ConversationView, root: MessageId) -> String {
    let unread = view.client.store.with(&[Key::Thread(root)], |store| {
        store.thread_state(root).map_or(0, |state| state.unread)
    });
    match unread {
        0 => String::new(),
        unread => {
            format!(r#" <span class="badge">{unread}<span class="sr-only"> unread</span></span>"#)
        }
    }
}
