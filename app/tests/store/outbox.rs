//! The outbox: messages are shown at once, sent in order, and replaced by what the server has.

use crate::{
    test_server::{GROUP, TestServer},
    users::{ADA, GRACE},
};
use app::store::{ChatStore, Entry, Outgoing, OutgoingState, RowKey, Window};
use model::{ConversationId, Event, Message};
use time::{OffsetDateTime, macros::datetime};

fn outgoing(client_id: &str) -> Outgoing {
    Outgoing {
        client_id: client_id.to_owned(),
        conversation_id: GROUP,
        body: format!("body {client_id}"),
        reply_to: None,
        files: String::new(),
        upload_ids: String::new(),
        thread_id: None,
        also_to_conversation: false,
        created_at: datetime!(2026-01-05 09:30 UTC),
        number: 0,
        state: OutgoingState::Waiting,
    }
}

fn keys(store: &ChatStore) -> Vec<RowKey> {
    store.rows(GROUP, Window::NEWEST, None, &OffsetDateTime::date)
}

fn mine(client_id: &str) -> RowKey {
    RowKey::Mine(client_id.to_owned())
}

fn message_of(event: &Event) -> Message {
    match event {
        Event::MessageCreated { message, .. } => message.clone(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_message_keeps_its_row_when_it_is_acknowledged() {
    let mut server = TestServer::with_messages(3);
    let mut store = ChatStore::new(server.initial(3));
    store.outbox_mut().push(outgoing("1-4"));
    let waiting = keys(&store);
    assert_eq!(waiting.last(), Some(&mine("1-4")));
    assert!(matches!(
        store.row(GROUP, &mine("1-4")).unwrap().entry,
        Entry::Outgoing(_)
    ));

    store.apply(server.send(ADA, "body 1-4", None));
    assert_eq!(keys(&store), waiting);
    assert_eq!(store.outbox().iter().count(), 0);
    let Entry::Message(message) = store.row(GROUP, &mine("1-4")).unwrap().entry else {
        panic!("still in the outbox");
    };
    assert_eq!(message.position, 4);
}

#[test]
fn an_acknowledged_message_waits_for_what_came_before_it() {
    let mut server = TestServer::with_messages(3);
    let mut store = ChatStore::new(server.initial(3));
    store.outbox_mut().push(outgoing("1-5"));
    store.outbox_mut().take_due();
    let before = server.send(GRACE, "a moment earlier", None);
    store.apply(server.send(ADA, "body 1-5", None));

    assert_eq!(keys(&store).last(), Some(&mine("1-5")));
    let state = &store.outbox().get("1-5").unwrap().state;
    assert!(matches!(state, OutgoingState::Sent(_)), "{state:?}");
    assert!(!store.outbox().has_due());
    assert!(store.outbox().unacknowledged().is_empty());

    store.apply(before);
    assert_eq!(store.outbox().iter().count(), 0);
    let keys = keys(&store);
    assert_eq!(keys.iter().filter(|key| **key == mine("1-5")).count(), 1);
    assert_eq!(keys.len(), 1 + 5);
}

#[test]
fn an_event_removes_a_message_that_waits_for_a_retry() {
    let mut server = TestServer::with_messages(3);
    let sent = server.send(ADA, "body 1-4", None);
    let mut store = ChatStore::new(server.initial(3));
    store.outbox_mut().push(outgoing("1-4"));
    store.apply(sent);
    assert_eq!(store.outbox().iter().count(), 0);
}

#[test]
fn a_message_that_came_with_a_page_is_not_shown_twice() {
    let mut server = TestServer::with_messages(3);
    let mut store = ChatStore::new(server.initial(3));
    store.outbox_mut().push(outgoing("1-4"));
    let sent = message_of(&server.send(ADA, "body 1-4", None));
    store.merge_page(GROUP, vec![sent]);
    assert_eq!(store.outbox().iter().count(), 0);
    assert_eq!(keys(&store).last(), Some(&mine("1-4")));

    assert!(!store.restore(outgoing("1-4")));
    assert_eq!(store.outbox().iter().count(), 0);
}

#[test]
fn each_conversation_sends_one_message_at_a_time() {
    let server = TestServer::with_messages(3);
    let mut store = ChatStore::new(server.initial(3));
    for client_id in ["a", "b"] {
        store.outbox_mut().push(outgoing(client_id));
    }
    let elsewhere = Outgoing {
        conversation_id: ConversationId(8),
        ..outgoing("c")
    };
    store.outbox_mut().push(elsewhere);

    let names = |due: Vec<Outgoing>| due.into_iter().map(|it| it.client_id).collect::<Vec<_>>();
    assert_eq!(names(store.outbox_mut().take_due()), ["a", "c"]);
    assert!(store.outbox_mut().take_due().is_empty());
    store.outbox_mut().postpone("a");
    assert_eq!(names(store.outbox_mut().take_due()), ["a"]);
    store.outbox_mut().fail("a", "Too long.".to_owned());
    assert_eq!(names(store.outbox_mut().take_due()), ["b"]);
    store.outbox_mut().retry("a");
    assert!(!store.outbox().has_due());
    store.outbox_mut().postpone("b");
    assert_eq!(names(store.outbox_mut().take_due()), ["a"]);
}

#[test]
fn persisted_messages_wait_again() {
    let server = TestServer::with_messages(3);
    let mut store = ChatStore::new(server.initial(3));
    store.outbox_mut().push(outgoing("a"));
    store.outbox_mut().push(outgoing("b"));
    store.outbox_mut().take_due();
    store.outbox_mut().fail("a", "Too long.".to_owned());
    store.outbox_mut().take_due();

    let json = serde_json::to_string(&store.outbox().unacknowledged()).unwrap();
    let restored: Vec<Outgoing> = serde_json::from_str(&json).unwrap();
    let detail = "Too long.".to_owned();
    assert_eq!(restored[0].state, OutgoingState::Failed { detail });
    assert_eq!(restored[1], outgoing("b"));
}

#[test]
fn what_waits_for_a_lost_conversation_comes_back_as_failed() {
    let server = TestServer::with_messages(3);
    let mut store = ChatStore::new(server.initial(3));
    let elsewhere = Outgoing {
        conversation_id: ConversationId(8),
        ..outgoing("lost")
    };
    assert!(store.restore(elsewhere));
    assert!(store.restore(outgoing("due")));
    let is_failed = |client_id| {
        let state = &store.outbox().get(client_id).unwrap().state;
        matches!(state, OutgoingState::Failed { .. })
    };
    assert!(is_failed("lost") && !is_failed("due"));
    assert_eq!(store.lost_conversations(&[]), [ConversationId(8)]);
    let written = [ConversationId(9), ConversationId(8), GROUP];
    let lost = [ConversationId(8), ConversationId(9)];
    assert_eq!(store.lost_conversations(&written), lost);
}

#[test]
fn what_waits_is_kept_when_its_conversation_is_lost() {
    let server = TestServer::with_messages(3);
    let mut store = ChatStore::new(server.initial(3));
    store.outbox_mut().push(outgoing("sending"));
    store.outbox_mut().push(outgoing("waiting"));
    store.outbox_mut().take_due();
    store.apply(Event::ConversationRemoved {
        conversation_id: GROUP,
        seq: i64::MAX,
    });
    for client_id in ["sending", "waiting"] {
        let state = &store.outbox().get(client_id).unwrap().state;
        assert!(matches!(state, OutgoingState::Failed { .. }), "{client_id}");
    }
    assert!(!store.outbox().has_due());
    assert_eq!(store.outbox().unacknowledged().len(), 2);
    assert_eq!(store.lost_conversations(&[]), [GROUP]);
}

#[test]
fn the_order_of_writing_does_not_follow_the_clock() {
    let first = Outgoing {
        number: 1,
        ..outgoing("first")
    };
    let second = Outgoing {
        number: 2,
        created_at: first.created_at - time::Duration::hours(1),
        ..outgoing("a second")
    };
    assert!(first.order() < second.order());
}

#[test]
fn a_failed_message_can_lose_its_quote_and_be_taken_back() {
    let mut server = TestServer::with_messages(3);
    let mut store = ChatStore::new(server.initial(3));
    let quoted = message_of(&server.send(GRACE, "quoted", None));
    let reply = Outgoing {
        reply_to: Some(model::Reply {
            id: quoted.id,
            position: quoted.position,
            sender: quoted.sender,
            body: quoted.body,
            preview: None,
            deleted_at: None,
        }),
        ..outgoing("answer")
    };
    store.outbox_mut().push(reply);
    store.outbox_mut().remove_quote("answer");
    let quote_of = |store: &ChatStore| store.outbox().get("answer").unwrap().reply_to.clone();
    assert!(quote_of(&store).is_some(), "only of one that has failed");
    store.outbox_mut().take_due();
    store
        .outbox_mut()
        .fail("answer", "It was deleted.".to_owned());
    store.outbox_mut().remove_quote("answer");
    assert!(quote_of(&store).is_none());
    assert_eq!(
        store.outbox_mut().take("answer").unwrap().body,
        "body answer"
    );
    assert_eq!(store.outbox().iter().count(), 0);
}

#[test]
fn a_message_waits_for_its_files_and_lets_others_pass() {
    let server = TestServer::with_messages(1);
    let mut store = ChatStore::new(server.initial(1));
    store.outbox_mut().push(Outgoing {
        files: "two of them".to_owned(),
        ..outgoing("1-1")
    });
    assert!(!store.outbox().has_due());
    let waiting = |store: &ChatStore| {
        let waiting = store.outbox().waiting_for_files();
        waiting.map(|it| it.client_id.clone()).collect::<Vec<_>>()
    };
    assert_eq!(waiting(&store), ["1-1"]);
    store.outbox_mut().push(outgoing("1-2"));
    let due = store.outbox_mut().take_due();
    assert_eq!(due.len(), 1);
    assert_eq!(due[0].client_id, "1-2");

    store
        .outbox_mut()
        .file_refused("1-1", "Too large.".to_owned());
    let state = &store.outbox().get("1-1").unwrap().state;
    assert!(matches!(state, OutgoingState::Failed { detail } if detail == "Too large."));
    assert!(waiting(&store).is_empty());
    store.outbox_mut().retry("1-1");
    assert_eq!(waiting(&store), ["1-1"]);
    store.outbox_mut().remove("1-2");
    store.outbox_mut().files_uploaded("1-1", "7,8".to_owned());
    assert!(waiting(&store).is_empty());
    assert_eq!(store.outbox_mut().take_due()[0].upload_ids, "7,8");

    // What the server has of them is asked again when the message is refused and tried again.
    store.outbox_mut().fail("1-1", "No.".to_owned());
    store.outbox_mut().retry("1-1");
    assert_eq!(waiting(&store), ["1-1"]);
}
