//! Conversation metadata and user cards, which contracts render with every message.

use crate::fixtures::{people, refused};
use model::{ConversationId, ConversationKind, ErrorCode, Profile, UserId};
use sqlx::PgPool;

#[sqlx::test(migrations = "../../migrations")]
async fn metadata_names_kind_creator_and_pair(db: PgPool) {
    let people = people(db).await;
    let (group, direct) = (people.group().await, people.direct().await);
    let meta = people.chat.conversation_meta(group).await.unwrap();
    assert_eq!((meta.kind, meta.pair), (ConversationKind::Group, None));
    assert_eq!(meta.other(people.ada.user_id), None);

    let meta = people.chat.conversation_meta(direct).await.unwrap();
    let (ada, grace) = (people.ada.user_id, people.grace.user_id);
    assert_eq!((meta.id, meta.kind), (direct, ConversationKind::Direct));
    assert_eq!(meta.other(ada), Some(grace));
    assert_eq!(meta.other(grace), Some(ada));
    assert_eq!(meta.other(people.outsider.user_id), None);

    refused(
        people.chat.conversation_meta(ConversationId(999_999)).await,
        ErrorCode::NotFound,
    );
}

#[sqlx::test(migrations = "../../migrations")]
async fn a_user_card_follows_the_profile(db: PgPool) {
    let people = people(db).await;
    let (chat, ada) = (&people.chat, &people.ada);
    assert_eq!(chat.user_card(ada.user_id).await.unwrap().email, None);
    let profile = Profile {
        name: Some("Countess".to_owned()),
        email: Some("ada@example.org".to_owned()),
        ..Profile::default()
    };
    chat.update_account(ada, profile).await.unwrap();
    let card = chat.user_card(ada.user_id).await.unwrap();
    assert_eq!(card.name, "Countess");
    assert_eq!(card.email.as_deref(), Some("ada@example.org"));

    let nobody = UserId(999_999);
    refused(chat.user_card(nobody).await, ErrorCode::NotFound);
    let ids = [ada.user_id, people.grace.user_id, nobody, ada.user_id];
    let cards = chat.user_cards(&ids).await.unwrap();
    assert_eq!(cards.len(), 2);
    assert_eq!(cards[&ada.user_id], card);
    assert_eq!(cards[&people.grace.user_id].username, "grace");
}
