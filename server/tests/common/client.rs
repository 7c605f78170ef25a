//! A small client of Engine.IO 4 and Socket.IO 5 that shows what the official one hides.

use futures_util::{
    SinkExt, StreamExt,
    stream::{SplitSink, SplitStream},
};
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

pub const PATIENCE: Duration = Duration::from_secs(10);

type Socket = WebSocketStream<TcpStream>;

/// A packet of Socket.IO, as it came.
#[derive(Debug)]
pub enum Packet {
    Connected,
    Refused(String),
    Event(String, Value),
    Ack(u64, Value),
    /// The server ends the socket, not the connection: clients do not come back by themselves.
    Disconnect,
}

pub struct Client {
    sink: Arc<Mutex<SplitSink<Socket, Message>>>,
    packets: mpsc::UnboundedReceiver<Packet>,
    events: VecDeque<(String, Value)>,
    acks: HashMap<u64, Value>,
    last_ack: u64,
    /// What stands before the data of every packet, outside the namespace `/`.
    prefix: String,
}

/// A WebSocket request, for tests to add headers to.
pub fn request(address: SocketAddr) -> Request {
    format!("ws://{address}/socket.io/?EIO=4&transport=websocket")
        .into_client_request()
        .unwrap()
}

/// Opens the connection only; with a small buffer when the client is going to be slow.
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
    /// Connects with an access token, and has heard `ready`, which comes first.
    pub async fn ready(address: SocketAddr, token: &str) -> (Self, Value) {
        let mut client = Self::connect(address, token).await.unwrap();
        let (name, ready) = client.next().await;
        assert_eq!(name, "ready");
        assert_eq!(ready["type"], "ready");
        (client, ready)
    }

    /// As `ready`, when what it said does not matter.
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
            Some(Packet::Refused(message)) => Err(message),
            other => panic!("not an answer to CONNECT: {other:?}"),
        }
    }

    /// The next packet; `None` when the connection has ended.
    pub async fn packet(&mut self) -> Option<Packet> {
        timeout(PATIENCE, self.packets.recv())
            .await
            .expect("a packet")
    }

    /// Sends a frame as it is.
    pub async fn frame(&self, frame: impl Into<Message>) {
        self.sink.lock().await.send(frame.into()).await.unwrap();
    }

    pub async fn emit(&self, event: &str, payload: &Value) {
        self.frame(format!("42{}{}", self.prefix, json!([event, payload])))
            .await;
    }

    /// Emits these arguments without waiting; `answer` has the answer.
    pub async fn call(&mut self, arguments: &Value) -> u64 {
        self.last_ack += 1;
        let (prefix, id) = (&self.prefix, self.last_ack);
        self.frame(format!("42{prefix}{id}{arguments}")).await;
        self.last_ack
    }

    pub async fn answer(&mut self, id: u64) -> Value {
        loop {
            if let Some(answer) = self.acks.remove(&id) {
                return answer;
            }
            match self.packet().await {
                Some(Packet::Ack(id, answer)) => {
                    self.acks.insert(id, answer);
                }
                Some(Packet::Event(name, payload)) => self.events.push_back((name, payload)),
                other => panic!("no answer but {other:?}"),
            }
        }
    }

    pub async fn ask(&mut self, event: &str, payload: &Value) -> Value {
        let id = self.call(&json!([event, payload])).await;
        self.answer(id).await
    }

    /// As `ask`, of what must succeed.
    pub async fn done(&mut self, event: &str, payload: &Value) -> Value {
        let answer = self.ask(event, payload).await;
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
                other => panic!("no event but {other:?}"),
            }
        }
    }

    /// The next event of this name, past those of other names.
    pub async fn hear(&mut self, event: &str) -> Value {
        loop {
            let (name, payload) = self.next().await;
            if name == event {
                return payload;
            }
        }
    }

    /// All events that are already here, or come before the answer to a question asked now.
    pub async fn heard(&mut self) -> Vec<(String, Value)> {
        self.done("presence:set", &json!({ "status": "online" }))
            .await;
        self.events.drain(..).collect()
    }

    /// Whether the connection ends, and not the socket alone.
    pub async fn is_hung_up(&mut self) -> bool {
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
        "4" => Packet::Refused(json()["message"].as_str().unwrap().to_owned()),
        _ => panic!("unexpected packet {packet}"),
    }
}
