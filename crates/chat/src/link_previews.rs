//! Link previews: what pages say of themselves that links in messages lead to. The server fetches them, so that no
//! reader's browser asks a host that a stranger has named, and shows texts and a picture of its own.

mod addresses;
mod charset;
mod connection;
mod edited;
mod fetch;
mod fetch_error;
mod html;
mod jobs;
mod lookups;
mod metered;
mod page;
mod pages;
mod reach;
mod running;
mod settings;
pub(crate) mod state;
mod tls;
mod worker;

pub(crate) use edited::follow_edit;
pub use reach::{Lookup, Reach};
pub use settings::LinkPreviewSettings;

use crate::{Caller, Chat, Error, Result, conversations::lock};
use model::{
    ConversationId, ConversationKind, Event, LinkPreviewChoice, LinkPreviewId, LinkPreviewState,
    MemberRole, Message, MessageId,
};

impl Chat {
    /// Removes a preview from a message of the caller's, for everybody. No edit brings it back, as long as the message has
    /// the link. One that the message does not have is no error. `Forbidden` to others than the sender.
    pub async fn remove_link_preview(
        &self,
        caller: &Caller,
        id: MessageId,
        preview_id: LinkPreviewId,
    ) -> Result<Message> {
        self.change_message(caller, id, async move |chat, mut change| {
            if change.sender_id != change.caller.user_id {
                return Err(Error::Forbidden("Only its sender may remove a preview."));
            }
            let removed = sqlx::query!(
                "update link_previews set removed_at = now()
                where message_id = $1 and page_id = $2 and removed_at is null",
                id.0,
                preview_id.0
            )
            .execute(&mut *change.tx)
            .await?;
            if removed.rows_affected() == 0 {
                return change.unchanged().await;
            }
            change.touch().await?;
            change
                .commit_and_publish(&chat, Event::message_updated)
                .await
        })
        .await
    }

    /// Whether links are previewed in a conversation that the caller reads.
    pub async fn link_preview_state(
        &self,
        caller: &Caller,
        id: ConversationId,
    ) -> Result<LinkPreviewState> {
        self.require_visible(caller, id).await?;
        let enabled = sqlx::query_scalar!(
            "select link_previews from conversations where id = $1",
            id.0
        )
        .fetch_optional(&self.0.db)
        .await?;
        let enabled = enabled.ok_or(Error::NotFound("conversation"))?;
        Ok(self.state_of(enabled))
    }

    /// Chooses whether links are previewed there from now on: both people of a direct conversation, owners and admins
    /// elsewhere. What messages have stays.
    pub async fn set_link_preview_choice(
        &self,
        caller: &Caller,
        id: ConversationId,
        choice: LinkPreviewChoice,
    ) -> Result<LinkPreviewState> {
        let mut tx = self.begin().await?;
        let locked = lock(&mut tx, caller, id).await?;
        if locked.kind != ConversationKind::Direct && locked.role < MemberRole::Admin {
            return Err(Error::Forbidden("Only owners and admins may change it."));
        }
        self.0.limits.told.take_change(caller.user_id, 1)?;
        sqlx::query!(
            "update conversations set link_previews = $2 where id = $1 and link_previews <> $2",
            id.0,
            choice.enabled
        )
        .execute(&mut *tx)
        .await?;
        tx.commit().await?;
        Ok(self.state_of(choice.enabled))
    }

    fn state_of(&self, enabled: bool) -> LinkPreviewState {
        LinkPreviewState {
            enabled,
            available: self.0.link_previews.enabled,
        }
    }

    /// The picture of a preview, as WebP, while a message shows it. Whoever knows its key may see it: nobody can guess
    /// one, and it is told to those who read the message.
    pub async fn link_picture(&self, key: &str) -> Result<Vec<u8>> {
        let webp = sqlx::query_scalar!(
            "select p.webp from link_pages k join link_pictures p on p.page_id = k.id
            where k.picture_key = $1 and exists (
                select from link_previews l where l.page_id = k.id and l.removed_at is null)",
            key
        )
        .fetch_optional(&self.0.db)
        .await?;
        webp.ok_or(Error::NotFound("picture"))
    }
}
