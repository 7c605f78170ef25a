//! Pictures of people, bots and conversations: taken in any size, and kept as two small squares that the server has made.
//!
//! They are rows, not files: some 20 kB each, gone with the row of the user or the conversation whose picture it is, and
//! each owner has one. The address has 128 random bits, and another picture has another one. Whoever has been told the
//! address may see the picture, without signing in: it is in the fields of contracts, whose clients show it in an element
//! that sends no token. It is told to those who see the user or the conversation, and to nobody afterwards.

mod rows;

use crate::{
    Caller, Chat, Delivery, Error, Result,
    audit::NewEntry,
    conversations::{LockedRow, lock},
};
use model::{
    AuditAction, Conversation, ConversationId, ConversationKind, Event, MemberRole, PictureSize,
    UserId,
};
use rows::Squares;
use sqlx::{PgConnection, types::Json};

/// Bytes of a picture that is taken. A larger one is refused: its sender makes it smaller first.
pub const MAX_PICTURE_BYTES: usize = 4 * 1024 * 1024;

/// The sides that are made, from large to small, in pixels.
const SIDES: [u32; 2] = [PictureSize::Large.side(), PictureSize::Small.side()];

const UNSHOWABLE: &str = "must be a PNG, JPEG or WebP picture that does not move";

impl Chat {
    /// Gives the caller this picture, in the place of any other. Returns its address.
    ///
    /// # Errors
    /// `Invalid` for what is no still picture, or one that takes too much memory; `TooLarge` beyond `MAX_PICTURE_BYTES`.
    pub async fn set_picture(&self, caller: &Caller, bytes: Vec<u8>) -> Result<String> {
        self.0.limits.told.require_change(caller.user_id)?;
        let squares = self.make_squares(caller, bytes).await?;
        let mut tx = self.begin().await?;
        let url = rows::set_of_user(&mut tx, caller.user_id, &squares).await?;
        tx.commit().await?;
        self.announce_users(&[caller.user_id]).await;
        Ok(url)
    }

    /// Removes the caller's picture. They are shown with the address that they had before, if there was one.
    pub async fn remove_picture(&self, caller: &Caller) -> Result<()> {
        self.0.limits.told.require_change(caller.user_id)?;
        let mut tx = self.begin().await?;
        let was_there = rows::remove_of_user(&mut tx, caller.user_id).await?;
        tx.commit().await?;
        if was_there {
            self.announce_users(&[caller.user_id]).await;
        }
        Ok(())
    }

    /// Gives a bot this picture. Administrators only.
    ///
    /// # Errors
    /// Those of `set_picture`; `Forbidden` for a person, who chooses their own.
    pub async fn set_picture_of(
        &self,
        caller: &Caller,
        id: UserId,
        bytes: Vec<u8>,
    ) -> Result<String> {
        caller.require_admin()?;
        if !self.user_card(id).await?.is_bot {
            return Err(Error::Forbidden("People choose their pictures themselves."));
        }
        let squares = self.make_squares(caller, bytes).await?;
        let mut tx = self.begin().await?;
        let url = rows::set_of_user(&mut tx, id, &squares).await?;
        note_change(&mut tx, caller, id, "set").await?;
        tx.commit().await?;
        self.announce_users(&[id]).await;
        Ok(url)
    }

    /// Removes the picture of anybody. Administrators only.
    pub async fn remove_picture_of(&self, caller: &Caller, id: UserId) -> Result<()> {
        caller.require_admin()?;
        self.find_user(id).await?;
        let mut tx = self.begin().await?;
        if rows::remove_of_user(&mut tx, id).await? {
            note_change(&mut tx, caller, id, "removed").await?;
        }
        tx.commit().await?;
        self.announce_users(&[id]).await;
        Ok(())
    }

    /// Gives a group, a channel or the announcements this picture. Those only who may change its title. Returns its address.
    ///
    /// # Errors
    /// Those of `set_picture` and of `update_conversation`.
    pub async fn set_conversation_picture(
        &self,
        caller: &Caller,
        id: ConversationId,
        bytes: Vec<u8>,
    ) -> Result<String> {
        // Nothing is decoded for somebody who may not.
        let mut tx = self.begin().await?;
        require_editor(&lock(&mut tx, caller, id).await?)?;
        drop(tx);
        let squares = self.make_squares(caller, bytes).await?;
        let url = self.change_conversation_picture(caller, id, Some(squares));
        url.await?.ok_or_else(|| Error::internal("no address"))
    }

    /// Removes the picture of a conversation. Those only who may change its title.
    pub async fn remove_conversation_picture(
        &self,
        caller: &Caller,
        id: ConversationId,
    ) -> Result<()> {
        let removed = self.change_conversation_picture(caller, id, None);
        removed.await.map(drop)
    }

    async fn change_conversation_picture(
        &self,
        caller: &Caller,
        id: ConversationId,
        squares: Option<Squares>,
    ) -> Result<Option<String>> {
        self.with_conversation_lock(id, caller, async move |chat, caller| {
            let mut tx = chat.begin().await?;
            let locked = lock(&mut tx, &caller, id).await?;
            require_editor(&locked)?;
            let told = &chat.0.limits.told;
            told.take_change(caller.user_id, locked.member_count)?;
            let url = match &squares {
                Some(squares) => Some(rows::set_of_conversation(&mut tx, id, squares).await?),
                None if rows::remove_of_conversation(&mut tx, id).await? => None,
                // Nothing changes.
                None => return Ok(None),
            };
            let seq = sqlx::query_scalar!(
                "update conversations set picture_url = $2, seq = seq + 1, changed_seq = seq + 1
                where id = $1 returning seq",
                id.0,
                url
            )
            .fetch_one(&mut *tx)
            .await?;
            let Json(conversation) = sqlx::query_scalar!(
                r#"select json as "json!: Json<Conversation>" from conversation_json where id = $1"#,
                id.0
            )
            .fetch_one(&mut *tx)
            .await?;
            NewEntry::by(&caller, AuditAction::ConversationChanged)
                .in_conversation(id)
                .with("changed", "picture")
                .write(&mut *tx)
                .await?;
            tx.commit().await?;
            let event = Event::ConversationUpdated {
                conversation_id: id,
                seq,
                conversation,
            };
            chat.0.bus.publish(Delivery::to_conversation(id, event));
            Ok(url)
        })
        .await
    }

    /// A picture as WebP. Whoever knows its key may see it.
    pub async fn picture(&self, key: &str, size: PictureSize) -> Result<Vec<u8>> {
        let webp = sqlx::query_scalar!(
            r#"select case when $2 then small else large end as "webp!" from pictures where key = $1"#,
            key,
            size == PictureSize::Small
        )
        .fetch_optional(&self.0.db)
        .await?;
        webp.ok_or(Error::NotFound("picture"))
    }

    async fn make_squares(&self, caller: &Caller, bytes: Vec<u8>) -> Result<Squares> {
        if bytes.len() > MAX_PICTURE_BYTES {
            let most = MAX_PICTURE_BYTES / 1024 / 1024;
            return Err(Error::TooLarge(format!(
                "A picture may have at most {most} MiB."
            )));
        }
        self.0.limits.told.take_picture(caller.user_id)?;
        let made = self.squares(caller.user_id, bytes, &SIDES).await?;
        let made = made.and_then(|it| Squares::new(it).ok());
        made.ok_or_else(|| Error::invalid("picture", UNSHOWABLE))
    }
}

fn require_editor(locked: &LockedRow) -> Result<()> {
    if locked.kind == ConversationKind::Direct {
        return Err(Error::Forbidden(
            "A direct conversation has the picture of the other one.",
        ));
    }
    if locked.role < MemberRole::Admin {
        return Err(Error::Forbidden("Only owners and admins may change it."));
    }
    Ok(())
}

async fn note_change(
    tx: &mut PgConnection,
    caller: &Caller,
    id: UserId,
    picture: &str,
) -> Result<()> {
    NewEntry::by(caller, AuditAction::UserPictureChanged)
        .on(id)
        .with("picture", picture)
        .write(tx)
        .await
}
