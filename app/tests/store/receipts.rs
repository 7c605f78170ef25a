//! Unread counts, delivery status, readers, typing and presence.

use crate::{
    test_server::{GROUP, TestServer},
    users::{ADA, GRACE, LINUS},
};
use app::store::{ChatStore, ConnectionStatus, DeliveryStatus, InitialState, Key};
use model::{
    ConversationId, Event, Presence, PresenceStatus, Receipt, Sender, Sync, SyncRequest, UserId,
};
use std::sync::Arc;

fn receipt(user_id: UserId, read_position: i64, delivered_position: i64) -> Event {
    Event::ReceiptUpdated(Receipt {
        conversation_id: GROUP,
        user_id,
        read_position,
        delivered_position,
        details: None,
    })
}

fn typing(user_id: UserId, typing: bool) -> Event {
    Event::Typing {
        conversation_id: GROUP,
        user_id,
        typing,
        thread_id: None,
    }
}

#[test]
fn messages_of_others_are_unread_until_read_or_replied_to() {
    let mut server = TestServer::with_messages(2);
    let mut store = ChatStore::new(server.initial(2));
    let unread = |store: &ChatStore| (store.summary(GROUP).unwrap().unread, store.unread_total());
    assert_eq!(unread(&store), (0, 0));
    store.apply(server.send(GRACE, "three", None));
    store.apply(server.send(GRACE, "four", None));
    assert_eq!(unread(&store), (2, 2));
    store.mark_read(GROUP, 3);
    assert_eq!(unread(&store), (1, 1));
    store.mark_read(GROUP, 2);
    assert_eq!(unread(&store), (1, 1));
    store.apply(server.send(ADA, "five", None));
    assert_eq!(unread(&store), (0, 0));
    store.apply(server.send(GRACE, "six", None));
    // How far the user has ever read: with what is marked as unread it is too far.
    store.apply(receipt(ADA, 6, 6));
    assert_eq!(unread(&store), (1, 1));
    // Read on another device of the user.
    store.apply(Event::UnreadChanged {
        total: 0,
        conversation_id: GROUP,
        unread: 0,
        mentions: 0,
        read_position: Some(6),
        marked_unread: false,
    });
    assert_eq!(unread(&store), (0, 0));
}

#[test]
fn a_read_position_ends_at_the_newest_message() {
    let mut server = TestServer::with_messages(2);
    let mut store = ChatStore::new(server.initial(2));
    store.mark_read(GROUP, 99);
    store.apply(server.send(GRACE, "three", None));
    assert_eq!(store.unread_total(), 1);
}

#[test]
fn deleted_messages_are_not_unread() {
    let mut server = TestServer::with_messages(2);
    let mut store = ChatStore::new(server.initial(2));
    for body in ["three", "four", "five"] {
        store.apply(server.send(GRACE, body, None));
    }
    let deleted = server.delete(4);
    store.apply(deleted.clone());
    assert_eq!(store.unread_total(), 2);
    store.apply(deleted);
    assert_eq!(store.unread_total(), 2, "once");
    // What was read before it was deleted was not unread.
    store.apply(server.delete(2));
    assert_eq!(store.unread_total(), 2);
    // Which of the messages above are deleted is known to the server only.
    store.mark_read(GROUP, 4);
    store.apply(counted(1, 0));
    assert_eq!(store.unread_total(), 1);
    store.mark_read(GROUP, 5);
    assert_eq!(store.unread_total(), 0);
    store.apply(server.send(GRACE, "six", None));
    assert_eq!(store.unread_total(), 1, "forgotten when all is read");
}

#[test]
fn a_deletion_that_the_summary_counts_is_not_counted_again() {
    let mut server = TestServer::with_messages(2);
    let mut store = ChatStore::new(server.initial(2));
    store.watch(GROUP);
    server.send(GRACE, "three", None);
    server.send(GRACE, "four", None);
    let deleted = server.delete(4);
    let mut summary = server.summary();
    (summary.read_position, summary.unread) = (2, 1);
    store.add_summary(summary);
    assert_eq!(store.unread_total(), 1);
    store.apply(deleted);
    assert_eq!(store.unread_total(), 1);
    let request = SyncRequest {
        conversations: [(GROUP, 1)].into(),
        ..SyncRequest::default()
    };
    store.apply_sync(server.sync(&request, 100));
    assert_eq!(store.unread_total(), 1);
}

#[test]
fn what_was_written_and_deleted_meanwhile_is_not_unread() {
    let mut server = TestServer::with_messages(2);
    let store = ChatStore::new(server.initial(2));
    server.send(GRACE, "three", None);
    let Event::MessageDeleted { message, .. } = server.delete(3) else {
        panic!("deleted")
    };
    // The feed has it once: as created, if it is new to the client, otherwise as deleted.
    for event in [Event::message_created, Event::message_deleted] {
        let mut store = store.clone();
        store.apply_sync(Sync {
            items: vec![event(message.clone())],
            ..Sync::default()
        });
        assert_eq!(store.unread_total(), 0);
    }
}

#[test]
fn a_sync_brings_names_and_positions_that_changed_meanwhile() {
    let server = TestServer::with_messages(2);
    let mut store = ChatStore::new(server.initial(2));
    store.watch(GROUP);
    assert_eq!(store.watched(), [GROUP]);
    let message = Arc::clone(store.timeline(GROUP).unwrap().messages().next().unwrap());
    let profile = Sender {
        name: "New Name".to_owned(),
        ..message.sender.clone()
    };
    store.apply_sync(Sync {
        profiles: vec![profile],
        ..Sync::default()
    });
    let renamed = store.timeline(GROUP).unwrap().by_id(message.id);
    assert_eq!(renamed.unwrap().sender.name, "New Name");
}

fn counted(unread: i64, mentions: i64) -> Event {
    Event::UnreadChanged {
        total: unread,
        conversation_id: GROUP,
        unread,
        mentions,
        read_position: None,
        marked_unread: false,
    }
}

#[test]
fn mentions_end_with_the_unread() {
    let mut server = TestServer::with_messages(2);
    let mut store = ChatStore::new(server.initial(2));
    store.apply(server.send(GRACE, "@ada", None));
    store.apply(Event::UnreadChanged {
        total: 1,
        conversation_id: GROUP,
        unread: 1,
        mentions: 1,
        read_position: None,
        marked_unread: false,
    });
    assert_eq!(store.summary(GROUP).unwrap().mentions, 1);
    store.mark_read(GROUP, 3);
    assert_eq!(store.summary(GROUP).unwrap().mentions, 0);
}

#[test]
fn the_delivery_status_is_the_least_of_all_recipients() {
    let mut server = TestServer::with_messages(2);
    server.toggle_linus();
    let mut store = ChatStore::new(server.initial(2));
    store.apply(server.send(ADA, "three", None));
    let message = server.messages[2].clone();
    assert_eq!(store.delivery_status(&message), DeliveryStatus::Sent);
    store.apply(receipt(GRACE, 3, 3));
    assert_eq!(store.delivery_status(&message), DeliveryStatus::Sent);
    store.apply(receipt(LINUS, 0, 3));
    assert_eq!(store.delivery_status(&message), DeliveryStatus::Delivered);
    let readers: Vec<_> = store
        .readers(&message)
        .iter()
        .map(|it| it.user.id)
        .collect();
    assert_eq!(readers, [GRACE]);
    store.apply(receipt(LINUS, 3, 3));
    assert_eq!(store.delivery_status(&message), DeliveryStatus::Read);
    // A receipt that arrives late moves no position back.
    store.apply(receipt(LINUS, 1, 1));
    assert_eq!(store.delivery_status(&message), DeliveryStatus::Read);
}

#[test]
fn a_reply_implies_read() {
    let mut server = TestServer::with_messages(2);
    let mut store = ChatStore::new(server.initial(2));
    store.apply(server.send(ADA, "three", None));
    store.apply(server.send(GRACE, "four", None));
    assert_eq!(
        store.delivery_status(&server.messages[2]),
        DeliveryStatus::Read
    );
}

#[test]
fn typing_ends_with_the_message_or_the_connection() {
    let mut server = TestServer::with_messages(2);
    let mut store = ChatStore::new(server.initial(2));
    store.apply(typing(ADA, true));
    assert!(store.typing_names(GROUP, None).is_empty());
    store.apply(typing(GRACE, true));
    assert_eq!(store.typing_names(GROUP, None), ["Grace"]);
    store.apply(server.send(GRACE, "three", None));
    assert!(store.typing_names(GROUP, None).is_empty());

    store.apply(typing(GRACE, true));
    store.set_connection_status(ConnectionStatus::Offline);
    assert!(store.typing_names(GROUP, None).is_empty());
}

#[test]
fn the_latest_presence_counts() {
    let server = TestServer::with_messages(2);
    let mut store = ChatStore::new(server.initial(2));
    assert_eq!(store.presence(GRACE), PresenceStatus::Offline);
    store.apply(Event::PresenceChanged(Presence {
        user_id: GRACE,
        status: PresenceStatus::Away,
        last_seen_at: None,
    }));
    assert_eq!(store.presence(GRACE), PresenceStatus::Away);
    // Users that `ready` does not name are offline.
    store.apply(server.ready());
    assert_eq!(store.presence(GRACE), PresenceStatus::Offline);
}

#[test]
fn what_is_muted_counts_only_where_it_mentions_the_user() {
    let mut server = TestServer::with_messages(2);
    let mut store = ChatStore::new(InitialState {
        muted: vec![GROUP],
        ..server.initial(2)
    });
    assert!(store.is_muted(GROUP));
    store.apply(server.send(GRACE, "three", None));
    store.apply(server.send(GRACE, "four", None));
    assert_eq!(store.unread_total(), 0);
    store.apply(Event::UnreadChanged {
        total: 2,
        conversation_id: GROUP,
        unread: 2,
        mentions: 1,
        read_position: Some(2),
        marked_unread: false,
    });
    assert_eq!(store.unread_total(), 1);
    store.take_changes();
    store.note_muted(GROUP, true);
    assert!(
        store.take_changes().keys().is_empty(),
        "nothing has changed"
    );
    store.note_muted(GROUP, false);
    assert_eq!(store.take_changes().keys(), [Key::Muted]);
    assert_eq!(store.unread_total(), 2);
    // Of one that the page does not know, nothing is counted.
    store.set_muted(vec![ConversationId(999)]);
    assert_eq!(store.unread_total(), 2);
    store.note_muted(GROUP, true);
    assert!(store.is_muted(GROUP) && store.is_muted(ConversationId(999)));
}
