//! What is asked for, and the messages that are written for it.

use super::copies::Copied;
use crate::{
    Error, Result,
    error::refuse_nul,
    messages::{SendOptions, check_new},
};
use model::{MessageId, NewForward, NewMessage};
use std::collections::BTreeSet;

/// Messages that can be forwarded at once.
pub const MAX_FORWARDED: usize = 20;

/// Characters of the `clientId`: those of the messages are made of it, and have at most 128.
const MAX_CLIENT_ID: usize = 120;

/// What is asked for, once it was checked.
pub struct Request {
    /// In ascending order.
    pub message_ids: Vec<i64>,
    pub comment: Option<String>,
    pub client_id: Option<String>,
}

impl Request {
    /// Refuses with `Invalid` what cannot be forwarded whoever asks for it.
    pub fn check(new: NewForward) -> Result<Self> {
        let NewForward {
            message_ids,
            comment,
            client_id,
        } = new;
        let distinct: BTreeSet<MessageId> = message_ids.iter().copied().collect();
        if message_ids.is_empty() || message_ids.len() > MAX_FORWARDED {
            return Err(Error::invalid("messageIds", "must be 1 to 20"));
        }
        if distinct.len() < message_ids.len() {
            return Err(Error::invalid(
                "messageIds",
                "must not name a message twice",
            ));
        }
        if let Some(client_id) = &client_id {
            refuse_nul("clientId", client_id)?;
            if client_id.is_empty() || client_id.chars().count() > MAX_CLIENT_ID {
                return Err(Error::invalid("clientId", "must have 1 to 120 characters"));
            }
        }
        let request = Self {
            message_ids: distinct.into_iter().map(|id| id.0).collect(),
            comment,
            client_id,
        };
        if let Some(comment) = request.comment_message() {
            check_new(&comment).map_err(|error| match error {
                Error::Invalid(mut fields) => {
                    for it in fields.iter_mut().filter(|it| it.field == "body") {
                        "comment".clone_into(&mut it.field);
                    }
                    Error::Invalid(fields)
                }
                other => other,
            })?;
        }
        Ok(request)
    }

    fn comment_message(&self) -> Option<NewMessage> {
        let body = self.comment.clone()?;
        Some(NewMessage {
            body,
            client_id: self.client_id.clone(),
            ..NewMessage::default()
        })
    }

    /// The `clientId` of one of the messages, by its number from 1. The comment has that of the request.
    pub fn client_id_of(&self, number: usize) -> Option<String> {
        let client_id = self.client_id.as_ref()?;
        Some(format!("{client_id}:{number}"))
    }

    /// What is written: the comment, and the messages.
    pub fn news(&self, copies: &[Copied]) -> Vec<(NewMessage, SendOptions)> {
        let comment = self.comment_message();
        let comment = comment.map(|new| (new, SendOptions::default()));
        let copies = copies.iter().enumerate().map(|(n, copied)| {
            let new = NewMessage {
                client_id: self.client_id_of(n + 1),
                ..copied.new.clone()
            };
            let options = SendOptions {
                forwarded: true,
                ..SendOptions::default()
            };
            (new, options)
        });
        comment.into_iter().chain(copies).collect()
    }
}
