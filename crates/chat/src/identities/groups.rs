//! What a provider's groups give: the role of an administrator, and memberships. It is looked at with each sign-in: who
//! has lost a group loses what it gave, and never what somebody has given by hand.

use super::provider::ProviderConfig;
use crate::{Caller, Chat, Delivery, Error, Result, audit::NewEntry, members::Consent};
use model::{AuditAction, ConversationId, MemberRole, NewMembers, UserId};
use std::collections::BTreeSet;

impl Chat {
    /// Gives and takes what follows from the groups. What cannot be given or taken is logged: the sign-in goes on.
    pub(super) async fn apply_groups(
        &self,
        identity_id: i64,
        user_id: UserId,
        groups: &BTreeSet<String>,
        config: &ProviderConfig,
    ) -> Result<()> {
        let is_admin = config.admin_groups.iter().any(|it| groups.contains(it));
        if is_admin {
            self.give_admin(identity_id, user_id).await?;
        } else {
            match self.take_admin(identity_id, user_id).await {
                Err(error @ Error::Conflict(_)) => {
                    tracing::warn!(user = %user_id, %error, "a group was lost, and the role was kept");
                }
                taken => taken?,
            }
        }
        let mapped = config.conversations.iter();
        let wanted = mapped.filter(|(group, _)| groups.contains(*group));
        let wanted = wanted.flat_map(|(_, ids)| ids.iter().copied()).collect();
        self.give_memberships(identity_id, user_id, &wanted).await?;
        self.take_memberships(identity_id, user_id, &wanted).await
    }

    /// Takes everything that the groups of an identity have given.
    ///
    /// # Errors
    /// `Conflict` for the last administrator.
    pub(super) async fn take_all_given(&self, identity_id: i64, user_id: UserId) -> Result<()> {
        self.take_admin(identity_id, user_id).await?;
        self.take_memberships(identity_id, user_id, &BTreeSet::new())
            .await
    }

    /// Somebody who is an administrator already was made one by hand, or by another identity, and stays one by that.
    async fn give_admin(&self, identity_id: i64, user_id: UserId) -> Result<()> {
        let mut tx = self.begin().await?;
        let given = sqlx::query!(
            "with given as (
                update users set role = 'admin' where id = $2 and role <> 'admin' returning id
            )
            update identities set gives_admin = true where id = $1
                and (exists (select from given) or not gives_admin and exists (
                    select from identities o where o.user_id = $2 and o.gives_admin))",
            identity_id,
            user_id.0
        )
        .execute(&mut *tx)
        .await?;
        if given.rows_affected() > 0 {
            self.note_access_change(&mut *tx, user_id).await?;
            role_entry(user_id, "admin").write(&mut *tx).await?;
        }
        tx.commit().await?;
        if given.rows_affected() > 0 {
            tracing::info!(user = %user_id, "a group of a provider makes an administrator");
            self.tell_role(user_id).await;
        }
        Ok(())
    }

    async fn take_admin(&self, identity_id: i64, user_id: UserId) -> Result<()> {
        let gives = sqlx::query_scalar!(
            "select gives_admin from identities where id = $1",
            identity_id
        )
        .fetch_optional(&self.0.db)
        .await?;
        if gives != Some(true) {
            return Ok(());
        }
        let mut tx = self.begin().await?;
        let by_another = sqlx::query_scalar!(
            r#"select exists (select from identities
                where user_id = $2 and id <> $1 and gives_admin) as "by_another!""#,
            identity_id,
            user_id.0
        )
        .fetch_one(&mut *tx)
        .await?;
        if !by_another {
            self.require_not_last(&mut tx, user_id).await?;
        }
        let taken = sqlx::query!(
            "update identities set gives_admin = false where id = $1 and gives_admin",
            identity_id
        )
        .execute(&mut *tx)
        .await?;
        // Somebody has given the role by hand meanwhile.
        if taken.rows_affected() == 0 {
            return Ok(());
        }
        if !by_another {
            sqlx::query!("update users set role = 'member' where id = $1", user_id.0)
                .execute(&mut *tx)
                .await?;
            self.note_access_change(&mut *tx, user_id).await?;
            role_entry(user_id, "member").write(&mut *tx).await?;
        }
        tx.commit().await?;
        if !by_another {
            tracing::info!(user = %user_id, "an administrator by a group of a provider is one no more");
            self.tell_role(user_id).await;
        }
        Ok(())
    }

    /// Their sockets come again, with the rights that they have now.
    async fn tell_role(&self, user_id: UserId) {
        self.invalidate_users(&[user_id]).await;
        self.0.bus.publish(Delivery::DisconnectUser(user_id));
    }

    /// Whom somebody has removed by hand stays out.
    async fn give_memberships(
        &self,
        identity_id: i64,
        user_id: UserId,
        wanted: &BTreeSet<ConversationId>,
    ) -> Result<()> {
        let ids: Vec<_> = wanted.iter().map(|id| id.0).collect();
        let missing = sqlx::query_scalar!(
            r#"select c.id as "id!" from conversations c
            where c.id = any($2) and c.kind in ('group', 'channel') and not exists (
                select from members m where m.conversation_id = c.id and m.user_id = $1
                    and (m.left_at is null or m.was_removed))"#,
            user_id.0,
            &ids
        )
        .fetch_all(&self.0.db)
        .await?;
        for id in missing {
            let id = ConversationId(id);
            if let Err(error) = self.join_by_group(user_id, id).await {
                tracing::warn!(user = %user_id, conversation = %id, %error,
                    "somebody could not be added for a group of a provider");
                continue;
            }
            sqlx::query!(
                "insert into identity_memberships (identity_id, conversation_id, joined_seq)
                select $1, conversation_id, joined_seq from members
                where conversation_id = $2 and user_id = $3 and left_at is null
                on conflict on constraint identity_memberships_pkey
                    do update set joined_seq = excluded.joined_seq",
                identity_id,
                id.0,
                user_id.0
            )
            .execute(&self.0.db)
            .await?;
        }
        Ok(())
    }

    /// Joins a public channel, or is added in the name of an owner: the operator has decided it.
    async fn join_by_group(&self, user_id: UserId, id: ConversationId) -> Result<()> {
        match self
            .join_conversation(&Caller::acting_for(user_id), id)
            .await
        {
            Err(Error::NotFound(_)) => {}
            joined => return joined.map(drop),
        }
        let owner = sqlx::query_scalar!(
            "select user_id from members
            where conversation_id = $1 and role = 'owner' and left_at is null
            order by joined_seq limit 1",
            id.0
        )
        .fetch_optional(&self.0.db)
        .await?
        .ok_or(Error::NotFound("conversation"))?;
        let new = NewMembers {
            user_ids: vec![user_id],
            role: MemberRole::Member,
        };
        let owner = Caller::acting_for(UserId(owner));
        let added = self.add(&owner, id, new, Consent::Given).await;
        added.map(drop)
    }

    /// Ends memberships that groups have given and give no more. One that has begun anew since, or has a role, was given
    /// by hand.
    async fn take_memberships(
        &self,
        identity_id: i64,
        user_id: UserId,
        wanted: &BTreeSet<ConversationId>,
    ) -> Result<()> {
        let ids: Vec<_> = wanted.iter().map(|id| id.0).collect();
        let lost = sqlx::query!(
            r#"select g.conversation_id, exists (
                select from members m
                where m.conversation_id = g.conversation_id and m.user_id = $2
                    and m.joined_seq = g.joined_seq and m.left_at is null and m.role = 'member'
            ) as "is_given!"
            from identity_memberships g
            where g.identity_id = $1 and not (g.conversation_id = any($3))"#,
            identity_id,
            user_id.0,
            &ids
        )
        .fetch_all(&self.0.db)
        .await?;
        for row in lost {
            let id = ConversationId(row.conversation_id);
            if row.is_given
                && let Err(error) = self
                    .leave_conversation(&Caller::acting_for(user_id), id)
                    .await
            {
                // The row stays, and the next sign-in tries again.
                tracing::warn!(user = %user_id, conversation = %id, %error,
                    "somebody who has lost a group of a provider could not be removed");
                continue;
            }
            sqlx::query!(
                "delete from identity_memberships where identity_id = $1 and conversation_id = $2",
                identity_id,
                id.0
            )
            .execute(&self.0.db)
            .await?;
        }
        Ok(())
    }
}

/// A group decides, and nobody who is signed in.
fn role_entry(user_id: UserId, role: &str) -> NewEntry {
    NewEntry::by_server(AuditAction::UserRoleChanged)
        .on(user_id)
        .with("role", role)
        .with("by", "group")
}
