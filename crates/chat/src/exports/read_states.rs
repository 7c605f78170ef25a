//! Exporting how far members have read.

use super::state::{Cursor, Export, ExportPage};
use crate::{
    Result,
    imports::{ReadState, ReadUpTo},
};

impl Export {
    /// The newest message that each member has read, for those who have read one.
    pub async fn read_states(&mut self, after: Option<Cursor>) -> Result<ExportPage<ReadState>> {
        let (places, next) = self.next_places(after, |place| place.members).await?;
        let ids: Vec<_> = places.iter().map(|it| it.id).collect();
        let rows = sqlx::query!(
            r#"select m.id, k.user_id, own.external_id as "external_id?", u.external_id as "user?",
                r.read_at as "read_at?",
                exists (select from app_messages x
                    where x.app_id = $1 and x.external_id = m.id::text) as "is_number_taken!"
            from members k
            join messages m on m.conversation_id = k.conversation_id and m.position = k.read_position
            left join read_marks r on r.conversation_id = k.conversation_id
                and r.user_id = k.user_id and r.position = k.read_position
            left join app_messages own on own.message_id = m.id and own.app_id = $1
            left join app_users u on u.user_id = k.user_id and u.app_id = $1
            where k.conversation_id = any($2) and k.left_at is null
            order by k.conversation_id, k.user_id"#,
            self.app_id.0,
            &ids
        )
        .fetch_all(&mut *self.db)
        .await?;
        let items = rows.into_iter().map(|row| {
            let message = self
                .ids
                .messages
                .item(row.external_id, row.id, row.is_number_taken)?;
            Ok(ReadState {
                user: self.ids.users.user(row.user, row.user_id)?,
                up_to: ReadUpTo::Message(message),
                at: row.read_at,
            })
        });
        Ok(ExportPage {
            items: items.collect::<Result<_>>()?,
            next,
        })
    }
}
