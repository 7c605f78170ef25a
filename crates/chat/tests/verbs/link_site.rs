//! A site of this machine that links lead to, the names that lead there, and a neighbour whom nobody may ask.

use crate::{
    fixtures::{People, people_with, settings},
    thumbnails::png,
};
use chat::{LinkPreviewSettings, Lookup, Reach, Settings};
use futures_util::{
    FutureExt,
    future::{BoxFuture, pending, ready},
};
use sqlx::PgPool;
use std::{
    collections::HashMap,
    io,
    net::IpAddr,
    sync::{Arc, Mutex},
    time::Duration,
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    time::sleep,
};

/// Where the site is. It is reached as public addresses are.
pub const SITE: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(127, 0, 0, 2));

/// The addresses of names: of each look-up in turn; the last ones stay. For a name without addresses no name server
/// answers, and others are not there. Of `fails.org`, that is said as the system says it.
#[derive(Debug, Default)]
pub struct Names(Mutex<HashMap<String, Vec<Vec<IpAddr>>>>);

impl Names {
    pub fn set(&self, host: &str, answers: &[&[&str]]) {
        let answers = answers
            .iter()
            .map(|it| it.iter().map(|it| it.parse().unwrap()).collect());
        let mut names = self.0.lock().unwrap();
        names.insert(host.to_owned(), answers.collect());
    }
}

impl Lookup for Names {
    fn lookup(&self, host: String) -> BoxFuture<'static, io::Result<Vec<IpAddr>>> {
        if host == "fails.org" {
            return ready(Err(io::Error::other("no such name, or another failure"))).boxed();
        }
        let mut names = self.0.lock().unwrap();
        let found = names.get_mut(&host).map(|answers| {
            if answers.len() > 1 {
                answers.remove(0)
            } else {
                answers.first().cloned().unwrap_or_default()
            }
        });
        if names.get(&host).is_some_and(Vec::is_empty) {
            return pending().boxed();
        }
        let found = found.ok_or_else(|| io::Error::from(io::ErrorKind::NotFound));
        ready(found).boxed()
    }
}

pub struct Site {
    pub port: u16,
    pub names: Arc<Names>,
    /// The paths that were asked for.
    pub asked: Arc<Mutex<Vec<String>>>,
    /// Connections to the same port of another address of this machine.
    pub strangers: Arc<Mutex<usize>>,
}

impl Site {
    pub async fn start() -> Self {
        let neighbour = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = neighbour.local_addr().unwrap().port();
        let site = Self {
            port,
            names: Arc::default(),
            asked: Arc::default(),
            strangers: Arc::default(),
        };
        let strangers = Arc::clone(&site.strangers);
        tokio::spawn(count(neighbour, Arc::clone(&strangers)));
        if let Ok(neighbour) = TcpListener::bind(("::1", port)).await {
            tokio::spawn(count(neighbour, strangers));
        }
        let listener = TcpListener::bind((SITE, port)).await.unwrap();
        let asked = Arc::clone(&site.asked);
        tokio::spawn(async move {
            loop {
                let (socket, _) = listener.accept().await.unwrap();
                tokio::spawn(serve(socket, Arc::clone(&asked)));
            }
        });
        site.names.set("site.org", &[&["127.0.0.2"]]);
        site
    }

    /// People whose chat reaches the site, besides the public internet.
    pub async fn people(&self, db: PgPool) -> People {
        people_with(db, self.settings()).await
    }

    pub fn settings(&self) -> Settings {
        let names = Arc::clone(&self.names);
        Settings {
            link_previews: LinkPreviewSettings {
                enabled: true,
                reach: Reach::new(names, vec![SITE], vec![self.port]),
            },
            ..settings()
        }
    }

    pub fn link(&self, path: &str) -> String {
        format!("http://site.org:{}{path}", self.port)
    }

    /// How often a path was asked for.
    pub fn count(&self, path: &str) -> usize {
        let asked = self.asked.lock().unwrap();
        asked.iter().filter(|it| *it == path).count()
    }

    pub fn strangers(&self) -> usize {
        *self.strangers.lock().unwrap()
    }
}

async fn count(listener: TcpListener, strangers: Arc<Mutex<usize>>) {
    while listener.accept().await.is_ok() {
        *strangers.lock().unwrap() += 1;
    }
}

/// Answers the requests of a connection, for as long as the client keeps it.
async fn serve(mut socket: TcpStream, asked: Arc<Mutex<Vec<String>>>) {
    while let Some(path) = next_path(&mut socket).await {
        asked.lock().unwrap().push(path.clone());
        let (path, query) = path.split_once('?').unwrap_or((path.as_str(), ""));
        answer_path(&mut socket, path, query).await;
    }
}

/// What is asked for next; `None` when the client goes.
async fn next_path(socket: &mut TcpStream) -> Option<String> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(socket.read_u8().await.ok()?);
    }
    let head = String::from_utf8(head).unwrap();
    for line in head.lines().map(str::to_ascii_lowercase) {
        for secret in ["cookie:", "authorization:", "referer:", "proxy-"] {
            assert!(!line.starts_with(secret), "{line}");
        }
    }
    Some(head.split(' ').nth(1).unwrap().to_owned())
}

async fn answer_path(socket: &mut TcpStream, path: &str, query: &str) {
    let html = "text/html; charset=utf-8";
    match path {
        "/to" => {
            let location = format!("302 Found\r\nlocation: {query}");
            answer(socket, &location, html, b"").await;
        }
        "/loop" => {
            let next = format!("301 Moved\r\nlocation: /loop?{query}x");
            answer(socket, &next, html, b"").await;
        }
        "/endless" => {
            let head =
                format!("HTTP/1.1 200 OK\r\ncontent-type: {html}\r\n\r\n<title>Endless</title>");
            let mut sent = socket.write_all(head.as_bytes()).await;
            while sent.is_ok() {
                sent = socket.write_all(&[b'x'; 4096]).await;
            }
        }
        "/slow" => {
            // Until the client goes.
            let _ = socket.read_u8().await;
        }
        "/drip" => {
            // A byte at a time, each well within any time that there is for the next one.
            let head =
                format!("HTTP/1.1 200 OK\r\ncontent-type: {html}\r\n\r\n<title>Dripping</title>");
            let mut sent = socket.write_all(head.as_bytes()).await;
            while sent.is_ok() {
                sleep(Duration::from_millis(100)).await;
                sent = socket.write_all(b"x").await;
            }
        }
        "/hints" => {
            let hint = b"HTTP/1.1 103 Early Hints\r\nlink: <x>\r\n\r\n";
            if let Ok(few) = query.parse() {
                let _ = socket.write_all(&hint.repeat(few)).await;
                answer(socket, "200 OK", html, b"<title>Hinted").await;
            } else {
                let hints = hint.repeat(1_000);
                while socket.write_all(&hints).await.is_ok() {}
            }
        }
        "/chunks" => {
            let head = format!(
                "HTTP/1.1 200 OK\r\ncontent-type: {html}\r\ntransfer-encoding: chunked\r\n\r\n\
                15\r\n<title>Chunks</title>\r\n"
            );
            let chunks = b"1;x=yyyyyyyyyy\r\nz\r\n".repeat(500);
            let mut sent = socket.write_all(head.as_bytes()).await;
            while sent.is_ok() {
                sent = socket.write_all(&chunks).await;
            }
        }
        "/broken" => {
            let head =
                format!("HTTP/1.1 200 OK\r\ncontent-type: {html}\r\ncontent-length: 999\r\n\r\n");
            let page = format!("{head}<title>Broken off</title>");
            let _ = socket.write_all(page.as_bytes()).await;
            let _ = socket.shutdown().await;
        }
        "/wait" => {
            sleep(Duration::from_secs(1)).await;
            answer(socket, "200 OK", html, b"<title>Waited").await;
        }
        "/lines" => {
            let lines = "\r\nx-line: y".repeat(query.parse().unwrap());
            answer(socket, &format!("200 OK{lines}"), html, b"<title>Lines").await;
        }
        "/packed" => {
            let packed = "200 OK\r\ncontent-encoding: gzip";
            answer(socket, packed, html, &[0x1f, 0x8b, 8, 0]).await;
        }
        "/missing" => answer(socket, "404 Not Found", html, b"<title>No</title>").await,
        "/json" => {
            answer(socket, "200 OK", "application/json", b"<title>No</title>").await;
        }
        "/nothing" => answer(socket, "200 OK", html, b"<p>Hello").await,
        "/picture.png" => answer(socket, "200 OK", "image/png", &png(600, 300, None)).await,
        "/page.png" => answer(socket, "200 OK", "image/png", b"<script>alert(1)").await,
        "/large.png" => answer(socket, "200 OK", "image/png", &vec![0; 5_000_000]).await,
        _ => {
            let picture = if query.is_empty() {
                "picture.png"
            } else {
                query
            };
            let page = format!(
                "<!doctype html><title>Page of {path}</title>
                <meta property=og:site_name content='The <b>site</b>'>
                <meta property=og:description content='All&nbsp;about  it'>
                <meta property=og:image content='/{picture}'>"
            );
            answer(socket, "200 OK", html, page.as_bytes()).await;
        }
    }
}

async fn answer(socket: &mut TcpStream, status: &str, media_type: &str, body: &[u8]) {
    let head = format!(
        "HTTP/1.1 {status}\r\ncontent-type: {media_type}\r\ncontent-length: {}\r\nset-cookie: a=b\r\n\r\n",
        body.len()
    );
    // The client may have enough.
    if socket.write_all(head.as_bytes()).await.is_ok() {
        let _ = socket.write_all(body).await;
    }
}
