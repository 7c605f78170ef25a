//! Imports that every endpoint needs, and the answers that several of them give.

pub use super::{
    input::{IdempotencyKey, Json, Path, Query},
    refusals::{
        Conflict, Forbidden, Invalid, NotFound, PictureRefusals, TusRefusals, Unauthenticated,
    },
};
pub use axum::extract::State;
pub use chat::{Caller, Chat, Client};
pub use http::StatusCode;
pub use model::{Page, PageRequest};

pub type Result<T> = std::result::Result<T, crate::problem::ApiError>;

/// A list that is short enough to be one page.
pub fn single_page<T>(items: Vec<T>) -> Json<Page<T>> {
    Json(Page {
        items,
        next_cursor: None,
    })
}

/// 201 for what is new, 200 for what existed before.
pub fn status_created(existed: bool) -> StatusCode {
    if existed {
        StatusCode::OK
    } else {
        StatusCode::CREATED
    }
}
