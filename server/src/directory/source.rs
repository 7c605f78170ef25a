//! The file of an import: JSON lines, or CSV with a header, as its first character says.

use super::csv::read_record;
use chat::parse_readable;
use serde_json::{Map, Value};
use std::{
    fs::File,
    io::{self, BufRead, BufReader, Read},
    path::{Path, PathBuf},
};
use time::OffsetDateTime;

/// Bytes of the longest line of JSON. A longer one ends the import.
const MAX_LINE: u64 = 1024 * 1024;

#[derive(Debug, thiserror::Error)]
pub enum SourceError {
    #[error("cannot read {path}: {cause}")]
    Read { path: PathBuf, cause: io::Error },
    #[error("{path} is neither JSON lines nor CSV whose header has a column `id`")]
    NoId { path: PathBuf },
    #[error("{path}: line {line} is longer than 1 MiB")]
    TooLong { path: PathBuf, line: usize },
}

/// An entry, or why there is none, with its line.
#[derive(Debug)]
pub struct Row {
    pub line: usize,
    pub entry: Result<Value, String>,
}

pub struct Source {
    path: PathBuf,
    input: Box<dyn BufRead + Send>,
    line: usize,
    /// The columns of CSV; none for JSON lines.
    columns: Option<Vec<String>>,
    written_at: OffsetDateTime,
}

impl Source {
    /// Opens the file, or standard input for `-`.
    pub fn open(path: &Path) -> Result<Self, SourceError> {
        let failed = |cause| SourceError::Read {
            path: path.to_owned(),
            cause,
        };
        if path == Path::new("-") {
            let input = Box::new(BufReader::new(io::stdin()));
            return Self::new(path, input, OffsetDateTime::now_utc());
        }
        let file = File::open(path).map_err(failed)?;
        let written_at = file.metadata().and_then(|it| it.modified());
        let written_at = OffsetDateTime::from(written_at.map_err(failed)?);
        Self::new(path, Box::new(BufReader::new(file)), written_at)
    }

    fn new(
        path: &Path,
        mut input: Box<dyn BufRead + Send>,
        written_at: OffsetDateTime,
    ) -> Result<Self, SourceError> {
        let failed = |cause| SourceError::Read {
            path: path.to_owned(),
            cause,
        };
        // Spreadsheets begin their files with a byte order mark.
        let start = input.fill_buf().map_err(failed)?;
        if start.starts_with("\u{feff}".as_bytes()) {
            input.consume("\u{feff}".len());
        }
        let is_json = input.fill_buf().map_err(failed)?.first() == Some(&b'{');
        let mut source = Self {
            path: path.to_owned(),
            input,
            line: 0,
            columns: None,
            written_at,
        };
        if !is_json {
            source.columns = Some(source.read_header()?);
        }
        Ok(source)
    }

    /// When the file was written; for standard input, when the import began.
    pub fn written_at(&self) -> OffsetDateTime {
        self.written_at
    }

    /// The next entries, at most so many; none at the end.
    pub fn next_rows(&mut self, max: usize) -> Result<Vec<Row>, SourceError> {
        let mut rows = Vec::new();
        while rows.len() < max {
            let row = match self.columns.take() {
                Some(columns) => {
                    let row = self.next_record(&columns);
                    self.columns = Some(columns);
                    row?
                }
                None => self.next_line()?,
            };
            match row {
                Some(row) => rows.push(row),
                None => break,
            }
        }
        Ok(rows)
    }

    fn read_header(&mut self) -> Result<Vec<String>, SourceError> {
        let header = read_record(&mut self.input, &mut self.line);
        let header = header.map_err(|cause| self.failed(cause))?;
        let columns = header.map(|it| it.fields).unwrap_or_default();
        let columns: Vec<_> = columns.iter().map(|it| it.trim().to_owned()).collect();
        if columns.iter().any(|it| it == "id") {
            Ok(columns)
        } else {
            let path = self.path.clone();
            Err(SourceError::NoId { path })
        }
    }

    fn next_record(&mut self, columns: &[String]) -> Result<Option<Row>, SourceError> {
        let record = read_record(&mut self.input, &mut self.line);
        let Some(record) = record.map_err(|cause| self.failed(cause))? else {
            return Ok(None);
        };
        let entry = if record.fields.len() == columns.len() {
            let fields = record.fields.into_iter().map(Value::String);
            let entry: Map<_, _> = columns.iter().cloned().zip(fields).collect();
            Ok(Value::Object(entry))
        } else {
            let (has, needs) = (record.fields.len(), columns.len());
            Err(format!("has {has} columns, and the header has {needs}"))
        };
        let line = record.line;
        Ok(Some(Row { line, entry }))
    }

    fn next_line(&mut self) -> Result<Option<Row>, SourceError> {
        loop {
            let mut text = Vec::new();
            let mut limited = (&mut self.input).take(MAX_LINE);
            let read = limited.read_until(b'\n', &mut text);
            if read.map_err(|cause| self.failed(cause))? == 0 {
                return Ok(None);
            }
            self.line += 1;
            if text.len() as u64 == MAX_LINE {
                let (path, line) = (self.path.clone(), self.line);
                return Err(SourceError::TooLong { path, line });
            }
            if text.trim_ascii().is_empty() {
                continue;
            }
            // A value that cannot be read is the entry's error, and not the line's.
            let entry = serde_json::from_slice(&text).or_else(|error| {
                parse_readable(&text).ok_or_else(|| format!("is not JSON: {error}"))
            });
            return Ok(Some(Row {
                line: self.line,
                entry,
            }));
        }
    }

    fn failed(&self, cause: io::Error) -> SourceError {
        let path = self.path.clone();
        SourceError::Read { path, cause }
    }
}

#[cfg(test)]
mod tests {
    use super::{Source, SourceError};
    use serde_json::{Value, json};
    use std::{io::Cursor, path::Path};
    use time::OffsetDateTime;

    fn source(text: &str) -> Result<Source, SourceError> {
        let input = Box::new(Cursor::new(text.to_owned()));
        Source::new(Path::new("users"), input, OffsetDateTime::UNIX_EPOCH)
    }

    fn rows(text: &str) -> Vec<(usize, Option<Value>)> {
        let rows = source(text).unwrap().next_rows(100).unwrap().into_iter();
        rows.map(|row| (row.line, row.entry.ok())).collect()
    }

    #[test]
    fn json_lines_and_csv_are_told_apart() {
        assert_eq!(
            rows("{\"id\":1}\n\n{\"id\":\n{\"id\":\"2\"}\n{\"id\":5,\"name\":\"\\ud83d\"}"),
            [
                (1, Some(json!({ "id": 1 }))),
                (3, None),
                (4, Some(json!({ "id": "2" }))),
                (5, Some(json!({ "id": 5, "name": [] }))),
            ]
        );
        assert_eq!(
            rows("\u{feff}id, name\n1,Ada\n2\n3,\"Hopper, Grace\"\n"),
            [
                (2, Some(json!({ "id": "1", "name": "Ada" }))),
                (3, None),
                (4, Some(json!({ "id": "3", "name": "Hopper, Grace" }))),
            ]
        );
        for text in ["", "name,email\n", "[1]"] {
            assert!(
                matches!(source(text), Err(SourceError::NoId { .. })),
                "{text}"
            );
        }
        let long = format!("{{\"id\":\"{}\"}}", "x".repeat(1024 * 1024));
        let read = source(&long).unwrap().next_rows(1);
        assert!(matches!(read, Err(SourceError::TooLong { line: 1, .. })));
    }
}
