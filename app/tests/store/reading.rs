//! Where reading stopped: the line before the first unread message, and the window around it.

use crate::{
    test_server::{GROUP, TestServer},
    users::GRACE,
};
use app::store::{ChatStore, first_unread_beyond_newest_page};

/// A store that has read all of so many messages, and the server.
fn read_store(count: i64) -> (TestServer, ChatStore) {
    let server = TestServer::with_messages(count);
    let mut store = ChatStore::new(server.initial(usize::try_from(count).unwrap()));
    store.mark_read(GROUP, count);
    assert_eq!(store.summary(GROUP).unwrap().unread, 0);
    (server, store)
}

#[test]
fn there_is_no_line_where_all_is_read() {
    let (_, store) = read_store(20);
    assert_eq!(store.unread_line(GROUP, None), None);
}

#[test]
fn the_line_stays_while_what_is_after_it_is_read() {
    let (mut server, mut store) = read_store(20);
    for _ in 0..10 {
        store.apply(server.send(GRACE, "new", None));
    }
    let line = store.unread_line(GROUP, None).unwrap();
    assert_eq!((line.after(), line.count()), (20, 10));
    store.mark_read(GROUP, 25);
    let line = store.unread_line(GROUP, Some(line)).unwrap();
    assert_eq!((line.after(), line.count()), (20, 10));
    store.apply(server.send(GRACE, "new", None));
    store.mark_read(GROUP, 31);
    let line = store.unread_line(GROUP, Some(line)).unwrap();
    assert_eq!((line.after(), line.count()), (20, 10));
}

#[test]
fn it_moves_when_all_was_read_and_something_came_that_was_not() {
    let (mut server, mut store) = read_store(20);
    store.apply(server.send(GRACE, "new", None));
    let line = store.unread_line(GROUP, None);
    store.mark_read(GROUP, 21);
    let line = store.unread_line(GROUP, line);
    assert_eq!(line.unwrap().after(), 20);
    store.apply(server.send(GRACE, "newer", None));
    let line = store.unread_line(GROUP, line).unwrap();
    assert_eq!((line.after(), line.count()), (21, 1));
}

#[test]
fn its_count_grows_with_what_comes() {
    let (mut server, mut store) = read_store(20);
    let mut line = None;
    for count in 1..=5 {
        store.apply(server.send(GRACE, "new", None));
        line = store.unread_line(GROUP, line);
        assert_eq!(line.unwrap().count(), count);
    }
    assert_eq!(line.unwrap().after(), 20);
}

#[test]
fn the_window_around_a_position_follows_the_end_that_it_reaches() {
    let server = TestServer::with_messages(200);
    let mut store = ChatStore::new(server.initial(200));
    assert!(store.window_around(GROUP, 190).follows());
    assert!(!store.window_around(GROUP, 100).follows());
    assert!(store.is_loaded(GROUP, 1) && store.is_loaded(GROUP, 200));
    assert!(!store.is_loaded(GROUP, 201));
    // The newest message of the timeline is not that of the conversation.
    store = ChatStore::new(server.initial(50));
    store.merge_page(GROUP, server.messages[..50].to_vec());
    assert!(!store.window_around(GROUP, 45).follows());
    assert!(!store.is_loaded(GROUP, 51));
}

#[test]
fn the_newest_page_is_enough_for_a_few_unread_messages() {
    let (mut server, mut store) = read_store(200);
    let first_unread = |store: &ChatStore| {
        let summary = store.summary(GROUP).unwrap();
        first_unread_beyond_newest_page(summary)
    };
    for _ in 0..40 {
        assert_eq!(first_unread(&store), None);
        store.apply(server.send(GRACE, "new", None));
    }
    assert_eq!(first_unread(&store), None);
    store.apply(server.send(GRACE, "new", None));
    assert_eq!(first_unread(&store), Some(201));
}
