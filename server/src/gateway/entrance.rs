//! The entrance of a door: HTTP before Engine.IO, where foreign pages are refused and the
//! connection of a WebSocket gets its switch.

use super::{
    line::{Line, Lines},
    wire::Wire,
};
use crate::{State, origin::Origins, problem::ApiError, shutdown::Shutdown};
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
use tower::Service;

type Engine = SocketIoService<NotFoundService>;

#[derive(Clone)]
struct Entrance {
    engine: Engine,
    lines: Lines,
    origins: Arc<Origins>,
    closing: Shutdown,
}

pub fn router(
    path: &str,
    engine: Engine,
    lines: Lines,
    closing: Shutdown,
    state: &State,
) -> Router<State> {
    let entrance = Entrance {
        engine,
        lines,
        origins: Arc::clone(&state.origins),
        closing,
    };
    let path = path.trim_end_matches('/');
    Router::new()
        .route(path, any(enter))
        .route(&format!("{path}/"), any(enter))
        .with_state(entrance)
}

async fn enter(extract::State(entrance): extract::State<Entrance>, request: Request) -> Response {
    if !entrance.origins.allow(request.headers()) {
        let detail = "Pages of this origin may not open sockets here.";
        return ApiError::http(StatusCode::FORBIDDEN, ErrorCode::Forbidden, detail).into_response();
    }
    let session = parameter(&request, "sid=").map(str::parse::<Sid>);
    if matches!(session, Some(Ok(id)) if entrance.lines.is_dead(id)) {
        return unknown_session();
    }
    if session.is_none() && entrance.closing.has_begun() {
        let (status, code) = (StatusCode::SERVICE_UNAVAILABLE, ErrorCode::Unavailable);
        return ApiError::http(status, code, "The server is stopping. Try again.").into_response();
    }
    match (session.transpose(), accept(&request)) {
        (Ok(session), Some(accept)) => entrance.upgrade(session, accept, request),
        // Whatever is wrong, the engine has the words for it.
        _ => entrance.pass(request).await,
    }
}

/// The answer to the key of a WebSocket, when the request is for one.
fn accept(request: &Request) -> Option<String> {
    let is_websocket = request.method() == Method::GET
        && parameter(request, "transport=") == Some("websocket")
        && parameter(request, "EIO=") == Some("4");
    let key = request.headers().get(header::SEC_WEBSOCKET_KEY)?;
    is_websocket.then(|| derive_accept_key(key.as_bytes()))
}

fn parameter<'a>(request: &'a Request, name: &str) -> Option<&'a str> {
    let mut pairs = request.uri().query()?.split('&');
    pairs.find_map(|pair| pair.strip_prefix(name))
}

/// What the handshake needs of the request, which the engine keeps as long as the socket: a copy,
/// because the parts of a request all hold on to the many kilobytes that it was read into.
fn handshake(request: &Request) -> Option<http::Request<()>> {
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

/// What the engine says of a session that has ended, after which clients connect anew.
fn unknown_session() -> Response {
    let body = r#"{"code":1,"message":"Session ID unknown"}"#;
    let json = HeaderValue::from_static("application/json");
    (
        StatusCode::BAD_REQUEST,
        [(header::CONTENT_TYPE, json)],
        body,
    )
        .into_response()
}

impl Entrance {
    async fn pass(mut self, request: Request) -> Response {
        match self.engine.call(request).await {
            Ok(response) => response.map(Body::new),
            Err(never) => match never {},
        }
    }

    /// Takes the connection over from HTTP and hands it to the engine with a switch in between.
    fn upgrade(mut self, session: Option<Sid>, accept: String, mut request: Request) -> Response {
        let upgrade = hyper::upgrade::on(&mut request);
        let Some(mut handshake) = handshake(&request) else {
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
            let line = Line::new(upgraded.io.into_inner());
            handshake.extensions_mut().insert(line.clone());
            let upgrade = session.map(|id| (id, self.lines));
            let wire = Wire::new(line, Bytes::copy_from_slice(&upgraded.read_buf), upgrade);
            // On the heap only while it shakes hands: what is left of it lives as long as the socket.
            if let Err(error) = Box::pin(self.engine.call((wire, handshake))).await {
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
