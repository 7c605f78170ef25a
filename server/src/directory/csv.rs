//! CSV (RFC 4180): fields in quotes may have commas, line breaks, and quotes that are written twice.

use std::io::{self, BufRead, Read};

/// Bytes of the longest record. A quote that is never closed would make the rest of the file one field.
const MAX_RECORD: usize = 64 * 1024;

/// A record, with the number of its first line.
#[derive(Debug, PartialEq, Eq)]
pub struct Record {
    pub line: usize,
    pub fields: Vec<String>,
}

/// Reads the next record that is not an empty line. `line` is the number of the last line that was
/// read.
pub fn read_record(input: &mut impl BufRead, line: &mut usize) -> io::Result<Option<Record>> {
    loop {
        let first_line = *line + 1;
        let mut text = String::new();
        loop {
            let mut limited = (&mut *input).take(MAX_RECORD as u64 + 1);
            if limited.read_line(&mut text)? == 0 {
                break;
            }
            *line += 1;
            if text.len() > MAX_RECORD {
                let reason =
                    format!("the record at line {first_line} is too long, or has an open quote");
                return Err(io::Error::new(io::ErrorKind::InvalidData, reason));
            }
            if text.matches('"').count().is_multiple_of(2) {
                break;
            }
        }
        if text.is_empty() {
            return Ok(None);
        }
        let record = text.trim_end_matches(['\n', '\r']);
        if !record.trim().is_empty() {
            return Ok(Some(Record {
                line: first_line,
                fields: split(record),
            }));
        }
    }
}

fn split(record: &str) -> Vec<String> {
    let mut fields = Vec::new();
    let mut field = String::new();
    let mut is_quoted = false;
    let mut chars = record.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '"' if is_quoted && chars.peek() == Some(&'"') => {
                chars.next();
                field.push('"');
            }
            '"' => is_quoted = !is_quoted,
            ',' if !is_quoted => fields.push(std::mem::take(&mut field)),
            c => field.push(c),
        }
    }
    fields.push(field);
    fields
}

#[cfg(test)]
mod tests {
    use super::{MAX_RECORD, read_record};

    fn records(text: &str) -> Vec<(usize, Vec<String>)> {
        let (mut input, mut line) = (text.as_bytes(), 0);
        let mut records = Vec::new();
        while let Some(record) = read_record(&mut input, &mut line).unwrap() {
            records.push((record.line, record.fields));
        }
        records
    }

    fn owned(fields: &[&str]) -> Vec<String> {
        fields.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn quotes_keep_commas_lines_and_quotes() {
        let text = "id,name\r\n1,\"Lovelace, Ada\"\n\n2,\"a \"\"b\"\"\nc\"\n3,\n4,\"\"";
        assert_eq!(
            records(text),
            [
                (1, owned(&["id", "name"])),
                (2, owned(&["1", "Lovelace, Ada"])),
                (4, owned(&["2", "a \"b\"\nc"])),
                (6, owned(&["3", ""])),
                (7, owned(&["4", ""])),
            ]
        );
        assert_eq!(records(""), []);
        assert_eq!(records("\n \r\n"), []);
    }

    #[test]
    fn an_open_quote_does_not_read_for_ever() {
        let text = format!("1,\"open\n{}", "2,x\n".repeat(MAX_RECORD));
        let error = read_record(&mut text.as_bytes(), &mut 0).unwrap_err();
        assert!(error.to_string().contains("line 1"), "{error}");
    }
}
