//! Tests that the checker detects each kind of violation: one broken thing at a time.

use super::CheckResult;
use crate::observed::{
    Ack, ClientMessage, ClientRecord, ConversationRecord, ConversationSummary, Heard, HeardKind,
    Observed, Sent, StoredMessage,
};

const CONVERSATION: i64 = 7;

/// Ada (1) sends three messages, Grace (2) one between them; both clients have all four.
fn consistent() -> Observed {
    let sent = [(1, "a1"), (2, "g1"), (1, "a2"), (1, "a3")];
    let stored: Vec<_> = (1..)
        .zip(sent)
        .map(|(position, (sender, body))| StoredMessage {
            id: 100 + position,
            conversation: CONVERSATION,
            position,
            created_seq: position + 1,
            seq: position + 1,
            sender,
            body: body.to_owned(),
        })
        .collect();
    let clients = [("ada", 1), ("grace", 2)].map(|(name, user)| client_record(name, user, &stored));
    let summaries = vec![ConversationSummary {
        conversation: CONVERSATION,
        position: 4,
        seq: 5,
        edits: 0,
    }];
    Observed {
        stored,
        summaries,
        clients: clients.into(),
    }
}

fn client_record(name: &str, user: i64, stored: &[StoredMessage]) -> ClientRecord {
    let mine = stored.iter().filter(|it| it.sender == user);
    let sent = mine.map(|it| Sent {
        conversation: it.conversation,
        body: it.body.clone(),
        is_edit: false,
        emitted_at: None,
        ack: Some(Ack {
            id: it.id,
            position: it.position,
            seq: it.created_seq,
            deduplicated: false,
        }),
    });
    let messages = stored.iter().map(|it| ClientMessage {
        id: it.id,
        position: it.position,
        seq: it.created_seq,
        sender: it.sender,
        body: it.body.clone(),
    });
    let record = ConversationRecord {
        messages: messages.collect(),
        ..ConversationRecord::default()
    };
    ClientRecord {
        name: name.to_owned(),
        user,
        sent: sent.collect(),
        refused: Vec::new(),
        records: [(CONVERSATION, record)].into(),
        heard: stored.iter().map(heard).collect(),
        stale_summaries: 0,
    }
}

/// The message as it was told when it was new.
fn heard(stored: &StoredMessage) -> Heard {
    Heard {
        connection: 1,
        conversation: CONVERSATION,
        seq: stored.created_seq,
        kind: HeardKind::MessageCreated(stored.id),
    }
}

/// Result of the check after that change to consistent data.
fn check_after(break_it: impl FnOnce(&mut Observed)) -> CheckResult {
    let mut observed = consistent();
    break_it(&mut observed);
    CheckResult::of(&observed)
}

fn record(observed: &mut Observed, client: usize) -> &mut ConversationRecord {
    let record = observed.clients[client].records.get_mut(&CONVERSATION);
    record.expect("a member's record")
}

fn messages(observed: &mut Observed, client: usize) -> &mut Vec<ClientMessage> {
    &mut record(observed, client).messages
}

/// Ada edits her first message, and both clients have the edit.
fn add_edit(observed: &mut Observed) {
    let stored = &mut observed.stored[0];
    (stored.seq, stored.body) = (6, "a1 edited".to_owned());
    (observed.summaries[0].seq, observed.summaries[0].edits) = (6, 1);
    let (id, body) = (stored.id, stored.body.clone());
    for client in 0..2 {
        let message = &mut messages(observed, client)[0];
        (message.seq, message.body) = (6, body.clone());
    }
    let ack = Ack {
        id,
        position: 1,
        seq: 6,
        deduplicated: false,
    };
    observed.clients[0].sent.push(Sent {
        conversation: CONVERSATION,
        body,
        is_edit: true,
        emitted_at: None,
        ack: Some(ack),
    });
}

#[test]
fn nothing_is_found_where_nothing_is_wrong() {
    let result = CheckResult::of(&consistent());
    assert!(result.is_good(), "{result}");
    assert_eq!((result.acknowledged, result.stored), (4, 4));
    assert!(result.violations.is_empty());
}

#[test]
fn a_client_that_drops_an_event_is_noticed() {
    let result = check_after(|it| drop(messages(it, 1).remove(2)));
    assert!(!result.is_good());
    assert_eq!(result.missing, 1);
    assert_eq!(result.lost, 0);
    assert!(
        result.violations[0].contains("grace"),
        "{:?}",
        result.violations
    );
}

#[test]
fn an_acknowledged_message_that_is_gone_is_lost_and_leaves_a_hole() {
    let result = check_after(|it| drop(it.stored.remove(3)));
    assert_eq!(result.lost, 1);
    assert_eq!(result.holes, 2, "a position and a seq");
    assert_eq!(result.strays, 2, "both still show it");
}

#[test]
fn an_acknowledged_edit_that_is_gone_is_lost() {
    assert!(check_after(add_edit).is_good());
    let result = check_after(|it| {
        add_edit(it);
        it.stored[0].body = "a1".to_owned();
    });
    assert_eq!((result.lost, result.missing), (1, 2));
    let result = check_after(|it| {
        add_edit(it);
        messages(it, 1)[0].body = "a1".to_owned();
    });
    assert_eq!((result.lost, result.missing), (0, 1));
}

#[test]
fn an_acknowledgement_of_another_message_is_a_loss() {
    let result = check_after(|it| it.stored[2].body = "something else".to_owned());
    assert_eq!((result.lost, result.strays), (1, 1));
    let result = check_after(|it| {
        let ack = it.clients[0].sent[1].ack.as_mut();
        ack.expect("all are acknowledged").seq += 1;
    });
    assert_eq!(result.lost, 1);
}

#[test]
fn a_send_that_was_written_twice_is_doubled() {
    let result = check_after(|it| {
        let mut again = it.stored[3].clone();
        (again.id, again.position) = (105, 5);
        (again.created_seq, again.seq) = (6, 6);
        it.stored.push(again);
        (it.summaries[0].position, it.summaries[0].seq) = (5, 6);
    });
    assert_eq!((result.doubled, result.holes), (1, 0));
    assert_eq!(result.missing, 2, "nobody has heard of the second");
}

#[test]
fn a_message_that_a_client_has_twice_is_doubled() {
    let result = check_after(|it| {
        let again = messages(it, 0)[3].clone();
        messages(it, 0).push(again);
    });
    assert_eq!(result.doubled, 1);
}

#[test]
fn a_seq_that_nobody_has_is_a_hole() {
    let result = check_after(|it| it.summaries[0].seq = 6);
    assert_eq!(result.holes, 1);
    let result = check_after(|it| it.stored[1].created_seq = 9);
    assert_eq!((result.holes, result.lost), (1, 1));
    let result = check_after(|it| it.stored[1].position = 9);
    assert_eq!(
        result.holes, 3,
        "2 is missing, 9 is beyond, and the order is another"
    );
}

#[test]
fn what_a_client_noticed_counts() {
    let result = check_after(|it| record(it, 1).inversions = 1);
    assert_eq!((result.inversions, result.is_good()), (1, false));
    let result = check_after(|it| record(it, 1).doubled = 1);
    assert_eq!((result.doubled, result.is_good()), (1, false));
}

#[test]
fn a_sender_is_not_overtaken_by_themselves() {
    let result = check_after(|it| it.clients[0].sent.swap(0, 1));
    assert_eq!(result.inversions, 1);
}

#[test]
fn nobody_is_left_without_an_answer() {
    let result = check_after(|it| it.clients[0].sent[2].ack = None);
    assert_eq!((result.unsettled, result.strays), (1, 0));
    let result = check_after(|it| it.clients[0].refused.push("conflict".to_owned()));
    assert_eq!(result.refused, 1);
}

#[test]
fn what_was_told_and_did_not_happen_is_made_up() {
    let result = check_after(|it| it.clients[1].heard[2].kind = HeardKind::ConversationCreated);
    assert_eq!((result.made_up, result.is_good()), (1, false));
    let result = check_after(|it| it.clients[1].heard[3].seq = 6);
    assert_eq!(result.made_up, 1);
    let result = check_after(|it| it.clients[0].heard[0].kind = HeardKind::MessageChanged(101));
    assert_eq!(result.made_up, 1, "it was new");
    // Who missed both is told the message as it is now.
    let result = check_after(|it| {
        add_edit(it);
        let heard = &mut it.clients[1].heard;
        heard.remove(0);
        heard.push(Heard {
            seq: 6,
            ..self::heard(&it.stored[0])
        });
        it.clients[0].heard.push(Heard {
            seq: 6,
            kind: HeardKind::MessageChanged(101),
            ..self::heard(&it.stored[0])
        });
    });
    assert!(result.is_good(), "{:?}", result.violations);
}

#[test]
fn a_number_that_goes_back_over_one_connection_is_noticed() {
    let result = check_after(|it| it.clients[1].heard.swap(1, 2));
    assert_eq!((result.backwards, result.is_good()), (1, false));
    let result = check_after(|it| {
        it.clients[1].heard.swap(1, 2);
        it.clients[1].heard[2].connection = 2;
    });
    assert_eq!(result.backwards, 0, "another connection");
    let result = check_after(|it| it.clients[0].stale_summaries = 1);
    assert_eq!((result.backwards, result.is_good()), (1, false));
}
