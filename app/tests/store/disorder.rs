//! Late, early, twice or never: after a sync the store is as if all had come in order.

use crate::{
    people::{ADA, GRACE, LINUS},
    world::{GROUP, World},
};
use app::store::ChatStore;
use model::{Event, SyncRequest};

/// Numbers that look random and are the same in every run.
struct Dice(u64);

impl Dice {
    fn below(&mut self, bound: usize) -> usize {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        usize::try_from((self.0 >> 33) % u64::try_from(bound).unwrap()).unwrap()
    }
}

/// Sixty changes of all kinds.
fn live_on(world: &mut World, dice: &mut Dice) {
    for n in 0..60 {
        let any = |dice: &mut Dice, world: &World| {
            i64::try_from(dice.below(world.messages.len())).unwrap() + 1
        };
        match dice.below(8) {
            0..=2 => {
                let people = if world.has(LINUS) { 3 } else { 2 };
                let sender = [ADA, GRACE, LINUS][dice.below(people)];
                let reply_to = (dice.below(2) == 0).then(|| any(dice, world));
                world.send(sender, &format!("message {n}"), reply_to);
            }
            3 => drop(world.edit(any(dice, world), &format!("edit {n}"))),
            4 => drop(world.react(any(dice, world), "👍")),
            5 => drop(world.delete(any(dice, world))),
            6 => drop(world.toggle_linus()),
            _ => drop(world.rename(&format!("Engines {n}"))),
        }
    }
}

fn sync(store: &mut ChatStore, world: &World, limit: usize) {
    loop {
        let sync = world.sync(
            &SyncRequest {
                conversations: store.known_seqs().into_iter().collect(),
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

/// The same changes in order, and disturbed and then synced.
fn compare(seed: u64, shown: usize, disturb: impl Fn(&mut Vec<Event>, &mut Dice)) {
    let mut dice = Dice(seed);
    let mut world = World::with_messages(20);
    let start = ChatStore::new(world.initial(shown));
    live_on(&mut world, &mut dice);

    let mut in_order = start.clone();
    for event in world.told.clone() {
        in_order.apply(event);
    }
    assert!(!in_order.is_behind());
    assert_eq!(
        in_order.head(GROUP).unwrap().conversation,
        world.conversation
    );

    let mut disturbed = start;
    let mut told = world.told.clone();
    disturb(&mut told, &mut dice);
    for event in told {
        disturbed.apply(event);
    }
    sync(&mut disturbed, &world, 1 + dice.below(9));
    assert!(!disturbed.is_behind(), "seed {seed}");
    assert_eq!(disturbed, in_order, "seed {seed}");
}

#[test]
fn events_may_come_twice() {
    for seed in 0..50 {
        compare(seed, 10, |told, dice| {
            for _ in 0..30 {
                let (from, to) = (dice.below(told.len()), dice.below(told.len()));
                told.insert(to, told[from].clone());
            }
        });
    }
}

#[test]
fn events_may_come_in_any_order() {
    for seed in 0..50 {
        compare(seed, 10, |told, dice| {
            for at in (1..told.len()).rev() {
                told.swap(at, dice.below(at + 1));
            }
        });
    }
}

#[test]
fn events_may_be_lost() {
    for seed in 0..50 {
        compare(seed, 10, |told, dice| told.retain(|_| dice.below(3) > 0));
    }
}

#[test]
fn all_may_be_lost_from_some_point_on() {
    for seed in 0..50 {
        compare(seed, 10, |told, dice| told.truncate(dice.below(60)));
    }
}

#[test]
fn nothing_needs_to_be_loaded_for_that() {
    for seed in 0..50 {
        compare(seed, 0, |told, dice| {
            told.retain(|_| dice.below(3) > 0);
            for at in (1..told.len()).rev() {
                told.swap(at, dice.below(at + 1));
            }
        });
    }
}

#[test]
fn reordering_alone_heals_without_a_sync() {
    let mut dice = Dice(1);
    let mut world = World::with_messages(20);
    let mut store = ChatStore::new(world.initial(10));
    let mut in_order = store.clone();
    live_on(&mut world, &mut dice);
    for event in world.told.clone() {
        in_order.apply(event);
    }
    for event in world.told.iter().rev().cloned() {
        store.apply(event);
    }
    assert_eq!(store, in_order);
}

#[test]
fn a_hole_is_never_painted() {
    let mut world = World::with_messages(3);
    let mut store = ChatStore::new(world.initial(3));
    let missed = world.send(GRACE, "four", None);
    store.apply(world.send(GRACE, "five", None));

    assert!(store.is_behind());
    assert_eq!(store.timeline(GROUP).unwrap().last(), 3);
    store.apply(missed);
    assert!(!store.is_behind());
    assert_eq!(store.timeline(GROUP).unwrap().last(), 5);
}

#[test]
fn a_page_may_be_older_than_what_was_heard() {
    let mut world = World::with_messages(20);
    let mut store = ChatStore::new(world.initial(10));
    let older = world.messages[..10].to_vec();
    store.apply(world.edit(5, "better"));
    store.add_adjacent(GROUP, older);

    let timeline = store.timeline(GROUP).unwrap();
    assert_eq!(timeline.at(5).unwrap().body, "better");
    assert_eq!(timeline.first(), Some(1));
    assert!(!store.has_older(GROUP));
}

#[test]
fn a_page_that_touches_nothing_leaves_no_hole() {
    let world = World::with_messages(40);
    let mut store = ChatStore::new(world.initial(10));
    store.add_adjacent(GROUP, world.messages[5..15].to_vec());
    assert_eq!(store.timeline(GROUP).unwrap().first(), Some(31));

    store.add_newest(GROUP, world.messages[5..15].to_vec());
    let timeline = store.timeline(GROUP).unwrap();
    assert_eq!((timeline.first(), timeline.last()), (Some(6), 15));
    assert!(store.has_older(GROUP) && store.has_newer(GROUP));
}

#[test]
fn what_is_said_beyond_the_window_waits_for_its_page() {
    let mut world = World::with_messages(20);
    let mut store = ChatStore::new(world.initial(10));
    store.add_newest(GROUP, world.messages[..5].to_vec());
    store.apply(world.send(GRACE, "new", None));
    assert_eq!(store.timeline(GROUP).unwrap().last(), 5);
    assert_eq!(store.head(GROUP).unwrap().unread, 1);

    store.add_adjacent(GROUP, world.messages[5..20].to_vec());
    assert_eq!(store.timeline(GROUP).unwrap().last(), 21);
    assert!(!store.has_newer(GROUP));
}

#[test]
fn a_reconnect_syncs_what_is_open() {
    let mut world = World::with_messages(20);
    let mut store = ChatStore::new(world.initial(10));
    world.send(GRACE, "missed", None);
    world.edit(15, "missed, too");
    store.apply(world.ready());
    assert!(store.is_behind());
    assert_eq!(store.timeline(GROUP).unwrap().last(), 20);

    sync(&mut store, &world, 100);
    assert!(!store.is_behind());
    let timeline = store.timeline(GROUP).unwrap();
    assert_eq!(timeline.last(), 21);
    assert_eq!(timeline.at(15).unwrap().body, "missed, too");
}

#[test]
fn a_lost_conversation_takes_all_with_it() {
    let mut world = World::with_messages(3);
    let mut store = ChatStore::new(world.initial(3));
    let late = world.send(GRACE, "before the end", None);
    let seq = world.conversation.seq + 1;
    store.apply(Event::ConversationRemoved {
        conversation_id: GROUP,
        seq,
    });
    assert!(store.heads().is_empty());
    assert!(store.timeline(GROUP).is_none());
    assert!(store.members(GROUP).is_none());

    // A straggler asks for a sync, which knows nothing of it.
    store.apply(late);
    assert!(store.is_behind());
    store.apply_sync(model::Sync::default());
    assert!(!store.is_behind());
    assert!(store.heads().is_empty());
}

#[test]
fn an_old_removal_does_not_end_a_new_membership() {
    let world = World::with_messages(3);
    let mut store = ChatStore::new(world.initial(3));
    store.apply(Event::ConversationRemoved {
        conversation_id: GROUP,
        seq: world.conversation.seq - 1,
    });
    assert_eq!(store.head_ids(), [GROUP]);
}
