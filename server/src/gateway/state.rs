//! The shared state of a gateway: a contract, and what all of its sockets use.

use super::{
    changed_lists::ChangedLists, changed_users::ChangedUsers, contract::Contract,
    delivery_receipts::DeliveryReceipts, hub::Hub, queue_budget::QueueBudget,
    render_queue::RenderQueue,
};
use crate::rate_limit::HandshakeLimiter;
use chat::Chat;
use std::{marker::PhantomData, sync::Arc};

pub struct Gateway<C: Contract> {
    pub contract: PhantomData<C>,
    pub hub: Arc<Hub>,
    pub delivery_receipts: DeliveryReceipts,
    pub changed_users: ChangedUsers,
    pub changed_lists: ChangedLists,
    pub render_queue: RenderQueue,
    /// Shared by all gateways.
    pub queue_budget: Arc<QueueBudget>,
    /// Whether each socket's events are rate limited.
    pub rate_limited: bool,
    /// The rate limit of connects to namespaces, by network.
    pub handshake_limiter: Option<Arc<HandshakeLimiter>>,
    pub chat: Chat,
}
