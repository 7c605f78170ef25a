//! `Report`: how many rows were taken and left, and why; as a text, and with every row as JSON.

use chat::imports::Outcome;
use serde::Serialize;
use serde_json::{Value, json};
use std::{
    collections::BTreeMap,
    fmt::{self, Write as _},
    fs::File,
    io::{self, BufWriter, Write},
    path::{Path, PathBuf},
};

/// Rows that the text names for each reason. The file has all.
const MAX_EXAMPLES: usize = 5;

/// Reasons that are counted apart. Rows with further ones are counted together.
const MAX_REASONS: usize = 100;

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Kind {
    Users,
    Conversations,
    Members,
    Messages,
    Attachments,
    Reactions,
    ReadStates,
    Other,
}

#[derive(Default, Serialize)]
pub struct Counts {
    taken: u64,
    updated: u64,
    unchanged: u64,
    left: u64,
    adjusted: u64,
    placeholders: u64,
    ended: u64,
}

#[derive(Default)]
struct Rows {
    count: u64,
    examples: Vec<String>,
}

#[derive(Default)]
pub struct Report {
    counts: BTreeMap<Kind, Counts>,
    left: BTreeMap<(Kind, String), Rows>,
    adjusted: BTreeMap<(Kind, String), Rows>,
    file: Option<ReportFile>,
}

/// The report as JSON, which is written while the import runs and has its name at its end.
struct ReportFile {
    path: PathBuf,
    file: BufWriter<File>,
    is_first: bool,
}

impl Report {
    /// With a path, the report writes all rows that were left or adjusted there.
    pub fn new(path: Option<&Path>) -> io::Result<Self> {
        let file = path.map(ReportFile::create).transpose()?;
        Ok(Self {
            file,
            ..Self::default()
        })
    }

    pub fn add(&mut self, kind: Kind, outcome: &Outcome) -> io::Result<()> {
        let counts = self.counts.entry(kind).or_default();
        counts.taken += outcome.taken;
        counts.updated += outcome.updated;
        counts.unchanged += outcome.unchanged;
        counts.placeholders += outcome.placeholders;
        counts.ended += outcome.ended;
        for note in &outcome.left {
            self.leave(kind, &note.id, &note.reason)?;
        }
        for note in &outcome.adjusted {
            self.adjust(kind, &note.id, &note.reason)?;
        }
        Ok(())
    }

    /// Counts a row that was taken with a change.
    pub fn adjust(&mut self, kind: Kind, row: &str, reason: &str) -> io::Result<()> {
        self.counts.entry(kind).or_default().adjusted += 1;
        add_row(&mut self.adjusted, kind, row, reason);
        match &mut self.file {
            Some(file) => file.write_row("adjusted", kind, row, reason),
            None => Ok(()),
        }
    }

    /// Counts a row that was not taken. `row` is its id, or where it is in the dump.
    pub fn leave(&mut self, kind: Kind, row: &str, reason: &str) -> io::Result<()> {
        self.counts.entry(kind).or_default().left += 1;
        add_row(&mut self.left, kind, row, reason);
        match &mut self.file {
            Some(file) => file.write_row("left", kind, row, reason),
            None => Ok(()),
        }
    }

    /// Counts rows that were not taken for one reason, without naming each.
    pub fn leave_table(&mut self, table: &str, count: u64, reason: &str) {
        self.counts.entry(Kind::Other).or_default().left += count;
        let key = (Kind::Other, format!("{table}: {reason}"));
        self.left.entry(key).or_default().count += count;
    }

    /// Whether every row was taken.
    pub fn is_complete(&self) -> bool {
        self.left.is_empty()
    }

    /// Completes the file.
    pub fn finish(&mut self) -> io::Result<()> {
        let summary = json!({
            "counts": self.counts,
            "left": reasons(&self.left),
            "adjusted": reasons(&self.adjusted),
        });
        self.file
            .take()
            .map_or(Ok(()), |file| file.finish(&summary))
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let titles = ["taken", "updated", "unchanged", "left"];
        write!(f, "{:<14}", "")?;
        for title in titles {
            write!(f, "{title:>11}")?;
        }
        writeln!(f)?;
        for (kind, counts) in &self.counts {
            let numbers = [counts.taken, counts.updated, counts.unchanged, counts.left];
            write!(f, "{:<14}", kind.title())?;
            for number in numbers {
                write!(f, "{number:>11}")?;
            }
            writeln!(f)?;
        }
        for (kind, counts) in &self.counts {
            if counts.placeholders > 0 {
                let (count, kind) = (counts.placeholders, kind.title());
                writeln!(
                    f,
                    "{count} people whom {kind} name and no user is: made without a name"
                )?;
            }
            if counts.ended > 0 {
                writeln!(
                    f,
                    "{} memberships ended: the dump does not have them",
                    counts.ended
                )?;
            }
        }
        write_reasons(f, "Left, and why:", &self.left)?;
        write_reasons(f, "Taken with a change:", &self.adjusted)
    }
}

impl Kind {
    pub fn title(self) -> &'static str {
        match self {
            Self::Users => "users",
            Self::Conversations => "conversations",
            Self::Members => "members",
            Self::Messages => "messages",
            Self::Attachments => "attachments",
            Self::Reactions => "reactions",
            Self::ReadStates => "read states",
            Self::Other => "other",
        }
    }
}

impl ReportFile {
    fn create(path: &Path) -> io::Result<Self> {
        let mut file = BufWriter::new(File::create(partial(path))?);
        file.write_all(b"{\"rows\":[")?;
        Ok(Self {
            path: path.to_owned(),
            file,
            is_first: true,
        })
    }

    fn write_row(&mut self, what: &str, kind: Kind, row: &str, reason: &str) -> io::Result<()> {
        let separator: &[u8] = if self.is_first { b"\n" } else { b",\n" };
        self.is_first = false;
        self.file.write_all(separator)?;
        let row = json!({ "what": what, "kind": kind, "row": row, "reason": reason });
        self.file.write_all(row.to_string().as_bytes())
    }

    fn finish(mut self, summary: &Value) -> io::Result<()> {
        write!(self.file, "\n],\"summary\":{summary}}}\n")?;
        self.file.into_inner()?.sync_all()?;
        std::fs::rename(partial(&self.path), &self.path)
    }
}

/// The name of a report that is not complete.
fn partial(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".partial");
    name.into()
}

fn add_row(rows: &mut BTreeMap<(Kind, String), Rows>, kind: Kind, row: &str, reason: &str) {
    let key = (kind, reason.to_owned());
    let key = if rows.len() < MAX_REASONS || rows.contains_key(&key) {
        key
    } else {
        (kind, "for other reasons".to_owned())
    };
    let rows = rows.entry(key).or_default();
    rows.count += 1;
    if rows.examples.len() < MAX_EXAMPLES {
        rows.examples.push(row.to_owned());
    }
}

fn reasons(rows: &BTreeMap<(Kind, String), Rows>) -> Vec<Value> {
    let reason = |((kind, reason), rows): (&(Kind, String), &Rows)| {
        let (count, examples) = (rows.count, &rows.examples);
        json!({ "kind": kind, "reason": reason, "count": count, "examples": examples })
    };
    rows.iter().map(reason).collect()
}

fn write_reasons(
    f: &mut fmt::Formatter<'_>,
    title: &str,
    rows: &BTreeMap<(Kind, String), Rows>,
) -> fmt::Result {
    if rows.is_empty() {
        return Ok(());
    }
    writeln!(f, "\n{title}")?;
    for ((kind, reason), rows) in rows {
        let count = rows.count;
        write!(f, "  {count} {}: {reason}", kind.title())?;
        if !rows.examples.is_empty() {
            let mut examples = rows.examples.join(", ");
            if count > rows.examples.len() as u64 {
                examples.write_str(", …")?;
            }
            write!(f, " ({examples})")?;
        }
        writeln!(f)?;
    }
    Ok(())
}
