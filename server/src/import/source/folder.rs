//! A folder with a file for each table or collection.

use super::error::SourceError;
use std::path::PathBuf;

/// The endings of files that are read.
const EXTENSIONS: [&str; 3] = ["json", "jsonl", "ndjson"];

pub struct Folder(Vec<PathBuf>);

impl Folder {
    pub fn open(path: PathBuf) -> Result<Self, SourceError> {
        if !path.is_dir() {
            return Err(SourceError::NoFolder(path));
        }
        let fail = |error| SourceError::File(path.clone(), error);
        let mut files = Vec::new();
        for entry in path.read_dir().map_err(fail)? {
            let file = entry.map_err(fail)?.path();
            let extension = file.extension().and_then(|it| it.to_str());
            if extension.is_some_and(|it| EXTENSIONS.contains(&it)) && file.is_file() {
                files.push(file);
            }
        }
        files.sort();
        Ok(Self(files))
    }

    /// The first file whose name, without its ending, is the wanted one.
    pub fn find(&self, is_wanted: impl Fn(&str) -> bool) -> Option<PathBuf> {
        let stem = |file: &PathBuf| Some(file.file_stem()?.to_str()?.to_owned());
        let mut files = self.0.iter();
        files
            .find(|file| stem(file).is_some_and(|stem| is_wanted(&stem)))
            .cloned()
    }
}
