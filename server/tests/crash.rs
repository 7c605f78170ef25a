//! A server that is killed between the commit of a message and its answer. The sender retries with the
//! same `clientId`, and must get the message that was committed.

mod common;

use common::{App, process::Process};
use serde_json::{Value, json};
use sqlx::{ConnectOptions, PgPool, postgres::PgConnectOptions};
use std::{path::PathBuf, sync::Arc};
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt},
    net::{TcpListener, TcpStream, UnixStream},
    sync::Notify,
};

/// A proxy between the server and Postgres that withholds the answer to the commit of a message.
struct Proxy {
    url: String,
    withheld: Arc<Notify>,
}

impl Proxy {
    async fn start(database: &PgConnectOptions) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let mut url = database.to_url_lossy();
        url.set_host(Some("127.0.0.1")).unwrap();
        url.set_port(Some(listener.local_addr().unwrap().port()))
            .unwrap();
        url.set_query(Some("sslmode=disable"));

        let withheld = Arc::new(Notify::new());
        let (notify, database) = (Arc::clone(&withheld), database.clone());
        tokio::spawn(async move {
            while let Ok((server, _)) = listener.accept().await {
                let notify = Arc::clone(&notify);
                let port = database.get_port();
                if let Some(folder) = database.get_socket() {
                    let path = PathBuf::from(folder).join(format!(".s.PGSQL.{port}"));
                    let postgres = UnixStream::connect(path).await.unwrap();
                    let (from, to) = postgres.into_split();
                    tokio::spawn(relay(server, from, to, notify));
                } else {
                    let postgres = TcpStream::connect((database.get_host(), port)).await;
                    let (from, to) = postgres.unwrap().into_split();
                    tokio::spawn(relay(server, from, to, notify));
                }
            }
        });
        Self {
            url: url.to_string(),
            withheld,
        }
    }
}

async fn relay(
    server: TcpStream,
    mut from_postgres: impl AsyncRead + Unpin,
    mut to_postgres: impl AsyncWrite + Unpin,
    withheld: Arc<Notify>,
) {
    let (mut from_server, mut to_server) = server.into_split();
    let (mut asked, mut answered) = (Vec::new(), Vec::new());
    let mut done = false;
    let (mut buffer, mut other) = ([0; 8192], [0; 8192]);
    loop {
        tokio::select! {
            read = from_server.read(&mut buffer) => {
                let Ok(1..) = read else { return };
                let bytes = &buffer[..read.unwrap()];
                asked.extend_from_slice(bytes);
                to_postgres.write_all(bytes).await.unwrap();
            }
            read = from_postgres.read(&mut other) => {
                let Ok(1..) = read else { return };
                answered.extend_from_slice(&other[..read.unwrap()]);
                while let Some(frame) = next_frame(&mut answered) {
                    // `C` (CommandComplete) ends a statement, `Z` (ReadyForQuery) its transaction.
                    done |= frame[0] == b'C' && sends_messages(&asked);
                    if done && frame[0] == b'Z' {
                        withheld.notify_one();
                        return std::future::pending().await;
                    }
                    to_server.write_all(&frame).await.unwrap();
                }
            }
        }
    }
}

/// The next message of Postgres' protocol: a byte, and a length that includes its own four bytes.
fn next_frame(bytes: &mut Vec<u8>) -> Option<Vec<u8>> {
    let length = u32::from_be_bytes(bytes.get(1..5)?.try_into().unwrap()) as usize + 1;
    (bytes.len() >= length).then(|| bytes.drain(..length).collect())
}

fn sends_messages(asked: &[u8]) -> bool {
    String::from_utf8_lossy(asked).contains("from send_messages(")
}

#[sqlx::test(migrations = "../migrations")]
async fn a_retry_finds_the_message_whose_answer_was_lost(pool: PgPool) {
    // The users and their group are made through a server that is not killed.
    let app = App::start(pool.clone()).await;
    let group = app.group().await;
    let database = pool.connect_options();
    let proxy = Proxy::start(&database).await;

    let mut doomed = Process::start(&proxy.url, &[]).await;
    let http = reqwest::Client::new();
    let message = json!({ "body": "Am I there?", "clientId": "c1" });
    let send = |base: &str| {
        http.post(format!("{base}/api/v1{}/messages", group.path))
            .bearer_auth(&group.ada.access_token)
            .json(&message)
            .send()
    };
    let first = tokio::spawn(send(&doomed.base));
    proxy.withheld.notified().await;
    doomed.kill().await;
    first.await.unwrap().expect_err("nobody was left to answer");

    let restarted = Process::start(database.to_url_lossy().as_str(), &[]).await;
    for _ in 0..2 {
        let answer = send(&restarted.base).await.unwrap();
        assert_eq!(answer.status(), 200);
        let found: Value = answer.json().await.unwrap();
        assert_eq!(found["position"], 1);
        assert_eq!(found["clientId"], "c1");
    }
    let messages = group
        .grace
        .get(&format!("{}/messages", group.path))
        .await
        .items();
    assert_eq!(messages.len(), 1);
    let rows: i64 = sqlx::query_scalar("select count(*) from messages")
        .fetch_one(&pool)
        .await
        .unwrap();
    assert_eq!(rows, 1);
}
