//! Migrations run once, and a database with another history is refused with an explanation. The files
//! beside it have the database's bad days.

#![allow(
    clippy::disallowed_methods,
    reason = "tests are not cancelled, as a request is"
)]

#[path = "database/failures.rs"]
mod failures;
#[path = "verbs/fixtures.rs"]
#[allow(dead_code, reason = "the verbs' tests use the rest")]
mod fixtures;
#[path = "database/refusals.rs"]
mod refusals;
#[path = "verbs/s3_server.rs"]
#[allow(dead_code, reason = "the verbs' tests use the rest")]
mod s3_server;
#[path = "database/upkeep.rs"]
mod upkeep;

use std::fs;

use chat::database::{DatabaseError, connect, migrate};
use sqlx::PgPool;
use sqlx::postgres::PgConnectOptions;

/// Takes out of a test's database what it has of the template (`bin/with-postgres`).
async fn empty(pool: &PgPool) {
    let emptied = sqlx::raw_sql(
        "drop schema public cascade;
        create schema public authorization pg_database_owner;
        grant usage on schema public to public",
    );
    emptied.execute(pool).await.expect("emptied");
}

#[sqlx::test(migrations = false)]
async fn nodes_that_start_together_migrate_once(pool: PgPool) {
    empty(&pool).await;
    let nodes: Vec<_> = (0..8)
        .map(|_| {
            let pool = pool.clone();
            tokio::spawn(async move { migrate(&pool).await })
        })
        .collect();
    for node in nodes {
        node.await.expect("no panic").expect("migrated");
    }
    let (applied, failed): (i64, i64) = sqlx::query_as(
        "SELECT count(*) FILTER (WHERE success), count(*) FILTER (WHERE NOT success) FROM _sqlx_migrations",
    )
    .fetch_one(&pool)
    .await
    .expect("the migrator's list");
    let files = fs::read_dir("../../migrations").expect("migrations");
    let files = files
        .flatten()
        .filter(|file| file.path().extension().is_some_and(|end| end == "sql"))
        .count();
    assert_eq!((applied, failed), (i64::try_from(files).expect("few"), 0));
}

#[sqlx::test(migrations = false)]
async fn a_session_has_limits_but_a_migration_has_none(
    options: sqlx::postgres::PgPoolOptions,
    database: PgConnectOptions,
) {
    use sqlx::ConnectOptions;

    drop(options);
    let pool = connect(database.to_url_lossy().as_str(), 2)
        .await
        .expect("a pool");
    empty(&pool).await;
    migrate(&pool).await.expect("migrated");
    for setting in ["statement_timeout", "idle_in_transaction_session_timeout"] {
        let value: String = sqlx::query_scalar("SELECT current_setting($1)")
            .bind(setting)
            .fetch_one(&pool)
            .await
            .expect("a setting");
        assert_eq!(value, "30s", "{setting}");
    }
}

#[sqlx::test(migrations = false)]
async fn a_database_from_before_the_first_release_is_refused_with_what_to_do(pool: PgPool) {
    migrate(&pool).await.expect("migrated");
    // As the development versions left it: other files, and more of them.
    for statement in [
        "UPDATE _sqlx_migrations SET checksum = '\\x00' WHERE version = 4",
        "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time)
            VALUES (9999, 'search', true, '\\x00', 0)",
    ] {
        sqlx::raw_sql(statement)
            .execute(&pool)
            .await
            .expect("the list of migrations can be changed");
        let refused = migrate(&pool).await.expect_err("another history");
        assert!(
            matches!(refused, DatabaseError::BeforeFirstRelease(4)),
            "{refused}"
        );
        assert!(
            refused.to_string().contains("create a new, empty database"),
            "{refused}"
        );
    }
}

#[sqlx::test(migrations = false)]
async fn a_database_of_a_newer_version_is_refused_with_its_migration(pool: PgPool) {
    migrate(&pool).await.expect("migrated");
    sqlx::raw_sql(
        "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time)
        VALUES (9999, 'threads', true, '\\x00', 0)",
    )
    .execute(&pool)
    .await
    .expect("the list of migrations can be changed");
    let refused = migrate(&pool).await.expect_err("a migration of the future");
    assert!(matches!(refused, DatabaseError::Newer(9999)), "{refused}");
    assert!(refused.to_string().contains("a newer version"), "{refused}");
}

/// Applies the migrations with these numbers, in their order.
async fn apply(pool: &PgPool, numbers: std::ops::RangeInclusive<u32>) {
    let files = fs::read_dir("../../migrations").expect("migrations");
    let mut files: Vec<_> = files.flatten().map(|file| file.path()).collect();
    files.sort();
    for file in files {
        let name = file.file_name().and_then(|name| name.to_str());
        let number = name.and_then(|name| name.get(..4)?.parse().ok());
        if number.is_some_and(|number| numbers.contains(&number)) {
            let sql = fs::read_to_string(&file).expect("a migration");
            let mut tx = pool.begin().await.expect("a transaction");
            let applied = sqlx::raw_sql(sqlx::AssertSqlSafe(sql)).execute(&mut *tx);
            applied.await.expect("applied");
            tx.commit().await.expect("committed");
        }
    }
}

#[sqlx::test(migrations = false)]
async fn earlier_announcements_become_messages_and_stay_received(pool: PgPool) {
    empty(&pool).await;
    apply(&pool, 1..=14).await;
    let earlier = "
        insert into users (username, name, created_at)
            select name, name, now() - interval '9 days'
            from unnest('{admin,grace,linus}'::text[]) name;
        insert into announcements (body, kind, sent_by, reach, client_id, sent_at) values
            ('one', 'text', 1, 2, 'k', now() - interval '5 days'),
            ('two', 'image', 1, 2, null, now() - interval '3 days'),
            ('three', 'text', 1, 2, null, now() - interval '1 day');
        update users set announced_up_to = case username when 'admin' then 3 when 'grace' then 1 else 0 end;
        insert into users (username, name, created_at) values ('late', 'Late', now() - interval '2 days');
    ";
    sqlx::raw_sql(earlier).execute(&pool).await.expect("filled");
    apply(&pool, 15..=17).await;
    let positions: Vec<(String, i64, i64)> = sqlx::query_as(
        "select username, announcements_read, announcements_delivered from users order by id",
    )
    .fetch_all(&pool)
    .await
    .expect("users");
    let expected = [("admin", 3), ("grace", 1), ("linus", 0), ("late", 2)];
    let expected = expected.map(|(name, position)| (name.to_owned(), position, position));
    assert_eq!(positions, expected);
    let messages: Vec<(i64, i64, String, String, Option<String>, i64)> = sqlx::query_as(
        "select m.position, m.seq, m.kind, m.body, m.client_id, r.reach
        from messages m join announcement_reaches r on r.message_id = m.id
        where m.conversation_id = 0 order by m.position",
    )
    .fetch_all(&pool)
    .await
    .expect("messages");
    let row = |n, kind: &str, body: &str, client_id: Option<&str>| {
        let client_id = client_id.map(str::to_owned);
        (n, n + 1, kind.to_owned(), body.to_owned(), client_id, 2)
    };
    let expected = [
        row(1, "text", "one", Some("k")),
        row(2, "image", "two", None),
        row(3, "text", "three", None),
    ];
    assert_eq!(messages, expected);
    let head: (i64, i64) =
        sqlx::query_as("select position, seq from conversations where kind = 'announcements'")
            .fetch_one(&pool)
            .await
            .expect("the conversation");
    assert_eq!(head, (3, 4));
}

#[sqlx::test(migrations = false)]
async fn earlier_texts_get_their_one_form_and_no_row_is_lost(pool: PgPool) {
    empty(&pool).await;
    apply(&pool, 1..=22).await;
    let earlier = "
        insert into users (username, name, email) values
            ('ada', U&'A\\200Bda\\202E  King', U&'caf\\00E9@x.example'),
            ('grace', U&'\\3164', U&'CAFE\\0301@x.example'),
            ('linus', U&'Zoe\\0308' || repeat(U&'\\0301', 20) || U&' \\2764\\FE0F', 'linus@x.example');
        insert into conversations (kind, title, private, created_by)
            select 'group', U&'\\202EEngines', true, id from users where username = 'ada';
        insert into messages (conversation_id, position, created_seq, seq, sender_id, body)
            select c.id, 1, 2, 2, c.created_by, 'hello' from conversations c where c.id > 0;
        insert into reactions (message_id, emoji, user_id, created_at)
            select 1, emoji, u.id, now() - (n || ' minutes')::interval
            from users u, unnest(array[U&'\\2764', U&'\\2764\\FE0F', U&'\\261D\\FE0F\\+01F3FD', U&'1\\20E3',
                'party-parrot', U&'\\+01F44D']) with ordinality e(emoji, n)
            where u.username = 'ada' or n = 1;
    ";
    sqlx::raw_sql(earlier).execute(&pool).await.expect("filled");
    apply(&pool, 23..=23).await;
    let users: Vec<(String, String, String, bool)> =
        sqlx::query_as("select username, name, email, email_is_duplicate from users order by id")
            .fetch_all(&pool)
            .await
            .expect("users");
    let row = |username: &str, name: &str, email: &str, is_duplicate| {
        (
            username.to_owned(),
            name.to_owned(),
            email.to_owned(),
            is_duplicate,
        )
    };
    assert_eq!(
        users,
        [
            row("ada", "Ada King", "café@x.example", false),
            row("grace", "grace", "CAFE\u{301}@x.example", true),
            row(
                "linus",
                "Zoë\u{301}\u{301}\u{301}\u{301} ❤\u{fe0f}",
                "linus@x.example",
                false
            ),
        ]
    );
    let reactions: Vec<(String, i64)> = sqlx::query_as(
        "select emoji, count(*) from reactions group by emoji order by emoji collate \"C\"",
    )
    .fetch_all(&pool)
    .await
    .expect("reactions");
    let expected = [
        ("1\u{fe0f}\u{20e3}", 1),
        ("party-parrot", 1),
        ("☝🏽", 1),
        ("❤\u{fe0f}", 3),
        ("👍", 1),
    ];
    assert_eq!(
        reactions,
        expected.map(|(emoji, count)| (emoji.to_owned(), count))
    );
    let title: String = sqlx::query_scalar("select title from conversations where id > 0")
        .fetch_one(&pool)
        .await
        .expect("a title");
    assert_eq!(title, "Engines");
}

#[sqlx::test(migrations = false)]
async fn earlier_addresses_at_one_host_are_both_kept(pool: PgPool) {
    empty(&pool).await;
    apply(&pool, 1..=30).await;
    let earlier = "
        insert into users (username, name, email) values
            ('ada', 'Işık', 'me@xn--mnchen-3ya.de'), ('grace', 'Grace', 'Me@MÜNCHEN.de'),
            ('linus', 'Linus', 'linus@x.example');
    ";
    sqlx::raw_sql(earlier).execute(&pool).await.expect("filled");
    apply(&pool, 40..=41).await;
    let users: Vec<(String, String, bool)> =
        sqlx::query_as("select username, email, email_is_duplicate from users order by id")
            .fetch_all(&pool)
            .await
            .expect("users");
    let row = |username: &str, email: &str, is_duplicate| {
        (username.to_owned(), email.to_owned(), is_duplicate)
    };
    assert_eq!(
        users,
        [
            row("ada", "me@xn--mnchen-3ya.de", false),
            row("grace", "Me@MÜNCHEN.de", true),
            row("linus", "linus@x.example", false),
        ]
    );
    let found: Vec<String> = sqlx::query_scalar(
        "select username from users where fold_text(name) like contains_pattern('IŞIK')",
    )
    .fetch_all(&pool)
    .await
    .expect("users");
    assert_eq!(found, ["ada"]);
}

/// The migration has a list of the emoji that are text by default, as a database has none.
#[sqlx::test(migrations = false)]
async fn earlier_reactions_become_what_the_program_writes(pool: PgPool) {
    empty(&pool).await;
    apply(&pool, 1..=22).await;
    let bare: Vec<String> = chat_emoji().map(|it| it.replace('\u{fe0f}', "")).collect();
    let expected: Vec<String> = chat_emoji().map(str::to_owned).collect();
    sqlx::raw_sql(
        "insert into users (username, name) values ('ada', 'Ada');
        insert into conversations (kind, title, private, created_by) values ('group', 'G', true, 1);",
    )
    .execute(&pool)
    .await
    .expect("filled");
    sqlx::query(
        "with said as (
            insert into messages (conversation_id, position, created_seq, seq, sender_id, body)
            select 1, n, n + 1, n + 1, 1, emoji from unnest($1::text[]) with ordinality e(emoji, n)
            returning id, body
        )
        insert into reactions (message_id, emoji, user_id) select id, body, 1 from said",
    )
    .bind(&bare)
    .execute(&pool)
    .await
    .expect("reactions");
    apply(&pool, 23..=23).await;
    let after: Vec<String> = sqlx::query_scalar("select emoji from reactions order by message_id")
        .fetch_all(&pool)
        .await
        .expect("reactions");
    let wrong: Vec<_> = expected
        .iter()
        .zip(&after)
        .filter(|(it, after)| it != after)
        .collect();
    assert_eq!((after.len(), wrong), (expected.len(), vec![]));
}

/// Every emoji, as a reaction is stored.
fn chat_emoji() -> impl Iterator<Item = &'static str> {
    emojis::iter().map(|it| chat::canonical_reaction(it.as_str()).expect("an emoji"))
}
