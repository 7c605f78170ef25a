//! The verdict must be able to fail: one broken thing at a time.

use super::{Ack, Evidence, Head, Kept, Record, Sent, Stored, Testimony, Verdict};

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
            sender,
            body: body.to_owned(),
        })
        .collect();
    let people = [("ada", 1), ("grace", 2)].map(|(name, user)| testimony(name, user, &stored));
    let heads = vec![Head {
        conversation: CONVERSATION,
        position: 4,
        seq: 5,
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
        late: 0,
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

fn messages(evidence: &mut Evidence, person: usize) -> &mut Vec<Kept> {
    let record = evidence.people[person].records.get_mut(&CONVERSATION);
    &mut record.expect("a member's record").messages
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
    assert_eq!((verdict.lost, verdict.holes), (1, 2));
    assert_eq!(verdict.strays, 2, "both still show it");
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
        (again.id, again.position, again.created_seq) = (105, 5, 6);
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
    let verdict = after(|it| it.stored[3].created_seq = 9);
    assert!(verdict.holes > 0 && verdict.lost == 1);
}

#[test]
fn what_came_too_late_is_an_inversion() {
    let verdict = after(|it| messages(it, 0).swap(0, 1));
    assert_eq!(verdict.inversions, 1);
    let verdict = after(|it| {
        let record = it.people[1].records.get_mut(&CONVERSATION);
        record.expect("a member's record").late = 1;
    });
    assert_eq!(verdict.inversions, 1);
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
