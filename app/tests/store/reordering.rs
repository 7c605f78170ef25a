//! Events that come late, early, twice or never: after a sync the store equals one that got all in order.

use crate::{
    test_server::{GROUP, TestServer},
    users::{ADA, GRACE, LINUS},
};
use app::store::ChatStore;
use model::{ConversationId, Event, MAX_READY_CONVERSATIONS, SyncRequest};

/// A linear congruential generator: the same numbers in every run.
struct Rng(u64);

impl Rng {
    fn below(&mut self, bound: usize) -> usize {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        usize::try_from((self.0 >> 33) % u64::try_from(bound).unwrap()).unwrap()
    }
}

/// Makes sixty changes of all kinds.
fn random_changes(server: &mut TestServer, rng: &mut Rng) {
    for n in 0..60 {
        let any = |rng: &mut Rng, server: &TestServer| {
            i64::try_from(rng.below(server.messages.len())).unwrap() + 1
        };
        match rng.below(8) {
            0..=2 => {
                let count = if server.has(LINUS) { 3 } else { 2 };
                let sender = [ADA, GRACE, LINUS][rng.below(count)];
                let reply_to = (rng.below(2) == 0).then(|| any(rng, server));
                server.send(sender, &format!("message {n}"), reply_to);
            }
            3 => drop(server.edit(any(rng, server), &format!("edit {n}"))),
            4 => drop(server.react(any(rng, server), "👍")),
            5 => drop(server.delete(any(rng, server))),
            6 => drop(server.toggle_linus()),
            _ => drop(server.rename(&format!("Engines {n}"))),
        }
    }
}

fn sync(store: &mut ChatStore, server: &TestServer, limit: usize) {
    loop {
        let sync = server.sync(
            &SyncRequest {
                conversations: store.known_seqs().into_iter().collect(),
                ..SyncRequest::default()
            },
            limit,
        );
        let has_more = sync.has_more;
        store.apply_sync(sync);
        if !has_more {
            break;
        }
    }
}

/// Applies the same changes in order to one store, and disturbed, then synced, to another; both must be
/// equal. `loaded` is the number of messages that are loaded before.
fn compare(seed: u64, loaded: usize, disturb: impl Fn(&mut Vec<Event>, &mut Rng)) {
    let mut rng = Rng(seed);
    let mut server = TestServer::with_messages(20);
    let start = ChatStore::new(server.initial(loaded));
    random_changes(&mut server, &mut rng);

    let mut in_order = start.clone();
    for event in server.events.clone() {
        in_order.apply(event);
    }
    assert!(!in_order.is_behind());
    assert_eq!(
        in_order.summary(GROUP).unwrap().conversation,
        server.conversation
    );

    let mut disturbed = start;
    let mut events = server.events.clone();
    disturb(&mut events, &mut rng);
    for event in events {
        disturbed.apply(event);
    }
    sync(&mut disturbed, &server, 1 + rng.below(9));
    assert!(!disturbed.is_behind(), "seed {seed}");
    assert_eq!(disturbed, in_order, "seed {seed}");
}

#[test]
fn events_may_come_twice() {
    for seed in 0..50 {
        compare(seed, 10, |events, rng| {
            for _ in 0..30 {
                let (from, to) = (rng.below(events.len()), rng.below(events.len()));
                events.insert(to, events[from].clone());
            }
        });
    }
}

#[test]
fn events_may_come_in_any_order() {
    for seed in 0..50 {
        compare(seed, 10, |events, rng| {
            for at in (1..events.len()).rev() {
                events.swap(at, rng.below(at + 1));
            }
        });
    }
}

#[test]
fn events_may_be_dropped() {
    for seed in 0..50 {
        compare(seed, 10, |events, rng| events.retain(|_| rng.below(3) > 0));
    }
}

#[test]
fn all_events_may_be_dropped_from_some_point_on() {
    for seed in 0..50 {
        compare(seed, 10, |events, rng| events.truncate(rng.below(60)));
    }
}

#[test]
fn conversations_that_are_not_open_are_synced_too() {
    for seed in 0..50 {
        compare(seed, 0, |events, rng| {
            events.retain(|_| rng.below(3) > 0);
            for at in (1..events.len()).rev() {
                events.swap(at, rng.below(at + 1));
            }
        });
    }
}

#[test]
fn reordered_events_need_no_sync() {
    let mut rng = Rng(1);
    let mut server = TestServer::with_messages(20);
    let mut store = ChatStore::new(server.initial(10));
    let mut in_order = store.clone();
    random_changes(&mut server, &mut rng);
    for event in server.events.clone() {
        in_order.apply(event);
    }
    for event in server.events.iter().rev().cloned() {
        store.apply(event);
    }
    assert_eq!(store, in_order);
}

#[test]
fn the_timeline_never_has_a_hole() {
    let mut server = TestServer::with_messages(3);
    let mut store = ChatStore::new(server.initial(3));
    let missed = server.send(GRACE, "four", None);
    store.apply(server.send(GRACE, "five", None));

    assert!(store.is_behind());
    assert_eq!(store.timeline(GROUP).unwrap().last(), 3);
    store.apply(missed);
    assert!(!store.is_behind());
    assert_eq!(store.timeline(GROUP).unwrap().last(), 5);
}

#[test]
fn a_page_may_be_older_than_an_event() {
    let mut server = TestServer::with_messages(20);
    let mut store = ChatStore::new(server.initial(10));
    let older = server.messages[..10].to_vec();
    store.apply(server.edit(5, "better"));
    store.add_adjacent(GROUP, older);

    let timeline = store.timeline(GROUP).unwrap();
    assert_eq!(timeline.at(5).unwrap().body, "better");
    assert_eq!(timeline.first(), Some(1));
    assert!(!store.has_older(GROUP));
}

#[test]
fn a_page_that_touches_nothing_leaves_no_hole() {
    let server = TestServer::with_messages(40);
    let mut store = ChatStore::new(server.initial(10));
    store.add_adjacent(GROUP, server.messages[5..15].to_vec());
    assert_eq!(store.timeline(GROUP).unwrap().first(), Some(31));

    store.merge_page(GROUP, server.messages[5..15].to_vec());
    let timeline = store.timeline(GROUP).unwrap();
    assert_eq!((timeline.first(), timeline.last()), (Some(6), 15));
    assert!(store.has_older(GROUP) && store.has_newer(GROUP));
}

#[test]
fn a_message_outside_of_the_timeline_waits_for_its_page() {
    let mut server = TestServer::with_messages(20);
    let mut store = ChatStore::new(server.initial(10));
    store.merge_page(GROUP, server.messages[..5].to_vec());
    store.apply(server.send(GRACE, "new", None));
    assert_eq!(store.timeline(GROUP).unwrap().last(), 5);
    assert_eq!(store.summary(GROUP).unwrap().unread, 1);

    store.add_adjacent(GROUP, server.messages[5..20].to_vec());
    assert_eq!(store.timeline(GROUP).unwrap().last(), 21);
    assert!(!store.has_newer(GROUP));
}

#[test]
fn a_reconnect_syncs_what_is_open() {
    let mut server = TestServer::with_messages(20);
    let mut store = ChatStore::new(server.initial(10));
    server.send(GRACE, "missed", None);
    server.edit(15, "missed, too");
    store.apply(server.ready());
    assert!(store.is_behind());
    assert_eq!(store.timeline(GROUP).unwrap().last(), 20);

    sync(&mut store, &server, 100);
    assert!(!store.is_behind());
    let timeline = store.timeline(GROUP).unwrap();
    assert_eq!(timeline.last(), 21);
    assert_eq!(timeline.at(15).unwrap().body, "missed, too");
}

#[test]
fn a_ready_that_may_not_name_all_drops_none() {
    let server = TestServer::with_messages(3);
    let mut store = ChatStore::new(server.initial(3));
    let full = |count: i64| {
        let mut ready = server.ready();
        let Event::Ready { conversations, .. } = &mut ready else {
            unreachable!("it is one");
        };
        let group = conversations.remove(0);
        conversations.extend((1..=count).map(|n| {
            let mut other = group.clone();
            other.conversation.id = ConversationId(GROUP.0 + n);
            other
        }));
        ready
    };
    let max = i64::try_from(MAX_READY_CONVERSATIONS).unwrap();
    let (part, whole) = (full(max), full(max - 1));
    store.apply(part);
    assert!(store.timeline(GROUP).is_some());
    assert_eq!(store.summaries().len(), MAX_READY_CONVERSATIONS + 1);
    // `sync` is asked about it, and says when it is gone.
    assert!(store.known_seqs().contains(&GROUP));
    let seq = server.conversation.seq + 1;
    let removed = Event::ConversationRemoved {
        conversation_id: GROUP,
        seq,
    };
    store.apply_sync(model::Sync {
        items: vec![removed],
        ..model::Sync::default()
    });
    assert!(store.timeline(GROUP).is_none());

    let mut store = ChatStore::new(server.initial(3));
    store.apply(whole);
    assert!(store.timeline(GROUP).is_none());
}

#[test]
fn a_removed_conversation_is_dropped_with_all_it_has() {
    let mut server = TestServer::with_messages(3);
    let mut store = ChatStore::new(server.initial(3));
    let late = server.send(GRACE, "before the end", None);
    let seq = server.conversation.seq + 1;
    store.apply(Event::ConversationRemoved {
        conversation_id: GROUP,
        seq,
    });
    assert!(store.summaries().is_empty());
    assert!(store.timeline(GROUP).is_none());
    assert!(store.members(GROUP).is_none());

    // A late event of an unknown conversation requires a sync, which has nothing of it.
    store.apply(late);
    assert!(store.is_behind());
    store.apply_sync(model::Sync::default());
    assert!(!store.is_behind());
    assert!(store.summaries().is_empty());
}

#[test]
fn an_old_removal_does_not_end_a_new_membership() {
    let server = TestServer::with_messages(3);
    let mut store = ChatStore::new(server.initial(3));
    store.apply(Event::ConversationRemoved {
        conversation_id: GROUP,
        seq: server.conversation.seq - 1,
    });
    assert_eq!(store.conversation_ids(), [GROUP]);
}
