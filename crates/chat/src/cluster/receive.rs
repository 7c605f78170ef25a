//! Bus consumer: what a node does with the packets of the others.

use super::{
    codec::{self, DecodeError},
    message::BusMessage,
    node_id::NodeId,
    sequencer::Origin,
    state::{Cluster, lock},
};
use crate::chat::Chat;
use model::UserId;
use std::{sync::Arc, time::Instant};

impl Chat {
    /// Receives a packet. One whose header cannot be decoded counts as missed, and so does each message that cannot:
    /// a node of a later version may tell of what this one does not know.
    pub(super) fn receive(&self, packet: &str) {
        let Some(cluster) = self.0.bus.cluster() else {
            return;
        };
        let (header, lines) = match codec::decode_header(packet) {
            Ok(decoded) => decoded,
            Err(error) => return note_missed(cluster, &error),
        };
        if header.node == cluster.node_id {
            *lock(&cluster.last_echo) = Instant::now();
            return;
        }
        let lines: Vec<_> = lines.collect();
        let count = lines.len() as u64;
        let observation = lock(&cluster.peers).observe(header, count, Instant::now());
        if observation.is_new {
            tracing::info!(node = %header.node, "another node has joined");
            cluster.request_presence_snapshot();
        }
        if observation.has_gap {
            metrics::counter!("parlance_bus_missed_total").increment(1);
            cluster.request_access_audit();
        }
        if observation.is_new || observation.has_gap {
            cluster.send(BusMessage::PresenceRequest(Some(header.node)));
        }
        metrics::counter!("parlance_bus_received_total").increment(count);
        for line in lines {
            let is_subscribed = |id| lock(&cluster.sequencer).is_subscribed(id);
            match codec::decode_message(line, is_subscribed) {
                Ok(Some(message)) => self.handle_message(cluster, header.node, message),
                Ok(None) => {}
                Err(error) => note_missed(cluster, &error),
            }
        }
    }

    fn handle_message(&self, cluster: &Cluster, node: NodeId, message: BusMessage) {
        match message {
            BusMessage::ChangeSet(change_set) => {
                let origin = Origin {
                    node,
                    is_local: false,
                };
                cluster.accept(Arc::unwrap_or_clone(change_set), origin);
            }
            BusMessage::Heartbeat => {}
            BusMessage::PresenceRequest(addressee) => {
                if addressee.is_none_or(|id| id == cluster.node_id) {
                    cluster.request_presence_snapshot();
                }
            }
            BusMessage::PresenceSnapshot(users) => {
                self.0.presence.replace_node(node, users);
                self.schedule_presence_broadcast();
            }
            BusMessage::UserConnected(user_id, choice) => {
                self.0.presence.remote_connected(node, user_id, choice);
                self.schedule_presence_broadcast();
            }
            BusMessage::UserDisconnected { user_id, last } => {
                self.0.presence.remote_disconnected(node, user_id, last);
                self.schedule_presence_broadcast();
            }
            BusMessage::PresenceChosen(user_id, choice) => {
                self.0.presence.set_choice(user_id, choice, None);
                self.schedule_presence_broadcast();
            }
            BusMessage::Typing {
                conversation_id,
                user_id,
                typing,
                thread_id,
            } => self.receive_typing((conversation_id, thread_id), user_id, typing),
            BusMessage::RateUsage(usage) => self.0.limits.charge(&usage),
            BusMessage::UserChanged(user_id) => {
                self.0.apps.forget_user(user_id);
                self.invalidate_user_cards(vec![user_id]);
            }
            BusMessage::UsersChanged(user_ids) => self.invalidate_user_cards(user_ids),
            BusMessage::NodeLeaving => {
                tracing::info!(%node, "another node has left");
                lock(&cluster.peers).remove(node);
                cluster.request_access_audit();
                self.remove_users_of(node);
            }
        }
    }

    fn invalidate_user_cards(&self, user_ids: Vec<UserId>) {
        let chat = self.clone();
        tokio::spawn(async move {
            for user_id in &user_ids {
                chat.0.apps.forget_user(*user_id);
                chat.0.user_cards.invalidate(user_id).await;
            }
        });
    }

    /// Removes the users of a node that left, after the grace in which their clients reconnect to
    /// other nodes. Nothing when the node is back by then.
    fn remove_users_of(&self, node: NodeId) {
        let chat = self.clone();
        tokio::spawn(async move {
            tokio::time::sleep(chat.0.timings.presence_grace).await;
            let cluster = chat.0.bus.cluster();
            if cluster.is_some_and(|it| !lock(&it.peers).contains(node)) {
                chat.0.presence.remove_node(node);
                chat.schedule_presence_broadcast();
            }
        });
    }
}

fn note_missed(cluster: &Cluster, error: &DecodeError) {
    tracing::debug!(%error, "what another node sends cannot be decoded");
    metrics::counter!("parlance_bus_missed_total").increment(1);
    cluster.request_access_audit();
}
