//! Those who follow the open thread: a button beside the number of replies, which opens their list.

use super::live_list::LiveList;
use crate::{
    erased_signal::{ErasedSignal, memo},
    messages::ConversationView,
    store::Key,
    ui::{Icon, avatar, dynamic_attr, dynamic_text, empty_state, keyed_list, show_if},
};
use leptos::prelude::*;
use model::{ConversationId, MessageId, User};
use std::sync::Arc;

const LIST_ID: &str = "thread-followers";

#[derive(Clone, Copy)]
pub struct Followers {
    view: ConversationView,
    root: MessageId,
    is_open: ErasedSignal<bool>,
}

impl Followers {
    pub fn new(view: ConversationView, root: MessageId) -> Self {
        Self {
            view,
            root,
            is_open: ErasedSignal::new(false),
        }
    }

    /// For members, once there is a reply. Nobody is told who follows a thread of the announcements.
    pub fn button(self) -> AnyView {
        let (view, root) = (self.view, self.root);
        let is_shown = memo(move || {
            let keys = [Key::Message(root), Key::Head(view.id)];
            let may_follow = view
                .client
                .store
                .with(&keys, |store| store.may_follow(view.id, root));
            may_follow && view.id != ConversationId::ANNOUNCEMENTS
        });
        show_if(move || {
            is_shown.get().then(|| {
                view! {
                    <button
                        type="button"
                        class="link"
                        aria-controls=LIST_ID
                        aria-expanded=dynamic_attr(move || self.is_open.get().to_string())
                        on:click=move |_| self.is_open.update(|open| *open = !*open)
                    >
                        "Followers"
                    </button>
                }
                .into_any()
            })
        })
    }

    /// The row of the list, where it is open. It is read anew when there is a reply, as who replies or is mentioned
    /// follows, when a member leaves, and when the user follows or no longer does.
    pub fn list(self) -> AnyView {
        show_if(move || self.is_open.get().then(|| list(self.view.id, self.root)))
    }
}

fn list(id: ConversationId, root: MessageId) -> AnyView {
    let count = ErasedSignal::new(None::<i64>);
    let followers = LiveList::new(
        Arc::new(move |client, cursor| {
            Box::pin(async move {
                let page = client.thread_followers(root, cursor).await?;
                count.set(Some(page.follower_count));
                Ok((page.items, page.next_cursor))
            })
        }),
        |a: &User, b| a.id == b.id,
        vec![
            Key::Thread(root),
            Key::Message(root),
            Key::Members(id),
            Key::Link,
        ],
    );
    let text = move || match count.get() {
        None | Some(0) => String::new(),
        Some(1) => "1 follower".to_owned(),
        Some(count) => format!("{count} followers"),
    };
    view! {
        <li class="thread-followers" id=LIST_ID>
            {followers.problem_note()}
            <p class="muted" role="status">{dynamic_text(text)}</p>
            <ul class="row-list" aria-label="Followers">
                {keyed_list(move || followers.items(), |user| format!("{user:?}"), person)}
            </ul>
            {followers.below(nobody)}
        </li>
    }
    .into_any()
}

fn nobody() -> AnyView {
    let text = "Who replies, is mentioned or presses “Follow” stands here.";
    empty_state(
        Icon::Thread,
        "Nobody follows this thread",
        text,
        ().into_any(),
    )
}

/// A click opens the card.
fn person(user: &User) -> AnyView {
    let id = user.id.to_string();
    view! {
        <li class="row-item">
            {avatar(user.id.0, &user.name, user.avatar_url.as_deref())}
            <button type="button" class="link grow one-line notranslate" data-user=id dir="auto">
                {user.name.clone()}
            </button>
        </li>
    }
    .into_any()
}
