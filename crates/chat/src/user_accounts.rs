//! Accounts, as administrators and the operator see and make them.

use crate::{
    Caller, Chat, Error, Result,
    accounts::{new_account::NewAccount, role::role_text},
    audit::NewEntry,
    page, text,
};
use model::{
    AuditAction, CreatedUserAccount, NewUserAccount, Page, PageRequest, User, UserAccount, UserId,
};
use sqlx::types::Json;

impl Chat {
    /// A page of all accounts whose username or name contains the query, in the order of usernames: those who
    /// are blocked and those of apps, too, but none that was deleted. Administrators only.
    pub async fn user_accounts(
        &self,
        caller: &Caller,
        query: Option<&str>,
        page: &PageRequest,
    ) -> Result<Page<UserAccount>> {
        caller.require_admin()?;
        let limit = page::limit(page.limit)?;
        let query = page::query("query", query)?;
        let after = page::text_cursor(page.cursor.as_deref())?.unwrap_or_default();
        let found = self.find_accounts(query, after, limit + 1).await?;
        let accounts = self.load_accounts(&found).await?;
        let cursor = |it: &UserAccount| it.user.username.clone();
        Ok(page::cut(accounts, limit, cursor))
    }

    /// One account. Administrators only.
    pub async fn user_account(&self, caller: &Caller, id: UserId) -> Result<UserAccount> {
        caller.require_admin()?;
        let found = self.load_accounts(&[id.0]).await?;
        found.into_iter().next().ok_or(Error::NotFound("user"))
    }

    /// The ids of accounts after a username. A query of three characters or more uses the trigram indexes, which
    /// find few rows. A shorter one matches many, so that walking the index of usernames fills a page soon.
    async fn find_accounts(&self, query: &str, after: &str, limit: i64) -> Result<Vec<i64>> {
        let db = &self.0.db;
        if query.chars().count() < 3 {
            let ids = sqlx::query_scalar!(
                "select id from users where username > $1 and deleted_at is null
                    and (username like name_pattern($2) or fold_name(name) like name_pattern($2))
                order by username limit $3",
                after,
                query,
                limit
            );
            return Ok(ids.fetch_all(db).await?);
        }
        let ids = sqlx::query_scalar!(
            "with found as materialized (
                select id, username from users
                where deleted_at is null
                    and (username like name_pattern($2) or fold_name(name) like name_pattern($2))
            )
            select id from found where username > $1 order by username limit $3",
            after,
            query,
            limit
        );
        Ok(ids.fetch_all(db).await?)
    }

    /// Accounts in the order of usernames.
    async fn load_accounts(&self, ids: &[i64]) -> Result<Vec<UserAccount>> {
        let rows = sqlx::query!(
            r#"select user_json(u) as "user!: Json<User>", u.email, u.blocked_at, u.created_at,
                u.password_hash is not null as "has_password!",
                exists (select from identities i where i.user_id = u.id) as "has_identity!",
                exists (select from two_factors f where f.user_id = u.id) as "has_two_factor!",
                owes_two_factor(u, $2) as "owes_two_factor!"
            from users u where u.id = any($1) and u.deleted_at is null order by u.username"#,
            ids,
            self.two_factor_demand()
        )
        .fetch_all(&self.0.db)
        .await?;
        let accounts = rows.into_iter().map(|row| UserAccount {
            user: self.with_presence(row.user.0),
            email: row.email,
            has_password: row.has_password,
            has_identity: row.has_identity,
            has_two_factor: row.has_two_factor,
            owes_two_factor: row.owes_two_factor,
            blocked_at: row.blocked_at,
            created_at: row.created_at,
        });
        Ok(accounts.collect())
    }

    /// The user of a username. Administrators only.
    pub async fn find_user_named(&self, caller: &Caller, username: &str) -> Result<UserId> {
        caller.require_admin()?;
        // Postgres stores no text with NUL.
        if username.contains('\0') {
            return Err(Error::NotFound("user"));
        }
        let id = sqlx::query_scalar!(
            "select id from users where username = $1 and deleted_at is null",
            text::username(username)
        )
        .fetch_optional(&self.0.db)
        .await?;
        id.map(UserId).ok_or(Error::NotFound("user"))
    }

    /// Makes an account for somebody, and the link by which they choose its password. Administrators only,
    /// whatever the setting of registration.
    ///
    /// # Errors
    /// `Conflict` when the username or the e-mail address is taken; `Forbidden` where passwords are off, but for the
    /// operator.
    pub async fn create_user_account(
        &self,
        caller: &Caller,
        new: NewUserAccount,
    ) -> Result<CreatedUserAccount> {
        caller.require_admin()?;
        self.require_passwords_of(caller)?;
        caller.require_person()?;
        let account = NewAccount::read(&new.username, new.name.as_deref(), new.email.as_deref())?;
        let mut tx = self.begin().await?;
        let id = account.insert(&mut *tx, None, new.role).await?;
        NewEntry::by(caller, AuditAction::UserCreated)
            .on(id)
            .with("role", role_text(new.role))
            .write(&mut *tx)
            .await?;
        tx.commit().await?;
        Ok(CreatedUserAccount {
            account: self.user_account(caller, id).await?,
            password_reset: self.create_password_reset(caller, id).await?,
        })
    }
}
