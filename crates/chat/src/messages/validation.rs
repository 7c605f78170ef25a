//! Validation of a new message, before it is queued.

use super::attachments;
use crate::{
    Error, Result,
    error::{refuse_nul, violated},
    text,
};
use model::{MessageKind, NewMessage};

/// Characters of a message: the constraint `messages_body_length`. A draft has as many (`drafts_body_length`).
pub const MAX_BODY: usize = 10_000;

/// Refuses a message with `Invalid` that the rules or the tables would refuse.
pub fn check_new(new: &NewMessage) -> Result<()> {
    if new.attachment_ids.is_empty() {
        check_body(&new.body)?;
    } else {
        refuse_nul("body", &new.body)?;
    }
    attachments::check(&new.attachments)?;
    check_kind(new.kind)?;
    if new.also_to_conversation && new.thread_id.is_none() {
        let reason = "is for replies in a thread";
        return Err(Error::invalid("alsoToConversation", reason));
    }
    check_constraints(new)
}

fn check_kind(kind: MessageKind) -> Result<()> {
    if kind == MessageKind::System {
        let reason = "must be text, image, file, audio or video";
        return Err(Error::invalid("kind", reason));
    }
    Ok(())
}

/// A body must show something.
pub(crate) fn check_body(body: &str) -> Result<()> {
    refuse_nul("body", body)?;
    if text::is_blank(body) {
        return Err(Error::invalid("body", "must not be empty"));
    }
    Ok(())
}

/// Repeats the check constraints of the tables. The writer inserts many messages with one
/// statement: a violation would fail them all.
fn check_constraints(new: &NewMessage) -> Result<()> {
    let within = |field: &str, text: &str, max, constraint| {
        refuse_nul(field, text)?;
        // `max` counts characters. A text of at most `max` bytes needs no counting.
        if text.len() > max && text.chars().count() > max {
            return Err(violated(constraint));
        }
        Ok(())
    };
    within("body", &new.body, MAX_BODY, "messages_body_length")?;
    if let Some(client_id) = &new.client_id {
        within("clientId", client_id, 128, "messages_client_id_length")?;
        if client_id.is_empty() {
            return Err(violated("messages_client_id_length"));
        }
    }
    for file in &new.attachments {
        within("attachments", &file.name, 255, "attachments_name_length")?;
        within("attachments", &file.url, 2_000, "attachments_url_length")?;
        if file.name.is_empty() {
            return Err(violated("attachments_name_length"));
        }
        if file.url.is_empty() {
            return Err(violated("attachments_url_length"));
        }
    }
    Ok(())
}
