//! Serves a router on a listener. `axum::serve` has no time-outs and no limits, which are here; the rest
//! is as it does it.

use super::{
    activity::{Activity, InFlight, Timeouts},
    client_stream::ClientStream,
    limits::ConnectionLimits,
};
use axum::{Router, body::Body, extract::ConnectInfo};
use bytes::Bytes;
use http::{Request, Response, Version};
use http_body::{Body as HttpBody, Frame, SizeHint};
use hyper::{body::Incoming, service::service_fn};
use hyper_util::{
    rt::{TokioExecutor, TokioIo, TokioTimer},
    server::conn::auto::Builder,
};
use metrics::counter;
use std::{
    convert::Infallible,
    io,
    net::SocketAddr,
    pin::{Pin, pin},
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};
use tokio::net::{TcpListener, TcpStream};
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use tower::Service;

/// Bytes of the head of a request, and of the buffer that it is read into. A longer one is answered with
/// 431. Proxies pass on 32 KiB at most (nginx, `large_client_header_buffers`).
const MAX_HEAD_BYTES: usize = 32 * 1024;

/// HTTP/2: bytes that a peer may send ahead of one request, and of all requests of a connection.
const STREAM_WINDOW: u32 = 64 * 1024;
const CONNECTION_WINDOW: u32 = 256 * 1024;

/// HTTP/2: bytes of an answer that are taken from the program before the peer takes them.
const MAX_SEND_BYTES: usize = 64 * 1024;

/// HTTP/2: requests of one connection at a time.
const MAX_STREAMS: u32 = 100;

/// HTTP/2: a peer that does not answer a ping within the same time is gone.
const PING_INTERVAL: Duration = Duration::from_secs(20);

/// How long nothing is accepted after the system has refused to, mostly for want of files.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// Serves until `stopped` ends, and then until the requests in flight are answered.
pub async fn serve(
    listener: TcpListener,
    router: Router,
    limits: Arc<ConnectionLimits>,
    timeouts: Timeouts,
    stopped: impl Future<Output = ()>,
) {
    let (stopping, connections) = (CancellationToken::new(), TaskTracker::new());
    let builder = Arc::new(builder());
    let mut stopped = pin!(stopped);
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = &mut stopped => break,
        };
        let (stream, peer) = match accepted {
            Ok(accepted) => accepted,
            Err(error) if is_of_connection(&error) => continue,
            Err(error) => {
                tracing::error!(%error, "no connection can be accepted");
                tokio::time::sleep(ACCEPT_PAUSE).await;
                continue;
            }
        };
        let Some(stream) = admit(stream, peer, &limits) else {
            continue;
        };
        let connection = ServedConnection {
            builder: Arc::clone(&builder),
            router: router.clone(),
            limits: Arc::clone(&limits),
            timeouts,
            stopping: stopping.clone(),
        };
        let (stream, activity) = stream;
        connections.spawn(connection.serve(stream, activity, peer));
    }
    drop(listener);
    stopping.cancel();
    connections.close();
    connections.wait().await;
}

/// The stream of an admitted connection. A refused one is closed: it has not asked for anything yet.
fn admit(
    stream: TcpStream,
    peer: SocketAddr,
    limits: &Arc<ConnectionLimits>,
) -> Option<(ClientStream, Activity)> {
    let permit = limits.admit(peer.ip()).ok()?;
    // Nagle's algorithm would hold back a second small frame until the client acknowledges the first,
    // which may take 40 ms.
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(%error, "a connection keeps its frames back");
    }
    let activity = Activity::new();
    Some((
        ClientStream::new(stream, permit, activity.clone()),
        activity,
    ))
}

/// Whether accepting failed because of the connection, so that the next one may succeed.
fn is_of_connection(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::ConnectionRefused
            | io::ErrorKind::ConnectionAborted
            | io::ErrorKind::ConnectionReset
    )
}

fn builder() -> Builder<TokioExecutor> {
    let mut builder = Builder::new(TokioExecutor::new());
    builder
        .http1()
        .timer(TokioTimer::new())
        // `Activity` has the time-out of the head, also for the first bytes, which tell the version.
        .header_read_timeout(None)
        .max_buf_size(MAX_HEAD_BYTES);
    builder
        .http2()
        .timer(TokioTimer::new())
        .keep_alive_interval(PING_INTERVAL)
        .keep_alive_timeout(PING_INTERVAL)
        .max_concurrent_streams(MAX_STREAMS)
        .max_send_buf_size(MAX_SEND_BYTES)
        .initial_stream_window_size(STREAM_WINDOW)
        .initial_connection_window_size(CONNECTION_WINDOW);
    builder
}

struct ServedConnection {
    builder: Arc<Builder<TokioExecutor>>,
    router: Router,
    limits: Arc<ConnectionLimits>,
    timeouts: Timeouts,
    stopping: CancellationToken,
}

impl ServedConnection {
    /// Serves until the connection ends, is taken over by a WebSocket, or waits for too long.
    async fn serve(self, stream: ClientStream, activity: Activity, peer: SocketAddr) {
        let service = service_fn(|request: Request<Incoming>| {
            let in_flight = activity.begin_request(request.version() == Version::HTTP_2);
            answer(self.router.clone(), request, peer, in_flight)
        });
        let io = TokioIo::new(stream);
        let mut connection = pin!(self.builder.serve_connection_with_upgrades(io, service));
        let mut is_stopping = false;
        let mut looks = tokio::time::interval(self.timeouts.interval());
        loop {
            tokio::select! {
                result = connection.as_mut() => {
                    if let Err(error) = result {
                        tracing::trace!(%error, "a connection failed");
                    }
                    return;
                }
                () = self.stopping.cancelled(), if !is_stopping => {
                    is_stopping = true;
                    connection.as_mut().graceful_shutdown();
                }
                _ = looks.tick() => {
                    let expired = activity.expired(self.timeouts, self.limits.is_scarce());
                    if let Some(reason) = expired {
                        counter!("parlance_connections_timed_out_total", "reason" => reason)
                            .increment(1);
                        return;
                    }
                }
            }
        }
    }
}

async fn answer(
    mut router: Router,
    request: Request<Incoming>,
    peer: SocketAddr,
    in_flight: InFlight,
) -> Result<Response<AnswerBody>, Infallible> {
    let mut request = request.map(Body::new);
    request.extensions_mut().insert(ConnectInfo(peer));
    let response = router.call(request).await?;
    Ok(response.map(|body| AnswerBody { body, in_flight }))
}

/// The body of an answer. Its request is in flight until it has been passed on.
struct AnswerBody {
    body: Body,
    in_flight: InFlight,
}

impl HttpBody for AnswerBody {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        self.in_flight.on_progress();
        Pin::new(&mut self.body).poll_frame(cx)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
