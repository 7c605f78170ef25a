//! `RowFile`: a file of a dump.

use std::{
    fs::File,
    io::{self, BufWriter, Write},
    path::Path,
};

/// A file with a row on each line, or with an array of them.
pub struct RowFile {
    file: BufWriter<File>,
    is_array: bool,
    is_first: bool,
}

impl RowFile {
    pub fn create(folder: &Path, name: &str, is_array: bool) -> io::Result<Self> {
        let mut file = BufWriter::new(File::create(folder.join(name))?);
        if is_array {
            file.write_all(b"[")?;
        }
        Ok(Self {
            file,
            is_array,
            is_first: true,
        })
    }

    pub fn write(&mut self, row: &serde_json::Value) -> io::Result<()> {
        self.write_text(&row.to_string())
    }

    /// Writes a row that may be broken.
    pub fn write_text(&mut self, row: &str) -> io::Result<()> {
        if self.is_array && !self.is_first {
            self.file.write_all(b",\n")?;
        }
        self.is_first = false;
        self.file.write_all(row.as_bytes())?;
        if !self.is_array {
            self.file.write_all(b"\n")?;
        }
        Ok(())
    }

    pub fn finish(mut self) -> io::Result<()> {
        if self.is_array {
            self.file.write_all(b"]\n")?;
        }
        self.file.flush()
    }
}
