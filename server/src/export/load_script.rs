//! `load.sql`: the script with which an export goes back into the Postgres that it came from.

use super::output::Output;
use std::{fmt::Write as _, io};

pub const NAME: &str = "load.sql";

/// A file that the script reads, and what it does with the rows.
#[derive(Clone, Copy)]
pub enum Step {
    /// Changes or adds rows of the table, which are found by these columns.
    Load(&'static str, &'static str, &'static [&'static str]),
    /// Removes rows of the table.
    Remove(&'static str, &'static str, &'static [&'static str]),
}

/// Writes the script, unless the format has no steps.
pub fn write(steps: &[Step], output: &mut Output) -> io::Result<()> {
    if steps.is_empty() {
        return Ok(());
    }
    let mut script = include_str!("load.sql").to_owned();
    for step in steps {
        let (verb, table, file, key) = match step {
            Step::Load(table, file, key) => ("load_rows", table, file, key),
            Step::Remove(table, file, key) => ("remove_rows", table, file, key),
        };
        let key = key.join(",");
        // No character of JSON text is one of the two, so a row is a line.
        let _ = write!(
            script,
            "\\copy export_rows from '{file}' with (format csv, delimiter e'\\x01', quote e'\\x02')\n\
            select pg_temp.{verb}('{table}', '{{{key}}}');\n"
        );
    }
    script.push_str("commit;\n");
    output.write_text(NAME, &script)
}
