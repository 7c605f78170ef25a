//! The error of server functions: a problem, as the public API answers it.

use leptos::{
    prelude::{FromServerFnError, ServerFnErrorErr},
    server_fn::codec::JsonEncoding,
};
use model::{ErrorCode, Problem};
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[error("{}", .0.detail)]
pub struct AppError(pub Problem);

impl FromServerFnError for AppError {
    type Encoder = JsonEncoding;

    fn from_server_fn_error(error: ServerFnErrorErr) -> Self {
        #[cfg(feature = "ssr")]
        if let Some(refused) = refuse_arguments(&error) {
            return refused;
        }
        let _ = error;
        Self::unreachable()
    }
}

impl AppError {
    /// No response, or one that could not be read.
    pub fn unreachable() -> Self {
        let detail = "The server could not be reached. Try again.";
        Self::new(ErrorCode::Unavailable, detail)
    }

    /// A message of another conversation, in the words for one that does not exist.
    pub fn no_message() -> Self {
        Self::new(ErrorCode::NotFound, "There is no such message.")
    }

    /// What is written is not sent to the server.
    pub fn not_sent(detail: &str) -> Self {
        Self::new(ErrorCode::Invalid, detail)
    }

    /// More files than one message may have.
    pub fn too_many_files() -> Self {
        Self::new(ErrorCode::Invalid, "A message has at most 10 files.")
    }

    fn new(code: ErrorCode, detail: &str) -> Self {
        Self(Problem {
            kind: "about:blank".to_owned(),
            title: code.title().to_owned(),
            status: code.status(),
            detail: detail.to_owned(),
            code,
            errors: Vec::new(),
        })
    }
}

/// A form without a field that it must have, or with a value that is none of the field: as the public API
/// answers it. `None` for other errors.
#[cfg(feature = "ssr")]
fn refuse_arguments(error: &ServerFnErrorErr) -> Option<AppError> {
    let (ServerFnErrorErr::Args(reason) | ServerFnErrorErr::MissingArg(reason)) = error else {
        return None;
    };
    let missing = reason.split_once("missing field `");
    let missing = missing.and_then(|(_, rest)| rest.split_once('`'));
    let refused = match missing {
        Some((field, _)) => chat::Error::invalid(field, "is missing"),
        None => chat::Error::invalid("form", "can't be read"),
    };
    Some(refused.into())
}

/// Sets the status of the response, and logs what the server is to blame for.
#[cfg(feature = "ssr")]
impl From<chat::Error> for AppError {
    fn from(error: chat::Error) -> Self {
        let problem = error.problem();
        if let Some(options) = leptos::prelude::use_context::<leptos_axum::ResponseOptions>()
            && let Ok(status) = axum::http::StatusCode::from_u16(problem.status)
        {
            options.set_status(status);
        }
        if problem.status >= 500 {
            leptos::logging::error!("{error:?}");
        }
        Self(problem)
    }
}
