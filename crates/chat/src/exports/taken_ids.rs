//! The ids of an app that look like made-up ones, and the form of its ids.

use super::made_up_ids::{CUID_PREFIX, MadeUpIds, OBJECT_ID_PREFIX, Taken, UUID_PREFIX};
use crate::{ExternalId, IdKind, Result, apps::external_id::IdForm};
use sqlx::PgConnection;

/// How ids are made up for what has none in an app.
#[derive(Clone, Copy, Debug)]
pub struct AllIds {
    pub users: MadeUpIds,
    pub conversations: MadeUpIds,
    pub messages: MadeUpIds,
}

/// The largest id that begins as made-up ones of each form do, and some id.
#[derive(Default)]
struct Largest {
    object_id: Option<String>,
    cuid: Option<String>,
    uuid: Option<String>,
    any: Option<String>,
}

impl AllIds {
    pub async fn load(db: &mut PgConnection, app_id: i64, kind: IdKind) -> Result<Self> {
        let largest = largest_user(db, app_id).await?;
        let of_users = form(largest.any.as_deref());
        let number = largest_user_number(db, app_id).await?;
        let users = MadeUpIds::new(kind, of_users, &largest.taken(number));
        // Numbers of the app that are not also ours are at most the largest one that was moved.
        let moved = sqlx::query!(
            r#"select largest_moved_conversation, largest_moved_message,
                coalesce((select max(id) from conversations), 0) as "conversation!",
                coalesce((select max(id) from messages), 0) as "message!"
            from apps where id = $1"#,
            app_id
        )
        .fetch_one(&mut *db)
        .await?;
        let largest = largest_conversation(db, app_id).await?;
        let form_of = |it: &Largest| form(it.any.as_deref()).or(of_users);
        let number = moved.largest_moved_conversation.max(moved.conversation);
        let conversations = MadeUpIds::new(kind, form_of(&largest), &largest.taken(number));
        let largest = largest_message(db, app_id).await?;
        let number = moved.largest_moved_message.max(moved.message);
        let messages = MadeUpIds::new(kind, form_of(&largest), &largest.taken(number));
        Ok(Self {
            users,
            conversations,
            messages,
        })
    }
}

impl Largest {
    fn taken(&self, number: i64) -> Taken {
        Taken {
            number,
            object_id: hex_after(self.object_id.as_deref(), OBJECT_ID_PREFIX),
            cuid: self
                .cuid
                .as_deref()
                .and_then(|it| it.strip_prefix(CUID_PREFIX)?.parse().ok())
                .unwrap_or(0),
            uuid: hex_after(self.uuid.as_deref(), UUID_PREFIX),
        }
    }
}

/// The number in the digits after the prefix, without what a made-up UUID has between them.
fn hex_after(id: Option<&str>, prefix: &str) -> i64 {
    let digits = id.and_then(|it| it.strip_prefix(prefix));
    let digits = digits.map(|it| it.replace("-8000-", ""));
    let number = digits.and_then(|it| i64::from_str_radix(&it, 16).ok());
    number.unwrap_or(0)
}

fn form(id: Option<&str>) -> Option<IdForm> {
    ExternalId::parse(id?).map(|it| it.form())
}

/// Numbers above, of which there are some that no column of 64 bits holds, are no made-up ones.
async fn largest_user_number(db: &mut PgConnection, app_id: i64) -> Result<i64> {
    let number = sqlx::query_scalar!(
        r#"select coalesce(max(external_id::bigint), 0) as "number!" from app_users
        where app_id = $1 and external_id ~ '^[1-9][0-9]{0,17}$'"#,
        app_id
    )
    .fetch_one(db)
    .await?;
    Ok(number)
}

async fn largest_user(db: &mut PgConnection, app_id: i64) -> Result<Largest> {
    let largest = sqlx::query_as!(
        Largest,
        "select
            (select max(external_key) from app_users where app_id = $1 and external_key like
                'fffffffe%' and external_key ~ '^[0-9a-f]{24}$') as object_id,
            (select max(external_key) from app_users where app_id = $1 and external_key like
                'czzzzzzzy%' and external_key ~ '^czzzzzzzy[0-9]{16}$') as cuid,
            (select max(external_key) from app_users where app_id = $1 and external_key like
                'ffffffff-fffe-8%' and external_key ~ '^.{18}-8000-[0-9a-f]{12}$') as uuid,
            (select min(external_key) from app_users where app_id = $1) as any",
        app_id
    )
    .fetch_one(db)
    .await?;
    Ok(largest)
}

async fn largest_conversation(db: &mut PgConnection, app_id: i64) -> Result<Largest> {
    let largest = sqlx::query_as!(
        Largest,
        "select
            (select max(external_key) from app_conversations where app_id = $1 and external_key like
                'fffffffe%' and external_key ~ '^[0-9a-f]{24}$') as object_id,
            (select max(external_key) from app_conversations where app_id = $1 and external_key like
                'czzzzzzzy%' and external_key ~ '^czzzzzzzy[0-9]{16}$') as cuid,
            (select max(external_key) from app_conversations where app_id = $1 and external_key like
                'ffffffff-fffe-8%' and external_key ~ '^.{18}-8000-[0-9a-f]{12}$') as uuid,
            (select min(external_key) from app_conversations where app_id = $1) as any",
        app_id
    )
    .fetch_one(db)
    .await?;
    Ok(largest)
}

async fn largest_message(db: &mut PgConnection, app_id: i64) -> Result<Largest> {
    let largest = sqlx::query_as!(
        Largest,
        "select
            (select max(external_key) from app_messages where app_id = $1 and external_key like
                'fffffffe%' and external_key ~ '^[0-9a-f]{24}$') as object_id,
            (select max(external_key) from app_messages where app_id = $1 and external_key like
                'czzzzzzzy%' and external_key ~ '^czzzzzzzy[0-9]{16}$') as cuid,
            (select max(external_key) from app_messages where app_id = $1 and external_key like
                'ffffffff-fffe-8%' and external_key ~ '^.{18}-8000-[0-9a-f]{12}$') as uuid,
            (select min(external_key) from app_messages where app_id = $1) as any",
        app_id
    )
    .fetch_one(db)
    .await?;
    Ok(largest)
}
