//! A server for each test (`TestServer`), and people who call its REST API (`App`). Every response that a test gets is checked
//! against the server's `OpenAPI` document.

#![allow(dead_code, reason = "no test target uses all of it")]

mod answer;
#[path = "../../../crates/chat/tests/verbs/authenticator.rs"]
pub mod authenticator;
pub mod browser;
pub mod client;
mod document;
#[path = "../../../crates/chat/tests/verbs/mailbox.rs"]
pub mod mailbox;
pub mod process;
#[path = "../../../crates/chat/tests/verbs/provider.rs"]
pub mod provider;
#[path = "../../../crates/chat/tests/verbs/s3_server.rs"]
pub mod s3_server;
pub mod test_server;

pub use answer::Answer;
pub use test_server::{PASSWORD, SECRET};

use chat::Chat;
use document::Document;
use mailbox::Mailbox;
use reqwest::{Method, RequestBuilder};
use s3_server::S3Server;
use serde_json::{Value, json};
use sqlx::PgPool;
use std::sync::Arc;
use test_server::TestServer;

#[derive(Clone)]
pub struct App(Arc<Parts>);

struct Parts {
    server: TestServer,
    base: String,
    http: reqwest::Client,
    document: Document,
}

impl App {
    pub async fn start(pool: PgPool) -> Self {
        Self::start_with(pool, &[]).await
    }

    /// With these flags, which replace default ones of the same name.
    pub async fn start_with(pool: PgPool, flags: &[&str]) -> Self {
        Self::of(TestServer::start_with(pool, flags).await).await
    }

    /// The same, with a mail server.
    pub async fn start_with_mails(pool: PgPool, flags: &[&str], mailbox: &Mailbox) -> Self {
        let adapt = |settings| mailbox.settings(settings);
        Self::of(TestServer::start_adapted(pool, flags, adapt).await).await
    }

    /// The same, with files in a bucket.
    pub async fn start_with_bucket(pool: PgPool, bucket: &S3Server) -> Self {
        let adapt = |settings| bucket.settings(settings);
        Self::of(TestServer::start_adapted(pool, &[], adapt).await).await
    }

    async fn of(server: TestServer) -> Self {
        let base = format!("http://{}", server.address);
        let http = reqwest::Client::new();
        let document = http
            .get(format!("{base}/api/v1/openapi.json"))
            .send()
            .await
            .unwrap();
        let document = Document::new(document.json().await.unwrap());
        Self(Arc::new(Parts {
            server,
            base,
            http,
            document,
        }))
    }

    pub async fn stop(&self) {
        self.0.server.stop().await;
    }

    pub fn chat(&self) -> &Chat {
        &self.0.server.chat
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

    /// Registers a user whom the operator makes an administrator.
    pub async fn administrator(&self, username: &str) -> Person {
        let person = self.person(username).await;
        self.promote(&person).await;
        person
    }

    pub async fn promote(&self, person: &Person) {
        self.0.server.promote(person.id.parse().unwrap()).await;
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
