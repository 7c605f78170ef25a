//! What people do most, each as the verb that does it.

use crate::{error::Result, in_process::caller, senders::BODY, world::World};
use bench::people::Person;
use chat::{Chat, MessagesRequest, PageAnchor, Search};
use model::{ConversationId, NewMessage, PageRequest, SyncRequest};

/// How far behind whoever syncs is.
const MISSED: i64 = 50;

#[derive(Clone, Copy)]
pub enum Verb {
    Send,
    Page,
    Newest,
    Sync,
    Search,
    RareSearch,
    Read,
    Ready,
}

/// Who does it, where, for which time.
pub struct Turn<'a> {
    people: &'a [Person],
    id: ConversationId,
    run: u32,
    /// As it was before the first time.
    position: i64,
    seq: i64,
    pub nth: i64,
}

impl<'a> Turn<'a> {
    pub async fn new(world: &World, people: &'a [Person], id: ConversationId) -> Result<Self> {
        let (position, seq) =
            sqlx::query_as("select position, seq from conversations where id = $1")
                .bind(id.0)
                .fetch_one(&world.people.pool)
                .await?;
        Ok(Self {
            people,
            id,
            run: rand::random(),
            position,
            seq,
            nth: 0,
        })
    }
}

impl Verb {
    pub const ALL: [Self; 8] = [
        Self::Send,
        Self::Page,
        Self::Newest,
        Self::Sync,
        Self::Search,
        Self::RareSearch,
        Self::Read,
        Self::Ready,
    ];

    pub fn name(self) -> &'static str {
        match self {
            Self::Send => "send",
            Self::Page => "page from anywhere",
            Self::Newest => "newest page",
            Self::Sync => "sync of 50 changes",
            Self::Search => "search for a common word",
            Self::RareSearch => "search for a rare word",
            Self::Read => "read",
            Self::Ready => "ready",
        }
    }

    pub async fn act(self, chat: &Chat, turn: &Turn<'_>) -> Result<()> {
        let (id, nth) = (turn.id, turn.nth);
        // The owner writes and looks, another one reads along.
        let (owner, other) = (caller(&turn.people[0]), caller(&turn.people[1]));
        match self {
            Self::Send => {
                let new = NewMessage {
                    body: BODY.to_owned(),
                    client_id: Some(format!("{:x}-{nth}", turn.run)),
                    ..NewMessage::default()
                };
                chat.send_message(&owner, id, new).await?;
            }
            Self::Page => {
                let before = rand::random_range(100..turn.position);
                page(chat, turn, PageAnchor::Before(before)).await?;
            }
            Self::Newest => page(chat, turn, PageAnchor::Newest).await?,
            Self::Sync => {
                let conversations = [(id, turn.seq - MISSED)].into();
                chat.sync(&owner, SyncRequest { conversations }).await?;
            }
            Self::Search => search(chat, turn, "meeting").await?,
            Self::RareSearch => search(chat, turn, "zeppelin").await?,
            Self::Read => {
                chat.mark_read(&other, id, nth + 1).await?;
            }
            Self::Ready => {
                chat.ready(&owner).await?;
            }
        }
        Ok(())
    }
}

async fn page(chat: &Chat, turn: &Turn<'_>, anchor: PageAnchor) -> Result<()> {
    let request = MessagesRequest {
        anchor,
        limit: Some(50),
    };
    chat.messages(&caller(&turn.people[0]), turn.id, request)
        .await?;
    Ok(())
}

async fn search(chat: &Chat, turn: &Turn<'_>, word: &str) -> Result<()> {
    let search = Search {
        query: word.to_owned(),
        ..Search::default()
    };
    let page = PageRequest {
        cursor: None,
        limit: Some(20),
    };
    chat.search(&caller(&turn.people[0]), &search, page).await?;
    Ok(())
}
