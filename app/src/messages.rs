//! The messages of the open conversation: read, written, answered, changed.

mod actions;
mod bubble;
mod composer;
mod dialogs;
mod edit;
mod open;
mod outgoing;
mod reactions;
mod row;
mod scroll;
mod text;
mod text_box;
mod timeline;

pub use composer::Composer;
pub use dialogs::MessageDialogs;
pub use open::OpenMessages;
pub use timeline::Timeline;

use crate::error::AppError;
use leptos::prelude::*;
use model::ConversationId;

/// Sends the form of the composer where no script does.
#[server(prefix = "/form", endpoint = "send-message")]
pub async fn send_message(
    conversation_id: ConversationId,
    client_id: String,
    body: String,
) -> Result<(), AppError> {
    use crate::context;
    let page = format!("/c/{conversation_id}");
    let filled_in = [("body", body.clone())];
    let sent = async {
        let (chat, caller) = (context::chat(), context::caller()?);
        let new = model::NewMessage {
            body,
            client_id: Some(client_id).filter(|id| !id.is_empty()),
            ..Default::default()
        };
        chat.send_message(&caller, conversation_id, new).await?;
        leptos_axum::redirect(&page);
        Ok(())
    };
    context::refuse_form(&page, &filled_in, sent.await)
}
