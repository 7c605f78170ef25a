//! A server in this process, on a free port, with users that have signed in.

use super::client::Client;
use chat::{Authenticated, Caller, Chat};
use clap::Parser;
use model::{
    ConversationId, ConversationKind, Login, Message, NewConversation, NewMembers, NewMessage,
    Register, UserId, UserRole,
};
use server::{Cli, Command, Config};
use sqlx::PgPool;
use std::{collections::HashMap, io, net::SocketAddr, sync::Mutex};
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

pub struct TestServer {
    pub chat: Chat,
    pub address: SocketAddr,
    /// The addresses of the contracts that have a port, by name.
    pub contracts: HashMap<&'static str, SocketAddr>,
    stop: CancellationToken,
    running: Mutex<Option<JoinHandle<io::Result<()>>>>,
}

/// A user with an access token.
pub struct Person {
    pub username: String,
    pub caller: Caller,
    pub token: String,
}

impl Person {
    pub fn id(&self) -> UserId {
        self.caller.user_id
    }

    /// The session cookie of a new sign-in by the form of the page.
    pub async fn cookie(&self, server: &TestServer) -> String {
        let form = [
            ("login", self.username.as_str()),
            ("password", PASSWORD),
            ("next", ""),
        ];
        let answer = browser()
            .post(format!("http://{}/form/sign-in", server.address))
            .header("accept", "text/html")
            .form(&form)
            .send()
            .await
            .unwrap();
        let set = answer.headers().get_all("set-cookie").iter();
        let cookies = set.map(|it| it.to_str().unwrap().split(';').next().unwrap());
        cookies.collect::<Vec<_>>().join("; ")
    }

    /// Sends a message by the form of the page.
    pub async fn submit(&self, server: &TestServer, id: ConversationId, body: &str) {
        let id = id.to_string();
        let answer = browser()
            .post(format!("http://{}/form/send-message", server.address))
            .header("accept", "text/html")
            .header("cookie", self.cookie(server).await)
            .form(&[
                ("conversation_id", id.as_str()),
                ("client_id", ""),
                ("body", body),
            ])
            .send()
            .await
            .unwrap();
        assert_eq!(answer.headers()["location"], format!("/c/{id}"));
    }
}

/// An HTTP client that does not follow redirects.
fn browser() -> reqwest::Client {
    let no_redirects = reqwest::redirect::Policy::none();
    reqwest::Client::builder()
        .redirect(no_redirects)
        .build()
        .unwrap()
}

/// The configuration by these flags, which replace default ones of the same name.
pub fn config(flags: &[&str]) -> Config {
    let name = |flag: &str| flag.split('=').next().map(str::to_owned);
    let is_replaced = |own: &str| flags.iter().any(|flag| name(flag) == name(own));
    let own = FLAGS.iter().filter(|own| !is_replaced(own));
    match Cli::try_parse_from(own.chain(flags))
        .unwrap()
        .into_command()
    {
        Command::Serve(config) => *config,
        _ => unreachable!("no sub-command is given"),
    }
}

impl TestServer {
    /// Without rate limits and contracts.
    pub async fn start(db: PgPool) -> Self {
        Self::start_with(db, &[]).await
    }

    /// Without rate limits, with every contract on a port of its own.
    pub async fn start_with_contracts(db: PgPool) -> Self {
        let contracts = "--contracts=groups=0,rooms=0,direct=0,conversations=0,broadcast=0";
        Self::start_with(db, &[contracts]).await
    }

    /// With these flags, which replace default ones of the same name.
    pub async fn start_with(db: PgPool, flags: &[&str]) -> Self {
        Self::start_adapted(db, flags, |settings| settings).await
    }

    /// With settings of the verbs that no flag sets.
    pub async fn start_adapted(
        db: PgPool,
        flags: &[&str],
        adapt: impl FnOnce(chat::Settings) -> chat::Settings,
    ) -> Self {
        let config = config(flags);
        let settings = adapt(config.chat_settings().unwrap());
        let chat = match &config.redis_url {
            Some(url) => Chat::join(db, settings, url).unwrap(),
            None => Chat::new(db, settings),
        };
        let servers = server::bind(config, chat.clone()).await.unwrap();
        let address = servers.address();
        let contracts = servers.contract_addresses().collect();
        let stop = CancellationToken::new();
        let running = tokio::spawn(servers.run(stop.clone().cancelled_owned()));
        Self {
            chat,
            address,
            contracts,
            stop,
            running: Mutex::new(Some(running)),
        }
    }

    /// Stops the server gracefully, and waits for its end. A test that opens sockets has to: the runtime ends
    /// without closing them, and they would keep the connections of the test's pool from the other tests.
    pub async fn stop(&self) {
        self.stop.cancel();
        let running = self.running.lock().unwrap().take();
        running.expect("it is stopped once").await.unwrap().unwrap();
    }

    /// Registers a user.
    pub async fn person(&self, username: &str) -> Person {
        let client = chat::Client::default();
        let register = Register {
            username: username.to_owned(),
            password: PASSWORD.to_owned(),
            name: None,
            email: None,
        };
        let authenticated = self.chat.register(register, &client).await.unwrap();
        self.signed_in(authenticated).await
    }

    /// Registers a user whom the operator makes an administrator.
    pub async fn administrator(&self, username: &str) -> Person {
        let person = self.person(username).await;
        self.promote(person.id()).await;
        self.login(username).await
    }

    pub async fn promote(&self, id: UserId) {
        let operator = &Caller::OPERATOR;
        let promoted = self.chat.set_user_role(operator, id, UserRole::Admin);
        promoted.await.unwrap();
    }

    /// Signs a user in once more.
    pub async fn login(&self, username: &str) -> Person {
        let login = Login {
            login: username.to_owned(),
            password: PASSWORD.to_owned(),
        };
        let authenticated = self.chat.login(login, &chat::Client::default()).await;
        self.signed_in(authenticated.unwrap()).await
    }

    async fn signed_in(&self, authenticated: Authenticated) -> Person {
        let username = authenticated.user().username.clone();
        let client = chat::Client::default();
        let signed_in = self
            .chat
            .issue_tokens(authenticated, &client)
            .await
            .unwrap();
        let token = signed_in.access_token;
        let caller = self.chat.authenticate(&token).await.unwrap();
        Person {
            username,
            caller,
            token,
        }
    }

    /// A connected client that has received `ready`.
    pub async fn client(&self, person: &Person) -> Client {
        Client::of(self.address, &person.token).await
    }

    /// A group that the first person owns, with the others as members.
    pub async fn group(&self, people: &[&Person]) -> ConversationId {
        let new = NewConversation {
            kind: ConversationKind::Group,
            member_ids: people[1..].iter().map(|person| person.id()).collect(),
            title: Some("Planning".to_owned()),
            description: None,
            private: true,
            client_id: None,
        };
        let created = self
            .chat
            .create_conversation(&people[0].caller, new)
            .await
            .unwrap();
        created.summary.conversation.id
    }

    pub async fn add(&self, owner: &Person, id: ConversationId, person: &Person) {
        let new = NewMembers {
            user_ids: vec![person.id()],
            role: model::MemberRole::Member,
        };
        self.chat.add_members(&owner.caller, id, new).await.unwrap();
    }

    pub async fn send(&self, person: &Person, id: ConversationId, body: &str) -> Message {
        let new = NewMessage {
            body: body.to_owned(),
            ..NewMessage::default()
        };
        self.chat
            .send_message(&person.caller, id, new)
            .await
            .unwrap()
            .message
    }

    /// Makes an event that only this person's clients receive, after everything that was published
    /// before; see `Client::drain_until`.
    pub async fn marker(&self, person: &Person) -> ConversationId {
        self.group(&[person]).await
    }

    /// The direct conversation of two people.
    pub async fn direct(&self, one: &Person, other: &Person) -> ConversationId {
        let new = NewConversation {
            kind: ConversationKind::Direct,
            member_ids: vec![other.id()],
            title: None,
            description: None,
            private: true,
            client_id: None,
        };
        let created = self.chat.create_conversation(&one.caller, new).await;
        created.unwrap().summary.conversation.id
    }
}
