//! What polls cost those who vote in them, and those whose polls end: as much as is told.

use crate::{
    fixtures::{People, people_with, refused, settings, text},
    polls::{make_due, new_poll, shown},
};
use chat::{Caller, Chat, RateLimits, Settings};
use model::{ConversationId, ErrorCode, MessageId, NewMessage, NewPoll, NewVote};
use sqlx::PgPool;
use time::{Duration, OffsetDateTime};

/// So many bytes to each at once, and a kilobyte per second after that.
fn limited(burst: u32) -> Settings {
    Settings {
        rate_limits: RateLimits {
            bytes_told_burst: burst.try_into().unwrap(),
            bytes_told_per_second: 1_000.try_into().unwrap(),
            ..RateLimits::default()
        },
        ..settings()
    }
}

/// Ten times as long when it is told as it was typed: its links are HTML.
async fn ask_long(chat: &Chat, who: &Caller, id: ConversationId, poll: NewPoll) -> MessageId {
    let asked = NewMessage {
        poll: Some(poll),
        ..text(&"http://a.co ".repeat(800), None)
    };
    let sent = chat.send_message(who, id, asked).await;
    sent.unwrap().message.id
}

fn closing() -> NewPoll {
    NewPoll {
        closes_at: Some(OffsetDateTime::now_utc() + Duration::minutes(5)),
        ..new_poll()
    }
}

#[sqlx::test(migrations = "../../migrations")]
async fn a_vote_costs_what_it_tells(db: PgPool) {
    let people = people_with(db.clone(), settings()).await;
    let group = people.group().await;
    let id = ask_long(&people.chat, &people.ada, group, new_poll()).await;
    let message = people.chat.message(&people.ada, id).await.unwrap();
    let bytes = serde_json::to_vec(&message).unwrap().len();
    assert!(bytes > 80_000, "{bytes}");
    let burst = u32::try_from(bytes * 5 / 2).unwrap();
    let node = Chat::new(db, limited(burst));
    let choose = |who, option| {
        let options = vec![option];
        node.vote(who, id, NewVote { options })
    };
    // Also what was not told before has its price.
    choose(&people.grace, 1).await.unwrap();
    choose(&people.grace, 2).await.unwrap();
    let third = choose(&people.grace, 3).await;
    refused(third, ErrorCode::TooManyRequests);
    refused(
        node.retract_vote(&people.grace, id).await,
        ErrorCode::TooManyRequests,
    );
    assert_eq!(shown(&people, &people.grace, id).await.voter_count, 1);
    // Others have a limit of their own, and an outsider learns nothing.
    choose(&people.linus, 3).await.unwrap();
    refused(choose(&people.outsider, 1).await, ErrorCode::NotFound);
}

/// How many polls of somebody are closed.
async fn closed(db: &PgPool, who: &Caller) -> i64 {
    sqlx::query_scalar(
        "select count(*) from polls p join messages m on m.id = p.message_id
        where m.sender_id = $1 and p.closed_at is not null",
    )
    .bind(who.user_id.0)
    .fetch_one(db)
    .await
    .unwrap()
}

async fn ask_many(people: &People, group: ConversationId) -> MessageId {
    let mut last = MessageId(0);
    for _ in 0..6 {
        last = ask_long(&people.chat, &people.ada, group, closing()).await;
    }
    last
}

#[sqlx::test(migrations = "../../migrations")]
async fn polls_that_end_together_cost_their_sender_what_they_tell(db: PgPool) {
    let people = people_with(db.clone(), settings()).await;
    let group = people.group().await;
    let last = ask_many(&people, group).await;
    let asked = NewMessage {
        poll: Some(closing()),
        ..text("Tea?", None)
    };
    let other = people.chat.send_message(&people.grace, group, asked).await;
    let other = other.unwrap().message.id;
    make_due(&db).await;
    let node = Chat::new(db.clone(), limited(250_000));
    node.do_due().await.unwrap();
    let first = closed(&db, &people.ada).await;
    assert!((1..=3).contains(&first), "{first}");
    assert_eq!(closed(&db, &people.grace).await, 1);
    assert!(
        shown(&people, &people.linus, other)
            .await
            .closed_at
            .is_some()
    );
    // One look more tells no more, and no vote counts in what is not told yet.
    node.do_due().await.unwrap();
    assert_eq!(closed(&db, &people.ada).await, first);
    let options = vec![1];
    let late = node.vote(&people.linus, last, NewVote { options }).await;
    refused(late, ErrorCode::Conflict);
    // It is told once there is room again, as on a node that has told nothing.
    people.chat.do_due().await.unwrap();
    assert_eq!(closed(&db, &people.ada).await, 6);
}

#[sqlx::test(migrations = "../../migrations")]
async fn a_dear_end_holds_up_no_cheaper_one_and_is_told_some_time(db: PgPool) {
    let people = people_with(db.clone(), settings()).await;
    let group = people.group().await;
    ask_long(&people.chat, &people.ada, group, closing()).await;
    ask_long(&people.chat, &people.ada, group, closing()).await;
    let long = ask_long(&people.chat, &people.ada, group, closing()).await;
    let long = people.chat.message(&people.ada, long).await.unwrap();
    let bytes = serde_json::to_vec(&long).unwrap().len();
    let asked = NewMessage {
        poll: Some(closing()),
        ..text("Tea?", None)
    };
    let cheap = people.chat.send_message(&people.ada, group, asked).await;
    let cheap = cheap.unwrap().message.id;
    make_due(&db).await;
    // For one of the long ones and a little more.
    let burst = u32::try_from(bytes * 3 / 2).unwrap();
    let node = Chat::new(db.clone(), limited(burst));
    node.do_due().await.unwrap();
    assert_eq!(closed(&db, &people.ada).await, 2);
    assert!(
        shown(&people, &people.linus, cheap)
            .await
            .closed_at
            .is_some()
    );
    // What has waited for long enough is told one by one.
    sqlx::query(
        "update polls set closes_at = now() - interval '2 minutes' where closed_at is null",
    )
    .execute(&db)
    .await
    .unwrap();
    for count in [3, 4] {
        node.do_due().await.unwrap();
        assert_eq!(closed(&db, &people.ada).await, count);
    }
}

#[sqlx::test(migrations = "../../migrations")]
async fn ends_of_different_senders_take_turns(db: PgPool) {
    let people = people_with(db.clone(), settings()).await;
    let group = people.group().await;
    // More than are looked up at once, all of them due before the other one.
    for number in 0..120 {
        let asked = NewMessage {
            poll: Some(closing()),
            ..text("Tea?", Some(&format!("t{number}")))
        };
        let sent = people.chat.send_message(&people.ada, group, asked).await;
        sent.unwrap();
    }
    let asked = NewMessage {
        poll: Some(closing()),
        ..text("Coffee?", None)
    };
    let other = people.chat.send_message(&people.grace, group, asked).await;
    let other = other.unwrap().message;
    sqlx::query(
        "update polls set closes_at = now() - case when message_id = $1
            then interval '1 minute' else interval '2 minutes' end",
    )
    .bind(other.id.0)
    .execute(&db)
    .await
    .unwrap();
    people.chat.do_due().await.unwrap();
    let before: i64 =
        sqlx::query_scalar("select count(*) from messages where seq > $1 and seq < $2")
            .bind(other.seq)
            .bind(
                people
                    .chat
                    .message(&people.grace, other.id)
                    .await
                    .unwrap()
                    .seq,
            )
            .fetch_one(&db)
            .await
            .unwrap();
    assert!(before < 20, "{before}");
    assert_eq!(closed(&db, &people.ada).await, 120);
}
