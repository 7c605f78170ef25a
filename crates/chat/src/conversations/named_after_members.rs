//! Groups and channels without a title of their own: they have the names of their members, the creator first.
//! The title is stored, because lists and searches read it, and changes with the names.

use super::{CreatedConversation, create::Title};
use crate::{Caller, Chat, Delivery, Result, text};
use model::{Conversation, ConversationId, Event, NewConversation, UserId};
use sqlx::types::Json;

/// Names that are read for a title: of more than these not even their commas fit.
const MAX_NAMES: usize = 60;

/// Conversations that follow one change of names. Those beyond it keep the old title.
const MAX_FOLLOWED: i64 = 100;

/// The title of one that all members have left.
const NOBODY: &str = "Deleted user";

impl Chat {
    /// Creates a group or a channel that has the names of its members for a title; otherwise as
    /// `create_conversation`.
    pub async fn create_named_after_members(
        &self,
        caller: &Caller,
        mut new: NewConversation,
    ) -> Result<CreatedConversation> {
        let mut ids = new.member_ids.clone();
        ids.retain(|id| *id != caller.user_id);
        ids.sort_unstable();
        ids.dedup();
        ids.insert(0, caller.user_id);
        ids.truncate(MAX_NAMES);
        let cards = self.user_cards(&ids).await?;
        let names = ids.iter().filter_map(|id| cards.get(id));
        let names: Vec<_> = names.map(|it| it.name.as_str()).collect();
        new.title = Some(text::cut_title(&names.join(", ")));
        self.create(caller, new, Title::NamesOfMembers).await
    }

    /// Gives the conversations that are named after these users, who have changed, their new titles.
    pub(crate) async fn follow_names(&self, user_ids: &[UserId]) -> Result<()> {
        let all: Vec<_> = user_ids.iter().map(|id| id.0).collect();
        let ids = sqlx::query_scalar!(
            r#"select distinct c.id as "id!" from members m join conversations c on c.id = m.conversation_id
            where m.user_id = any($1) and m.left_at is null and c.named_after_members
            order by 1 desc limit $2"#,
            &all,
            MAX_FOLLOWED
        )
        .fetch_all(&self.0.db)
        .await?;
        // Each is a change of its own, under the lock of its conversation.
        for id in ids.into_iter().map(ConversationId) {
            let work = self.clone().follow_names_in(id);
            let told = self.0.conversation_locks.run_locked(id, work).await?;
            if let [user_id] = user_ids {
                self.0.limits.told.charge(*user_id, told);
            }
        }
        Ok(())
    }

    /// Takes the name of an account that was deleted out of the titles that have it, also of those where the user has left
    /// before: leaving alone changes no title.
    pub(crate) async fn forget_name(&self, id: UserId) -> Result<()> {
        let mut after = 0;
        loop {
            let ids = sqlx::query_scalar!(
                r#"select c.id as "id!" from (
                    select conversation_id from members where user_id = $1 and left_at is null
                    union all
                    select conversation_id from members where user_id = $1 and left_at is not null
                ) m join conversations c on c.id = m.conversation_id
                where c.named_after_members and c.id > $2 order by c.id limit $3"#,
                id.0,
                after,
                MAX_FOLLOWED
            )
            .fetch_all(&self.0.db)
            .await?;
            let Some(last) = ids.last() else {
                return Ok(());
            };
            after = *last;
            for id in ids.into_iter().map(ConversationId) {
                let work = self.clone().follow_names_in(id);
                self.0.conversation_locks.run_locked(id, work).await?;
            }
        }
    }

    /// Returns the number of members who are told.
    async fn follow_names_in(self, id: ConversationId) -> Result<i64> {
        let mut tx = self.begin().await?;
        // First the lock: of two changes at a time, the later one reads both names.
        let is_named_after_members = sqlx::query_scalar!(
            "select named_after_members from conversations where id = $1 for no key update",
            id.0
        )
        .fetch_optional(&mut *tx)
        .await?;
        if is_named_after_members != Some(true) {
            return Ok(0);
        }
        let names = sqlx::query_scalar!(
            "select u.name from members m join users u on u.id = m.user_id
            join conversations c on c.id = m.conversation_id
            where m.conversation_id = $1 and m.left_at is null
            order by m.user_id is distinct from c.created_by, m.user_id limit $2",
            id.0,
            i64::try_from(MAX_NAMES).unwrap_or(i64::MAX)
        )
        .fetch_all(&mut *tx)
        .await?;
        let title = if names.is_empty() {
            NOBODY.to_owned()
        } else {
            text::cut_title(&names.join(", "))
        };
        let changed = sqlx::query!(
            "update conversations set title = $2, seq = seq + 1, changed_seq = seq + 1
            where id = $1 and title <> $2 and $2 <> '' returning seq, member_count",
            id.0,
            title
        )
        .fetch_optional(&mut *tx)
        .await?;
        let Some(changed) = changed else { return Ok(0) };
        let Json(conversation) = sqlx::query_scalar!(
            r#"select json as "json!: Json<Conversation>" from conversation_json where id = $1"#,
            id.0
        )
        .fetch_one(&mut *tx)
        .await?;
        tx.commit().await?;
        let event = Event::ConversationUpdated {
            conversation_id: id,
            seq: changed.seq,
            conversation,
        };
        self.0.bus.publish(Delivery::to_conversation(id, event));
        Ok(changed.member_count)
    }
}
