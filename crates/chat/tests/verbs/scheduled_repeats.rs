//! A request to schedule that comes again, with the same `clientId`.

use crate::fixtures::{People, people};
use chat::Caller;
use model::{ConversationId, ErrorCode, NewScheduledMessage, ScheduledChange, ScheduledMessage};
use sqlx::PgPool;
use time::{Duration, OffsetDateTime};

/// What a request that comes again is answered.
async fn repeat(
    people: &People,
    caller: &Caller,
    id: ConversationId,
    new: &NewScheduledMessage,
) -> Result<ScheduledMessage, ErrorCode> {
    let answer = people.chat.schedule_message(caller, id, new.clone()).await;
    let (scheduled, existed) = answer.map_err(|error| error.code())?;
    assert!(existed);
    Ok(scheduled)
}

#[sqlx::test(migrations = "../../migrations")]
async fn the_same_client_id_with_other_content_is_a_conflict(db: PgPool) {
    let people = people(db).await;
    let (chat, grace, id) = (&people.chat, &people.grace, people.group().await);
    let [root, quoted] = ["root", "quoted"].map(|body| people.say(&people.ada, id, body));
    let (root, quoted) = (root.await, quoted.await);
    let first = NewScheduledMessage {
        body: "hi".to_owned(),
        reply_to_id: Some(quoted.id),
        thread_id: None,
        also_to_conversation: false,
        send_at: OffsetDateTime::now_utc() + Duration::minutes(5),
        client_id: Some("key".to_owned()),
        draft_seq: None,
        attachment_ids: Vec::new(),
        poll: model::NoPoll,
    };
    let (scheduled, existed) = chat
        .schedule_message(grace, id, first.clone())
        .await
        .unwrap();
    assert!(!existed);
    assert_eq!(
        repeat(&people, grace, id, &first).await,
        Ok(scheduled.clone())
    );
    let other = |change: fn(&mut NewScheduledMessage)| {
        let mut new = first.clone();
        change(&mut new);
        new
    };
    let in_thread = NewScheduledMessage {
        thread_id: Some(root.id),
        ..first.clone()
    };
    let with_root = NewScheduledMessage {
        reply_to_id: Some(root.id),
        ..first.clone()
    };
    for new in [
        other(|new| new.body = "ho".to_owned()),
        other(|new| new.send_at += Duration::minutes(1)),
        other(|new| new.reply_to_id = None),
        with_root,
        in_thread.clone(),
    ] {
        let answer = repeat(&people, grace, id, &new).await;
        assert_eq!(answer, Err(ErrorCode::Conflict), "{new:?}");
    }
    let elsewhere = people.direct().await;
    let answer = repeat(&people, grace, elsewhere, &first).await;
    assert_eq!(answer, Err(ErrorCode::Conflict));
    // The id is one of its user's only, and of their conversations.
    let outsider = repeat(&people, &people.outsider, id, &first).await;
    assert_eq!(outsider, Err(ErrorCode::NotFound));

    let in_thread = NewScheduledMessage {
        client_id: Some("thread".to_owned()),
        ..in_thread
    };
    chat.schedule_message(grace, id, in_thread.clone())
        .await
        .unwrap();
    let also = NewScheduledMessage {
        also_to_conversation: true,
        ..in_thread
    };
    let answer = repeat(&people, grace, id, &also).await;
    assert_eq!(answer, Err(ErrorCode::Conflict));

    // A quote that is deleted is the same quote.
    chat.delete_message(&people.ada, quoted.id).await.unwrap();
    let again = repeat(&people, grace, id, &first).await.unwrap();
    assert_eq!(again.id, scheduled.id);
    let change = ScheduledChange {
        body: Some("changed".to_owned()),
        send_at: None,
        attachment_ids: None,
        poll: model::NoPoll,
    };
    chat.change_scheduled(grace, scheduled.id, change)
        .await
        .unwrap();
    let answer = repeat(&people, grace, id, &first).await;
    assert_eq!(answer, Err(ErrorCode::Conflict));
    // Of what has gone only the place is left.
    chat.cancel_scheduled(grace, scheduled.id).await.unwrap();
    let again = repeat(&people, grace, id, &first).await.unwrap();
    assert_eq!(again.id, scheduled.id);
}
