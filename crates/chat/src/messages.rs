//! Messages: sending, editing with a history of the bodies, deleting to a tombstone, reading in
//! pages.

mod attachments;
mod change;
mod entities;
mod forward;
mod history;
mod json_len;
mod kind;
mod lookup;
mod mentions;
mod new_poll;
mod pages;
mod rendering;
mod row;
mod send;
mod tombstones;
pub(crate) mod validation;
mod wildcards;
mod writer;

pub(crate) use attachments::{MAX_ATTACHMENTS, is_link};
pub(crate) use change::MessageChange;
pub(crate) use entities::render_reply;
pub use history::MessagesBefore;
pub(crate) use json_len::json_len;
pub(crate) use kind::{kind_text, parse_kind};
pub(crate) use lookup::as_message;
pub(crate) use new_poll::POLL_OPTIONS;
pub use pages::{MessagesRequest, PageAnchor};
pub(crate) use row::{
    MessageRow, add_threads, load_message, message_rows, messages, messages_by_id,
};
pub(crate) use tombstones::leave_tombstone;
use validation::check_body;
pub(crate) use validation::check_new;
use wildcards::WildcardMessage;
pub(crate) use writer::{SendOptions, Writer};

use crate::{Caller, Chat, Error, Result, audit::NewEntry, link_previews::follow_edit};
use model::{AuditAction, Edit, Event, Message, MessageId};

impl Chat {
    /// A message of a conversation that the caller may see; `NotFound` otherwise. A deleted one
    /// comes as its tombstone, with an empty body.
    pub async fn message(&self, caller: &Caller, id: MessageId) -> Result<Message> {
        let conversation_id = self.conversation_of(id).await?;
        self.require_visible(caller, conversation_id)
            .await
            .map_err(as_message)?;
        let mut db = self.0.db.acquire().await?;
        load_message(&mut db, id).await
    }

    /// Replaces the body. `Forbidden` to others than the sender, and of a forwarded message, whose words
    /// are not the sender's; `Conflict` on a deleted message, and on a poll that somebody has voted in. A body that is
    /// the same changes nothing.
    pub async fn edit_message(
        &self,
        caller: &Caller,
        id: MessageId,
        body: String,
    ) -> Result<Message> {
        check_body(&body)?;
        self.change_message(caller, id, async move |chat, mut change| {
            if change.sender_id != change.caller.user_id {
                return Err(Error::Forbidden("Only its sender may edit a message."));
            }
            change.require_not_deleted()?;
            if change.is_forward {
                return Err(Error::Forbidden("Nobody may edit a forwarded message."));
            }
            let body = new_poll::edited_question(&mut change.tx, id.0, &change.body, body).await?;
            if change.body == body {
                return change.unchanged().await;
            }
            let seq = change.next_seq().await?;
            sqlx::query!(
                "with earlier as (insert into edits (message_id, body) select id, body from messages
                    where id = $1),
                -- The first one stays, by which a retry of the send is known. The statement does not see
                -- the new one, so that one less stays beside it.
                superseded as (
                    delete from edits where message_id = $1 and id in (
                        select id from edits
                        where message_id = $1
                            and id > (select min(id) from edits where message_id = $1)
                        order by id desc offset 98
                    )
                )
                update messages set body = $2, edited_at = now(), seq = $3 where id = $1",
                id.0,
                body,
                seq
            )
            .execute(&mut *change.tx)
            .await?;
            follow_edit(&mut change.tx, id, &body).await?;
            let edited = load_message(&mut change.tx, id).await?;
            let mentioned = mentions::rewrite(&mut change.tx, &edited).await?;
            mentions::follow_thread(&mut change.tx, &edited).await?;
            let of_many = chat.rewrite_wildcards(&mut change, &edited).await?;
            let edited = change
                .commit_and_publish(&chat, Event::message_updated)
                .await?;
            chat.0.link_previews.note(&edited);
            if let Some(thread_id) = edited.thread_id {
                chat.publish_thread_states_now(mentioned.iter().map(|it| (*it, thread_id)));
            }
            let in_conversation = |user_id| (user_id, edited.conversation_id);
            chat.publish_unread_now(mentioned.into_iter().map(in_conversation));
            chat.publish_many_mentioned(&of_many, &WildcardMessage::of(&edited));
            Ok(edited)
        })
        .await
    }

    /// Leaves a tombstone: the body becomes empty; edits, reactions, mentions, attachments, link previews, the pin and
    /// the poll with its votes are deleted (previews and the poll by triggers, `migrations/0095_link_previews.sql`,
    /// `0096_polls.sql`); it stays in lists of saved messages. Allowed to the sender, and to owners and admins of a group
    /// or channel; a deleted message stays as it is.
    pub async fn delete_message(&self, caller: &Caller, id: MessageId) -> Result<Message> {
        self.change_message(caller, id, async move |chat, mut change| {
            if change.sender_id != change.caller.user_id && !change.conversation.is_moderated() {
                return Err(Error::Forbidden(
                    "Only its sender or an admin may delete a message.",
                ));
            }
            if change.is_deleted {
                return change.unchanged().await;
            }
            if change.sender_id != change.caller.user_id {
                NewEntry::by(&change.caller, AuditAction::MessageDeleted)
                    .on(change.sender_id)
                    .in_conversation(change.conversation_id)
                    .with("message", id)
                    .write(&mut *change.tx)
                    .await?;
            }
            leave_tombstone(&chat, change, id).await
        })
        .await
    }

    /// The earlier bodies of a message, the newest first, at most 100: the first one, and the latest 99.
    /// Members only. A deletion erases them.
    pub async fn edits(&self, caller: &Caller, id: MessageId) -> Result<Vec<Edit>> {
        let conversation_id = self.conversation_of(id).await?;
        self.require_member(caller, conversation_id)
            .await
            .map_err(as_message)?;
        let edits = sqlx::query_as!(
            Edit,
            "select body, edited_at from edits where message_id = $1 order by id desc limit 100",
            id.0
        )
        .fetch_all(&self.0.db)
        .await?;
        Ok(edits)
    }
}
