//! Favorites of a user, on all of their devices.

use crate::fixtures::{people, refused};
use chat::{Audience, Delivery, FavoriteTarget};
use model::{ConversationId, ErrorCode, Event, Favorite, UserId};
use sqlx::PgPool;

#[derive(Debug, PartialEq)]
enum Named {
    Conversation(ConversationId),
    User(UserId, Option<String>),
}

fn named(favorites: &[Favorite]) -> Vec<Named> {
    let named = favorites.iter().map(|it| match it {
        Favorite::Conversation { conversation } => {
            Named::Conversation(conversation.conversation.id)
        }
        Favorite::User { user, last_message } => Named::User(user.id, last_message.clone()),
    });
    named.collect()
}

#[sqlx::test(migrations = "../../migrations")]
async fn favorites_are_toggled_and_published(db: PgPool) {
    let people = people(db).await;
    let (chat, ada) = (&people.chat, &people.ada);
    let (group, direct) = (people.group().await, people.direct().await);
    people.say(&people.grace, direct, "see you").await;
    let toggle = async |target| chat.toggle_favorite(ada, target).await.unwrap();
    let grace = FavoriteTarget::User(people.grace.user_id);
    let eve = FavoriteTarget::User(people.outsider.user_id);

    let mut subscription = chat.subscribe();
    assert!(toggle(grace).await);
    assert!(toggle(FavoriteTarget::Conversation(group)).await);
    assert!(toggle(eve).await);
    assert!(!toggle(eve).await);
    let expected = [
        Named::User(people.grace.user_id, Some("see you".to_owned())),
        Named::Conversation(group),
    ];
    assert_eq!(named(&chat.favorites(ada).await.unwrap()), expected);
    let published = people.drain(&mut subscription).await;
    let published: Vec<_> = published
        .iter()
        .map(|it| match it {
            Delivery::Emit {
                audience: Audience::Users(users),
                event: Event::FavoritesChanged { favorites },
                ..
            } if *users == [ada.user_id] => named(favorites),
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(
        published.iter().map(Vec::len).collect::<Vec<_>>(),
        [1, 2, 3, 2]
    );
    assert_eq!(published[3], expected);

    assert_eq!(chat.favorites(&people.grace).await.unwrap(), []);
    // A conversation that the user has left is no favorite any more.
    chat.leave_conversation(ada, group).await.unwrap();
    assert_eq!(named(&chat.favorites(ada).await.unwrap()), expected[..1]);
}

#[sqlx::test(migrations = "../../migrations")]
async fn only_visible_conversations_and_users_become_favorites(db: PgPool) {
    let people = people(db).await;
    let (chat, group) = (&people.chat, people.group().await);
    let mut subscription = chat.subscribe();
    for target in [
        FavoriteTarget::Conversation(group),
        FavoriteTarget::Conversation(ConversationId(999_999)),
        FavoriteTarget::User(UserId(999_999)),
    ] {
        refused(
            chat.toggle_favorite(&people.outsider, target).await,
            ErrorCode::NotFound,
        );
    }
    assert_eq!(people.drain(&mut subscription).await, []);
}

#[sqlx::test(migrations = "../../migrations")]
async fn favorites_are_limited(db: PgPool) {
    let people = people(db.clone()).await;
    let ids: Vec<i64> = sqlx::query_scalar(
        "insert into users (username, name) select 'user' || n, 'Somebody'
        from generate_series(1, 201) n returning id",
    )
    .fetch_all(&db)
    .await
    .unwrap();
    let toggle = async |id| {
        let target = FavoriteTarget::User(UserId(id));
        people.chat.toggle_favorite(&people.ada, target).await
    };
    for id in &ids[..200] {
        assert!(toggle(*id).await.unwrap());
    }
    refused(toggle(ids[200]).await, ErrorCode::Conflict);
    assert!(!toggle(ids[0]).await.unwrap());
    assert!(toggle(ids[200]).await.unwrap());
}

#[sqlx::test(migrations = "../../migrations")]
async fn favorites_are_ordered_by_their_user(db: PgPool) {
    let people = people(db).await;
    let (chat, ada) = (&people.chat, &people.ada);
    let (group, direct) = (people.group().await, people.direct().await);
    let grace = FavoriteTarget::User(people.grace.user_id);
    for target in [
        FavoriteTarget::Conversation(group),
        FavoriteTarget::Conversation(direct),
        grace,
    ] {
        chat.toggle_favorite(ada, target).await.unwrap();
    }
    let order = |favorites: &[Favorite]| {
        let ids = named(favorites).into_iter().map(|it| match it {
            Named::Conversation(id) => Some(id),
            Named::User(..) => None,
        });
        ids.collect::<Vec<_>>()
    };
    let mut subscription = chat.subscribe();
    // What is no favorite is passed over, and what is not named stands behind the others.
    let ids = [ConversationId(i64::MAX), direct, direct, group];
    let ordered = chat.order_favorites(ada, &ids).await.unwrap();
    assert_eq!(order(&ordered), [Some(direct), Some(group), None]);
    assert_eq!(chat.favorites(ada).await.unwrap(), ordered);
    let published = people.drain(&mut subscription).await;
    assert!(matches!(
        &published[..],
        [Delivery::Emit { audience: Audience::Users(users), .. }] if *users == [ada.user_id]
    ));
    let ordered = chat.order_favorites(ada, &[group]).await.unwrap();
    assert_eq!(order(&ordered), [Some(group), Some(direct), None]);
    // A favorite that is new is the last one.
    for _ in 0..2 {
        chat.toggle_favorite(ada, FavoriteTarget::Conversation(group))
            .await
            .unwrap();
    }
    let favorites = chat.favorites(ada).await.unwrap();
    assert_eq!(order(&favorites), [Some(direct), None, Some(group)]);
    let many = vec![group; 201];
    refused(chat.order_favorites(ada, &many).await, ErrorCode::Invalid);
    // Nobody orders those of others.
    chat.order_favorites(&people.grace, &[group]).await.unwrap();
    assert_eq!(chat.favorites(ada).await.unwrap(), favorites);
}

#[sqlx::test(migrations = "../../migrations")]
async fn a_favorite_that_is_added_twice_at_once_is_one(db: PgPool) {
    let people = people(db).await;
    let target = FavoriteTarget::Conversation(people.group().await);
    for on in [true, false] {
        let set = || people.chat.set_favorite(&people.ada, target, on);
        let (one, two) = tokio::join!(set(), set());
        let (one, two) = (one.unwrap(), two.unwrap());
        assert_eq!((one.len(), two.len()), (usize::from(on), usize::from(on)));
    }
}
