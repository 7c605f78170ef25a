//! The verdict must be able to fail: one broken thing at a time.

use super::{Ack, ConversationSummary, Evidence, Kept, Record, Sent, Stored, Testimony, Verdict};

const CONVERSATION: i64 = 7;

/// Ada (1) sends three messages, Grace (2) one between them; both have everything.
fn all_is_well() -> Evidence {
    let said = [(1, "a1"), (2, "g1"), (1, "a2"), (1, "a3")];
    let stored: Vec<_> = (1..)
        .zip(said)
        .map(|(position, (sender, body))| Stored {
            id: 100 + position,
            conversation: CONVERSATION,
            position,
            created_seq: position + 1,
            seq: position + 1,
            sender,
            body: body.to_owned(),
        })
        .collect();
    let people = [("ada", 1), ("grace", 2)].map(|(name, user)| testimony(name, user, &stored));
    let heads = vec![ConversationSummary {
        conversation: CONVERSATION,
        position: 4,
        seq: 5,
        edits: 0,
    }];
    Evidence {
        stored,
        heads,
        people: people.into(),
    }
}

fn testimony(name: &str, user: i64, stored: &[Stored]) -> Testimony {
    let mine = stored.iter().filter(|it| it.sender == user);
    let sent = mine.map(|it| Sent {
        conversation: it.conversation,
        body: it.body.clone(),
        is_edit: false,
        left_at: None,
        ack: Some(Ack {
            id: it.id,
            position: it.position,
            seq: it.created_seq,
            deduplicated: false,
        }),
    });
    let messages = stored.iter().map(|it| Kept {
        id: it.id,
        position: it.position,
        seq: it.created_seq,
        sender: it.sender,
        body: it.body.clone(),
    });
    let record = Record {
        messages: messages.collect(),
        ..Record::default()
    };
    Testimony {
        name: name.to_owned(),
        user,
        sent: sent.collect(),
        refused: Vec::new(),
        records: [(CONVERSATION, record)].into(),
    }
}

/// The verdict after that breakage.
fn after(breakage: impl FnOnce(&mut Evidence)) -> Verdict {
    let mut evidence = all_is_well();
    breakage(&mut evidence);
    Verdict::of(&evidence)
}

fn record(evidence: &mut Evidence, person: usize) -> &mut Record {
    let record = evidence.people[person].records.get_mut(&CONVERSATION);
    record.expect("a member's record")
}

fn messages(evidence: &mut Evidence, person: usize) -> &mut Vec<Kept> {
    &mut record(evidence, person).messages
}

/// Ada changes what she said first, and everybody has it so.
fn edit(evidence: &mut Evidence) {
    let stored = &mut evidence.stored[0];
    (stored.seq, stored.body) = (6, "a1 edited".to_owned());
    (evidence.heads[0].seq, evidence.heads[0].edits) = (6, 1);
    let (id, body) = (stored.id, stored.body.clone());
    for person in 0..2 {
        let kept = &mut messages(evidence, person)[0];
        (kept.seq, kept.body) = (6, body.clone());
    }
    let ack = Ack {
        id,
        position: 1,
        seq: 6,
        deduplicated: false,
    };
    evidence.people[0].sent.push(Sent {
        conversation: CONVERSATION,
        body,
        is_edit: true,
        left_at: None,
        ack: Some(ack),
    });
}

#[test]
fn nothing_is_found_where_nothing_is_wrong() {
    let verdict = Verdict::of(&all_is_well());
    assert!(verdict.is_good(), "{verdict}");
    assert_eq!((verdict.acknowledged, verdict.stored), (4, 4));
    assert!(verdict.faults.is_empty());
}

#[test]
fn a_client_that_drops_an_event_is_noticed() {
    let verdict = after(|it| drop(messages(it, 1).remove(2)));
    assert!(!verdict.is_good());
    assert_eq!(verdict.missing, 1);
    assert_eq!(verdict.lost, 0);
    assert!(verdict.faults[0].contains("grace"), "{:?}", verdict.faults);
}

#[test]
fn an_acknowledged_message_that_is_gone_is_lost_and_leaves_a_hole() {
    let verdict = after(|it| drop(it.stored.remove(3)));
    assert_eq!(verdict.lost, 1);
    assert_eq!(verdict.holes, 2, "a position and a seq");
    assert_eq!(verdict.strays, 2, "both still show it");
}

#[test]
fn an_acknowledged_edit_that_is_gone_is_lost() {
    assert!(after(edit).is_good());
    let verdict = after(|it| {
        edit(it);
        it.stored[0].body = "a1".to_owned();
    });
    assert_eq!((verdict.lost, verdict.missing), (1, 2));
    let verdict = after(|it| {
        edit(it);
        messages(it, 1)[0].body = "a1".to_owned();
    });
    assert_eq!((verdict.lost, verdict.missing), (0, 1));
}

#[test]
fn an_acknowledgement_of_another_message_is_a_loss() {
    let verdict = after(|it| it.stored[2].body = "something else".to_owned());
    assert_eq!((verdict.lost, verdict.strays), (1, 1));
    let verdict = after(|it| {
        let ack = it.people[0].sent[1].ack.as_mut();
        ack.expect("all are acknowledged").seq += 1;
    });
    assert_eq!(verdict.lost, 1);
}

#[test]
fn a_send_that_was_written_twice_is_doubled() {
    let verdict = after(|it| {
        let mut again = it.stored[3].clone();
        (again.id, again.position) = (105, 5);
        (again.created_seq, again.seq) = (6, 6);
        it.stored.push(again);
        (it.heads[0].position, it.heads[0].seq) = (5, 6);
    });
    assert_eq!((verdict.doubled, verdict.holes), (1, 0));
    assert_eq!(verdict.missing, 2, "nobody has heard of the second");
}

#[test]
fn a_message_that_a_client_has_twice_is_doubled() {
    let verdict = after(|it| {
        let again = messages(it, 0)[3].clone();
        messages(it, 0).push(again);
    });
    assert_eq!(verdict.doubled, 1);
}

#[test]
fn a_seq_that_nobody_has_is_a_hole() {
    let verdict = after(|it| it.heads[0].seq = 6);
    assert_eq!(verdict.holes, 1);
    let verdict = after(|it| it.stored[1].created_seq = 9);
    assert_eq!((verdict.holes, verdict.lost), (1, 1));
    let verdict = after(|it| it.stored[1].position = 9);
    assert_eq!(
        verdict.holes, 3,
        "2 is missing, 9 is beyond, and the order is another"
    );
}

#[test]
fn what_a_client_noticed_counts() {
    let verdict = after(|it| record(it, 1).inversions = 1);
    assert_eq!((verdict.inversions, verdict.is_good()), (1, false));
    let verdict = after(|it| record(it, 1).doubled = 1);
    assert_eq!((verdict.doubled, verdict.is_good()), (1, false));
}

#[test]
fn a_sender_is_not_overtaken_by_themselves() {
    let verdict = after(|it| it.people[0].sent.swap(0, 1));
    assert_eq!(verdict.inversions, 1);
}

#[test]
fn nobody_is_left_without_an_answer() {
    let verdict = after(|it| it.people[0].sent[2].ack = None);
    assert_eq!((verdict.unsettled, verdict.strays), (1, 0));
    let verdict = after(|it| it.people[0].refused.push("conflict".to_owned()));
    assert_eq!(verdict.refused, 1);
}
