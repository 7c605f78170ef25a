//! Members of many conversations with one query, for contracts that render conversations with them.

use crate::{Chat, Result, page};
use model::{ConversationId, Member};
use sqlx::types::Json;
use std::collections::HashMap;

impl Chat {
    /// The members of each conversation in the order of `all_members`, at most `page::MAX_UNPAGED`
    /// of each. Checks no membership: callers have decided who the audience is.
    pub async fn members_of_many(
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
            page::MAX_UNPAGED
        )
        .fetch_all(&self.0.db)
        .await?;
        let mut members: HashMap<_, Vec<_>> = HashMap::new();
        for row in rows {
            let list = members.entry(ConversationId(row.id)).or_default();
            list.push(self.member_with_presence(row.json.0));
        }
        Ok(members)
    }
}
