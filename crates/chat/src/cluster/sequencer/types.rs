//! The values of the sequencer.

use crate::{
    cluster::node_id::NodeId,
    events::{ChangeSet, Delivery},
};
use model::{ConversationId, UserId};
use std::{
    collections::{BTreeMap, HashSet},
    sync::Arc,
    time::Instant,
};

/// Deliveries for the gateways of this node, in order.
pub type Deliveries = Vec<Arc<Delivery>>;

/// The memberships of a user as they were read.
pub type MembershipSnapshot = Vec<Membership>;

/// A membership as it was read from the database.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Membership {
    pub conversation_id: ConversationId,
    /// The seq of the change that made the user a member. 0 in the announcements, of which everybody
    /// is a member without a change.
    pub joined_seq: i64,
    /// The conversation's seq when it was read.
    pub seq: i64,
}

/// The node that published a change set.
#[derive(Clone, Copy, Debug)]
pub struct Origin {
    pub node: NodeId,
    /// Whether that is this node.
    pub is_local: bool,
}

/// A conversation that a user of this node is subscribed to.
#[derive(Default)]
pub struct Stream {
    /// The seq up to which changes have been delivered.
    pub delivered_seq: i64,
    /// By the first seq of each change set.
    pub buffered: BTreeMap<i64, Buffered>,
    /// Users of this node who are members as the database has it, and are not subscribed yet, because
    /// the change that added them is still to be delivered.
    pub awaiting: HashSet<UserId>,
}

impl Stream {
    pub fn at(delivered_seq: i64) -> Self {
        Self {
            delivered_seq,
            ..Self::default()
        }
    }
}

/// A change set that arrived before its predecessors.
pub struct Buffered {
    pub change_set: ChangeSet,
    pub node: NodeId,
    /// Unsequenced events that the node published next about the conversation.
    pub unsequenced_after: Vec<Arc<Delivery>>,
}

/// A conversation that is to be compared with the database.
pub struct Gap {
    pub due: Instant,
    /// Keep the check when the buffer empties: the newest change may be missing.
    pub check_head: bool,
}
