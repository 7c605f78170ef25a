//! A server in this process, on a free port, with users that have signed in.

use super::{PASSWORD, client::Client};
use chat::{Authenticated, Caller, Chat};
use clap::Parser;
use model::{
    ConversationId, ConversationKind, Login, Message, NewConversation, NewMembers, NewMessage,
    Register, UserId,
};
use server::{Cli, Command, Config};
use sqlx::PgPool;
use std::{collections::HashMap, net::SocketAddr};
use tokio::{sync::oneshot, task::JoinHandle};

pub struct TestServer {
    pub chat: Chat,
    pub address: SocketAddr,
    /// The addresses of the contracts that have a port, by name.
    pub contracts: HashMap<&'static str, SocketAddr>,
    stop: oneshot::Sender<()>,
    running: JoinHandle<std::io::Result<()>>,
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

pub fn config(arguments: &[&str]) -> Config {
    let fixed = [
        "parlance",
        "--port=0",
        "--jwt-secret=a-secret-of-thirty-two-bytes-or-more",
    ];
    let arguments = fixed.iter().chain(arguments);
    match Cli::try_parse_from(arguments).unwrap().into_command() {
        Command::Serve(config) => *config,
        _ => unreachable!("there is no subcommand"),
    }
}

impl TestServer {
    /// Without rate limits and contracts.
    pub async fn start(db: PgPool) -> Self {
        Self::start_with(db, &["--rate-limit=off", "--contracts=off"]).await
    }

    /// Without rate limits, and with every contract on a port of its own.
    pub async fn start_with_contracts(db: PgPool) -> Self {
        let contracts = "--contracts=groups=0,rooms=0,direct=0,conversations=0,broadcast=0";
        Self::start_with(db, &["--rate-limit=off", contracts]).await
    }

    /// With these flags of the command line.
    pub async fn start_with(db: PgPool, arguments: &[&str]) -> Self {
        let config = config(arguments);
        let settings = config.chat_settings().unwrap();
        let chat = match &config.redis_url {
            Some(url) => Chat::join(db, settings, url).unwrap(),
            None => Chat::new(db, settings),
        };
        let servers = server::bind(config, chat.clone()).await.unwrap();
        let address = servers.address();
        let contracts = servers.contract_addresses().collect();
        let (stop, stopped) = oneshot::channel();
        let running = tokio::spawn(servers.run(async {
            let _ = stopped.await;
        }));
        Self {
            chat,
            address,
            contracts,
            stop,
            running,
        }
    }

    /// Stops the server gracefully, and waits for its end.
    pub async fn stop(self) {
        self.stop.send(()).unwrap();
        self.running.await.unwrap().unwrap();
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
