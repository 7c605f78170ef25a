//! Rosters: who is in each of many conversations, for doors that print them whole.

use super::MOST_LISTED;
use crate::{Chat, Result};
use model::{ConversationId, Member};
use sqlx::types::Json;
use std::collections::HashMap;

impl Chat {
    /// In the order of `all_members`, the first thousand of each. Asks for no membership: it is
    /// for whoever has decided already who may hear.
    pub async fn rosters(
        &self,
        ids: &[ConversationId],
    ) -> Result<HashMap<ConversationId, Vec<Member>>> {
        let ids: Vec<_> = ids.iter().map(|id| id.0).collect();
        let rows = sqlx::query!(
            r#"select c.id as "id!", m.json as "json!: Json<Member>"
            from unnest($1::bigint[]) c(id) cross join lateral (
                select json, row_number() over (
                    order by array_position('{owner,admin,member}', role), joined_seq, user_id
                ) as nth
                from member_json where conversation_id = c.id and left_at is null
                order by nth limit $2
            ) m order by c.id, m.nth"#,
            &ids,
            MOST_LISTED
        )
        .fetch_all(&self.0.db)
        .await?;
        let mut rosters: HashMap<_, Vec<_>> = HashMap::new();
        for row in rows {
            let roster = rosters.entry(ConversationId(row.id)).or_default();
            roster.push(self.present(row.json.0));
        }
        Ok(rosters)
    }
}
