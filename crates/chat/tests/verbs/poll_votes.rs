//! Votes of people who come and go, in threads, and in polls that end twice.

use crate::{
    fixtures::{people, refused},
    polls::{ask, asking, counts, make_due, new_poll, node, shown, told, updated, vote},
};
use chat::MessagesRequest;
use model::{ErrorCode, MemberRole, NewMembers, NewMessage, NewPoll, NewVote, PageRequest};
use sqlx::PgPool;
use time::{Duration, OffsetDateTime};

#[sqlx::test(migrations = "../../migrations")]
async fn who_has_voted_comes_in_pages(db: PgPool) {
    let people = people(db).await;
    let (chat, group) = (&people.chat, people.group().await);
    let id = ask(&people, group, new_poll()).await.id;
    let voters = [&people.linus, &people.ada, &people.grace];
    for who in voters {
        vote(&people, who, id, &[1]).await;
    }
    let mut cursor = None;
    let mut found = Vec::new();
    for count in [2, 1] {
        let page = PageRequest {
            cursor,
            limit: Some(2),
        };
        let page = chat.voters(&people.ada, id, None, page).await.unwrap();
        assert_eq!(page.items.len(), count);
        found.extend(page.items.iter().map(|it| it.user.id));
        cursor = page.next_cursor;
    }
    assert_eq!(cursor, None);
    assert_eq!(found, voters.map(|it| it.user_id));
    // Who takes the vote back is none of them.
    chat.retract_vote(&people.ada, id).await.unwrap();
    let page = chat.voters(&people.ada, id, Some(1), PageRequest::default());
    assert_eq!(page.await.unwrap().items.len(), 2);
    for option in [0, 4, -1] {
        let page = chat.voters(&people.ada, id, Some(option), PageRequest::default());
        refused(page.await, ErrorCode::Invalid);
    }
    for cursor in ["no", "1", "9223372036854775807.1", "-9223372036854775808.1"] {
        let page = PageRequest {
            cursor: Some(cursor.to_owned()),
            limit: None,
        };
        let page = chat.voters(&people.ada, id, None, page).await;
        refused(page, ErrorCode::Invalid);
    }
}

#[sqlx::test(migrations = "../../migrations")]
async fn a_thread_has_polls(db: PgPool) {
    let people = people(db).await;
    let (chat, group) = (&people.chat, people.group().await);
    let root = people.say(&people.ada, group, "Lunch").await.id;
    let new = NewMessage {
        thread_id: Some(root),
        ..asking(new_poll())
    };
    let sent = chat.send_message(&people.ada, group, new).await;
    let id = sent.unwrap().message.id;
    let mut subscription = chat.subscribe();
    vote(&people, &people.grace, id, &[3]).await;
    let deliveries = told(&mut subscription, 1).await;
    let message = deliveries.iter().filter_map(updated).next_back().unwrap();
    assert_eq!(message.thread_id, Some(root));
    let poll = message.poll.as_ref().unwrap();
    assert_eq!(counts(poll), [Some(0), Some(0), Some(1)]);
    let request = MessagesRequest::default();
    let replies = chat.thread_messages(&people.linus, root, request).await;
    let replies = replies.unwrap().items;
    assert_eq!((replies.len(), &replies[0].poll), (1, &message.poll));
}

#[sqlx::test(migrations = "../../migrations")]
async fn who_comes_back_has_the_vote_from_before(db: PgPool) {
    let people = people(db).await;
    let (chat, group) = (&people.chat, people.group().await);
    let (id, linus) = (ask(&people, group, new_poll()).await.id, &people.linus);
    let before = vote(&people, linus, id, &[2]).await;
    chat.leave_conversation(linus, group).await.unwrap();
    assert_eq!(chat.own_votes(linus, &[id]).await.unwrap(), []);
    let added = NewMembers {
        user_ids: vec![linus.user_id],
        role: MemberRole::Member,
    };
    chat.add_members(&people.ada, group, added).await.unwrap();
    assert_eq!(chat.own_votes(linus, &[id]).await.unwrap(), [before]);
    let after = vote(&people, linus, id, &[1]).await;
    assert_eq!(counts(&after.poll), [Some(1), Some(0), Some(0)]);
    assert_eq!(after.poll.voter_count, 1);
}

#[sqlx::test(migrations = "../../migrations")]
async fn an_end_by_hand_and_the_timer_are_one(db: PgPool) {
    let people = people(db.clone()).await;
    let (chat, group) = (&people.chat, people.group().await);
    let timed = NewPoll {
        closes_at: Some(OffsetDateTime::now_utc() + Duration::minutes(5)),
        ..new_poll()
    };
    let message = ask(&people, group, timed).await;
    make_due(&db).await;
    // Nobody has voted.
    let edited = chat.edit_message(&people.ada, message.id, "Which tea?".to_owned());
    refused(edited.await, ErrorCode::Conflict);
    let other = node(&people, &db);
    let mut here = chat.subscribe();
    let mut there = other.chat.subscribe();
    let (closed, due) = tokio::join!(
        chat.close_poll(&people.ada, message.id),
        other.chat.do_due()
    );
    due.unwrap();
    let closed = closed.unwrap();
    let mut deliveries = people.drain(&mut here).await;
    deliveries.extend(other.drain(&mut there).await);
    let updates: Vec<_> = deliveries.iter().filter_map(updated).collect();
    assert_eq!(updates, [&closed]);
    let poll = shown(&people, &people.ada, message.id).await;
    assert_eq!((poll.revision, poll.closed_at), (1, poll.closes_at));
}

#[sqlx::test(migrations = "../../migrations")]
async fn a_deletion_by_a_node_that_knows_no_polls_takes_the_poll(db: PgPool) {
    let people = people(db.clone()).await;
    let (chat, group) = (&people.chat, people.group().await);
    let timed = NewPoll {
        closes_at: Some(OffsetDateTime::now_utc() + Duration::minutes(5)),
        ..new_poll()
    };
    let id = ask(&people, group, timed).await.id;
    let mut subscription = chat.subscribe();
    vote(&people, &people.grace, id, &[1]).await;
    told(&mut subscription, 1).await;
    make_due(&db).await;
    sqlx::query("update messages set body = '', deleted_at = now() where id = $1")
        .bind(id.0)
        .execute(&db)
        .await
        .unwrap();
    let options = vec![2];
    let late = chat.vote(&people.linus, id, NewVote { options }).await;
    refused(late, ErrorCode::NotFound);
    let page = chat.voters(&people.ada, id, None, PageRequest::default());
    refused(page.await, ErrorCode::NotFound);
    let own = chat.own_votes(&people.grace, &[id]).await;
    assert_eq!(own.unwrap(), []);
    let changes = chat.personal_changes(&people.grace, 0).await.unwrap();
    assert_eq!(changes.items, []);
    chat.do_due().await.unwrap();
    let deliveries = people.drain(&mut subscription).await;
    assert_eq!(deliveries.iter().filter_map(updated).count(), 0);
}

#[sqlx::test(migrations = "../../migrations")]
async fn votes_of_a_user_who_is_removed_are_counted_no_more(db: PgPool) {
    let people = people(db.clone()).await;
    let group = people.group().await;
    let id = ask(&people, group, new_poll()).await.id;
    for who in [&people.grace, &people.linus] {
        vote(&people, who, id, &[1]).await;
    }
    // As the deletion of a user does.
    sqlx::query("delete from poll_votes where user_id = $1")
        .bind(people.linus.user_id.0)
        .execute(&db)
        .await
        .unwrap();
    let poll = shown(&people, &people.ada, id).await;
    assert_eq!((counts(&poll)[0], poll.voter_count), (Some(1), 1));
}
