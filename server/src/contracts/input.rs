//! The input of a client of a contract, read field by field: an error names the field and the reason.

use crate::{
    gateway::{Arguments, FromArguments},
    json_faults::json_reason,
    problem::ApiError,
};
use axum::{
    RequestExt,
    body::Bytes,
    extract::{FromRequest, Query, RawPathParams, Request},
};
use chat::{Caller, Chat, Error, Result};
use http::StatusCode;
use model::{ConversationId, MessageId, UserId};
use serde_json::{Map, Value};
use std::borrow::Cow;

const NO_ID: &str = "must be an id";

/// Named values. Of an event: its first argument, which must be an object; further arguments are
/// ignored. Of a request: its JSON body, query and path parameters, of which the path overrides the
/// body, and the body the query. The header `Idempotency-Key` is `clientId` where the body has none.
#[derive(Debug, Default)]
pub struct Input(Map<String, Value>);

impl FromArguments for Input {
    fn from_arguments(arguments: Arguments) -> Result<Self> {
        match arguments.values.into_iter().next() {
            Some(Value::Object(fields)) => Ok(Self(fields)),
            _ => Err(Error::invalid("payload", "must be an object")),
        }
    }
}

impl Input {
    /// Whether the field is set and not null.
    pub fn has(&self, name: &str) -> bool {
        self.get(name).is_some()
    }

    /// The user, conversation or message that the caller names in a field.
    pub async fn id<T: DoorId>(&self, chat: &Chat, caller: &Caller, name: &str) -> Result<T> {
        let id = self.optional_id(chat, caller, name).await?;
        id.ok_or_else(|| Error::invalid(name, "is required"))
    }

    pub async fn optional_id<T: DoorId>(
        &self,
        chat: &Chat,
        caller: &Caller,
        name: &str,
    ) -> Result<Option<T>> {
        match self.get(name) {
            None => Ok(None),
            Some(value) => Ok(Some(resolve(chat, caller, name, &id(name, value)?).await?)),
        }
    }

    /// As `id`, of a path: what can be no id names nothing there.
    pub async fn path_id<T: DoorId>(&self, chat: &Chat, caller: &Caller, name: &str) -> Result<T> {
        match self.id(chat, caller, name).await {
            Err(Error::Invalid(_)) => Err(Error::NotFound(T::NOUN)),
            found => found,
        }
    }

    /// The message that a field refers to, as an answer or a cursor does. One that cannot be found is an
    /// error of the field.
    pub async fn message(
        &self,
        chat: &Chat,
        caller: &Caller,
        name: &str,
    ) -> Result<Option<MessageId>> {
        match self.optional_id(chat, caller, name).await {
            Err(Error::NotFound(_)) => Err(Error::invalid(name, NO_ID)),
            found => found,
        }
    }

    /// The users whom the caller names in a list. Somebody new becomes a placeholder.
    pub async fn users(&self, chat: &Chat, caller: &Caller, name: &str) -> Result<Vec<UserId>> {
        let ids = self.user_ids(caller, name)?;
        chat.resolve_users(caller, name, &ids).await
    }

    /// The user whom the caller names, and who is not created: `None` for somebody whom nobody has seen.
    pub async fn known_user(
        &self,
        chat: &Chat,
        caller: &Caller,
        name: &str,
    ) -> Result<Option<UserId>> {
        let value = self
            .get(name)
            .ok_or_else(|| Error::invalid(name, "is required"))?;
        let id = id(name, value)?;
        check::<UserId>(caller, name, &id)?;
        chat.find_named_user(caller, &id).await
    }

    /// Those of the users in a list whom somebody has seen.
    pub async fn known_users(
        &self,
        chat: &Chat,
        caller: &Caller,
        name: &str,
    ) -> Result<Vec<UserId>> {
        let ids = self.user_ids(caller, name)?;
        chat.find_named_users(caller, &ids).await
    }

    fn user_ids(&self, caller: &Caller, name: &str) -> Result<Vec<Cow<'_, str>>> {
        match self.get(name) {
            None => Err(Error::invalid(name, "is required")),
            Some(Value::Array(values)) => {
                let ids: Result<Vec<_>> = values.iter().map(|value| id(name, value)).collect();
                let ids = ids?;
                for id in &ids {
                    check::<UserId>(caller, name, id)?;
                }
                Ok(ids)
            }
            Some(_) => Err(Error::invalid(name, "must be a list of ids")),
        }
    }

    pub fn text(&self, name: &str) -> Result<&str> {
        self.optional_text(name)?
            .ok_or_else(|| Error::invalid(name, "is required"))
    }

    pub fn optional_text(&self, name: &str) -> Result<Option<&str>> {
        match self.get(name) {
            None => Ok(None),
            Some(Value::String(text)) if text.contains('\0') => Err(Error::nul(name)),
            Some(Value::String(text)) => Ok(Some(text)),
            Some(_) => Err(Error::invalid(name, "must be a string")),
        }
    }

    pub fn texts(&self, name: &str) -> Result<Vec<&str>> {
        let strings = || Error::invalid(name, "must be a list of strings");
        match self.get(name) {
            None => Ok(Vec::new()),
            Some(Value::Array(values)) => values
                .iter()
                .map(|value| match value.as_str() {
                    Some(text) if text.contains('\0') => Err(Error::nul(name)),
                    text => text.ok_or_else(strings),
                })
                .collect(),
            Some(_) => Err(strings()),
        }
    }

    /// An integer, as a number or, as queries have it, as a string of digits.
    pub fn integer(&self, name: &str) -> Result<Option<i64>> {
        match self.get(name) {
            None => Ok(None),
            Some(value) => number(value)
                .map(Some)
                .ok_or_else(|| Error::invalid(name, "must be an integer")),
        }
    }

    pub fn flag(&self, name: &str) -> Result<bool> {
        match self.get(name) {
            Some(Value::Bool(flag)) => Ok(*flag),
            None => Err(Error::invalid(name, "is required")),
            Some(_) => Err(Error::invalid(name, "must be true or false")),
        }
    }

    /// The value as it came; None for null.
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.0.get(name).filter(|value| !value.is_null())
    }
}

/// The user, conversation or message that an event's first argument names.
pub async fn first_id<T: DoorId>(
    chat: &Chat,
    caller: &Caller,
    name: &str,
    arguments: &Arguments,
) -> Result<T> {
    match arguments.values.first() {
        None | Some(Value::Null) => Err(Error::invalid(name, "is required")),
        Some(value) => resolve(chat, caller, name, &id(name, value)?).await,
    }
}

/// What a client may name by an id.
pub trait DoorId: Sized + Send {
    /// As in `Error::NotFound`.
    const NOUN: &'static str;

    /// The smallest of our own ids.
    const SMALLEST: i64 = 1;

    /// # Errors
    /// `NotFound` for what can be no id of its kind.
    fn resolve(chat: &Chat, caller: &Caller, id: &str)
    -> impl Future<Output = Result<Self>> + Send;
}

impl DoorId for UserId {
    const NOUN: &'static str = "user";

    async fn resolve(chat: &Chat, caller: &Caller, id: &str) -> Result<Self> {
        chat.resolve_user(caller, id).await
    }
}

impl DoorId for ConversationId {
    const NOUN: &'static str = "conversation";
    const SMALLEST: i64 = ConversationId::ANNOUNCEMENTS.0;

    async fn resolve(chat: &Chat, caller: &Caller, id: &str) -> Result<Self> {
        chat.resolve_conversation(caller, id).await
    }
}

impl DoorId for MessageId {
    const NOUN: &'static str = "message";

    async fn resolve(chat: &Chat, caller: &Caller, id: &str) -> Result<Self> {
        chat.resolve_message(caller, id).await
    }
}

/// Refuses what is evidently no id: without an app, what is not one of ours, a number.
fn check<T: DoorId>(caller: &Caller, name: &str, id: &str) -> Result<()> {
    if caller.app_id.is_some() || id.parse::<UserId>().is_ok_and(|id| id.0 >= T::SMALLEST) {
        Ok(())
    } else {
        Err(Error::invalid(name, NO_ID))
    }
}

async fn resolve<T: DoorId>(chat: &Chat, caller: &Caller, name: &str, id: &str) -> Result<T> {
    check::<T>(caller, name, id)?;
    T::resolve(chat, caller, id).await
}

/// An event's first argument as a string.
pub fn first_text<'a>(name: &str, arguments: &'a Arguments) -> Result<&'a str> {
    match arguments.values.first() {
        None | Some(Value::Null) => Err(Error::invalid(name, "is required")),
        Some(Value::String(text)) if text.contains('\0') => Err(Error::nul(name)),
        Some(value) => value
            .as_str()
            .ok_or_else(|| Error::invalid(name, "must be a string")),
    }
}

/// An id as a client sends it: a string, or an integer.
fn id<'a>(name: &str, value: &'a Value) -> Result<Cow<'a, str>> {
    match value {
        Value::String(id) if !id.is_empty() && !id.contains('\0') => Ok(Cow::Borrowed(id)),
        Value::Number(id) if !id.is_f64() => Ok(Cow::Owned(id.to_string())),
        _ => Err(Error::invalid(name, NO_ID)),
    }
}

fn number(value: &Value) -> Option<i64> {
    match value {
        Value::Number(number) => number.as_i64(),
        Value::String(digits) => digits.parse().ok(),
        _ => None,
    }
}

impl<S: Send + Sync> FromRequest<S> for Input {
    type Rejection = ApiError;

    async fn from_request(mut request: Request, state: &S) -> Result<Self, ApiError> {
        let path: RawPathParams = request
            .extract_parts()
            .await
            .map_err(|_| malformed("path", "can't be read"))?;
        let Query(query) = request
            .extract_parts::<Query<Vec<(String, String)>>>()
            .await
            .map_err(|_| malformed("query", "can't be read"))?;
        let key = request.headers().get("idempotency-key");
        let key = key.and_then(|it| it.to_str().ok()).map(Value::from);
        let body = Bytes::from_request(request, state).await.map_err(|_| {
            let reason = "is too large or did not arrive whole";
            ApiError::field(StatusCode::PAYLOAD_TOO_LARGE, "payload", reason)
        })?;
        let mut fields: Map<_, _> = query
            .into_iter()
            .map(|(name, value)| (name, Value::String(value)))
            .collect();
        if !body.is_empty() {
            match serde_json::from_slice(&body) {
                Ok(Value::Object(body)) => fields.extend(body),
                Ok(_) => return Err(malformed("payload", "must be a JSON object")),
                Err(error) if error.to_string().contains("hex escape") => {
                    return Err(malformed("payload", &json_reason(&error)));
                }
                Err(_) => return Err(malformed("payload", "must be JSON")),
            }
        }
        if let Some(key) = key {
            fields.entry("clientId").or_insert(key);
        }
        for (name, value) in &path {
            fields.insert(name.to_owned(), Value::String(value.to_owned()));
        }
        Ok(Self(fields))
    }
}

fn malformed(field: &str, reason: &str) -> ApiError {
    ApiError::field(StatusCode::BAD_REQUEST, field, reason)
}

#[cfg(test)]
mod tests {
    use super::{Input, id};
    use crate::gateway::{Arguments, FromArguments};
    use serde_json::{Value, json};

    fn arguments(values: &[Value]) -> Arguments {
        Arguments {
            values: values.to_vec(),
            ..Arguments::default()
        }
    }

    #[test]
    fn ids_are_integers_or_strings() {
        assert_eq!(id("id", &json!(7)).unwrap(), "7");
        assert_eq!(id("id", &json!("7")).unwrap(), "7");
        assert_eq!(
            id("id", &json!("507f1f77bcf86cd799439011")).unwrap(),
            "507f1f77bcf86cd799439011"
        );
        for bad in [json!(""), json!(1.5), json!(true), json!([]), json!({})] {
            assert!(id("id", &bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn only_an_object_has_fields() {
        for bad in [json!(null), json!([]), json!("x"), json!(7)] {
            assert!(Input::from_arguments(arguments(&[bad])).is_err());
        }
        let input =
            Input::from_arguments(arguments(&[json!({ "flag": "yes", "text": 7 }), json!(1)]))
                .unwrap();
        assert!(input.flag("flag").is_err());
        assert!(input.text("text").is_err());
        assert!(input.text("missing").is_err());
    }
}
