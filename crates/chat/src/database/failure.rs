//! What a failure of the database means: whether it passes, whether it has spoilt the connection,
//! and whether the transaction was certainly rolled back.
//!
//! The codes are `SQLSTATE`s (Postgres' manual, appendix A). The first two characters are the
//! class.

use sqlx::{Error, postgres::PgDatabaseError};

/// Classes and codes of failures that may be gone when the request is repeated.
const TRANSIENT: [&str; 14] = [
    "08",    // connection exceptions; PgBouncer's own refusals are 08P01
    "25",    // invalid transaction state: a read-only server (25006), or a connection left unusable
    "26000", // a prepared statement is not there: the backend behind a pooler is another one
    "28",    // the role is refused: its password is being changed, or `pg_hba.conf`
    "34000", // a portal is not there, as 26000
    "3D000", // the database is not there: it is being restored
    "40",    // the transaction was rolled back: serialization failure, deadlock
    "42P05", // a prepared statement is there already, as 26000
    "53",    // no memory, disk or connections
    "55",    // something is locked, in use, or not ready
    "57014", // `statement_timeout`, or cancelled by an administrator
    "57P",   // the server is stopping, starting, or has dropped the database
    "58",    // errors of the system, such as an I/O error
    "72000", // snapshot too old
];

/// Those after which the connection serves nobody any more: what it is connected to has changed.
const SPOILS_CONNECTION: [&str; 7] = ["08", "25", "26000", "34000", "42P05", "57P", "58"];

/// Those after which the transaction may still have been committed: the server, or a proxy before
/// it, went away before it could say so.
const IN_DOUBT: [&str; 4] = ["08", "40003", "57P", "58"];

/// Those that the same statement on another connection need not meet again.
const REPEATABLE: [&str; 6] = ["25", "26000", "34000", "40001", "40P01", "42P05"];

/// Whether the same request may succeed a little later.
pub fn is_transient(error: &Error) -> bool {
    match error {
        // Of the last three: what arrives on the connection makes no sense, so that a proxy wrote into
        // it, or it was cut.
        Error::PoolTimedOut
        | Error::PoolClosed
        | Error::Io(_)
        | Error::WorkerCrashed
        | Error::BeginFailed
        | Error::Protocol(_)
        | Error::Tls(_) => true,
        other => code_is_of(other, &TRANSIENT) || is_outdated_plan(other),
    }
}

/// Whether the connection on which this happened, and those that were made before, are to be thrown
/// away.
pub fn spoils_connection(error: &Error) -> bool {
    use std::io::ErrorKind::{BrokenPipe, ConnectionAborted, ConnectionReset, UnexpectedEof};

    match error {
        Error::Protocol(_) | Error::BeginFailed => true,
        Error::Io(error) => matches!(
            error.kind(),
            BrokenPipe | ConnectionAborted | ConnectionReset | UnexpectedEof
        ),
        other => code_is_of(other, &SPOILS_CONNECTION) || is_outdated_plan(other),
    }
}

/// Whether nothing of the transaction is in the database. `false` where that is not certain.
pub fn is_rolled_back(error: &Error) -> bool {
    matches!(error, Error::Database(_)) && !code_is_of(error, &IN_DOUBT)
}

/// Whether the whole transaction may be repeated at once on another connection: it was rolled back,
/// and what was in its way is gone or is not met again there.
pub fn is_repeatable(error: &Error) -> bool {
    code_is_of(error, &REPEATABLE) || is_outdated_plan(error)
}

/// Whether Postgres refuses every write here: a standby, or a server that was set read-only.
pub fn is_read_only(error: &Error) -> bool {
    code_is_of(error, &["25006"])
}

/// A prepared statement whose result has another type since a migration. Postgres says so with the
/// code of a feature that it does not support, and in words of the language `lc_messages`: the function
/// that says it is called the same in all of them.
fn is_outdated_plan(error: &Error) -> bool {
    let error = error.as_database_error();
    let error = error.and_then(|it| it.try_downcast_ref::<PgDatabaseError>());
    error.is_some_and(|it| it.code() == "0A000" && it.routine() == Some("RevalidateCachedQuery"))
}

fn code_is_of(error: &Error, classes: &[&str]) -> bool {
    let code = error
        .as_database_error()
        .and_then(sqlx::error::DatabaseError::code);
    code.is_some_and(|code| classes.iter().any(|class| code.starts_with(class)))
}
