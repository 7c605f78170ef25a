//! Invitations: links with which people make an account, or join conversations with the one that they have.
//! An invitation ends with its time, its uses, and the role of the administrator who has made it.

mod accept;
mod first_admin;
mod mailed;

use crate::{
    Caller, Chat, Error, Result,
    accounts::{
        Registration,
        administrators::NOT_KEPT_HERE,
        role::{parse_user_role, role_text},
        secrets::hash_secret,
    },
    audit::NewEntry,
    page, text,
};
use mailed::mail_invitation;
use model::{
    AuditAction, ConversationId, CreatedInvitation, Invitation, InvitationId, MemberRole,
    NewInvitation, Page, PageRequest, UserRole,
};

/// Uses of one invitation.
const MAX_USES: i32 = 10_000;

/// Hours for which one is valid: a year.
const MAX_HOURS: i32 = 365 * 24;

/// Conversations that one leads to.
const MAX_CONVERSATIONS: usize = 50;

/// One error for every invitation that is not good, whatever the reason.
pub(crate) const NO_INVITATION: Error =
    Error::NotFound("invitation: it was used or revoked, or it is too old");

impl Chat {
    /// Makes an invitation. Administrators only. The operator's leads to public channels only, as the operator
    /// belongs to no conversation.
    ///
    /// # Errors
    /// `Invalid`; `TooManyRequests` beyond the mails of an administrator; `NotFound` for a conversation that the caller does not see; `Forbidden` where the caller may
    /// not add people; `Conflict` where registration is closed.
    pub async fn create_invitation(
        &self,
        caller: &Caller,
        new: NewInvitation,
    ) -> Result<CreatedInvitation> {
        caller.require_admin()?;
        // By an account that it makes, a token would read conversations without the scope for it.
        if new.role == UserRole::Admin || !new.conversation_ids.is_empty() {
            caller.require_person()?;
        }
        if self.registration().registration == Registration::Closed {
            return Err(Error::Conflict(
                "Registration is closed: nobody could use an invitation.",
            ));
        }
        check(&new)?;
        let note = text::note(&new.note)?;
        for id in &new.conversation_ids {
            self.require_invitable(caller, *id).await?;
        }
        let email = self.invited_address(caller, &new).await?;
        // The secret of a link that is mailed is made of what waits with the mail.
        let nonce = rand::random::<[u8; 32]>();
        let token = self.0.keys.link_key().secret(&nonce);
        let hash = hash_secret(&token);
        let mut tx = self.begin().await?;
        let ids: Vec<_> = new.conversation_ids.iter().map(|id| id.0).collect();
        let id = sqlx::query_scalar!(
            "with maker as (
                select from users where id = $2 and role = 'admin' and blocked_at is null for share
            )
            insert into invitations
                (token_hash, created_by, expires_at, note, role, max_uses, conversation_ids, email)
            select $1, nullif($2::bigint, 0), now() + make_interval(hours => $3), $4, $5, $6, $7, $8
            where $2 = 0 or exists (select from maker)
            returning id",
            &hash[..],
            caller.user_id.0,
            new.hours,
            note,
            role_text(new.role),
            new.max_uses,
            &ids,
            email
        )
        .fetch_optional(&mut *tx)
        .await?
        .ok_or(NOT_KEPT_HERE)?;
        if let Some(email) = &email {
            mail_invitation(&mut tx, email, nonce).await?;
        }
        NewEntry::by(caller, AuditAction::InvitationCreated)
            .with("invitation", id)
            .with("role", role_text(new.role))
            .with("uses", new.max_uses)
            .with("hours", new.hours)
            .write(&mut *tx)
            .await?;
        tx.commit().await?;
        self.0.emails.wake();
        let mut made = self.read_invitations(id + 1, 1).await?;
        let invitation = made.pop().filter(|it| it.id.0 == id);
        let invitation = invitation.ok_or(Error::NotFound("invitation"))?;
        Ok(CreatedInvitation { invitation, token })
    }

    /// A page of the invitations that can be used, the newest first. Administrators only.
    pub async fn invitations(
        &self,
        caller: &Caller,
        page: &PageRequest,
    ) -> Result<Page<Invitation>> {
        caller.require_admin()?;
        let limit = page::limit(page.limit)?;
        let before = page::numbers(page.cursor.as_deref())?.map_or(i64::MAX, |[id]| id);
        let found = self.read_invitations(before, limit + 1).await?;
        Ok(page::cut(found, limit, |it: &Invitation| it.id.to_string()))
    }

    /// Ends an invitation. Accounts that were made with it stay. Administrators only.
    ///
    /// # Errors
    /// `NotFound` for one that there never was, or that has ended.
    pub async fn revoke_invitation(&self, caller: &Caller, id: InvitationId) -> Result<()> {
        caller.require_admin()?;
        let mut tx = self.begin().await?;
        let revoked = sqlx::query!(
            "update invitations set revoked_at = now() where id = $1 and revoked_at is null",
            id.0
        )
        .execute(&mut *tx)
        .await?;
        if revoked.rows_affected() == 0 {
            return Err(Error::NotFound("invitation"));
        }
        NewEntry::by(caller, AuditAction::InvitationRevoked)
            .with("invitation", id)
            .write(&mut *tx)
            .await?;
        tx.commit().await?;
        Ok(())
    }

    async fn read_invitations(&self, before: i64, limit: i64) -> Result<Vec<Invitation>> {
        let rows = sqlx::query!(
            r#"select i.id, i.note, i.email, creator.name as "created_by?", i.uses, i.max_uses, i.role,
                i.conversation_ids, i.created_at, i.expires_at
            from invitations i left join users creator on creator.id = i.created_by
            where i.id < $1 and i.revoked_at is null and i.expires_at > now() and i.uses < i.max_uses
                and not i.is_of_first_admin
                and (i.created_by is null or creator.role = 'admin' and creator.blocked_at is null)
            order by i.id desc limit $2"#,
            before,
            limit
        )
        .fetch_all(&self.0.db)
        .await?;
        let invitations = rows.into_iter().map(|row| Invitation {
            id: InvitationId(row.id),
            note: row.note,
            email: row.email,
            created_by: row.created_by,
            uses: row.uses,
            max_uses: row.max_uses,
            role: parse_user_role(&row.role),
            conversation_ids: row
                .conversation_ids
                .into_iter()
                .map(ConversationId)
                .collect(),
            created_at: row.created_at,
            expires_at: row.expires_at,
        });
        Ok(invitations.collect())
    }

    /// Whether the caller may lead people to the conversation.
    async fn require_invitable(&self, caller: &Caller, id: ConversationId) -> Result<()> {
        if caller.user_id == Caller::OPERATOR.user_id {
            return self.require_public_channel(id).await;
        }
        let summary = self.conversation(caller, id).await?;
        let conversation = &summary.conversation;
        if !conversation.kind.is_group() {
            return Err(Error::invalid(
                "conversationIds",
                "must be groups and channels",
            ));
        }
        // Whoever is invited to a public channel joins it by themself.
        let is_public =
            conversation.kind == model::ConversationKind::Channel && !conversation.private;
        if is_public || summary.role >= Some(MemberRole::Admin) {
            return Ok(());
        }
        Err(Error::Forbidden("Only owners and admins may add people."))
    }

    async fn require_public_channel(&self, id: ConversationId) -> Result<()> {
        let is_one = sqlx::query_scalar!(
            r#"select exists (
                select from conversations where id = $1 and kind = 'channel' and not private
            ) as "is_one!""#,
            id.0
        )
        .fetch_one(&self.0.db)
        .await?;
        if is_one {
            Ok(())
        } else {
            Err(Error::NotFound("conversation"))
        }
    }
}

fn check(new: &NewInvitation) -> Result<()> {
    if !(1..=MAX_USES).contains(&new.max_uses) {
        return Err(Error::invalid("maxUses", "must be 1 to 10000"));
    }
    if !(1..=MAX_HOURS).contains(&new.hours) {
        return Err(Error::invalid("hours", "must be 1 to 8760"));
    }
    if new.conversation_ids.len() > MAX_CONVERSATIONS {
        return Err(Error::invalid("conversationIds", "must be at most 50"));
    }
    Ok(())
}
