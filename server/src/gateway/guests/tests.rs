//! Tests of how long a guest may stay, on a real server.

use super::GUEST_TIMEOUT;
use crate::{Cli, Command};
use chat::{Chat, Client};
use clap::Parser;
use futures_util::{SinkExt, StreamExt};
use model::Register;
use serde_json::json;
use sqlx::PgPool;
use std::{future::pending, net::SocketAddr, time::Duration};
use tokio::{net::TcpStream, time::timeout};
use tokio_tungstenite::{WebSocketStream, client_async, tungstenite::Message};

/// Starts a server; the answer has the address of `conversations`, and a token.
async fn start(db: PgPool) -> (SocketAddr, String) {
    let flags = ["parlance", "--port=0", "--contracts=conversations=0"];
    let secret = "--jwt-secret=a-secret-of-thirty-two-bytes-or-more";
    let cli = Cli::try_parse_from(flags.into_iter().chain([secret])).unwrap();
    let Command::Serve(config) = cli.into_command() else {
        panic!("there is no subcommand");
    };
    let chat = Chat::new(db, config.chat_settings().unwrap());
    let servers = crate::bind(*config, chat.clone()).await.unwrap();
    let address = servers.contract_addresses().next().unwrap().1;
    tokio::spawn(servers.run(pending()));
    let ada = Register {
        username: "ada".to_owned(),
        password: "correct horse battery staple".to_owned(),
        name: None,
        email: None,
    };
    let client = Client::default();
    let ada = chat.register(ada, &client).await.unwrap();
    let tokens = chat.issue_tokens(ada, &client).await.unwrap();
    (address, tokens.access_token)
}

async fn open_guest(address: SocketAddr) -> WebSocketStream<TcpStream> {
    let stream = TcpStream::connect(address).await.unwrap();
    let url = format!("ws://{address}/socket.io/?EIO=4&transport=websocket");
    let mut socket = client_async(url, stream).await.unwrap().0;
    socket.send(Message::text("40")).await.unwrap();
    socket
}

/// Reads until the connection ends.
async fn end(socket: &mut WebSocketStream<TcpStream>) {
    while let Some(Ok(frame)) = socket.next().await {
        assert!(!frame.to_string().starts_with("44"), "{frame}");
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn a_connection_of_a_guest_alone_ends(db: PgPool) {
    let (address, token) = start(db).await;
    let mut alone = open_guest(address).await;
    let mut entered = open_guest(address).await;
    let connect = format!("40/chat,{}", json!({ "token": token }));
    entered.send(Message::text(connect)).await.unwrap();
    timeout(GUEST_TIMEOUT + Duration::from_secs(5), end(&mut alone))
        .await
        .expect("the guest is cut off");
    timeout(2 * GUEST_TIMEOUT, end(&mut entered))
        .await
        .expect_err("whoever is a user stays");
}
