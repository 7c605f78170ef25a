//! Sending a message, by socket or by REST.

use super::dto::Pair;
use crate::{
    contracts::{
        direct_pair::{DirectPair, require_direct},
        input::Input,
        responses::bad_request,
    },
    problem::ApiError,
};
use chat::{Caller, Chat, Error};
use model::{ConversationId, NewAttachment, NewMessage, Sent, UserId};

const REQUIRED: &str = "Receiver ID and message content are required";

/// `{receiverId?, conversationId?, content, attachmentUrl?, clientId?}`, with a receiver or a
/// conversation. If there are both, they must belong together: the audience is that of the
/// conversation, and a client may name any.
pub async fn send(chat: &Chat, caller: &Caller, input: &Input) -> Result<(Sent, Pair), ApiError> {
    let receiver: Option<UserId> = input.optional_id(chat, caller, "receiverId").await?;
    let conversation: Option<ConversationId> =
        input.optional_id(chat, caller, "conversationId").await?;
    let content = input.optional_text("content")?.unwrap_or_default();
    if content.trim().is_empty() {
        return Err(bad_request(REQUIRED));
    }
    if receiver == Some(caller.user_id) {
        return Err(bad_request("Cannot send message to yourself"));
    }
    let attachments = input.optional_text("attachmentUrl")?.into_iter();
    let new = NewMessage {
        body: content.to_owned(),
        attachments: attachments.map(NewAttachment::at).collect(),
        client_id: input.optional_text("clientId")?.map(str::to_owned),
        ..NewMessage::default()
    };
    let meta = match (conversation, receiver) {
        (Some(id), _) => require_direct(chat, caller, id).await?,
        (None, Some(receiver)) => {
            let head = chat.direct(caller, receiver).await?;
            chat.conversation_meta(head.conversation.id).await?
        }
        (None, None) => return Err(bad_request(REQUIRED)),
    };
    if receiver.is_some() && receiver != meta.other(caller.user_id) {
        return Err(Error::NotFound("conversation").into());
    }
    let sent = chat.send_message(caller, meta.id, new).await?;
    Ok((sent, DirectPair::load(chat, &meta).await?))
}
