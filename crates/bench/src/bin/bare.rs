//! Bare socketioxide, the baseline of what a Socket.IO server costs: all sockets join one room, and
//! each message is broadcast to it unchanged.

use axum::{Router, routing::get, serve::ListenerExt};
use serde_json::{Value, json};
use socketioxide::{
    SocketIo,
    extract::{AckSender, Data, SocketRef},
};
use std::{env, io};
use tokio::net::TcpListener;

const ROOM: &str = "everybody";

#[tokio::main]
async fn main() -> io::Result<()> {
    let (layer, io) = SocketIo::builder()
        .ws_read_buffer_size(512)
        .max_buffer_size(1024)
        .build_layer();
    io.ns("/", on_connect);
    let router = Router::new().route("/health/ready", get(|| async { "ready" }));
    let address = env::var("HOST").unwrap_or_else(|_| "127.0.0.1".to_owned());
    let port = env::var("PORT").ok().and_then(|port| port.parse().ok());
    let listener = TcpListener::bind((address, port.unwrap_or(8080))).await?;
    let listener = listener.tap_io(|stream| {
        // Without TCP_NODELAY a packet waits for the next one (Nagle); if setting it fails, packets
        // still arrive.
        let _ = stream.set_nodelay(true);
    });
    axum::serve(listener, router.layer(layer)).await
}

async fn on_connect(socket: SocketRef) {
    socket.join(ROOM);
    socket.on("message:send", on_message_send);
    let _ = socket.emit("ready", &json!({}));
}

async fn on_message_send(io: SocketIo, ack: AckSender, Data(message): Data<Value>) {
    let _ = io.to(ROOM).emit("message:created", &message).await;
    let _ = ack.send(&json!({ "ok": true }));
}
