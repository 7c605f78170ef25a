//! Announcements: emitted to everybody who is connected, and kept for those who are not.

use crate::{
    Audience, Caller, Chat, Delivery, Error, Result,
    messages::{check_body, check_kind, kind_text},
    page,
};
use model::{Announcement, AnnouncementId, Event, NewAnnouncement, Page, PageRequest, UserId};
use sqlx::{PgConnection, types::Json};

/// Advisory lock under which announcements get their ids, so that they commit in the order of their
/// ids: `announced_up_to` would skip one that commits late.
const ANNOUNCEMENT_LOCK: i64 = 0x7061_726c_616f;

/// Announcements that a user who was away gets, the newest.
const MAX_MISSED: i64 = 50;

impl Chat {
    /// Announces to everybody but the caller. A retry with the same `clientId` returns the first
    /// result.
    ///
    /// # Errors
    /// `Forbidden` unless the caller is an administrator; `Conflict` when the `clientId` was used
    /// for another announcement.
    pub async fn announce(&self, caller: &Caller, new: NewAnnouncement) -> Result<Announcement> {
        caller.require_admin()?;
        check_body(&new.body)?;
        check_kind(new.kind)?;
        self.0.limits.message(caller.user_id)?;
        let (chat, caller) = (self.clone(), *caller);
        // A task of its own, so that a caller who hangs up does not cancel it: users who are marked
        // as reached must be.
        tokio::spawn(async move { chat.write_announcement(caller, new).await })
            .await
            .map_err(Error::internal)?
    }

    async fn write_announcement(
        &self,
        caller: Caller,
        new: NewAnnouncement,
    ) -> Result<Announcement> {
        let mut tx = self.0.db.begin().await?;
        sqlx::query!("select pg_advisory_xact_lock($1)", ANNOUNCEMENT_LOCK)
            .execute(&mut *tx)
            .await?;
        if let Some(earlier) = earlier(&mut tx, caller.user_id, &new).await? {
            return Ok(earlier);
        }
        let id = sqlx::query_scalar!(
            "insert into announcements (body, kind, sent_by, client_id, reach)
            select $1, $2, $3, $4, count(*) from users where id <> $3 and blocked_at is null
            returning id",
            new.body,
            kind_text(new.kind),
            caller.user_id.0,
            new.client_id
        )
        .fetch_one(&mut *tx)
        .await?;
        let mut reached = self.0.presence.connected_users();
        reached.push(caller.user_id);
        mark(&mut tx, &reached, AnnouncementId(id)).await?;
        let announcement = load(&mut tx, AnnouncementId(id)).await?;
        tx.commit().await?;
        self.0.bus.publish(Delivery::Emit {
            audience: Audience::Everyone,
            except: None,
            event: Event::AnnouncementMade(announcement.clone()),
        });
        Ok(announcement)
    }

    /// All announcements, the newest first.
    pub async fn announcements(
        &self,
        _caller: &Caller,
        page: PageRequest,
    ) -> Result<Page<Announcement>> {
        let limit = page::limit(page.limit)?;
        let [before] = page::numbers(page.cursor.as_deref())?.unwrap_or([i64::MAX]);
        let found = sqlx::query_scalar!(
            r#"select json as "json!: Json<Announcement>" from announcement_json
            where id < $1 order by id desc limit $2"#,
            before,
            limit + 1
        )
        .fetch_all(&self.0.db)
        .await?;
        let found = found.into_iter().map(|Json(it)| it).collect();
        Ok(page::cut(found, limit, |it: &Announcement| {
            it.id.to_string()
        }))
    }

    /// The newest 50 announcements that the caller has not received, oldest first.
    pub async fn missed_announcements(&self, caller: &Caller) -> Result<Vec<Announcement>> {
        let missed = sqlx::query_scalar!(
            r#"select json as "json!: Json<Announcement>" from announcement_json
            where id > (select announced_up_to from users where id = $1)
                and sent_at >= (select created_at from users where id = $1)
            order by id desc limit $2"#,
            caller.user_id.0,
            MAX_MISSED
        )
        .fetch_all(&self.0.db)
        .await?;
        Ok(missed.into_iter().rev().map(|Json(it)| it).collect())
    }

    /// Marks all announcements up to this one as received by these users.
    pub(crate) async fn mark_all_announced(
        &self,
        user_ids: &[UserId],
        id: AnnouncementId,
    ) -> Result<()> {
        let mut db = self.0.db.acquire().await?;
        mark(&mut db, user_ids, id).await
    }

    /// Marks all announcements up to this one as received by the user.
    pub async fn mark_announced(&self, user_id: UserId, id: AnnouncementId) -> Result<()> {
        self.mark_all_announced(&[user_id], id).await
    }
}

async fn mark(db: &mut PgConnection, user_ids: &[UserId], id: AnnouncementId) -> Result<()> {
    let user_ids: Vec<_> = user_ids.iter().map(|id| id.0).collect();
    sqlx::query!(
        "update users set announced_up_to = $2 where id = any($1) and announced_up_to < $2",
        &user_ids,
        id.0
    )
    .execute(db)
    .await?;
    Ok(())
}

/// The announcement that the same user made before with the same `clientId`.
async fn earlier(
    tx: &mut PgConnection,
    sent_by: UserId,
    new: &NewAnnouncement,
) -> Result<Option<Announcement>> {
    let Some(client_id) = new.client_id.as_deref() else {
        return Ok(None);
    };
    let id = sqlx::query_scalar!(
        "select id from announcements where sent_by = $1 and client_id = $2",
        sent_by.0,
        client_id
    )
    .fetch_optional(&mut *tx)
    .await?;
    let Some(id) = id else { return Ok(None) };
    let earlier = load(tx, AnnouncementId(id)).await?;
    if (&earlier.body, earlier.kind) == (&new.body, new.kind) {
        Ok(Some(earlier))
    } else {
        Err(Error::Conflict(
            "This clientId was used for another announcement.",
        ))
    }
}

async fn load(db: &mut PgConnection, id: AnnouncementId) -> Result<Announcement> {
    let Json(announcement) = sqlx::query_scalar!(
        r#"select json as "json!: Json<Announcement>" from announcement_json where id = $1"#,
        id.0
    )
    .fetch_one(db)
    .await?;
    Ok(announcement)
}
