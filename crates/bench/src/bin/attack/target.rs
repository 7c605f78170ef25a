//! What attackers know: the addresses, and the accounts that are theirs or that they mean to harm.

use crate::{settings::Result, test_bed::TestBed};
use bench::{
    client::{Connection, Endpoint},
    seed::{SeededUser, Seeder},
};
use model::{ConversationId, UserId};
use serde_json::json;
use std::net::{Ipv4Addr, SocketAddr};
use tokio::net::TcpStream;
use tokio_tungstenite::{WebSocketStream, client_async};

/// Users whom attackers name, as those of `createConversation` with 500 members.
const CROWD: usize = 500;

pub struct Target {
    pub api: SocketAddr,
    pub conversations: SocketAddr,
    seeder: Seeder,
    /// The attackers.
    pub accounts: Vec<SeededUser>,
    pub crowd: Vec<UserId>,
    /// A group of the attackers with everybody of the crowd in it.
    pub group: ConversationId,
}

impl Target {
    pub async fn prepare(bed: &TestBed, accounts: usize) -> Result<Self> {
        let seeder = bed.seeder.clone();
        let accounts = seeder.create_users(accounts.max(1)).await?;
        let crowd = seeder.create_users(CROWD).await?;
        let crowd: Vec<_> = crowd.iter().map(|user| user.user_id).collect();
        let attackers = accounts.iter().map(|user| user.user_id);
        let members: Vec<_> = attackers.chain(crowd.iter().copied()).collect();
        let group = seeder.create_group_of(&members).await?;
        Ok(Self {
            api: bed.api(),
            conversations: bed.conversations,
            seeder,
            accounts,
            crowd,
            group,
        })
    }

    /// An access token, which is valid for 15 minutes, of the account of that number.
    pub fn token(&self, account: usize) -> Result<String> {
        Ok(self
            .seeder
            .token(&self.accounts[account % self.accounts.len()])?)
    }

    /// A WebSocket of a stranger, before CONNECT; `None` where the server refuses it.
    pub async fn stranger_socket(
        &self,
        number: usize,
    ) -> Result<Option<WebSocketStream<TcpStream>>> {
        let endpoint = endpoint(self.api, stranger_address(number));
        let stream = endpoint.open().await?;
        let url = format!("ws://{}/socket.io/?EIO=4&transport=websocket", self.api);
        let opened = client_async(url, stream).await.ok();
        Ok(opened.map(|(socket, _)| socket))
    }

    /// A socket of an account, from an address of its own.
    pub async fn socket(&self, account: usize) -> Result<Connection> {
        let endpoint = endpoint(self.api, account_address(account));
        Ok(Connection::open(endpoint, &self.token(account)?).await?)
    }

    /// The same at the door of the contract `conversations`.
    pub async fn door_socket(&self, account: usize) -> Result<Connection> {
        let endpoint = endpoint(self.conversations, account_address(account));
        let user_id = self.accounts[account % self.accounts.len()].user_id;
        let auth = json!({ "token": self.token(account)?, "userId": user_id });
        Ok(Connection::open_namespace(endpoint, "", &auth).await?)
    }
}

pub fn endpoint(server: SocketAddr, source: Ipv4Addr) -> Endpoint {
    Endpoint {
        source: Some(source),
        ..Endpoint::new(server)
    }
}

/// The address of a stranger: each is a network of its own. People have addresses in 127.0.1.0/24.
pub fn stranger_address(number: usize) -> Ipv4Addr {
    address(10, number)
}

pub fn account_address(number: usize) -> Ipv4Addr {
    address(20, number)
}

fn address(second: u8, number: usize) -> Ipv4Addr {
    let [high, low] = u16::try_from(number % 50_000 + 1)
        .unwrap_or(1)
        .to_be_bytes();
    Ipv4Addr::new(127, second, high, low)
}
