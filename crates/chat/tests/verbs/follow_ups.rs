//! What follows from an edit, a deletion or a new name is told: mentions, unread counts, profiles, pages.

use crate::{
    announcements::{ANNOUNCEMENTS, admin},
    fixtures::{People, people},
};
use chat::{Audience, Caller, Delivery, OffsetPageRequest, SearchRequest, events::Subscription};
use model::{ConversationId, ConversationKind, Event, Message, PresenceChoice, Profile, UserId};
use sqlx::PgPool;
use std::time::Duration;

/// Whose counts in the conversation were published, with unread messages and mentions.
async fn counts(
    people: &People,
    subscription: &mut Subscription,
    id: ConversationId,
) -> Vec<(UserId, i64, i64)> {
    let published = people.drain_receipts(subscription).await;
    let counts = published.into_iter().filter_map(|it| match it {
        Delivery::Emit {
            audience: Audience::Users(users),
            event:
                Event::UnreadChanged {
                    conversation_id,
                    unread,
                    mentions,
                    ..
                },
            ..
        } if conversation_id == id => Some((users[0], unread, mentions)),
        _ => None,
    });
    let mut counts: Vec<_> = counts.collect();
    counts.sort_unstable();
    counts
}

fn positions(messages: &[Message]) -> Vec<i64> {
    messages.iter().map(|it| it.position).collect()
}

#[sqlx::test(migrations = "../../migrations")]
async fn a_mention_that_comes_or_goes_with_an_edit_is_told(db: PgPool) {
    let people = people(db).await;
    let (chat, id) = (&people.chat, people.group().await);
    let (grace, linus) = (&people.grace, &people.linus);
    let _guards = [
        chat.connect(grace).await.unwrap(),
        chat.connect(linus).await.unwrap(),
    ];
    let mut subscription = chat.subscribe();
    let message = people.say(&people.ada, id, "@grace, look").await;
    let told = counts(&people, &mut subscription, id).await;
    assert_eq!(told, [(grace.user_id, 1, 1)]);
    let edit = chat.edit_message(&people.ada, message.id, "@linus, look".to_owned());
    edit.await.unwrap();
    let told = counts(&people, &mut subscription, id).await;
    assert_eq!(told, [(grace.user_id, 1, 0), (linus.user_id, 1, 1)]);
    let edit = chat.edit_message(&people.ada, message.id, "@linus, see".to_owned());
    edit.await.unwrap();
    let told = counts(&people, &mut subscription, id).await;
    assert_eq!(told, [], "nobody's mention has changed");
    chat.delete_message(&people.ada, message.id).await.unwrap();
    let told = counts(&people, &mut subscription, id).await;
    assert_eq!(told, [(grace.user_id, 0, 0), (linus.user_id, 0, 0)]);
}

#[sqlx::test(migrations = "../../migrations")]
async fn a_deleted_message_is_not_unread_and_those_hear_of_it_to_whom_it_was(db: PgPool) {
    let people = people(db).await;
    let (chat, id) = (&people.chat, people.group().await);
    let (grace, linus) = (&people.grace, &people.linus);
    let _guards = [
        chat.connect(grace).await.unwrap(),
        chat.connect(linus).await.unwrap(),
    ];
    let mut said = Vec::new();
    for n in 1..=4 {
        said.push(people.say(&people.ada, id, &n.to_string()).await);
    }
    let mut subscription = chat.subscribe();
    chat.mark_read(grace, id, 2).await.unwrap();
    let told = counts(&people, &mut subscription, id).await;
    assert_eq!(told, [(grace.user_id, 2, 0)]);
    for n in [1, 3] {
        chat.delete_message(&people.ada, said[n].id).await.unwrap();
        let told = counts(&people, &mut subscription, id).await;
        let expected: &[_] = if n == 1 {
            &[(linus.user_id, 3, 0)]
        } else {
            &[(grace.user_id, 1, 0), (linus.user_id, 2, 0)]
        };
        assert_eq!(told, expected, "{n}");
    }
    for (who, left) in [(grace, 1), (linus, 2)] {
        assert_eq!(chat.conversation(who, id).await.unwrap().unread, left);
        let totals = chat.unread(who).await.unwrap();
        assert_eq!((totals.total, totals.conversations[0].unread), (left, left));
        let members = chat.unread_of_members(&[id]).await.unwrap();
        assert_eq!(members[&(id, who.user_id)], left);
    }
    // The last message that is left has been read, though one that is deleted is above it.
    let left = chat.mark_read(grace, id, 3).await.unwrap();
    assert_eq!(left.unread, 0);
    let published = people.drain_receipts(&mut subscription).await;
    let caught_up = published.iter().filter_map(|it| match it {
        Delivery::Emit {
            event: Event::ReceiptUpdated(receipt),
            ..
        } => receipt.details.as_ref().map(|it| it.is_caught_up),
        _ => None,
    });
    assert_eq!(caught_up.collect::<Vec<_>>(), [true]);
    let totals = chat.unread(grace).await.unwrap();
    assert_eq!((totals.total, totals.conversations), (0, Vec::new()));
}

#[sqlx::test(migrations = "../../migrations")]
async fn a_deleted_announcement_is_not_unread(db: PgPool) {
    let people = people(db).await;
    let (chat, admin) = (&people.chat, admin(&people).await);
    let grace = &people.grace;
    let _guard = chat.connect(grace).await.unwrap();
    let one = people.say(&admin, ANNOUNCEMENTS, "one").await;
    people.say(&admin, ANNOUNCEMENTS, "two").await;
    assert_eq!(chat.unread_announcements(grace).await.unwrap(), 2);
    let mut subscription = chat.subscribe();
    chat.delete_message(&admin, one.id).await.unwrap();
    let told = counts(&people, &mut subscription, ANNOUNCEMENTS).await;
    assert!(told.contains(&(grace.user_id, 1, 0)), "{told:?}");
    assert_eq!(chat.unread_announcements(grace).await.unwrap(), 1);
    assert_eq!(chat.unread(grace).await.unwrap().total, 1);
    let summary = chat.conversation(grace, ANNOUNCEMENTS).await.unwrap();
    assert_eq!(summary.unread, 1);
}

#[sqlx::test(migrations = "../../migrations")]
async fn a_deletion_makes_no_numbered_page_skip(db: PgPool) {
    let people = people(db).await;
    let (chat, id) = (&people.chat, people.group().await);
    let mut said = Vec::new();
    for n in 1..=9 {
        said.push(people.say(&people.ada, id, &format!("word {n}")).await.id);
    }
    let page = async |who: &Caller, page, newest_first_pages| {
        let request = OffsetPageRequest {
            page,
            limit: 3,
            newest_first_pages,
        };
        let page = chat.page_of_messages(who, id, request).await.unwrap();
        positions(&page.items)
    };
    let found = async |page| {
        let request = SearchRequest {
            query: "word".to_owned(),
            conversation_id: Some(id),
            page,
            limit: 3,
        };
        let found = chat.search_messages(&people.linus, request).await.unwrap();
        positions(&found.items)
    };
    assert_eq!(page(&people.grace, 1, false).await, [1, 2, 3]);
    assert_eq!(page(&people.linus, 1, true).await, [7, 8, 9]);
    assert_eq!(found(1).await, [9, 8, 7]);
    chat.delete_message(&people.ada, said[1]).await.unwrap();
    chat.delete_message(&people.ada, said[7]).await.unwrap();
    assert_eq!(page(&people.grace, 2, false).await, [4, 5, 6]);
    assert_eq!(page(&people.linus, 2, true).await, [4, 5, 6]);
    assert_eq!(found(2).await, [6, 5, 4]);
    // Again, and by somebody who has not read the page before.
    assert_eq!(page(&people.grace, 2, false).await, [4, 5, 6]);
    assert_eq!(page(&people.ada, 2, false).await, [5, 6, 7]);
    assert_eq!(page(&people.grace, 3, false).await, [7, 9]);
    // A new message repeats none.
    people.say(&people.ada, id, "word 10").await;
    assert_eq!(page(&people.linus, 3, true).await, [1, 3]);
    assert_eq!(found(3).await, [3, 1]);
    // From the first page on it is read anew.
    assert_eq!(page(&people.grace, 1, false).await, [1, 3, 4]);
    assert_eq!(page(&people.grace, 2, false).await, [5, 6, 7]);
}

#[sqlx::test(migrations = "../../migrations")]
async fn a_lost_conversation_makes_no_numbered_page_skip(db: PgPool) {
    let people = people(db).await;
    let chat = &people.chat;
    let mut ids = Vec::new();
    for _ in 0..6 {
        ids.push(people.group().await);
    }
    let page = async |page| {
        let request = OffsetPageRequest {
            page,
            limit: 2,
            ..OffsetPageRequest::default()
        };
        let kinds = [ConversationKind::Group];
        let found = chat.page_of_conversations(&people.grace, &kinds, request);
        let found = found.await.unwrap().items.into_iter();
        found.map(|it| it.conversation.id).collect::<Vec<_>>()
    };
    assert_eq!(page(1).await, [ids[5], ids[4]]);
    chat.leave_conversation(&people.grace, ids[5])
        .await
        .unwrap();
    assert_eq!(page(2).await, [ids[3], ids[2]]);
    assert_eq!(page(3).await, [ids[1], ids[0]]);
    assert_eq!(page(1).await, [ids[4], ids[3]]);
}

#[sqlx::test(migrations = "../../migrations")]
async fn the_invisible_neither_type_nor_receive(db: PgPool) {
    let people = people(db).await;
    let (chat, id) = (&people.chat, people.group().await);
    let grace = &people.grace;
    let _guard = chat.connect(grace).await.unwrap();
    chat.set_typing(grace, id, true).await.unwrap();
    let mut subscription = chat.subscribe();
    chat.set_presence(grace, PresenceChoice::Invisible)
        .await
        .unwrap();
    assert!(chat.is_invisible(grace.user_id));
    let typing = async |subscription: &mut Subscription| {
        let received = people.drain(subscription).await.into_iter();
        let typing = received.filter_map(|it| match it {
            Delivery::Emit {
                event: Event::Typing { typing, .. },
                ..
            } => Some(typing),
            _ => None,
        });
        typing.collect::<Vec<_>>()
    };
    assert_eq!(typing(&mut subscription).await, [false]);
    chat.set_typing(grace, id, true).await.unwrap();
    assert_eq!(typing(&mut subscription).await, [false; 0]);
    people.say(&people.ada, id, "one").await;
    chat.mark_delivered(grace, id, 1).await.unwrap();
    let users = [grace.user_id, people.linus.user_id];
    chat.mark_delivered_for(id, &users, 1).await.unwrap();
    let delivered = async || {
        let members = chat.members_of_many(&[id]).await.unwrap();
        let members = members[&id].iter();
        let mut delivered: Vec<_> = members
            .map(|it| (it.user.id, it.delivered_position))
            .collect();
        delivered.sort_unstable();
        delivered
    };
    let (ada, linus) = (people.ada.user_id, people.linus.user_id);
    assert_eq!(
        delivered().await,
        [(ada, 1), (grace.user_id, 0), (linus, 1)]
    );
    chat.set_presence(grace, PresenceChoice::Online)
        .await
        .unwrap();
    chat.mark_delivered(grace, id, 1).await.unwrap();
    assert_eq!(
        delivered().await,
        [(ada, 1), (grace.user_id, 1), (linus, 1)]
    );
}

#[sqlx::test(migrations = "../../migrations")]
async fn new_names_are_told_at_once_and_then_once_a_second(db: PgPool) {
    let people = people(db).await;
    let (chat, id) = (&people.chat, people.group().await);
    let mut subscription = chat.subscribe();
    let rename = async |name: &str| {
        let profile = Profile {
            name: Some(name.to_owned()),
            ..Profile::default()
        };
        chat.update_account(&people.grace, profile).await.unwrap();
    };
    let names = |received: Vec<Delivery>| {
        let names = received.into_iter().filter_map(|it| match it {
            Delivery::Emit {
                audience: Audience::Conversations(ids),
                event: Event::UserUpdated { profile },
                ..
            } if ids == [id] => Some(profile.name),
            _ => None,
        });
        names.collect::<Vec<_>>()
    };
    rename("One").await;
    assert_eq!(names(people.drain(&mut subscription).await), ["One"]);
    for n in 0..20 {
        rename(&format!("Name {n}")).await;
    }
    tokio::time::sleep(Duration::from_millis(2_500)).await;
    let told = names(people.drain(&mut subscription).await);
    assert_eq!(told.last().unwrap(), "Name 19");
    assert!(told.len() <= 3, "{told:?}");
}
