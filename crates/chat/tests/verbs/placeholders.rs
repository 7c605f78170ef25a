//! Somebody who is named before their first token: a placeholder, which becomes theirs.

use crate::{
    directory_fixtures::{APP, Directory, counts, directory, token},
    fixtures::{direct, receive_until, text},
};
use chat::{Caller, Delivery};
use model::{ConversationId, ConversationKind, Event, NewConversation, PageRequest, UserId};
use serde_json::json;
use sqlx::PgPool;

/// A conversation with somebody whom nobody has seen yet, named by the app's id.
async fn write_to_stranger(
    directory: &Directory,
    ada: &Caller,
    id: &str,
) -> (UserId, ConversationId, ConversationId) {
    let chat = &directory.chat;
    let stranger = chat.resolve_user(ada, id).await.unwrap();
    let new = NewConversation {
        member_ids: vec![stranger],
        ..direct()
    };
    let created = chat.create_conversation(ada, new).await.unwrap();
    let direct_id = created.summary.conversation.id;
    let new = NewConversation {
        kind: ConversationKind::Group,
        title: Some("Engines".to_owned()),
        member_ids: vec![stranger],
        ..direct()
    };
    let created = chat.create_conversation(ada, new).await.unwrap();
    let group_id = created.summary.conversation.id;
    for (id, body) in [(direct_id, "one"), (direct_id, "two"), (group_id, "three")] {
        chat.send_message(ada, id, text(body, None)).await.unwrap();
    }
    (stranger, direct_id, group_id)
}

#[sqlx::test(migrations = "../../migrations")]
async fn a_placeholder_finds_everything_after_the_first_token(db: PgPool) {
    let directory = directory(db).await;
    let chat = &directory.chat;
    let ada = directory.sign_in("1").await;
    let (stranger, direct_id, group_id) = write_to_stranger(&directory, &ada, "42").await;
    let page = PageRequest::default();
    let listed = chat.app_users(&directory.admin, APP, page.clone()).await;
    let listed = listed.unwrap().items;
    assert!(listed[1].placeholder && listed[1].user_id == stranger);

    // The directory comes in between, and names the placeholder.
    let named = json!([{ "id": "42", "name": "Grace Hopper", "username": "grace" }]);
    assert_eq!(counts(&directory.put(named).await), [0, 1, 0, 0, 0]);
    let seen = chat.user(&ada, stranger).await.unwrap();
    assert_eq!(
        (seen.name.as_str(), seen.username.as_str()),
        ("Grace Hopper", "grace")
    );
    let card = chat.user_card(stranger).await.unwrap();
    assert_eq!(card.name, "Grace Hopper");

    let grace = directory.sign_in("42").await;
    assert_eq!(grace.user_id, stranger);
    let unread = chat.unread(&grace).await.unwrap();
    assert_eq!(unread.total, 3);
    let heads = chat.conversations(&grace, page).await.unwrap().items;
    let mut ids: Vec<_> = heads.iter().map(|it| it.conversation.id).collect();
    ids.sort_unstable();
    assert_eq!(ids, [direct_id, group_id]);
    let reply = chat.send_message(&grace, group_id, text("four", None));
    assert_eq!(reply.await.unwrap().message.sender.name, "Grace Hopper");
}

#[sqlx::test(migrations = "../../migrations")]
async fn a_new_name_is_told_to_those_who_know_the_user(db: PgPool) {
    let directory = directory(db).await;
    let chat = &directory.chat;
    let ada = directory.sign_in("1").await;
    let (stranger, direct_id, group_id) = write_to_stranger(&directory, &ada, "42").await;
    let mut subscription = chat.subscribe();
    directory
        .put(json!([{ "id": "42", "name": "Grace" }, { "id": "43", "name": "New" }]))
        .await;
    let told = receive_until(&mut subscription, |it| {
        matches!(
            it,
            Delivery::Emit {
                event: Event::UserUpdated { .. },
                ..
            }
        )
    });
    let told = told.await;
    let Some(Delivery::Emit {
        audience,
        event: Event::UserUpdated { profile },
        ..
    }) = told.last()
    else {
        panic!("{told:?}")
    };
    assert_eq!((profile.id, profile.name.as_str()), (stranger, "Grace"));
    let chat::Audience::Conversations(ids) = audience else {
        panic!("{audience:?}")
    };
    let mut ids = ids.clone();
    ids.sort_unstable();
    assert_eq!(ids, [direct_id, group_id]);
}

#[sqlx::test(migrations = "../../migrations")]
async fn the_first_token_names_the_placeholder_at_others_clients(db: PgPool) {
    let directory = directory(db).await;
    let chat = &directory.chat;
    let ada = directory.sign_in("1").await;
    let (stranger, _, _) = write_to_stranger(&directory, &ada, "42").await;
    let mut subscription = chat.subscribe();
    let first = token(&json!({ "sub": "42", "name": "Grace Hopper" }));
    let grace = chat.authenticate(&first).await.unwrap();
    assert_eq!(grace.user_id, stranger);
    let told = receive_until(&mut subscription, |it| {
        matches!(
            it,
            Delivery::Emit {
                event: Event::UserUpdated { .. },
                ..
            }
        )
    });
    let told = told.await;
    let Some(Delivery::Emit {
        event: Event::UserUpdated { profile },
        ..
    }) = told.last()
    else {
        panic!("{told:?}")
    };
    assert_eq!(
        (profile.id, profile.name.as_str()),
        (stranger, "Grace Hopper")
    );
    assert_eq!(chat.unread(&grace).await.unwrap().total, 3);
}
