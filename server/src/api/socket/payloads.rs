//! What clients send with events: one object each, read as over REST, and refused in the same words.

use crate::{
    gateway::{Arguments, FromArguments},
    json_faults::{fault, field_name, has_nul},
};
use chat::{Error, Result};
use model::{ConversationId, MessageId, NewMessage, PresenceChoice};
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::Value;

/// The one object that every event has for an argument.
pub struct Payload<T>(pub T);

impl<T: DeserializeOwned> FromArguments for Payload<T> {
    fn from_arguments(arguments: Arguments) -> Result<Self> {
        read(&object(arguments)?).map(Self)
    }
}

fn object(arguments: Arguments) -> Result<Value> {
    if arguments.has_attachments {
        return Err(Error::invalid("payload", "must not contain binary data"));
    }
    let Ok([payload]) = <[Value; 1]>::try_from(arguments.values) else {
        return Err(Error::invalid("payload", "must be one object"));
    };
    let Some(fields) = payload.as_object() else {
        return Err(Error::invalid("payload", "must be an object"));
    };
    if let Some((name, _)) = fields.iter().find(|(_, value)| has_nul(value)) {
        return Err(Error::nul(field_name(name)));
    }
    Ok(payload)
}

/// What is wrong names the field, and no type of the program.
fn read<T: DeserializeOwned>(payload: &Value) -> Result<T> {
    serde_path_to_error::deserialize(payload).map_err(|error| {
        let path = error.path().to_string();
        let path = if path == "." { "" } else { &path };
        let (field, reason) = fault(path, &error.inner().to_string(), "payload");
        Error::invalid(field, reason)
    })
}

/// Where a message is sent to, and the message, whose fields are beside it. Each is read by itself: serde does not say
/// where in fields that it flattens something is wrong.
pub struct MessageSend {
    pub conversation_id: ConversationId,
    pub message: NewMessage,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Place {
    conversation_id: ConversationId,
}

impl FromArguments for MessageSend {
    fn from_arguments(arguments: Arguments) -> Result<Self> {
        let payload = object(arguments)?;
        let Place { conversation_id } = read(&payload)?;
        let message = read(&payload)?;
        Ok(Self {
            conversation_id,
            message,
        })
    }
}

#[derive(Deserialize)]
pub struct MessageEdit {
    pub id: MessageId,
    pub body: String,
    /// Refused unless it is empty.
    #[serde(default, rename = "attachmentIds")]
    _attachment_ids: model::NoFiles,
    /// Refused unless it is null.
    #[serde(default, rename = "poll")]
    _poll: model::NoPoll,
}

/// An event about a message, and nothing more.
#[derive(Deserialize)]
pub struct AboutMessage {
    pub id: MessageId,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ReactionChange {
    pub message_id: MessageId,
    pub emoji: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Vote {
    pub message_id: MessageId,
    pub options: Vec<i16>,
}

/// An event about a poll, and nothing more.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AboutPoll {
    pub message_id: MessageId,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Position {
    pub conversation_id: ConversationId,
    pub position: i64,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Typing {
    pub conversation_id: ConversationId,
    #[serde(default)]
    pub thread_id: Option<MessageId>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AboutThread {
    pub thread_id: MessageId,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ThreadPosition {
    pub thread_id: MessageId,
    pub position: i64,
}

#[derive(Deserialize)]
pub struct PresenceSet {
    pub status: PresenceChoice,
}

#[cfg(test)]
mod tests {
    use super::MessageSend;
    use crate::gateway::{Arguments, FromArguments};
    use serde_json::{Value, json};

    #[test]
    fn a_wrong_field_of_a_message_is_named_as_over_rest() {
        let reason = |fields: Value| {
            let mut payload = json!({ "conversationId": "7", "body": "Lunch?" });
            payload
                .as_object_mut()
                .unwrap()
                .extend(fields.as_object().unwrap().clone());
            let arguments = Arguments {
                values: vec![payload],
                ..Arguments::default()
            };
            MessageSend::from_arguments(arguments)
                .err()
                .unwrap()
                .to_string()
        };
        let poll = |poll: Value| reason(json!({ "poll": poll }));
        let options = json!(["yes", "no"]);
        let refused = [
            (
                poll(json!({ "options": options, "max_choices": 2 })),
                "poll.max_choices: is unknown",
            ),
            (poll(json!({})), "poll.options: is missing"),
            (poll(json!("x")), "poll: must be an object"),
            (
                poll(json!({ "options": { "a": 1 } })),
                "poll.options: must be a list",
            ),
            (
                poll(json!({ "options": options, "maxChoices": "2" })),
                "poll.maxChoices: must be a whole number",
            ),
            (
                poll(json!({ "options": options, "results": null })),
                "poll.results: must be a text",
            ),
            (
                poll(json!({ "options": options, "closesAt": "x" })),
                "poll.closesAt: must be a time, such as 2027-01-04T08:00:00Z",
            ),
            (
                reason(json!({ "conversationId": true })),
                "conversationId: must be an id, as a string of digits",
            ),
            (reason(json!({ "body": 5 })), "body: must be a text"),
        ];
        for (told, expected) in refused {
            assert!(told.contains(expected), "{told} is not {expected}");
        }
    }
}
