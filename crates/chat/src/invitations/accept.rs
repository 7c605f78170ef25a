//! Using an invitation: somebody new makes an account, somebody who has one joins the conversations.

use super::NO_INVITATION;
use crate::{
    Caller, Chat, Error, Result,
    accounts::{
        Authenticated, Client, administrators::lock_administrators, hash_queue::Bearer,
        new_account::NewAccount, password_rules::check_password, passwords, role::parse_user_role,
        secrets::hash_secret,
    },
    audit::NewEntry,
    members::Consent,
    network::network,
};
use model::{AuditAction, ConversationId, MemberRole, NewMembers, Register, UserId, UserRole};
use sqlx::PgConnection;

struct Row {
    id: i64,
    created_by: Option<i64>,
    role: String,
    is_of_first_admin: bool,
    conversation_ids: Vec<i64>,
}

/// An invitation that is good.
struct Found {
    id: i64,
    created_by: Option<UserId>,
    role: UserRole,
    is_of_first_admin: bool,
    conversation_ids: Vec<ConversationId>,
}

impl Chat {
    /// Whether an invitation is good. Nothing is used by it.
    ///
    /// # Errors
    /// `NotFound`; `Forbidden` where registration is closed. Nothing counts wrong links: their secret of 256 bits is
    /// not guessed.
    pub async fn check_invitation(&self, token: &str) -> Result<()> {
        self.find_invitation(token).await.map(drop)
    }

    /// Creates an account with an invitation, whatever the setting of registration, but for a closed one. The
    /// account is a member of the invitation's conversations, as far as these exist and the inviter may still
    /// add people.
    ///
    /// # Errors
    /// As `register` and `check_invitation`.
    pub async fn register_invited(
        &self,
        token: &str,
        new: Register,
        client: &Client,
    ) -> Result<Authenticated> {
        let found = self.find_invitation(token).await?;
        // The link of the first administrator is the operator's.
        if !found.is_of_first_admin {
            self.require_passwords()?;
        }
        let account = NewAccount::read(&new.username, new.name.as_deref(), new.email.as_deref())?;
        check_password("password", &new.password, &account.names())?;
        let bearer = Bearer::Network(client.address.map(network));
        let hash = passwords::hash(new.password, bearer).await?;

        let mut tx = self.begin().await?;
        // Before the invitation: with the first administrator all of them end.
        if found.is_of_first_admin {
            lock_administrators(&mut tx).await?;
            if self.is_anybody_administrator(&mut *tx).await? {
                return Err(NO_INVITATION);
            }
        }
        let used = lock_invitation(&mut tx, token).await?;
        let id = account.insert(&mut *tx, Some(&hash), used.role).await?;
        used.count_use(&mut tx, id).await?;
        // The link of an invitation that was mailed to the account's address has proved it.
        let is_proved = prove_invited(&mut tx, used.id, id).await?;
        if !is_proved {
            self.ask_for_proof(&mut tx, id, account.email()).await?;
        }
        NewEntry::by_client(id, client, AuditAction::UserRegistered)
            .with("method", "invitation")
            .with("invitation", used.id)
            .write(&mut *tx)
            .await?;
        tx.commit().await?;
        self.0.emails.wake();
        self.remember_network(id, client.address).await?;
        let caller = Caller {
            user_id: id,
            session_id: None,
            role: used.role,
            app_id: None,
            grant: None,
            origin: crate::Origin {
                address: client.address,
                door: client.door,
                is_server: false,
            },
        };
        for conversation in &used.conversation_ids {
            // The account is made in any case.
            if let Err(error) = self.join_invited_to(&caller, &used, *conversation).await {
                tracing::warn!(%error, %conversation, "somebody invited could not be added");
            }
        }
        Ok(Authenticated::new(self.find_user(id).await?, 0))
    }

    /// Makes the caller a member of the invitation's conversations, as far as these exist and the inviter may still
    /// add people. The caller's role stays as it is. It is one use, however often the caller does it, and none for
    /// somebody who is in all of them already or gets into none. Somebody who has used it before does not get back by
    /// it to where others have removed them, unless that is a public channel.
    ///
    /// # Errors
    /// As `check_invitation`; `Conflict` for an invitation that leads to no conversation; that of the last
    /// conversation, where the caller gets into none.
    pub async fn join_invited(&self, caller: &Caller, token: &str) -> Result<()> {
        let found = self.find_invitation(token).await?;
        if found.conversation_ids.is_empty() {
            return Err(Error::Conflict(
                "You have an account already, and this invitation leads to no conversation.",
            ));
        }
        let ids: Vec<_> = found.conversation_ids.iter().map(|id| id.0).collect();
        let missing = sqlx::query_scalar!(
            r#"select c.id as "id!" from conversations c where c.id = any($2) and not exists (
                select from members m
                where m.conversation_id = c.id and m.user_id = $1 and m.left_at is null)"#,
            caller.user_id.0,
            &ids
        )
        .fetch_all(&self.0.db)
        .await?;
        if missing.is_empty() {
            return Ok(());
        }
        let mut tx = self.begin().await?;
        let used = lock_invitation(&mut tx, token).await?;
        let is_counted = used.count_use(&mut tx, caller.user_id).await?;
        tx.commit().await?;
        let (mut is_in, mut refusal) = (false, None);
        for id in missing {
            let id = ConversationId(id);
            match self.join_again(caller, (&used, is_counted), id).await {
                Ok(()) => is_in = true,
                Err(error) => refusal = Some(error),
            }
        }
        match refusal {
            Some(error) if !is_in => {
                if is_counted {
                    self.take_use_back(&used, caller.user_id).await?;
                }
                Err(error)
            }
            // A use that was taken back is none, and so is another try.
            _ if is_counted => {
                NewEntry::by(caller, AuditAction::InvitationUsed)
                    .with("invitation", used.id)
                    .write(&self.0.db)
                    .await
            }
            _ => Ok(()),
        }
    }

    async fn take_use_back(&self, invitation: &Found, user_id: UserId) -> Result<()> {
        sqlx::query!(
            "with gone as (
                delete from invitation_uses where invitation_id = $1 and user_id = $2
                returning invitation_id
            )
            update invitations set uses = uses - 1 where id = (select invitation_id from gone)",
            invitation.id,
            user_id.0
        )
        .execute(&self.0.db)
        .await?;
        Ok(())
    }

    async fn find_invitation(&self, token: &str) -> Result<Found> {
        let found = sqlx::query_as!(
            Row,
            r#"select i.id, i.created_by, i.role, i.is_of_first_admin, i.conversation_ids
            from invitations i left join users creator on creator.id = i.created_by
            where i.token_hash = $1 and i.revoked_at is null and i.expires_at > now()
                and i.uses < i.max_uses
                and (i.created_by is null or creator.role = 'admin' and creator.blocked_at is null)
                and not (i.is_of_first_admin and exists (select from present_administrators($2, $3)))"#,
            &hash_secret(token)[..],
            self.takes_passwords(),
            &self.issuers()
        )
        .fetch_optional(&self.0.db)
        .await?;
        let row = found.ok_or(NO_INVITATION)?;
        if !row.is_of_first_admin {
            self.registration().require_invitations()?;
        }
        Ok(Found::from(row))
    }

    /// As `join_invited_to`, by an invitation that the caller uses for the first time or not.
    async fn join_again(
        &self,
        caller: &Caller,
        (invitation, is_first): (&Found, bool),
        id: ConversationId,
    ) -> Result<()> {
        let was_removed = sqlx::query_scalar!(
            r#"select exists (
                select from members where conversation_id = $1 and user_id = $2 and was_removed
            ) as "was_removed!""#,
            id.0,
            caller.user_id.0
        )
        .fetch_one(&self.0.db)
        .await?;
        if was_removed && !is_first {
            return self.join_conversation(caller, id).await.map(drop);
        }
        self.join_invited_to(caller, invitation, id).await
    }

    /// Joins a public channel, or is added by who has made the invitation, as far as they still may.
    async fn join_invited_to(
        &self,
        caller: &Caller,
        invitation: &Found,
        id: ConversationId,
    ) -> Result<()> {
        let joined = self.join_conversation(caller, id).await;
        let (Err(Error::NotFound(_)), Some(creator)) = (&joined, invitation.created_by) else {
            return joined.map(drop);
        };
        let creator = Caller {
            user_id: creator,
            session_id: None,
            role: UserRole::Admin,
            app_id: None,
            grant: None,
            origin: crate::Origin::default(),
        };
        let new = NewMembers {
            user_ids: vec![caller.user_id],
            role: MemberRole::Member,
        };
        let consent = Consent::ByInvitation(invitation.id, *caller);
        let added = self.add(&creator, id, new, consent).await;
        added.map(drop)
    }
}

/// Notes that the address of a new account is proved, if the invitation was mailed to it. Returns whether it was.
async fn prove_invited(tx: &mut PgConnection, invitation: i64, user_id: UserId) -> Result<bool> {
    let proved = sqlx::query!(
        "update users u set email_verified_at = clock_timestamp() from invitations i
        where u.id = $2 and i.id = $1 and email_key(i.email) = email_key(u.email)",
        invitation,
        user_id.0
    )
    .execute(tx)
    .await?;
    Ok(proved.rows_affected() > 0)
}

/// Holds the invitation until the end of the transaction, so that those who use it at once do so one after the other.
async fn lock_invitation(tx: &mut PgConnection, token: &str) -> Result<Found> {
    let row = sqlx::query_as!(
        Row,
        "select id, created_by, role, is_of_first_admin, conversation_ids from invitations i
        where token_hash = $1 and revoked_at is null and expires_at > now()
            and (created_by is null or exists (
                select from users u
                where u.id = i.created_by and u.role = 'admin' and u.blocked_at is null))
        for update",
        &hash_secret(token)[..]
    )
    .fetch_optional(tx)
    .await?
    .ok_or(NO_INVITATION)?;
    Ok(Found::from(row))
}

impl From<Row> for Found {
    fn from(row: Row) -> Self {
        Self {
            id: row.id,
            created_by: row.created_by.map(UserId),
            role: parse_user_role(&row.role),
            is_of_first_admin: row.is_of_first_admin,
            conversation_ids: row
                .conversation_ids
                .into_iter()
                .map(ConversationId)
                .collect(),
        }
    }
}

impl Found {
    /// Counts the use of a user, once. Returns whether it is their first.
    ///
    /// # Errors
    /// `NO_INVITATION` where no use is left.
    async fn count_use(&self, tx: &mut PgConnection, user_id: UserId) -> Result<bool> {
        let noted = sqlx::query!(
            "insert into invitation_uses (invitation_id, user_id) values ($1, $2) on conflict do nothing",
            self.id,
            user_id.0
        )
        .execute(&mut *tx)
        .await?;
        if noted.rows_affected() == 0 {
            return Ok(false);
        }
        let counted = sqlx::query!(
            "update invitations set uses = uses + 1 where id = $1 and uses < max_uses",
            self.id
        )
        .execute(tx)
        .await?;
        if counted.rows_affected() == 0 {
            return Err(NO_INVITATION);
        }
        Ok(true)
    }
}
