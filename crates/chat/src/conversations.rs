//! Conversations: found, created, changed and closed.

use crate::{Caller, Chat, Delivery, Error, Result, error::OnConstraint, page};
use model::{
    Conversation, ConversationChanges, ConversationId, ConversationKind, Event, Head, MemberRole,
    NewConversation, Page, PageRequest, UserId,
};
use sqlx::{PgConnection, types::Json};

/// How many people one request may name.
pub(crate) const MOST_AT_ONCE: usize = 500;

pub struct CreatedConversation {
    pub head: Head,
    /// A direct one that was there, or a retry with the same `clientId`.
    pub existed: bool,
}

impl Chat {
    /// A direct conversation is found or created; of the others the caller becomes the owner.
    pub async fn create_conversation(
        &self,
        caller: &Caller,
        new: NewConversation,
    ) -> Result<CreatedConversation> {
        let mut others: Vec<_> = new
            .member_ids
            .iter()
            .copied()
            .filter(|id| *id != caller.user_id)
            .collect();
        others.sort_unstable();
        others.dedup();
        if others.len() > MOST_AT_ONCE {
            return Err(Error::invalid("memberIds", "must be at most 500"));
        }
        let direct = new.kind == ConversationKind::Direct;
        if direct && (new.member_ids.is_empty() || others.len() > 1) {
            return Err(Error::invalid("memberIds", "must name one other person"));
        }
        let peer = direct.then(|| others.first().copied().unwrap_or(caller.user_id));

        let mut tx = self.0.db.begin().await?;
        let found = match peer {
            Some(peer) => find_direct(&mut tx, caller.user_id, peer).await?,
            None => find_by_client_id(&mut tx, caller.user_id, &new).await?,
        };
        if let Some(id) = found {
            tx.rollback().await?;
            return Ok(CreatedConversation {
                head: self.conversation(caller, id).await?,
                existed: true,
            });
        }
        let inserted = insert(&mut tx, caller.user_id, peer, &new).await?;
        let Some(id) = inserted else {
            // Somebody was faster, between the look and the insert.
            tx.rollback().await?;
            return Box::pin(self.create_conversation(caller, new)).await;
        };
        insert_members(&mut tx, id, caller.user_id, &others).await?;
        tx.commit().await?;

        others.push(caller.user_id);
        self.0.events.publish(Delivery::Admit {
            conversation_id: id,
            user_ids: others.clone(),
        });
        self.tell_created(id, &others).await?;
        Ok(CreatedConversation {
            head: self.conversation(caller, id).await?,
            existed: false,
        })
    }

    /// The caller's conversations, the one with the newest message first.
    pub async fn conversations(&self, caller: &Caller, page: PageRequest) -> Result<Page<Head>> {
        let limit = page::limit(page.limit)?;
        let [before, before_id] =
            page::numbers(page.cursor.as_deref())?.unwrap_or([i64::MAX, i64::MAX]);
        let rows = sqlx::query!(
            r#"select id as "id!", noun as "noun!: Json<Head>", at as "at!" from (
                select id, noun, (extract(epoch from active_at) * 1000000)::bigint as at
                from head_nouns where caller_id = $1 and role is not null
            ) h where (at, id) < ($2, $3)
            order by at desc, id desc limit $4"#,
            caller.user_id.0,
            before,
            before_id,
            limit + 1
        )
        .fetch_all(&self.0.db)
        .await?;
        let heads = page::cut(rows, limit, |row| format!("{}.{}", row.at, row.id));
        Ok(Page {
            items: heads
                .items
                .into_iter()
                .map(|row| self.head_with_presence(row.noun.0))
                .collect(),
            next_cursor: heads.next_cursor,
        })
    }

    /// Public channels that the caller could join, whose title contains the query.
    pub async fn open_channels(
        &self,
        caller: &Caller,
        query: Option<&str>,
        page: PageRequest,
    ) -> Result<Page<Head>> {
        let limit = page::limit(page.limit)?;
        let [after] = page::numbers(page.cursor.as_deref())?.unwrap_or([0]);
        let heads = sqlx::query_scalar!(
            r#"select noun as "noun!: Json<Head>" from head_nouns
            where caller_id = $1 and role is null and not private and id > $2
                and lower(title) like $3
            order by id limit $4"#,
            caller.user_id.0,
            after,
            page::contains(query),
            limit + 1
        )
        .fetch_all(&self.0.db)
        .await?;
        let heads = heads.into_iter().map(|Json(head)| head).collect();
        Ok(page::cut(heads, limit, |head: &Head| {
            head.conversation.id.to_string()
        }))
    }

    pub async fn conversation(&self, caller: &Caller, id: ConversationId) -> Result<Head> {
        let head = sqlx::query_scalar!(
            r#"select noun as "noun!: Json<Head>" from head_nouns
            where caller_id = $1 and id = $2 and (role is not null or not private)"#,
            caller.user_id.0,
            id.0
        )
        .fetch_optional(&self.0.db)
        .await?;
        let Json(head) = head.ok_or(Error::NotFound("conversation"))?;
        Ok(self.head_with_presence(head))
    }

    /// By an owner or an admin.
    pub async fn update_conversation(
        &self,
        caller: &Caller,
        id: ConversationId,
        changes: ConversationChanges,
    ) -> Result<Head> {
        self.in_lane(id, caller, async move |chat, caller| {
            let mut tx = chat.0.db.begin().await?;
            let role = lock(&mut tx, &caller, id).await?.role;
            if role < MemberRole::Admin {
                return Err(Error::Forbidden("Only owners and admins may change it."));
            }
            let (title, description) = (changes.title, changes.description);
            let seq = sqlx::query_scalar!(
                "update conversations set title = coalesce($2, title),
                    description = case when $3::text is null then description
                        else nullif($3, '') end,
                    private = coalesce($4, private), seq = seq + 1, changed_seq = seq + 1
                where id = $1 returning seq",
                id.0,
                title.as_deref().map(str::trim),
                description.as_deref().map(str::trim),
                changes.private
            )
            .fetch_one(&mut *tx)
            .await?;
            let Json(conversation) = sqlx::query_scalar!(
                r#"select noun as "noun!: Json<Conversation>" from conversation_nouns where id = $1"#,
                id.0
            )
            .fetch_one(&mut *tx)
            .await?;
            tx.commit().await?;
            let event = Event::ConversationUpdated { conversation_id: id, seq, conversation };
            chat.0.events.publish(Delivery::to_conversation(id, event));
            chat.conversation(&caller, id).await
        })
        .await
    }

    /// By an owner; with all that was said in it. A direct conversation belongs to both, and stays.
    pub async fn delete_conversation(&self, caller: &Caller, id: ConversationId) -> Result<()> {
        self.in_lane(id, caller, async move |chat, caller| {
            let mut tx = chat.0.db.begin().await?;
            let locked = lock(&mut tx, &caller, id).await?;
            if locked.kind == ConversationKind::Direct {
                return Err(Error::Forbidden("A direct conversation can't be deleted."));
            }
            if locked.role < MemberRole::Owner {
                return Err(Error::Forbidden("Only an owner may delete it."));
            }
            sqlx::query!("delete from conversations where id = $1", id.0)
                .execute(&mut *tx)
                .await?;
            tx.commit().await?;
            let event = Event::ConversationRemoved {
                conversation_id: id,
                seq: locked.seq + 1,
            };
            chat.0.events.publish(Delivery::to_conversation(id, event));
            chat.0.events.publish(Delivery::Close {
                conversation_id: id,
            });
            Ok(())
        })
        .await
    }

    /// Tells each new member of the conversation as they have it.
    pub(crate) async fn tell_created(&self, id: ConversationId, users: &[UserId]) -> Result<()> {
        let ids: Vec<_> = users.iter().map(|id| id.0).collect();
        let rows = sqlx::query!(
            r#"select caller_id as "caller_id!", seq as "seq!", noun as "noun!: Json<Head>"
            from head_nouns where caller_id = any($1) and id = $2 and role is not null"#,
            &ids,
            id.0
        )
        .fetch_all(&self.0.db)
        .await?;
        for row in rows {
            let event = Event::ConversationCreated {
                conversation_id: id,
                seq: row.seq,
                conversation: self.head_with_presence(row.noun.0),
            };
            self.0
                .events
                .publish(Delivery::to_user(UserId(row.caller_id), event));
        }
        Ok(())
    }

    /// Runs a change of the conversation when its turn comes. See `lanes`.
    pub(crate) async fn in_lane<T, F>(
        &self,
        id: ConversationId,
        caller: &Caller,
        work: impl FnOnce(Self, Caller) -> F,
    ) -> Result<T>
    where
        T: Send + 'static,
        F: Future<Output = Result<T>> + Send + 'static,
    {
        self.0.lanes.run(id, work(self.clone(), *caller)).await
    }

    pub(crate) fn head_with_presence(&self, mut head: Head) -> Head {
        head.peer = head.peer.map(|peer| self.with_presence(peer));
        head
    }
}

/// A conversation under its row lock, as one of its members finds it.
pub(crate) struct Locked {
    pub kind: ConversationKind,
    pub position: i64,
    pub seq: i64,
    pub role: MemberRole,
}

/// Takes the lock under which position and sequence move. Members only.
pub(crate) async fn lock(
    tx: &mut PgConnection,
    caller: &Caller,
    id: ConversationId,
) -> Result<Locked> {
    let row = sqlx::query!(
        r#"select c.kind, c.private, c.position, c.seq, m.role as "role?"
        from conversations c
        left join members m on m.conversation_id = c.id and m.user_id = $2 and m.left_at is null
        where c.id = $1 for update of c"#,
        id.0,
        caller.user_id.0
    )
    .fetch_optional(tx)
    .await?
    .ok_or(Error::NotFound("conversation"))?;
    let Some(role) = row.role else {
        return Err(if row.private {
            Error::NotFound("conversation")
        } else {
            Error::Forbidden("Join the channel first.")
        });
    };
    Ok(Locked {
        kind: kind(&row.kind),

        position: row.position,
        seq: row.seq,
        role: role_of(&role),
    })
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

async fn find_by_client_id(
    tx: &mut PgConnection,
    creator: UserId,
    new: &NewConversation,
) -> Result<Option<ConversationId>> {
    let Some(client_id) = new.client_id.as_deref() else {
        return Ok(None);
    };
    let found = sqlx::query!(
        "select id, kind, title from conversations where created_by = $1 and client_id = $2",
        creator.0,
        client_id
    )
    .fetch_optional(tx)
    .await?;
    let Some(found) = found else { return Ok(None) };
    let same = kind(&found.kind) == new.kind
        && found.title.as_deref() == new.title.as_deref().map(str::trim);
    if same {
        Ok(Some(ConversationId(found.id)))
    } else {
        Err(Error::Conflict(
            "This clientId was used for another conversation.",
        ))
    }
}

/// `None` when there is one already.
async fn insert(
    tx: &mut PgConnection,
    creator: UserId,
    peer: Option<UserId>,
    new: &NewConversation,
) -> Result<Option<ConversationId>> {
    let id = sqlx::query_scalar!(
        "insert into conversations
            (kind, title, description, private, low_user_id, high_user_id, created_by, client_id)
        values ($1, $2, $3, $4, $5, $6, $7, $8)
        on conflict do nothing returning id",
        kind_text(new.kind),
        new.title.as_deref().map(str::trim),
        new.description
            .as_deref()
            .map(str::trim)
            .filter(|it| !it.is_empty()),
        new.private || new.kind != ConversationKind::Channel,
        peer.map(|peer| creator.min(peer).0),
        peer.map(|peer| creator.max(peer).0),
        creator.0,
        new.client_id
    )
    .fetch_optional(tx)
    .await
    .on_constraint("conversations_high_user_fkey", || Error::NotFound("user"))
    .on_constraint("conversations_low_user_fkey", || Error::NotFound("user"))?;
    Ok(id.map(ConversationId))
}

/// The first members of a conversation, which nobody has seen yet.
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

pub(crate) fn kind(text: &str) -> ConversationKind {
    match text {
        "direct" => ConversationKind::Direct,
        "channel" => ConversationKind::Channel,
        _ => ConversationKind::Group,
    }
}

fn kind_text(kind: ConversationKind) -> &'static str {
    match kind {
        ConversationKind::Direct => "direct",
        ConversationKind::Group => "group",
        ConversationKind::Channel => "channel",
    }
}

pub(crate) fn role_of(text: &str) -> MemberRole {
    match text {
        "owner" => MemberRole::Owner,
        "admin" => MemberRole::Admin,
        _ => MemberRole::Member,
    }
}
