//! Nodes on one database notice each other, readiness writes without growth, and sweeps delete what
//! nobody needs.

use super::fixtures::{people, settings};
use chat::Chat;
use sqlx::{AssertSqlSafe, PgPool};
use std::time::{Duration, Instant};

async fn run(db: &PgPool, sql: &str) {
    let done = sqlx::raw_sql(AssertSqlSafe(sql.to_owned()))
        .execute(db)
        .await;
    done.unwrap_or_else(|error| panic!("{sql}: {error}"));
}

async fn count(db: &PgPool, table: &str) -> i64 {
    let sql = format!("select count(*) from {table}");
    sqlx::query_scalar(AssertSqlSafe(sql))
        .fetch_one(db)
        .await
        .unwrap()
}

async fn wait_for(what: &str, done: impl Fn() -> bool) {
    let began = Instant::now();
    while !done() {
        assert!(began.elapsed() < Duration::from_secs(20), "{what}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

#[sqlx::test(migrations = "../../migrations")]
async fn two_nodes_without_a_bus_notice_each_other(db: PgPool) {
    // One that was killed a moment ago is no other node.
    run(
        &db,
        "insert into nodes (id, started_at) values (1, now() - interval '1 hour')",
    )
    .await;
    let one = Chat::new(db.clone(), settings());
    let registered = one.clone();
    let first = tokio::spawn(async move { registered.keep_registered().await });
    tokio::time::sleep(Duration::from_secs(6)).await;
    assert_eq!(one.unheard_nodes(), 0, "it is alone");

    let other = Chat::new(db.clone(), settings());
    let registered = other.clone();
    let second = tokio::spawn(async move { registered.keep_registered().await });
    wait_for("both notice", || {
        one.unheard_nodes() == 1 && other.unheard_nodes() == 1
    })
    .await;
    second.abort();
    other.unregister().await;
    wait_for("one is alone again", || one.unheard_nodes() == 0).await;
    first.abort();
}

#[sqlx::test(migrations = "../../migrations")]
async fn readiness_writes_without_growth(db: PgPool) {
    let chat = Chat::new(db.clone(), settings());
    let writes = "select n_tup_ins + n_tup_upd from pg_stat_user_tables where relname = 'nodes'";
    for _ in 0..400 {
        chat.check_ready().await.expect("ready");
    }
    for _ in 0..300 {
        run(&db, "update nodes set seen_at = now()").await;
    }
    assert_eq!(count(&db, "nodes").await, 1);
    let size: i64 = sqlx::query_scalar("select pg_relation_size('nodes')")
        .fetch_one(&db)
        .await
        .unwrap();
    assert!(size <= 2 * 8192, "{size} bytes");
    // Statistics of other connections arrive late; their number only matters as far as it is small.
    run(&db, "select pg_stat_force_next_flush()").await;
    let writes: i64 = sqlx::query_scalar(writes).fetch_one(&db).await.unwrap();
    assert!(writes < 300 + 50, "{writes} writes for 400 questions");
}

const OLD: &str = "
    insert into sessions (user_id, user_agent, expires_at, revoked_at) select 1, agent, now() + lasts, revoked
    from (values
        ('live', interval '60 days', null::timestamptz),
        ('just expired', interval '-1 day', null),
        ('just revoked', interval '60 days', now() - interval '1 day'),
        ('expired', interval '-8 days', null),
        ('revoked', interval '60 days', now() - interval '8 days')
    ) it (agent, lasts, revoked);
    insert into refresh_tokens (token_hash, session_id, used_at)
    select sha256((id || used::text)::bytea), id, now() - used from sessions
    cross join (values (interval '1 day'), (interval '61 days')) it (used);
    insert into refresh_tokens (token_hash, session_id) select sha256(id::text::bytea), id from sessions;
    -- Three readers: of old and new marks, of old ones only, of new ones only.
    insert into read_marks (conversation_id, user_id, position, read_at) values
        (7, 1, 1, now() - interval '500 days'), (7, 1, 2, now() - interval '400 days'),
        (7, 1, 3, now() - interval '366 days'), (7, 1, 4, now() - interval '300 days'), (7, 1, 9, now()),
        (7, 2, 1, now() - interval '500 days'), (7, 2, 5, now() - interval '499 days'),
        (8, 1, 1, now() - interval '300 days'), (8, 1, 2, now());
    insert into nodes (id, seen_at) values (1, now() - interval '2 hours'), (2, now());
    insert into invitations (token_hash, note, expires_at, revoked_at, max_uses, uses)
    select sha256(note::bytea), note, now() + lasts, revoked, 1, uses from (values
        ('good', interval '1 day', null::timestamptz, 0),
        ('used', interval '1 day', null, 1),
        ('just expired', interval '-1 day', null, 0),
        ('expired', interval '-8 days', null, 0),
        ('revoked', interval '60 days', now() - interval '8 days', 0)
    ) it (note, lasts, revoked, uses);
    insert into password_resets (user_id, token_hash, expires_at)
    select id, sha256(id::text::bytea), now() + (id * 2 - 3) * interval '2 days' from users where id < 3;
";

#[sqlx::test(migrations = "../../migrations")]
async fn what_nobody_needs_is_swept_once_a_day_by_one_node(db: PgPool) {
    let people = people(db.clone()).await;
    run(&db, OLD).await;
    let other = Chat::new(db.clone(), settings());

    // Another node is at it: it holds the rows of the sweeps.
    let mut held = db.begin().await.unwrap();
    sqlx::query("select from sweeps for update")
        .execute(&mut *held)
        .await
        .unwrap();
    assert_eq!(
        people.chat.sweep().await.unwrap(),
        1,
        "only the dead node is swept"
    );
    held.rollback().await.unwrap();

    let (one, two) = tokio::join!(people.chat.sweep(), other.sweep());
    // A token of each session that was used long ago; two sessions; two marks of one reader and one of
    // another; two invitations; a link of one user.
    assert_eq!(one.unwrap() + two.unwrap(), 5 + 2 + 3 + 2 + 1);
    let agents: Vec<String> = sqlx::query_scalar("select user_agent from sessions order by id")
        .fetch_all(&db)
        .await
        .unwrap();
    assert_eq!(agents, ["live", "just expired", "just revoked"]);
    let notes: Vec<String> = sqlx::query_scalar("select note from invitations order by id")
        .fetch_all(&db)
        .await
        .unwrap();
    assert_eq!(notes, ["good", "used", "just expired"]);
    let resets: Vec<i64> = sqlx::query_scalar("select user_id from password_resets")
        .fetch_all(&db)
        .await
        .unwrap();
    assert_eq!(resets, [2], "that of the first user is over");
    assert_eq!(
        count(&db, "refresh_tokens").await,
        6,
        "unused ones, and those used lately"
    );
    let marks: Vec<(i64, i64, i64)> = sqlx::query_as(
        "select conversation_id, user_id, position from read_marks order by 1, 2, 3",
    )
    .fetch_all(&db)
    .await
    .unwrap();
    assert_eq!(
        marks,
        [
            (7, 1, 3),
            (7, 1, 4),
            (7, 1, 9),
            (7, 2, 5),
            (8, 1, 1),
            (8, 1, 2)
        ]
    );

    // The next round is due tomorrow.
    run(
        &db,
        "update sessions set expires_at = now() - interval '9 days'",
    )
    .await;
    assert_eq!(people.chat.sweep().await.unwrap(), 0);
    run(
        &db,
        "update sweeps set finished_at = now() - interval '25 hours'",
    )
    .await;
    assert_eq!(people.chat.sweep().await.unwrap(), 3);
}

#[sqlx::test(migrations = "../../migrations")]
async fn a_long_sweep_has_many_parts(db: PgPool) {
    let people = people(db.clone()).await;
    run(
        &db,
        "insert into sessions (user_id, expires_at) select 1, now() - interval '9 days' from generate_series(1, 2500);
        insert into read_marks (conversation_id, user_id, position, read_at)
        select c, u, p, now() - interval '2 years'
        from generate_series(1, 30) c, generate_series(1, 40) u, generate_series(1, 3) p",
    )
    .await;
    assert_eq!(people.chat.sweep().await.unwrap(), 2500 + 30 * 40 * 2);
    assert_eq!(count(&db, "sessions").await, 0);
    assert_eq!(count(&db, "read_marks where position = 3").await, 30 * 40);
}
