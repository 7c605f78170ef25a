//! `Error`: why a verb failed, as the public API describes it. Each contract renders it in its own
//! words.

use crate::{
    accounts::sign_in_ticket::SignInTicket,
    database::{failure, freshness},
    uploads::store_error::StoreError,
};
use model::{ErrorCode, FieldError, Problem};
use std::{sync::Arc, time::Duration};

pub type Result<T, E = Error> = std::result::Result<T, E>;

#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// There is no valid session or token.
    #[error("{0}")]
    Unauthenticated(&'static str),
    /// The password of a sign-in was right, and its user has a second factor. `Chat::sign_in_with_code` goes on.
    #[error("Enter a code of your authenticator app, or a recovery code.")]
    TwoFactorRequired(SignInTicket),
    /// The caller has to have a second factor, and has none yet: they may set one up, and nothing else.
    #[error("Set up two-factor authentication first: this server demands it.")]
    TwoFactorSetupRequired,
    /// The account is made or the password right, and the account opens no session before its e-mail address is proved. A
    /// mail is on its way.
    #[error("Confirm your e-mail address: open the link that was mailed to it, and sign in then.")]
    EmailUnconfirmed,
    /// The caller sees the thing, but may not do this to it.
    #[error("{0}")]
    Forbidden(&'static str),
    /// Somebody, by name, has chosen not to be put into groups by the caller.
    #[error("Not everybody can be added: {} decided who may add them to groups.", .0.join(", "))]
    NotAddable(Vec<String>),
    /// It does not exist, or the caller may not know that it does.
    #[error("There is no such {0}.")]
    NotFound(&'static str),
    /// Input that cannot be accepted, by field.
    #[error("{}", details(.0))]
    Invalid(Vec<FieldError>),
    /// The input is valid, but not in the present state.
    #[error("{0}")]
    Conflict(&'static str),
    /// A rate limit is reached, for this long. `of` says of what there were too many; empty of requests.
    #[error("Too many requests{}{of}. Try again in {} s.", if .of.is_empty() { "" } else { ": " }, seconds(*.retry_after))]
    TooManyRequests {
        of: &'static str,
        retry_after: Duration,
    },
    /// The database does not answer, or failed in a way that may be gone soon
    /// (`failure::is_transient`).
    /// Shared: one failed batch is the answer to all of its sends.
    #[error("The server can't answer right now. Try again.")]
    Unavailable(#[source] Arc<sqlx::Error>),
    /// A queue is full: more work waits than can be done soon.
    #[error("The server has too much to do right now. Try again.")]
    Overloaded,
    /// A file is larger than this server takes.
    #[error("{0}")]
    TooLarge(String),
    /// The disk, or what a user or all of them may have in files, is full.
    #[error("{0}")]
    StorageFull(&'static str),
    /// The store of the files does not answer.
    #[error("The server can't get at its files right now. Try again.")]
    StoreUnavailable(#[source] StoreError),
    /// The keys of an app's tokens have never been had since the start: its issuer does not answer.
    #[error("The keys of the token's issuer can't be had right now. Try again.")]
    NoIssuerKeys,
    /// A provider of single sign-on does not answer.
    #[error("The sign-in there does not answer right now. Try again, or sign in another way.")]
    ProviderAway,
    /// A fault of the server. The cause is logged and never shown to a client.
    #[error("Something went wrong here. It has been written down.")]
    Internal(#[source] Box<dyn std::error::Error + Send + Sync>),
}

impl Error {
    pub fn invalid(field: impl Into<String>, reason: impl Into<String>) -> Self {
        Self::Invalid(vec![FieldError {
            field: field.into(),
            reason: reason.into(),
        }])
    }

    /// A text with a NUL character, which Postgres cannot store.
    pub fn nul(field: impl Into<String>) -> Self {
        Self::invalid(field, NUL)
    }

    pub fn internal(cause: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self::Internal(cause.into())
    }

    pub fn code(&self) -> ErrorCode {
        match self {
            Self::Unauthenticated(_) => ErrorCode::Unauthenticated,
            Self::TwoFactorRequired(_) => ErrorCode::TwoFactorRequired,
            Self::TwoFactorSetupRequired => ErrorCode::TwoFactorSetupRequired,
            Self::EmailUnconfirmed => ErrorCode::EmailUnconfirmed,
            Self::Forbidden(_) | Self::NotAddable(_) => ErrorCode::Forbidden,
            Self::NotFound(_) => ErrorCode::NotFound,
            Self::Invalid(_) => ErrorCode::Invalid,
            Self::Conflict(_) => ErrorCode::Conflict,
            Self::TooManyRequests { .. } => ErrorCode::TooManyRequests,
            Self::TooLarge(_) => ErrorCode::TooLarge,
            Self::StorageFull(_) => ErrorCode::StorageFull,
            Self::Unavailable(_)
            | Self::Overloaded
            | Self::NoIssuerKeys
            | Self::ProviderAway
            | Self::StoreUnavailable(_) => ErrorCode::Unavailable,
            Self::Internal(_) => ErrorCode::Internal,
        }
    }

    /// Whole seconds to wait before the request is repeated, at least 1; `None` where that is no
    /// use.
    pub fn retry_after(&self) -> Option<u64> {
        match self {
            Self::TooManyRequests { retry_after, .. } => Some(seconds(*retry_after)),
            Self::Unavailable(_)
            | Self::Overloaded
            | Self::NoIssuerKeys
            | Self::ProviderAway
            | Self::StoreUnavailable(_) => Some(1),
            _ => None,
        }
    }

    /// Whether the same request may succeed later, so that a client does well to come back. Not after what
    /// the request itself says: nor where the database refuses its values in a way that has no name here
    /// (SQLSTATE classes 22, data exception, and 23, integrity constraint violation).
    pub fn may_pass(&self) -> bool {
        match self {
            Self::TooManyRequests { .. }
            | Self::Unavailable(_)
            | Self::Overloaded
            | Self::NoIssuerKeys
            | Self::ProviderAway
            | Self::StoreUnavailable(_) => true,
            Self::Internal(cause) => {
                let cause = cause.downcast_ref::<sqlx::Error>();
                let cause = cause.and_then(sqlx::Error::as_database_error);
                let code = cause.and_then(sqlx::error::DatabaseError::code);
                !code.is_some_and(|code| code.starts_with("22") || code.starts_with("23"))
            }
            _ => false,
        }
    }

    /// Whether the database refuses writes, but may still answer: a standby, or one that an
    /// administrator has set read-only.
    pub fn is_read_only(&self) -> bool {
        matches!(self, Self::Unavailable(cause) if failure::is_read_only(cause))
    }

    /// The error as the public API shows it (RFC 9457).
    pub fn problem(&self) -> Problem {
        let code = self.code();
        Problem {
            kind: "about:blank".to_owned(),
            title: code.title().to_owned(),
            status: code.status(),
            detail: self.to_string(),
            code,
            errors: match self {
                Self::Invalid(errors) => errors.clone(),
                _ => Vec::new(),
            },
        }
    }
}

/// The error of a cache look-up that several callers waited for.
pub(crate) fn shared(error: Arc<Error>) -> Error {
    Arc::try_unwrap(error).unwrap_or_else(|error| match &*error {
        Error::NotFound(what) => Error::NotFound(what),
        Error::Unavailable(cause) => Error::Unavailable(Arc::clone(cause)),
        other => Error::internal(other.to_string()),
    })
}

fn seconds(duration: Duration) -> u64 {
    duration.as_secs().max(1)
}

fn details(errors: &[FieldError]) -> String {
    let parts: Vec<_> = errors
        .iter()
        .map(|e| format!("{}: {}", e.field, e.reason))
        .collect();
    format!("{}.", parts.join("; "))
}

impl From<sqlx::Error> for Error {
    fn from(error: sqlx::Error) -> Self {
        if failure::spoils_connection(&error) {
            freshness::discard_connections();
        }
        if failure::is_transient(&error) {
            return Self::Unavailable(Arc::new(error));
        }
        let sqlx::Error::Database(cause) = &error else {
            return Self::internal(error);
        };
        let invalid = match cause.code().as_deref() {
            // check_violation: the constraints are named in `constraint_error`.
            Some("23514") => cause.constraint().and_then(constraint_error),
            // character_not_in_repertoire, untranslatable_character: Postgres stores no
            // NUL. It does not say where; what comes in is looked at before.
            Some("22021" | "22P05") => Some(("request", NUL)),
            _ => None,
        };
        match invalid {
            Some((field, reason)) => Self::invalid(field, reason),
            None => Self::internal(error),
        }
    }
}

/// The reason for text that Postgres cannot store.
const NUL: &str = "must not contain NUL characters";

/// Field and reason of the violation of a constraint of the tables.
fn constraint_error(constraint: &str) -> Option<(&'static str, &'static str)> {
    Some(match constraint {
        "users_username_format" => (
            "username",
            "must have 2 to 32 of a-z, 0-9, dot, underscore and hyphen, beginning with a letter or digit",
        ),
        "users_name_length" => ("name", "must have 1 to 80 characters"),
        "users_email_length" => ("email", "must have at most 254 characters"),
        "users_avatar_url_length" => ("avatarUrl", "must have at most 2000 characters"),
        "conversations_title_length" => ("title", "must have 1 to 120 characters"),
        "conversations_title_by_kind" => ("title", "is for groups and channels, which need one"),
        "conversations_description_length" => ("description", "must have at most 1000 characters"),
        "conversations_private_by_kind" => ("private", "can be changed on channels only"),
        "conversations_client_id_length" | "messages_client_id_length" => {
            ("clientId", "must have 1 to 128 characters")
        }
        "messages_body_length" => ("body", "must have at most 10000 characters"),
        "attachments_name_length" => ("attachments", "need names of 1 to 255 characters"),
        "attachments_url_length" => ("attachments", "need addresses of 1 to 2000 characters"),
        "attachments_upload_exists" => ("attachmentIds", "names a file that has been deleted"),
        "polls_options_count" => ("poll.options", "must be 2 to 20"),
        "polls_options_length" => ("poll.options", "must have 1 to 200 characters"),
        "polls_max_choices_range" => ("poll.maxChoices", "must be 1 to the number of options"),
        "attachments_upload_scheduled" => (
            "attachmentIds",
            "names a file that goes with a scheduled message",
        ),
        "reactions_emoji_length" => ("emoji", "must have at most 32 characters"),
        _ => return None,
    })
}

/// The error that violating the constraint would cause, for verbs that must check before they
/// write.
pub(crate) fn violated(constraint: &str) -> Error {
    let (field, reason) = constraint_error(constraint).unwrap_or((constraint, "must not be so"));
    Error::invalid(field, reason)
}

/// # Errors
/// `Invalid` for a text that Postgres cannot store, with the name of the field.
pub(crate) fn refuse_nul(field: &str, text: &str) -> Result<()> {
    if text.contains('\0') {
        return Err(Error::nul(field));
    }
    Ok(())
}

/// Maps the violation of a named constraint to an error of the verb.
pub(crate) trait OnConstraint<T> {
    fn on_constraint(self, name: &str, error: impl FnOnce() -> Error) -> Result<T>;
}

impl<T, E: Into<Error>> OnConstraint<T> for Result<T, E> {
    fn on_constraint(self, name: &str, error: impl FnOnce() -> Error) -> Result<T> {
        self.map_err(|e| match e.into() {
            Error::Internal(cause)
                if cause
                    .downcast_ref::<sqlx::Error>()
                    .and_then(|e| e.as_database_error())
                    .and_then(sqlx::error::DatabaseError::constraint)
                    == Some(name) =>
            {
                error()
            }
            other => other,
        })
    }
}
