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

    fn from_server_fn_error(_: ServerFnErrorErr) -> Self {
        Self::unreachable()
    }
}

impl AppError {
    /// No response, or one that could not be read.
    pub fn unreachable() -> Self {
        let detail = "The server could not be reached. Try again.";
        Self::new(ErrorCode::Unavailable, detail)
    }

    /// A message so long that it is not sent to the server.
    pub fn too_long() -> Self {
        Self::new(
            ErrorCode::Invalid,
            "A message has at most 10000 characters.",
        )
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
