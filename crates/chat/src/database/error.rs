//! The reasons for which a database cannot be used, in words for the operator. None has a password in
//! it.

use sqlx::migrate::MigrateError;
use std::fmt;
use thiserror::Error;

/// The oldest major version of Postgres that the migrations apply to: they have functions whose body is
/// SQL (`begin atomic`), which came with 14.
pub const MIN_MAJOR: u32 = 14;

/// How to make a database that can be used.
const CREATE: &str = "create another one and name it in DATABASE_URL:\n  \
     create database parlance template template0 encoding 'UTF8' locale 'C.UTF-8';";

#[derive(Debug, Error)]
pub enum DatabaseError {
    #[error(
        "DATABASE_URL is not the address of a Postgres database: it must be like \
         postgres://user:password@host:5432/database"
    )]
    NoPostgresUrl,
    #[error(
        "DATABASE_URL is not the address of a Postgres database: {0} \
         (in a user name or password write %2F for /, %3F for ?, %23 for #, %40 for @, %25 for %)"
    )]
    Url(#[source] sqlx::Error),
    #[error(
        "DATABASE_URL has {hosts} hosts and {ports} ports: give each host a port, or one to all"
    )]
    PortsAndHosts { hosts: usize, ports: usize },
    #[error(
        "DATABASE_URL asks for a server that takes no writes: Parlance writes, so \
         target_session_attrs can be read-write, primary or any"
    )]
    ReadOnlyWanted,
    #[error("cannot reach the database: {}", attempts(.0))]
    Unreachable(Vec<Attempt>),
    #[error("cannot reach the database: {0}")]
    Connect(#[source] sqlx::Error),
    #[error("cannot read the database: {0}")]
    Foreign(#[source] sqlx::Error),
    #[error("cannot look at the database's settings: {0}")]
    Look(#[source] sqlx::Error),
    #[error(
        "this is Postgres {found}, and Parlance needs {MIN_MAJOR} or newer: upgrade it (pg_upgrade), \
         or name another one in DATABASE_URL"
    )]
    TooOld { found: String },
    #[error(
        "the database {name} has the encoding {encoding}, which cannot store every text: {CREATE}"
    )]
    Encoding { name: String, encoding: String },
    #[error(
        "the database {name} has a locale that does not fold case (lower('Ä') is {folded}), so \
         that searches and e-mail addresses would not find each other: {CREATE}"
    )]
    FoldsNoCase { name: String, folded: String },
    #[error(
        "a pooler stands before Postgres that gives each transaction another connection and loses \
         prepared statements ({0}). With PgBouncer 1.21 or newer set max_prepared_statements = 200; \
         with an older one pool_mode = session for this database"
    )]
    PreparedStatements(#[source] sqlx::Error),
    #[error("cannot bring the database's schema up to date: {0}")]
    Migrate(#[from] MigrateError),
    #[error(
        "the role {role} may not change the schema, and it lacks the migrations {}: run \
         `parlance migrate` with DATABASE_URL naming the role that owns the schema, and start again",
        numbers(.missing)
    )]
    MayNotMigrate { role: String, missing: Vec<i64> },
    #[error(
        "the schema is not up to date, and the database takes no writes: it is a standby, or \
         default_transaction_read_only is on for it or for the role {role}. Name the primary in \
         DATABASE_URL, or:\n  alter role {role} reset default_transaction_read_only;"
    )]
    MigratesNoReadOnly { role: String },
    #[error(
        "there is no schema for the tables: the search_path of the role {role} names none that exists and \
         that the role may use. As the owner of the database:\n  \
         create schema if not exists {role} authorization {role};\n  \
         alter role {role} set search_path = {role};"
    )]
    NoSchema { role: String },
    #[error(
        "the role {role} lacks rights on {tables}. As the owner of the tables:\n  \
         grant select, insert, update, delete on all tables in schema {schema} to {role};\n  \
         grant usage on all sequences in schema {schema} to {role};\n  \
         alter default privileges in schema {schema} grant select, insert, update, delete on tables to {role};\n  \
         alter default privileges in schema {schema} grant usage on sequences to {role};"
    )]
    MissingRights {
        role: String,
        schema: String,
        tables: String,
    },
    #[error(
        "this database was made by a version before the first release (its migration {0} is another one) and cannot \
         be brought up to date: create a new, empty database and name it in DATABASE_URL; \
         of the private Postgres, move the folder DATA_DIR/postgres away"
    )]
    BeforeFirstRelease(i64),
    #[error(
        "this database has the migration {0}, which this version does not know: a newer version has migrated it. \
         Start that version or a later one"
    )]
    Newer(i64),
}

/// A host that was tried, and why it cannot be used.
#[derive(Debug)]
pub struct Attempt {
    /// `host:port`, or the path of a socket.
    pub place: String,
    pub reason: Unusable,
}

#[derive(Debug, Error)]
pub enum Unusable {
    #[error("{0}")]
    Failed(#[source] sqlx::Error),
    #[error("no answer within {0} s")]
    Silent(u64),
    #[error("it takes no writes (a standby, or default_transaction_read_only)")]
    ReadOnly,
}

impl fmt::Display for Attempt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.place, self.reason)
    }
}

fn attempts(attempts: &[Attempt]) -> String {
    let texts: Vec<_> = attempts.iter().map(ToString::to_string).collect();
    texts.join("; ")
}

fn numbers(numbers: &[i64]) -> String {
    let texts: Vec<_> = numbers.iter().map(ToString::to_string).collect();
    texts.join(", ")
}
