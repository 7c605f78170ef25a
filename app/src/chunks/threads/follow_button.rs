//! The button that follows a thread, or no longer.

use crate::{
    client::spawn,
    erased_signal::memo,
    error::AppError,
    messages::ConversationView,
    store::Key,
    ui::{Icon, icon, show_if},
};
use leptos::prelude::*;
use model::MessageId;

/// Once there is a reply.
pub fn follow_button(view: ConversationView, root: MessageId) -> AnyView {
    let client = view.client;
    let following = memo(move || {
        client
            .store
            .with(&[Key::Thread(root), Key::Message(root)], |store| {
                store.may_follow(view.id, root).then(|| {
                    store
                        .thread_state(root)
                        .is_some_and(|state| state.following)
                })
            })
    });
    show_if(move || {
        let is_following = following.get()?;
        let toggle = move |_| {
            spawn(async move {
                if let Err(AppError(problem)) = client.follow_thread(root, !is_following).await {
                    view.problem.set(Some(problem));
                }
            });
        };
        let label = if is_following { "Unfollow" } else { "Follow" };
        Some(
            view! {
                <button
                    type="button"
                    class="button thread-follow"
                    title=if is_following { "You see what is unread in it" } else { "See what is unread in it" }
                    on:click=toggle
                >
                    {icon(Icon::Thread)}
                    {label}
                </button>
            }
            .into_any(),
        )
    })
}
