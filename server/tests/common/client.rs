//! A client of Engine.IO 4 and Socket.IO 5 that shows the packets, which the official client hides.

use futures_util::{
    SinkExt, StreamExt,
    stream::{SplitSink, SplitStream},
};
use model::ConversationId;
use serde_json::{Value, json};
use std::{
    collections::{HashMap, VecDeque},
    net::SocketAddr,
    sync::Arc,
    time::Duration,
};
use tokio::{
    net::{TcpSocket, TcpStream},
    sync::{Mutex, mpsc},
    time::timeout,
};
use tokio_tungstenite::{
    WebSocketStream,
    tungstenite::{Error, Message, client::IntoClientRequest, handshake::client::Request},
};

/// How long a test waits for a packet before it fails.
pub const RECEIVE_TIMEOUT: Duration = Duration::from_secs(10);

type Socket = WebSocketStream<TcpStream>;

/// A Socket.IO packet from the server.
#[derive(Debug)]
pub enum Packet {
    Connected,
    ConnectError(String),
    Event(String, Value),
    Ack(u64, Value),
    /// The server disconnects the socket and keeps the connection: the official client does not
    /// reconnect then.
    Disconnect,
}

pub struct Client {
    sink: Arc<Mutex<SplitSink<Socket, Message>>>,
    packets: mpsc::UnboundedReceiver<Packet>,
    events: VecDeque<(String, Value)>,
    acks: HashMap<u64, Value>,
    last_ack: u64,
    /// The namespace and a comma, which stand before the data of every packet; empty for `/`.
    prefix: String,
}

/// The request of a WebSocket handshake. Tests add headers to it.
pub fn request(address: SocketAddr) -> Request {
    format!("ws://{address}/socket.io/?EIO=4&transport=websocket")
        .into_client_request()
        .unwrap()
}

/// Opens a WebSocket and sends no CONNECT; with a small receive buffer if the client is to be slow.
pub async fn dial(address: SocketAddr, request: Request, slow: bool) -> Result<Socket, Error> {
    let socket = TcpSocket::new_v4().unwrap();
    if slow {
        socket.set_recv_buffer_size(4096).unwrap();
    }
    let stream = socket.connect(address).await.unwrap();
    stream.set_nodelay(true).unwrap();
    Ok(tokio_tungstenite::client_async(request, stream).await?.0)
}

impl Client {
    /// Connects with an access token. The answer has the payload of `ready`, the first event.
    pub async fn ready(address: SocketAddr, token: &str) -> (Self, Value) {
        let mut client = Self::connect(address, token).await.unwrap();
        let (name, ready) = client.next().await;
        assert_eq!(name, "ready");
        assert_eq!(ready["type"], "ready");
        (client, ready)
    }

    /// Like `ready`, without the payload.
    pub async fn of(address: SocketAddr, token: &str) -> Self {
        Self::ready(address, token).await.0
    }

    pub async fn connect(address: SocketAddr, token: &str) -> Result<Self, String> {
        Self::connect_with(request(address), &json!({ "token": token })).await
    }

    pub async fn connect_with(request: Request, auth: &Value) -> Result<Self, String> {
        Self::join(request, "/", auth).await
    }

    pub async fn join(request: Request, namespace: &str, auth: &Value) -> Result<Self, String> {
        let prefix = match namespace {
            "/" => String::new(),
            name => format!("{name},"),
        };
        let authority = request.uri().authority().unwrap().as_str();
        let address = authority.parse().unwrap();
        let mut socket = dial(address, request, false).await.unwrap();
        let open = socket.next().await.unwrap().unwrap();
        assert!(open.to_text().unwrap().starts_with('0'), "{open}");
        socket
            .send(Message::text(format!("40{prefix}{auth}")))
            .await
            .unwrap();

        let (sink, stream) = socket.split();
        let sink = Arc::new(Mutex::new(sink));
        let (sender, packets) = mpsc::unbounded_channel();
        tokio::spawn(listen(stream, Arc::clone(&sink), sender));
        let mut client = Self {
            sink,
            packets,
            events: VecDeque::new(),
            acks: HashMap::new(),
            last_ack: 0,
            prefix,
        };
        match client.packet().await {
            Some(Packet::Connected) => Ok(client),
            Some(Packet::ConnectError(message)) => Err(message),
            other => panic!("not an answer to CONNECT: {other:?}"),
        }
    }

    /// The next packet; `None` once the connection is closed.
    pub async fn packet(&mut self) -> Option<Packet> {
        timeout(RECEIVE_TIMEOUT, self.packets.recv())
            .await
            .expect("a packet")
    }

    /// Sends a WebSocket frame as it is.
    pub async fn frame(&self, frame: impl Into<Message>) {
        self.sink.lock().await.send(frame.into()).await.unwrap();
    }

    pub async fn emit(&self, event: &str, payload: &Value) {
        self.frame(format!("42{}{}", self.prefix, json!([event, payload])))
            .await;
    }

    /// Emits an event, given as the array of its name and arguments, and does not wait. The answer is
    /// the id for `ack`.
    pub async fn emit_args(&mut self, arguments: &Value) -> u64 {
        self.last_ack += 1;
        let (prefix, id) = (&self.prefix, self.last_ack);
        self.frame(format!("42{prefix}{id}{arguments}")).await;
        self.last_ack
    }

    pub async fn ack(&mut self, id: u64) -> Value {
        loop {
            if let Some(answer) = self.acks.remove(&id) {
                return answer;
            }
            match self.packet().await {
                Some(Packet::Ack(id, answer)) => {
                    self.acks.insert(id, answer);
                }
                Some(Packet::Event(name, payload)) => self.events.push_back((name, payload)),
                other => panic!("expected an acknowledgement, got {other:?}"),
            }
        }
    }

    pub async fn emit_with_ack(&mut self, event: &str, payload: &Value) -> Value {
        let id = self.emit_args(&json!([event, payload])).await;
        self.ack(id).await
    }

    /// Like `emit_with_ack`, for an event that must succeed.
    pub async fn emit_ok(&mut self, event: &str, payload: &Value) -> Value {
        let answer = self.emit_with_ack(event, payload).await;
        assert_eq!(answer["ok"], true, "{event} {payload}: {answer}");
        answer
    }

    /// The next event.
    pub async fn next(&mut self) -> (String, Value) {
        loop {
            if let Some(event) = self.events.pop_front() {
                return event;
            }
            match self.packet().await {
                Some(Packet::Event(name, payload)) => return (name, payload),
                Some(Packet::Ack(id, answer)) => {
                    self.acks.insert(id, answer);
                }
                other => panic!("expected an event, got {other:?}"),
            }
        }
    }

    /// The next event of this name, past those of other names.
    pub async fn wait_for(&mut self, event: &str) -> Value {
        loop {
            let (name, payload) = self.next().await;
            if name == event {
                return payload;
            }
        }
    }

    /// All events before the one that announces the marker, a conversation of `TestServer::marker`.
    /// Events arrive in the order in which they were published, so one that is not among these was
    /// never emitted to this client.
    pub async fn drain_until(&mut self, marker: ConversationId) -> Vec<(String, Value)> {
        let mut events = Vec::new();
        loop {
            let (name, payload) = self.next().await;
            let id = &payload["conversation"]["id"];
            if name == "conversation:created" && *id == marker.to_string() {
                return events;
            }
            events.push((name, payload));
        }
    }

    /// All events that arrive before the acknowledgement of an event that is emitted now.
    pub async fn drain(&mut self) -> Vec<(String, Value)> {
        self.emit_ok("presence:set", &json!({ "status": "online" }))
            .await;
        self.events.drain(..).collect()
    }

    /// Waits for the end; whether the connection is closed, and not only the socket disconnected.
    pub async fn connection_closes(&mut self) -> bool {
        loop {
            match self.packet().await {
                None => return true,
                Some(Packet::Disconnect) => return false,
                Some(_) => {}
            }
        }
    }
}

async fn listen(
    mut stream: SplitStream<Socket>,
    sink: Arc<Mutex<SplitSink<Socket, Message>>>,
    packets: mpsc::UnboundedSender<Packet>,
) {
    while let Some(Ok(Message::Text(frame))) = stream.next().await {
        if frame.as_str() == "2" {
            let _ = sink.lock().await.send(Message::text("3")).await;
        } else if let Some(packet) = frame.strip_prefix('4')
            && packets.send(parse(packet)).is_err()
        {
            return;
        }
    }
}

fn parse(packet: &str) -> Packet {
    let (kind, rest) = packet.split_at(1);
    let rest = match rest.split_once(',') {
        Some((namespace, rest)) if namespace.starts_with('/') => rest,
        _ => rest,
    };
    let data = rest.trim_start_matches(|c: char| c.is_ascii_digit());
    let id = rest[..rest.len() - data.len()].parse();
    let json = || serde_json::from_str::<Value>(data).unwrap();
    match kind {
        "0" => Packet::Connected,
        "1" => Packet::Disconnect,
        "2" => {
            let mut event = json();
            assert_eq!(event.as_array().map(Vec::len), Some(2), "{event}");
            let payload = event[1].take();
            let name = event[0].as_str().unwrap().to_owned();
            Packet::Event(name, payload)
        }
        "3" => Packet::Ack(id.unwrap(), json()[0].take()),
        "4" => Packet::ConnectError(json()["message"].as_str().unwrap().to_owned()),
        _ => panic!("unexpected packet {packet}"),
    }
}
