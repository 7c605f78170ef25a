//! Sending: the next position, exactly once.

use super::{Manner, attachments, check_body, check_kind};
use crate::{
    Caller, Chat, Result,
    error::{refuse_nul, violated},
};
use model::{ConversationId, NewMessage, Sent, UserId};

impl Chat {
    /// Writes a message, at the next position. A retry with the same `clientId` returns the first
    /// result; the same `clientId` with other content is a conflict. Messages of one conversation
    /// are written in the order in which these futures are first polled.
    pub async fn send_message(
        &self,
        caller: &Caller,
        id: ConversationId,
        new: NewMessage,
    ) -> Result<Sent> {
        self.send(caller, id, new, Manner::default()).await
    }

    /// A direct message with the authority of an administrator, and marked as one.
    pub async fn send_official(
        &self,
        caller: &Caller,
        user_id: UserId,
        new: NewMessage,
    ) -> Result<Sent> {
        caller.require_admin()?;
        check(&new)?;
        let direct = self.direct(caller, user_id).await?;
        let manner = Manner {
            official: true,
            ..Manner::default()
        };
        self.send(caller, direct.conversation.id, new, manner).await
    }

    async fn send(
        &self,
        caller: &Caller,
        id: ConversationId,
        new: NewMessage,
        manner: Manner,
    ) -> Result<Sent> {
        check(&new)?;
        self.0.limits.message(caller.user_id)?;
        self.write_message(caller, id, new, manner).await
    }
}

fn check(new: &NewMessage) -> Result<()> {
    check_body(&new.body)?;
    attachments::check(&new.attachments)?;
    check_kind(new.kind)?;
    check_storable(new)
}

/// What the tables would refuse, and with it all that is written by the same statement.
fn check_storable(new: &NewMessage) -> Result<()> {
    let within = |text: &str, most, constraint| {
        refuse_nul(text)?;
        // Most texts are too short for their characters to be counted.
        if text.len() > most && text.chars().count() > most {
            return Err(violated(constraint));
        }
        Ok(())
    };
    within(&new.body, 10_000, "messages_body_length")?;
    if let Some(client_id) = &new.client_id {
        within(client_id, 128, "messages_client_id_length")?;
        if client_id.is_empty() {
            return Err(violated("messages_client_id_length"));
        }
    }
    for file in &new.attachments {
        within(&file.name, 255, "attachments_name_length")?;
        within(&file.url, 2_000, "attachments_url_length")?;
        if file.name.is_empty() {
            return Err(violated("attachments_name_length"));
        }
        if file.url.is_empty() {
            return Err(violated("attachments_url_length"));
        }
    }
    Ok(())
}
