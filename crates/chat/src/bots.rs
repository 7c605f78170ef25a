//! Bots: users that are programs, made and listed by administrators.

use crate::{
    Caller, Chat, Error, Result, accounts::new_account::NewAccount, audit::NewEntry, page,
};
use model::{AuditAction, Bot, NewBot, Page, PageRequest, User, UserId, UserRole};
use sqlx::{PgConnection, types::Json};

impl Chat {
    /// Makes a bot, for which the caller answers. It has no password, and no token yet. Administrators only.
    ///
    /// # Errors
    /// `Conflict` when the username is taken.
    pub async fn create_bot(&self, caller: &Caller, new: NewBot) -> Result<Bot> {
        caller.require_admin()?;
        caller.require_person()?;
        let account = NewAccount::read(&new.username, new.name.as_deref(), None)?;
        let mut tx = self.begin().await?;
        let id = account.insert(&mut *tx, None, UserRole::Member).await?;
        insert_bot(&mut tx, id, caller).await?;
        let entry = NewEntry::by(caller, AuditAction::BotCreated).on(id);
        entry.write(&mut *tx).await?;
        tx.commit().await?;
        tracing::info!(bot = %id, by = %caller.user_id, "a bot was made");
        self.bot(caller, id).await
    }

    /// One bot. Administrators only.
    pub async fn bot(&self, caller: &Caller, id: UserId) -> Result<Bot> {
        caller.require_admin()?;
        let found = self.load_bots(id.0 - 1, 1).await?.pop();
        found
            .filter(|bot| bot.user.id == id)
            .ok_or(Error::NotFound("bot"))
    }

    /// A page of all bots, the oldest first. Administrators only.
    pub async fn bots(&self, caller: &Caller, page: &PageRequest) -> Result<Page<Bot>> {
        caller.require_admin()?;
        let limit = page::limit(page.limit)?;
        let after = page::numbers(page.cursor.as_deref())?.map_or(0, |[id]| id);
        let bots = self.load_bots(after, limit + 1).await?;
        Ok(page::cut(bots, limit, |bot: &Bot| bot.user.id.to_string()))
    }

    async fn load_bots(&self, after: i64, limit: i64) -> Result<Vec<Bot>> {
        let rows = sqlx::query!(
            r#"select user_json(u) as "user!: Json<User>", owner.name as "owner?", b.created_at,
                u.blocked_at, (
                    select count(*) from api_tokens t join sessions s on s.id = t.session_id
                    where t.user_id = u.id and s.revoked_at is null and s.expires_at > now()
                ) as "tokens!"
            from bots b join users u on u.id = b.user_id left join users owner on owner.id = b.owner_id
            where b.user_id > $1 order by b.user_id limit $2"#,
            after,
            limit
        )
        .fetch_all(&self.0.db)
        .await?;
        let bots = rows.into_iter().map(|row| Bot {
            user: self.with_presence(row.user.0),
            owner: row.owner,
            tokens: row.tokens,
            created_at: row.created_at,
            blocked_at: row.blocked_at,
        });
        Ok(bots.collect())
    }
}

/// Makes a bot of a new account, for which the owner answers; the operator is no user, and owns none.
pub(crate) async fn insert_bot(tx: &mut PgConnection, id: UserId, owner: &Caller) -> Result<()> {
    sqlx::query!(
        "with marked as (update users set is_bot = true where id = $1)
        insert into bots (user_id, owner_id) values ($1, nullif($2::bigint, 0))",
        id.0,
        owner.user_id.0
    )
    .execute(tx)
    .await?;
    Ok(())
}
