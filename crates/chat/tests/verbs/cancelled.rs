//! Requests whose callers are gone before the answer.

use crate::fixtures::people;
use futures_util::FutureExt;
use model::DraftChange;
use sqlx::{Connection, PgConnection, PgPool};
use std::time::{Duration, Instant};

/// sqlx 0.9.0 loses a transaction whose beginning is cancelled (sqlx issue 4393): what others write over that
/// connection afterwards would be acknowledged, and not be there.
#[sqlx::test(migrations = "../../migrations")]
async fn a_verb_that_is_dropped_leaves_no_transaction_open(db: PgPool) {
    let people = people(db.clone()).await;
    let id = people.group().await;
    let mut other = PgConnection::connect_with(&db.connect_options())
        .await
        .unwrap();
    for step in 0..200 {
        let change = DraftChange {
            body: format!("Draft {step}"),
            ..DraftChange::default()
        };
        let mut save = Box::pin(people.chat.save_draft(&people.ada, id, change));
        // Each time a little later in what the verb does.
        let begun = Instant::now();
        while begun.elapsed() < Duration::from_micros(10 * step) {
            if (&mut save).now_or_never().is_some() {
                break;
            }
            tokio::task::yield_now().await;
        }
        drop(save);
        let given_up = Instant::now() + Duration::from_secs(5);
        while open_transactions(&mut other).await > 0 {
            assert!(
                Instant::now() < given_up,
                "a transaction is open, after {step} steps"
            );
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    }
}

async fn open_transactions(db: &mut PgConnection) -> i64 {
    sqlx::query_scalar(
        "select count(*) from pg_stat_activity
        where datname = current_database() and state like 'idle in transaction%'",
    )
    .fetch_one(db)
    .await
    .unwrap()
}
