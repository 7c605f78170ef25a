//! Conversations: creating, finding, listing, changing, deleting.

use crate::fixtures::{direct, events, people, refused};
use chat::{Audience, Delivery};
use model::{
    ConversationChanges, ConversationId, ConversationKind, ErrorCode, NewConversation, PageRequest,
    UserId,
};
use sqlx::PgPool;

#[sqlx::test(migrations = "../../migrations")]
async fn a_direct_conversation_is_unique_per_pair(db: PgPool) {
    let people = people(db).await;
    let mut tasks = tokio::task::JoinSet::new();
    for n in 0..16 {
        let (me, other) = if n % 2 == 0 {
            (people.ada, people.grace)
        } else {
            (people.grace, people.ada)
        };
        let chat = people.chat.clone();
        tasks.spawn(async move {
            let new = NewConversation {
                member_ids: vec![other.user_id],
                ..direct()
            };
            let created = chat.create_conversation(&me, new).await.unwrap();
            (created.summary.conversation.id, created.existed)
        });
    }
    let made = tasks.join_all().await;
    assert!(made.iter().all(|(id, _)| *id == made[0].0));
    assert_eq!(made.iter().filter(|(_, existed)| !existed).count(), 1);

    let summary = people
        .chat
        .conversation(&people.grace, made[0].0)
        .await
        .unwrap();
    assert_eq!(summary.peer.unwrap().id, people.ada.user_id);
    assert!(summary.conversation.private);
    assert_eq!(summary.conversation.member_count, 2);
    refused(
        people.chat.conversation(&people.outsider, made[0].0).await,
        ErrorCode::NotFound,
    );
}

#[sqlx::test(migrations = "../../migrations")]
async fn notes_to_oneself_are_a_direct_conversation(db: PgPool) {
    let people = people(db).await;
    let new = NewConversation {
        member_ids: vec![people.ada.user_id],
        ..direct()
    };
    let notes = people
        .chat
        .create_conversation(&people.ada, new)
        .await
        .unwrap()
        .summary;
    assert_eq!(notes.conversation.member_count, 1);
    assert_eq!(notes.peer.unwrap().id, people.ada.user_id);
    people
        .say(&people.ada, notes.conversation.id, "Remember the milk")
        .await;
}

#[sqlx::test(migrations = "../../migrations")]
async fn bad_conversations_are_refused(db: PgPool) {
    let people = people(db).await;
    let group = |title: Option<&str>, member_ids: Vec<UserId>| NewConversation {
        kind: ConversationKind::Group,
        title: title.map(str::to_owned),
        member_ids,
        ..direct()
    };
    let (grace, linus) = (people.grace.user_id, people.linus.user_id);
    for (new, code) in [
        (direct(), ErrorCode::Invalid),
        (
            NewConversation {
                member_ids: vec![grace, linus],
                ..direct()
            },
            ErrorCode::Invalid,
        ),
        (
            NewConversation {
                title: Some("x".to_owned()),
                member_ids: vec![grace],
                ..direct()
            },
            ErrorCode::Invalid,
        ),
        (
            NewConversation {
                member_ids: vec![UserId(999)],
                ..direct()
            },
            ErrorCode::NotFound,
        ),
        (
            NewConversation {
                member_ids: vec![UserId(-1)],
                ..direct()
            },
            ErrorCode::NotFound,
        ),
        (group(None, vec![]), ErrorCode::Invalid),
        (group(Some("  "), vec![]), ErrorCode::Invalid),
        (group(Some(&"x".repeat(121)), vec![]), ErrorCode::Invalid),
        (group(Some("a\0b"), vec![]), ErrorCode::Invalid),
        (group(Some("Crew"), vec![UserId(999)]), ErrorCode::NotFound),
        (
            group(Some("Crew"), (1000..1600).map(UserId).collect()),
            ErrorCode::Invalid,
        ),
    ] {
        refused(
            people.chat.create_conversation(&people.ada, new).await,
            code,
        );
    }
    let none = people
        .chat
        .conversations(&people.ada, PageRequest::default())
        .await
        .unwrap();
    assert_eq!(none.items, [], "a refused creation leaves nothing behind");
}

#[sqlx::test(migrations = "../../migrations")]
async fn a_retry_of_a_creation_returns_the_first(db: PgPool) {
    let people = people(db).await;
    let new = NewConversation {
        kind: ConversationKind::Group,
        title: Some("Crew".to_owned()),
        client_id: Some("c1".to_owned()),
        ..direct()
    };
    let first = people
        .chat
        .create_conversation(&people.ada, new.clone())
        .await
        .unwrap();
    let again = people
        .chat
        .create_conversation(&people.ada, new.clone())
        .await
        .unwrap();
    assert_eq!(first.summary.conversation.id, again.summary.conversation.id);
    assert!(!first.existed && again.existed);
    let other = NewConversation {
        title: Some("Other".to_owned()),
        ..new.clone()
    };
    refused(
        people.chat.create_conversation(&people.ada, other).await,
        ErrorCode::Conflict,
    );
    // The same key of another user is another conversation.
    let theirs = people
        .chat
        .create_conversation(&people.grace, new)
        .await
        .unwrap();
    assert_ne!(
        first.summary.conversation.id,
        theirs.summary.conversation.id
    );
}

#[sqlx::test(migrations = "../../migrations")]
async fn new_members_are_subscribed_and_get_the_conversation(db: PgPool) {
    let people = people(db).await;
    let mut subscription = people.chat.subscribe();
    let id = people.group().await;
    let received = people.drain(&mut subscription).await;
    let Delivery::Subscribe {
        conversation_id,
        user_ids,
    } = &received[0]
    else {
        panic!("{received:?}")
    };
    assert_eq!((*conversation_id, user_ids.len()), (id, 3));
    let published = events(&received);
    let mut told = Vec::new();
    for (name, audience) in published {
        assert_eq!(name, "conversation:created");
        match audience {
            Audience::Users(users) => told.extend(users),
            other => panic!("{other:?}"),
        }
    }
    told.sort_unstable();
    let everybody = [people.ada, people.grace, people.linus].map(|it| it.user_id);
    assert_eq!(told, everybody);
}

#[sqlx::test(migrations = "../../migrations")]
async fn conversations_are_listed_newest_first_in_pages(db: PgPool) {
    let people = people(db).await;
    let (group, channel, direct) = (
        people.group().await,
        people.channel().await,
        people.direct().await,
    );
    people.say(&people.linus, group, "first").await;
    people.say(&people.ada, channel, "second").await;
    let page = |cursor| PageRequest {
        limit: Some(2),
        cursor,
    };
    let first = people
        .chat
        .conversations(&people.grace, page(None))
        .await
        .unwrap();
    let second = people
        .chat
        .conversations(&people.grace, page(first.next_cursor.clone()))
        .await
        .unwrap();
    let ids: Vec<_> = first
        .items
        .iter()
        .chain(&second.items)
        .map(|it| it.conversation.id)
        .collect();
    assert_eq!(ids, [channel, group, direct]);
    assert_eq!(first.items[0].last_message.as_ref().unwrap().body, "second");
    assert_eq!(first.items[0].unread, 1);
    assert_eq!(second.next_cursor, None);
    let none = people
        .chat
        .conversations(&people.outsider, PageRequest::default())
        .await
        .unwrap();
    assert_eq!(none.items, []);
    let bad = PageRequest {
        cursor: Some("nonsense".to_owned()),
        limit: None,
    };
    refused(
        people.chat.conversations(&people.ada, bad).await,
        ErrorCode::Invalid,
    );
}

#[sqlx::test(migrations = "../../migrations")]
async fn an_outsider_sees_public_channels_only(db: PgPool) {
    let people = people(db).await;
    let (group, channel, direct) = (
        people.group().await,
        people.channel().await,
        people.direct().await,
    );
    let open = people
        .chat
        .open_channels(&people.outsider, Some("GENER"), PageRequest::default())
        .await
        .unwrap();
    assert_eq!(
        open.items
            .iter()
            .map(|it| it.conversation.id)
            .collect::<Vec<_>>(),
        [channel]
    );
    let mine = people
        .chat
        .open_channels(&people.ada, None, PageRequest::default())
        .await
        .unwrap();
    assert_eq!(mine.items, [], "what one is in is not open to join");
    for id in [group, direct, ConversationId(-1), ConversationId(i64::MAX)] {
        refused(
            people.chat.conversation(&people.outsider, id).await,
            ErrorCode::NotFound,
        );
        refused(
            people.chat.join_conversation(&people.outsider, id).await,
            ErrorCode::NotFound,
        );
        refused(
            people.chat.leave_conversation(&people.outsider, id).await,
            ErrorCode::NotFound,
        );
        refused(
            people.chat.delete_conversation(&people.outsider, id).await,
            ErrorCode::NotFound,
        );
    }
    let summary = people
        .chat
        .conversation(&people.outsider, channel)
        .await
        .unwrap();
    assert_eq!((summary.role, summary.unread), (None, 0));
    let changes = ConversationChanges::default();
    let update = people
        .chat
        .update_conversation(&people.outsider, channel, changes)
        .await;
    refused(update, ErrorCode::Forbidden);
}

#[sqlx::test(migrations = "../../migrations")]
async fn a_direct_conversation_has_no_description(db: PgPool) {
    let people = people(db).await;
    let (chat, id) = (&people.chat, people.direct().await);
    let changes = || ConversationChanges {
        description: Some("of two".to_owned()),
        ..ConversationChanges::default()
    };
    for (who, code) in [
        (&people.ada, ErrorCode::Invalid),
        (&people.grace, ErrorCode::Forbidden),
        (&people.outsider, ErrorCode::NotFound),
    ] {
        refused(chat.update_conversation(who, id, changes()).await, code);
    }
    let new = NewConversation {
        member_ids: vec![people.linus.user_id],
        description: Some("of two".to_owned()),
        ..direct()
    };
    let created = chat.create_conversation(&people.ada, new).await;
    assert!(matches!(created, Err(error) if error.code() == ErrorCode::Invalid));
}

#[sqlx::test(migrations = "../../migrations")]
async fn owners_and_admins_change_a_conversation(db: PgPool) {
    let people = people(db).await;
    let id = people.group().await;
    let changes = ConversationChanges {
        title: Some(" Engines! ".to_owned()),
        description: Some("Analytical".to_owned()),
        private: None,
    };
    let mut subscription = people.chat.subscribe();
    let summary = people
        .chat
        .update_conversation(&people.ada, id, changes.clone())
        .await
        .unwrap();
    assert_eq!(summary.conversation.title.as_deref(), Some("Engines!"));
    assert_eq!(summary.conversation.seq, 2);
    let published = events(&people.drain(&mut subscription).await);
    assert_eq!(
        published,
        [("conversation:updated", Audience::Conversations(vec![id]))]
    );
    let cleared = ConversationChanges {
        description: Some(String::new()),
        ..Default::default()
    };
    let summary = people
        .chat
        .update_conversation(&people.ada, id, cleared)
        .await
        .unwrap();
    assert_eq!(summary.conversation.description, None);
    refused(
        people
            .chat
            .update_conversation(&people.grace, id, changes)
            .await,
        ErrorCode::Forbidden,
    );
    let public = ConversationChanges {
        private: Some(false),
        ..Default::default()
    };
    refused(
        people
            .chat
            .update_conversation(&people.ada, id, public)
            .await,
        ErrorCode::Invalid,
    );
    let direct = people.direct().await;
    let title = ConversationChanges {
        title: Some("Us".to_owned()),
        ..Default::default()
    };
    refused(
        people
            .chat
            .update_conversation(&people.ada, direct, title)
            .await,
        ErrorCode::Invalid,
    );
}

#[sqlx::test(migrations = "../../migrations")]
async fn an_owner_deletes_a_group_and_its_members_are_notified(db: PgPool) {
    let rows = async || -> (i64, i64) {
        let count = "select (select count(*) from messages), (select count(*) from read_marks)";
        sqlx::query_as(count).fetch_one(&db).await.unwrap()
    };
    let people = people(db.clone()).await;
    let (id, direct) = (people.group().await, people.direct().await);
    let message = people.say(&people.linus, id, "soon gone").await;
    people.chat.mark_read(&people.grace, id, 1).await.unwrap();
    assert_eq!(rows().await, (1, 1));
    refused(
        people.chat.delete_conversation(&people.grace, id).await,
        ErrorCode::Forbidden,
    );
    refused(
        people.chat.delete_conversation(&people.ada, direct).await,
        ErrorCode::Forbidden,
    );
    let mut subscription = people.chat.subscribe();
    people
        .chat
        .delete_conversation(&people.ada, id)
        .await
        .unwrap();
    let received = people.drain(&mut subscription).await;
    assert_eq!(
        events(&received),
        [("conversation:removed", Audience::Conversations(vec![id]))]
    );
    assert_eq!(
        received[1],
        Delivery::CloseConversation {
            conversation_id: id
        }
    );
    refused(
        people.chat.conversation(&people.ada, id).await,
        ErrorCode::NotFound,
    );
    refused(
        people.chat.message(&people.ada, message.id).await,
        ErrorCode::NotFound,
    );
    assert_eq!(rows().await, (0, 0));
}

#[sqlx::test(migrations = "../../migrations")]
async fn conversations_are_listed_by_kind(db: PgPool) {
    use ConversationKind::{Channel, Direct, Group};
    let people = people(db).await;
    let (group, direct) = (people.group().await, people.direct().await);
    let channel = people.channel().await;
    people.say(&people.ada, group, "newest").await;
    let of = async |who, kinds: &[ConversationKind]| -> Vec<ConversationId> {
        let summaries = people.chat.conversations_of(who, kinds).await.unwrap();
        summaries
            .iter()
            .map(|summary| summary.conversation.id)
            .collect()
    };
    assert_eq!(of(&people.grace, &[Group, Direct]).await, [group, direct]);
    assert_eq!(of(&people.grace, &[Channel]).await, [channel]);
    assert_eq!(of(&people.grace, &[]).await, []);
    assert_eq!(of(&people.linus, &[Group, Direct, Channel]).await, [group]);
    assert_eq!(of(&people.outsider, &[Group, Direct, Channel]).await, []);
}
