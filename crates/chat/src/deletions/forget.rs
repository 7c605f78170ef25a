//! What is gone at once, in the transaction of the deletion: what opens the account, and what says who it was.

use crate::{Error, Result};
use model::{MessagesOfDeleted, UserId};
use sqlx::PgConnection;

/// The name that everybody sees of an account that was deleted.
const DELETED_NAME: &str = "Deleted user";

/// # Errors
/// `NotFound` for nobody, and for an account that was deleted.
pub async fn forget(tx: &mut PgConnection, id: UserId, messages: MessagesOfDeleted) -> Result<()> {
    let names = sqlx::query!(
        r#"select username, email,
            (select address from email_verifications v where v.user_id = u.id) as "asked?"
        from users u where id = $1 and deleted_at is null for update"#,
        id.0
    )
    .fetch_optional(&mut *tx)
    .await?
    .ok_or(Error::NotFound("user"))?;
    let addresses: Vec<_> = names.email.into_iter().chain(names.asked).collect();
    forget_mails(tx, id, &names.username, &addresses).await?;
    forget_private(tx, id).await?;
    sqlx::query!(
        "update users set deleted_at = now(), blocked_at = coalesce(blocked_at, now()),
            credentials_version = credentials_version + 1,
            username = case
                when exists (select from users o where o.username = 'deleted-' || $1::bigint and o.id <> $1)
                then 'deleted-' || $1::bigint || '-' || substr(md5(random()::text), 1, 8)
                else 'deleted-' || $1::bigint end,
            name = $2, email = null, email_is_duplicate = false, email_verified_at = null,
            awaits_email = false, shares_email = false, sign_in_notes = false,
            avatar_url = null, role = 'member', password_hash = null, presence_choice = 'online',
            last_seen_at = null, addable_by = 'nobody', two_factor_reset_at = null,
            announcements_unread_after = null, announcements_unread_marked_at = null,
            announcements_moved_at = null, favorites_changed_at = null
        where id = $1",
        id.0,
        DELETED_NAME
    )
    .execute(&mut *tx)
    .await?;
    sqlx::query!(
        "insert into deletions (user_id, removes_messages) values ($1, $2)",
        id.0,
        messages == MessagesOfDeleted::Remove
    )
    .execute(tx)
    .await?;
    Ok(())
}

/// What is found by the id alone: mails, the picture, what signs in, and what was given to others.
pub async fn forget_private(tx: &mut PgConnection, id: UserId) -> Result<()> {
    sqlx::query!("delete from emails where user_id = $1", id.0)
        .execute(&mut *tx)
        .await?;
    sqlx::query!("delete from email_verifications where user_id = $1", id.0)
        .execute(&mut *tx)
        .await?;
    sqlx::query!("delete from pictures where user_id = $1", id.0)
        .execute(&mut *tx)
        .await?;
    forget_sign_ins(tx, id).await?;
    forget_app_users(tx, id).await?;
    forget_given(tx, id).await
}

/// Mails that wait for the name and the addresses, also those that somebody has asked for by name or address, and where the address is written down.
async fn forget_mails(
    tx: &mut PgConnection,
    id: UserId,
    username: &str,
    addresses: &[String],
) -> Result<()> {
    sqlx::query!(
        "delete from emails where lower(recipient) = $1
            or email_key(recipient) in (select email_key(a) from unnest($2::text[]) a)",
        username,
        addresses
    )
    .execute(&mut *tx)
    .await?;
    // The one that the person came with is about nobody else.
    sqlx::query!(
        "delete from invitations i where i.max_uses = 1
            and exists (select from invitation_uses n where n.invitation_id = i.id and n.user_id = $1)",
        id.0
    )
    .execute(&mut *tx)
    .await?;
    sqlx::query!(
        "update invitations set email = null
        where email_key(email) in (select email_key(a) from unnest($1::text[]) a)",
        addresses
    )
    .execute(tx)
    .await?;
    Ok(())
}

/// Sessions and tokens with their addresses and devices, links, factors and accounts at providers.
async fn forget_sign_ins(tx: &mut PgConnection, id: UserId) -> Result<()> {
    sqlx::query!(
        "delete from password_resets where user_id = $1 or created_by = $1",
        id.0
    )
    .execute(&mut *tx)
    .await?;
    // With recovery codes and the tickets of sign-ins.
    sqlx::query!("delete from two_factors where user_id = $1", id.0)
        .execute(&mut *tx)
        .await?;
    sqlx::query!("delete from two_factor_setups where user_id = $1", id.0)
        .execute(&mut *tx)
        .await?;
    sqlx::query!("delete from identities where user_id = $1", id.0)
        .execute(&mut *tx)
        .await?;
    sqlx::query!("delete from sign_in_networks where user_id = $1", id.0)
        .execute(&mut *tx)
        .await?;
    // With refresh tokens and tokens for programs. A socket of one ends with its user (`Delivery::DisconnectUser`).
    sqlx::query!("delete from sessions where user_id = $1", id.0)
        .execute(tx)
        .await?;
    Ok(())
}

/// The ids that apps have for the user. Their hashes stay, by which an app does not make the user anew.
async fn forget_app_users(tx: &mut PgConnection, id: UserId) -> Result<()> {
    sqlx::query!(
        "insert into deleted_app_users (app_id, key_hash)
        select app_id, app_user_hash(app_id, external_key) from app_users where user_id = $1
        on conflict do nothing",
        id.0
    )
    .execute(&mut *tx)
    .await?;
    sqlx::query!("delete from app_users where user_id = $1", id.0)
        .execute(tx)
        .await?;
    Ok(())
}

/// What the user has given to others: invitations end, and bots have nobody who answers for them. A bot that is deleted has
/// no webhook any more.
async fn forget_given(tx: &mut PgConnection, id: UserId) -> Result<()> {
    sqlx::query!("delete from invitations where created_by = $1", id.0)
        .execute(&mut *tx)
        .await?;
    sqlx::query!("delete from invitation_uses where user_id = $1", id.0)
        .execute(&mut *tx)
        .await?;
    sqlx::query!("update bots set owner_id = null where owner_id = $1", id.0)
        .execute(&mut *tx)
        .await?;
    sqlx::query!("delete from bots where user_id = $1", id.0)
        .execute(tx)
        .await?;
    Ok(())
}
