//! In order, once, and nothing for those who may not hear it.

use super::{Mended, Out, Reading, Sequencer, Source};
use crate::{Audience, Delivery, events::Frame, nodes::NodeId};
use model::{ConversationId, Event, Receipt, UserId};
use std::{collections::HashMap, time::Instant};

const ROOM: ConversationId = ConversationId(1);
const ADA: UserId = UserId(1);
const EVE: UserId = UserId(2);

const HERE: Source = Source {
    node: NodeId(1),
    here: true,
};
const THERE: Source = Source {
    node: NodeId(2),
    here: false,
};

struct Node {
    sequencer: Sequencer,
    now: Instant,
    out: Out,
}

impl Node {
    /// Ada is connected here, and a member of the room, which is at this seq.
    fn at(seq: i64) -> Self {
        let mut node = Self {
            sequencer: Sequencer::default(),
            now: Instant::now(),
            out: Out::new(),
        };
        node.sequencer.expect(ADA, node.now);
        assert!(node.sequencer.enter(ADA, &vec![(ROOM, seq)], node.now));
        assert_eq!(node.due(), [(ROOM, seq)], "what has happened meanwhile");
        node
    }

    fn accept(&mut self, from: Source, deliveries: Vec<Delivery>) {
        let frame = Frame::of(deliveries);
        self.sequencer.accept(frame, from, self.now, &mut self.out);
    }

    fn mend(&mut self, after: i64, changes: Vec<Event>, up_to: i64) -> usize {
        let mended = Mended {
            id: ROOM,
            after,
            changes,
            up_to,
            has_more: false,
            heads: HashMap::new(),
        };
        self.sequencer.mend(mended, self.now, &mut self.out)
    }

    fn due(&mut self) -> Vec<(ConversationId, i64)> {
        self.sequencer.due(self.now, 10)
    }

    /// What the doors have heard since this was asked last: seqs, and letters for the rest.
    fn heard(&mut self) -> String {
        let heard = std::mem::take(&mut self.out);
        let heard: Vec<_> = heard.iter().map(|it| word(it)).collect();
        heard.join(" ")
    }
}

fn word(delivery: &Delivery) -> String {
    match delivery {
        Delivery::Emit {
            audience, event, ..
        } => match (audience, event.seq()) {
            (Audience::Users(_), Some((_, seq))) => format!("{seq}!"),
            (_, Some((_, seq))) => seq.to_string(),
            (_, None) => "receipt".to_owned(),
        },
        Delivery::Subscribe { .. } => "admit".to_owned(),
        Delivery::Unsubscribe { .. } => "evict".to_owned(),
        Delivery::CloseConversation { .. } => "close".to_owned(),
        Delivery::DisconnectSession(_) | Delivery::DisconnectUser(_) => "end".to_owned(),
    }
}

/// Any change will do.
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
        moved: None,
    };
    Delivery::to_conversation(ROOM, Event::ReceiptUpdated(receipt))
}

fn admit(id: UserId) -> Delivery {
    Delivery::Subscribe {
        conversation_id: ROOM,
        user_ids: vec![id],
    }
}

fn evict(id: UserId) -> Delivery {
    Delivery::Unsubscribe {
        conversation_id: ROOM,
        user_ids: vec![id],
    }
}

#[test]
fn whatever_order_they_come_in() {
    let mut node = Node::at(4);
    node.accept(HERE, vec![change(6)]);
    node.accept(HERE, vec![change(8)]);
    assert_eq!(node.heard(), "");
    node.accept(THERE, vec![change(5)]);
    assert_eq!(node.heard(), "5 6");
    node.accept(THERE, vec![change(7)]);
    assert_eq!(node.heard(), "7 8");
    assert_eq!(node.sequencer.next_due(), None);
}

#[test]
fn nothing_is_told_twice() {
    let mut node = Node::at(4);
    for seq in [4, 5, 5, 3, 6, 5] {
        node.accept(THERE, vec![change(seq)]);
    }
    assert_eq!(node.heard(), "5 6");
}

#[test]
fn what_is_missing_comes_from_the_database() {
    let mut node = Node::at(4);
    node.accept(HERE, vec![change(7)]);
    assert_eq!(node.due(), [(ROOM, 4)]);
    assert_eq!(node.mend(4, vec![event(6), event(7)], 7), 2);
    assert_eq!(node.heard(), "6 7");
    node.accept(THERE, vec![change(5)]);
    node.accept(THERE, vec![change(8)]);
    assert_eq!(node.heard(), "8");
}

#[test]
fn a_reading_that_was_overtaken_is_made_again() {
    let mut node = Node::at(4);
    node.accept(HERE, vec![change(7)]);
    assert_eq!(node.due(), [(ROOM, 4)]);
    node.accept(THERE, vec![change(5)]);
    assert_eq!(node.mend(4, vec![event(7)], 7), 0);
    assert_eq!(node.heard(), "5");
    assert_eq!(node.due(), [(ROOM, 5)]);
    node.mend(5, vec![event(7)], 7);
    assert_eq!(node.heard(), "7");
}

#[test]
fn the_end_of_the_sequence_is_found_by_its_head() {
    let mut node = Node::at(4);
    node.sequencer.note_head(ROOM, 4, node.now);
    assert_eq!(node.due(), []);
    node.sequencer.note_head(ROOM, 6, node.now);
    assert_eq!(node.due(), [(ROOM, 4)]);
}

#[test]
fn counts_wait_for_the_message_before_them() {
    let mut node = Node::at(4);
    node.accept(THERE, vec![change(6)]);
    node.accept(THERE, vec![receipt()]);
    node.accept(HERE, vec![receipt()]);
    assert_eq!(node.heard(), "receipt", "of another node");
    node.accept(HERE, vec![change(5)]);
    assert_eq!(node.heard(), "5 6 receipt");

    node.accept(THERE, vec![change(8)]);
    node.accept(THERE, vec![receipt()]);
    node.due();
    node.mend(6, vec![event(8)], 8);
    assert_eq!(node.heard(), "8 receipt");
}

#[test]
fn the_evicted_do_not_hear_what_is_held() {
    let mut node = Node::at(4);
    node.accept(THERE, vec![evict(EVE), change(6)]);
    assert_eq!(node.heard(), "evict");
    node.accept(THERE, vec![change(5)]);
    assert_eq!(node.heard(), "5 evict 6");
}

#[test]
fn nobody_hears_a_conversation_that_nobody_here_is_in() {
    let mut node = Node::at(4);
    node.accept(THERE, vec![evict(ADA), change(5)]);
    assert_eq!(node.heard(), "evict 5");
    node.accept(THERE, vec![change(6)]);
    node.accept(THERE, vec![receipt()]);
    assert_eq!(node.heard(), "");
    assert!(!node.sequencer.hears(ROOM));
    node.accept(THERE, vec![admit(EVE), change(7)]);
    assert_eq!(
        node.heard(),
        "admit",
        "doors know best who is on the way in"
    );
    assert!(!node.sequencer.hears(ROOM));
    node.accept(THERE, vec![admit(ADA), change(8)]);
    assert_eq!(node.heard(), "admit 8");
    assert_eq!(
        node.due(),
        [(ROOM, 8)],
        "what came too early passed unheard"
    );
}

#[test]
fn an_old_reading_lets_nobody_back_in() {
    let mut node = Node::at(4);
    node.accept(THERE, vec![change(5)]);
    node.sequencer.expect(EVE, node.now);
    node.accept(THERE, vec![evict(EVE), change(6)]);
    let reading: Reading = vec![(ROOM, 5)];
    assert!(!node.sequencer.enter(EVE, &reading, node.now), "unsure");
    let eve = |node: &Node| {
        let users = node.sequencer.users();
        *users.iter().find(|(id, _)| *id == EVE).unwrap()
    };
    let user = eve(&node);
    let (gained, lost) = node.sequencer.compare(user, &reading);
    assert_eq!((gained, lost), (reading.clone(), vec![]));
    let gained = (ROOM, 5);
    assert!(!node.sequencer.add(EVE, gained, node.now), "nor later");
    node.accept(THERE, vec![admit(EVE), change(7)]);
    let (gained, lost) = node.sequencer.compare(user, &Vec::new());
    assert_eq!((gained, lost), (vec![], vec![]), "they have changed since");
    let (gained, lost) = node.sequencer.compare(eve(&node), &Vec::new());
    assert_eq!((gained, lost), (vec![], vec![ROOM]));
}

#[test]
fn a_conversation_that_is_gone_is_closed() {
    let mut node = Node::at(4);
    node.sequencer.gone(ROOM, &mut node.out);
    assert_eq!(node.heard(), "5 close");
    assert!(!node.sequencer.hears(ROOM));
    node.sequencer.forget_users(node.now, |_| true);
    assert!(node.sequencer.knows(ADA));
    let later = node.now + std::time::Duration::from_secs(1);
    node.sequencer.forget_users(later, |_| false);
    assert!(!node.sequencer.knows(ADA));
}
