//! The server function of the composer's form.

use crate::error::AppError;
use leptos::prelude::*;
use model::ConversationId;

/// Sends a message from a form that was submitted without scripts, which run commands. An empty `client_id` means none.
#[server(prefix = "/form", endpoint = "send-message")]
pub async fn send_message(
    conversation_id: ConversationId,
    client_id: String,
    body: String,
) -> Result<(), AppError> {
    use super::slash::{Written, read_written};
    use crate::{refuse_form::refuse_form, request_context};
    let page = format!("/c/{conversation_id}");
    let filled_in = [("body", body.clone())];
    let sent = async {
        let (chat, caller) = (request_context::chat(), request_context::caller()?);
        let Written::Text(text) = read_written(&body) else {
            return Err(AppError::not_sent(
                "Commands need scripts. Begin with // to send this as text.",
            ));
        };
        let new = model::NewMessage {
            body: text.to_owned(),
            client_id: Some(client_id).filter(|id| !id.is_empty()),
            ..Default::default()
        };
        chat.send_message(&caller, conversation_id, new).await?;
        leptos_axum::redirect(&page);
        Ok(())
    };
    refuse_form(&page, &filled_in, sent.await)
}
