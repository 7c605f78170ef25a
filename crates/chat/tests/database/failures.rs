//! Failures of the database while a chat runs on it: what passes is `Unavailable`, a connection that is of
//! no use is thrown away, and a send that was rolled back is written again.

use super::fixtures::{People, people, settings, text};
use chat::{Chat, Error, database::connect};
use model::{ConversationId, ErrorCode};
use sqlx::{AssertSqlSafe, ConnectOptions, PgPool};
use std::time::{Duration, Instant};

async fn run(db: &PgPool, sql: &str) {
    let done = sqlx::raw_sql(AssertSqlSafe(sql.to_owned()))
        .execute(db)
        .await;
    done.unwrap_or_else(|error| panic!("{sql}: {error}"));
}

/// People whose chat has a pool of its own, as a server's.
async fn served(db: &PgPool, connections: u32) -> (People, ConversationId) {
    let mut people = people(db.clone()).await;
    let url = db.connect_options().to_url_lossy();
    let pool = connect(url.as_str(), connections).await.unwrap();
    people.chat = Chat::new(pool, settings());
    let id = people.group().await;
    (people, id)
}

async fn send(people: &People, id: ConversationId, body: &str) -> Result<(), Error> {
    let new = text(body, Some(body));
    let sent = people.chat.send_message(&people.ada, id, new).await;
    sent.map(|_| ())
}

/// The bodies of a conversation that are in the database.
async fn bodies(db: &PgPool, id: ConversationId) -> Vec<String> {
    let query = "select body from messages where conversation_id = $1 order by position";
    sqlx::query_scalar(query)
        .bind(id.0)
        .fetch_all(db)
        .await
        .unwrap()
}

#[sqlx::test(migrations = "../../migrations")]
async fn each_class_of_failures_has_its_answer(db: PgPool) {
    let raise = async |code: &str| {
        let sql = format!("do $$ begin raise exception 'no' using errcode = '{code}'; end $$");
        let raised = sqlx::raw_sql(AssertSqlSafe(sql)).execute(&db).await;
        Error::from(raised.expect_err("an error"))
    };
    for code in [
        "08006", "08P01", "25006", "25P02", "25P03", "26000", "28P01", "34000", "3D000", "40001",
        "40003", "40P01", "42P05", "53100", "53200", "53300", "53400", "55000", "55006", "55P03",
        "57014", "57P01", "57P02", "57P03", "57P04", "57P05", "58000", "58030", "72000",
    ] {
        let error = raise(code).await;
        assert_eq!(error.code(), ErrorCode::Unavailable, "{code}: {error:?}");
        assert_eq!(error.retry_after(), Some(1), "{code}");
        assert_eq!(error.is_read_only(), code == "25006", "{code}");
    }
    for code in [
        "0A000", "22012", "23505", "42501", "42P01", "54000", "XX000", "XX001",
    ] {
        let error = raise(code).await;
        assert_eq!(error.code(), ErrorCode::Internal, "{code}: {error:?}");
    }
    let mut connection = db.acquire().await.unwrap();
    let slow = "set statement_timeout = '20ms'; select pg_sleep(5)";
    let slow = sqlx::raw_sql(slow).execute(&mut *connection).await;
    let error = Error::from(slow.expect_err("a timeout"));
    assert_eq!(error.code(), ErrorCode::Unavailable, "{error:?}");
}

#[sqlx::test(migrations = "../../migrations")]
async fn a_server_that_was_read_only_takes_sends_again_without_a_restart(db: PgPool) {
    let (people, id) = served(&db, 4).await;
    send(&people, id, "before").await.unwrap();
    people.chat.check_ready().await.expect("ready");
    let name = db.connect_options().get_database().unwrap().to_owned();
    // As after a failover: every connection is to a server that takes no writes, and stays so.
    run(
        &db,
        &format!("alter database \"{name}\" set default_transaction_read_only = on"),
    )
    .await;
    let others = "select pg_terminate_backend(pid) from pg_stat_activity
        where datname = current_database() and application_name = 'parlance'";
    run(&db, others).await;
    let began = Instant::now();
    loop {
        match people.chat.check_ready().await {
            Err(error) if error.is_read_only() => break,
            _ => assert!(
                began.elapsed() < Duration::from_secs(5),
                "readiness asks for a write"
            ),
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    let refused = send(&people, id, "meanwhile").await.expect_err("read-only");
    assert_eq!(refused.code(), ErrorCode::Unavailable, "{refused:?}");
    let page = people
        .chat
        .sessions(&people.ada, &model::PageRequest::default())
        .await;
    page.expect("what was there can be read");

    // The connections that the chat has now are read-only until they end.
    run(
        &db,
        &format!("alter database \"{name}\" reset default_transaction_read_only"),
    )
    .await;
    let began = Instant::now();
    while let Err(error) = send(&people, id, "after").await {
        assert_eq!(error.code(), ErrorCode::Unavailable, "{error:?}");
        assert!(
            began.elapsed() < Duration::from_secs(5),
            "the old connections are kept"
        );
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    people.chat.check_ready().await.expect("ready again");
    assert_eq!(bodies(&db, id).await, ["before", "after"]);
}

/// Makes the first `times` messages of the database fail. Numbers of a sequence are not rolled back.
async fn fail_messages(db: &PgPool, code: &str, times: u32) {
    run(
        db,
        &format!(
            "create sequence if not exists failures; select setval('failures', 1, false);
            create or replace function fail() returns trigger language plpgsql as $$ begin
                if nextval('failures') <= {times} then
                    raise exception 'made up' using errcode = '{code}';
                end if;
                return new;
            end $$;
            create or replace trigger fail before insert on messages
                for each row execute function fail();"
        ),
    )
    .await;
}

#[sqlx::test(migrations = "../../migrations")]
async fn a_send_that_was_rolled_back_is_written_again(db: PgPool) {
    let (people, id) = served(&db, 4).await;
    let repeatable = ["40001", "40P01", "42P05", "26000", "25006"];
    for code in repeatable {
        fail_messages(&db, code, 2).await;
        let sent = send(&people, id, code).await;
        sent.unwrap_or_else(|error| panic!("{code}: {error:?}"));
    }
    assert_eq!(bodies(&db, id).await, repeatable);

    // It is given up at last, and nothing of it is in the database.
    fail_messages(&db, "40P01", 100).await;
    let refused = send(&people, id, "never")
        .await
        .expect_err("always a deadlock");
    assert_eq!(refused.code(), ErrorCode::Unavailable);
    fail_messages(&db, "53100", 1).await;
    let refused = send(&people, id, "full").await.expect_err("no disk");
    assert_eq!(refused.code(), ErrorCode::Unavailable);
    send(&people, id, "last").await.expect("the disk has room");
    let written = bodies(&db, id).await;
    assert_eq!(written[repeatable.len()..], ["last"]);
}

#[sqlx::test(migrations = "../../migrations")]
async fn connections_that_have_lost_their_statements_are_thrown_away(db: PgPool) {
    let (people, _) = served(&db, 1).await;
    let read = async || {
        people
            .chat
            .sessions(&people.ada, &model::PageRequest::default())
            .await
    };
    // Other tests of this process lose statements, too, after which every connection is thrown away.
    let mut lost = None;
    for _ in 0..20 {
        read().await.expect("a prepared statement");
        // As a pooler does that gives the connection another backend.
        run(people.chat.pool(), "deallocate all").await;
        lost = read().await.err();
        if lost.is_some() {
            break;
        }
    }
    let lost = lost.expect("26000");
    assert_eq!(lost.code(), ErrorCode::Unavailable, "{lost:?}");
    // Connections are thrown away at most once in a second, and other tests do so, too.
    for _ in 0..20 {
        if read().await.is_ok() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    read().await.expect("another connection");
}
