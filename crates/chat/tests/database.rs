//! Migrations run once, and a database with another history is refused with an explanation.

use std::fs;

use chat::database::{DatabaseError, connect, migrate};
use sqlx::PgPool;
use sqlx::postgres::PgConnectOptions;

#[sqlx::test(migrations = false)]
async fn nodes_that_start_together_migrate_once(pool: PgPool) {
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
            VALUES (99, 'search', true, '\\x00', 0)",
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
        VALUES (99, 'threads', true, '\\x00', 0)",
    )
    .execute(&pool)
    .await
    .expect("the list of migrations can be changed");
    let refused = migrate(&pool).await.expect_err("a migration of the future");
    assert!(matches!(refused, DatabaseError::Newer(99)), "{refused}");
    assert!(refused.to_string().contains("a newer version"), "{refused}");
}
