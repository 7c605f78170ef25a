//! The values of the sequencer.

use crate::{
    cluster::node_id::NodeId,
    events::{ChangeSet, Delivery},
};
use model::ConversationId;
use std::{collections::BTreeMap, sync::Arc, time::Instant};

/// Deliveries for the gateways of this node, in order.
pub type Deliveries = Vec<Arc<Delivery>>;

/// The memberships of a user as they were read, each with the conversation's seq at that time.
pub type MembershipSnapshot = Vec<(ConversationId, i64)>;

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
