//! What of an imported message the table can hold.

use super::{batch::Batch, records::Message};
use crate::messages::validation::MAX_BODY;
use model::NewAttachment;
use std::collections::HashSet;

pub struct CheckedMessage<'a> {
    pub row: &'a Message,
    /// Empty for a deleted message.
    pub body: &'a str,
    pub attachments: Vec<NewAttachment>,
}

impl CheckedMessage<'_> {
    /// The body that is written: for a message of files only, the name of the first one.
    pub fn stored_body(&self) -> &str {
        match self.attachments.first() {
            Some(first) if self.body.is_empty() => &first.name,
            _ => self.body,
        }
    }
}

impl Batch<'_> {
    /// The messages that can be written. The others are left, each with its reason.
    pub fn check_messages<'a>(&mut self, rows: &'a [Message]) -> Vec<CheckedMessage<'a>> {
        let mut seen = HashSet::with_capacity(rows.len());
        let mut checked = Vec::with_capacity(rows.len());
        for row in rows {
            if !seen.insert(&row.id) {
                self.outcome.leave(&row.id, "the same id twice");
                continue;
            }
            match self.check_message(row) {
                Ok(message) => checked.push(message),
                Err(reason) => self.outcome.leave(&row.id, reason),
            }
        }
        checked
    }

    fn check_message<'a>(&mut self, row: &'a Message) -> Result<CheckedMessage<'a>, &'static str> {
        if row.deleted_at.is_some() {
            return Ok(CheckedMessage {
                row,
                body: "",
                attachments: Vec::new(),
            });
        }
        if row.body.contains('\0') {
            return Err("the text has NUL characters");
        }
        if row.body.len() > MAX_BODY && row.body.chars().count() > MAX_BODY {
            return Err("the text has more than 10000 characters");
        }
        let attachments = self.check_attachments(&row.id, &row.attachments);
        if row.body.is_empty() && attachments.is_empty() {
            return Err("the text is empty");
        }
        Ok(CheckedMessage {
            row,
            body: &row.body,
            attachments,
        })
    }
}
