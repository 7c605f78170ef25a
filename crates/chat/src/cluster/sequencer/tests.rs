//! Tests of the sequencer: order, once, and only for subscribers of this node.

use super::{Deliveries, Membership, MembershipSnapshot, Origin, RepairBatch, Sequencer};
use crate::{
    cluster::NodeId,
    events::{Audience, ChangeSet, Delivery},
};
use model::{ConversationId, ConversationSummary, Event, Member, Receipt, UserId};
use std::time::Instant;

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
        node.connect(ADA, seq);
        assert_eq!(node.due(), [(ROOM, seq)], "changes since the snapshot");
        node
    }

    /// Connects a user whose memberships are read at this seq: the room, since its creation.
    fn connect(&mut self, user_id: UserId, seq: i64) {
        self.sequencer.begin_subscribe(user_id, self.now);
        self.complete(user_id, &vec![member_of_room(1, seq)]);
    }

    fn complete(&mut self, user_id: UserId, memberships: &MembershipSnapshot) {
        self.sequencer
            .complete_subscribe(user_id, memberships, self.now);
    }

    /// Audits a user whom the database has as a member since `joined_seq`.
    fn audit(&mut self, user_id: UserId, joined_seq: i64, seq: i64) {
        let users = self.sequencer.loaded_users().into_iter();
        for user in users.filter(|(id, _)| *id == user_id) {
            let memberships = vec![member_of_room(joined_seq, seq)];
            let (gained, lost) = self.sequencer.compare(user, &memberships).unwrap();
            assert_eq!(lost, []);
            for membership in gained {
                let (now, out) = (self.now, &mut self.out);
                self.sequencer
                    .recover_membership(user.0, membership, now, out);
            }
        }
    }

    fn accept(&mut self, origin: Origin, deliveries: Vec<Delivery>) {
        let change_set = ChangeSet::of(deliveries);
        self.sequencer
            .accept(change_set, origin, self.now, &mut self.out);
    }

    fn repair(&mut self, after: i64, changes: Vec<Event>, up_to: i64) -> usize {
        let summaries = [ADA, EVE].map(|id| (id, summary(up_to)));
        let repair = RepairBatch {
            conversation_id: ROOM,
            after,
            changes,
            up_to,
            has_more: false,
            summaries: summaries.into(),
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
            (Audience::Users(_), Some((_, seq))) => {
                let is_created = matches!(event, Event::ConversationCreated { .. });
                format!("{seq}{}", if is_created { "+" } else { "!" })
            }
            (_, Some((_, seq))) => seq.to_string(),
            (_, None) => "receipt".to_owned(),
        },
        Delivery::Subscribe { .. } => "subscribe".to_owned(),
        Delivery::Unsubscribe { .. } => "unsubscribe".to_owned(),
        Delivery::CloseConversation { .. } => "close".to_owned(),
        Delivery::DisconnectSession(_) | Delivery::DisconnectUser(_) => "disconnect".to_owned(),
    }
}

fn member_of_room(joined_seq: i64, seq: i64) -> Membership {
    Membership {
        conversation_id: ROOM,
        joined_seq,
        seq,
    }
}

/// The room as it is at this seq.
fn summary(seq: i64) -> ConversationSummary {
    serde_json::from_value(serde_json::json!({
        "id": "1", "kind": "group", "title": "Room", "description": null, "private": true,
        "position": seq - 1, "seq": seq, "memberCount": 2, "createdAt": "2026-01-01T00:00:00Z",
        "role": "member", "peer": null, "readPosition": 0, "unread": 0, "mentions": 0,
        "lastMessage": null,
    }))
    .unwrap()
}

fn added(user_id: UserId, seq: i64) -> Event {
    let member: Member = serde_json::from_value(serde_json::json!({
        "user": {
            "id": user_id.to_string(), "username": "eve", "name": "Eve", "avatarUrl": null,
            "role": "member", "presence": "online", "lastSeenAt": null,
        },
        "role": "member", "joinedAt": "2026-01-01T00:00:00Z",
        "readPosition": 0, "deliveredPosition": 0,
    }))
    .unwrap();
    Event::MemberAdded {
        conversation_id: ROOM,
        seq,
        member,
    }
}

fn removed(user_id: UserId, seq: i64) -> Event {
    Event::MemberRemoved {
        conversation_id: ROOM,
        seq,
        user_id,
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
fn a_snapshot_subscribes_whatever_was_delivered_since() {
    let mut node = Node::at(4);
    node.sequencer.begin_subscribe(EVE, node.now);
    node.accept(REMOTE, vec![change(5)]);
    node.complete(EVE, &vec![member_of_room(1, 4)]);
    node.accept(REMOTE, vec![unsubscribe(ADA), change(6)]);
    node.accept(REMOTE, vec![change(7)]);
    assert_eq!(node.delivered(), "5 unsubscribe 6 7", "Eve is subscribed");
    node.audit(EVE, 1, 7);
    assert_eq!(
        node.delivered(),
        "",
        "nobody is told what they know already"
    );
}

#[test]
fn a_snapshot_does_not_subscribe_who_was_removed_since() {
    let mut node = Node::at(4);
    node.sequencer.begin_subscribe(EVE, node.now);
    node.accept(REMOTE, vec![unsubscribe(EVE), change(5)]);
    node.complete(EVE, &vec![member_of_room(1, 4)]);
    node.accept(REMOTE, vec![unsubscribe(ADA), change(6)]);
    assert!(!node.sequencer.is_subscribed(ROOM), "nor is Eve");
    node.sequencer.begin_subscribe(EVE, node.now);
    node.accept(REMOTE, vec![unsubscribe(EVE), change(7)]);
    node.accept(REMOTE, vec![subscribe(EVE), change(8)]);
    node.complete(EVE, &vec![member_of_room(1, 6)]);
    assert!(node.sequencer.is_subscribed(ROOM), "she was added again");
    node.sequencer.begin_subscribe(ADA, node.now);
    node.sequencer.cancel_subscribe(ADA);
    node.connect(ADA, 8);
    node.accept(REMOTE, vec![unsubscribe(EVE), change(9)]);
    assert!(node.sequencer.is_subscribed(ROOM), "Ada connected later");
}

#[test]
fn an_audit_that_was_overtaken_is_repeated() {
    let mut node = Node::at(4);
    let user = node.sequencer.loaded_users()[0];
    let read = vec![];
    assert_eq!(
        node.sequencer.compare(user, &read),
        Some((vec![], vec![ROOM]))
    );
    node.sequencer.begin_subscribe(ADA, node.now);
    node.complete(ADA, &vec![member_of_room(1, 4)]);
    let compared = node.sequencer.compare(user, &read);
    assert_eq!(
        compared,
        Some((vec![], vec![ROOM])),
        "nothing has changed by a second device"
    );
    node.accept(REMOTE, vec![subscribe(ADA), change(5)]);
    assert_eq!(node.sequencer.compare(user, &read), None);
    let gone = (EVE, 0);
    assert_eq!(
        node.sequencer.compare(gone, &read),
        Some((vec![], vec![])),
        "not here"
    );
}

#[test]
fn who_is_about_to_connect_is_not_audited() {
    let mut node = Node::at(4);
    node.sequencer.begin_subscribe(EVE, node.now);
    node.accept(REMOTE, vec![change(6)]);
    node.audit(EVE, 1, 6);
    assert_eq!(node.delivered(), "");
    node.complete(EVE, &vec![member_of_room(1, 6)]);
    node.audit(EVE, 1, 6);
    node.accept(REMOTE, vec![change(5)]);
    assert_eq!(node.delivered(), "5 6", "each once, and no beginning");
}

#[test]
fn a_missed_addition_is_told_at_the_end_of_its_repair() {
    let mut node = Node::at(4);
    node.sequencer.begin_subscribe(EVE, node.now);
    node.complete(EVE, &vec![]);
    // Somebody adds her with 5, and writes 6 and 7. This node receives 7 alone.
    node.accept(REMOTE, vec![change(7)]);
    node.audit(EVE, 5, 7);
    assert_eq!(node.delivered(), "", "not before 5 and 6");
    assert_eq!(node.due(), [(ROOM, 4)]);
    node.repair(4, vec![added(EVE, 5), event(6), event(7)], 7);
    assert_eq!(node.delivered(), "5 6 7 subscribe 7+");
    node.accept(REMOTE, vec![change(8)]);
    node.audit(EVE, 5, 8);
    assert_eq!(node.delivered(), "8");
}

#[test]
fn a_missed_addition_to_a_conversation_without_subscribers_is_told() {
    let mut node = Node::at(4);
    node.accept(REMOTE, vec![unsubscribe(ADA), change(5)]);
    node.audit(ADA, 6, 8);
    assert_eq!(node.delivered(), "unsubscribe 5");
    assert_eq!(node.due(), [(ROOM, 5)]);
    // Another removal in between does not end the stream that she waits for.
    let changes = vec![removed(EVE, 7), added(ADA, 8)];
    node.repair(5, changes, 8);
    assert_eq!(node.delivered(), "unsubscribe 7! 7 8 subscribe 8+");
    node.accept(REMOTE, vec![change(9)]);
    assert_eq!(node.delivered(), "9");
}

#[test]
fn a_repair_tells_no_beginning_to_who_is_subscribed() {
    let mut node = Node::at(4);
    // Removed with 5 and added again with 6, both of which this node missed.
    node.accept(REMOTE, vec![change(7)]);
    node.due();
    node.repair(4, vec![added(ADA, 6), event(7)], 7);
    assert_eq!(node.delivered(), "6 7 subscribe");
}

#[test]
fn a_buffered_addition_outlives_the_last_subscriber() {
    let mut node = Node::at(4);
    node.sequencer.begin_subscribe(EVE, node.now);
    node.complete(EVE, &vec![]);
    node.accept(REMOTE, vec![subscribe(EVE), change(6)]);
    node.accept(LOCAL, vec![unsubscribe(ADA), change(5)]);
    assert_eq!(node.delivered(), "unsubscribe 5 subscribe 6");
    node.accept(REMOTE, vec![unsubscribe(EVE), change(7)]);
    assert!(!node.sequencer.is_subscribed(ROOM));
}

#[test]
fn what_was_forwarded_is_not_repeated_to_who_connects_meanwhile() {
    let mut node = Node::at(4);
    node.accept(REMOTE, vec![unsubscribe(ADA), change(5)]);
    node.delivered();
    node.sequencer.begin_subscribe(EVE, node.now);
    node.accept(LOCAL, vec![change(6)]);
    node.accept(LOCAL, vec![change(7)]);
    assert_eq!(node.delivered(), "6 7", "in the queue of the gateways");
    node.complete(EVE, &vec![member_of_room(1, 5)]);
    assert_eq!(node.due(), [(ROOM, 7)]);
    node.accept(LOCAL, vec![change(8)]);
    assert_eq!(node.delivered(), "8");
}

#[test]
fn a_deleted_conversation_is_closed() {
    let mut node = Node::at(4);
    node.sequencer.conversation_deleted(ROOM, &mut node.out);
    assert_eq!(node.delivered(), "5! close");
    assert!(!node.sequencer.is_subscribed(ROOM));
    node.sequencer.prune_users(node.now, |_| true);
    assert!(node.sequencer.is_local(ADA));
    let later = node.now + std::time::Duration::from_secs(1);
    node.sequencer.prune_users(later, |_| false);
    assert!(!node.sequencer.is_local(ADA));
}
