//! The input of a client of a contract, read field by field: an error names the field and the reason.

use crate::{
    gateway::{Arguments, FromArguments},
    problem::ApiError,
};
use axum::{
    RequestExt,
    body::Bytes,
    extract::{FromRequest, Query, RawPathParams, Request},
};
use chat::{Error, Result};
use http::StatusCode;
use serde_json::{Map, Value};

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

    /// An id, as a number or as a string of digits.
    pub fn id<T: From<i64>>(&self, name: &str) -> Result<T> {
        self.optional_id(name)?
            .ok_or_else(|| Error::invalid(name, "is required"))
    }

    pub fn optional_id<T: From<i64>>(&self, name: &str) -> Result<Option<T>> {
        self.get(name).map(|value| id(name, value)).transpose()
    }

    pub fn ids<T: From<i64>>(&self, name: &str) -> Result<Vec<T>> {
        match self.get(name) {
            None => Err(Error::invalid(name, "is required")),
            Some(Value::Array(values)) => values.iter().map(|value| id(name, value)).collect(),
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
                .map(|value| value.as_str().ok_or_else(strings))
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

/// An event's first argument as an id.
pub fn first_id<T: From<i64>>(name: &str, arguments: &Arguments) -> Result<T> {
    match arguments.values.first() {
        None | Some(Value::Null) => Err(Error::invalid(name, "is required")),
        Some(value) => id(name, value),
    }
}

/// An event's first argument as a string.
pub fn first_text<'a>(name: &str, arguments: &'a Arguments) -> Result<&'a str> {
    match arguments.values.first() {
        None | Some(Value::Null) => Err(Error::invalid(name, "is required")),
        Some(value) => value
            .as_str()
            .ok_or_else(|| Error::invalid(name, "must be a string")),
    }
}

fn id<T: From<i64>>(name: &str, value: &Value) -> Result<T> {
    let id = number(value).filter(|id| *id > 0);
    id.map(T::from)
        .ok_or_else(|| Error::invalid(name, "must be an id"))
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
    use super::{Input, first_id};
    use crate::gateway::{Arguments, FromArguments};
    use model::MessageId;
    use serde_json::{Value, json};

    fn arguments(values: &[Value]) -> Arguments {
        Arguments {
            values: values.to_vec(),
            ..Arguments::default()
        }
    }

    #[test]
    fn ids_are_numbers_or_digits() {
        let input =
            Input::from_arguments(arguments(&[json!({ "a": 7, "b": "7", "c": null })])).unwrap();
        assert_eq!(input.id::<MessageId>("a").unwrap(), MessageId(7));
        assert_eq!(input.id::<MessageId>("b").unwrap(), MessageId(7));
        assert_eq!(input.optional_id::<MessageId>("c").unwrap(), None);
        for bad in [
            json!(""),
            json!("x"),
            json!(1.5),
            json!(0),
            json!(-1),
            json!([]),
            json!({}),
        ] {
            assert!(first_id::<MessageId>("id", &arguments(&[bad])).is_err());
        }
        assert!(first_id::<MessageId>("id", &arguments(&[])).is_err());
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
