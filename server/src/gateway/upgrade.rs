//! HTTP in front of Engine.IO: refuses foreign pages and closed sessions, and takes the TCP stream of
//! a WebSocket over from hyper.

use super::{
    client_address::ClientAddress,
    connection::Connection,
    engine_error::EngineError,
    engine_stream::{EngineStream, Permits},
    inbound::Inbound,
    limits::{MAX_FRAME_BYTES, MAX_STRANGER_BYTES, READ_PAUSE},
    polling_sessions::PollingSessions,
};
use crate::{
    State,
    connections::{ClientStream, NetworkPermit},
    metered_body::MeteredBody,
    origin::{Access, Origins},
};
use axum::{
    Router,
    body::{Body, HttpBody, to_bytes},
    extract::{self, ConnectInfo, Request},
    response::{IntoResponse, Response},
    routing::any,
};
use base64::{Engine as _, prelude::BASE64_STANDARD};
use bytes::{Bytes, BytesMut};
use engineioxide::service::NotFoundService;
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Version, header};
use http_body_util::BodyExt;
use hyper_util::{rt::TokioIo, server::conn::auto::upgrade::downcast};
use metrics::counter;
use socketioxide::{service::SocketIoService, socket::Sid};
use std::{net::SocketAddr, sync::Arc, time::Duration};
use tokio::sync::mpsc::UnboundedReceiver;
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;
use tokio_util::sync::CancellationToken;
use tower::Service;

type Engine = SocketIoService<NotFoundService>;

/// Between the packets of a long-polling body.
const PACKET_SEPARATOR: u8 = 0x1e;

/// Engine.IO's packets `close` and `noop`.
const CLOSE: &[u8] = b"1";
const NOOP: &[u8] = b"6";

/// Bytes of a body that are read beyond its limit, so that its client sees the answer.
const MAX_DISCARDED_BYTES: usize = 4 * 1024 * 1024;

/// What stands between the router and one Engine.IO service.
#[derive(Clone)]
struct EngineGate {
    /// The path at which the engine answers.
    path: Arc<str>,
    engine: Engine,
    polling_sessions: PollingSessions,
    state: State,
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
    let path = path.trim_end_matches('/');
    let closings = polling_sessions.closings();
    tokio::spawn(close_sessions(engine.clone(), Arc::from(path), closings));
    let gate = EngineGate {
        path: path.into(),
        engine,
        polling_sessions,
        state: state.clone(),
        closing,
    };
    Router::new()
        .route(path, any(handle))
        .route(&format!("{path}/"), any(handle))
        .with_state(gate)
}

/// Lets the engine forget the sessions that the gateway closes, with all that it keeps for them: it closes
/// each over long polling, as if its client had, for there is no other way. It knows nothing of a session
/// that has been upgraded, or is of another engine.
async fn close_sessions(engine: Engine, path: Arc<str>, mut closings: UnboundedReceiver<Sid>) {
    while let Some(id) = closings.recv().await {
        let uri = format!("{path}?EIO=4&transport=polling&sid={id}");
        let Ok(request) = http::Request::post(uri).body(Body::from(CLOSE)) else {
            continue;
        };
        let mut engine = engine.clone();
        tokio::spawn(async move {
            let Ok(_answer) = engine.call(request).await;
        });
    }
}

async fn handle(
    extract::State(gate): extract::State<EngineGate>,
    mut request: Request,
) -> Response {
    let envelope = gate.state.proxies.envelope_of(&request);
    match gate.state.origins.judge(request.headers(), &envelope) {
        Access::Full => {}
        Access::WithoutCookie => {
            request.headers_mut().remove(header::COOKIE);
        }
        Access::None => {
            let reason = Origins::refusal(request.headers(), &envelope);
            return EngineError::Forbidden.with_message(&reason);
        }
    }
    let answer = match parse(&request) {
        Err(error) => Err(error),
        Ok(EngineRequest { session, accept }) => gate.answer(session, accept, request).await,
    };
    answer.unwrap_or_else(EngineError::into_response)
}

/// A request that the engine takes, if it knows the session.
struct EngineRequest {
    session: Option<Sid>,
    /// The value of `Sec-WebSocket-Accept`, if the request asks for a WebSocket.
    accept: Option<String>,
}

/// Checks in the order of Node's server, so that a request with several faults gets the same error.
fn parse(request: &Request) -> Result<EngineRequest, EngineError> {
    let is_websocket = match query_param(request, "transport=") {
        Some("polling") => false,
        Some("websocket") => true,
        _ => return Err(EngineError::UnknownTransport),
    };
    let session = query_param(request, "sid=").map(str::parse::<Sid>);
    let session = session
        .transpose()
        .map_err(|_| EngineError::UnknownSession)?;
    let is_get = request.method() == Method::GET;
    if session.is_none() && !is_get {
        return Err(EngineError::BadHandshakeMethod);
    }
    let accept = if is_websocket {
        Some(derive_accept_key(websocket_key(request)?.as_bytes()))
    } else {
        None
    };
    // Clients of Socket.IO 2 send 3, those before them nothing.
    if query_param(request, "EIO=") != Some("4") {
        return Err(EngineError::UnsupportedProtocolVersion);
    }
    Ok(EngineRequest { session, accept })
}

/// The value of `Sec-WebSocket-Key` of a handshake (RFC 6455, 4.2.1). Proxies that do not know
/// `WebSockets` pass the key on and drop `Upgrade`, or speak HTTP/1.0: a 101 would strand their clients,
/// which poll after an error.
fn websocket_key(request: &Request) -> Result<&HeaderValue, EngineError> {
    let headers = request.headers();
    let is_upgrade = request.method() == Method::GET
        && request.version() == Version::HTTP_11
        && has_token(headers, &header::CONNECTION, "upgrade")
        && has_token(headers, &header::UPGRADE, "websocket");
    let key = headers.get(header::SEC_WEBSOCKET_KEY);
    // A nonce of 16 bytes in base64.
    let key = key.filter(|key| BASE64_STANDARD.decode(key).is_ok_and(|it| it.len() == 16));
    let (true, Some(key)) = (is_upgrade, key) else {
        return Err(EngineError::BadRequest);
    };
    match headers.get(header::SEC_WEBSOCKET_VERSION) {
        Some(version) if version == "13" => Ok(key),
        _ => Err(EngineError::UnsupportedWebSocketVersion),
    }
}

fn has_token(headers: &HeaderMap, name: &HeaderName, token: &str) -> bool {
    let values = headers.get_all(name).iter();
    values
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .any(|value| value.trim().eq_ignore_ascii_case(token))
}

/// The value of the first parameter of the query that begins with `prefix`, not percent-decoded: the
/// engine does not decode its parameters either, and a 101 to a handshake that it then refuses would
/// leave the client with a dead connection.
fn query_param<'a>(request: &'a Request, prefix: &str) -> Option<&'a str> {
    let mut pairs = request.uri().query()?.split('&');
    pairs.find_map(|pair| pair.strip_prefix(prefix))
}

/// Reads a body of at most `max` bytes to its end. A longer one is read, and not kept, as soon as its length is
/// known or has come: a client that is still sending may not see the answer.
async fn read_body(mut body: Body, max: usize) -> Result<Bytes, EngineError> {
    let is_too_long = body.size_hint().lower() > max as u64;
    let mut bytes = BytesMut::new();
    let mut received = 0;
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|_| EngineError::BadRequest)?;
        let Ok(data) = frame.into_data() else {
            continue;
        };
        received += data.len();
        if received <= max && !is_too_long {
            bytes.extend_from_slice(&data);
        } else if received <= max + MAX_DISCARDED_BYTES {
            bytes = BytesMut::new();
        } else {
            break;
        }
    }
    if received > max || is_too_long {
        return Err(EngineError::TooLarge);
    }
    Ok(bytes.freeze())
}

impl EngineGate {
    async fn answer(
        mut self,
        session: Option<Sid>,
        accept: Option<String>,
        request: Request,
    ) -> Result<Response, EngineError> {
        match session {
            // After this error, clients connect anew.
            Some(id) if self.polling_sessions.is_closed(id) => {
                return Err(EngineError::UnknownSession);
            }
            Some(_) => {}
            None if self.closing.is_cancelled() => return Err(EngineError::Stopping),
            None => self.check_handshake(&request)?,
        }
        let Some(accept) = accept else {
            return self.poll(session, request).await;
        };
        if let Some(id) = session {
            self.find_session(id).await?;
        }
        self.upgrade(session, accept, request)
    }

    /// Counts a new connection for its network.
    fn check_handshake(&self, request: &Request) -> Result<(), EngineError> {
        let Some(limiter) = &self.state.handshake_limiter else {
            return Ok(());
        };
        let ClientAddress(address) = ClientAddress::of(request, &self.state.proxies);
        limiter.check_handshake(address).map_err(|error| {
            counter!("parlance_handshakes_refused_total").increment(1);
            EngineError::TooMany {
                retry_after: error.retry_after().unwrap_or(1),
            }
        })
    }

    /// Long polling.
    async fn poll(
        &mut self,
        session: Option<Sid>,
        request: Request,
    ) -> Result<Response, EngineError> {
        let is_get = request.method() == Method::GET;
        let request = match session {
            None => self
                .handshake_request(&request)
                .ok_or(EngineError::BadRequest)?
                .map(|()| Body::empty()),
            Some(id) => self.receive(id, request).await?,
        };
        let (polled, posted) = (session.filter(|_| is_get), session.filter(|_| !is_get));
        let queue_of = |sessions: &PollingSessions| polled.and_then(|id| sessions.queue(id));
        let poll = queue_of(&self.polling_sessions).map(|queue| queue.begin_poll());
        let answer = self.call_engine(request).await?;
        // The engine answers a poll whose session ends with nothing, which no client expects.
        if session.is_some_and(|id| self.polling_sessions.is_closed(id)) {
            return Err(EngineError::UnknownSession);
        }
        let queue = posted.and_then(|id| self.polling_sessions.queue(id));
        if queue.is_some_and(|queue| queue.take_read_pause()) {
            tokio::time::sleep(READ_PAUSE).await;
        }
        // A user may have joined while the poll waited.
        if let Some(queue) = queue_of(&self.polling_sessions) {
            let length = answer.body().size_hint().exact().unwrap_or_default();
            queue.subtract(usize::try_from(length).unwrap_or(usize::MAX));
        }
        // The poll lasts until its answer has been written.
        let answer = answer.map(|body| {
            Body::new(body.map_frame(move |frame| {
                let _ = &poll;
                frame
            }))
        });
        if is_get && self.closing.is_cancelled() {
            return Ok(without_close(answer).await);
        }
        Ok(answer)
    }

    /// The request with its whole body, which is short before a namespace is joined.
    async fn receive(&self, id: Sid, request: Request) -> Result<Request, EngineError> {
        let (parts, body) = request.into_parts();
        let max = if self.polling_sessions.is_joined(id) {
            MAX_FRAME_BYTES
        } else {
            MAX_STRANGER_BYTES
        };
        let body = MeteredBody::new(body, &self.state.receive_budget).keeping(max);
        let body = Body::new(body);
        let timeout = Duration::from_secs(self.state.config.request_timeout);
        let received = tokio::time::timeout(timeout, read_body(body, max)).await;
        let body = received.map_err(|_| EngineError::TooSlow)??;
        Ok(Request::from_parts(parts, Body::from(body)))
    }

    async fn call_engine(&mut self, request: Request) -> Result<Response, EngineError> {
        let answer = match self.engine.call(request).await {
            Ok(response) => response.map(Body::new),
            Err(never) => match never {},
        };
        if answer.status().is_success() {
            return Ok(answer);
        }
        Err(EngineError::of_engine(answer).await)
    }

    /// Whether the engine has this session, over long polling: an upgrade is answered before the
    /// engine looks for it, and a 101 would leave the client with a dead connection. The engine tells
    /// it of a POST without a packet, which changes nothing.
    async fn find_session(&mut self, id: Sid) -> Result<(), EngineError> {
        let uri = format!("{}?EIO=4&transport=polling&sid={id}", self.path);
        let request = http::Request::post(uri).body(Body::empty());
        let request = request.map_err(|_| EngineError::BadRequest)?;
        self.call_engine(request).await.map(drop)
    }

    /// What the handshake needs of the request. The engine keeps it as long as the socket, so it is a
    /// copy: the parts of a request share the buffer of many kilobytes that hyper read it into.
    fn handshake_request(&self, request: &Request) -> Option<http::Request<()>> {
        let mut copy = http::Request::new(());
        *copy.uri_mut() = request.uri().to_string().parse().ok()?;
        for name in [header::AUTHORIZATION, header::COOKIE] {
            for value in request.headers().get_all(&name) {
                let value = HeaderValue::from_bytes(value.as_bytes()).ok()?;
                copy.headers_mut().append(name.clone(), value);
            }
        }
        let address = ClientAddress::of(request, &self.state.proxies);
        copy.extensions_mut().insert(address);
        Some(copy)
    }

    /// Counts the WebSocket of a client behind a trusted proxy, whose TCP connection is the proxy's.
    fn admit(&self, request: &Request) -> Result<Option<NetworkPermit>, EngineError> {
        let Some(ConnectInfo(peer)) = request.extensions().get::<ConnectInfo<SocketAddr>>() else {
            return Ok(None);
        };
        let ClientAddress(client) = ClientAddress::of(request, &self.state.proxies);
        let limits = &self.state.connection_limits;
        let admitted = limits.admit_behind_proxy(peer.ip(), client);
        admitted.map_err(|_| EngineError::TooMany { retry_after: 1 })
    }

    /// Answers 101, then takes the TCP stream from hyper and hands it to the engine as a stream that
    /// the gateway writes to as well. `session` is the long-polling session that is upgraded, if any.
    fn upgrade(
        mut self,
        session: Option<Sid>,
        accept: String,
        mut request: Request,
    ) -> Result<Response, EngineError> {
        let mut handshake = self
            .handshake_request(&request)
            .ok_or(EngineError::BadRequest)?;
        let network = self.admit(&request)?;
        let upgrade = hyper::upgrade::on(&mut request);
        let inbound = Inbound::new(&self.state.receive_budget);
        tokio::spawn(async move {
            let Ok(upgraded) = upgrade.await else {
                return;
            };
            let upgraded = match downcast::<TokioIo<ClientStream>>(upgraded) {
                Ok(upgraded) => upgraded,
                Err(other) => return tracing::error!(?other, "not a connection of this server"),
            };
            let (stream, permit) = upgraded.io.into_inner().into_parts();
            let permits = Permits {
                connection: permit,
                network,
            };
            let connection = Connection::new(stream);
            handshake.extensions_mut().insert(connection.clone());
            let polling_session = session.map(|id| (id, self.polling_sessions));
            let read_ahead = Bytes::copy_from_slice(&upgraded.read_buf);
            let stream = EngineStream::new(
                connection,
                read_ahead,
                polling_session,
                inbound,
                Some(permits),
            );
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
        Ok((StatusCode::SWITCHING_PROTOCOLS, headers).into_response())
    }
}

/// The answer to a poll without Engine.IO's packet `close` (`1`), which python-socketio takes as
/// final. Clients poll again, find nobody or an unknown session, and reconnect.
async fn without_close(answer: Response) -> Response {
    let (mut parts, body) = answer.into_parts();
    // What the engine answers is in memory already.
    let Ok(body) = to_bytes(body, usize::MAX).await else {
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    };
    let packets = body.split(|byte| *byte == PACKET_SEPARATOR);
    let others: Vec<_> = packets
        .filter(|packet| !packet.is_empty() && *packet != CLOSE)
        .collect();
    let body = match others[..] {
        [] => NOOP.to_vec(),
        _ => others.join(&PACKET_SEPARATOR),
    };
    parts.headers.remove(header::CONTENT_LENGTH);
    Response::from_parts(parts, Body::from(body))
}
