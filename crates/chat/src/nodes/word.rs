//! What a node has to say to the others.

use crate::events::Frame;
use model::{ConversationId, PresenceChoice, UserId};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use std::{fmt, num::ParseIntError, str::FromStr, sync::Arc};

/// A node, from its start to its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct NodeId(pub u64);

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Word {
    /// For the doors. See `wire` for how it travels.
    #[serde(skip)]
    Frame(Arc<Frame>),
    /// The node is there.
    Beat,
    /// Who is connected to that node, or to each?
    Ask(Option<NodeId>),
    /// All who are connected to the node.
    People(Vec<(UserId, PresenceChoice)>),
    /// The user's first device there.
    Came(UserId, PresenceChoice),
    /// The user has no device there any more; and, as far as that node knows, nowhere.
    Left { user_id: UserId, last: bool },
    /// What the user says of themselves, wherever they are connected.
    Chose(UserId, PresenceChoice),
    /// Said again while it goes on.
    Typing {
        conversation_id: ConversationId,
        user_id: UserId,
        typing: bool,
    },
    /// How many messages the node has let through.
    Spent(Vec<(UserId, u32)>),
    /// Of the user something has changed that nodes keep at hand.
    ContactChanged(UserId),
    /// The node ends.
    Leaving,
}

impl NodeId {
    pub fn random() -> Self {
        Self(rand::random())
    }
}

impl fmt::Display for NodeId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", self.0)
    }
}

impl FromStr for NodeId {
    type Err = ParseIntError;

    fn from_str(text: &str) -> Result<Self, ParseIntError> {
        u64::from_str_radix(text, 16).map(Self)
    }
}

impl Serialize for NodeId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for NodeId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = <&str>::deserialize(deserializer)?;
        text.parse().map_err(de::Error::custom)
    }
}
