//! Middleware of a contract's routes: users in responses appear by the ids of the caller's app.

use crate::{
    State,
    gateway::{Viewer, fill_user_ids},
    problem::ApiError,
};
use axum::{
    body::{self, Body},
    extract::{self, Request},
    middleware::Next,
    response::{IntoResponse, Response},
};
use chat::{Caller, Error, IdKind};
use http::{Extensions, header};
use std::sync::{Arc, OnceLock};

/// What the middleware has to know: the contract's kind of ids, and its name.
#[derive(Clone)]
pub struct FillUserIds {
    pub state: State,
    pub kind: IdKind,
    pub door: &'static str,
}

/// The caller, once a handler's extractor has authenticated the request.
#[derive(Clone, Default)]
struct NotedCaller(Arc<OnceLock<Viewer>>);

/// The door of a request: the tokens of which apps it takes.
#[derive(Clone, Copy)]
pub struct Door(pub &'static str);

impl Door {
    /// `None` at the main address.
    pub fn of(extensions: &Extensions) -> Option<&'static str> {
        extensions.get().map(|Self(door)| *door)
    }
}

/// Tells the middleware who the caller of the request is.
pub fn note_caller(extensions: &Extensions, caller: &Caller) {
    if let Some(NotedCaller(viewer)) = extensions.get() {
        // The same caller, where two extractors authenticate one request.
        let _ = viewer.set(caller.into());
    }
}

pub async fn fill(
    extract::State(context): extract::State<FillUserIds>,
    mut request: Request,
    next: Next,
) -> Response {
    let caller = NotedCaller::default();
    request.extensions_mut().insert(caller.clone());
    request.extensions_mut().insert(Door(context.door));
    let response = next.run(request).await;
    let is_json = response.headers().get(header::CONTENT_TYPE);
    if is_json.is_none_or(|it| it != "application/json") {
        return response;
    }
    let viewer = caller.0.get().copied().unwrap_or_default();
    match filled(&context, viewer, response).await {
        Ok(response) => response,
        Err(error) => ApiError::from(error).into_response(),
    }
}

async fn filled(
    context: &FillUserIds,
    viewer: Viewer,
    response: Response,
) -> chat::Result<Response> {
    let (mut parts, body) = response.into_parts();
    // The body of a handler is in memory already.
    let body = body::to_bytes(body, usize::MAX)
        .await
        .map_err(Error::internal)?;
    let json = String::from_utf8(body.into()).map_err(Error::internal)?;
    let filled = fill_user_ids(&context.state.chat, context.kind, viewer, json).await?;
    parts.headers.remove(header::CONTENT_LENGTH);
    Ok(Response::from_parts(
        parts,
        Body::from(String::from(Box::<str>::from(filled))),
    ))
}
