//! What each change says that it has changed: whoever reads something else is not notified.

use crate::{
    test_server::{GROUP, TestServer},
    users::{ADA, GRACE, START, sender_of},
};
use app::store::{ChatStore, ConnectionStatus, Key, Map, Outgoing, OutgoingState};
use model::{
    ConversationId, ConversationSummary, Event, MessageId, Presence, PresenceStatus, Receipt,
};

const OTHER: ConversationId = ConversationId(8);

fn keys(store: &mut ChatStore) -> Vec<Key> {
    store.take_changes().keys().to_vec()
}

fn message(position: i64) -> Key {
    Key::Message(MessageId(1000 + position))
}

/// A second group, which was active before the first one.
fn other(server: &TestServer) -> ConversationSummary {
    let mut summary = server.summary();
    summary.conversation.id = OTHER;
    summary.conversation.created_at = START;
    summary.last_message = None;
    summary
}

fn store(server: &TestServer, loaded: usize) -> ChatStore {
    let mut store = ChatStore::new(server.initial(loaded));
    store.add_summary(other(server));
    store.take_changes();
    store
}

#[test]
fn typing_changes_nothing_but_typing() {
    let mut store = store(&TestServer::with_messages(2), 2);
    let typing = |typing| Event::Typing {
        conversation_id: GROUP,
        user_id: GRACE,
        typing,
        thread_id: None,
    };
    store.apply(typing(true));
    assert_eq!(keys(&mut store), [Key::Typing(GROUP)]);
    store.apply(typing(true));
    assert_eq!(keys(&mut store), [], "she was typing already");
    store.apply(typing(false));
    assert_eq!(keys(&mut store), [Key::Typing(GROUP)]);
}

#[test]
fn a_message_changes_its_conversation_and_no_other_message() {
    let mut server = TestServer::with_messages(2);
    let mut store = store(&server, 2);
    store.apply(server.send(GRACE, "new", None));
    let expected = [
        Key::Unread,
        Key::Head(GROUP),
        Key::Rows(GROUP),
        Key::Receipts(GROUP),
        message(3),
    ];
    assert_eq!(keys(&mut store), expected, "the first one stays first");
}

#[test]
fn a_reaction_and_an_edit_change_their_message_and_its_quotes() {
    let mut server = TestServer::with_messages(3);
    server.send(GRACE, "an answer", Some(1));
    let mut store = store(&server, 4);
    store.apply(server.react(2, "👍"));
    assert_eq!(keys(&mut store), [Key::Head(GROUP), message(2)]);
    store.apply(server.edit(1, "said better"));
    assert_eq!(keys(&mut store), [Key::Head(GROUP), message(1), message(4)]);
}

#[test]
fn a_preview_changes_its_message_and_nothing_else() {
    let mut server = TestServer::with_messages(3);
    let mut store = store(&server, 3);
    let html = |store: &ChatStore| {
        let message = store.message(GROUP, MessageId(1002)).unwrap();
        assert_eq!(message.edited_at, None);
        message.link_previews_html.clone()
    };
    let previewed = server.preview(2, Some("<div></div>"));
    store.apply(previewed.clone());
    assert_eq!(keys(&mut store), [Key::Head(GROUP), message(2)]);
    assert_eq!(html(&store).as_deref(), Some("<div></div>"));
    // Twice, and late: after it was removed.
    store.apply(previewed.clone());
    store.apply(server.preview(2, None));
    assert_eq!(html(&store), None);
    store.apply(previewed);
    assert_eq!(html(&store), None);
}

#[test]
fn a_message_elsewhere_moves_its_conversation_to_the_top() {
    let mut server = TestServer::with_messages(2);
    let mut store = store(&server, 2);
    let mut created = server.messages[1].clone();
    created.conversation_id = OTHER;
    created.created_at += time::Duration::hours(1);
    created.position = 3;
    created.sender = sender_of(GRACE);
    assert_eq!(store.conversation_ids(), [GROUP, OTHER]);
    store.apply(Event::MessageCreated {
        conversation_id: OTHER,
        seq: server.conversation.seq + 1,
        message: created,
    });
    let expected = [Key::Order, Key::Unread, Key::Head(OTHER)];
    let changed = keys(&mut store);
    assert_eq!(changed[..3], expected);
    assert!(!changed.contains(&Key::Head(GROUP)) && !changed.contains(&Key::Rows(GROUP)));
    assert_eq!(store.conversation_ids(), [OTHER, GROUP]);
    // And back again.
    server.now += time::Duration::hours(2);
    store.apply(server.send(GRACE, "later", None));
    assert!(keys(&mut store).contains(&Key::Order));
    assert_eq!(store.conversation_ids(), [GROUP, OTHER]);
}

#[test]
fn a_page_changes_the_rows_and_the_message_after_it() {
    let server = TestServer::with_messages(6);
    let mut store = store(&server, 3);
    store.add_adjacent(GROUP, server.messages[..3].to_vec());
    let expected = [
        Key::Rows(GROUP),
        message(1),
        message(2),
        message(3),
        message(4),
    ];
    // Whether the fourth starts a group depends on the third.
    assert_eq!(keys(&mut store), expected);
}

#[test]
fn receipts_presence_and_the_connection_change_themselves() {
    let mut store = store(&TestServer::with_messages(2), 2);
    store.set_connection_status(ConnectionStatus::Online);
    assert_eq!(keys(&mut store), [Key::Link]);
    store.apply(Event::PresenceChanged(Presence {
        user_id: GRACE,
        status: PresenceStatus::Away,
        last_seen_at: None,
    }));
    assert_eq!(keys(&mut store), [Key::Presence(GRACE)]);
    let receipt = |user_id, position| {
        Event::ReceiptUpdated(Receipt {
            conversation_id: GROUP,
            user_id,
            read_position: position,
            delivered_position: position,
            details: None,
        })
    };
    store.apply(receipt(GRACE, 2));
    assert_eq!(keys(&mut store), [Key::Receipts(GROUP)]);
    store.apply(receipt(GRACE, 1));
    assert_eq!(keys(&mut store), [], "positions only grow");
}

#[test]
fn the_outbox_tells_of_what_waits_and_of_what_has_arrived() {
    let mut server = TestServer::with_messages(2);
    let mut store = store(&server, 2);
    store.outbox_mut().push(Outgoing {
        client_id: format!("{ADA}-3"),
        conversation_id: GROUP,
        body: "mine".to_owned(),
        reply_to: None,
        files: String::new(),
        upload_ids: String::new(),
        thread_id: None,
        also_to_conversation: false,
        created_at: START,
        number: 1,
        state: OutgoingState::Waiting,
    });
    assert_eq!(keys(&mut store), [Key::Outbox]);
    store.apply(server.send(ADA, "mine", None));
    let changed = keys(&mut store);
    assert!(changed.contains(&Key::Outbox) && changed.contains(&Key::Rows(GROUP)));
    assert!(!changed.contains(&Key::Unread));
    store.apply(server.send(GRACE, "not mine", None));
    assert!(!keys(&mut store).contains(&Key::Outbox));
}

/// Whatever a component may read must be among the keys when it has become another.
#[test]
fn nothing_changes_without_its_key() {
    let mut server = TestServer::with_messages(5);
    let mut store = store(&server, 5);
    let read = |store: &ChatStore| -> Map<Key, String> {
        let mut seen: Map<Key, String> = [
            (Key::Link, format!("{:?}", store.connection_status())),
            (Key::Me, format!("{:?}", store.me)),
            (Key::Order, format!("{:?}", store.conversation_ids())),
            (Key::Unread, store.unread_total().to_string()),
            (Key::Outbox, format!("{:?}", store.outbox())),
            (Key::Head(GROUP), format!("{:?}", store.summary(GROUP))),
            (
                Key::Typing(GROUP),
                format!("{:?}", store.typing_names(GROUP, None)),
            ),
            (Key::Presence(GRACE), format!("{:?}", store.presence(GRACE))),
        ]
        .into_iter()
        .collect();
        let members = store.members(GROUP).unwrap_or_default();
        let names: Vec<_> = members.iter().map(|it| (&it.user.name, it.role)).collect();
        let positions: Vec<_> = members.iter().map(|it| it.read_position).collect();
        seen.insert(Key::Members(GROUP), format!("{names:?}"));
        seen.insert(Key::Receipts(GROUP), format!("{positions:?}"));
        let messages: Vec<_> = store
            .timeline(GROUP)
            .into_iter()
            .flat_map(app::store::Timeline::messages)
            .collect();
        let ids: Vec<_> = messages.iter().map(|message| message.id).collect();
        seen.insert(Key::Rows(GROUP), format!("{ids:?}"));
        for message in messages {
            seen.insert(Key::Message(message.id), format!("{message:?}"));
        }
        seen
    };
    let mut renamed = sender_of(GRACE);
    renamed.name = "Rear Admiral".to_owned();
    let mut events = vec![
        server.send(GRACE, "one", Some(2)),
        server.send(ADA, "two", None),
        server.toggle_linus(),
        server.edit(2, "better"),
        server.delete(6),
        server.rename("Better engines"),
        Event::UserUpdated { profile: renamed },
    ];
    events.push(server.toggle_linus());
    let late = server.send(GRACE, "late", None);
    events.push(server.send(GRACE, "early", None));
    events.push(late);
    events.push(Event::ConversationRemoved {
        conversation_id: GROUP,
        seq: i64::MAX,
    });
    for event in events {
        let before = read(&store);
        let name = format!("{event:?}");
        store.apply(event);
        let changed = keys(&mut store);
        let after = read(&store);
        for (key, value) in after.iter() {
            if before.get(key) != Some(value) {
                assert!(changed.contains(key), "{key:?} after {name}");
            }
        }
    }
}
