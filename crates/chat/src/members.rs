//! Members: who belongs to a conversation, and what each may do.

use crate::{
    Caller, Chat, Delivery, Error, Result,
    conversations::{Locked, MOST_AT_ONCE, lock, role_of},
    error::OnConstraint,
    page,
};
use model::{
    ConversationId, ConversationKind, Event, Head, Member, MemberRole, NewMembers, Page,
    PageRequest, UserId,
};
use sqlx::{PgConnection, types::Json};

impl Chat {
    /// Owners first, then admins, then members, each in the order of joining.
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
        let rows = sqlx::query!(
            r#"select rank as "rank!", joined_seq as "joined_seq!", user_id as "user_id!",
                noun as "noun!: Json<Member>"
            from (
                select *, array_position('{owner,admin,member}', role)::bigint as rank
                from member_nouns where conversation_id = $1 and left_at is null
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
        let rows = page::cut(rows, limit, |row| {
            format!("{}.{}.{}", row.rank, row.joined_seq, row.user_id)
        });
        Ok(Page {
            items: rows
                .items
                .into_iter()
                .map(|row| self.present(row.noun.0))
                .collect(),
            next_cursor: rows.next_cursor,
        })
    }

    /// By owners and admins. Those who already are members stay as they are. Answers with all of
    /// the named.
    pub async fn add_members(
        &self,
        caller: &Caller,
        id: ConversationId,
        new: NewMembers,
    ) -> Result<Vec<Member>> {
        if new.user_ids.is_empty() || new.user_ids.len() > MOST_AT_ONCE {
            return Err(Error::invalid("userIds", "must be 1 to 500"));
        }
        self.in_lane(id, caller, async move |chat, caller| {
            let mut tx = chat.0.db.begin().await?;
            let locked = lock(&mut tx, &caller, id).await?;
            no_direct(&locked)?;
            if locked.role < MemberRole::Admin {
                return Err(Error::Forbidden("Only owners and admins may add people."));
            }
            if new.role > locked.role {
                return Err(Error::Forbidden("Nobody can give a role above their own."));
            }
            let added = insert(&mut tx, id, &new.user_ids, new.role).await?;
            let all = nouns(&mut tx, id, &new.user_ids).await?;
            tx.commit().await?;
            let all: Vec<_> = all
                .into_iter()
                .map(|(seq, it)| (seq, chat.present(it)))
                .collect();
            chat.tell_added(id, &added, &all).await?;
            Ok(all.into_iter().map(|(_, member)| member).collect())
        })
        .await
    }

    /// Becomes a member of a public channel; harmless when already one.
    pub async fn join_conversation(&self, caller: &Caller, id: ConversationId) -> Result<Head> {
        self.in_lane(id, caller, async move |chat, caller| {
            let mut tx = chat.0.db.begin().await?;
            match lock(&mut tx, &caller, id).await {
                // Not a member of what anybody may join.
                Err(Error::Forbidden(_)) => {}
                Err(error) => return Err(error),
                Ok(_) => {
                    tx.rollback().await?;
                    return chat.conversation(&caller, id).await;
                }
            }
            let added = insert(&mut tx, id, &[caller.user_id], MemberRole::Member).await?;
            let member = nouns(&mut tx, id, &added).await?;
            tx.commit().await?;
            let member: Vec<_> = member
                .into_iter()
                .map(|(seq, it)| (seq, chat.present(it)))
                .collect();
            chat.tell_added(id, &added, &member).await?;
            chat.conversation(&caller, id).await
        })
        .await
    }

    /// Owners only. The last owner stays one.
    pub async fn set_member_role(
        &self,
        caller: &Caller,
        id: ConversationId,
        user_id: UserId,
        role: MemberRole,
    ) -> Result<Member> {
        self.in_lane(id, caller, async move |chat, caller| {
            let mut tx = chat.0.db.begin().await?;
            let locked = lock(&mut tx, &caller, id).await?;
            no_direct(&locked)?;
            let before = role_in(&mut tx, id, user_id).await?;
            if locked.role < MemberRole::Owner {
                return Err(Error::Forbidden("Only an owner may change roles."));
            }
            if before == MemberRole::Owner && role < before && owners(&mut tx, id).await? == 1 {
                return Err(Error::Conflict("Make somebody else an owner first."));
            }
            if before != role {
                set_role(&mut tx, id, user_id, role).await?;
            }
            let (seq, member) = nouns(&mut tx, id, &[user_id])
                .await?
                .pop()
                .ok_or(Error::NotFound("member"))?;
            tx.commit().await?;
            let member = chat.present(member);
            if before != role {
                chat.tell_updated(id, seq, member.clone());
            }
            Ok(member)
        })
        .await
    }

    /// By owners and admins, of those below them; they hear nothing more from that moment on.
    pub async fn remove_member(
        &self,
        caller: &Caller,
        id: ConversationId,
        user_id: UserId,
    ) -> Result<()> {
        if user_id == caller.user_id {
            return self.leave_conversation(caller, id).await;
        }
        self.in_lane(id, caller, async move |chat, caller| {
            let mut tx = chat.0.db.begin().await?;
            let locked = lock(&mut tx, &caller, id).await?;
            no_direct(&locked)?;
            let theirs = role_in(&mut tx, id, user_id).await?;
            if locked.role < MemberRole::Admin {
                return Err(Error::Forbidden(
                    "Only owners and admins may remove people.",
                ));
            }
            if theirs >= locked.role && locked.role < MemberRole::Owner {
                return Err(Error::Forbidden("Admins can only remove ordinary members."));
            }
            let seq = end(&mut tx, id, user_id).await?;
            tx.commit().await?;
            chat.tell_removed(id, seq, user_id);
            Ok(())
        })
        .await
    }

    /// When the last owner leaves, the admin or member who has been there longest becomes one.
    pub async fn leave_conversation(&self, caller: &Caller, id: ConversationId) -> Result<()> {
        self.in_lane(id, caller, async move |chat, caller| {
            let mut tx = chat.0.db.begin().await?;
            let locked = lock(&mut tx, &caller, id).await?;
            no_direct(&locked)?;
            let seq = end(&mut tx, id, caller.user_id).await?;
            let heir = if owners(&mut tx, id).await? == 0 {
                heir(&mut tx, id).await?
            } else {
                None
            };
            let mut promoted = Vec::new();
            if let Some(heir) = heir {
                set_role(&mut tx, id, heir, MemberRole::Owner).await?;
                promoted = nouns(&mut tx, id, &[heir]).await?;
            }
            tx.commit().await?;
            chat.tell_removed(id, seq, caller.user_id);
            for (seq, member) in promoted {
                chat.tell_updated(id, seq, chat.present(member));
            }
            Ok(())
        })
        .await
    }

    /// `NotFound` for those who may not even know that it exists.
    pub(crate) async fn require_visible(&self, caller: &Caller, id: ConversationId) -> Result<()> {
        let visible = sqlx::query_scalar!(
            r#"select exists (
                select from conversations c where id = $1 and (not private or exists (
                    select from members m
                    where m.conversation_id = c.id and m.user_id = $2 and left_at is null))
            ) as "visible!""#,
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

    pub(crate) async fn require_member(&self, caller: &Caller, id: ConversationId) -> Result<()> {
        let member = sqlx::query_scalar!(
            r#"select exists (select from members
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

    pub(crate) async fn conversations_of(&self, user_id: UserId) -> Result<Vec<ConversationId>> {
        let ids = sqlx::query_scalar!(
            "select conversation_id from members where user_id = $1 and left_at is null",
            user_id.0
        )
        .fetch_all(&self.0.db)
        .await?;
        Ok(ids.into_iter().map(ConversationId).collect())
    }

    pub(crate) fn present(&self, mut member: Member) -> Member {
        member.user = self.with_presence(member.user);
        member
    }

    async fn tell_added(
        &self,
        id: ConversationId,
        added: &[UserId],
        members: &[(i64, Member)],
    ) -> Result<()> {
        self.0.events.publish(Delivery::Admit {
            conversation_id: id,
            user_ids: added.to_vec(),
        });
        for (seq, member) in members.iter().filter(|(_, it)| added.contains(&it.user.id)) {
            let event = Event::MemberAdded {
                conversation_id: id,
                seq: *seq,
                member: member.clone(),
            };
            self.0.events.publish(Delivery::to_conversation(id, event));
        }
        self.tell_created(id, added).await
    }

    fn tell_updated(&self, id: ConversationId, seq: i64, member: Member) {
        let event = Event::MemberUpdated {
            conversation_id: id,
            seq,
            member,
        };
        self.0.events.publish(Delivery::to_conversation(id, event));
    }

    /// The eviction comes first: the one who is gone hears of it, and then nothing more.
    fn tell_removed(&self, id: ConversationId, seq: i64, user_id: UserId) {
        self.stop_typing(id, user_id);
        self.0.events.publish(Delivery::Evict {
            conversation_id: id,
            user_ids: vec![user_id],
        });
        let event = Event::ConversationRemoved {
            conversation_id: id,
            seq,
        };
        self.0.events.publish(Delivery::to_user(user_id, event));
        let event = Event::MemberRemoved {
            conversation_id: id,
            seq,
            user_id,
        };
        self.0.events.publish(Delivery::to_conversation(id, event));
    }
}

fn no_direct(locked: &Locked) -> Result<()> {
    match locked.kind {
        ConversationKind::Direct => Err(Error::Forbidden(
            "A direct conversation is between its two people.",
        )),
        _ => Ok(()),
    }
}

/// Adds those who are not members, each under a seq of its own; answers with them.
async fn insert(
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
                read_position = excluded.read_position,
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

/// Ends a membership; answers with the seq of that.
async fn end(tx: &mut PgConnection, id: ConversationId, user_id: UserId) -> Result<i64> {
    let seq = sqlx::query_scalar!(
        "with c as (
            update conversations set seq = seq + 1, member_count = member_count - 1
            where id = $1 returning seq
        )
        update members set left_at = now(), seq = c.seq from c
        where conversation_id = $1 and user_id = $2 and left_at is null
        returning members.seq",
        id.0,
        user_id.0
    )
    .fetch_optional(tx)
    .await?;
    seq.ok_or(Error::NotFound("member"))
}

async fn set_role(
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

async fn role_in(tx: &mut PgConnection, id: ConversationId, user_id: UserId) -> Result<MemberRole> {
    let role = sqlx::query_scalar!(
        "select role from members
        where conversation_id = $1 and user_id = $2 and left_at is null",
        id.0,
        user_id.0
    )
    .fetch_optional(tx)
    .await?
    .ok_or(Error::NotFound("member"))?;
    Ok(role_of(&role))
}

async fn owners(tx: &mut PgConnection, id: ConversationId) -> Result<i64> {
    let count = sqlx::query_scalar!(
        r#"select count(*) as "count!" from members
        where conversation_id = $1 and role = 'owner' and left_at is null"#,
        id.0
    )
    .fetch_one(tx)
    .await?;
    Ok(count)
}

async fn heir(tx: &mut PgConnection, id: ConversationId) -> Result<Option<UserId>> {
    let heir = sqlx::query_scalar!(
        "select user_id from members where conversation_id = $1 and left_at is null
        order by role = 'admin' desc, joined_seq, user_id limit 1",
        id.0
    )
    .fetch_optional(tx)
    .await?;
    Ok(heir.map(UserId))
}

async fn nouns(
    tx: &mut PgConnection,
    id: ConversationId,
    user_ids: &[UserId],
) -> Result<Vec<(i64, Member)>> {
    let ids: Vec<_> = user_ids.iter().map(|id| id.0).collect();
    let rows = sqlx::query!(
        r#"select seq as "seq!", noun as "noun!: Json<Member>" from member_nouns
        where conversation_id = $1 and user_id = any($2) and left_at is null
        order by seq, user_id"#,
        id.0,
        &ids
    )
    .fetch_all(tx)
    .await?;
    Ok(rows.into_iter().map(|row| (row.seq, row.noun.0)).collect())
}

fn role_text(role: MemberRole) -> &'static str {
    match role {
        MemberRole::Owner => "owner",
        MemberRole::Admin => "admin",
        MemberRole::Member => "member",
    }
}
