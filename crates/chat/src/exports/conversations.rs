//! Exporting conversations and their members.

use super::{
    scope::Place,
    state::{Cursor, Export, ExportPage, PAGE_ROWS},
};
use crate::{
    ExternalId, Result,
    conversations::parse_kind,
    imports::{Conversation, Member, Members},
    members::parse_role,
};
use model::ConversationId;
use std::collections::HashMap;
use time::OffsetDateTime;

/// A conversation, and its newest message that is not deleted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExportedConversation {
    pub conversation: Conversation,
    pub last_message: Option<LastMessage>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LastMessage {
    pub id: ExternalId,
    pub body: String,
    pub created_at: OffsetDateTime,
}

impl Export {
    pub async fn conversations(
        &mut self,
        after: Option<Cursor>,
    ) -> Result<ExportPage<ExportedConversation>> {
        let (places, next) = self.next_places(after, |_| 1).await?;
        let ids: Vec<_> = places.iter().map(|it| it.id).collect();
        let rows = sqlx::query!(
            r#"select c.id, c.kind, c.title, c.description, c.private, c.created_at,
                c.created_by, c.low_user_id, c.high_user_id,
                creator.external_id as "creator_id?", low.external_id as "low_id?",
                high.external_id as "high_id?", last.id as "last_id?", last.body as "last_body?",
                last.created_at as "last_at?", own.external_id as "last_external_id?",
                exists (select from app_messages x
                    where x.app_id = $1 and x.external_id = last.id::text) as "is_last_taken!"
            from conversations c
            left join lateral (
                select m.id, m.body, m.created_at from messages m
                where m.conversation_id = c.id and m.deleted_at is null
                order by m.position desc limit 1
            ) last on true
            left join app_messages own on own.message_id = last.id and own.app_id = $1
            left join app_users creator on creator.user_id = c.created_by and creator.app_id = $1
            left join app_users low on low.user_id = c.low_user_id and low.app_id = $1
            left join app_users high on high.user_id = c.high_user_id and high.app_id = $1
            where c.id = any($2)"#,
            self.app_id.0,
            &ids
        )
        .fetch_all(&mut *self.db)
        .await?;
        let mut rows: HashMap<_, _> = rows.into_iter().map(|row| (row.id, row)).collect();
        let mut items = Vec::with_capacity(places.len());
        for place in places {
            let Some(row) = rows.remove(&place.id) else {
                continue;
            };
            let mut pair = None;
            if let Some((low, high)) = row.low_user_id.zip(row.high_user_id) {
                let low = self.ids.users.user(row.low_id, low)?;
                pair = Some((low, self.ids.users.user(row.high_id, high)?));
            }
            let creator = row
                .created_by
                .map(|id| self.ids.users.user(row.creator_id, id));
            let mut last_message = None;
            if let (Some(id), Some(body), Some(created_at)) =
                (row.last_id, row.last_body, row.last_at)
            {
                let (external, is_taken) = (row.last_external_id, row.is_last_taken);
                last_message = Some(LastMessage {
                    id: self.ids.messages.item(external, id, is_taken)?,
                    body,
                    created_at,
                });
            }
            let conversation = Conversation {
                id: place.external_id,
                kind: parse_kind(&row.kind),
                pair,
                title: row.title,
                description: row.description,
                private: row.private,
                created_by: creator.transpose()?,
                created_at: row.created_at,
            };
            items.push(ExportedConversation {
                conversation,
                last_message,
            });
        }
        Ok(ExportPage { items, next })
    }

    /// The members of each conversation, of direct ones too.
    pub async fn members(&mut self, after: Option<Cursor>) -> Result<ExportPage<Members>> {
        let (places, next) = self.next_places(after, |place| place.members).await?;
        let ids: Vec<_> = places.iter().map(|it| it.id).collect();
        let rows = sqlx::query!(
            r#"select m.conversation_id, m.user_id, m.role, m.joined_at,
                a.external_id as "external_id?"
            from members m
            left join app_users a on a.user_id = m.user_id and a.app_id = $1
            where m.conversation_id = any($2) and m.left_at is null
            order by m.conversation_id, m.joined_seq, m.user_id"#,
            self.app_id.0,
            &ids
        )
        .fetch_all(&mut *self.db)
        .await?;
        let mut members: HashMap<i64, Vec<Member>> = HashMap::new();
        for row in rows {
            let member = Member {
                user: self.ids.users.user(row.external_id, row.user_id)?,
                role: parse_role(&row.role),
                joined_at: Some(row.joined_at),
            };
            members.entry(row.conversation_id).or_default().push(member);
        }
        let lists = places.into_iter().map(|place| Members {
            members: members.remove(&place.id).unwrap_or_default(),
            conversation: place.external_id,
            complete: true,
        });
        Ok(ExportPage {
            items: lists.collect(),
            next,
        })
    }

    /// Users of the app who were members of a conversation and have left, with the conversation before the
    /// user.
    pub async fn ended_members(
        &mut self,
        after: Option<Cursor>,
    ) -> Result<ExportPage<(ExternalId, ExternalId)>> {
        let (places, next) = self.next_places(after, |place| place.members).await?;
        let ids: Vec<_> = places.iter().map(|it| it.id).collect();
        let rows = sqlx::query!(
            "select m.conversation_id, m.user_id, a.external_id
            from members m join app_users a on a.user_id = m.user_id and a.app_id = $1
            where m.conversation_id = any($2) and m.left_at is not null
            order by m.conversation_id, m.user_id",
            self.app_id.0,
            &ids
        )
        .fetch_all(&mut *self.db)
        .await?;
        let places: HashMap<_, _> = places
            .into_iter()
            .map(|it| (it.id, it.external_id))
            .collect();
        let mut items = Vec::with_capacity(rows.len());
        for row in rows {
            if let Some(conversation) = places.get(&row.conversation_id) {
                let user = self.ids.users.user(Some(row.external_id), row.user_id)?;
                items.push((conversation.clone(), user));
            }
        }
        Ok(ExportPage { items, next })
    }

    /// Announcements, the deleted ones included: they are of no conversation that a system has.
    pub async fn count_announcements(&mut self) -> Result<u64> {
        let count = sqlx::query_scalar!(
            "select position from conversations where id = $1",
            ConversationId::ANNOUNCEMENTS.0
        )
        .fetch_optional(&mut *self.db)
        .await?;
        Ok(count.and_then(|it| u64::try_from(it).ok()).unwrap_or(0))
    }

    /// The next conversations, as many as `PAGE_ROWS` rows belong to, but at least one.
    pub(super) async fn next_places(
        &mut self,
        after: Option<Cursor>,
        rows_of: impl Fn(&Place) -> i64,
    ) -> Result<(Vec<Place>, Option<Cursor>)> {
        let (mut places, has_more) = self.places(after.map_or(0, |it| it.id)).await?;
        let mut room = PAGE_ROWS;
        let fitting = places.iter().take_while(|place| {
            let has_room = room > 0;
            room -= rows_of(place);
            has_room
        });
        let fitting = fitting.count();
        let next = match places.get(fitting) {
            Some(next) => Some(next.id),
            None => places.last().filter(|_| has_more).map(|last| last.id + 1),
        };
        places.truncate(fitting);
        Ok((places, next.map(|id| Cursor { id, position: 0 })))
    }
}
