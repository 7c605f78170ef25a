//! `BusMessage`: one message between the nodes of a cluster.
//!
//! Serialised under the names of the variants: renaming one requires a new `VERSION` in `codec.rs`.

use super::node_id::NodeId;
use crate::events::ChangeSet;
use model::{ConversationId, MessageId, PresenceChoice, UserId};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum BusMessage {
    /// A committed change, for the gateways. `codec.rs` writes it in a format of its own.
    #[serde(skip)]
    ChangeSet(Arc<ChangeSet>),
    /// The node is alive. Sent every second.
    Heartbeat,
    /// Asks that node, or every node, for a `PresenceSnapshot`.
    PresenceRequest(Option<NodeId>),
    /// All users who are connected to the node.
    PresenceSnapshot(Vec<(UserId, PresenceChoice)>),
    /// The user's first device connected to the node.
    UserConnected(UserId, PresenceChoice),
    /// The user has no device on the node any more. `last`: as far as the node knows, on no other
    /// node either, so that it has written `last_seen_at`.
    UserDisconnected { user_id: UserId, last: bool },
    /// The user chose a presence, for all nodes.
    PresenceChosen(UserId, PresenceChoice),
    /// The user began or stopped typing. Repeated while the typing goes on.
    Typing {
        conversation_id: ConversationId,
        user_id: UserId,
        typing: bool,
        /// The thread, unless it is in the main line.
        thread_id: Option<MessageId>,
    },
    /// Messages that the node let through its rate limits since its last report, by user.
    RateUsage(Vec<(UserId, u32)>),
    /// The user's profile changed: cached user cards are stale.
    UserChanged(UserId),
    /// The profiles of many users changed, or their ids in apps.
    UsersChanged(Vec<UserId>),
    /// The node shuts down.
    NodeLeaving,
}
