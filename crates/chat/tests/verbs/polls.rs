//! Polls: votes, who is told of them, and the end.

use crate::fixtures::{People, event, events, people, receive_until, refused, settings, text};
use chat::{Audience, Caller, Chat, Delivery, events::Subscription};
use model::{
    ConversationId, ErrorCode, Event, MemberRole, Message, MessageId, NewMembers, NewMessage,
    NewPoll, NewVote, PageRequest, PersonalEvent, Poll, PollResults, PollVote,
};
use serde_json::json;
use sqlx::PgPool;
use std::time::Instant;
use time::{Duration, OffsetDateTime};

pub fn new_poll() -> NewPoll {
    NewPoll {
        options: ["Tea", "Coffee", "Water"].map(str::to_owned).to_vec(),
        max_choices: 1,
        anonymous: false,
        results: PollResults::Always,
        closes_at: None,
    }
}

pub fn asking(poll: NewPoll) -> NewMessage {
    NewMessage {
        poll: Some(poll),
        ..text("What shall we drink?", Some("poll"))
    }
}

pub async fn ask(people: &People, id: ConversationId, poll: NewPoll) -> Message {
    let sent = people.chat.send_message(&people.ada, id, asking(poll));
    sent.await.unwrap().message
}

pub async fn vote(people: &People, who: &Caller, id: MessageId, options: &[i16]) -> PollVote {
    let options = options.to_vec();
    people
        .chat
        .vote(who, id, NewVote { options })
        .await
        .unwrap()
}

pub async fn shown(people: &People, who: &Caller, id: MessageId) -> Poll {
    people.chat.message(who, id).await.unwrap().poll.unwrap()
}

pub fn counts(poll: &Poll) -> Vec<Option<i64>> {
    poll.options.iter().map(|it| it.votes).collect()
}

pub fn updated(delivery: &Delivery) -> Option<&Message> {
    match event(delivery)? {
        Event::MessageUpdated { message, .. } => Some(message),
        _ => None,
    }
}

/// Waits until the conversation was told of so many votes.
pub async fn told(subscription: &mut Subscription, revision: i64) -> Vec<Delivery> {
    let has_come = |it: &Delivery| {
        let poll = updated(it).and_then(|it| it.poll.as_ref());
        poll.is_some_and(|it| it.revision >= revision)
    };
    receive_until(subscription, has_come).await
}

pub async fn make_due(db: &PgPool) {
    sqlx::query(
        "update polls set closes_at = now() - interval '10 seconds' where closes_at is not null",
    )
    .execute(db)
    .await
    .unwrap();
}

/// Another node of the same people.
pub fn node(people: &People, db: &PgPool) -> People {
    People {
        chat: Chat::new(db.clone(), settings()),
        ..*people
    }
}

/// As it is 5 seconds after a vote that nobody has told.
pub async fn make_late(db: &PgPool) {
    sqlx::query("update polls set untold_since = untold_since - interval '5 seconds'")
        .execute(db)
        .await
        .unwrap();
}

fn revision(message: &Message) -> i64 {
    message.poll.as_ref().unwrap().revision
}

#[sqlx::test(migrations = "../../migrations")]
async fn votes_are_counted_once_replaced_and_taken_back(db: PgPool) {
    let people = people(db).await;
    let (chat, group) = (&people.chat, people.group().await);
    let message = ask(&people, group, new_poll()).await;
    let (id, grace) = (message.id, &people.grace);
    assert_eq!(message.body, "What shall we drink?");
    assert_eq!(message.plain_body().lines().count(), 4);
    assert_eq!(counts(message.poll.as_ref().unwrap()), [Some(0); 3]);
    assert_eq!(chat.message(grace, id).await.unwrap(), message);

    let mut subscription = chat.subscribe();
    let first = vote(&people, grace, id, &[2]).await;
    assert_eq!((first.options.as_slice(), first.seq), (&[2][..], 1));
    assert_eq!(counts(&first.poll), [Some(0), Some(1), Some(0)]);
    assert_eq!(vote(&people, grace, id, &[2, 2]).await, first, "no change");
    let second = vote(&people, grace, id, &[1]).await;
    assert_eq!(counts(&second.poll), [Some(1), Some(0), Some(0)]);
    vote(&people, &people.linus, id, &[1]).await;
    let mut deliveries = told(&mut subscription, 3).await;
    deliveries.extend(people.drain(&mut subscription).await);
    let updates: Vec<_> = deliveries.iter().filter_map(updated).collect();
    assert!(updates.is_sorted_by(|a, b| a.seq < b.seq));
    let is_newer = |a: &&Message, b: &&Message| revision(a) < revision(b);
    assert!(updates.is_sorted_by(is_newer), "none is told twice");
    let last = updates.last().unwrap();
    let poll = last.poll.as_ref().unwrap();
    assert_eq!(counts(poll), [Some(2), Some(0), Some(0)]);
    assert_eq!((poll.voter_count, last.edited_at), (2, None));
    // Who was away has the same from the feed, and under the same number.
    let changes = chat.changes(grace, group, message.seq, None).await.unwrap();
    assert_eq!(changes.items, [Event::message_updated((*last).clone())]);
    // The own choice is told to the own devices alone.
    let personal = deliveries.iter().filter_map(|it| match it {
        Delivery::Emit {
            audience,
            event: Event::Personal(event),
            ..
        } => Some((audience.clone(), event.name())),
        _ => None,
    });
    let to = |who: &Caller| (Audience::Users(vec![who.user_id]), "vote");
    assert_eq!(
        personal.collect::<Vec<_>>(),
        [to(grace), to(grace), to(&people.linus)]
    );

    let nothing = chat.retract_vote(grace, id).await.unwrap();
    assert_eq!((nothing.options.len(), nothing.poll.voter_count), (0, 1));
    assert_eq!(chat.retract_vote(grace, id).await.unwrap(), nothing);
    let own = chat.own_votes(grace, &[id]).await.unwrap();
    assert_eq!(own, std::slice::from_ref(&nothing));
    let changes = chat.personal_changes(grace, 0).await.unwrap();
    let vote = Box::new(nothing);
    assert_eq!(changes.items, [PersonalEvent::Vote { vote }]);
}

#[sqlx::test(migrations = "../../migrations")]
async fn refuses_what_is_no_vote_and_who_is_no_member(db: PgPool) {
    let people = people(db).await;
    let (chat, group) = (&people.chat, people.group().await);
    let multiple = NewPoll {
        max_choices: 2,
        ..new_poll()
    };
    let id = ask(&people, group, multiple).await.id;
    let plain = people.say(&people.ada, group, "no question").await.id;
    let put = |who: Caller, id, options: &[i16]| {
        let (chat, options) = (chat.clone(), options.to_vec());
        async move { chat.vote(&who, id, NewVote { options }).await }
    };
    let wrong: [&[i16]; 6] = [&[], &[0], &[4], &[-1], &[1, 2, 3], &[1; 21]];
    for options in wrong {
        refused(put(people.grace, id, options).await, ErrorCode::Invalid);
    }
    refused(put(people.grace, plain, &[1]).await, ErrorCode::NotFound);
    let close = chat.close_poll(&people.grace, plain).await;
    refused(close, ErrorCode::NotFound);
    vote(&people, &people.linus, id, &[2, 1]).await;
    let nobody = people.outsider;
    refused(put(nobody, id, &[1]).await, ErrorCode::NotFound);
    refused(chat.retract_vote(&nobody, id).await, ErrorCode::NotFound);
    refused(chat.close_poll(&nobody, id).await, ErrorCode::NotFound);
    let page = PageRequest::default;
    refused(
        chat.voters(&nobody, id, None, page()).await,
        ErrorCode::NotFound,
    );
    assert_eq!(chat.own_votes(&nobody, &[id, plain]).await.unwrap(), []);
    // A vote stays counted when its member has left, who can change it no more.
    chat.leave_conversation(&people.linus, group).await.unwrap();
    refused(put(people.linus, id, &[1]).await, ErrorCode::NotFound);
    refused(
        chat.retract_vote(&people.linus, id).await,
        ErrorCode::NotFound,
    );
    assert_eq!(chat.own_votes(&people.linus, &[id]).await.unwrap(), []);
    assert_eq!(shown(&people, &people.ada, id).await.voter_count, 1);
    let changes = chat.personal_changes(&people.linus, 0).await.unwrap();
    assert_eq!(changes.items, []);

    let channel = people.channel().await;
    let sent = chat.send_message(
        &people.ada,
        channel,
        NewMessage {
            client_id: None,
            ..asking(new_poll())
        },
    );
    let id = sent.await.unwrap().message.id;
    refused(put(nobody, id, &[1]).await, ErrorCode::Forbidden);
    assert_eq!(shown(&people, &nobody, id).await.voter_count, 0);
}

#[sqlx::test(migrations = "../../migrations")]
async fn nothing_changes_after_the_end(db: PgPool) {
    let people = people(db.clone()).await;
    let (chat, group) = (&people.chat, people.group().await);
    let id = ask(&people, group, new_poll()).await.id;
    let kept = vote(&people, &people.grace, id, &[1]).await;
    refused(
        chat.close_poll(&people.grace, id).await,
        ErrorCode::Forbidden,
    );
    chat.set_member_role(&people.ada, group, people.grace.user_id, MemberRole::Admin)
        .await
        .unwrap();
    let closed = chat.close_poll(&people.grace, id).await.unwrap();
    let poll = closed.poll.clone().unwrap();
    assert_eq!(counts(&poll), [Some(1), Some(0), Some(0)]);
    assert!(poll.closed_at.is_some());
    assert_eq!(chat.close_poll(&people.ada, id).await.unwrap(), closed);
    let options = vec![2];
    let late = chat.vote(&people.linus, id, NewVote { options }).await;
    refused(late, ErrorCode::Conflict);
    let late = chat.retract_vote(&people.grace, id).await;
    refused(late, ErrorCode::Conflict);
    // What changes nothing is a retry whose answer was lost.
    let same = vote(&people, &people.grace, id, &[1]).await;
    assert_eq!((same.options, same.seq), (kept.options, kept.seq));
    let edited = chat.edit_message(&people.ada, id, "Which tea?".to_owned());
    refused(edited.await, ErrorCode::Conflict);
    chat.do_due().await.unwrap();
    assert_eq!(chat.message(&people.ada, id).await.unwrap(), closed);
}

#[sqlx::test(migrations = "../../migrations")]
async fn a_poll_closes_at_its_time_once(db: PgPool) {
    let people = people(db.clone()).await;
    let (chat, group) = (&people.chat, people.group().await);
    let timed = NewPoll {
        closes_at: Some(OffsetDateTime::now_utc() + Duration::minutes(5)),
        ..new_poll()
    };
    let message = ask(&people, group, timed).await;
    let id = message.id;
    assert_eq!(chat.message(&people.ada, id).await.unwrap(), message);
    let mut subscription = chat.subscribe();
    vote(&people, &people.grace, id, &[1]).await;
    told(&mut subscription, 1).await;
    chat.do_due().await.unwrap();
    make_due(&db).await;
    // Before any node has closed it.
    let options = vec![1];
    let late = chat.vote(&people.linus, id, NewVote { options }).await;
    refused(late, ErrorCode::Conflict);
    let nodes: Vec<_> = (0..4).map(|_| node(&people, &db)).collect();
    let mut subscriptions: Vec<_> = nodes.iter().map(|it| it.chat.subscribe()).collect();
    let closing = nodes.iter().map(|it| it.chat.do_due());
    for closed in futures_util::future::join_all(closing).await {
        closed.unwrap();
    }
    chat.do_due().await.unwrap();
    let mut updates = people.drain(&mut subscription).await;
    for (node, subscription) in nodes.iter().zip(&mut subscriptions) {
        updates.extend(node.drain(subscription).await);
    }
    assert_eq!(
        updates.iter().filter_map(updated).count(),
        1,
        "of all nodes"
    );
    let closed = chat.message(&people.ada, id).await.unwrap();
    let poll = closed.poll.as_ref().unwrap();
    assert_eq!(poll.closed_at, poll.closes_at);
    assert_eq!((poll.revision, closed.seq), (2, message.seq + 2), "once");
}

#[sqlx::test(migrations = "../../migrations")]
async fn a_vote_that_its_node_could_not_tell_is_told_by_another(db: PgPool) {
    let people = people(db.clone()).await;
    let (chat, group) = (&people.chat, people.group().await);
    let message = ask(&people, group, new_poll()).await;
    // As it is when a node has died between the commit and the telling.
    sqlx::raw_sql(
        "insert into poll_votes (message_id, user_id, options, seq)
            select p.message_id, u.id, '{3}', 1 from polls p, users u where u.username = 'grace';
        update polls set revision = 1, voter_count = 1, untold_since = now() - interval '10 seconds'",
    )
    .execute(&db)
    .await
    .unwrap();
    let mut subscription = chat.subscribe();
    for _ in 0..2 {
        chat.do_due().await.unwrap();
    }
    let deliveries = people.drain(&mut subscription).await;
    let updates: Vec<_> = deliveries.iter().filter_map(updated).collect();
    assert_eq!(updates.len(), 1);
    assert_eq!(updates[0].seq, message.seq + 1);
    let poll = updates[0].poll.as_ref().unwrap();
    assert_eq!(counts(poll), [Some(0), Some(0), Some(1)]);
}

#[sqlx::test(migrations = "../../migrations")]
async fn votes_at_the_same_moment_are_told_together(db: PgPool) {
    let people = people(db.clone()).await;
    let (chat, group) = (&people.chat, people.group().await);
    sqlx::query("insert into users (username, name) select 'user' || n, 'User ' || n from generate_series(1, 60) n")
        .execute(&db)
        .await
        .unwrap();
    let ids: Vec<i64> = sqlx::query_scalar("select id from users where username like 'user%'")
        .fetch_all(&db)
        .await
        .unwrap();
    let voters = ids.into_iter().map(|id| Caller {
        user_id: model::UserId(id),
        ..people.grace
    });
    let voters: Vec<_> = voters.collect();
    let added = NewMembers {
        user_ids: voters.iter().map(|it| it.user_id).collect(),
        role: MemberRole::Member,
    };
    chat.add_members(&people.ada, group, added).await.unwrap();
    let message = ask(&people, group, new_poll()).await;
    let mut subscription = chat.subscribe();
    let begun = Instant::now();
    // Each votes twice at once: one of the two counts.
    let votes = voters.iter().flat_map(|who| {
        [1, 2].map(|option| {
            let options = vec![option];
            chat.vote(who, message.id, NewVote { options })
        })
    });
    for voted in futures_util::future::join_all(votes).await {
        voted.unwrap();
    }
    let deliveries = told(&mut subscription, 120).await;
    let updates: Vec<_> = deliveries.iter().filter_map(updated).collect();
    // The first at once, and one for each 500 ms that have passed.
    let max = 2 + usize::try_from(begun.elapsed().as_millis() / 500).unwrap();
    let told = updates.len();
    assert!(told <= max, "{told} for 120 votes, not {max}");
    let poll = updates.last().unwrap().poll.clone().unwrap();
    assert_eq!(poll.voter_count, 60);
    assert_eq!(counts(&poll).into_iter().flatten().sum::<i64>(), 60);
    assert_eq!(poll, shown(&people, &people.ada, message.id).await);
}

#[sqlx::test(migrations = "../../migrations")]
async fn an_end_and_votes_at_the_same_moment_agree(db: PgPool) {
    let people = people(db).await;
    let (chat, group) = (&people.chat, people.group().await);
    for round in 0..20 {
        let new = NewMessage {
            client_id: None,
            ..asking(new_poll())
        };
        let sent = chat.send_message(&people.ada, group, new).await;
        let id = sent.unwrap().message.id;
        let put = |who: Caller| {
            let (chat, options) = (chat.clone(), vec![1]);
            async move {
                let voted = chat.vote(&who, id, NewVote { options }).await;
                if voted.is_ok() {
                    return 1;
                }
                refused(voted, ErrorCode::Conflict);
                0
            }
        };
        let close = async {
            for _ in 0..round {
                tokio::task::yield_now().await;
            }
            chat.close_poll(&people.ada, id).await
        };
        let (one, closed, other) = tokio::join!(put(people.grace), close, put(people.linus));
        let told = closed.unwrap().poll.unwrap();
        let counted: i64 = one + other;
        assert_eq!(told.voter_count, counted, "told last is all that counts");
        assert_eq!(shown(&people, &people.ada, id).await, told);
    }
}

#[sqlx::test(migrations = "../../migrations")]
async fn nobody_sees_who_has_voted_what_in_an_anonymous_poll(db: PgPool) {
    let people = people(db.clone()).await;
    let (chat, group) = (&people.chat, people.group().await);
    let anonymous = NewPoll {
        anonymous: true,
        ..new_poll()
    };
    let asked = ask(&people, group, anonymous).await;
    let id = asked.id;
    let mut subscription = chat.subscribe();
    vote(&people, &people.grace, id, &[2]).await;
    // Nobody but the voter in the moment of the vote.
    let own = Audience::Users(vec![people.grace.user_id]);
    let at_once = people.drain(&mut subscription).await;
    assert_eq!(events(&at_once), [("vote", own)]);
    make_late(&db).await;
    chat.do_due().await.unwrap();
    let deliveries = people.drain(&mut subscription).await;
    assert_eq!(events(&deliveries).len(), 1);
    let told = deliveries.iter().find_map(updated).unwrap().clone();
    let poll = json!({
        "options": [
            { "text": "Tea", "votes": 0 }, { "text": "Coffee", "votes": 1 }, { "text": "Water", "votes": 0 },
        ],
        "maxChoices": 1, "anonymous": true, "results": "always", "closesAt": null, "closedAt": null,
        "voterCount": 1, "revision": 1,
    });
    assert_eq!(serde_json::to_value(&told.poll).unwrap(), poll);
    let before = Message {
        poll: told.poll.clone(),
        seq: told.seq,
        ..asked
    };
    assert_eq!(told, before, "nothing else of it has changed");
    let admin = Caller {
        role: model::UserRole::Admin,
        ..people.ada
    };
    for who in [&people.ada, &admin, &people.grace] {
        let page = PageRequest::default();
        let voters = chat.voters(who, id, None, page).await;
        refused(voters, ErrorCode::Forbidden);
    }
    let others = chat.own_votes(&admin, &[id]).await.unwrap();
    assert_eq!((others[0].options.len(), others[0].seq), (0, 0));
    assert_eq!(others[0].poll.voter_count, 1);
    let since = told.seq - 1;
    let changes = chat.changes(&admin, group, since, None).await.unwrap();
    assert_eq!(changes.items, [Event::message_updated(told)]);
}

#[sqlx::test(migrations = "../../migrations")]
async fn results_for_those_who_have_voted_are_for_nobody_else(db: PgPool) {
    let people = people(db).await;
    let (chat, group) = (&people.chat, people.group().await);
    let hidden = NewPoll {
        results: PollResults::AfterVote,
        ..new_poll()
    };
    let id = ask(&people, group, hidden).await.id;
    let (ada, grace) = (&people.ada, &people.grace);
    let mut subscription = chat.subscribe();
    let own = vote(&people, grace, id, &[2]).await;
    assert_eq!(counts(&own.poll), [Some(0), Some(1), Some(0)]);
    let deliveries = told(&mut subscription, 1).await;
    let message = deliveries.iter().filter_map(updated).next_back().unwrap();
    let poll = message.poll.as_ref().unwrap();
    assert_eq!((counts(poll), poll.voter_count), (vec![None; 3], 1));
    let of_ada = chat.own_votes(ada, &[id]).await.unwrap();
    assert_eq!(counts(&of_ada[0].poll), [None; 3]);
    let page = PageRequest::default;
    refused(
        chat.voters(ada, id, None, page()).await,
        ErrorCode::Forbidden,
    );
    let voters = chat.voters(grace, id, Some(2), page()).await.unwrap();
    assert_eq!(voters.items.len(), 1);
    assert_eq!(voters.items[0].user.id, grace.user_id);
    let none = chat.voters(grace, id, Some(1), page()).await.unwrap();
    assert_eq!(none.items, []);
    let closed = chat.close_poll(ada, id).await.unwrap();
    assert_eq!(counts(&closed.poll.unwrap()), [Some(0), Some(1), Some(0)]);
    assert_eq!(
        chat.voters(ada, id, None, page())
            .await
            .unwrap()
            .items
            .len(),
        1
    );
}
