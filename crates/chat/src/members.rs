//! Members: who belongs to a conversation, with which role.

mod by_conversation;
mod change;
mod leave_many;
mod role;
mod rows;

pub(crate) use change::Consent;
pub use leave_many::JoinedConversation;
pub(crate) use role::{parse_role, role_text};

use crate::{Caller, Chat, Error, Result, nearly_named::FEW, page};
use model::{ConversationId, Member, Page, PageRequest, UserId};
use sqlx::types::Json;

/// A member, and the three numbers that its place in a page is by.
struct MemberRow {
    rank: i64,
    joined_seq: i64,
    user_id: i64,
    json: Json<Member>,
}

impl Chat {
    /// A page of members: owners first, then admins, then members, each in the order of joining.
    /// For callers who may see the conversation.
    pub async fn members(
        &self,
        caller: &Caller,
        id: ConversationId,
        page: PageRequest,
    ) -> Result<Page<Member>> {
        self.require_visible(caller, id).await?;
        let limit = page::limit(page.limit)?;
        let [rank, joined_seq, user_id] =
            page::numbers(page.cursor.as_deref())?.unwrap_or([0, 0, 0]);
        let rows = sqlx::query_as!(
            MemberRow,
            r#"select rank as "rank!", joined_seq as "joined_seq!", user_id as "user_id!",
                json as "json!: Json<Member>"
            from (
                select *, array_position('{owner,admin,member}', role)::bigint as rank
                from member_json where conversation_id = $1 and left_at is null
            ) m where (rank, joined_seq, user_id) > ($2, $3, $4)
            order by rank, joined_seq, user_id limit $5"#,
            id.0,
            rank,
            joined_seq,
            user_id,
            limit + 1
        )
        .fetch_all(&self.0.db)
        .await?;
        Ok(self.member_page(rows, limit))
    }

    /// The members whose username or name contains a text, in the same order, in pages; all of them where it
    /// is empty. Where the text has accents, names that are written with them come first. Where these are few, those
    /// follow who are meant if it has typing errors. For callers who may see the conversation.
    pub async fn search_members(
        &self,
        caller: &Caller,
        id: ConversationId,
        query: &str,
        page: PageRequest,
    ) -> Result<Page<Member>> {
        let query = page::query("query", Some(query))?;
        if query.is_empty() {
            return self.members(caller, id, page).await;
        }
        self.require_visible(caller, id).await?;
        let limit = page::limit(page.limit)?;
        let is_first = page.cursor.is_none();
        let [rank, joined_seq, user_id] =
            page::numbers(page.cursor.as_deref())?.unwrap_or([0, 0, 0]);
        // Reads the memberships of the conversation by its index, and the names of these people.
        let rows = sqlx::query_as!(
            MemberRow,
            r#"with found as (
                select m.user_id, m.joined_seq,
                    -- Three roles: the names without the accents come after all of them.
                    array_position('{owner,admin,member}', m.role)::bigint
                        + case when contains_pattern($5) = name_pattern($5)
                            or fold_text(u.name) like contains_pattern($5) then 0 else 3 end as rank
                from members m join users u on u.id = m.user_id
                where m.conversation_id = $1 and m.left_at is null
                    and (u.username like name_pattern($5) or fold_name(u.name) like name_pattern($5))
            ), cut as (
                select * from found where (rank, joined_seq, user_id) > ($2, $3, $4)
                order by rank, joined_seq, user_id limit $6
            )
            select cut.rank as "rank!", cut.joined_seq as "joined_seq!", cut.user_id as "user_id!",
                j.json as "json!: Json<Member>"
            from cut join member_json j on j.conversation_id = $1 and j.user_id = cut.user_id
            order by cut.rank, cut.joined_seq, cut.user_id"#,
            id.0,
            rank,
            joined_seq,
            user_id,
            query,
            limit + 1
        )
        .fetch_all(&self.0.db)
        .await?;
        let mut found = self.member_page(rows, limit);
        if is_first && found.next_cursor.is_none() && found.items.len() < FEW {
            let meant = self.members_nearly_named(id, query, &found.items).await?;
            page::fill_up(&mut found, meant, limit);
        }
        Ok(found)
    }

    fn member_page(&self, rows: Vec<MemberRow>, limit: i64) -> Page<Member> {
        let rows = page::cut(rows, limit, |row| {
            format!("{}.{}.{}", row.rank, row.joined_seq, row.user_id)
        });
        Page {
            items: rows
                .items
                .into_iter()
                .map(|row| self.member_with_presence(row.json.0))
                .collect(),
            next_cursor: rows.next_cursor,
        }
    }

    /// All members in the same order, at most `page::MAX_UNPAGED`. Members only.
    pub async fn all_members(&self, caller: &Caller, id: ConversationId) -> Result<Vec<Member>> {
        self.require_member(caller, id).await?;
        let members = sqlx::query_scalar!(
            r#"select json as "json!: Json<Member>" from member_json
            where conversation_id = $1 and left_at is null
            order by array_position('{owner,admin,member}', role), joined_seq, user_id limit $2"#,
            id.0,
            page::MAX_UNPAGED
        )
        .fetch_all(&self.0.db)
        .await?;
        let members = members
            .into_iter()
            .map(|Json(it)| self.member_with_presence(it));
        Ok(members.collect())
    }

    /// The ids of all members, ascending. Members only.
    pub async fn member_ids(&self, caller: &Caller, id: ConversationId) -> Result<Vec<UserId>> {
        self.require_member(caller, id).await?;
        let ids = sqlx::query_scalar!(
            "select user_id from members where conversation_id = $1 and left_at is null
            order by user_id",
            id.0
        )
        .fetch_all(&self.0.db)
        .await?;
        Ok(ids.into_iter().map(UserId).collect())
    }

    /// `NotFound` unless the caller is a member, or the conversation is a public channel.
    pub(crate) async fn require_visible(&self, caller: &Caller, id: ConversationId) -> Result<()> {
        let visible = sqlx::query_scalar!(
            r#"select exists (select from visible_conversations
                where conversation_id = $1 and user_id = $2) as "visible!""#,
            id.0,
            caller.user_id.0
        )
        .fetch_one(&self.0.db)
        .await?;
        if visible {
            Ok(())
        } else {
            Err(Error::NotFound("conversation"))
        }
    }

    /// `NotFound` unless the caller is a member.
    pub(crate) async fn require_member(&self, caller: &Caller, id: ConversationId) -> Result<()> {
        let member = sqlx::query_scalar!(
            r#"select exists (select from memberships
                where conversation_id = $1 and user_id = $2 and left_at is null) as "member!""#,
            id.0,
            caller.user_id.0
        )
        .fetch_one(&self.0.db)
        .await?;
        if member {
            Ok(())
        } else {
            Err(Error::NotFound("conversation"))
        }
    }

    /// Fills in the presence of the user, which the database does not know.
    pub(crate) fn member_with_presence(&self, mut member: Member) -> Member {
        member.user = self.with_presence(member.user);
        member
    }
}
