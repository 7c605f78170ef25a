//! Exporting conversations and their members.

use super::{
    made_up_ids::user_id,
    scope::Place,
    state::{Cursor, Export, ExportPage, PAGE_ROWS},
};
use crate::{
    Result,
    conversations::parse_kind,
    imports::{Conversation, Member, Members},
    members::parse_role,
};
use std::collections::HashMap;

impl Export {
    pub async fn conversations(
        &mut self,
        after: Option<Cursor>,
    ) -> Result<ExportPage<Conversation>> {
        let (places, next) = self.next_places(after, |_| 1).await?;
        let ids: Vec<_> = places.iter().map(|it| it.id).collect();
        let rows = sqlx::query!(
            r#"select c.id, c.kind, c.title, c.description, c.private, c.created_at,
                c.created_by, c.low_user_id, c.high_user_id,
                creator.external_id as "creator_id?", low.external_id as "low_id?",
                high.external_id as "high_id?"
            from conversations c
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
                let low = user_id(self.id_kind, row.low_id, low)?;
                pair = Some((low, user_id(self.id_kind, row.high_id, high)?));
            }
            let creator = row
                .created_by
                .map(|id| user_id(self.id_kind, row.creator_id, id));
            items.push(Conversation {
                id: place.external_id,
                kind: parse_kind(&row.kind),
                pair,
                title: row.title,
                description: row.description,
                private: row.private,
                created_by: creator.transpose()?,
                created_at: row.created_at,
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
                user: user_id(self.id_kind, row.external_id, row.user_id)?,
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
