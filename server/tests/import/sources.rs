//! The same dump in other encodings, and from a Postgres.

use crate::{
    formats::{GROUPS, groups_history},
    history::{Scratch, conversations, dump, import, messages, users},
};
use serde_json::{Map, Value, json};
use sqlx::{ConnectOptions, PgPool, migrate::MigrateDatabase};
use std::path::Path;
use time::{OffsetDateTime, format_description::well_known::Rfc3339};

/// A row as `mongoexport --jsonFormat=canonical` writes it.
fn canonical(value: &Value) -> Value {
    match value {
        Value::Object(object) if object.contains_key("$date") => {
            let at = OffsetDateTime::parse(object["$date"].as_str().unwrap(), &Rfc3339).unwrap();
            let milliseconds = at.unix_timestamp_nanos() / 1_000_000;
            json!({ "$date": { "$numberLong": milliseconds.to_string() } })
        }
        Value::Object(object) => object
            .iter()
            .map(|(name, value)| (name.clone(), canonical(value)))
            .collect(),
        Value::Array(list) => list.iter().map(canonical).collect(),
        Value::Number(number) => json!({ "$numberInt": number.to_string() }),
        other => other.clone(),
    }
}

/// Writes a dump again, each file by a function of its rows. Broken rows are left out.
fn rewrite(from: &Path, to: &Path, write: impl Fn(&[Value]) -> String) {
    for entry in from.read_dir().unwrap() {
        let path = entry.unwrap().path();
        let text = std::fs::read_to_string(&path).unwrap();
        let rows: Vec<Value> = text
            .lines()
            .filter_map(|line| serde_json::from_str(line).ok())
            .collect();
        std::fs::write(to.join(path.file_name().unwrap()), write(&rows)).unwrap();
    }
}

async fn all(pool: &PgPool) -> Vec<String> {
    [
        users(pool).await,
        conversations(pool).await,
        messages(pool).await,
    ]
    .concat()
}

/// Empties a database for the next import.
async fn clear(pool: &PgPool) {
    sqlx::raw_sql("truncate users, conversations, messages, apps, read_marks cascade")
        .execute(pool)
        .await
        .unwrap();
}

#[sqlx::test(migrations = "../migrations")]
async fn every_encoding_of_a_collection_is_the_same_history(pool: PgPool) {
    let lines = |rows: &[Value]| {
        let lines = rows.iter().map(|row| row.to_string() + "\n");
        lines.collect::<String>()
    };
    for contract in ["broadcast", "conversations"] {
        import(&pool, contract, &dump(contract), &[]).await;
        let wanted = all(&pool).await;
        assert!(wanted.len() > 5);
        for encoding in [
            "canonical",
            "array",
            "pretty array",
            "canonical array",
            "pretty",
        ] {
            let folder = Scratch::new();
            rewrite(&dump(contract), &folder.0, |rows| {
                let canonical: Vec<_> = rows.iter().map(canonical).collect();
                let pretty = |row: &Value| serde_json::to_string_pretty(row).unwrap();
                match encoding {
                    "canonical" => lines(&canonical),
                    "array" => json!(rows).to_string(),
                    "pretty array" => pretty(&json!(rows)),
                    "canonical array" => json!(canonical).to_string(),
                    _ => rows.iter().map(|row| pretty(row) + "\n").collect(),
                }
            });
            clear(&pool).await;
            import(&pool, contract, &folder.0, &[]).await;
            assert_eq!(all(&pool).await, wanted, "{contract} {encoding}");
        }
        clear(&pool).await;
    }
}

/// A second database on the server of the tests, empty.
async fn other_database(pool: &PgPool) -> (String, PgPool) {
    let name = format!("old_{:016x}", rand::random::<u64>());
    let create = format!("create database {name} template template0");
    let created = sqlx::raw_sql(sqlx::AssertSqlSafe(create)).execute(pool);
    created.await.unwrap();
    let mut url = pool.connect_options().to_url_lossy();
    url.set_path(&name);
    // One connection, so that it keeps the search path of the schema.
    let one = sqlx::postgres::PgPoolOptions::new().max_connections(1);
    let other = one.connect(url.as_str()).await.unwrap();
    (url.to_string(), other)
}

async fn load(other: &PgPool, schema: &str, contract: &str) {
    // The files come in no order, so that foreign keys cannot be checked.
    let schema = format!("{schema} set session_replication_role = replica;");
    sqlx::raw_sql(sqlx::AssertSqlSafe(schema))
        .execute(other)
        .await
        .unwrap();
    for entry in dump(contract).read_dir().unwrap() {
        let path = entry.unwrap().path();
        let table = path.file_stem().unwrap().to_str().unwrap().to_owned();
        let text = std::fs::read_to_string(&path).unwrap();
        for line in text.lines() {
            let row: Map<String, Value> = serde_json::from_str(line).unwrap();
            if row.get("createdAt") == Some(&Value::Null)
                || row.get("groupId") == Some(&json!("cmg9"))
            {
                continue;
            }
            let insert = format!(
                "insert into \"{table}\" select * from jsonb_populate_record(null::\"{table}\", $1)"
            );
            sqlx::query(sqlx::AssertSqlSafe(insert))
                .bind(Value::Object(row))
                .execute(other)
                .await
                .unwrap();
        }
    }
}

/// The tables of the schema blocks, as Prisma makes them.
const GROUPS_SCHEMA: &str = r#"
create schema "user"; set search_path = "user";
create type "Role" as enum ('USER', 'ADMIN');
create type "GroupMemberRole" as enum ('OWNER', 'ADMIN', 'MEMBER');
create type "MessageType" as enum ('TEXT', 'IMAGE', 'FILE', 'SYSTEM');
create table "user" (id text primary key, name text not null, email text not null unique, image text,
    role "Role" not null default 'USER', "emailVerified" boolean not null,
    "createdAt" timestamp(3) not null, "updatedAt" timestamp(3) not null);
create table "Group" (id text primary key, name text not null, description text,
    "isPrivate" boolean not null default false, "createdBy" text not null references "user",
    "createdAt" timestamp(3) not null, "updatedAt" timestamp(3) not null, "userId" text);
create table "GroupMember" (id text primary key, role "GroupMemberRole" not null, "userId" text not null,
    "groupId" text not null, "joinedAt" timestamp(3) not null);
create table "Message" (id text primary key, content text not null, type "MessageType" not null,
    "senderId" text not null, "groupId" text not null, "replyToId" text,
    "createdAt" timestamp(3) not null, "updatedAt" timestamp(3) not null);
create table attachment (id text primary key, url text not null, filename text, "mimeType" text, size int,
    metadata jsonb, "messageId" text not null, "uploadedBy" text,
    "createdAt" timestamp(3) not null, "updatedAt" timestamp(3) not null);
"#;

/// The tables of the schema block, as Sequelize makes them.
const DIRECT_SCHEMA: &str = r#"
create table users (id serial primary key, name text, profile_name text, username text, email text,
    password text, profile_photo text, role text, status text, "deletedAt" timestamptz,
    "createdAt" timestamptz not null, "updatedAt" timestamptz not null);
create table "Conversations" (id serial primary key, participant_1_id int not null references users,
    participant_2_id int not null references users, last_message text, last_message_at timestamptz,
    "deletedAt" timestamptz, "createdAt" timestamptz not null, "updatedAt" timestamptz not null);
create table "Messages" (id serial primary key, sender_id int not null, receiver_id int not null,
    conversation_id int not null, content text not null, attachment_url text,
    is_read boolean not null default false, read_at timestamptz, "deletedAt" timestamptz,
    "createdAt" timestamptz not null, "updatedAt" timestamptz not null);
"#;

#[sqlx::test(migrations = "../migrations")]
async fn tables_are_read_from_a_postgres(pool: PgPool) {
    let (url, other) = other_database(&pool).await;
    load(&other, GROUPS_SCHEMA, "groups").await;
    // Prisma's URL names the schema in a parameter that is none of Postgres.
    let separator = if url.contains('?') { '&' } else { '?' };
    let prisma_url = format!("{url}{separator}schema=user");
    import(&pool, "groups", Path::new(&prisma_url), &[]).await;
    assert_eq!(groups_history(&pool).await, GROUPS);
    other.close().await;
    sqlx::Postgres::drop_database(&url).await.unwrap();
    clear(&pool).await;

    import(&pool, "direct", &dump("direct"), &[]).await;
    let wanted = all(&pool).await;
    clear(&pool).await;
    let (url, other) = other_database(&pool).await;
    load(&other, DIRECT_SCHEMA, "direct").await;
    import(&pool, "direct", Path::new(&url), &[]).await;
    assert_eq!(all(&pool).await, wanted);
    other.close().await;
    sqlx::Postgres::drop_database(&url).await.unwrap();
}

#[sqlx::test(migrations = "../migrations")]
async fn what_is_no_dump_is_refused(pool: PgPool) {
    let folder = Scratch::new();
    let chat = crate::history::chat(&pool);
    for (source, wanted) in [
        (
            folder.0.to_str().unwrap(),
            "the dump has neither Group nor Message",
        ),
        ("/nonexistent", "there is no folder /nonexistent"),
        (
            "postgres://nobody@127.0.0.1:1/none",
            "the database of the dump",
        ),
    ] {
        let options = crate::history::options("groups", source, &[]);
        let error = server::import::run(&chat, &options).await.unwrap_err();
        assert_eq!(error.to_string(), wanted);
    }
}
