//! Generic plans: the query of a page of messages is planned once for a connection, not for each call.

use crate::fixtures::people;
use chat::{Chat, MessagesRequest, PageAnchor};
use sqlx::{PgPool, postgres::PgPoolOptions};

/// Postgres makes five custom plans of a prepared statement, then a generic one, and stays with it unless
/// it costs more (<https://www.postgresql.org/docs/current/sql-prepare.html>, notes).
const CALLS: i64 = 8;

#[sqlx::test(migrations = "../../migrations")]
async fn a_page_of_messages_is_planned_once(db: PgPool) {
    let people = people(db.clone()).await;
    let id = people.group().await;
    // So many that a generic plan which reads a tenth of them (Postgres' guess for a LIMIT that it does
    // not know) would cost more than planning each call.
    sqlx::query(
        "insert into messages (conversation_id, position, created_seq, seq, sender_id, body)
        select $1, n, n + 100, n + 100, $2, 'filler' from generate_series(1, 60000) n",
    )
    .bind(id.0)
    .bind(people.ada.user_id.0)
    .execute(&db)
    .await
    .unwrap();
    sqlx::raw_sql("vacuum analyze").execute(&db).await.unwrap();

    // One connection, because a prepared statement belongs to its connection.
    let options = (*db.connect_options()).clone();
    let one = PgPoolOptions::new().max_connections(1);
    let one = one.connect_with(options).await.unwrap();
    let chat = Chat::new(one.clone(), crate::fixtures::settings());
    for n in 1..=CALLS {
        for anchor in [PageAnchor::Before(n * 5000), PageAnchor::After(n * 5000)] {
            let request = MessagesRequest {
                anchor,
                limit: Some(50),
                main_line: false,
            };
            let page = chat.messages(&people.grace, id, request).await.unwrap();
            assert_eq!(page.items.len(), 50);
        }
    }
    let plans: Vec<(i64, i64)> = sqlx::query_as(
        "select generic_plans, custom_plans from pg_prepared_statements
        where statement like 'select id as %from message_rows%'",
    )
    .fetch_all(&one)
    .await
    .unwrap();
    assert_eq!(plans, [(CALLS - 5, 5); 2]);
}
