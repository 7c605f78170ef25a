//! The Postgres of another system, from which a dump is read: its tables and their rows as JSON.

use super::{
    address::{place, without_tls_on_a_socket},
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
        let (url, schema) = without_schema(url);
        let options = PgConnectOptions::from_str(&url).map_err(DatabaseError::Url)?;
        let options = without_tls_on_a_socket(options)
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

/// The URL without the schema that one of Prisma's names, in a parameter that Postgres does not have, and
/// that schema.
fn without_schema(url: &str) -> (String, Option<String>) {
    let Some((start, parameters)) = url.split_once('?') else {
        return (url.to_owned(), None);
    };
    let (schemas, others): (Vec<_>, Vec<_>) = parameters
        .split('&')
        .partition(|it| it.starts_with("schema="));
    let schema = schemas.first().and_then(|it| it.strip_prefix("schema="));
    let mut url = start.to_owned();
    if !others.is_empty() {
        url.push('?');
        url.push_str(&others.join("&"));
    }
    (url, schema.map(str::to_owned))
}

/// An identifier as SQL has it.
fn quote(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

#[cfg(test)]
mod tests {
    use super::without_schema;

    #[test]
    fn postgres_is_not_told_of_the_schema() {
        for (url, wanted, schema) in [
            ("postgres://h/db", "postgres://h/db", None),
            (
                "postgres://h/db?schema=user",
                "postgres://h/db",
                Some("user"),
            ),
            (
                "postgres://h/db?host=/tmp&schema=a&sslmode=disable",
                "postgres://h/db?host=/tmp&sslmode=disable",
                Some("a"),
            ),
        ] {
            let found = without_schema(url);
            assert_eq!((found.0.as_str(), found.1.as_deref()), (wanted, schema));
        }
    }
}
