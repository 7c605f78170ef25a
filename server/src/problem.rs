//! Errors as HTTP responses: problem details (RFC 9457).

use axum::{
    Json,
    response::{IntoResponse, Response},
};
use chat::Error;
use http::{HeaderValue, StatusCode, header};
use model::{ErrorCode, FieldError, Problem, SignInProblem};
use std::sync::Arc;

const PROBLEM_JSON: HeaderValue = HeaderValue::from_static("application/problem+json");

/// The error of a handler or extractor.
#[derive(Debug)]
pub enum ApiError {
    /// From a verb.
    Chat(Error),
    /// From the HTTP layer, before any verb was called. The status may be more precise than the one
    /// that belongs to the code.
    Http {
        status: StatusCode,
        code: ErrorCode,
        detail: String,
        errors: Vec<FieldError>,
    },
}

impl ApiError {
    pub fn http(status: StatusCode, code: ErrorCode, detail: impl Into<String>) -> Self {
        Self::Http {
            status,
            code,
            detail: detail.into(),
            errors: Vec::new(),
        }
    }

    /// An error in the form of one field of the input.
    pub fn field(status: StatusCode, field: impl Into<String>, reason: impl Into<String>) -> Self {
        let (field, reason) = (field.into(), reason.into());
        Self::Http {
            status,
            code: ErrorCode::Invalid,
            detail: format!("{field}: {reason}."),
            errors: vec![FieldError { field, reason }],
        }
    }

    pub fn problem(&self) -> Problem {
        match self {
            Self::Chat(error) => error.problem(),
            Self::Http {
                status,
                code,
                detail,
                errors,
            } => Problem {
                kind: "about:blank".to_owned(),
                title: code.title().to_owned(),
                status: status.as_u16(),
                detail: detail.clone(),
                code: *code,
                errors: errors.clone(),
            },
        }
    }

    /// The value of `Retry-After`, in seconds.
    pub fn retry_after(&self) -> Option<u64> {
        match self {
            Self::Chat(error) => error.retry_after(),
            Self::Http { code, .. } => (*code == ErrorCode::Unavailable).then_some(1),
        }
    }

    /// Logs the cause of an internal error. Called once, where the error is answered.
    pub fn log(&self) {
        match self {
            Self::Chat(Error::Internal(cause)) => {
                tracing::error!(error = ?cause, "a verb failed");
            }
            Self::Chat(Error::Unavailable(cause)) => {
                tracing::warn!(error = %cause, "the database is not available");
            }
            // An outage is logged once, by the store.
            Self::Chat(Error::StoreUnavailable(cause)) if !cause.is_outage() => {
                tracing::warn!(error = %cause, "the store of files refuses a request");
            }
            _ => {}
        }
    }
}

impl From<Error> for ApiError {
    fn from(error: Error) -> Self {
        Self::Chat(error)
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        self.log();
        let problem = self.problem();
        let status =
            StatusCode::from_u16(problem.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let mut response = match &self {
            Self::Chat(Error::TwoFactorRequired(ticket)) => {
                let body = SignInProblem {
                    problem: problem.clone(),
                    ticket: Some(ticket.secret().to_owned()),
                };
                (status, Json(body)).into_response()
            }
            _ => (status, Json(&problem)).into_response(),
        };
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, PROBLEM_JSON);
        if status == StatusCode::UNAUTHORIZED {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        if let Some(seconds) = self.retry_after() {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        // Contracts whose errors look different rewrite the response from this.
        response.extensions_mut().insert(Arc::new(problem));
        response
    }
}
