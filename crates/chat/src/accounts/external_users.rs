//! External users: users of another system that signs tokens with our keys.

use super::keys::ExternalUser;
use crate::{Chat, Result};
use model::UserId;
use sqlx::PgExecutor;

impl Chat {
    /// The user of an issuer and subject, created with their first token.
    pub(super) async fn find_or_create_external_user(&self, user: ExternalUser) -> Result<UserId> {
        if let Some(id) = find(&self.0.db, &user).await? {
            return Ok(id);
        }
        let mut tx = self.0.db.begin().await?;
        // The lock keeps two concurrent first requests from creating two users.
        sqlx::query!(
            "select pg_advisory_xact_lock(hashtextextended($1 || chr(10) || $2, 0))",
            user.issuer,
            user.subject
        )
        .execute(&mut *tx)
        .await?;
        if let Some(id) = find(&mut *tx, &user).await? {
            return Ok(id);
        }
        let name = user
            .name
            .as_deref()
            .map(str::trim)
            .filter(|it| !it.is_empty());
        let name = name.or(user.username.as_deref()).unwrap_or(&user.subject);
        let name: String = name.chars().take(80).collect();
        let id = sqlx::query_scalar!(
            // A taken e-mail address is left out: it does not prove that the two are one user.
            "insert into users (username, name, email, avatar_url)
            select (
                select candidate from (
                    select $1::text as candidate, 0 as rank
                    union all select left($1, 20) || '-' || substr(md5($5 || chr(10) || $6), 1, 8), 1
                ) c where not exists (select from users where username = candidate)
                order by rank limit 1
            ), $2,
            (select $3::text where char_length($3) between 3 and 254
                and not exists (select from users where lower(email) = lower($3))),
            (select $4::text where char_length($4) <= 2000 and $4 like 'https://%')
            returning id",
            username(&user),
            name,
            user.email,
            user.avatar_url,
            user.issuer,
            user.subject
        )
        .fetch_one(&mut *tx)
        .await?;
        sqlx::query!(
            "insert into identities (issuer, subject, user_id) values ($1, $2, $3)",
            user.issuer,
            user.subject,
            id
        )
        .execute(&mut *tx)
        .await?;
        tx.commit().await?;
        Ok(UserId(id))
    }
}

async fn find(db: impl PgExecutor<'_>, user: &ExternalUser) -> Result<Option<UserId>> {
    let id = sqlx::query_scalar!(
        "select user_id from identities where issuer = $1 and subject = $2",
        user.issuer,
        user.subject
    )
    .fetch_optional(db)
    .await?;
    Ok(id.map(UserId))
}

/// A username that the constraint `users_username_format` accepts: made from the external username,
/// the local part of the e-mail address, or the name.
fn username(user: &ExternalUser) -> String {
    let local_part = user
        .email
        .as_deref()
        .and_then(|email| email.split('@').next());
    let source = user
        .username
        .as_deref()
        .or(local_part)
        .or(user.name.as_deref());
    let allowed = |c: &char| c.is_ascii_lowercase() || c.is_ascii_digit() || "._-".contains(*c);
    let name: String = source
        .unwrap_or_default()
        .to_lowercase()
        .chars()
        .filter(allowed)
        .skip_while(|c| !c.is_ascii_alphanumeric())
        .take(32)
        .collect();
    if name.len() >= 2 {
        name
    } else {
        "user".to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::{ExternalUser, username};

    #[test]
    fn usernames_fit_the_constraint() {
        let of = |name: &str| {
            username(&ExternalUser {
                username: Some(name.to_owned()),
                ..Default::default()
            })
        };
        assert_eq!(of("Ada.Lovelace"), "ada.lovelace");
        assert_eq!(of("-_x y!z"), "xyz");
        assert_eq!(of("Ада"), "user");
        assert_eq!(of(&"a".repeat(50)).len(), 32);
    }
}
