//! The line before what came late.

use crate::{
    test_server::{GROUP, TestServer},
    users::{ADA, GRACE},
};
use app::store::{ChatStore, RowKey, Window};
use model::SyncRequest;

fn sync(server: &TestServer, store: &mut ChatStore) {
    let request = SyncRequest {
        conversations: store.known_seqs().into_iter().collect(),
        ..SyncRequest::default()
    };
    store.apply_sync(server.sync(&request, 100));
}

/// A store that is live, and the server.
fn live_store() -> (TestServer, ChatStore) {
    let server = TestServer::with_messages(20);
    let mut store = ChatStore::new(server.initial(20));
    store.apply(server.ready());
    sync(&server, &mut store);
    (server, store)
}

fn has_line(store: &ChatStore, unread_after: Option<i64>) -> bool {
    let rows = store.rows(GROUP, Window::NEWEST, unread_after, &|at| at.date());
    rows.contains(&RowKey::Missed)
}

#[test]
fn what_the_first_sync_brings_was_not_missed() {
    let mut server = TestServer::with_messages(20);
    let mut store = ChatStore::new(server.initial(20));
    server.send(GRACE, "while the page was loaded", None);
    store.apply(server.ready());
    sync(&server, &mut store);
    assert_eq!(store.timeline(GROUP).unwrap().last(), 21);
    assert_eq!(store.missed_after(GROUP), None);
}

#[test]
fn it_is_before_the_first_message_of_others_that_a_later_sync_brings() {
    let (mut server, mut store) = live_store();
    store.apply(server.send(GRACE, "in time", None));
    server.send(ADA, "elsewhere", None);
    server.send(GRACE, "late", None);
    server.send(GRACE, "late, too", None);
    store.apply(server.ready());
    sync(&server, &mut store);
    assert_eq!(store.missed_after(GROUP), Some(22));
    assert_eq!(store.missed_count(GROUP), 2);
    let rows = store.rows(GROUP, Window::NEWEST, None, &|at| at.date());
    let at = rows.iter().position(|key| *key == RowKey::Missed).unwrap();
    assert_eq!(rows[at + 1], RowKey::Message(server.messages[22].id));
    assert!(has_line(&store, Some(20)), "the other line is elsewhere");
    assert!(!has_line(&store, Some(22)), "one line says it");
}

#[test]
fn own_messages_from_elsewhere_were_not_missed() {
    let (mut server, mut store) = live_store();
    server.send(ADA, "elsewhere", None);
    sync(&server, &mut store);
    assert_eq!(store.timeline(GROUP).unwrap().last(), 21);
    assert_eq!(store.missed_after(GROUP), None);
}

#[test]
fn it_goes_with_the_next_message_once_it_was_seen() {
    let (mut server, mut store) = live_store();
    server.send(GRACE, "late", None);
    sync(&server, &mut store);
    store.apply(server.send(GRACE, "not seen yet", None));
    assert_eq!(store.missed_after(GROUP), Some(20));
    store.note_missed_seen(GROUP);
    assert_eq!(store.missed_after(GROUP), Some(20));
    store.apply(server.send(GRACE, "afterwards", None));
    assert_eq!(store.missed_after(GROUP), None);
}

#[test]
fn an_unseen_line_stays_where_it_is_and_a_seen_one_moves() {
    let (mut server, mut store) = live_store();
    server.send(GRACE, "late", None);
    sync(&server, &mut store);
    server.send(GRACE, "later", None);
    sync(&server, &mut store);
    assert_eq!(store.missed_after(GROUP), Some(20));
    store.note_missed_seen(GROUP);
    server.send(GRACE, "latest", None);
    sync(&server, &mut store);
    assert_eq!(store.missed_after(GROUP), Some(22));
    store.end_missed(GROUP);
    assert_eq!(store.missed_after(GROUP), None);
}
