//! Reactions: each emoji at most once per user.

use crate::fixtures::{events, people, refused};
use model::ErrorCode;
use sqlx::PgPool;

#[sqlx::test(migrations = "../../migrations")]
async fn counts_each_user_once(db: PgPool) {
    let people = people(db).await;
    let (chat, id) = (&people.chat, people.group().await);
    let message = people.say(&people.ada, id, "ship it?").await;
    chat.add_reaction(&people.grace, message.id, "👍")
        .await
        .unwrap();
    let mut subscription = chat.subscribe();
    chat.add_reaction(&people.grace, message.id, "👍")
        .await
        .unwrap();
    assert_eq!(
        events(&people.drain(&mut subscription).await),
        [],
        "nothing has changed"
    );
    chat.add_reaction(&people.linus, message.id, "👍")
        .await
        .unwrap();
    let after = chat
        .add_reaction(&people.ada, message.id, "🎉")
        .await
        .unwrap();
    let reactions: Vec<_> = after
        .reactions
        .iter()
        .map(|it| (it.emoji.as_str(), it.count, it.user_ids.clone()))
        .collect();
    let (ada, grace, linus) = (
        people.ada.user_id,
        people.grace.user_id,
        people.linus.user_id,
    );
    assert_eq!(
        reactions,
        [("👍", 2, vec![grace, linus]), ("🎉", 1, vec![ada])]
    );
    assert_eq!(after.seq, 5);
    assert_eq!(after.edited_at, None);
    let published = events(&people.drain(&mut subscription).await);
    assert_eq!(
        published.iter().map(|it| it.0).collect::<Vec<_>>(),
        ["message:updated"; 2]
    );

    let after = chat
        .remove_reaction(&people.ada, message.id, "🎉")
        .await
        .unwrap();
    assert_eq!(after.reactions.len(), 1);
    let same = chat
        .remove_reaction(&people.ada, message.id, "👍")
        .await
        .unwrap();
    assert_eq!(same.seq, after.seq, "she had not put it there");
    refused(
        chat.add_reaction(&people.ada, message.id, "nope").await,
        ErrorCode::Invalid,
    );
    refused(
        chat.add_reaction(&people.outsider, message.id, "👍").await,
        ErrorCode::NotFound,
    );
    refused(
        chat.remove_reaction(&people.outsider, message.id, "👍")
            .await,
        ErrorCode::NotFound,
    );
}
