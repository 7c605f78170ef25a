//! The rows of a timeline: days, the divider, groups.

use crate::{
    test_server::{GROUP, TestServer},
    users::{ADA, GRACE},
};
use app::store::{ChatStore, Entry, RowKey, Window};
use time::{Duration, OffsetDateTime, macros::date};

fn day(at: OffsetDateTime) -> time::Date {
    at.date()
}

#[test]
fn days_and_the_unread_divider_stand_before_their_messages() {
    let mut server = TestServer::with_messages(2);
    server.messages[1].created_at += Duration::days(1);
    let mut store = ChatStore::new(server.initial(2));
    store.apply(server.send(ADA, "mine is never new", None));
    store.apply(server.send(GRACE, "new", None));
    let rows = store.rows(GROUP, Window::NEWEST, Some(2), &day);
    let message = |position: usize| RowKey::Message(server.messages[position - 1].id);
    assert_eq!(
        rows,
        [
            RowKey::Day(date!(2026 - 01 - 05)),
            message(1),
            RowKey::Day(date!(2026 - 01 - 06)),
            RowKey::Mine("1-2".to_owned()),
            // The clock went back: the day is not repeated.
            RowKey::Mine("1-3".to_owned()),
            RowKey::Unread,
            message(4),
        ]
    );
}

#[test]
fn messages_of_one_sender_within_five_minutes_form_a_group() {
    let mut server = TestServer::with_messages(0);
    let mut store = ChatStore::new(server.initial(0));
    let mut sent = vec![
        server.send(GRACE, "one", None),
        server.send(GRACE, "two, a minute later", None),
        server.send(GRACE, "an answer stands alone", Some(1)),
        server.send(ADA, "another person", None),
    ];
    server.now += Duration::minutes(5);
    sent.push(server.send(ADA, "six minutes later", None));
    for event in sent {
        store.apply(event);
    }
    let keys = store.rows(GROUP, Window::NEWEST, None, &day);
    let starts: Vec<_> = keys
        .iter()
        .filter_map(|key| Some(store.row(GROUP, key)?.starts_group))
        .collect();
    assert_eq!(starts, [true, false, true, true, true]);
}

#[test]
fn one_event_changes_one_row() {
    let mut server = TestServer::with_messages(10);
    let mut store = ChatStore::new(server.initial(10));
    let keys = store.rows(GROUP, Window::NEWEST, None, &day);
    let rows =
        |store: &ChatStore| -> Vec<_> { keys.iter().map(|key| store.row(GROUP, key)).collect() };
    let before = rows(&store);
    store.apply(server.react(5, "👍"));
    assert_eq!(store.rows(GROUP, Window::NEWEST, None, &day), keys);
    let after = rows(&store);
    let changed: Vec<_> = (0..keys.len())
        .filter(|n| before[*n] != after[*n])
        .collect();
    assert_eq!(changed.len(), 1);
    let Some(Entry::Message(message)) = after[changed[0]].as_ref().map(|row| row.entry.clone())
    else {
        panic!("not a message");
    };
    assert_eq!(message.position, 5);
}

#[test]
fn a_quote_is_updated_with_its_message() {
    let mut server = TestServer::with_messages(3);
    let mut store = ChatStore::new(server.initial(3));
    store.apply(server.send(GRACE, "an answer", Some(1)));
    store.apply(server.edit(1, "said better"));
    let quote = |store: &ChatStore| {
        let message = store.timeline(GROUP).unwrap().at(4).unwrap();
        message.reply_to.clone().unwrap()
    };
    assert_eq!(quote(&store).body, "said better");
    store.apply(server.delete(1));
    assert_eq!(quote(&store).body, "");
    assert!(quote(&store).deleted_at.is_some());
}
