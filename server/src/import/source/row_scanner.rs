//! Splits a file into its rows: one on each line, or the values of a JSON array, or values that are
//! printed over several lines.

use super::raw_row::{MAX_ROW_BYTES, RawRow};
use std::{
    fs::File,
    io::{self, BufRead, BufReader},
    path::Path,
};

const BUFFER_BYTES: usize = 256 << 10;

#[derive(Clone, Copy, PartialEq, Eq)]
enum Layout {
    /// A row ends with its line, so that a broken one costs no other.
    Lines,
    /// A row ends with its last brace.
    Values,
}

pub struct RowScanner<R = BufReader<File>> {
    reader: R,
    layout: Option<Layout>,
    line: u64,
    bytes: u64,
}

/// The row that is being read, and where its reader is in it.
struct Pending {
    json: Vec<u8>,
    number: u64,
    is_too_long: bool,
    depth: u32,
    in_text: bool,
    is_escaped: bool,
}

impl RowScanner {
    pub fn open(path: &Path) -> io::Result<Self> {
        let file = BufReader::with_capacity(BUFFER_BYTES, File::open(path)?);
        Ok(Self::new(file))
    }
}

impl<R: BufRead> RowScanner<R> {
    fn new(reader: R) -> Self {
        Self {
            reader,
            layout: None,
            line: 1,
            bytes: 0,
        }
    }

    /// Bytes of the file that have been read.
    pub fn bytes(&self) -> u64 {
        self.bytes
    }

    #[allow(clippy::should_implement_trait, reason = "an iterator cannot fail")]
    pub fn next(&mut self) -> io::Result<Option<RawRow>> {
        let layout = self.layout()?;
        let mut row = Pending::new();
        loop {
            let buffer = self.reader.fill_buf()?;
            if buffer.is_empty() {
                return Ok(row.finish());
            }
            let mut taken = 0;
            let mut is_complete = false;
            for byte in buffer {
                taken += 1;
                is_complete = match layout {
                    Layout::Lines => row.take_of_line(*byte, self.line),
                    Layout::Values => row.take_of_values(*byte, self.line),
                };
                if *byte == b'\n' {
                    self.line += 1;
                }
                if is_complete {
                    break;
                }
            }
            self.reader.consume(taken);
            self.bytes += taken as u64;
            if is_complete && let Some(row) = std::mem::replace(&mut row, Pending::new()).finish() {
                return Ok(Some(row));
            }
        }
    }

    /// The layout, by the first bytes of the file: an array begins with `[`, and a document that is
    /// printed over several lines has nothing behind its first brace.
    fn layout(&mut self) -> io::Result<Layout> {
        if let Some(layout) = self.layout {
            return Ok(layout);
        }
        let start = self.reader.fill_buf()?;
        let is_bom = start.starts_with("\u{feff}".as_bytes());
        let start = start[if is_bom { 3 } else { 0 }..].trim_ascii_start();
        let first_line = start.split(|byte| *byte == b'\n').next();
        let is_brace = first_line.is_some_and(|line| line.trim_ascii() == b"{");
        let layout = if start.starts_with(b"[") || is_brace {
            Layout::Values
        } else {
            Layout::Lines
        };
        if is_bom {
            self.reader.consume(3);
            self.bytes += 3;
        }
        self.layout = Some(layout);
        Ok(layout)
    }
}

impl Pending {
    fn new() -> Self {
        Self {
            json: Vec::new(),
            number: 0,
            is_too_long: false,
            depth: 0,
            in_text: false,
            is_escaped: false,
        }
    }

    fn push(&mut self, byte: u8, line: u64) {
        if self.number == 0 {
            self.number = line;
        }
        if self.json.len() < MAX_ROW_BYTES {
            self.json.push(byte);
        } else {
            self.is_too_long = true;
        }
    }

    /// Whether the byte ends the row.
    fn take_of_line(&mut self, byte: u8, line: u64) -> bool {
        if byte == b'\n' {
            return true;
        }
        if self.number != 0 || !byte.is_ascii_whitespace() {
            self.push(byte, line);
        }
        false
    }

    /// Whether the byte ends the row. What is between rows (brackets, commas, spaces) is left out.
    fn take_of_values(&mut self, byte: u8, line: u64) -> bool {
        if self.depth == 0 && byte != b'{' {
            return false;
        }
        self.push(byte, line);
        match byte {
            _ if self.is_escaped => self.is_escaped = false,
            b'\\' if self.in_text => self.is_escaped = true,
            b'"' => self.in_text = !self.in_text,
            _ if self.in_text => {}
            b'{' => self.depth += 1,
            b'}' => self.depth -= 1,
            _ => {}
        }
        self.depth == 0
    }

    /// `None` if there was nothing but white space.
    fn finish(self) -> Option<RawRow> {
        (self.number != 0).then(|| RawRow {
            number: self.number,
            json: (!self.is_too_long).then_some(self.json),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::RowScanner;

    fn rows(text: &str) -> Vec<(u64, String)> {
        let mut scanner = RowScanner::new(text.as_bytes());
        let mut rows = Vec::new();
        while let Some(row) = scanner.next().unwrap() {
            rows.push((row.number, String::from_utf8(row.json.unwrap()).unwrap()));
        }
        assert_eq!(scanner.bytes(), text.len() as u64);
        rows
    }

    #[test]
    fn every_layout_has_the_same_rows() {
        let wanted = [r#"{"a":"}\"{"}"#, r#"{"a":{"b":[1]}}"#];
        for text in [
            "{\"a\":\"}\\\"{\"}\n{\"a\":{\"b\":[1]}}\n",
            "\u{feff}{\"a\":\"}\\\"{\"}\r\n\n{\"a\":{\"b\":[1]}}",
            "[{\"a\":\"}\\\"{\"},\n{\"a\":{\"b\":[1]}}]",
            " [\n {\"a\":\"}\\\"{\"}\n,{\"a\":{\"b\":[1]}} ] ",
        ] {
            let rows: Vec<_> = rows(text).into_iter().map(|(_, row)| row).collect();
            let rows: Vec<_> = rows.iter().map(|row| row.trim_end()).collect();
            assert_eq!(rows, wanted, "{text}");
        }
        let pretty = "{\n  \"a\": 1\n}\n{\n  \"a\": 2\n}\n";
        assert_eq!(rows(pretty).len(), 2);
        assert_eq!(rows(pretty)[1].0, 4);
        assert!(rows("").is_empty() && rows("[]").is_empty() && rows("\n\n").is_empty());
    }

    #[test]
    fn a_broken_line_costs_no_other() {
        let rows = rows("{\"a\":1}\n{\"a\": \"never closed\n{\"a\":3}\n");
        let numbers: Vec<_> = rows.iter().map(|(number, _)| *number).collect();
        assert_eq!(numbers, [1, 2, 3]);
        assert_eq!(rows[2].1, "{\"a\":3}");
    }
}
