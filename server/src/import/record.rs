//! `Record`: a row as it is in the dump, and as the payload of a sort.

use super::row::{Reason, Row};

/// A row as it is in the dump.
pub struct Record<'a> {
    pub number: u64,
    pub json: &'a [u8],
}

impl<'a> Record<'a> {
    pub fn row(&self) -> Result<Row, Reason> {
        Row::parse(self.json)
    }

    /// The record as the payload of a sort, with a tag.
    pub fn into_payload(self, tag: u8) -> Vec<u8> {
        let mut payload = Vec::with_capacity(9 + self.json.len());
        payload.push(tag);
        payload.extend(self.number.to_le_bytes());
        payload.extend(self.json);
        payload
    }

    /// The tag and the record of what `into_payload` has made.
    pub fn from_payload(payload: &'a [u8]) -> (u8, Self) {
        let (tag, rest) = payload.split_first().unwrap_or((&0, &[]));
        let (number, json) = rest.split_first_chunk().unwrap_or((&[0; 8], &[]));
        let number = u64::from_le_bytes(*number);
        (*tag, Self { number, json })
    }
}
