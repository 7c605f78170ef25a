//! Members: adding, removing, roles and rights.

use crate::fixtures::{events, people, refused};
use chat::{Audience, Delivery};
use model::{ConversationId, ErrorCode, Event, MemberRole, NewMembers, PageRequest, UserId};
use sqlx::PgPool;

fn named(user_ids: Vec<UserId>, role: MemberRole) -> NewMembers {
    NewMembers { user_ids, role }
}

#[sqlx::test(migrations = "../../migrations")]
async fn lists_by_role_and_joining_in_pages(db: PgPool) {
    let people = people(db).await;
    let id = people.group().await;
    let (ada, linus) = (&people.ada, people.linus.user_id);
    people
        .chat
        .set_member_role(ada, id, linus, MemberRole::Admin)
        .await
        .unwrap();
    let page = |cursor| PageRequest {
        limit: Some(2),
        cursor,
    };
    let first = people
        .chat
        .members(&people.grace, id, page(None))
        .await
        .unwrap();
    let second = people
        .chat
        .members(&people.grace, id, page(first.next_cursor.clone()))
        .await
        .unwrap();
    let members: Vec<_> = first
        .items
        .iter()
        .chain(&second.items)
        .map(|it| (it.user.username.as_str(), it.role))
        .collect();
    assert_eq!(
        members,
        [
            ("ada", MemberRole::Owner),
            ("linus", MemberRole::Admin),
            ("grace", MemberRole::Member)
        ]
    );
    refused(
        people.chat.members(&people.outsider, id, page(None)).await,
        ErrorCode::NotFound,
    );
}

#[sqlx::test(migrations = "../../migrations")]
async fn members_are_found_by_a_part_of_their_name_in_pages(db: PgPool) {
    let people = people(db).await;
    let id = people.group().await;
    let page = |limit, cursor| PageRequest {
        limit: Some(limit),
        cursor,
    };
    let search = async |query: &str, page| {
        let found = people.chat.search_members(&people.grace, id, query, page);
        let found = found.await.unwrap();
        let names = found.items.into_iter().map(|it| it.user.username);
        (names.collect::<Vec<_>>(), found.next_cursor)
    };
    assert_eq!(search(" GRA", page(5, None)).await.0, ["grace"]);
    assert_eq!(search("%", page(5, None)).await.0, Vec::<String>::new());
    assert_eq!(
        search("outsider", page(5, None)).await.0,
        Vec::<String>::new()
    );
    let (first, cursor) = search("a", page(1, None)).await;
    assert_eq!(first, ["ada"]);
    let (second, cursor) = search("a", page(1, cursor)).await;
    assert_eq!(second, ["grace"]);
    let (third, cursor) = search("a", page(1, cursor)).await;
    assert_eq!((third, cursor), (vec!["linus".to_owned()], None));
    assert_eq!(search("", page(5, None)).await.0.len(), 3);
    refused(
        people
            .chat
            .search_members(&people.outsider, id, "a", page(5, None))
            .await,
        ErrorCode::NotFound,
    );
}

#[sqlx::test(migrations = "../../migrations")]
async fn added_members_have_nothing_unread_and_are_published(db: PgPool) {
    let people = people(db).await;
    let id = people.group().await;
    people.say(&people.ada, id, "before").await;
    let mut subscription = people.chat.subscribe();
    let eve = people.outsider.user_id;
    let added = people
        .chat
        .add_members(
            &people.ada,
            id,
            named(vec![eve, people.grace.user_id, eve], MemberRole::Member),
        )
        .await
        .unwrap();
    assert_eq!(added.len(), 2);
    let received = people.drain(&mut subscription).await;
    assert_eq!(
        received[0],
        Delivery::Subscribe {
            conversation_id: id,
            user_ids: vec![eve]
        }
    );
    assert_eq!(
        events(&received),
        [
            ("member:added", Audience::Conversations(vec![id])),
            ("conversation:created", Audience::Users(vec![eve])),
        ]
    );
    let summary = people
        .chat
        .conversation(&people.outsider, id)
        .await
        .unwrap();
    assert_eq!((summary.unread, summary.conversation.member_count), (0, 4));
    people.say(&people.outsider, id, "hello").await;
}

#[sqlx::test(migrations = "../../migrations")]
async fn who_is_told_the_same_is_told_it_once(db: PgPool) {
    let people = people(db).await;
    let (chat, mut subscription) = (&people.chat, people.chat.subscribe());
    let id = people.group().await;
    let received = people.drain(&mut subscription).await;
    let mut told = events(&received);
    told.sort_by_key(|(_, audience)| format!("{audience:?}").len());
    let others = vec![people.grace.user_id, people.linus.user_id];
    assert_eq!(
        told,
        [
            (
                "conversation:created",
                Audience::Users(vec![people.ada.user_id])
            ),
            ("conversation:created", Audience::Users(others)),
        ]
    );

    // Who comes back has read what was said before, and each gets what they would ask for.
    people.say(&people.ada, id, "hello").await;
    chat.leave_conversation(&people.grace, id).await.unwrap();
    people.say(&people.ada, id, "meanwhile").await;
    people.drain(&mut subscription).await;
    let back = vec![people.grace.user_id, people.outsider.user_id];
    let added = chat.add_members(&people.ada, id, named(back, MemberRole::Member));
    added.await.unwrap();
    let received = people.drain(&mut subscription).await;
    for who in [&people.grace, &people.outsider] {
        let told = received.iter().filter_map(|it| match it {
            Delivery::Emit {
                audience: Audience::Users(users),
                event: Event::ConversationCreated { conversation, .. },
                ..
            } if users.contains(&who.user_id) => Some(conversation.clone()),
            _ => None,
        });
        let asked = chat.conversation(who, id).await.unwrap();
        assert_eq!(told.collect::<Vec<_>>(), [asked]);
    }
}

#[sqlx::test(migrations = "../../migrations")]
async fn only_owners_and_admins_add_and_remove(db: PgPool) {
    let people = people(db).await;
    let (chat, id) = (&people.chat, people.group().await);
    let eve = people.outsider.user_id;
    let add = |role| named(vec![eve], role);
    refused(
        chat.add_members(&people.grace, id, add(MemberRole::Member))
            .await,
        ErrorCode::Forbidden,
    );
    refused(
        chat.add_members(&people.outsider, id, add(MemberRole::Member))
            .await,
        ErrorCode::NotFound,
    );
    refused(
        chat.add_members(
            &people.ada,
            id,
            named(vec![UserId(999)], MemberRole::Member),
        )
        .await,
        ErrorCode::NotFound,
    );
    refused(
        chat.add_members(&people.ada, id, named(vec![], MemberRole::Member))
            .await,
        ErrorCode::Invalid,
    );
    let (grace, linus, ada) = (
        people.grace.user_id,
        people.linus.user_id,
        people.ada.user_id,
    );
    refused(
        chat.set_member_role(&people.grace, id, grace, MemberRole::Owner)
            .await,
        ErrorCode::Forbidden,
    );
    refused(
        chat.set_member_role(&people.outsider, id, grace, MemberRole::Owner)
            .await,
        ErrorCode::NotFound,
    );
    refused(
        chat.set_member_role(&people.ada, id, eve, MemberRole::Admin)
            .await,
        ErrorCode::NotFound,
    );
    chat.set_member_role(&people.ada, id, grace, MemberRole::Admin)
        .await
        .unwrap();
    // An admin gives no role above their own, and removes neither admins nor owners.
    refused(
        chat.add_members(&people.grace, id, add(MemberRole::Owner))
            .await,
        ErrorCode::Forbidden,
    );
    refused(
        chat.remove_member(&people.grace, id, ada).await,
        ErrorCode::Forbidden,
    );
    refused(
        chat.remove_member(&people.linus, id, grace).await,
        ErrorCode::Forbidden,
    );
    refused(
        chat.remove_member(&people.outsider, id, linus).await,
        ErrorCode::NotFound,
    );
    refused(
        chat.remove_member(&people.ada, id, eve).await,
        ErrorCode::NotFound,
    );
    chat.add_members(&people.grace, id, add(MemberRole::Admin))
        .await
        .unwrap();
    refused(
        chat.remove_member(&people.grace, id, eve).await,
        ErrorCode::Forbidden,
    );
    chat.remove_member(&people.grace, id, linus).await.unwrap();
    refused(
        chat.conversation(&people.linus, id).await,
        ErrorCode::NotFound,
    );
}

#[sqlx::test(migrations = "../../migrations")]
async fn a_removed_member_is_unsubscribed_before_the_events(db: PgPool) {
    let people = people(db).await;
    let (chat, id) = (&people.chat, people.group().await);
    let linus = people.linus.user_id;
    let mut subscription = chat.subscribe();
    chat.remove_member(&people.ada, id, linus).await.unwrap();
    people.say(&people.ada, id, "about linus").await;
    let received = people.drain(&mut subscription).await;
    assert_eq!(
        received[0],
        Delivery::Unsubscribe {
            conversation_id: id,
            user_ids: vec![linus]
        }
    );
    assert_eq!(
        events(&received),
        [
            ("conversation:removed", Audience::Users(vec![linus])),
            ("member:removed", Audience::Conversations(vec![id])),
            ("message:created", Audience::Conversations(vec![id])),
        ]
    );
    refused(
        chat.send_message(&people.linus, id, crate::fixtures::text("hey", None))
            .await,
        ErrorCode::NotFound,
    );
    // A removed user can be added again, with nothing unread.
    let again = named(vec![linus], MemberRole::Member);
    chat.add_members(&people.ada, id, again).await.unwrap();
    assert_eq!(
        chat.conversation(&people.linus, id).await.unwrap().unread,
        0
    );
}

#[sqlx::test(migrations = "../../migrations")]
async fn the_last_owner_keeps_the_role_or_has_a_successor(db: PgPool) {
    let people = people(db).await;
    let (chat, id) = (&people.chat, people.group().await);
    let (ada, linus) = (people.ada.user_id, people.linus.user_id);
    refused(
        chat.set_member_role(&people.ada, id, ada, MemberRole::Member)
            .await,
        ErrorCode::Conflict,
    );
    chat.set_member_role(&people.ada, id, linus, MemberRole::Admin)
        .await
        .unwrap();
    chat.leave_conversation(&people.ada, id).await.unwrap();
    refused(
        chat.leave_conversation(&people.ada, id).await,
        ErrorCode::NotFound,
    );
    let summary = chat.conversation(&people.linus, id).await.unwrap();
    assert_eq!(
        summary.role,
        Some(MemberRole::Owner),
        "the admin goes before the older member"
    );
    assert_eq!(summary.conversation.member_count, 2);
    chat.leave_conversation(&people.linus, id).await.unwrap();
    let summary = chat.conversation(&people.grace, id).await.unwrap();
    assert_eq!(summary.role, Some(MemberRole::Owner));
    chat.leave_conversation(&people.grace, id).await.unwrap();
}

#[sqlx::test(migrations = "../../migrations")]
async fn anybody_joins_a_public_channel_and_nobody_a_direct_conversation(db: PgPool) {
    let people = people(db).await;
    let (chat, id, direct) = (&people.chat, people.channel().await, people.direct().await);
    let text = || crate::fixtures::text("hi", None);
    refused(
        chat.send_message(&people.outsider, id, text()).await,
        ErrorCode::Forbidden,
    );
    let summary = chat.join_conversation(&people.outsider, id).await.unwrap();
    let again = chat.join_conversation(&people.outsider, id).await.unwrap();
    assert_eq!(summary, again);
    assert_eq!(summary.role, Some(MemberRole::Member));
    chat.send_message(&people.outsider, id, text())
        .await
        .unwrap();

    let eve = people.outsider.user_id;
    let add = named(vec![eve], MemberRole::Member);
    refused(
        chat.add_members(&people.ada, direct, add).await,
        ErrorCode::Forbidden,
    );
    refused(
        chat.leave_conversation(&people.ada, direct).await,
        ErrorCode::Forbidden,
    );
    let grace = people.grace.user_id;
    refused(
        chat.remove_member(&people.ada, direct, grace).await,
        ErrorCode::Forbidden,
    );
    let role = chat
        .set_member_role(&people.ada, direct, grace, MemberRole::Admin)
        .await;
    refused(role, ErrorCode::Forbidden);
    refused(
        chat.join_conversation(&people.outsider, ConversationId(-1))
            .await,
        ErrorCode::NotFound,
    );
}

#[sqlx::test(migrations = "../../migrations")]
async fn all_members_are_listed_at_once_for_members(db: PgPool) {
    let people = people(db).await;
    let (chat, id) = (&people.chat, people.channel().await);
    let (ada, grace, linus) = (&people.ada, &people.grace, &people.linus);
    chat.join_conversation(linus, id).await.unwrap();
    chat.set_member_role(ada, id, linus.user_id, MemberRole::Admin)
        .await
        .unwrap();
    let members = chat.all_members(grace, id).await.unwrap();
    let listed: Vec<_> = members.iter().map(|it| (it.user.id, it.role)).collect();
    assert_eq!(
        listed,
        [
            (ada.user_id, MemberRole::Owner),
            (linus.user_id, MemberRole::Admin),
            (grace.user_id, MemberRole::Member),
        ]
    );
    let ids = chat.member_ids(grace, id).await.unwrap();
    assert_eq!(ids, [ada.user_id, grace.user_id, linus.user_id]);
    chat.leave_conversation(linus, id).await.unwrap();
    assert_eq!(chat.all_members(grace, id).await.unwrap().len(), 2);
    // A public channel can be read by all, its list of members by members only.
    for outside in [linus, &people.outsider] {
        refused(chat.all_members(outside, id).await, ErrorCode::NotFound);
        refused(chat.member_ids(outside, id).await, ErrorCode::NotFound);
    }
}
