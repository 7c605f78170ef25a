//! A reader behind a slow link is not cut for what somebody else sends.

use crate::common::{
    client::{Client, Packet},
    test_server::TestServer,
};
use chat::Error;
use futures_util::future::join_all;
use model::NewMessage;
use sqlx::PgPool;
use std::{
    net::SocketAddr,
    time::{Duration, Instant},
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt, copy, split},
    net::{TcpListener, TcpSocket},
};

/// 10 Mbit/s, in steps of 10 ms.
const BYTES_PER_STEP: usize = 12_500;
const STEP: Duration = Duration::from_millis(10);

/// Relays one connection, and what the server sends at 10 Mbit/s.
async fn slow_link(server: SocketAddr) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        let (client, _) = listener.accept().await.unwrap();
        let socket = TcpSocket::new_v4().unwrap();
        // What the kernel holds for the reader does not wait in the server.
        socket.set_recv_buffer_size(16 * 1024).unwrap();
        let (mut from_server, mut to_server) = split(socket.connect(server).await.unwrap());
        let (mut from_client, mut to_client) = split(client);
        tokio::spawn(async move { copy(&mut from_client, &mut to_server).await });
        let mut steps = tokio::time::interval(STEP);
        let mut bytes = vec![0; BYTES_PER_STEP];
        loop {
            steps.tick().await;
            match from_server.read(&mut bytes).await {
                Ok(count @ 1..) => to_client.write_all(&bytes[..count]).await.unwrap(),
                // The server has ended the connection.
                _ => break,
            }
        }
        to_client.shutdown().await.unwrap();
    });
    address
}

/// The number of messages of 50 kB and more (in JSON) that these many accounts could send, each at ten places
/// at once and as much as it might, in so many seconds; and of those that the reader got.
async fn flood(db: PgPool, flags: &[&str], accounts: usize, seconds: u64) -> (usize, usize) {
    let server = TestServer::start_with(db, flags).await;
    let mut senders = Vec::new();
    for n in 0..accounts {
        senders.push(server.person(&format!("sender{n}")).await);
    }
    let reader = server.person("reader").await;
    let everybody: Vec<_> = senders.iter().chain([&reader]).collect();
    let group = server.group(&everybody).await;
    let link = slow_link(server.address).await;
    let mut client = Client::of(link, &reader.token).await;
    let until = Instant::now() + Duration::from_secs(seconds);
    let long = "**😀😀😀😀** ".repeat(900);
    let places = senders.iter().flat_map(|it| std::iter::repeat_n(it, 10));
    let sends = places.map(async |sender| {
        let mut sent = 0;
        while Instant::now() < until {
            let new = NewMessage {
                body: long.clone(),
                ..NewMessage::default()
            };
            match server.chat.send_message(&sender.caller, group, new).await {
                Ok(_) => sent += 1,
                Err(Error::TooManyRequests { .. }) => tokio::time::sleep(STEP).await,
                Err(error) => panic!("{error:?}"),
            }
        }
        sent
    });
    let sent: usize = join_all(sends).await.iter().sum();
    server.send(&reader, group, "The last one").await;
    let mut received = 0;
    while let Some(packet) = client.packet().await {
        let Packet::Event(name, event) = packet else {
            continue;
        };
        if name != "message:created" {
            continue;
        }
        if event["message"]["body"] == "The last one" {
            break;
        }
        received += 1;
    }
    server.stop().await;
    (sent, received)
}

#[sqlx::test(migrations = "../migrations")]
async fn a_reader_at_10_mbit_s_is_not_cut_by_three_accounts_that_send_what_they_may(db: PgPool) {
    let (sent, received) = flood(db, &["--rate-limit=on"], 3, 5).await;
    assert!(sent > 30, "{sent}");
    assert_eq!(received, sent);
}

/// What the limits are for: without them, the same reader is cut.
#[sqlx::test(migrations = "../migrations")]
async fn without_limits_one_account_cuts_it(db: PgPool) {
    let (sent, received) = flood(db, &[], 1, 5).await;
    assert!(received < sent, "{received} of {sent}");
}
