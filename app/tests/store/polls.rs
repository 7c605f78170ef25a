//! Polls: their rows stay while votes come, and own votes are in the personal sequence.

use crate::{
    test_server::{GROUP, TestServer},
    users::ADA,
};
use app::store::{ChatStore, Key, PersonalFields, PersonalStore, RowKey};
use model::{MessageId, NewPoll, PersonalEvent, Poll, PollResults};
use serde_json::json;

fn poll(votes: i64, revision: i64) -> Poll {
    let mut poll = Poll::new(&NewPoll {
        options: ["Tea", "Coffee"].map(str::to_owned).to_vec(),
        max_choices: 1,
        anonymous: false,
        results: PollResults::Always,
        closes_at: None,
    });
    poll.options[0].votes = Some(votes);
    poll.voter_count = votes;
    poll.revision = revision;
    poll
}

#[test]
fn a_row_is_not_built_anew_for_votes_and_the_message_has_them() {
    let mut server = TestServer::with_messages(3);
    let mut store = ChatStore::new(server.initial(3));
    let asked = server.poll(1, poll(0, 0));
    store.apply(asked);
    let id = server.messages[0].id;
    let key = RowKey::Message(id);
    let before = store.row(GROUP, &key).unwrap();
    store.take_changes();
    let voted = server.poll(1, poll(1, 1));
    store.apply(voted.clone());
    assert!(store.take_changes().keys().contains(&Key::Message(id)));
    assert_eq!(store.row(GROUP, &key).unwrap(), before);
    let of_first = |store: &ChatStore| {
        let poll = store.message(GROUP, id).unwrap().poll.clone();
        poll.unwrap().options[0].votes
    };
    assert_eq!(of_first(&store), Some(1));
    // Twice, and an older one late.
    store.apply(voted);
    assert_eq!(of_first(&store), Some(1));
    // What else changes builds the row anew.
    store.apply(server.edit(1, "Which tea?"));
    let edited = store.row(GROUP, &key).unwrap();
    assert_ne!(edited, before);
    store.apply(server.send(ADA, "another", None));
    assert_eq!(store.row(GROUP, &key).unwrap(), edited);
}

#[test]
fn an_own_vote_counts_in_the_personal_sequence() {
    let vote = json!({
        "type": "vote",
        "vote": {
            "messageId": "7", "conversationId": "3", "options": [1], "seq": 5,
            "poll": serde_json::to_value(poll(1, 1)).unwrap(),
        },
    });
    let fields: PersonalFields = serde_json::from_value(vote).unwrap();
    let event = fields.event().unwrap();
    let PersonalEvent::Vote { vote } = &event else {
        panic!("{event:?}");
    };
    assert_eq!((vote.message_id, vote.poll.voter_count), (MessageId(7), 1));
    let mut store = PersonalStore::default();
    store.advance(4);
    assert!(!store.apply(event));
    assert_eq!(store.seq(), Some(5));
}
