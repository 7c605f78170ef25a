//! What people are told who have registered, or chosen passwords, too often.

use crate::error::AppError;

/// The error of a verb that counts the attempts of a network.
pub fn attempt_error(error: chat::Error) -> AppError {
    let wait = match &error {
        chat::Error::TooManyRequests { .. } => error.retry_after(),
        _ => None,
    };
    let mut error = AppError::from(error);
    if let Some(seconds) = wait {
        let minutes = match seconds.div_ceil(60) {
            1 => "1 minute".to_owned(),
            more => format!("{more} minutes"),
        };
        error.0.detail = format!("Too many attempts from your network. Try again in {minutes}.");
    }
    error
}
