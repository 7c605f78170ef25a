//! The files that imported messages link to, as far as the tables and the pages can have them.

use super::{batch::Batch, records::Attachment};
use crate::{
    messages::{MAX_ATTACHMENTS, is_link},
    text,
};
use model::NewAttachment;

/// Characters of the longest name and address: the constraints `attachments_name_length` and
/// `attachments_url_length`.
const MAX_NAME: usize = 255;
const MAX_URL: usize = 2_000;

impl Batch<'_> {
    /// Those of a message's attachments that can be taken, with a note for each other one.
    pub fn check_attachments(
        &mut self,
        message_id: &impl ToString,
        attachments: &[Attachment],
    ) -> Vec<NewAttachment> {
        let mut taken = Vec::with_capacity(attachments.len());
        for attachment in attachments {
            match check(attachment) {
                Ok(_) if taken.len() == MAX_ATTACHMENTS => self.outcome.adjust(
                    message_id,
                    "an attachment left out: a message has at most 10",
                ),
                Ok(attachment) => taken.push(attachment),
                Err(reason) => self.outcome.adjust(message_id, reason),
            }
        }
        taken
    }
}

pub fn check(attachment: &Attachment) -> Result<NewAttachment, &'static str> {
    let url = attachment.url.trim();
    if url.is_empty() || url.chars().count() > MAX_URL {
        return Err("an attachment left out: its address must have 1 to 2000 characters");
    }
    if !is_link(url) {
        return Err("an attachment left out: its address must be http, https or a path");
    }
    let mut new = NewAttachment::at(url);
    let name = attachment.name.as_deref();
    if let Some(name) = name.and_then(|it| text::clean_line(it, MAX_NAME)) {
        new.name = name;
    }
    Ok(new)
}
