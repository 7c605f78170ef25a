//! Extractors for the authenticated caller of a REST request.

use super::user_ids::{Door, note_caller};
use crate::{
    State, auth,
    gateway::{NO_TOKEN, header_token, strip_bearer},
    problem::ApiError,
};
use axum::extract::FromRequestParts;
use chat::{Caller, Chat, Error, Origin};
use http::request::Parts;

/// The caller by the token in `Authorization`. The prefix `Bearer ` is optional, as some clients of
/// the contracts omit it.
pub struct TokenAuth {
    pub chat: Chat,
    pub caller: Caller,
}

impl FromRequestParts<State> for TokenAuth {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &State) -> Result<Self, ApiError> {
        let (door, token) = (Door::of(&parts.extensions), strip_bearer(token(parts)?));
        let caller = state.chat.authenticate_at(door, token).await?;
        note_caller(&parts.extensions, &caller);
        let (chat, caller) = (state.chat.clone(), caller.from(origin(parts, state)));
        Ok(Self { chat, caller })
    }
}

/// The caller by the token in `Authorization`, for a contract that requires `Bearer `.
pub struct BearerAuth {
    pub chat: Chat,
    pub caller: Caller,
}

impl FromRequestParts<State> for BearerAuth {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &State) -> Result<Self, ApiError> {
        token(parts)?;
        let door = Door::of(&parts.extensions);
        let caller = auth::bearer_caller(&state.chat, door, &parts.headers).await?;
        note_caller(&parts.extensions, &caller);
        let (chat, caller) = (state.chat.clone(), caller.from(origin(parts, state)));
        Ok(Self { chat, caller })
    }
}

fn origin(parts: &Parts, state: &State) -> Origin {
    Origin {
        address: state.proxies.envelope_of_parts(parts).client,
        door: Door::of(&parts.extensions),
        ..Origin::default()
    }
}

fn token(parts: &Parts) -> Result<&str, ApiError> {
    Ok(header_token(&parts.headers).ok_or(Error::Unauthenticated(NO_TOKEN))?)
}
