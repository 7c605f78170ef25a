//! The endpoints of the public API: each parses, calls its verb and prints.

pub mod announcements;
pub mod auth;
pub mod conversations;
pub mod me;
pub mod members;
pub mod messages;
pub mod reactions;
pub mod receipts;
pub mod search;
pub mod sync;
pub mod users;

/// What every endpoint names.
mod prelude {
    pub(super) use super::{Result, created, whole};
    pub use crate::api::{
        input::{IdempotencyKey, Json, Path, Query},
        openapi::Problems,
    };
    pub use axum::extract::State;
    pub use chat::{Caller, Chat, Client};
    pub use http::StatusCode;
    pub use model::{Page, PageRequest};
}

use prelude::{Json, Page, StatusCode};

type Result<T> = std::result::Result<T, crate::problem::ApiError>;

/// All of a list that is never long.
fn whole<T>(items: Vec<T>) -> Json<Page<T>> {
    Json(Page {
        items,
        next_cursor: None,
    })
}

/// 201 for what is new, 200 for what was there.
fn created(existed: bool) -> StatusCode {
    if existed {
        StatusCode::OK
    } else {
        StatusCode::CREATED
    }
}
