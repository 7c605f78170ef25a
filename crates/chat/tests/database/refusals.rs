//! Databases that cannot serve a chat are refused at the start, with what to do about it; a role that may
//! not change the schema can serve.

use super::{
    empty,
    fixtures::{people, settings, text},
};
use chat::{
    Chat,
    database::{DatabaseError, connect, migrate},
};
use sqlx::{AssertSqlSafe, ConnectOptions, PgPool, postgres::PgConnectOptions};
use std::time::{Duration, Instant};

async fn run(db: &PgPool, sql: String) {
    let done = sqlx::raw_sql(AssertSqlSafe(sql.clone())).execute(db).await;
    done.unwrap_or_else(|error| panic!("{sql}: {error}"));
}

fn url(options: &PgConnectOptions) -> String {
    options.to_url_lossy().to_string()
}

/// What a database says that was created with these options.
async fn refused_with(db: &PgPool, name: &str, options: &str) -> DatabaseError {
    run(db, format!("drop database if exists {name}")).await;
    run(
        db,
        format!("create database {name} template template0 {options}"),
    )
    .await;
    let there = (*db.connect_options()).clone().database(name);
    let refused = connect(&url(&there), 2).await;
    run(db, format!("drop database {name} with (force)")).await;
    refused
        .err()
        .unwrap_or_else(|| panic!("{options} was accepted"))
}

#[sqlx::test(migrations = false)]
async fn a_database_that_folds_no_case_or_stores_no_text_is_refused(db: PgPool) {
    for (n, locale) in ["C", "POSIX"].iter().enumerate() {
        let options = format!("encoding 'UTF8' locale '{locale}'");
        let refused = refused_with(&db, &format!("no_folding_{n}"), &options).await;
        assert!(
            matches!(refused, DatabaseError::FoldsNoCase { .. }),
            "{refused}"
        );
        let refused = refused.to_string();
        assert!(refused.contains("locale 'C.UTF-8'"), "{refused}");
    }
    for (n, encoding) in ["SQL_ASCII", "LATIN1", "EUC_JP"].iter().enumerate() {
        let options = format!("encoding '{encoding}' locale 'C'");
        let refused = refused_with(&db, &format!("no_unicode_{n}"), &options).await;
        assert!(
            matches!(refused, DatabaseError::Encoding { .. }),
            "{refused}"
        );
        let refused = refused.to_string();
        assert!(refused.contains(encoding), "{refused}");
        assert!(refused.contains("create database parlance"), "{refused}");
    }
}

#[sqlx::test(migrations = false)]
async fn an_old_postgres_is_refused(db: PgPool) {
    // One that says so of itself: the function hides the one of the catalogue.
    let pretence = "create function public.current_setting(text) returns text language sql as
        $$ select case $1 when 'server_version' then '13.23' when 'server_version_num' then '130023'
            else pg_catalog.current_setting($1, true) end $$";
    run(&db, pretence.to_owned()).await;
    let name = db.connect_options().get_database().unwrap().to_owned();
    run(
        &db,
        format!("alter database \"{name}\" set search_path = public, pg_catalog"),
    )
    .await;
    let refused = connect(&url(&db.connect_options()), 2)
        .await
        .expect_err("too old")
        .to_string();
    assert!(refused.contains("this is Postgres 13.23"), "{refused}");
    assert!(refused.contains("14 or newer"), "{refused}");
}

#[sqlx::test(migrations = false)]
async fn a_database_that_cannot_be_reached_is_named_with_the_reason(db: PgPool) {
    let began = Instant::now();
    let unreachable = "postgres://ada:secret@127.0.0.1:1,localhost:2/chat";
    let refused = connect(unreachable, 2)
        .await
        .expect_err("nobody listens")
        .to_string();
    for part in ["127.0.0.1:1", "localhost:2", "refused"] {
        assert!(refused.contains(part), "{part} in {refused}");
    }
    assert!(!refused.contains("secret"), "{refused}");
    assert!(
        began.elapsed() > Duration::from_secs(9),
        "it may be starting"
    );

    // What does not pass by itself is told at once.
    let began = Instant::now();
    let missing = (*db.connect_options()).clone().database("no_such_database");
    let refused = connect(&url(&missing), 2)
        .await
        .expect_err("no database")
        .to_string();
    assert!(refused.contains("no_such_database"), "{refused}");
    let nobody = (*db.connect_options()).clone().username("no_such_role");
    let refused = connect(&url(&nobody), 2)
        .await
        .expect_err("no role")
        .to_string();
    assert!(refused.contains("no_such_role"), "{refused}");
    assert!(
        began.elapsed() < Duration::from_secs(5),
        "{:?}",
        began.elapsed()
    );
}

#[sqlx::test(migrations = false)]
async fn the_host_that_takes_writes_is_chosen(db: PgPool) {
    let name = db.connect_options().get_database().unwrap().to_owned();
    let path = url(&db.connect_options());
    let (_, path) = path.split_once("://").unwrap();
    let socket = db.connect_options();
    let Some(socket) = socket.get_socket().map(|it| it.display().to_string()) else {
        return;
    };
    let (user, _) = path.split_once(['@', ':']).unwrap();
    let several = format!("postgres://{user}@/{name}?host=/nowhere,{socket}&port=5432,5432");
    let pool = connect(&several, 2).await.expect("the second host");
    run(&pool, "create table written (n int)".to_owned()).await;

    run(
        &db,
        format!("alter database \"{name}\" set default_transaction_read_only = on"),
    )
    .await;
    let refused = connect(&several, 2)
        .await
        .expect_err("no host takes writes")
        .to_string();
    assert!(refused.contains("/nowhere"), "{refused}");
    assert!(refused.contains("it takes no writes"), "{refused}");
}

/// The role that serves: it can sign in, and owns nothing.
async fn role(db: &PgPool, name: &str) -> PgConnectOptions {
    run(db, format!("do $$ begin create role {name} login; exception when duplicate_object then null; end $$")).await;
    (*db.connect_options()).clone().username(name)
}

#[sqlx::test(migrations = false)]
async fn a_role_without_rights_on_the_schema_serves(db: PgPool) {
    empty(&db).await;
    let server = role(&db, "parlance_test_server").await;
    let pool = connect(&url(&server), 4).await.unwrap();
    let refused = migrate(&pool)
        .await
        .expect_err("nobody has migrated")
        .to_string();
    assert!(refused.contains("parlance_test_server"), "{refused}");
    assert!(refused.contains("parlance migrate"), "{refused}");
    assert!(refused.contains("migrations 1, 2"), "{refused}");

    migrate(&db).await.expect("the owner migrates");
    run(
        &db,
        "grant select on _sqlx_migrations to parlance_test_server".to_owned(),
    )
    .await;
    let refused = migrate(&pool).await.expect_err("no rights").to_string();
    assert!(refused.contains("messages"), "{refused}");
    let grants: Vec<_> = refused
        .lines()
        .map(str::trim)
        .filter(|it| it.starts_with("grant"))
        .collect();
    assert_eq!(grants.len(), 2, "{refused}");
    // Those of the tables alone are not enough.
    run(&db, grants[0].to_owned()).await;
    let refused = migrate(&pool).await.expect_err("no sequences").to_string();
    assert!(refused.contains("messages_id_seq"), "{refused}");
    run(&db, grants[1].to_owned()).await;
    migrate(&pool).await.expect("nothing is left to do");

    let mut people = people(db).await;
    people.chat = Chat::new(pool, settings());
    let id = people.group().await;
    let sent = people
        .chat
        .send_message(&people.ada, id, text("By the server's role", None));
    sent.await.expect("it writes");
    people.chat.check_ready().await.expect("it is ready");
    people.chat.sweep().await.expect("it sweeps");
    let flushed: Result<i64, _> =
        sqlx::query_scalar("select flush_pending_list('message_search_text_trgm')")
            .fetch_one(people.chat.pool())
            .await;
    flushed.expect("it keeps the search index short");
}

/// The name of the database of this test, as SQL has it.
fn name_of(db: &PgPool) -> String {
    let options = db.connect_options();
    format!("\"{}\"", options.get_database().unwrap_or_default())
}

#[sqlx::test(migrations = false)]
async fn other_defaults_of_the_database_change_nothing(db: PgPool) {
    empty(&db).await;
    for setting in [
        "statement_timeout = '5ms'",
        "lock_timeout = '1ms'",
        "idle_in_transaction_session_timeout = '500ms'",
        "default_transaction_isolation = 'repeatable read'",
        "standard_conforming_strings = off",
        "bytea_output = 'escape'",
        "datestyle = 'SQL, DMY'",
        "timezone = 'Asia/Kathmandu'",
        "default_text_search_config = 'german'",
    ] {
        run(
            &db,
            format!("alter database {} set {setting}", name_of(&db)),
        )
        .await;
    }
    let pool = connect(&url(&db.connect_options()), 4).await.unwrap();
    migrate(&pool).await.expect("a migration may take its time");
    for (name, wanted) in [
        ("default_transaction_isolation", "read committed"),
        ("statement_timeout", "30s"),
        ("lock_timeout", "10s"),
    ] {
        let value: String = sqlx::query_scalar("select current_setting($1)")
            .bind(name)
            .fetch_one(&pool)
            .await
            .unwrap();
        assert_eq!(value, wanted, "{name}");
    }
    let people = people(pool).await;
    let id = people.group().await;
    let sent = people
        .chat
        .send_message(&people.ada, id, text("50% of C:\\", None));
    sent.await.expect("sent");
}

#[sqlx::test(migrations = false)]
async fn a_database_in_which_nothing_can_be_created_is_refused_with_what_to_do(db: PgPool) {
    empty(&db).await;
    for (setting, words) in [
        (
            "default_transaction_read_only = on",
            ["takes no writes", "primary"],
        ),
        ("search_path = ''", ["no schema", "set search_path"]),
    ] {
        run(
            &db,
            format!("alter database {} set {setting}", name_of(&db)),
        )
        .await;
        let pool = connect(&url(&db.connect_options()), 2).await.unwrap();
        let refused = migrate(&pool).await.expect_err(setting).to_string();
        for word in words {
            assert!(refused.contains(word), "{word} in {refused}");
        }
        pool.close().await;
        let reset = format!(
            "set default_transaction_read_only = off; alter database {} reset all",
            name_of(&db)
        );
        run(&db, reset).await;
    }
}

#[sqlx::test(migrations = false)]
async fn one_connection_is_enough_and_none_is_no_panic(db: PgPool) {
    migrate(&db).await.unwrap();
    let mut people = people(db.clone()).await;
    for connections in [0, 1] {
        let pool = connect(&url(&db.connect_options()), connections)
            .await
            .unwrap();
        people.chat = Chat::new(pool, settings());
        let id = people.group().await;
        for n in 0..3 {
            let sent = people
                .chat
                .send_message(&people.ada, id, text(&n.to_string(), None));
            sent.await.expect("sent");
            people.chat.check_ready().await.expect("ready beside it");
        }
    }
}
