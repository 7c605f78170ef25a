//! The Postgres of another system, from which a dump is read: its tables and their rows as JSON.

use super::{
    address::place,
    error::{Attempt, DatabaseError, Unusable},
};
use futures_util::{Stream, StreamExt};
use sqlx::{AssertSqlSafe, Connection as _, FromRow, PgConnection, postgres::PgConnectOptions};
use std::str::FromStr;

/// A connection in a read-only transaction, so that all tables are of one moment and nothing of the
/// other system changes.
pub struct ForeignDatabase {
    connection: PgConnection,
    tables: Vec<ForeignTable>,
}

#[derive(Clone, Debug, FromRow)]
pub struct ForeignTable {
    pub schema: String,
    pub name: String,
    pub estimated_rows: u64,
}

impl ForeignDatabase {
    /// Connects, and lists the tables that the user may read.
    pub async fn open(url: &str) -> Result<Self, DatabaseError> {
        let schema = prisma_schema(url);
        let options = PgConnectOptions::from_str(url)
            .map_err(DatabaseError::Url)?
            .application_name("parlance import")
            // PgBouncer refuses it in the startup packet. It is set below, for servers before 12.
            .extra_float_digits(None);
        let mut connection = PgConnection::connect_with(&options)
            .await
            .map_err(|error| {
                DatabaseError::Unreachable(vec![Attempt {
                    place: place(&options),
                    reason: Unusable::Failed(error),
                }])
            })?;
        sqlx::raw_sql(
            "set timezone = 'UTC'; set extra_float_digits = 3;
            begin transaction isolation level repeatable read, read only",
        )
        .execute(&mut connection)
        .await
        .map_err(DatabaseError::Foreign)?;
        if let Some(schema) = schema {
            sqlx::query("select set_config('search_path', $1, true)")
                .bind(quote(&schema))
                .execute(&mut connection)
                .await
                .map_err(DatabaseError::Foreign)?;
        }
        let tables = sqlx::query_as::<_, (String, String, i64)>(
            "select n.nspname::text, c.relname::text, greatest(c.reltuples::bigint, 0)
            from pg_class c join pg_namespace n on n.oid = c.relnamespace
            where c.relkind in ('r', 'p', 'v', 'm', 'f')
                and n.nspname <> 'information_schema' and n.nspname !~ '^pg_'
                and has_table_privilege(c.oid, 'select')
            order by n.nspname = any(current_schemas(false)) desc, n.nspname, c.relname",
        )
        .fetch_all(&mut connection)
        .await
        .map_err(DatabaseError::Foreign)?;
        let table = |(schema, name, rows): (String, String, i64)| ForeignTable {
            schema,
            name,
            estimated_rows: u64::try_from(rows).unwrap_or(0),
        };
        Ok(Self {
            connection,
            tables: tables.into_iter().map(table).collect(),
        })
    }

    pub fn tables(&self) -> &[ForeignTable] {
        &self.tables
    }

    /// The rows of a table in no particular order, each as a JSON object with its columns. They are
    /// read as they arrive; no more than a few are in memory.
    pub fn rows(
        &mut self,
        table: &ForeignTable,
    ) -> impl Stream<Item = Result<String, DatabaseError>> + Send + '_ {
        let (schema, name) = (quote(&table.schema), quote(&table.name));
        let query = format!("select to_jsonb(t)::text from {schema}.{name} t");
        let rows =
            sqlx::query_scalar::<_, String>(AssertSqlSafe(query)).fetch(&mut self.connection);
        rows.map(|row| row.map_err(DatabaseError::Foreign))
    }
}

/// The schema that a URL of Prisma's names, in a parameter that Postgres does not have.
fn prisma_schema(url: &str) -> Option<String> {
    let (_, parameters) = url.split_once('?')?;
    let mut parameters = parameters.split('&');
    parameters.find_map(|it| Some(it.strip_prefix("schema=")?.to_owned()))
}

/// An identifier as SQL has it.
fn quote(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}
