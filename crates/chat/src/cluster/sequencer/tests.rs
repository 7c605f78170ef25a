//! Tests of the sequencer: order, once, and only for subscribers of this node.

use super::{Deliveries, MembershipSnapshot, Origin, RepairBatch, Sequencer};
use crate::{
    cluster::NodeId,
    events::{Audience, ChangeSet, Delivery},
};
use model::{ConversationId, Event, Receipt, UserId};
use std::{collections::HashMap, time::Instant};

const ROOM: ConversationId = ConversationId(1);
const ADA: UserId = UserId(1);
const EVE: UserId = UserId(2);

const LOCAL: Origin = Origin {
    node: NodeId(1),
    is_local: true,
};
const REMOTE: Origin = Origin {
    node: NodeId(2),
    is_local: false,
};

struct Node {
    sequencer: Sequencer,
    now: Instant,
    out: Deliveries,
}

impl Node {
    /// Ada is connected to this node, and subscribed to the room, which is at this seq.
    fn at(seq: i64) -> Self {
        let mut node = Self {
            sequencer: Sequencer::default(),
            now: Instant::now(),
            out: Deliveries::new(),
        };
        node.sequencer.begin_subscribe(ADA, node.now);
        assert!(
            node.sequencer
                .complete_subscribe(ADA, &vec![(ROOM, seq)], node.now)
        );
        assert_eq!(node.due(), [(ROOM, seq)], "changes since the snapshot");
        node
    }

    fn accept(&mut self, origin: Origin, deliveries: Vec<Delivery>) {
        let change_set = ChangeSet::of(deliveries);
        self.sequencer
            .accept(change_set, origin, self.now, &mut self.out);
    }

    fn repair(&mut self, after: i64, changes: Vec<Event>, up_to: i64) -> usize {
        let repair = RepairBatch {
            conversation_id: ROOM,
            after,
            changes,
            up_to,
            has_more: false,
            summaries: HashMap::new(),
        };
        self.sequencer.apply_repair(repair, self.now, &mut self.out)
    }

    fn due(&mut self) -> Vec<(ConversationId, i64)> {
        self.sequencer.take_due(self.now, 10)
    }

    /// The deliveries since the last call: their seqs, and a label for those that have none.
    fn delivered(&mut self) -> String {
        let delivered = std::mem::take(&mut self.out);
        let delivered: Vec<_> = delivered.iter().map(|it| label(it)).collect();
        delivered.join(" ")
    }
}

fn label(delivery: &Delivery) -> String {
    match delivery {
        Delivery::Emit {
            audience, event, ..
        } => match (audience, event.seq()) {
            (Audience::Users(_), Some((_, seq))) => format!("{seq}!"),
            (_, Some((_, seq))) => seq.to_string(),
            (_, None) => "receipt".to_owned(),
        },
        Delivery::Subscribe { .. } => "subscribe".to_owned(),
        Delivery::Unsubscribe { .. } => "unsubscribe".to_owned(),
        Delivery::CloseConversation { .. } => "close".to_owned(),
        Delivery::DisconnectSession(_) | Delivery::DisconnectUser(_) => "disconnect".to_owned(),
    }
}

/// Any change of the room.
fn event(seq: i64) -> Event {
    Event::ConversationRemoved {
        conversation_id: ROOM,
        seq,
    }
}

fn change(seq: i64) -> Delivery {
    Delivery::to_conversation(ROOM, event(seq))
}

fn receipt() -> Delivery {
    let receipt = Receipt {
        conversation_id: ROOM,
        user_id: ADA,
        read_position: 1,
        delivered_position: 1,
        details: None,
    };
    Delivery::to_conversation(ROOM, Event::ReceiptUpdated(receipt))
}

fn subscribe(id: UserId) -> Delivery {
    Delivery::Subscribe {
        conversation_id: ROOM,
        user_ids: vec![id],
    }
}

fn unsubscribe(id: UserId) -> Delivery {
    Delivery::Unsubscribe {
        conversation_id: ROOM,
        user_ids: vec![id],
    }
}

#[test]
fn delivers_in_order_of_seq() {
    let mut node = Node::at(4);
    node.accept(LOCAL, vec![change(6)]);
    node.accept(LOCAL, vec![change(8)]);
    assert_eq!(node.delivered(), "");
    node.accept(REMOTE, vec![change(5)]);
    assert_eq!(node.delivered(), "5 6");
    node.accept(REMOTE, vec![change(7)]);
    assert_eq!(node.delivered(), "7 8");
    assert_eq!(node.sequencer.next_due(), None);
}

#[test]
fn delivers_nothing_twice() {
    let mut node = Node::at(4);
    for seq in [4, 5, 5, 3, 6, 5] {
        node.accept(REMOTE, vec![change(seq)]);
    }
    assert_eq!(node.delivered(), "5 6");
}

#[test]
fn missing_changes_come_from_the_database() {
    let mut node = Node::at(4);
    node.accept(LOCAL, vec![change(7)]);
    assert_eq!(node.due(), [(ROOM, 4)]);
    assert_eq!(node.repair(4, vec![event(6), event(7)], 7), 2);
    assert_eq!(node.delivered(), "6 7");
    node.accept(REMOTE, vec![change(5)]);
    node.accept(REMOTE, vec![change(8)]);
    assert_eq!(node.delivered(), "8");
}

#[test]
fn a_repair_that_was_overtaken_is_read_again() {
    let mut node = Node::at(4);
    node.accept(LOCAL, vec![change(7)]);
    assert_eq!(node.due(), [(ROOM, 4)]);
    node.accept(REMOTE, vec![change(5)]);
    assert_eq!(node.repair(4, vec![event(7)], 7), 0);
    assert_eq!(node.delivered(), "5");
    assert_eq!(node.due(), [(ROOM, 5)]);
    node.repair(5, vec![event(7)], 7);
    assert_eq!(node.delivered(), "7");
}

#[test]
fn changes_missing_at_the_end_are_found_by_the_head() {
    let mut node = Node::at(4);
    node.sequencer.note_head(ROOM, 4, node.now);
    assert_eq!(node.due(), []);
    node.sequencer.note_head(ROOM, 6, node.now);
    assert_eq!(node.due(), [(ROOM, 4)]);
}

#[test]
fn receipts_wait_for_the_message_before_them() {
    let mut node = Node::at(4);
    node.accept(REMOTE, vec![change(6)]);
    node.accept(REMOTE, vec![receipt()]);
    node.accept(LOCAL, vec![receipt()]);
    assert_eq!(node.delivered(), "receipt", "of another node");
    node.accept(LOCAL, vec![change(5)]);
    assert_eq!(node.delivered(), "5 6 receipt");

    node.accept(REMOTE, vec![change(8)]);
    node.accept(REMOTE, vec![receipt()]);
    node.due();
    node.repair(6, vec![event(8)], 8);
    assert_eq!(node.delivered(), "8 receipt");
}

#[test]
fn unsubscribes_take_effect_before_what_is_buffered() {
    let mut node = Node::at(4);
    node.accept(REMOTE, vec![unsubscribe(EVE), change(6)]);
    assert_eq!(node.delivered(), "unsubscribe");
    node.accept(REMOTE, vec![change(5)]);
    assert_eq!(node.delivered(), "5 unsubscribe 6");
}

#[test]
fn drops_conversations_without_subscribers() {
    let mut node = Node::at(4);
    node.accept(REMOTE, vec![unsubscribe(ADA), change(5)]);
    assert_eq!(node.delivered(), "unsubscribe 5");
    node.accept(REMOTE, vec![change(6)]);
    node.accept(REMOTE, vec![receipt()]);
    assert_eq!(node.delivered(), "");
    assert!(!node.sequencer.is_subscribed(ROOM));
    node.accept(REMOTE, vec![subscribe(EVE), change(7)]);
    assert_eq!(
        node.delivered(),
        "subscribe",
        "Eve may be connecting to this node"
    );
    assert!(!node.sequencer.is_subscribed(ROOM));
    node.accept(REMOTE, vec![subscribe(ADA), change(8)]);
    assert_eq!(node.delivered(), "subscribe 8");
    assert_eq!(
        node.due(),
        [(ROOM, 8)],
        "later changes may have been dropped"
    );
}

#[test]
fn a_stale_snapshot_subscribes_nobody() {
    let mut node = Node::at(4);
    node.accept(REMOTE, vec![change(5)]);
    node.sequencer.begin_subscribe(EVE, node.now);
    node.accept(REMOTE, vec![unsubscribe(EVE), change(6)]);
    let snapshot: MembershipSnapshot = vec![(ROOM, 5)];
    assert!(
        !node.sequencer.complete_subscribe(EVE, &snapshot, node.now),
        "stale"
    );
    let eve = |node: &Node| {
        let users = node.sequencer.local_users();
        *users.iter().find(|(id, _)| *id == EVE).unwrap()
    };
    let user = eve(&node);
    let (gained, lost) = node.sequencer.compare(user, &snapshot);
    assert_eq!((gained, lost), (snapshot.clone(), vec![]));
    let gained = (ROOM, 5);
    assert!(
        !node.sequencer.subscribe(EVE, gained, node.now),
        "nor later"
    );
    node.accept(REMOTE, vec![subscribe(EVE), change(7)]);
    let (gained, lost) = node.sequencer.compare(user, &Vec::new());
    assert_eq!((gained, lost), (vec![], vec![]), "they have changed since");
    let (gained, lost) = node.sequencer.compare(eve(&node), &Vec::new());
    assert_eq!((gained, lost), (vec![], vec![ROOM]));
}

#[test]
fn a_deleted_conversation_is_closed() {
    let mut node = Node::at(4);
    node.sequencer.conversation_deleted(ROOM, &mut node.out);
    assert_eq!(node.delivered(), "5 close");
    assert!(!node.sequencer.is_subscribed(ROOM));
    node.sequencer.prune_users(node.now, |_| true);
    assert!(node.sequencer.is_local(ADA));
    let later = node.now + std::time::Duration::from_secs(1);
    node.sequencer.prune_users(later, |_| false);
    assert!(!node.sequencer.is_local(ADA));
}
