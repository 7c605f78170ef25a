//! Events: the values that are delivered, and the broadcast channel of this node.
//!
//! Stands below `cluster`, which carries them between nodes, and `bus`, to which verbs publish.

mod change_set;
mod delivery;
mod local;

pub(crate) use change_set::{ChangeSet, SeqRange};
pub use delivery::{Audience, Delivery};
pub(crate) use local::LocalBus;
pub use local::{Lagged, Subscription};
