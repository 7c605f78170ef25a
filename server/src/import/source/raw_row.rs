//! `RawRow`: a row before it is parsed.

/// Bytes of the longest row. A document of `MongoDB` has at most 16 MiB as BSON.
pub const MAX_ROW_BYTES: usize = 64 << 20;

/// A row as it is in the dump: JSON, if it is well-formed.
pub struct RawRow {
    /// Its line in the file, or its number in the table, from 1.
    pub number: u64,
    /// `None` for a row of more than `MAX_ROW_BYTES`.
    pub json: Option<Vec<u8>>,
}
