//! Sending a message: validation, rate limit, and the hand-over to the writer.

use super::{
    SendOptions,
    json_len::json_len,
    new_poll::{check_end, clean_poll, require_different},
    validation::check_new,
    writer::CLIENT_ID_USED,
};
use crate::{
    Caller, Chat, Error, Result, audit::NewEntry, conversations::ONLY_ADMINISTRATORS, text,
};
use model::{AuditAction, ConversationId, NewMessage, Sent, UserId};

impl Chat {
    /// Writes a message at the next position of the conversation.
    ///
    /// A retry with the same `clientId` returns the first result; the same `clientId` with other
    /// content is a `Conflict`. Both are decided in SQL, in step 2 of
    /// `migrations/0012_send_messages.sql`. That of a poll is compared here, when the first result is
    /// there. Messages of one conversation are written in the order in which these futures are first
    /// polled, but for those with attachments, which are looked up first, polls, which the database
    /// checks first, and announcements.
    ///
    /// # Errors
    /// `TooManyRequests` when the caller has sent too many messages, or told too many people or bytes. `Overloaded`
    /// when the writer's queue is full; at once while earlier sends of the conversation
    /// are in doubt and the database does not answer; and when a batch finds that the message has
    /// waited in the queue for more than 10 seconds. `Unavailable` when the database fails: the
    /// message may have been written.
    pub async fn send_message(
        &self,
        caller: &Caller,
        id: ConversationId,
        new: NewMessage,
    ) -> Result<Sent> {
        self.send(caller, id, new, SendOptions::default()).await
    }

    /// As `send_message`, of a sender whose `@all` and `@here` tell nobody.
    pub(crate) async fn send_without_wildcards(
        &self,
        caller: &Caller,
        id: ConversationId,
        new: NewMessage,
    ) -> Result<Sent> {
        let options = SendOptions {
            mentions_few: true,
            ..SendOptions::default()
        };
        self.send(caller, id, new, options).await
    }

    /// Sends a direct message that is marked as official. Administrators only. The direct
    /// conversation with the user is created if there is none.
    pub async fn send_official(
        &self,
        caller: &Caller,
        user_id: UserId,
        new: NewMessage,
    ) -> Result<Sent> {
        caller.require_admin()?;
        check_new(&new)?;
        let direct = self.direct(caller, user_id).await?;
        let options = SendOptions {
            official: true,
            ..SendOptions::default()
        };
        self.send(caller, direct.conversation.id, new, options)
            .await
    }

    async fn send(
        &self,
        caller: &Caller,
        id: ConversationId,
        mut new: NewMessage,
        mut options: SendOptions,
    ) -> Result<Sent> {
        options.is_bot = caller.is_bot();
        if id == ConversationId::ANNOUNCEMENTS && !caller.may_administer() {
            return Err(Error::Forbidden(ONLY_ADMINISTRATORS));
        }
        check_new(&new)?;
        clean_poll(&mut new)?;
        // Clients that know no threads show a reply in one as a reply to its root.
        new.reply_to_id = new.reply_to_id.or(new.thread_id);
        let limits = &self.0.limits;
        limits.message(caller.user_id)?;
        limits.told.require(caller.user_id)?;
        if !(new.attachment_ids.is_empty() && new.attachments.is_empty()) {
            self.take_uploads(caller, &mut new).await?;
        }
        if let Some(poll) = &mut new.poll {
            let mut db = self.0.db.acquire().await?;
            require_different(&mut db, &poll.options).await?;
            let place = (caller.user_id, id);
            check_end(&mut db, place, new.client_id.as_deref(), poll).await?;
        }
        let asked = new.poll.clone();
        let told = &limits.told;
        let taken = told.take_message(caller.user_id, || texts_len(&new))?;
        let sent = self.write_message(caller, id, new, options).await?;
        let is_same = match (&asked, &sent.message.poll) {
            (None, None) => true,
            (Some(new), Some(poll)) => poll.is_of(new),
            _ => false,
        };
        if sent.deduplicated && sent.message.deleted_at.is_none() && !is_same {
            return Err(Error::Conflict(CLIENT_ID_USED));
        }
        if !sent.deduplicated {
            // A failure here is none of the send, which has been written.
            let people = self.audience_size(id).await.unwrap_or_default();
            let bytes = || json_len(&sent.message);
            told.charge_message(caller.user_id, people, bytes, taken);
            if id == ConversationId::ANNOUNCEMENTS {
                self.record_announcement(caller, &sent).await;
            }
        }
        Ok(sent)
    }

    /// Not in the transaction of the send, which the writer has with those of others: the announcement is there.
    async fn record_announcement(&self, caller: &Caller, sent: &Sent) {
        let entry = NewEntry::by(caller, AuditAction::AnnouncementSent)
            .in_conversation(ConversationId::ANNOUNCEMENTS)
            .with("message", sent.message.id);
        if let Err(error) = entry.write(&self.0.db).await {
            tracing::error!(%error, message = %sent.message.id, "an announcement is not in the audit log");
        }
    }
}

/// Bytes of a body up to which its HTML is not rendered to be counted: of the burst of messages, all together fit
/// into the queue of a reader, even if they are links from end to end.
const MAX_SHORT_BODY: usize = 512;

/// Bytes that are counted for the body of the message that a reply goes to, before it is known: as many replies at
/// once as the burst of bytes allows then fit into the queue of a reader, however long what they quote is.
const QUOTED_LEN: usize = 16 * 1024;

/// Bytes of the texts that the message will bring to everybody who is told of it: its body, the HTML of it, and the
/// body of the message that it replies to. They are counted before it is written: of a hundred sends at once, all
/// would pass a limit that is only charged afterwards. Nothing waits here, so that sends stay in their order.
pub fn texts_len(new: &NewMessage) -> usize {
    let is_long = new.body.len() > MAX_SHORT_BODY;
    let html = is_long.then(|| text::rendered(&new.body, &[]).html);
    let html = html.flatten().map_or(0, |it| it.len());
    let quoted = new.reply_to_id.map_or(0, |_| QUOTED_LEN);
    let options = new.poll.iter().flat_map(|it| &it.options);
    let options: usize = options.map(String::len).sum();
    new.body.len() + html + quoted + options
}
