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

pub use layout::ChatLayout;
pub use new::NewPage;
pub use page::{ConversationPage, InboxPage};

use crate::{error::AppError, store::InitialState};
use leptos::prelude::*;
use model::{ConversationId, Problem};
use serde::{Deserialize, Serialize};

/// What the first paint shows. It travels as text within the text: so all that a browser reads is
/// read by the one reader of JSON that the connection has already.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct FirstPaint {
    pub initial: InitialState,
    /// Why the conversation that was asked for is not there.
    pub problem: Option<Problem>,
}

#[derive(Serialize, Deserialize)]
struct Paint(InitialState, Option<Problem>);

impl From<FirstPaint> for String {
    fn from(paint: FirstPaint) -> Self {
        // Nothing of it can fail to be written: its maps have strings for keys.
        serde_json::to_string(&Paint(paint.initial, paint.problem)).unwrap_or_default()
    }
}

impl TryFrom<String> for FirstPaint {
    type Error = serde_json::Error;

    fn try_from(text: String) -> Result<Self, serde_json::Error> {
        let Paint(initial, problem) = serde_json::from_str(&text)?;
        Ok(Self { initial, problem })
    }
}

#[server(prefix = "/form", endpoint = "first-paint")]
pub async fn load_first_paint(open: Option<ConversationId>) -> Result<FirstPaint, AppError> {
    use crate::context;
    let (chat, caller) = (context::chat(), context::caller()?);
    let mut paint = FirstPaint {
        initial: InitialState {
            ready: chat.ready(&caller).await.map_err(AppError::from)?,
            open: None,
        },
        problem: None,
    };
    if let Some(id) = open {
        match open_conversation(&chat, &caller, id).await {
            Ok(open) => paint.initial.open = Some(open),
            Err(error) => paint.problem = Some(AppError::from(error).0),
        }
    }
    Ok(paint)
}

#[cfg(feature = "ssr")]
async fn open_conversation(
    chat: &chat::Chat,
    caller: &chat::Caller,
    id: ConversationId,
) -> chat::Result<(model::Head, Vec<model::Member>, model::Page<model::Message>)> {
    let all = model::PageRequest {
        limit: Some(100),
        ..Default::default()
    };
    let head = chat.conversation(caller, id).await?;
    let members = chat.members(caller, id, all).await?;
    let messages = chat
        .messages(caller, id, chat::MessagesRequest::default())
        .await?;
    Ok((head, members.items, messages))
}

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
        leptos_axum::redirect(&format!("/c/{}", created.head.conversation.id));
        Ok(())
    };
    context::refuse_form(
        <StartConversation as leptos::server_fn::ServerFn>::PATH,
        "/new",
        &filled_in,
        started.await,
    )
}
