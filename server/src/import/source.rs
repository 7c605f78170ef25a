//! Where a dump comes from: a folder of files, or the tables of a Postgres.

mod error;
mod folder;
mod raw_row;
mod row_scanner;

pub use error::SourceError;
pub use raw_row::{MAX_ROW_BYTES, RawRow};

use chat::database::{DatabaseError, ForeignDatabase, ForeignTable};
use folder::Folder;
use futures_util::{StreamExt, stream::BoxStream};
use row_scanner::RowScanner;
use std::path::PathBuf;

pub enum Source {
    Folder(Folder),
    Database(ForeignDatabase),
}

/// A table or collection of a dump.
#[derive(Clone, Debug)]
pub struct Table {
    /// As the report calls it.
    pub name: String,
    place: Place,
}

#[derive(Clone, Debug)]
enum Place {
    File(PathBuf),
    Database(ForeignTable),
}

/// The rows of a table, one after the other.
pub enum Rows<'a> {
    File(PathBuf, RowScanner),
    Database(u64, BoxStream<'a, Result<String, DatabaseError>>),
}

impl Source {
    /// A folder, or a Postgres if the text is its URL.
    pub async fn open(text: &str) -> Result<Self, SourceError> {
        if text.starts_with("postgres://") || text.starts_with("postgresql://") {
            return Ok(Self::Database(ForeignDatabase::open(text).await?));
        }
        Folder::open(text.into()).map(Self::Folder)
    }

    /// The first table that has one of the names: in any case, with and without underscores, in
    /// singular and plural.
    pub fn find(&self, names: &[&str]) -> Option<Table> {
        names.iter().find_map(|name| self.find_one(name))
    }

    fn find_one(&self, name: &str) -> Option<Table> {
        let wanted = canonical(name);
        match self {
            Self::Folder(folder) => {
                let path = folder.find(|stem| canonical(stem) == wanted)?;
                let name = path.file_name().map_or_else(
                    || path.display().to_string(),
                    |name| name.to_string_lossy().into_owned(),
                );
                let place = Place::File(path);
                Some(Table { name, place })
            }
            Self::Database(database) => {
                let mut tables = database.tables().iter();
                let table = tables.find(|table| canonical(&table.name) == wanted)?;
                Some(Table {
                    name: table.name.clone(),
                    place: Place::Database(table.clone()),
                })
            }
        }
    }

    pub fn rows(&mut self, table: &Table) -> Result<Rows<'_>, SourceError> {
        match (self, &table.place) {
            (Self::Database(database), Place::Database(table)) => {
                Ok(Rows::Database(0, database.rows(table).boxed()))
            }
            (_, Place::File(path)) => {
                let fail = |error| SourceError::File(path.clone(), error);
                let scanner = RowScanner::open(path).map_err(fail)?;
                Ok(Rows::File(path.clone(), scanner))
            }
            (Self::Folder(_), Place::Database(_)) => Err(SourceError::NoTable(table.name.clone())),
        }
    }
}

impl Table {
    /// Bytes of a table's file, or an estimate of a table's rows; what `Rows::progress` counts up to.
    pub fn size(&self) -> u64 {
        match &self.place {
            Place::File(path) => path.metadata().map_or(0, |file| file.len()),
            Place::Database(table) => table.estimated_rows,
        }
    }
}

impl Rows<'_> {
    pub async fn next(&mut self) -> Result<Option<RawRow>, SourceError> {
        match self {
            Self::File(path, scanner) => {
                let fail = |error| SourceError::File(path.clone(), error);
                scanner.next().map_err(fail)
            }
            Self::Database(number, rows) => {
                let Some(row) = rows.next().await.transpose()? else {
                    return Ok(None);
                };
                *number += 1;
                Ok(Some(RawRow {
                    number: *number,
                    json: (row.len() <= MAX_ROW_BYTES).then(|| row.into_bytes()),
                }))
            }
        }
    }

    pub fn progress(&self) -> u64 {
        match self {
            Self::File(_, scanner) => scanner.bytes(),
            Self::Database(number, _) => *number,
        }
    }
}

/// A name without case, underscores, hyphens and plural.
fn canonical(name: &str) -> String {
    let letters = name
        .chars()
        .filter(|letter| !matches!(letter, '_' | '-' | ' '));
    let name: String = letters.flat_map(char::to_lowercase).collect();
    if let Some(stem) = name.strip_suffix("ies") {
        return format!("{stem}y");
    }
    // `statuses` and `status` both end as `statu`.
    let stem = name.strip_suffix("ses").map(|stem| format!("{stem}s"));
    let stem = stem.as_deref().unwrap_or(&name);
    stem.strip_suffix('s').unwrap_or(stem).to_owned()
}

#[cfg(test)]
mod tests {
    use super::canonical;

    #[test]
    fn names_differ_in_case_number_and_punctuation_only() {
        for (left, right) in [
            ("GroupMember", "group_members"),
            ("userStatus", "userstatuses"),
            ("Users", "user"),
            ("Reply", "replies"),
            ("messagereactions", "MessageReaction"),
        ] {
            assert_eq!(canonical(left), canonical(right), "{left} {right}");
        }
        assert_ne!(canonical("Message"), canonical("MessageReaction"));
    }
}
