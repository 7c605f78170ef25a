//! The most frequent verbs, each as one call into the `chat` crate.

use crate::{env::BenchEnv, error::Result, in_process::caller, payload::BODY};
use bench::seed::SeededUser;
use chat::{Chat, MessagesRequest, PageAnchor, Search};
use model::{ConversationId, NewMessage, PageRequest, SyncRequest};

/// Changes that the syncing client has missed.
const MISSED_CHANGES: i64 = 50;

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

/// Arguments of a verb: users, conversation, and the number of the call.
pub struct VerbCall<'a> {
    users: &'a [SeededUser],
    id: ConversationId,
    run: u32,
    /// Position and sequence number before the first call.
    position: i64,
    seq: i64,
    pub nth: i64,
}

impl<'a> VerbCall<'a> {
    pub async fn new(env: &BenchEnv, users: &'a [SeededUser], id: ConversationId) -> Result<Self> {
        let (position, seq) =
            sqlx::query_as("select position, seq from conversations where id = $1")
                .bind(id.0)
                .fetch_one(&env.seeder.pool)
                .await?;
        Ok(Self {
            users,
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

    pub async fn run(self, chat: &Chat, call: &VerbCall<'_>) -> Result<()> {
        let (id, nth) = (call.id, call.nth);
        // The owner writes and reads; another member marks messages as read.
        let (owner, other) = (caller(&call.users[0]), caller(&call.users[1]));
        match self {
            Self::Send => {
                let new = NewMessage {
                    body: BODY.to_owned(),
                    client_id: Some(format!("{:x}-{nth}", call.run)),
                    ..NewMessage::default()
                };
                chat.send_message(&owner, id, new).await?;
            }
            Self::Page => {
                let before = rand::random_range(100..call.position);
                page(chat, call, PageAnchor::Before(before)).await?;
            }
            Self::Newest => page(chat, call, PageAnchor::Newest).await?,
            Self::Sync => {
                let conversations = [(id, call.seq - MISSED_CHANGES)].into();
                chat.sync(
                    &owner,
                    SyncRequest {
                        conversations,
                        ..SyncRequest::default()
                    },
                )
                .await?;
            }
            Self::Search => search(chat, call, "meeting").await?,
            Self::RareSearch => search(chat, call, "zeppelin").await?,
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

async fn page(chat: &Chat, call: &VerbCall<'_>, anchor: PageAnchor) -> Result<()> {
    let request = MessagesRequest {
        anchor,
        limit: Some(50),
        main_line: false,
    };
    chat.messages(&caller(&call.users[0]), call.id, request)
        .await?;
    Ok(())
}

async fn search(chat: &Chat, call: &VerbCall<'_>, word: &str) -> Result<()> {
    let search = Search {
        query: word.to_owned(),
        ..Search::default()
    };
    let page = PageRequest {
        cursor: None,
        limit: Some(20),
    };
    chat.search(&caller(&call.users[0]), &search, page).await?;
    Ok(())
}
