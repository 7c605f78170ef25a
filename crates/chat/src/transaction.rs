//! Begins transactions, each in a task of its own: whoever asks may be gone before the database answers, as an HTTP
//! request whose connection was closed. sqlx (0.9.0) leaves a connection in the transaction then, and puts it back into
//! the pool (its issue 4393): the next statement there would be acknowledged without being committed, or refused in one
//! that only reads.

use crate::{Chat, Result};
use sqlx::{Postgres, Transaction};
use std::panic::resume_unwind;

type Begun = sqlx::Result<Transaction<'static, Postgres>>;

#[allow(
    clippy::disallowed_methods,
    reason = "these are begun in a task of their own"
)]
impl Chat {
    pub(crate) async fn begin(&self) -> Result<Transaction<'static, Postgres>> {
        let db = self.0.db.clone();
        whole(async move { db.begin().await }).await
    }

    /// A transaction that sees one state of the database. Without it, a change that was committed
    /// after the query of its table had run would be missed, if a later query saw a higher `seq`.
    pub(crate) async fn snapshot(&self) -> Result<Transaction<'static, Postgres>> {
        let db = self.0.db.clone();
        let begin = "begin isolation level repeatable read read only";
        whole(async move { db.begin_with(begin).await }).await
    }
}

async fn whole(
    future: impl Future<Output = Begun> + Send + 'static,
) -> Result<Transaction<'static, Postgres>> {
    match tokio::spawn(future).await {
        Ok(begun) => Ok(begun?),
        Err(error) => match error.try_into_panic() {
            Ok(panic) => resume_unwind(panic),
            // The runtime is shutting down.
            Err(_) => Err(sqlx::Error::WorkerCrashed.into()),
        },
    }
}
