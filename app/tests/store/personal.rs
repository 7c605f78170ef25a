//! The personal sequence: early, late, twice and never.

use app::store::{PersonalFields, PersonalStore};
use model::{ConversationId, Draft, MessageId, PersonalEvent};
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

#[test]
fn reads_events_of_this_kind_only() {
    let read = |value: serde_json::Value| {
        let fields: PersonalFields = serde_json::from_value(value).unwrap();
        fields.event()
    };
    let written = written(None, "x", 3);
    assert_eq!(read(serde_json::to_value(&written).unwrap()), Some(written));
    assert_eq!(read(json!({ "type": "draft" })), None);
    assert_eq!(read(json!({ "type": "new" })), None);
}
