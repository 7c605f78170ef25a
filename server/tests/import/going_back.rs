//! An export that goes back into the tables that it came from.

use crate::history::{Scratch, chat, dump, import, options as import_options};
use chat::{Caller, Chat};
use clap::Parser;
use model::{ConversationId, NewMessage, UserId, UserRole};
use server::{Cli, Command, export::ExportOptions};
use sqlx::{ConnectOptions, PgPool};
use std::{path::Path, process};

fn options(contract: &str, folder: &Path) -> ExportOptions {
    let arguments = ["parlance", "export", contract, folder.to_str().unwrap()];
    match Cli::try_parse_from(arguments).unwrap().into_command() {
        Command::Export(command) => command.options,
        _ => unreachable!("the command is `export`"),
    }
}

/// Exports, and runs the script of the export twice against the old tables, which are in the same
/// database.
async fn go_back(pool: &PgPool, contract: &str) {
    let folder = Scratch::new();
    let options = options(contract, &folder.0);
    server::export::run(&chat(pool), &options).await.unwrap();
    let url = url_for_psql(pool);
    for _ in 0..2 {
        let output = process::Command::new("psql")
            .args(["--no-psqlrc", "--file=load.sql", "--dbname", &url])
            .env("PGOPTIONS", "-c search_path=old,old_user")
            .current_dir(&folder.0)
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{contract}: {said}");
    }
}

/// Without the parameter that only sqlx knows.
fn url_for_psql(pool: &PgPool) -> String {
    let url = pool.connect_options().to_url_lossy().to_string();
    let Some((start, parameters)) = url.split_once('?') else {
        return url;
    };
    let known = |it: &&str| !it.starts_with("statement-cache-capacity");
    let parameters: Vec<_> = parameters.split('&').filter(known).collect();
    format!("{start}?{}", parameters.join("&"))
}

async fn lines(pool: &PgPool, query: &'static str) -> Vec<String> {
    sqlx::query_scalar(query).fetch_all(pool).await.unwrap()
}

async fn caller(pool: &PgPool, user: &str) -> Caller {
    let user_id = sqlx::query_scalar("select user_id from app_users where external_id = $1")
        .bind(user)
        .fetch_one(pool)
        .await
        .unwrap();
    Caller {
        user_id: UserId(user_id),
        session_id: None,
        role: UserRole::Member,
        app_id: None,
        grant: None,
        origin: chat::Origin::default(),
    }
}

async fn conversation(pool: &PgPool, id: &str) -> ConversationId {
    let query = "select conversation_id from app_conversations where external_id = $1";
    let id = sqlx::query_scalar(query).bind(id).fetch_one(pool).await;
    ConversationId(id.unwrap())
}

async fn say(chat: &Chat, caller: &Caller, id: ConversationId, text: &str) -> model::MessageId {
    let new = NewMessage {
        body: text.to_owned(),
        ..NewMessage::default()
    };
    chat.send_message(caller, id, new).await.unwrap().message.id
}

/// The tables of Prisma, in two schemas, with columns that must not be null and that no export has.
const GROUPS: &str = r#"
create schema old; create schema old_user;
create type old."GroupMemberRole" as enum ('OWNER', 'ADMIN', 'MEMBER');
create type old."MessageType" as enum ('TEXT', 'IMAGE', 'FILE', 'SYSTEM');
create table old_user."user" (id text primary key, name text not null, email text not null unique,
    image text, role text not null default 'user', "emailVerified" boolean not null,
    "createdAt" timestamp not null default now(), "updatedAt" timestamp not null);
create table old."Group" (id text primary key, name text not null, description text,
    "isPrivate" boolean not null default false, "createdBy" text not null,
    "createdAt" timestamp not null default now(), "updatedAt" timestamp not null, "userId" text);
create table old."GroupMember" (id text primary key, role old."GroupMemberRole" not null default 'MEMBER',
    "userId" text not null references old_user."user", "groupId" text not null references old."Group",
    "joinedAt" timestamp not null default now(), unique ("userId", "groupId"));
create table old."Message" (id text primary key, content text not null,
    type old."MessageType" not null default 'TEXT', "senderId" text not null references old_user."user",
    "groupId" text not null references old."Group",
    "replyToId" text references old."Message" on delete set null,
    "createdAt" timestamp not null default now(), "updatedAt" timestamp not null);
create table old.attachment (id text primary key, url text not null, filename text not null,
    "mimeType" text not null, size int not null, metadata jsonb,
    "messageId" text not null references old."Message", "uploadedBy" text not null,
    "createdAt" timestamp not null default now(), "updatedAt" timestamp not null);
"#;

/// The rows of a dump, into tables of these names.
async fn fill(pool: &PgPool, contract: &str, tables: &[(&str, &str)]) {
    // Twice, as replies may come before what they reply to.
    for (file, table) in tables.iter().chain(tables) {
        let text = std::fs::read_to_string(dump(contract).join(file)).unwrap();
        for line in text.lines() {
            let row: serde_json::Value = serde_json::from_str(line).unwrap();
            let insert = format!(
                "insert into {table} select r.* from jsonb_populate_record(null::{table}, $1) r
                on conflict do nothing"
            );
            // Broken rows of the dump do not fit.
            let _ = sqlx::query(sqlx::AssertSqlSafe(insert))
                .bind(row)
                .execute(pool)
                .await;
        }
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn groups_have_what_was_changed_here(pool: PgPool) {
    sqlx::raw_sql(GROUPS).execute(&pool).await.unwrap();
    let tables = [
        ("user.jsonl", "old_user.\"user\""),
        ("Group.jsonl", "old.\"Group\""),
        ("GroupMember.jsonl", "old.\"GroupMember\""),
        ("Message.jsonl", "old.\"Message\""),
        ("attachment.jsonl", "old.attachment"),
    ];
    fill(&pool, "groups", &tables).await;
    import(&pool, "groups", &dump("groups"), &[]).await;
    let here = chat(&pool);
    let (ada, grace, linus) = (
        caller(&pool, "cmu1").await,
        caller(&pool, "cmu2").await,
        caller(&pool, "cmu3").await,
    );
    let group = conversation(&pool, "cmg1").await;
    let id = |old: &'static str| {
        let query = "select message_id from app_messages where external_id = $1";
        let id = sqlx::query_scalar(query).bind(old).fetch_one(&pool);
        async { model::MessageId(id.await.unwrap()) }
    };
    let edited = id("cmx2").await;
    here.edit_message(&grace, edited, "Changed here".to_owned())
        .await
        .unwrap();
    here.delete_message(&linus, id("cmx3").await).await.unwrap();
    here.remove_member(&ada, group, linus.user_id)
        .await
        .unwrap();
    say(&here, &ada, group, "Written here").await;
    // Somebody who is new, and whose address nobody knows.
    let import_of_new = Scratch::new();
    std::fs::write(
        import_of_new.0.join("user.jsonl"),
        "{\"id\": \"cmu9\", \"name\": \"New\"}",
    )
    .unwrap();
    std::fs::write(import_of_new.0.join("Group.jsonl"), "").unwrap();
    let options = import_options("groups", import_of_new.0.to_str().unwrap(), &[]);
    server::import::run(&here, &options).await.unwrap();

    go_back(&pool, "groups").await;
    assert_eq!(
        lines(&pool, r#"select concat_ws(' ', id, name, email, role, "emailVerified") from old_user."user" order by id"#).await,
        [
            "cmu1 Ada Lovelace ada@example.org ADMIN t",
            "cmu2 Grace Hopper grace@example.org USER t",
            "cmu3 Linus linus@example.org USER f",
            "cmu9 New cmu9@users.invalid user f",
        ]
    );
    assert_eq!(
        lines(&pool, r#"select concat_ws(' ', id, "userId", role) from old."GroupMember" where "groupId" = 'cmg1' order by 1"#).await,
        ["cmm1 cmu1 OWNER", "cmm2 cmu2 ADMIN"]
    );
    let messages = lines(
        &pool,
        r#"select concat_ws(' ', content, "senderId", type) from old."Message" where "groupId" = 'cmg1' order by "createdAt""#,
    )
    .await;
    assert_eq!(
        messages,
        [
            "Hello, edited cmu1 TEXT",
            "Changed here cmu2 TEXT",
            "Written here cmu1 TEXT"
        ]
    );
    assert_eq!(
        lines(&pool, "select id from old.attachment").await,
        Vec::<String>::new()
    );
}

/// The tables of Sequelize, whose ids are numbers of a sequence.
const DIRECT: &str = r#"
create schema old;
create table old.users (id serial primary key, name text, profile_name text, username text not null unique,
    email text not null unique, password text not null, profile_photo text,
    role text not null default 'Client', status text not null default 'Active', "deletedAt" timestamptz,
    "createdAt" timestamptz not null, "updatedAt" timestamptz not null);
create table old."Conversations" (id serial primary key, participant_1_id int not null references old.users,
    participant_2_id int not null references old.users, last_message text, last_message_at timestamptz,
    "deletedAt" timestamptz, "createdAt" timestamptz not null, "updatedAt" timestamptz not null);
create table old."Messages" (id serial primary key, sender_id int not null references old.users,
    receiver_id int not null references old.users, conversation_id int references old."Conversations",
    content text not null, attachment_url text, is_read boolean not null default false,
    read_at timestamptz, "deletedAt" timestamptz,
    "createdAt" timestamptz not null, "updatedAt" timestamptz not null);
"#;

#[sqlx::test(migrations = "../migrations")]
async fn direct_has_new_rows_and_goes_on_counting(pool: PgPool) {
    sqlx::raw_sql(DIRECT).execute(&pool).await.unwrap();
    let tables = [
        ("users.jsonl", "old.users"),
        ("Conversations.jsonl", "old.\"Conversations\""),
        ("Messages.jsonl", "old.\"Messages\""),
    ];
    fill(&pool, "direct", &tables).await;
    import(&pool, "direct", &dump("direct"), &[]).await;
    let here = chat(&pool);
    let ada = caller(&pool, "5").await;
    let new = say(&here, &ada, conversation(&pool, "17").await, "Written here").await;
    // A stranger of the browser, who writes to one of the app.
    sqlx::raw_sql("insert into users (username, name) values ('pam', 'Pam')")
        .execute(&pool)
        .await
        .unwrap();
    let pam = sqlx::query_scalar("select id from users where username = 'pam'")
        .fetch_one(&pool)
        .await
        .unwrap();
    let pam = Caller {
        user_id: UserId(pam),
        ..ada
    };
    let direct = here.direct(&pam, ada.user_id).await.unwrap();
    say(&here, &pam, direct.conversation.id, "Hello from here").await;

    go_back(&pool, "direct").await;
    let users = lines(
        &pool,
        "select concat_ws(' ', name, email, password, role, status) from old.users order by id",
    )
    .await;
    assert_eq!(
        users[..2],
        [
            "Ada Lovelace ada@example.org x Admin Active",
            "Grace Hopper grace@example.org x Client Active"
        ]
    );
    assert!(
        users[3].starts_with("Pam 2") && users[3].ends_with("@users.invalid ! Client Active"),
        "{users:?}"
    );
    let last = lines(
        &pool,
        r#"select last_message from old."Conversations" where id = 17"#,
    )
    .await;
    assert_eq!(last, ["Written here"]);
    let next: i64 = sqlx::query_scalar(r#"select nextval('old."Messages_id_seq"')"#)
        .fetch_one(&pool)
        .await
        .unwrap();
    assert!(next > new.0, "{next}");
    assert_eq!(
        lines(
            &pool,
            r#"select content from old."Messages" where id = 1010"#
        )
        .await,
        ["Hello back"]
    );
}
