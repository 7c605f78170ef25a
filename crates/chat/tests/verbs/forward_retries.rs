//! Forwarding again with the same `clientId`: one result, whatever has become of the originals.

use crate::{
    fixtures::{people, refused, text},
    forwards::{bodies, forward_of},
};
use model::{ErrorCode, NewForward};
use sqlx::PgPool;

#[sqlx::test(migrations = "../../migrations")]
async fn a_retry_returns_the_first_result(db: PgPool) {
    let people = people(db).await;
    let (chat, source, target) = (&people.chat, people.source().await, people.group().await);
    let first = people.say(&people.ada, source, "one").await;
    let second = people.say(&people.ada, source, "two").await;
    let new = NewForward {
        comment: Some("look".to_owned()),
        ..forward_of(&[&first, &second], Some("key"))
    };
    let sent = chat
        .forward_messages(&people.grace, target, new.clone())
        .await
        .unwrap();
    // Though nothing is there any more to be forwarded.
    chat.edit_message(&people.ada, first.id, "another".to_owned())
        .await
        .unwrap();
    chat.delete_message(&people.ada, second.id).await.unwrap();
    chat.leave_conversation(&people.grace, source)
        .await
        .unwrap();
    let again = chat
        .forward_messages(&people.grace, target, new.clone())
        .await
        .unwrap();
    assert!(again.deduplicated);
    assert_eq!(again.messages, sent.messages);

    // With the same key, anything else is a conflict.
    let others = [
        NewForward {
            comment: None,
            ..new.clone()
        },
        NewForward {
            comment: Some("no".to_owned()),
            ..new.clone()
        },
        forward_of(&[&first], Some("key")),
    ];
    for other in others {
        let other = chat.forward_messages(&people.grace, target, other).await;
        refused(other, ErrorCode::Conflict);
    }
    // The key is the sender's own.
    let others = chat.forward_messages(&people.ada, target, forward_of(&[&first], Some("key")));
    assert!(!others.await.unwrap().deduplicated);
    assert_eq!(people.history(&people.ada, target).await.len(), 4);
}

#[sqlx::test(migrations = "../../migrations")]
async fn of_many_requests_with_one_key_one_is_written(db: PgPool) {
    let people = people(db).await;
    let (source, target) = (people.source().await, people.group().await);
    let mut said = Vec::new();
    for n in 0..20 {
        said.push(people.say(&people.ada, source, &format!("no. {n}")).await);
    }
    let new = forward_of(&said.iter().collect::<Vec<_>>(), Some("key"));
    let requests = (0..8).map(|_| {
        people
            .chat
            .forward_messages(&people.ada, target, new.clone())
    });
    // Messages of others come in between, before or after all of them.
    let sends = (0..8).map(|n| {
        people
            .chat
            .send_message(&people.grace, target, text(&format!("{n}"), None))
    });
    let (sent, others) = tokio::join!(
        futures_util::future::join_all(requests),
        futures_util::future::join_all(sends)
    );
    assert!(others.iter().all(std::result::Result::is_ok));
    let sent: Vec<_> = sent.into_iter().map(std::result::Result::unwrap).collect();
    assert_eq!(sent.iter().filter(|it| !it.deduplicated).count(), 1);
    assert!(sent.iter().all(|it| it.messages == sent[0].messages));
    let positions: Vec<_> = sent[0].messages.iter().map(|it| it.position).collect();
    assert!(
        positions.windows(2).all(|it| it[1] == it[0] + 1),
        "{positions:?}"
    );
    let expected: Vec<_> = said.iter().map(|it| it.body.as_str()).collect();
    assert_eq!(bodies(&sent[0].messages), expected);
    assert_eq!(people.history(&people.ada, target).await.len(), 28);
}
