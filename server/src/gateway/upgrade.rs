//! HTTP in front of Engine.IO: refuses foreign pages and closed sessions, and takes the TCP stream of
//! a WebSocket over from hyper.

use super::{
    connection::Connection, engine_stream::EngineStream, polling_sessions::PollingSessions,
};
use crate::{State, origin::Origins, problem::ApiError};
use axum::{
    Router,
    body::Body,
    extract::{self, Request},
    response::{IntoResponse, Response},
    routing::any,
};
use bytes::Bytes;
use engineioxide::service::NotFoundService;
use http::{HeaderValue, Method, StatusCode, header};
use hyper_util::{rt::TokioIo, server::conn::auto::upgrade::downcast};
use model::ErrorCode;
use socketioxide::{service::SocketIoService, socket::Sid};
use std::sync::Arc;
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;
use tokio_util::sync::CancellationToken;
use tower::Service;

type Engine = SocketIoService<NotFoundService>;

/// What stands between the router and one Engine.IO service.
#[derive(Clone)]
struct EngineGate {
    engine: Engine,
    polling_sessions: PollingSessions,
    origins: Arc<Origins>,
    /// Once cancelled, no new session begins.
    closing: CancellationToken,
}

/// The routes of an engine: its path, with and without a slash at the end.
pub fn router(
    path: &str,
    engine: Engine,
    polling_sessions: PollingSessions,
    closing: CancellationToken,
    state: &State,
) -> Router<State> {
    let gate = EngineGate {
        engine,
        polling_sessions,
        origins: Arc::clone(&state.origins),
        closing,
    };
    let path = path.trim_end_matches('/');
    Router::new()
        .route(path, any(handle))
        .route(&format!("{path}/"), any(handle))
        .with_state(gate)
}

async fn handle(extract::State(gate): extract::State<EngineGate>, request: Request) -> Response {
    if !gate.origins.allow(request.headers()) {
        let detail = "Pages of this origin may not open sockets here.";
        return ApiError::http(StatusCode::FORBIDDEN, ErrorCode::Forbidden, detail).into_response();
    }
    let session = query_param(&request, "sid=").map(str::parse::<Sid>);
    if matches!(session, Some(Ok(id)) if gate.polling_sessions.is_closed(id)) {
        return unknown_session();
    }
    if session.is_none() && gate.closing.is_cancelled() {
        let (status, code) = (StatusCode::SERVICE_UNAVAILABLE, ErrorCode::Unavailable);
        return ApiError::http(status, code, "The server is stopping. Try again.").into_response();
    }
    match (session.transpose(), websocket_accept(&request)) {
        (Ok(session), Some(accept)) => gate.upgrade(session, accept, request),
        // Long polling, and everything that is wrong, which the engine answers.
        _ => gate.forward(request).await,
    }
}

/// The value of `Sec-WebSocket-Accept`, if the request asks for a WebSocket of Engine.IO 4.
fn websocket_accept(request: &Request) -> Option<String> {
    let is_websocket = request.method() == Method::GET
        && query_param(request, "transport=") == Some("websocket")
        && query_param(request, "EIO=") == Some("4");
    let key = request.headers().get(header::SEC_WEBSOCKET_KEY)?;
    is_websocket.then(|| derive_accept_key(key.as_bytes()))
}

/// The value of the first parameter of the query that begins with `prefix`, not percent-decoded: the
/// engine does not decode its parameters either, and a 101 to a handshake that it then refuses would
/// leave the client with a dead connection.
fn query_param<'a>(request: &'a Request, prefix: &str) -> Option<&'a str> {
    let mut pairs = request.uri().query()?.split('&');
    pairs.find_map(|pair| pair.strip_prefix(prefix))
}

/// What the handshake needs of the request. The engine keeps it as long as the socket, so it is a
/// copy: the parts of a request share the buffer of many kilobytes that hyper read it into.
fn handshake_request(request: &Request) -> Option<http::Request<()>> {
    let mut copy = http::Request::new(());
    *copy.uri_mut() = request.uri().to_string().parse().ok()?;
    for name in [header::AUTHORIZATION, header::COOKIE] {
        if let Some(value) = request.headers().get(&name) {
            let value = HeaderValue::from_bytes(value.as_bytes()).ok()?;
            copy.headers_mut().insert(name, value);
        }
    }
    Some(copy)
}

/// The engine's answer for a session that has ended, after which clients connect anew.
fn unknown_session() -> Response {
    let body = r#"{"code":1,"message":"Session ID unknown"}"#;
    let json = HeaderValue::from_static("application/json");
    let headers = [(header::CONTENT_TYPE, json)];
    (StatusCode::BAD_REQUEST, headers, body).into_response()
}

impl EngineGate {
    async fn forward(mut self, request: Request) -> Response {
        match self.engine.call(request).await {
            Ok(response) => response.map(Body::new),
            Err(never) => match never {},
        }
    }

    /// Answers 101, then takes the TCP stream from hyper and hands it to the engine as a stream that
    /// the gateway writes to as well. `session` is the long-polling session that is upgraded, if any.
    fn upgrade(mut self, session: Option<Sid>, accept: String, mut request: Request) -> Response {
        let upgrade = hyper::upgrade::on(&mut request);
        let Some(mut handshake) = handshake_request(&request) else {
            return StatusCode::BAD_REQUEST.into_response();
        };
        tokio::spawn(async move {
            let Ok(upgraded) = upgrade.await else {
                return;
            };
            let upgraded = match downcast::<TokioIo<TcpStream>>(upgraded) {
                Ok(upgraded) => upgraded,
                Err(other) => return tracing::error!(?other, "not a connection of this server"),
            };
            let connection = Connection::new(upgraded.io.into_inner());
            handshake.extensions_mut().insert(connection.clone());
            let polling_session = session.map(|id| (id, self.polling_sessions));
            let read_ahead = Bytes::copy_from_slice(&upgraded.read_buf);
            let stream = EngineStream::new(connection, read_ahead, polling_session);
            // Boxed, because its memory is needed for the handshake only and the task lives as long
            // as the socket.
            if let Err(error) = Box::pin(self.engine.call((stream, handshake))).await {
                tracing::debug!(%error, "the engine refused a connection");
            }
        });
        let headers = [
            (header::UPGRADE, "websocket".to_owned()),
            (header::CONNECTION, "Upgrade".to_owned()),
            (header::SEC_WEBSOCKET_ACCEPT, accept),
        ];
        (StatusCode::SWITCHING_PROTOCOLS, headers).into_response()
    }
}
