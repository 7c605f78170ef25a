//! The personal sequence: early, late, twice and never.

use app::store::{PersonalFields, PersonalStore};
use model::{ConversationId, Draft, MessageId, Mute, PersonalEvent};
use serde_json::json;
use time::OffsetDateTime;

fn draft(thread: Option<i64>, body: &str, seq: i64) -> Draft {
    Draft {
        conversation_id: ConversationId(1),
        thread_id: thread.map(MessageId),
        body: body.to_owned(),
        reply_to: None,
        editor_id: None,
        seq,
        updated_at: OffsetDateTime::UNIX_EPOCH,
        uploads: Vec::new(),
    }
}

fn written(thread: Option<i64>, body: &str, seq: i64) -> PersonalEvent {
    let draft = draft(thread, body, seq);
    PersonalEvent::Draft { draft }
}

fn bodies(store: &PersonalStore) -> Vec<String> {
    store.drafts().into_iter().map(|it| it.body).collect()
}

#[test]
fn changes_in_order_need_nothing_else() {
    let mut store = PersonalStore::default();
    store.advance(4);
    assert!(!store.apply(written(None, "one", 5)));
    assert!(!store.apply(written(Some(9), "in a thread", 6)));
    assert_eq!(bodies(&store), ["in a thread", "one"]);
    assert!(!store.apply(written(None, "", 7)));
    assert_eq!(bodies(&store), ["in a thread"]);
    assert_eq!(store.seq(), Some(7));
}

#[test]
fn a_hole_is_noticed_and_filled() {
    let mut store = PersonalStore::default();
    store.advance(4);
    assert!(store.apply(written(None, "late", 6)));
    assert_eq!(
        (store.seq(), bodies(&store)),
        (Some(4), vec!["late".to_owned()])
    );
    // The missing one, from the feed.
    assert!(!store.apply(written(Some(9), "early", 5)));
    store.advance(6);
    assert_eq!(bodies(&store), ["late", "early"]);
    assert_eq!(store.seq(), Some(6));
}

#[test]
fn what_is_older_or_comes_twice_changes_nothing() {
    let mut store = PersonalStore::default();
    store.advance(0);
    assert!(!store.apply(written(None, "new", 1)));
    assert!(!store.apply(written(None, "", 2)));
    let after = store.clone();
    assert!(!store.apply(written(None, "new", 1)));
    assert!(!store.apply(written(None, "", 2)));
    assert_eq!(store, after);
}

#[test]
fn nothing_is_complete_before_it_was_loaded() {
    let mut store = PersonalStore::default();
    assert!(store.apply(written(None, "new", 1)));
    assert_eq!(store.seq(), None);
}

#[test]
fn a_number_alone_says_what_is_missing() {
    let mut store = PersonalStore::default();
    store.advance(3);
    assert!(!store.apply(PersonalEvent::Sequence { personal_seq: 3 }));
    assert!(store.apply(PersonalEvent::Sequence { personal_seq: 4 }));
    assert_eq!(store.seq(), Some(3));
}

fn mute(id: i64, muted: bool, until: Option<i64>, seq: i64) -> Mute {
    Mute {
        conversation_id: ConversationId(id),
        muted,
        until: until.map(at),
        seq,
    }
}

fn at(seconds: i64) -> OffsetDateTime {
    OffsetDateTime::UNIX_EPOCH + time::Duration::seconds(seconds)
}

fn muted(store: &PersonalStore, seconds: i64) -> (Vec<i64>, Option<OffsetDateTime>) {
    let (muted, next) = store.muted_at(at(seconds));
    (muted.into_iter().map(|it| it.0).collect(), next)
}

#[test]
fn a_mute_ends_at_its_time_or_by_a_later_change() {
    let mut store = PersonalStore::default();
    assert_eq!(muted(&store, 0), (vec![], None));
    for it in [
        mute(3, true, Some(30), 1),
        mute(1, true, None, 2),
        mute(2, true, Some(10), 3),
    ] {
        store.put_mute(it);
    }
    assert_eq!(muted(&store, 0), (vec![1, 2, 3], Some(at(10))));
    assert_eq!(muted(&store, 9), (vec![1, 2, 3], Some(at(10))));
    assert_eq!(muted(&store, 10), (vec![1, 3], Some(at(30))));
    assert_eq!(muted(&store, 30), (vec![1], None));
    // An answer that comes after a later event is old.
    store.put_mute(mute(1, false, None, 5));
    store.put_mute(mute(1, true, None, 4));
    assert_eq!(muted(&store, 0), (vec![2, 3], Some(at(10))));
    store.put_mute(mute(2, true, None, 6));
    assert_eq!(muted(&store, 20), (vec![2, 3], Some(at(30))));
    // The server says of the same mute that its time is over: the device's clock is behind.
    store.put_mute(mute(3, false, None, 1));
    store.put_mute(mute(3, true, Some(30), 1));
    assert_eq!(muted(&store, 20), (vec![2], None));
}

#[test]
fn mutes_count_in_the_sequence() {
    let mut store = PersonalStore::default();
    store.advance(4);
    let told = |it| PersonalEvent::Mute { mute: it };
    assert!(!store.apply(told(mute(1, true, None, 5))));
    assert!(store.apply(told(mute(1, false, None, 7))));
    assert_eq!((store.seq(), muted(&store, 0).0), (Some(5), vec![]));
}

#[test]
fn reads_events_of_this_kind_only() {
    let read = |value: serde_json::Value| {
        let fields: PersonalFields = serde_json::from_value(value).unwrap();
        fields.event()
    };
    let written = written(None, "x", 3);
    assert_eq!(read(serde_json::to_value(&written).unwrap()), Some(written));
    for mute in [mute(1, true, Some(60), 4), mute(1, false, None, 5)] {
        let mute = PersonalEvent::Mute { mute };
        assert_eq!(read(serde_json::to_value(&mute).unwrap()), Some(mute));
    }
    assert_eq!(read(json!({ "type": "draft" })), None);
    assert_eq!(read(json!({ "type": "new" })), None);
}
