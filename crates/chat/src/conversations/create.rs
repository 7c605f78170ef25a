//! Creating conversations, idempotently.

use super::{
    addable_by::require_addable,
    kind::{check_description, kind_text, parse_kind},
};
use crate::{
    Caller, Chat, Delivery, Error, Result,
    audit::NewEntry,
    error::{OnConstraint, refuse_nul},
    text,
};
use model::{
    AuditAction, ConversationId, ConversationKind, ConversationSummary, Event, NewConversation,
    UserId,
};
use sqlx::{PgConnection, types::Json};

/// Users that one request may make members.
pub(crate) const MAX_MEMBERS_PER_REQUEST: usize = 500;

pub struct CreatedConversation {
    pub summary: ConversationSummary,
    /// Whether nothing was created: the direct conversation existed, or this is a retry with the
    /// same `clientId`.
    pub existed: bool,
}

/// Where a title comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Title {
    Given,
    /// It changes with the names; see `named_after_members`.
    NamesOfMembers,
}

impl Chat {
    /// Finds or creates a direct conversation; creates a group or channel with the caller as its
    /// owner. The same `clientId` with another kind or title is a `Conflict`.
    pub async fn create_conversation(
        &self,
        caller: &Caller,
        new: NewConversation,
    ) -> Result<CreatedConversation> {
        self.create(caller, new, Title::Given).await
    }

    pub(super) async fn create(
        &self,
        caller: &Caller,
        mut new: NewConversation,
        title: Title,
    ) -> Result<CreatedConversation> {
        new.title = new.title.as_deref().map(text::title).transpose()?;
        new.description = new
            .description
            .as_deref()
            .map(text::description)
            .transpose()?;
        check_description(new.kind, new.description.as_deref())?;
        refuse_nul("clientId", new.client_id.as_deref().unwrap_or_default())?;
        let mut others: Vec<_> = new
            .member_ids
            .iter()
            .copied()
            .filter(|id| *id != caller.user_id)
            .collect();
        others.sort_unstable();
        others.dedup();
        if others.len() > MAX_MEMBERS_PER_REQUEST {
            return Err(Error::invalid("memberIds", "must be at most 500"));
        }
        if new.kind == ConversationKind::Announcements {
            return Err(Error::invalid("kind", "must be direct, group or channel"));
        }
        let direct = new.kind == ConversationKind::Direct;
        if direct && (new.member_ids.is_empty() || others.len() > 1) {
            return Err(Error::invalid("memberIds", "must name one other person"));
        }
        let peer = direct.then(|| others.first().copied().unwrap_or(caller.user_id));

        let asks_others = !direct && !others.is_empty();
        if asks_others && new.client_id.is_none() {
            // It exists nowhere, so the refusal takes no query.
            self.0.limits.told.require_conversation(caller.user_id)?;
        }
        let turn = self.0.bulk_turns.wait(caller.user_id, others.len()).await;
        let mut tx = self.begin().await?;
        let found = match peer {
            Some(peer) => find_direct(&mut tx, caller.user_id, peer).await?,
            None => find_by_client_id(&mut tx, caller.user_id, &new, title).await?,
        };
        if let Some(id) = found {
            tx.rollback().await?;
            return Ok(CreatedConversation {
                summary: self.conversation(caller, id).await?,
                existed: true,
            });
        }
        if asks_others {
            self.0.limits.told.require_conversation(caller.user_id)?;
            require_addable(&mut tx, caller, None, &others).await?;
        }
        if let Some(peer) = peer {
            require_not_deleted(&mut tx, peer).await?;
        }
        self.count_creation(caller, asks_others, &others)?;
        let inserted = insert(&mut tx, caller.user_id, peer, &new, title).await?;
        let Some(id) = inserted else {
            // Another request created it between the query and the insert.
            tx.rollback().await?;
            drop(turn);
            return Box::pin(self.create(caller, new, title)).await;
        };
        insert_members(&mut tx, id, caller.user_id, &others).await?;
        // Who writes to whom directly is theirs.
        if !direct {
            NewEntry::by(caller, AuditAction::ConversationCreated)
                .in_conversation(id)
                .with("kind", kind_text(new.kind))
                .with("members", others.len() + 1)
                .write(&mut *tx)
                .await?;
        }
        others.push(caller.user_id);
        let created = self.created_deliveries(&mut tx, id, &others).await?;
        tx.commit().await?;

        let subscribe = Delivery::Subscribe {
            conversation_id: id,
            user_ids: others,
        };
        let deliveries = std::iter::once(subscribe).chain(created);
        self.0.bus.publish_all(deliveries.collect());
        Ok(CreatedConversation {
            summary: self.conversation(caller, id).await?,
            existed: false,
        })
    }

    /// Counts a conversation that does not exist yet. A group or a channel puts the others into something
    /// that they have not asked for; of direct ones two people have only one.
    fn count_creation(&self, caller: &Caller, asks_others: bool, others: &[UserId]) -> Result<()> {
        let told = &self.0.limits.told;
        if asks_others {
            told.take_invitations(caller.user_id, others)?;
            told.take_conversation(caller.user_id)?;
        }
        let people = i64::try_from(others.len() + 1).unwrap_or(i64::MAX);
        told.take_change(caller.user_id, people)
    }

    /// `ConversationCreated` for the new members: once for all whose parts of the conversation are alike,
    /// which are all with the same role but for those who come back to unread messages. It is read in
    /// the transaction that adds them, so that it holds the state at its `seq`, and later changes follow
    /// as events.
    pub(crate) async fn created_deliveries(
        &self,
        tx: &mut PgConnection,
        id: ConversationId,
        users: &[UserId],
    ) -> Result<Vec<Delivery>> {
        let ids: Vec<_> = users.iter().map(|id| id.0).collect();
        let rows = sqlx::query!(
            r#"with newcomers as (
                select min(m.user_id) as one, array_agg(m.user_id) as all_ids
                from members m join conversations c on c.id = m.conversation_id
                where m.conversation_id = $2 and m.user_id = any($1) and m.left_at is null
                group by m.role, m.read_position,
                    case when c.kind = 'direct' or m.read_position < c.position then m.user_id end
            )
            select n.all_ids as "all_ids!", s.seq as "seq!", s.json as "json!: Json<ConversationSummary>"
            -- `offset 0`: one member after the other, instead of all users.
            from newcomers n cross join lateral (
                select seq, json from conversation_summaries where caller_id = n.one and id = $2 offset 0
            ) s"#,
            &ids,
            id.0
        )
        .fetch_all(tx)
        .await?;
        let created = rows.into_iter().map(|row| {
            let event = Event::ConversationCreated {
                conversation_id: id,
                seq: row.seq,
                conversation: self.complete_summary(row.json.0),
            };
            Delivery::to_users(row.all_ids.into_iter().map(UserId).collect(), event)
        });
        Ok(created.collect())
    }
}

async fn find_direct(
    tx: &mut PgConnection,
    one: UserId,
    other: UserId,
) -> Result<Option<ConversationId>> {
    let id = sqlx::query_scalar!(
        "select id from conversations
        where kind = 'direct' and low_user_id = $1 and high_user_id = $2",
        one.min(other).0,
        one.max(other).0
    )
    .fetch_optional(tx)
    .await?;
    Ok(id.map(ConversationId))
}

/// That the account of somebody was not deleted. What they have said with others already stays.
///
/// # Errors
/// `NotFound` otherwise.
async fn require_not_deleted(tx: &mut PgConnection, id: UserId) -> Result<()> {
    let is_deleted = sqlx::query_scalar!(
        r#"select deleted_at is not null as "is_deleted!" from users where id = $1"#,
        id.0
    )
    .fetch_optional(tx)
    .await?;
    match is_deleted {
        Some(true) => Err(Error::NotFound("user")),
        // Nobody: the foreign key tells.
        _ => Ok(()),
    }
}

async fn find_by_client_id(
    tx: &mut PgConnection,
    creator: UserId,
    new: &NewConversation,
    title: Title,
) -> Result<Option<ConversationId>> {
    let Some(client_id) = new.client_id.as_deref() else {
        return Ok(None);
    };
    let found = sqlx::query!(
        "select id, kind, title, named_after_members from conversations where created_by = $1 and client_id = $2",
        creator.0,
        client_id
    )
    .fetch_optional(tx)
    .await?;
    let Some(found) = found else { return Ok(None) };
    // Somebody may have been renamed since.
    let has_title = match title {
        Title::Given => found.title.as_deref() == new.title.as_deref(),
        Title::NamesOfMembers => found.named_after_members,
    };
    if parse_kind(&found.kind) == new.kind && has_title {
        Ok(Some(ConversationId(found.id)))
    } else {
        Err(Error::Conflict(
            "This clientId was used for another conversation.",
        ))
    }
}

/// `None` when the direct conversation exists, or the creator has used the `clientId`.
async fn insert(
    tx: &mut PgConnection,
    creator: UserId,
    peer: Option<UserId>,
    new: &NewConversation,
    title: Title,
) -> Result<Option<ConversationId>> {
    let id = sqlx::query_scalar!(
        "insert into conversations
            (kind, title, description, private, low_user_id, high_user_id, created_by, client_id,
            named_after_members)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9)
        on conflict do nothing returning id",
        kind_text(new.kind),
        new.title.as_deref(),
        new.description.as_deref().filter(|it| !it.is_empty()),
        new.private || new.kind != ConversationKind::Channel,
        peer.map(|peer| creator.min(peer).0),
        peer.map(|peer| creator.max(peer).0),
        creator.0,
        new.client_id,
        title == Title::NamesOfMembers
    )
    .fetch_optional(tx)
    .await
    .on_constraint("conversations_high_user_fkey", || Error::NotFound("user"))
    .on_constraint("conversations_low_user_fkey", || Error::NotFound("user"))?;
    Ok(id.map(ConversationId))
}

/// Inserts the first members of a conversation that was created in the same transaction.
async fn insert_members(
    tx: &mut PgConnection,
    id: ConversationId,
    creator: UserId,
    others: &[UserId],
) -> Result<()> {
    let others: Vec<_> = others.iter().map(|id| id.0).collect();
    sqlx::query!(
        "with added as (
            insert into members (conversation_id, user_id, role, joined_seq, seq)
            select $1, user_id, role, 1, 1 from (
                select $2::bigint as user_id, 'owner' as role
                union all select unnest($3::bigint[]), 'member'
            ) m returning 1
        )
        update conversations set member_count = (select count(*) from added) where id = $1",
        id.0,
        creator.0,
        &others
    )
    .execute(tx)
    .await
    .on_constraint("members_user_fkey", || Error::NotFound("user"))?;
    Ok(())
}
