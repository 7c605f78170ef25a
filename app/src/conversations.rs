//! The page of a person who is signed in: their conversations on one side, one of them on the other.

mod details;
mod find_people;
mod header;
mod layout;
mod members;
mod new;
mod page;
mod sidebar;
mod sidebar_row;

#[cfg(feature = "ssr")]
pub use layout::first_title;
pub use layout::{First, chat, set_title};

use crate::error::AppError;
use leptos::prelude::*;

/// Starts a conversation from a form that was sent without scripts: people by their usernames.
#[server(prefix = "/form", endpoint = "new-conversation")]
pub async fn start_conversation(
    people: String,
    title: String,
    channel: Option<String>,
    private: Option<String>,
) -> Result<(), AppError> {
    use crate::context;
    let filled_in = [("people", people.clone()), ("title", title.clone())];
    let started = async {
        let (chat, caller) = (context::chat(), context::caller()?);
        let member_ids = new::ids_of(&chat, &caller, &people).await?;
        let new = new::described(member_ids, &title, channel.is_some(), private.is_some());
        let created = chat.create_conversation(&caller, new).await?;
        leptos_axum::redirect(&format!("/c/{}", created.summary.conversation.id));
        Ok(())
    };
    context::refuse_form("/new", &filled_in, started.await)
}
