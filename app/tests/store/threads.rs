//! Threads: what is in the main line, the counts, the replies of an open thread, and the user's part of it.

use crate::{
    test_server::{GROUP, TestServer},
    users::{ADA, GRACE},
};
use app::store::{
    ChatStore, Entry, InitialState, Key, Outgoing, OutgoingState, RowKey, Stretch, Window,
};
use model::{Event, MessageId, Receipt};
use time::OffsetDateTime;

const ROOT: MessageId = MessageId(1001);

fn day(at: OffsetDateTime) -> time::Date {
    at.date()
}

/// The bodies of the rows of the main line, or of the thread of the first message.
fn bodies(store: &ChatStore, thread: Option<MessageId>) -> Vec<String> {
    let rows = match thread {
        None => store.rows(GROUP, Window::NEWEST, None, &day),
        Some(root) => store.reply_rows(GROUP, root, None, &day),
    };
    let rows = rows
        .iter()
        .filter_map(|key| store.row_of_line(GROUP, thread, key));
    rows.map(|row| match row.entry {
        Entry::Message(message) => message.body.clone(),
        Entry::Outgoing(outgoing) => format!("({})", outgoing.body),
    })
    .collect()
}

fn with_messages(count: i64) -> (TestServer, ChatStore) {
    let server = TestServer::with_messages(count);
    let store = ChatStore::new(server.initial(50));
    (server, store)
}

#[test]
fn a_reply_in_a_thread_is_no_row_of_the_main_line_and_leaves_no_hole() {
    let (mut server, mut store) = with_messages(2);
    store.apply(server.reply(GRACE, 1, "aside", false));
    store.apply(server.send(GRACE, "next", None));
    store.apply(server.reply(GRACE, 1, "for all", true));
    assert_eq!(
        bodies(&store, None),
        ["earlier", "earlier", "next", "for all"]
    );
    assert!(!store.has_newer(GROUP) && !store.is_behind());
    assert_eq!(store.summary(GROUP).unwrap().unread, 2);
}

#[test]
fn the_root_has_the_newest_state_of_its_thread_whatever_comes_first() {
    let (mut server, mut store) = with_messages(2);
    let old = server.main_line(0, 50);
    let [one, two] = [0, 1].map(|_| server.reply(GRACE, 1, "aside", false));
    store.apply(one);
    store.take_changes();
    store.apply(two);
    assert!(store.take_changes().keys().contains(&Key::Message(ROOT)));
    // A page that was read before.
    store.merge_page(GROUP, Stretch::from(old).up_to(2));
    let count = |store: &ChatStore| {
        let root = store.message(GROUP, ROOT).unwrap();
        root.thread.as_ref().unwrap().reply_count
    };
    assert_eq!(count(&store), 2);
    // An edit of the root carries what the thread was then.
    let Event::MessageUpdated { mut message, .. } = server.edit(1, "better") else {
        unreachable!()
    };
    message.thread = None;
    store.apply(Event::message_updated(message));
    assert_eq!(count(&store), 2);
    assert_eq!(bodies(&store, None), ["better", "earlier"]);
}

#[test]
fn pages_of_the_main_line_fit_together_where_threads_are_between() {
    let mut server = TestServer::with_messages(10);
    for _ in 0..30 {
        server.reply(GRACE, 1, "aside", false);
    }
    for _ in 0..10 {
        server.send(GRACE, "late", None);
    }
    server.reply(GRACE, 1, "last", false);
    let mut store = ChatStore::new(InitialState {
        ready: server.ready(),
        favorites: Vec::new(),
        muted: Vec::new(),
        open: None,
    });
    let position = server.conversation.position;
    store.merge_page(GROUP, Stretch::from(server.main_line(0, 4)));
    assert!(store.has_newer(GROUP) && !store.has_older(GROUP));
    store.add_adjacent(GROUP, Stretch::from(server.main_line(4, 6)).after(4));
    assert!(store.has_newer(GROUP));
    // Its first message is far from the last one that is known: what is between is in threads only.
    store.add_adjacent(GROUP, Stretch::from(server.main_line(10, 10)).after(10));
    assert_eq!(store.timeline(GROUP).unwrap().messages().count(), 20);
    assert!(store.has_newer(GROUP));
    // An empty page says that nothing more is in the main line.
    store.add_adjacent(GROUP, Stretch::default().after(50).up_to(position));
    assert!(!store.has_newer(GROUP));
    store.apply(server.send(GRACE, "live", None));
    assert_eq!(store.timeline(GROUP).unwrap().last(), position + 1);
    assert_eq!(bodies(&store, None).len(), 21);
}

#[test]
fn a_window_grows_by_messages_and_not_by_positions() {
    let mut server = TestServer::with_messages(100);
    for _ in 0..500 {
        server.reply(GRACE, 1, "aside", false);
    }
    server.send(GRACE, "after", None);
    let mut store = ChatStore::new(server.initial(0));
    let position = server.conversation.position;
    let all = Stretch::from(server.main_line(0, 1000)).up_to(position);
    store.merge_page(GROUP, all);
    let timeline = store.timeline(GROUP).unwrap();
    let window = Window::NEWEST.within(timeline);
    assert_eq!(store.rows(GROUP, window, None, &day).len(), 61);
    let window = window.older(timeline).unwrap();
    assert_eq!(store.rows(GROUP, window, None, &day).len(), 81);
    let back = Window::around(60).within(timeline).newer(timeline).unwrap();
    assert_eq!(back.newer(timeline), None);
    assert!(back.contains(position));
}

#[test]
fn an_open_thread_has_its_replies_in_order_with_those_that_are_sent() {
    let (mut server, mut store) = with_messages(2);
    for number in 1..=3 {
        store.apply(server.reply(GRACE, 1, &format!("r{number}"), false));
    }
    store.open_thread(server.thread(1, 1, 2));
    // A reply that comes while the page is on its way.
    let page = server.replies(1, 2);
    store.apply(server.reply(GRACE, 1, "r4", false));
    store.add_replies(GROUP, ROOT, page, true);
    assert_eq!(bodies(&store, Some(ROOT)), ["r2", "r3", "r4"]);
    store.add_replies(GROUP, ROOT, server.replies(1, 1)[..1].to_vec(), false);
    assert_eq!(bodies(&store, Some(ROOT)), ["r1", "r2", "r3", "r4"]);
    let rows = store.reply_rows(GROUP, ROOT, Some(2), &day);
    let line = rows.iter().position(|key| *key == RowKey::Unread).unwrap();
    assert_eq!(rows[line + 1], RowKey::Message(server.messages[4].id));

    let event = server.reply(ADA, 1, "mine", false);
    let Event::MessageCreated { message, .. } = &event else {
        unreachable!()
    };
    store.outbox_mut().push(Outgoing {
        client_id: message.client_id.clone().unwrap(),
        conversation_id: GROUP,
        body: "mine".to_owned(),
        reply_to: None,
        files: String::new(),
        upload_ids: String::new(),
        thread_id: Some(ROOT),
        also_to_conversation: false,
        created_at: server.now,
        number: 1,
        state: OutgoingState::Waiting,
    });
    assert_eq!(bodies(&store, Some(ROOT)).last().unwrap(), "(mine)");
    assert_eq!(bodies(&store, None), ["earlier", "earlier"]);
    store.apply(event.clone());
    store.apply(event);
    assert_eq!(bodies(&store, Some(ROOT)).last().unwrap(), "mine");
    assert_eq!(store.outbox().iter().count(), 0);
    // Who replies aside has read nothing of the main line, and nobody's reply counts there.
    assert_eq!(store.summary(GROUP).unwrap().unread, 0);
}

#[test]
fn unread_replies_count_for_followers_until_they_are_read() {
    let (mut server, mut store) = with_messages(2);
    store.apply(server.reply(GRACE, 1, "r1", false));
    // Nobody has said that the user follows.
    assert_eq!(store.unread_threads(), 0);
    store.apply(Event::ThreadChanged(server.thread(1, 0, 1).state));
    assert_eq!(store.unread_threads(), 1);
    let again = server.reply(GRACE, 1, "r2", false);
    store.apply(again.clone());
    store.apply(again);
    store.apply(server.reply(ADA, 1, "r3", false));
    assert_eq!(store.thread_state(ROOT).unwrap().unread, 2);
    assert!(store.mark_thread_read(ROOT, 3));
    assert!(!store.mark_thread_read(ROOT, 2));
    assert_eq!(store.unread_threads(), 0);
    store.apply(server.reply(GRACE, 1, "r4", false));
    assert_eq!(store.thread_state(ROOT).unwrap().unread, 1);
}

#[test]
fn typing_is_where_it_is() {
    let (_, mut store) = with_messages(2);
    let typing = |typing, thread_id| Event::Typing {
        conversation_id: GROUP,
        user_id: GRACE,
        typing,
        thread_id,
    };
    store.apply(typing(true, Some(ROOT)));
    assert!(store.typing_names(GROUP, None).is_empty());
    assert_eq!(store.typing_names(GROUP, Some(ROOT)), ["Grace"]);
    store.apply(typing(true, None));
    assert_eq!(store.typing_names(GROUP, None), ["Grace"]);
    assert!(store.typing_names(GROUP, Some(ROOT)).is_empty());
    store.apply(typing(false, None));
    assert!(store.typing_names(GROUP, None).is_empty());
}

#[test]
fn what_is_marked_unread_stays_so_until_the_conversation_is_opened_anew() {
    let (mut server, mut store) = with_messages(4);
    let unread = |unread, read_position, marked_unread| Event::UnreadChanged {
        total: unread,
        conversation_id: GROUP,
        unread,
        mentions: 0,
        read_position: Some(read_position),
        marked_unread,
    };
    store.apply(unread(2, 2, true));
    let summary = store.summary(GROUP).unwrap();
    assert_eq!((summary.read_position, summary.unread), (2, 2));
    assert!(store.is_marked_unread(GROUP));
    store.apply(server.send(GRACE, "new", None));
    assert_eq!(store.summary(GROUP).unwrap().unread, 3);
    // How far they have ever read, which a node tells again after a lost connection.
    store.apply(Event::ReceiptUpdated(Receipt {
        conversation_id: GROUP,
        user_id: ADA,
        read_position: 4,
        delivered_position: 4,
        details: None,
    }));
    assert_eq!(store.summary(GROUP).unwrap().unread, 3);
    store.end_marked_unread(GROUP);
    store.mark_read(GROUP, 5);
    assert_eq!(store.summary(GROUP).unwrap().unread, 0);
    // Read on another device.
    store.apply(unread(1, 4, true));
    store.apply(unread(0, 5, false));
    assert!(!store.is_marked_unread(GROUP));
}

/// What the server tells of the reading comes while more is read.
#[test]
fn what_was_marked_unread_is_read_again_step_by_step() {
    let (mut server, mut store) = with_messages(9);
    let unread = |unread, read_position| Event::UnreadChanged {
        total: unread,
        conversation_id: GROUP,
        unread,
        mentions: 0,
        read_position: Some(read_position),
        marked_unread: true,
    };
    let told = |store: &ChatStore| {
        let summary = store.summary(GROUP).unwrap();
        (
            summary.read_position,
            summary.unread,
            store.is_marked_unread(GROUP),
        )
    };
    store.apply(unread(8, 1));
    assert_eq!(told(&store), (1, 8, true));
    // On another device: here it stays marked.
    store.apply(unread(7, 2));
    assert_eq!(told(&store), (2, 7, true));
    store.end_marked_unread(GROUP);
    let line = store.unread_line(GROUP, None);
    store.mark_read(GROUP, 4);
    store.mark_read(GROUP, 6);
    store.apply(unread(5, 4));
    assert_eq!(told(&store), (6, 3, false));
    store.apply(unread(3, 6));
    assert_eq!(told(&store), (6, 3, false));
    assert_eq!(store.unread_line(GROUP, line).unwrap().after(), 2);
    store.apply(server.send(GRACE, "new", None));
    assert_eq!(told(&store), (6, 4, false));
    // Another mark, earlier or later than the first one.
    store.apply(unread(5, 5));
    assert_eq!(told(&store), (5, 5, true));
}

#[test]
fn the_deletion_of_an_own_message_after_a_mark_leaves_as_many_unread() {
    let (mut server, mut store) = with_messages(0);
    for sender in [GRACE, ADA, GRACE, ADA] {
        store.apply(server.send(sender, "said", None));
    }
    // The server counts those of grace, and leaves out those of ada, whose page it is.
    store.apply(Event::UnreadChanged {
        total: 2,
        conversation_id: GROUP,
        unread: 2,
        mentions: 0,
        read_position: Some(0),
        marked_unread: true,
    });
    store.apply(server.delete(2));
    assert_eq!(store.summary(GROUP).unwrap().unread, 2);
    store.apply(server.delete(3));
    assert_eq!(store.summary(GROUP).unwrap().unread, 1);
}

#[test]
fn pins_follow_their_messages() {
    let (mut server, mut store) = with_messages(3);
    let pin = |message: &mut model::Message, at| {
        message.pinned = Some(model::Pin {
            by: crate::users::sender_of(GRACE),
            at,
        });
    };
    store.set_pins(GROUP, Vec::new());
    let pinned = |store: &ChatStore| {
        let pins = store.pins(GROUP).unwrap();
        pins.iter().map(|it| it.position).collect::<Vec<_>>()
    };
    for position in [3, 1] {
        let Event::MessageUpdated { mut message, .. } = server.react(position, "👍") else {
            unreachable!()
        };
        pin(
            &mut message,
            server.now + time::Duration::seconds(4 - position),
        );
        store.apply(Event::message_updated(message));
    }
    assert_eq!(pinned(&store), [1, 3]);
    assert_eq!(store.pin_count(GROUP), 2);
    store.apply(server.delete(1));
    assert_eq!(pinned(&store), [3]);
    store.apply(server.react(3, "🎉"));
    assert!(pinned(&store).is_empty());
    assert!(store.take_changes().keys().contains(&Key::Pins(GROUP)));
}
