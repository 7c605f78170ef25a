//! A server on a port of its own, with people in it.

use crate::client::Client;
use chat::{Caller, Chat};
use clap::Parser;
use model::{
    ConversationId, ConversationKind, Message, NewConversation, NewMembers, NewMessage, Register,
    UserId,
};
use server::{Cli, Command, Config};
use sqlx::PgPool;
use std::net::SocketAddr;
use tokio::{sync::oneshot, task::JoinHandle};

pub struct House {
    pub chat: Chat,
    pub address: SocketAddr,
    stop: oneshot::Sender<()>,
    running: JoinHandle<std::io::Result<()>>,
}

/// Somebody with an account, and a session of a program.
pub struct Person {
    pub caller: Caller,
    pub token: String,
}

impl Person {
    pub fn id(&self) -> UserId {
        self.caller.user_id
    }
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
        Self::with(db, &["--rate-limit=off"]).await
    }

    pub async fn with(db: PgPool, arguments: &[&str]) -> Self {
        let config = config(arguments);
        let chat = Chat::new(db, config.chat_settings().unwrap());
        let servers = server::bind(config, chat.clone()).await.unwrap();
        let address = servers.address();
        let (stop, stopped) = oneshot::channel();
        let running = tokio::spawn(servers.run(async {
            let _ = stopped.await;
        }));
        Self {
            chat,
            address,
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
            password: "correct horse battery".to_owned(),
            name: None,
            email: None,
        };
        let who = self.chat.register(register, &client).await.unwrap();
        let token = self
            .chat
            .issue_tokens(who, &client)
            .await
            .unwrap()
            .access_token;
        let caller = self.chat.authenticate(&token).await.unwrap();
        Person { caller, token }
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
}
