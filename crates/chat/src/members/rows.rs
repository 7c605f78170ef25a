//! Rows of `members`, which are changed under the row lock of their conversation.

use super::role::{parse_role, role_text};
use crate::{Error, Result, error::OnConstraint};
use model::{ConversationId, Member, MemberRole, UserId};
use sqlx::{PgConnection, types::Json};

/// Adds those of the users who are not members, each with a `seq` of its own; returns them.
pub async fn insert_members(
    tx: &mut PgConnection,
    id: ConversationId,
    user_ids: &[UserId],
    role: MemberRole,
) -> Result<Vec<UserId>> {
    let ids: Vec<_> = user_ids.iter().map(|id| id.0).collect();
    let added = sqlx::query_scalar!(
        "with wanted as (
            select user_id, row_number() over () as n
            from (select distinct unnest($2::bigint[]) as user_id) w
            where not exists (select from members m where m.conversation_id = $1
                and m.user_id = w.user_id and m.left_at is null)
        ), added as (
            insert into members (conversation_id, user_id, role, joined_seq, seq, read_position, delivered_position)
            select c.id, w.user_id, $3, c.seq + n, c.seq + n, c.position, c.position
            from wanted w cross join conversations c where c.id = $1
            on conflict (conversation_id, user_id) do update set role = excluded.role,
                joined_seq = excluded.seq, seq = excluded.seq, joined_at = now(), left_at = null,
                was_removed = false, read_position = excluded.read_position, unread_after = null, unread_marked_at = null,
                delivered_position = excluded.delivered_position
            returning user_id
        ), counted as (
            update conversations set seq = seq + (select count(*) from wanted),
                member_count = member_count + (select count(*) from wanted)
            where id = $1
        )
        select user_id from added",
        id.0,
        &ids,
        role_text(role)
    )
    .fetch_all(tx)
    .await
    .on_constraint("members_user_fkey", || Error::NotFound("user"))?;
    Ok(added.into_iter().map(UserId).collect())
}

/// A membership that has ended.
pub struct EndedMembership {
    /// Of that change in the conversation.
    pub seq: i64,
    /// The number in the former member's personal sequence under which their mute of the conversation has ended, if
    /// they had one.
    pub unmuted_seq: Option<i64>,
}

/// Ends a membership, by somebody else or not, and what follows from it for threads, drafts and mutes.
pub async fn end_membership(
    tx: &mut PgConnection,
    id: ConversationId,
    user_id: UserId,
    was_removed: bool,
) -> Result<EndedMembership> {
    let ended = sqlx::query_as!(
        EndedMembership,
        r#"with c as (
            update conversations set seq = seq + 1, member_count = member_count - 1
            where id = $1 returning seq
        ), unfollowed as (
            delete from thread_followers f using threads t
            where f.user_id = $2 and t.id = f.thread_id and t.conversation_id = $1
        ), undrafted as (
            delete from drafts where user_id = $2 and conversation_id = $1
        ), unmuted as (
            update mutes set muted_until = 'epoch', seq = next_personal_seq($2)
            where user_id = $2 and conversation_id = $1
                and (muted_until is null or muted_until > statement_timestamp())
            returning seq
        )
        update members set left_at = now(), was_removed = $3, seq = c.seq from c
        where conversation_id = $1 and user_id = $2 and left_at is null
        returning members.seq, (select seq from unmuted) as unmuted_seq"#,
        id.0,
        user_id.0,
        was_removed
    )
    .fetch_optional(tx)
    .await?;
    ended.ok_or(Error::NotFound("member"))
}

pub async fn set_role(
    tx: &mut PgConnection,
    id: ConversationId,
    user_id: UserId,
    role: MemberRole,
) -> Result<()> {
    sqlx::query!(
        "with c as (update conversations set seq = seq + 1 where id = $1 returning seq)
        update members set role = $3, seq = c.seq from c
        where conversation_id = $1 and user_id = $2",
        id.0,
        user_id.0,
        role_text(role)
    )
    .execute(tx)
    .await?;
    Ok(())
}

pub async fn load_role(
    tx: &mut PgConnection,
    id: ConversationId,
    user_id: UserId,
) -> Result<MemberRole> {
    let role = sqlx::query_scalar!(
        "select role from members
        where conversation_id = $1 and user_id = $2 and left_at is null",
        id.0,
        user_id.0
    )
    .fetch_optional(tx)
    .await?
    .ok_or(Error::NotFound("member"))?;
    Ok(parse_role(&role))
}

pub async fn count_owners(tx: &mut PgConnection, id: ConversationId) -> Result<i64> {
    let count = sqlx::query_scalar!(
        r#"select count(*) as "count!" from members
        where conversation_id = $1 and role = 'owner' and left_at is null"#,
        id.0
    )
    .fetch_one(tx)
    .await?;
    Ok(count)
}

/// The member who becomes the owner when the last one leaves: the admin, else the member, who
/// joined first. People who are blocked come last, and a bot is never one: with bots alone it is as with nobody.
pub async fn find_successor(tx: &mut PgConnection, id: ConversationId) -> Result<Option<UserId>> {
    let successor = sqlx::query_scalar!(
        "select m.user_id from members m join users u on u.id = m.user_id
        where m.conversation_id = $1 and m.left_at is null and not u.is_bot
        order by u.blocked_at is not null, m.role = 'admin' desc, m.joined_seq, m.user_id limit 1",
        id.0
    )
    .fetch_optional(tx)
    .await?;
    Ok(successor.map(UserId))
}

/// The members among these users, each with the `seq` of its last change, in the order of `seq`.
pub async fn load_members(
    tx: &mut PgConnection,
    id: ConversationId,
    user_ids: &[UserId],
) -> Result<Vec<(i64, Member)>> {
    let ids: Vec<_> = user_ids.iter().map(|id| id.0).collect();
    let rows = sqlx::query!(
        r#"select seq as "seq!", json as "json!: Json<Member>" from member_json
        where conversation_id = $1 and user_id = any($2) and left_at is null
        order by seq, user_id"#,
        id.0,
        &ids
    )
    .fetch_all(tx)
    .await?;
    Ok(rows.into_iter().map(|row| (row.seq, row.json.0)).collect())
}

/// An owner is somebody who answers for a conversation.
///
/// # Errors
/// `Conflict` where one of them is a bot.
pub async fn require_no_bot(db: &mut PgConnection, ids: &[UserId]) -> Result<()> {
    let ids: Vec<_> = ids.iter().map(|id| id.0).collect();
    let is_bot = sqlx::query_scalar!(
        r#"select exists (select from users where id = any($1) and is_bot) as "is_bot!""#,
        &ids
    )
    .fetch_one(db)
    .await?;
    if is_bot {
        return Err(Error::Conflict("A bot owns no conversation."));
    }
    Ok(())
}
