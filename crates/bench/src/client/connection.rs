//! Socket.IO connection: connected to one namespace, without a task of its own.

use super::Packet;
use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use std::{
    net::{IpAddr, Ipv4Addr, SocketAddr},
    sync::atomic::{AtomicU32, Ordering},
    time::Duration,
};
use thiserror::Error;
use tokio::{
    net::{TcpSocket, TcpStream},
    time::timeout,
};
use tokio_tungstenite::{
    WebSocketStream, client_async_with_config,
    tungstenite::{self, Message, Utf8Bytes, protocol::WebSocketConfig},
};

/// Limit for connecting, from the first packet to the answer to CONNECT.
const HANDSHAKE_TIMEOUT: Duration = Duration::from_mins(1);

/// Read buffer of the WebSocket; small, because there may be thousands of connections.
const READ_BUFFER_BYTES: usize = 4 * 1024;

#[derive(Debug, Error)]
pub enum ClientError {
    #[error("no connection: {0}")]
    Io(#[from] std::io::Error),
    #[error("the WebSocket broke: {0}")]
    WebSocket(#[from] tungstenite::Error),
    #[error("the server refused: {0}")]
    Refused(String),
    #[error("the server hung up")]
    Closed,
    #[error("no answer in time")]
    Timeout,
    #[error("the server said something unexpected: {0}")]
    Unexpected(String),
}

/// Server address, and options of the client's socket.
#[derive(Clone, Copy, Debug)]
pub struct Endpoint {
    pub server: SocketAddr,
    /// Local address to connect from. The ports of one address do not suffice for thousands of
    /// connections to one port, but loopback has 16 million addresses.
    pub source: Option<Ipv4Addr>,
    /// Size of the kernel's receive buffer in bytes; `None` is the system's default.
    pub receive_buffer: Option<u32>,
}

impl Endpoint {
    pub fn new(server: SocketAddr) -> Self {
        Self {
            server,
            source: None,
            receive_buffer: None,
        }
    }

    /// With a receive buffer of 64 KiB: a client that does not read soon blocks the server's
    /// writes. A smaller one would slow down a client that does read.
    #[must_use]
    pub fn with_small_receive_buffer(self) -> Self {
        Self {
            receive_buffer: Some(64 * 1024),
            ..self
        }
    }

    /// From another of 200 loopback addresses each time.
    #[must_use]
    pub fn from_rotating_source(self) -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let [.., last] = (NEXT.fetch_add(1, Ordering::Relaxed) % 200 + 1).to_be_bytes();
        let source = match self.server.ip() {
            IpAddr::V4(ip) if ip.is_loopback() => Some(Ipv4Addr::new(127, 0, 1, last)),
            _ => None,
        };
        Self { source, ..self }
    }

    pub async fn open(self) -> std::io::Result<TcpStream> {
        let socket = match self.server {
            SocketAddr::V4(_) => TcpSocket::new_v4()?,
            SocketAddr::V6(_) => TcpSocket::new_v6()?,
        };
        if let Some(bytes) = self.receive_buffer {
            socket.set_recv_buffer_size(bytes)?;
        }
        if let Some(source) = self.source {
            socket.bind(SocketAddr::new(source.into(), 0))?;
        }
        let stream = socket.connect(self.server).await?;
        stream.set_nodelay(true)?;
        Ok(stream)
    }
}

/// A connection whose CONNECT was accepted.
pub struct Connection {
    stream: WebSocketStream<TcpStream>,
    /// Namespace as it is written in a packet: empty for `/`, else with its comma.
    namespace: &'static str,
    /// The packet that was read last; `next` returns a borrow of it.
    current_packet: Utf8Bytes,
}

impl Connection {
    /// Connects and authenticates, one minute at most. The first event is `ready`.
    pub async fn open(endpoint: Endpoint, token: &str) -> Result<Self, ClientError> {
        Self::open_namespace(endpoint, "", &json!({ "token": token })).await
    }

    /// The same for a namespace, which is written with its comma, and with that payload of the
    /// CONNECT.
    pub async fn open_namespace(
        endpoint: Endpoint,
        namespace: &'static str,
        auth: &Value,
    ) -> Result<Self, ClientError> {
        let opening = async {
            let stream = endpoint.open().await?;
            let url = format!(
                "ws://{}/socket.io/?EIO=4&transport=websocket",
                endpoint.server
            );
            let config = WebSocketConfig::default()
                .read_buffer_size(READ_BUFFER_BYTES)
                .write_buffer_size(0);
            let (stream, _) = client_async_with_config(url, stream, Some(config)).await?;
            let mut connection = Self {
                stream,
                namespace,
                current_packet: Utf8Bytes::default(),
            };
            connection.connect_namespace(auth).await?;
            Ok(connection)
        };
        timeout(HANDSHAKE_TIMEOUT, opening)
            .await
            .map_err(|_| ClientError::Timeout)?
    }

    async fn connect_namespace(&mut self, auth: &Value) -> Result<(), ClientError> {
        match self.next().await? {
            Packet::Open => {}
            other => return Err(ClientError::Unexpected(format!("{other:?}"))),
        }
        self.write(format!("40{}{auth}", self.namespace)).await?;
        match self.next().await? {
            Packet::Connected => Ok(()),
            Packet::Refused(why) => Err(ClientError::Refused(why.to_owned())),
            other => Err(ClientError::Unexpected(format!("{other:?}"))),
        }
    }

    /// Waits for the event of that name. Other packets before it are dropped.
    pub async fn wait_for_event(&mut self, wanted: &str) -> Result<&str, ClientError> {
        loop {
            if matches!(self.next().await?, Packet::Event { name, .. } if name == wanted) {
                break;
            }
        }
        match Packet::read(&self.current_packet) {
            Some(Packet::Event { payload, .. }) => Ok(payload),
            _ => Err(ClientError::Closed),
        }
    }

    /// Returns the next packet, and answers heartbeats meanwhile. Cancel safe.
    pub async fn next(&mut self) -> Result<Packet<'_>, ClientError> {
        loop {
            match self.stream.next().await.ok_or(ClientError::Closed)?? {
                Message::Text(text) => self.current_packet = text,
                Message::Close(_) => return Err(ClientError::Closed),
                _ => continue,
            }
            match Packet::read(&self.current_packet) {
                Some(Packet::Ping) => self.write("3".into()).await?,
                Some(Packet::Disconnected) => return Err(ClientError::Closed),
                Some(_) => break,
                None => return Err(ClientError::Unexpected(self.current_packet.to_string())),
            }
        }
        // Parsed again, because the borrow checker does not let a loop return a borrow of what it
        // overwrites.
        Packet::read(&self.current_packet).ok_or(ClientError::Closed)
    }

    /// Emits an event without an ack id.
    pub async fn emit(&mut self, event: &str, payload: &str) -> Result<(), ClientError> {
        let namespace = self.namespace;
        self.write(format!(r#"42{namespace}["{event}",{payload}]"#))
            .await
    }

    /// Emits an event; its acknowledgement comes as a packet with that id.
    pub async fn emit_with_ack(
        &mut self,
        id: u64,
        event: &str,
        payload: &str,
    ) -> Result<(), ClientError> {
        let namespace = self.namespace;
        self.write(format!(r#"42{namespace}{id}["{event}",{payload}]"#))
            .await
    }

    async fn write(&mut self, text: String) -> Result<(), ClientError> {
        Ok(self.stream.send(Message::text(text)).await?)
    }
}
