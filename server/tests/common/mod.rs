//! A server for each test, and people who call its REST API. Every response that a test gets is checked
//! against the server's `OpenAPI` document.

#![allow(dead_code, reason = "no test target uses all of it")]

mod answer;
pub mod client;
mod document;
pub mod process;
pub mod test_server;

pub use answer::Answer;

use chat::Chat;
use clap::Parser;
use document::Document;
use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};
use server::{Cli, Command, Config};
use sqlx::PgPool;
use std::sync::{Arc, Mutex};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

pub const PASSWORD: &str = "correct horse battery staple";
pub const SECRET: &str = "a secret of the tests, long enough to sign with";

/// The default flags: without rate limits and contracts.
const FLAGS: [&str; 8] = [
    "parlance",
    "--contracts=off",
    "--port=0",
    "--rate-limit=off",
    "--data-dir=/nonexistent",
    "--jwt-secret",
    SECRET,
    "--request-timeout=20",
];

#[derive(Clone)]
pub struct App(Arc<Parts>);

struct Parts {
    chat: Chat,
    base: String,
    http: reqwest::Client,
    document: Document,
    stop: CancellationToken,
    running: Mutex<Option<JoinHandle<std::io::Result<()>>>>,
}

impl App {
    pub async fn start(pool: PgPool) -> Self {
        Self::start_with(pool, &[]).await
    }

    /// With these flags, which replace default ones of the same name.
    pub async fn start_with(pool: PgPool, flags: &[&str]) -> Self {
        let config = config(flags);
        let chat = Chat::new(pool, config.chat_settings().unwrap());
        let servers = server::bind(config, chat.clone()).await.unwrap();
        let base = format!("http://{}", servers.address());
        let stop = CancellationToken::new();
        let running = tokio::spawn(servers.run(stop.clone().cancelled_owned()));
        let http = reqwest::Client::new();
        let document = http
            .get(format!("{base}/api/v1/openapi.json"))
            .send()
            .await
            .unwrap();
        let document = Document::new(document.json().await.unwrap());
        Self(Arc::new(Parts {
            chat,
            base,
            http,
            document,
            stop,
            running: Mutex::new(Some(running)),
        }))
    }

    /// Stops the server. A test that opens sockets has to: the runtime ends without closing them, and they
    /// would keep the connections of the test's pool from the other tests.
    pub async fn stop(&self) {
        self.0.stop.cancel();
        let running = self.0.running.lock().unwrap().take();
        running.unwrap().await.unwrap().unwrap();
    }

    pub fn chat(&self) -> &Chat {
        &self.0.chat
    }

    pub fn base(&self) -> &str {
        &self.0.base
    }

    pub fn document(&self) -> &Document {
        &self.0.document
    }

    /// A client that is not signed in.
    pub fn nobody(&self) -> Person {
        Person {
            app: self.clone(),
            id: String::new(),
            access_token: String::new(),
            refresh_token: String::new(),
        }
    }

    /// Registers a user.
    pub async fn person(&self, username: &str) -> Person {
        let new = json!({ "username": username, "password": PASSWORD });
        let signed_in = self.nobody().post("/auth/register", new).await.expect(201);
        self.signed_in(&signed_in)
    }

    /// Signs a user in once more.
    pub async fn login(&self, username: &str) -> Person {
        let login = json!({ "login": username, "password": PASSWORD });
        let signed_in = self.nobody().post("/auth/login", login).await.expect(200);
        self.signed_in(&signed_in)
    }

    /// A group that Ada owns and Grace is a member of, and an outsider.
    pub async fn group(&self) -> Group {
        let ada = self.person("ada").await;
        let grace = self.person("grace").await;
        let outsider = self.person("outsider").await;
        let new = json!({ "kind": "group", "title": "Engines", "memberIds": [grace.id] });
        let group = ada.post("/conversations", new).await.expect(201);
        let id = text(&group["id"]);
        Group {
            ada,
            grace,
            outsider,
            path: format!("/conversations/{id}"),
            id,
        }
    }

    pub fn signed_in(&self, signed_in: &Value) -> Person {
        Person {
            app: self.clone(),
            id: text(&signed_in["user"]["id"]),
            access_token: text(&signed_in["accessToken"]),
            refresh_token: text(&signed_in["refreshToken"]),
        }
    }

    /// A request to any path of the server.
    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.0
            .http
            .request(method, format!("{}{path}", self.0.base))
    }

    /// Sends a request and checks the response against the document.
    pub async fn send(&self, request: RequestBuilder) -> Answer {
        let request = request.build().unwrap();
        let (method, path) = (request.method().clone(), request.url().path().to_owned());
        let response = self.0.http.execute(request).await.unwrap();
        let status = response.status().as_u16();
        let headers = response.headers().clone();
        let text = response.text().await.unwrap();
        let body = if text.is_empty() {
            Value::Null
        } else {
            serde_json::from_str(&text).unwrap_or(Value::String(text))
        };
        let answer = Answer {
            what: format!("{method} {path}"),
            status,
            headers,
            body,
        };
        self.0.document.check(&method, &path, &answer);
        answer
    }
}

pub fn config(flags: &[&str]) -> Config {
    let own = FLAGS.iter().filter(|own| {
        let name = own.split('=').next().unwrap();
        name == "parlance"
            || !flags
                .iter()
                .any(|flag| flag.split('=').next() == Some(name))
    });
    match Cli::try_parse_from(own.chain(flags))
        .unwrap()
        .into_command()
    {
        Command::Serve(config) => *config,
        _ => unreachable!("no sub-command is given"),
    }
}

pub fn text(value: &Value) -> String {
    value
        .as_str()
        .unwrap_or_else(|| panic!("{value} is no string"))
        .to_owned()
}

pub struct Group {
    pub ada: Person,
    pub grace: Person,
    pub outsider: Person,
    pub id: String,
    /// The path of the group below `/api/v1`.
    pub path: String,
}

impl Group {
    /// Sends a message of Ada's; the answer is the message.
    pub async fn send(&self, body: &str) -> Value {
        let path = format!("{}/messages", self.path);
        self.ada
            .post(&path, json!({ "body": body }))
            .await
            .expect(201)
    }
}

#[derive(Clone)]
pub struct Person {
    pub app: App,
    pub id: String,
    pub access_token: String,
    pub refresh_token: String,
}

impl Person {
    /// A request to a path below `/api/v1`, with the access token.
    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let request = self.app.request(method, &format!("/api/v1{path}"));
        if self.access_token.is_empty() {
            request
        } else {
            request.bearer_auth(&self.access_token)
        }
    }

    pub async fn get(&self, path: &str) -> Answer {
        self.app.send(self.request(Method::GET, path)).await
    }

    pub async fn post(&self, path: &str, body: Value) -> Answer {
        self.app
            .send(self.request(Method::POST, path).json(&body))
            .await
    }

    pub async fn patch(&self, path: &str, body: Value) -> Answer {
        self.app
            .send(self.request(Method::PATCH, path).json(&body))
            .await
    }

    pub async fn put(&self, path: &str) -> Answer {
        self.app.send(self.request(Method::PUT, path)).await
    }

    pub async fn put_json(&self, path: &str, body: Value) -> Answer {
        self.send(self.request(Method::PUT, path).json(&body)).await
    }

    pub async fn delete(&self, path: &str) -> Answer {
        self.app.send(self.request(Method::DELETE, path)).await
    }

    /// A POST without a body.
    pub async fn post_empty(&self, path: &str) -> Answer {
        self.app.send(self.request(Method::POST, path)).await
    }

    pub async fn send(&self, request: RequestBuilder) -> Answer {
        self.app.send(request).await
    }
}
