//! `Batch`: rows of one kind that one transaction takes.

use super::report::Kind;
use chat::{
    Result,
    imports::{
        Conversation, Import, Members, Message, MessageAttachment, Outcome, Reaction, ReadState,
        User,
    },
};

#[derive(Clone, Copy)]
pub enum Batch<'a> {
    Users(&'a [User]),
    Conversations(&'a [Conversation]),
    Members(&'a [Members]),
    Messages(&'a [Message]),
    Attachments(&'a [MessageAttachment]),
    Reactions(&'a [Reaction]),
    ReadStates(&'a [ReadState]),
}

impl Batch<'_> {
    pub fn kind(self) -> Kind {
        match self {
            Self::Users(_) => Kind::Users,
            Self::Conversations(_) => Kind::Conversations,
            Self::Members(_) => Kind::Members,
            Self::Messages(_) => Kind::Messages,
            Self::Attachments(_) => Kind::Attachments,
            Self::Reactions(_) => Kind::Reactions,
            Self::ReadStates(_) => Kind::ReadStates,
        }
    }

    pub fn is_empty(self) -> bool {
        match self {
            Self::Users(rows) => rows.is_empty(),
            Self::Conversations(rows) => rows.is_empty(),
            Self::Members(rows) => rows.is_empty(),
            Self::Messages(rows) => rows.is_empty(),
            Self::Attachments(rows) => rows.is_empty(),
            Self::Reactions(rows) => rows.is_empty(),
            Self::ReadStates(rows) => rows.is_empty(),
        }
    }

    pub async fn import(self, import: &mut Import) -> Result<Outcome> {
        match self {
            Self::Users(rows) => import.import_users(rows).await,
            Self::Conversations(rows) => import.import_conversations(rows).await,
            Self::Members(rows) => import.import_members(rows).await,
            Self::Messages(rows) => import.import_messages(rows).await,
            Self::Attachments(rows) => import.import_attachments(rows).await,
            Self::Reactions(rows) => import.import_reactions(rows).await,
            Self::ReadStates(rows) => import.import_read_states(rows).await,
        }
    }
}
