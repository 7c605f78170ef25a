//! The window of a timeline: it grows towards both ends, and follows what comes.

use crate::{
    test_server::{GROUP, TestServer},
    users::GRACE,
};
use app::store::{ChatStore, RowKey, Window};
use model::MessageId;
use time::OffsetDateTime;

/// The positions of the messages that have a row.
fn shown(store: &ChatStore, window: Window) -> Vec<i64> {
    let rows = store.rows(GROUP, window, None, &|at: OffsetDateTime| at.date());
    let timeline = store.timeline(GROUP).unwrap();
    let position = |key: &RowKey| match key {
        RowKey::Message(id) => timeline.by_id(*id).map(|it| it.position),
        RowKey::Mine(client_id) => timeline.by_client_id(client_id).map(|it| it.position),
        RowKey::Day(_) | RowKey::Unread | RowKey::Missed => None,
    };
    rows.iter().filter_map(position).collect()
}

fn range(first: i64, last: i64) -> Vec<i64> {
    (first..=last).collect()
}

#[test]
fn begins_with_the_newest_and_follows_what_comes() {
    let mut server = TestServer::with_messages(500);
    let mut store = ChatStore::new(server.initial(400));
    assert_eq!(shown(&store, Window::NEWEST), range(441, 500));
    let window = Window::NEWEST.within(store.timeline(GROUP).unwrap());
    assert!(window.follows());
    for _ in 0..20 {
        store.apply(server.send(GRACE, "live", None));
    }
    assert_eq!(shown(&store, window), range(441, 520));
    for _ in 0..980 {
        store.apply(server.send(GRACE, "live", None));
    }
    // However many come at once, the page does not build a row for each.
    assert_eq!(shown(&store, window), range(1201, 1500));
}

#[test]
fn a_first_page_around_a_message_knows_that_more_follow() {
    let server = TestServer::with_messages(300);
    let mut initial = server.initial(300);
    let open = initial.open.as_mut().unwrap();
    open.page.items.truncate(150);
    open.is_newest = false;
    let store = ChatStore::new(initial);
    assert!(store.has_newer(GROUP));
    assert_eq!(store.timeline(GROUP).unwrap().last(), 150);
    assert!(!ChatStore::new(server.initial(300)).has_newer(GROUP));
}

#[test]
fn does_not_follow_while_one_reads_the_past() {
    let mut server = TestServer::with_messages(300);
    let mut store = ChatStore::new(server.initial(300));
    let timeline = store.timeline(GROUP).unwrap();
    let window = Window::NEWEST.within(timeline).stopped(timeline);
    store.apply(server.send(GRACE, "live", None));
    assert_eq!(shown(&store, window), range(241, 300));
    let timeline = store.timeline(GROUP).unwrap();
    let grown = window.newer(timeline).unwrap();
    assert_eq!(shown(&store, grown), range(241, 301));
    assert_eq!(grown.newer(timeline), None);
    assert!(grown.following().follows());
}

#[test]
fn grows_to_both_ends_of_the_timeline_and_no_farther() {
    let server = TestServer::with_messages(100);
    let store = ChatStore::new(server.initial(90));
    let timeline = store.timeline(GROUP).unwrap();
    let mut window = Window::around(50).within(timeline);
    assert_eq!(shown(&store, window), range(20, 80));
    window = window.older(timeline).unwrap();
    assert_eq!(shown(&store, window), range(12, 80));
    assert_eq!(window.older(timeline), None);
    window = window.newer(timeline).unwrap();
    assert_eq!(shown(&store, window), range(12, 100));
    assert_eq!(window.newer(timeline), None);
    assert_eq!(shown(&store, window.from(31).to(90)), range(31, 90));
}

#[test]
fn a_message_has_a_row_once_the_one_before_it_is_known() {
    let server = TestServer::with_messages(100);
    let mut store = ChatStore::new(server.initial(50));
    let starts_group = |store: &ChatStore, position: usize| {
        let key = RowKey::Message(server.messages[position - 1].id);
        store.row(GROUP, &key).unwrap().starts_group
    };
    let window = Window::around(60);
    assert_eq!(shown(&store, window), range(52, 90));
    let before = starts_group(&store, 52);
    store.add_adjacent(GROUP, server.messages[..50].to_vec());
    assert_eq!(starts_group(&store, 52), before);
    assert_eq!(shown(&store, window), range(30, 90));
    assert_eq!(shown(&store, Window::around(10)), range(1, 40));
}

#[test]
fn shows_the_newest_where_the_timeline_was_replaced() {
    let server = TestServer::with_messages(500);
    let mut store = ChatStore::new(server.initial(50));
    let window = Window::around(480);
    store.merge_page(GROUP, server.messages[99..150].to_vec());
    assert_eq!(shown(&store, window), range(101, 150));
}

#[test]
fn the_unread_divider_stands_in_its_place_or_nowhere() {
    let mut server = TestServer::with_messages(200);
    let mut store = ChatStore::new(server.initial(200));
    for _ in 0..100 {
        store.apply(server.send(GRACE, "new", None));
    }
    let rows = |window| store.rows(GROUP, window, Some(200), &|at: OffsetDateTime| at.date());
    assert!(!rows(Window::NEWEST).contains(&RowKey::Unread));
    let rows = rows(Window::around(201));
    let at = rows.iter().position(|key| *key == RowKey::Unread).unwrap();
    assert_eq!(rows[at + 1], RowKey::Message(MessageId(1201)));
}

#[test]
fn what_waits_in_the_outbox_stands_at_the_end_only() {
    let server = TestServer::with_messages(100);
    let mut store = ChatStore::new(server.initial(100));
    store.outbox_mut().push(app::store::Outgoing {
        client_id: "waits".to_owned(),
        conversation_id: GROUP,
        body: String::new(),
        reply_to: None,
        files: String::new(),
        upload_ids: String::new(),
        thread_id: None,
        also_to_conversation: false,
        created_at: server.now,
        number: 1,
        state: app::store::OutgoingState::Waiting,
    });
    let waits = RowKey::Mine("waits".to_owned());
    let day = |at: OffsetDateTime| at.date();
    assert!(
        store
            .rows(GROUP, Window::NEWEST, None, &day)
            .contains(&waits)
    );
    assert!(
        !store
            .rows(GROUP, Window::around(30), None, &day)
            .contains(&waits)
    );
}
