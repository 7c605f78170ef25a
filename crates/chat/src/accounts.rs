//! Accounts: registration, signing in, and one's own profile.

mod foreign;
mod keys;
mod passwords;
mod sessions;

pub use keys::{Keys, Rs256, SubjectOrigin};
pub use sessions::BrowserSession;
pub(crate) use sessions::user_role;

use crate::{Caller, Chat, Error, Result, error::OnConstraint, nodes::Word, presence::choice_of};
use model::{Account, Login, Profile, Register, User, UserId};
use sqlx::types::Json;
use std::net::IpAddr;

/// Why a token is refused, in words that doors tell apart.
pub mod auth_error {
    pub const BAD_TOKEN: &str = "The token is not valid, or no longer.";
    /// Signed with our keys, for an id that nobody has.
    pub const UNKNOWN_USER: &str = "The token names no user.";
    /// A refresh token, say.
    pub const WRONG_TOKEN_TYPE: &str = "The token is not an access token.";
    /// By an administrator; the only one that is `Forbidden`.
    pub const BLOCKED: &str = "This account is blocked.";
}

const BAD_TOKEN: Error = Error::Unauthenticated(auth_error::BAD_TOKEN);
const BLOCKED: Error = Error::Forbidden(auth_error::BLOCKED);
const WRONG_PASSWORD: Error = Error::Unauthenticated("The login or the password is wrong.");

/// The lock under which the first account becomes the administrator.
const FIRST_ACCOUNT_LOCK: i64 = 0x7061_726c_616e;

/// The program at the other end, for limits and for the list of sessions.
#[derive(Clone, Debug, Default)]
pub struct Client {
    pub address: Option<IpAddr>,
    pub user_agent: Option<String>,
}

/// Proof that somebody has just shown who they are; a session can be opened with it.
#[derive(Clone, Debug)]
pub struct Authenticated(User);

impl Authenticated {
    pub fn user(&self) -> &User {
        &self.0
    }
}

impl Chat {
    /// Creates an account. The first one becomes the administrator.
    pub async fn register(&self, new: Register, client: &Client) -> Result<Authenticated> {
        let username = new.username.trim().to_lowercase();
        let name = new
            .name
            .as_deref()
            .map(str::trim)
            .filter(|name| !name.is_empty());
        let name = name.unwrap_or(&username).to_owned();
        let email = new
            .email
            .as_deref()
            .map(str::trim)
            .filter(|email| !email.is_empty());
        check_password(&new.password)?;
        check_email(email)?;
        self.count_registration(client.address).await?;
        let hash = passwords::hash(new.password).await?;

        let mut tx = self.0.db.begin().await?;
        sqlx::query!("select pg_advisory_xact_lock($1)", FIRST_ACCOUNT_LOCK)
            .execute(&mut *tx)
            .await?;
        let id = sqlx::query_scalar!(
            "insert into users (username, name, email, password_hash, role)
            select $1, $2, $3, $4,
                case when exists (select from users) then 'member' else 'admin' end
            returning id",
            username,
            name,
            email,
            hash
        )
        .fetch_one(&mut *tx)
        .await
        .on_constraint("users_username_key", || {
            Error::Conflict("That username is taken.")
        })
        .on_constraint("users_email_key", || {
            Error::Conflict("That e-mail address is taken.")
        })?;
        tx.commit().await?;
        Ok(Authenticated(self.find_user(UserId(id)).await?))
    }

    /// Checks username (or e-mail) and password.
    pub async fn login(&self, login: Login, client: &Client) -> Result<Authenticated> {
        let name = login.login.trim().to_lowercase();
        let attempt = self.count_password(&name, client.address).await?;
        let found = sqlx::query!(
            r#"select id as "id!", password_hash, blocked_at from users where username = $1
            union all
            select id, password_hash, blocked_at from users
            where lower(email) = $1 and username <> $1
            limit 1"#,
            name
        )
        .fetch_optional(&self.0.db)
        .await?;
        let hash = found.as_ref().and_then(|user| user.password_hash.clone());
        if !passwords::verify(login.password, hash).await? {
            return Err(WRONG_PASSWORD);
        }
        self.forgive(attempt).await;
        let user = found.ok_or(WRONG_PASSWORD)?;
        if user.blocked_at.is_some() {
            return Err(BLOCKED);
        }
        Ok(Authenticated(self.find_user(UserId(user.id)).await?))
    }

    pub async fn account(&self, caller: &Caller) -> Result<Account> {
        let row = sqlx::query!(
            r#"select user_json(u) as "user!: Json<User>", email, presence_choice
            from users u where id = $1"#,
            caller.user_id.0
        )
        .fetch_one(&self.0.db)
        .await?;
        Ok(Account {
            user: self.with_presence(row.user.0),
            email: row.email,
            presence_choice: choice_of(&row.presence_choice),
        })
    }

    pub async fn update_account(&self, caller: &Caller, profile: Profile) -> Result<Account> {
        let name = profile.name.as_deref().map(str::trim);
        let email = profile.email.as_deref().map(str::trim);
        check_email(email.filter(|email| !email.is_empty()))?;
        if let Some(url) = profile.avatar_url.as_deref()
            && !(url.is_empty() || url.starts_with("https://") || url.starts_with('/'))
        {
            return Err(Error::invalid("avatarUrl", "must begin with https://"));
        }
        sqlx::query!(
            "update users set name = coalesce($2, name),
                email = case when $3::text is null then email else nullif($3, '') end,
                avatar_url = case when $4::text is null then avatar_url else nullif($4, '') end
            where id = $1",
            caller.user_id.0,
            name,
            email,
            profile.avatar_url
        )
        .execute(&self.0.db)
        .await
        .on_constraint("users_email_key", || {
            Error::Conflict("That e-mail address is taken.")
        })?;
        self.0.contacts.invalidate(&caller.user_id).await;
        self.say(|| Word::ContactChanged(caller.user_id));
        self.account(caller).await
    }
}

fn check_password(password: &str) -> Result<()> {
    // Argon2 would work for minutes on a password of megabytes.
    match password.chars().count() {
        8..=256 => Ok(()),
        _ => Err(Error::invalid("password", "must have 8 to 256 characters")),
    }
}

fn check_email(email: Option<&str>) -> Result<()> {
    let plausible = email.is_none_or(|email| {
        email.split_once('@').is_some_and(|(local, domain)| {
            !local.is_empty() && domain.contains('.') && !email.contains(char::is_whitespace)
        })
    });
    if plausible {
        Ok(())
    } else {
        Err(Error::invalid("email", "is not an e-mail address"))
    }
}
