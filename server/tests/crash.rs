//! A server that is killed between the commit of a message and its answer: the sender retries with the
//! same `clientId`, and must get the message that was committed. A server that is killed again and again
//! while a file is sent to it: the client goes on where the next server says, and the file must be the same.

mod common;

use common::{
    App,
    process::Process,
    s3_server::{KEY_ID, S3Server, SECRET_KEY},
};
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

/// Sends bytes to an upload until the server is killed, which is when it has so many.
async fn send_until_killed(mut server: Process, upload: &Upload<'_>, enough: usize) {
    let mut offset = upload.offset(&server.base).await;
    let address = server.base.strip_prefix("http://").unwrap();
    let connection = TcpStream::connect(address).await.unwrap();
    let (_answer, mut connection) = connection.into_split();
    let head = format!(
        "PATCH {} HTTP/1.1\r\nHost: {address}\r\nAuthorization: Bearer {}\r\nTus-Resumable: 1.0.0\r\n\
        Upload-Offset: {offset}\r\nContent-Type: application/offset+octet-stream\r\n\
        Content-Length: {}\r\n\r\n",
        upload.path,
        upload.token,
        upload.bytes.len() - offset
    );
    connection.write_all(head.as_bytes()).await.unwrap();
    // More than `enough`, so that the server is within a piece.
    let sent = upload.bytes[offset..enough + 700_000].to_vec();
    let sending = tokio::spawn(async move {
        let sent = connection.write_all(&sent).await;
        (sent, connection)
    });
    while offset < enough {
        offset = upload.offset(&server.base).await;
    }
    server.kill().await;
    drop(sending.await.unwrap());
}

struct Upload<'a> {
    http: reqwest::Client,
    path: String,
    token: &'a str,
    bytes: &'a [u8],
}

impl Upload<'_> {
    async fn offset(&self, base: &str) -> usize {
        let head = self.http.head(format!("{base}{}", self.path));
        let head = head.bearer_auth(self.token).send().await.unwrap();
        let offset = head.headers()["upload-offset"].to_str().unwrap();
        offset.parse().unwrap()
    }
}

/// With these flags and variables, which say where the files are.
async fn send_to_servers_that_are_killed(pool: PgPool, flags: &[&str], variables: &[(&str, &str)]) {
    let app = App::start(pool.clone()).await;
    let group = app.group().await;
    let database = pool.connect_options().to_url_lossy();
    let start = async || Process::start_in(database.as_str(), flags, variables).await;
    let bytes: Vec<u8> = (0..2_000_000_u32).flat_map(u32::to_le_bytes).collect();

    let server = start().await;
    let created = reqwest::Client::new().post(format!("{}/api/v1/uploads", server.base));
    let created = created
        .bearer_auth(&group.ada.access_token)
        .header("Tus-Resumable", "1.0.0")
        .header("Upload-Length", bytes.len());
    let created = created.send().await.unwrap();
    assert_eq!(created.status(), 201);
    let path = created.headers()["location"].to_str().unwrap().to_owned();
    let upload = Upload {
        http: reqwest::Client::new(),
        path,
        token: &group.ada.access_token,
        bytes: &bytes,
    };
    send_until_killed(server, &upload, 2 << 20).await;
    send_until_killed(start().await, &upload, 5 << 20).await;

    let server = start().await;
    let offset = upload.offset(&server.base).await;
    assert!(offset >= 5 << 20, "{offset} bytes are left");
    let rest = upload.http.patch(format!("{}{}", server.base, upload.path));
    let rest = rest
        .bearer_auth(upload.token)
        .header("Tus-Resumable", "1.0.0")
        .header("Upload-Offset", offset)
        .header("Content-Type", "application/offset+octet-stream")
        .body(bytes[offset..].to_vec());
    assert_eq!(rest.send().await.unwrap().status(), 204);
    let get = |path: &str| {
        let request = upload.http.get(format!("{}{path}", server.base));
        request.bearer_auth(upload.token).send()
    };
    let ready: Value = get(&upload.path).await.unwrap().json().await.unwrap();
    assert_eq!(ready["state"], "ready");
    let content = get(ready["url"].as_str().unwrap()).await.unwrap();
    assert!(content.bytes().await.unwrap() == bytes, "the same bytes");
}

#[sqlx::test(migrations = "../migrations")]
async fn a_file_is_the_same_after_its_server_was_killed(pool: PgPool) {
    let folder = std::env::temp_dir().join(format!("parlance-killed-{}", std::process::id()));
    let data_dir = format!("--data-dir={}", folder.display());
    send_to_servers_that_are_killed(pool, &[&data_dir, "--contracts=off"], &[]).await;
    std::fs::remove_dir_all(&folder).unwrap();
}

#[sqlx::test(migrations = "../migrations")]
async fn a_file_in_a_bucket_is_the_same_after_its_server_was_killed(pool: PgPool) {
    let bucket = S3Server::start("killed").await;
    let variables = [
        ("S3_URL", bucket.url()),
        ("AWS_ACCESS_KEY_ID", KEY_ID.to_owned()),
        ("AWS_SECRET_ACCESS_KEY", SECRET_KEY.to_owned()),
    ];
    let variables: Vec<_> = variables.iter().map(|it| (it.0, it.1.as_str())).collect();
    send_to_servers_that_are_killed(pool, &["--contracts=off"], &variables).await;
    let pieces = bucket.objects();
    let full = pieces.iter().filter(|it| it.ends_with("-1048576")).count();
    assert_eq!(full, 7, "{pieces:?}");
}
