//! The line where history healed.

use crate::{
    test_server::{GROUP, TestServer},
    users::{ADA, GRACE},
};
use app::store::{ChatStore, ConnectionStatus, Missed, RowKey, Window};
use model::SyncRequest;

/// A store that is live, and the server.
fn live_store() -> (TestServer, ChatStore) {
    let server = TestServer::with_messages(20);
    let mut store = ChatStore::new(server.initial(20));
    connect(&server, &mut store);
    (server, store)
}

fn connect(server: &TestServer, store: &mut ChatStore) {
    store.apply(server.ready());
    store.set_connection_status(ConnectionStatus::Online);
}

fn sync(server: &TestServer, store: &mut ChatStore) {
    let request = SyncRequest {
        conversations: store.known_seqs().into_iter().collect(),
        ..SyncRequest::default()
    };
    store.apply_sync(server.sync(&request, 100));
}

/// The connection is lost, and is there again after `meanwhile`.
fn reconnect(
    server: &mut TestServer,
    store: &mut ChatStore,
    meanwhile: impl FnOnce(&mut TestServer),
) {
    store.set_connection_status(ConnectionStatus::Offline);
    meanwhile(server);
    let is_more = server.conversation.position > store.timeline(GROUP).unwrap().last();
    connect(server, store);
    assert_eq!(store.is_catching_up(GROUP), is_more);
    sync(server, store);
    assert!(!store.is_catching_up(GROUP));
}

fn rows(store: &ChatStore, unread_after: Option<i64>) -> Vec<RowKey> {
    store.rows(GROUP, Window::NEWEST, unread_after, &|at| at.date())
}

fn has_line(store: &ChatStore, unread_after: Option<i64>) -> bool {
    rows(store, unread_after).contains(&RowKey::Missed)
}

#[test]
fn the_first_connection_heals_nothing() {
    let mut server = TestServer::with_messages(20);
    let mut store = ChatStore::new(server.initial(20));
    server.send(GRACE, "while the page was loaded", None);
    connect(&server, &mut store);
    sync(&server, &mut store);
    assert_eq!(store.timeline(GROUP).unwrap().last(), 21);
    assert_eq!(store.missed(GROUP), None);
}

#[test]
fn it_is_before_the_first_message_of_others_that_was_missed() {
    let (mut server, mut store) = live_store();
    store.apply(server.send(GRACE, "in time", None));
    reconnect(&mut server, &mut store, |server| {
        server.send(ADA, "elsewhere", None);
        server.send(GRACE, "late", None);
        server.send(GRACE, "late, too", None);
    });
    assert_eq!(
        store.missed(GROUP),
        Some(Missed {
            after: 21,
            until: 24
        })
    );
    assert_eq!(store.missed_count(GROUP), 2);
    let shown = rows(&store, None);
    let at = shown.iter().position(|key| *key == RowKey::Missed).unwrap();
    assert_eq!(shown[at + 1], RowKey::Message(server.messages[22].id));
    assert!(has_line(&store, Some(20)), "the other line is elsewhere");
    assert!(!has_line(&store, Some(22)), "one line says it");
    store.apply(server.send(GRACE, "in time again", None));
    assert_eq!(store.missed_count(GROUP), 2);
    assert!(has_line(&store, None), "it stays where it is");
    store.end_missed(GROUP);
    assert!(!has_line(&store, None));
}

#[test]
fn no_other_message_is_under_it() {
    let (mut server, mut store) = live_store();
    reconnect(&mut server, &mut store, |server| {
        server.send(ADA, "elsewhere", None);
    });
    store.apply(server.send(GRACE, "in time", None));
    assert_eq!(store.timeline(GROUP).unwrap().last(), 22);
    assert!(!has_line(&store, None));
}

#[test]
fn nothing_that_was_missed_leaves_the_line_where_it_was() {
    let (mut server, mut store) = live_store();
    reconnect(&mut server, &mut store, |server| {
        server.send(GRACE, "late", None);
    });
    reconnect(&mut server, &mut store, |_| {});
    assert_eq!(store.missed(GROUP).unwrap().after, 20);
    reconnect(&mut server, &mut store, |server| {
        server.send(GRACE, "later", None);
    });
    assert_eq!(store.missed(GROUP).unwrap().after, 21);
}

#[test]
fn what_is_lost_before_all_was_fetched_is_part_of_the_same() {
    for has_failed in [false, true] {
        let (mut server, mut store) = live_store();
        store.set_connection_status(ConnectionStatus::Offline);
        server.send(GRACE, "late", None);
        connect(&server, &mut store);
        if has_failed {
            store.note_fetched(false);
        }
        reconnect(&mut server, &mut store, |server| {
            server.send(GRACE, "late, too", None);
        });
        assert_eq!(store.missed(GROUP).unwrap().after, 20, "{has_failed}");
        assert_eq!(store.missed_count(GROUP), 2, "{has_failed}");
    }
}

#[test]
fn a_sync_that_fails_lets_what_is_there_be_read() {
    let (mut server, mut store) = live_store();
    store.set_connection_status(ConnectionStatus::Offline);
    server.send(GRACE, "late", None);
    connect(&server, &mut store);
    store.note_fetched(false);
    assert!(!store.is_catching_up(GROUP));
    sync(&server, &mut store);
    assert!(has_line(&store, None));
}
