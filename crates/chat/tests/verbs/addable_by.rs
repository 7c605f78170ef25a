//! Who may put a user into groups and channels.

use crate::fixtures::{People, direct, events, people, refused};
use chat::{Caller, CreatedConversation, Error, Result};
use model::{
    AddableBy, ConversationId, ConversationKind, ErrorCode, Member, MemberRole, NewConversation,
    NewMembers, PageRequest,
};
use sqlx::PgPool;

async fn begin(people: &People, who: &Caller, with: &[&Caller]) -> Result<CreatedConversation> {
    let new = NewConversation {
        kind: ConversationKind::Group,
        member_ids: with.iter().map(|it| it.user_id).collect(),
        title: Some("Spam".to_owned()),
        ..direct()
    };
    people.chat.create_conversation(who, new).await
}

async fn add(
    people: &People,
    who: &Caller,
    id: ConversationId,
    added: &[&Caller],
) -> Result<Vec<Member>> {
    let new = NewMembers {
        user_ids: added.iter().map(|it| it.user_id).collect(),
        role: MemberRole::Member,
    };
    people.chat.add_members(who, id, new).await
}

#[sqlx::test(migrations = "../../migrations")]
async fn nobody_adds_who_lets_nobody(db: PgPool) {
    let people = people(db).await;
    let (chat, grace) = (&people.chat, &people.grace);
    assert_eq!(chat.addable_by(grace).await.unwrap(), AddableBy::Everybody);
    let shared = people.group().await;
    let other = people.create(ConversationKind::Group, &[], "Other").await;
    chat.set_addable_by(grace, AddableBy::Nobody).await.unwrap();
    assert_eq!(chat.addable_by(grace).await.unwrap(), AddableBy::Nobody);

    let mut subscription = chat.subscribe();
    let error = begin(&people, &people.ada, &[&people.linus, grace])
        .await
        .err()
        .unwrap();
    assert_eq!(error.code(), ErrorCode::Forbidden);
    assert!(error.to_string().contains("Grace Hopper"), "{error}");
    assert!(!error.to_string().contains("Linus"), "{error}");
    let added = add(&people, &people.ada, other, &[&people.linus, grace]).await;
    assert!(matches!(added, Err(Error::NotAddable(_))), "{added:?}");
    // Nobody was added, nobody has heard of anything.
    assert_eq!(
        chat.member_ids(&people.ada, other).await.unwrap(),
        [people.ada.user_id]
    );
    assert_eq!(events(&people.drain(&mut subscription).await), []);
    assert!(
        chat.joined_conversations(&people.linus, PageRequest::default())
            .await
            .unwrap()
            .items
            .len()
            == 1
    );

    // Members stay, and are named again without harm; she can be written to, begin groups herself, and join.
    assert_eq!(
        add(&people, &people.ada, shared, &[grace])
            .await
            .unwrap()
            .len(),
        1
    );
    people.direct().await;
    begin(&people, grace, &[&people.ada]).await.unwrap();
    let channel = people
        .create(ConversationKind::Channel, &[], "general")
        .await;
    chat.join_conversation(grace, channel).await.unwrap();
    // Who has left is not put back.
    chat.leave_conversation(grace, shared).await.unwrap();
    let back = add(&people, &people.ada, shared, &[grace]).await;
    refused(back, ErrorCode::Forbidden);
    // An outsider learns nothing of the group by it.
    refused(
        add(&people, &people.outsider, other, &[grace]).await,
        ErrorCode::NotFound,
    );
}

#[sqlx::test(migrations = "../../migrations")]
async fn contacts_add_who_lets_contacts(db: PgPool) {
    let people = people(db).await;
    let (chat, grace) = (&people.chat, &people.grace);
    chat.set_addable_by(grace, AddableBy::Contacts)
        .await
        .unwrap();
    refused(
        begin(&people, &people.ada, &[grace]).await.map(drop),
        ErrorCode::Forbidden,
    );
    // A public channel in which both are is no acquaintance: anybody can join one.
    let channel = people
        .create(ConversationKind::Channel, &[], "general")
        .await;
    chat.join_conversation(grace, channel).await.unwrap();
    // Nor is what Ada writes to her.
    let wrote = people.direct().await;
    people.say(&people.ada, wrote, "Hello?").await;
    refused(
        begin(&people, &people.ada, &[grace]).await.map(drop),
        ErrorCode::Forbidden,
    );
    // Her answer is.
    people.say(grace, wrote, "Hello!").await;
    begin(&people, &people.ada, &[grace]).await.unwrap();

    // So is a group in which both are, while both are.
    let with_linus = begin(&people, grace, &[&people.linus]).await.unwrap();
    begin(&people, &people.linus, &[grace]).await.unwrap();
    for of_linus in chat
        .joined_conversations(grace, PageRequest::default())
        .await
        .unwrap()
        .items
    {
        chat.leave_conversation(grace, of_linus.id).await.unwrap();
    }
    let id = with_linus.summary.conversation.id;
    chat.leave_conversation(&people.linus, id).await.unwrap();
    refused(
        begin(&people, &people.linus, &[grace]).await.map(drop),
        ErrorCode::Forbidden,
    );
    refused(
        begin(&people, &people.outsider, &[grace]).await.map(drop),
        ErrorCode::Forbidden,
    );
}

#[sqlx::test(migrations = "../../migrations")]
async fn a_started_direct_chat_is_no_acquaintance(db: PgPool) {
    let people = people(db).await;
    let grace = &people.grace;
    people
        .chat
        .set_addable_by(grace, AddableBy::Contacts)
        .await
        .unwrap();
    let started = people.chat.start_direct(&people.ada, grace.user_id);
    started.await.unwrap();
    refused(
        begin(&people, &people.ada, &[grace]).await.map(drop),
        ErrorCode::Forbidden,
    );
    refused(
        begin(&people, &people.outsider, &[grace]).await.map(drop),
        ErrorCode::Forbidden,
    );
}
