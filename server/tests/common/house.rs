//! A server on a port of its own, with people in it.

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

pub struct House {
    pub chat: Chat,
    pub address: SocketAddr,
    pub doors: HashMap<&'static str, SocketAddr>,
    stop: oneshot::Sender<()>,
    running: JoinHandle<std::io::Result<()>>,
}

/// Somebody with an account, and a session of a program.
pub struct Person {
    pub username: String,
    pub caller: Caller,
    pub token: String,
}

impl Person {
    pub fn id(&self) -> UserId {
        self.caller.user_id
    }

    /// The cookie of a browser in which the person has signed in.
    pub async fn cookie(&self, house: &House) -> String {
        let form = [
            ("login", self.username.as_str()),
            ("password", PASSWORD),
            ("next", ""),
        ];
        let answer = browser()
            .post(format!("http://{}/form/sign-in", house.address))
            .header("accept", "text/html")
            .form(&form)
            .send()
            .await
            .unwrap();
        let cookie = answer.headers()["set-cookie"].to_str().unwrap();
        cookie.split(';').next().unwrap().to_owned()
    }

    /// Sends a message by the form of a page.
    pub async fn submit(&self, house: &House, id: ConversationId, body: &str) {
        let id = id.to_string();
        let answer = browser()
            .post(format!("http://{}/form/send-message", house.address))
            .header("accept", "text/html")
            .header("cookie", self.cookie(house).await)
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

/// A client that goes where it is told by nobody.
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
        Command::Migrate(_) => unreachable!("there is no subcommand"),
    }
}

impl House {
    /// Without limits of volume.
    pub async fn open(db: PgPool) -> Self {
        Self::with(db, &["--rate-limit=off", "--contracts=off"]).await
    }

    /// With every contract on a port of its own.
    pub async fn with_doors(db: PgPool) -> Self {
        let doors = "--contracts=groups=0,rooms=0,direct=0,conversations=0,broadcast=0";
        Self::with(db, &["--rate-limit=off", doors]).await
    }

    pub async fn with(db: PgPool, arguments: &[&str]) -> Self {
        let config = config(arguments);
        let settings = config.chat_settings().unwrap();
        let chat = match &config.redis_url {
            Some(url) => Chat::join(db, settings, url).unwrap(),
            None => Chat::new(db, settings),
        };
        let servers = server::bind(config, chat.clone()).await.unwrap();
        let address = servers.address();
        let doors = servers.contract_addresses().collect();
        let (stop, stopped) = oneshot::channel();
        let running = tokio::spawn(servers.run(async {
            let _ = stopped.await;
        }));
        Self {
            chat,
            address,
            doors,
            stop,
            running,
        }
    }

    /// Stops the server, and waits until it has.
    pub async fn close(self) {
        self.stop.send(()).unwrap();
        self.running.await.unwrap().unwrap();
    }

    pub async fn person(&self, username: &str) -> Person {
        let client = chat::Client::default();
        let register = Register {
            username: username.to_owned(),
            password: PASSWORD.to_owned(),
            name: None,
            email: None,
        };
        let who = self.chat.register(register, &client).await.unwrap();
        self.signed_in(who).await
    }

    /// Another session of the same person.
    pub async fn login(&self, username: &str) -> Person {
        let login = Login {
            login: username.to_owned(),
            password: PASSWORD.to_owned(),
        };
        let who = self.chat.login(login, &chat::Client::default()).await;
        self.signed_in(who.unwrap()).await
    }

    async fn signed_in(&self, who: Authenticated) -> Person {
        let username = who.user().username.clone();
        let client = chat::Client::default();
        let signed_in = self.chat.issue_tokens(who, &client).await.unwrap();
        let token = signed_in.access_token;
        let caller = self.chat.authenticate(&token).await.unwrap();
        Person {
            username,
            caller,
            token,
        }
    }

    /// A connected client that has heard `ready`.
    pub async fn client(&self, person: &Person) -> Client {
        Client::of(self.address, &person.token).await
    }

    /// A group of the first person with the others.
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
        created.head.conversation.id
    }

    pub async fn add(&self, owner: &Person, id: ConversationId, person: &Person) {
        let new = NewMembers {
            user_ids: vec![person.id()],
            role: model::MemberRole::Member,
        };
        self.chat.add_members(&owner.caller, id, new).await.unwrap();
    }

    pub async fn say(&self, person: &Person, id: ConversationId, body: &str) -> Message {
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
        created.unwrap().head.conversation.id
    }
}
