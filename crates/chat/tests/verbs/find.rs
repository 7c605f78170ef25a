//! Finding places by name: the caller's conversations, channels to join, people and messages.

use crate::fixtures::{People, people, refused};
use chat::{Caller, FavoriteTarget};
use model::{ConversationKind, ErrorCode, FoundPlace};
use sqlx::PgPool;

/// The places by their kind and name, in order.
async fn places(people: &People, caller: &Caller, query: &str) -> Vec<String> {
    let found = people.chat.find(caller, query, None).await.unwrap();
    let name = |it: &FoundPlace| match it {
        FoundPlace::Conversation { conversation } => {
            let peer = conversation.peer.as_ref().map(|it| it.username.clone());
            let title = conversation.conversation.title.clone();
            format!("in {}", title.or(peer).unwrap())
        }
        FoundPlace::Channel { conversation } => {
            format!("join {}", conversation.conversation.title.as_ref().unwrap())
        }
        FoundPlace::Person { user } => format!("user {}", user.username),
    };
    found.places.iter().map(name).collect()
}

#[sqlx::test(migrations = "../../migrations")]
async fn places_come_in_the_order_of_their_use(db: PgPool) {
    let people = people(db).await;
    let (chat, ada, grace) = (&people.chat, &people.ada, &people.grace);
    let direct = people.direct().await;
    for title in ["Garden", "The garden party", "Beergarden", "Gargoyles"] {
        people
            .create(ConversationKind::Group, &[grace], title)
            .await;
    }
    people
        .create(ConversationKind::Channel, &[], "Gardeners")
        .await;
    people.say(ada, direct, "a garden gnome").await;

    assert_eq!(
        places(&people, grace, "GARD").await,
        [
            "in Garden",
            "in The garden party",
            "join Gardeners",
            "in Beergarden"
        ]
    );
    assert_eq!(places(&people, grace, "ada").await, ["in ada"]);
    assert_eq!(places(&people, grace, "love").await, ["in ada"]);
    assert_eq!(places(&people, grace, "tor").await, ["user linus"]);
    assert_eq!(places(&people, grace, "li").await, ["user linus"]);
    assert_eq!(places(&people, grace, "inu").await, ["user linus"]);
    assert_eq!(places(&people, grace, "_%").await, [""; 0]);
    assert_eq!(places(&people, grace, "").await.len(), 5);
    let favorite = people
        .create(ConversationKind::Group, &[grace], "Old gargle")
        .await;
    assert_eq!(
        places(&people, grace, "gar").await.last().unwrap(),
        "in Beergarden"
    );
    chat.toggle_favorite(grace, FavoriteTarget::Conversation(favorite))
        .await
        .unwrap();
    assert_eq!(places(&people, grace, "gar").await[0], "in Old gargle");
    assert_eq!(places(&people, grace, "").await[0], "in Old gargle");

    let found = chat.find(grace, "garden", Some(1)).await.unwrap();
    assert_eq!(found.places.len(), 1);
    assert_eq!(found.messages[0].message.body, "a garden gnome");
    assert_eq!(found.messages[0].snippet.matches[0].start, 2);

    // Nothing of others but their channel.
    assert_eq!(
        places(&people, &people.outsider, "gar").await,
        ["join Gardeners"]
    );
    let found = chat.find(&people.outsider, "garden", None).await.unwrap();
    assert_eq!(found.messages, []);
    for bad in ["x".repeat(101)] {
        refused(chat.find(grace, &bad, None).await, ErrorCode::Invalid);
    }
    for bad in [0, 51] {
        refused(chat.find(grace, "x", Some(bad)).await, ErrorCode::Invalid);
    }
}

#[sqlx::test(migrations = "../../migrations")]
async fn own_conversations_are_listed_by_part_of_their_names(db: PgPool) {
    let people = people(db).await;
    let chat = &people.chat;
    people.direct().await;
    let group = people.group().await;
    let page = model::PageRequest::default;
    for (query, count) in [
        ("ENGI", 1),
        ("love", 1),
        ("ada", 1),
        ("general", 0),
        ("", 2),
    ] {
        let found = chat
            .conversations_like(&people.grace, query, page())
            .await
            .unwrap();
        assert_eq!(found.items.len(), count, "{query}");
    }
    people.say(&people.ada, group, "newest").await;
    let request = model::PageRequest {
        limit: Some(1),
        cursor: None,
    };
    let first = chat
        .conversations_like(&people.grace, "", request)
        .await
        .unwrap();
    assert_eq!(first.items[0].conversation.id, group);
    let request = model::PageRequest {
        limit: Some(1),
        cursor: first.next_cursor,
    };
    let second = chat
        .conversations_like(&people.grace, "", request)
        .await
        .unwrap();
    assert_eq!((second.items.len(), second.next_cursor), (1, None));
    let found = chat
        .conversations_like(&people.outsider, "", page())
        .await
        .unwrap();
    assert_eq!(found.items, []);
}
