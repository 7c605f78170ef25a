//! The change feed and sync: what a client has missed, in order, each changed row once.

use crate::fixtures::{people, refused, seqs};
use chat::{Caller, Delivery};
use model::{
    ConversationChanges, ConversationId, ErrorCode, Event, MemberRole, NewMembers, Profile, Sync,
    SyncRequest,
};
use sqlx::PgPool;
use std::{collections::BTreeMap, time::Duration};

#[sqlx::test(migrations = "../../migrations")]
async fn lists_each_change_once_under_its_last_seq(db: PgPool) {
    let people = people(db).await;
    let (chat, id) = (&people.chat, people.group().await);
    let one = people.say(&people.ada, id, "one").await; // 2
    let two = people.say(&people.grace, id, "two").await; // 3
    chat.edit_message(&people.ada, one.id, "one!".to_owned())
        .await
        .unwrap(); // 4
    chat.add_reaction(&people.grace, one.id, "👍")
        .await
        .unwrap(); // 5
    chat.delete_message(&people.grace, two.id).await.unwrap(); // 6
    let eve = people.outsider.user_id;
    let new = NewMembers {
        user_ids: vec![eve],
        role: MemberRole::Member,
    };
    chat.add_members(&people.ada, id, new).await.unwrap(); // 7
    chat.set_member_role(&people.ada, id, eve, MemberRole::Admin)
        .await
        .unwrap(); // 8
    chat.remove_member(&people.ada, id, people.linus.user_id)
        .await
        .unwrap(); // 9
    let title = ConversationChanges {
        title: Some("New".to_owned()),
        ..Default::default()
    };
    chat.update_conversation(&people.ada, id, title)
        .await
        .unwrap(); // 10

    let all = chat.changes(&people.ada, id, 1, None).await.unwrap();
    assert!(!all.has_more);
    assert_eq!(
        seqs(&all.items),
        [
            ("message:created", 5),
            ("message:created", 6),
            ("member:added", 8),
            ("member:removed", 9),
            ("conversation:updated", 10),
        ]
    );
    let later = chat.changes(&people.ada, id, 3, None).await.unwrap();
    assert_eq!(
        seqs(&later.items)[..2],
        [("message:updated", 5), ("message:deleted", 6)]
    );
    let later = chat.changes(&people.ada, id, 7, None).await.unwrap();
    assert_eq!(seqs(&later.items)[0], ("member:updated", 8));
    assert_eq!(
        chat.changes(&people.ada, id, 10, None).await.unwrap().items,
        []
    );
    assert_eq!(
        chat.changes(&people.ada, id, i64::MAX, None)
            .await
            .unwrap()
            .items,
        []
    );

    // The pages together are the whole feed.
    let (mut after, mut paged) = (1, Vec::new());
    loop {
        let page = chat.changes(&people.ada, id, after, Some(2)).await.unwrap();
        paged.extend(page.items);
        after = paged.last().unwrap().seq().unwrap().1;
        if !page.has_more {
            break;
        }
    }
    assert_eq!(paged, all.items);
    refused(
        chat.changes(&people.linus, id, 0, None).await,
        ErrorCode::NotFound,
    );
    refused(
        chat.changes(&people.ada, ConversationId(-1), 0, None).await,
        ErrorCode::NotFound,
    );
}

#[sqlx::test(migrations = "../../migrations")]
async fn live_events_and_the_feed_agree(db: PgPool) {
    let people = people(db).await;
    let (chat, id) = (&people.chat, people.group().await);
    let mut subscription = chat.subscribe();
    let one = people.say(&people.ada, id, "one").await;
    chat.add_reaction(&people.grace, one.id, "👍")
        .await
        .unwrap();
    chat.remove_member(&people.ada, id, people.linus.user_id)
        .await
        .unwrap();
    people.say(&people.grace, id, "two").await;
    let live: Vec<_> = people
        .drain(&mut subscription)
        .await
        .into_iter()
        .filter_map(|it| match it {
            Delivery::Emit { event, .. } => event.seq().map(|(_, seq)| seq),
            _ => None,
        })
        .collect();
    // The removal is two events: one to the removed user, one to the remaining members.
    assert_eq!(live, [2, 3, 4, 4, 5]);
    let summary = chat.conversation(&people.ada, id).await.unwrap();
    assert_eq!(summary.conversation.seq, 5);
}

#[sqlx::test(migrations = "../../migrations")]
async fn sync_has_changed_new_and_lost_conversations(db: PgPool) {
    let people = people(db).await;
    let chat = &people.chat;
    let (moved, same, lost) = (
        people.group().await,
        people.channel().await,
        people.group().await,
    );
    let known = BTreeMap::from([(moved, 1), (same, 1), (lost, 1)]);
    people.say(&people.ada, moved, "new").await;
    chat.remove_member(&people.ada, lost, people.grace.user_id)
        .await
        .unwrap();
    let new = people.direct().await;
    let request = SyncRequest {
        conversations: known,
        ..SyncRequest::default()
    };
    let sync = chat.sync(&people.grace, request.clone()).await.unwrap();
    assert!(!sync.has_more);
    let changes: Vec<_> = sync
        .items
        .iter()
        .map(|it| (it.name(), it.seq().unwrap()))
        .collect();
    assert_eq!(
        changes,
        [
            ("conversation:removed", (lost, 2)),
            ("conversation:created", (new, 1)),
            ("message:created", (moved, 2)),
        ]
    );
    // A request that names conversations of others reveals nothing of them.
    let theirs = chat.sync(&people.outsider, request).await.unwrap();
    let names: Vec<_> = theirs.items.iter().map(Event::name).collect();
    assert_eq!(names, ["conversation:removed"; 3]);
    assert_eq!(theirs.items[0].seq(), Some((moved, 2)));
}

#[sqlx::test(migrations = "../../migrations")]
async fn sync_refuses_numbers_that_no_client_can_have(db: PgPool) {
    let people = people(db).await;
    for seq in [-1, (1 << 53), i64::MAX] {
        let request = SyncRequest {
            conversations: BTreeMap::from([(ConversationId(999_999), seq)]),
            ..SyncRequest::default()
        };
        let refused = people.chat.sync(&people.grace, request).await;
        assert_eq!(refused.unwrap_err().code(), ErrorCode::Invalid, "{seq}");
    }
}

#[sqlx::test(migrations = "../../migrations")]
async fn sync_has_the_names_and_positions_that_changed_since(db: PgPool) {
    let people = people(db).await;
    let (chat, id) = (&people.chat, people.group().await);
    let sync = async |who: &Caller, since, receipts: Vec<ConversationId>| {
        let request = SyncRequest {
            since,
            receipts,
            ..SyncRequest::default()
        };
        chat.sync(who, request).await.unwrap()
    };
    let names = |sync: &Sync| -> Vec<_> {
        let profiles = sync.profiles.iter();
        profiles.map(|it| it.name.clone()).collect()
    };
    people.say(&people.ada, id, "one").await;
    let first = sync(&people.ada, None, vec![id]).await;
    assert_eq!((first.profiles.len(), first.receipts.len()), (0, 0));

    chat.mark_read(&people.grace, id, 1).await.unwrap();
    for who in [&people.grace, &people.outsider] {
        let profile = Profile {
            name: Some("New Name".to_owned()),
            ..Profile::default()
        };
        chat.update_account(who, profile).await.unwrap();
    }
    let later = sync(&people.ada, first.time, vec![id]).await;
    assert_eq!(names(&later), ["New Name"], "of Grace, not of a stranger");
    assert_eq!(later.profiles[0].id, people.grace.user_id);
    let receipt = &later.receipts[0];
    assert_eq!(
        (receipt.user_id, receipt.read_position),
        (people.grace.user_id, 1)
    );
    assert_eq!(later.receipts.len(), 1);
    let unasked = sync(&people.ada, first.time, Vec::new()).await;
    assert_eq!(unasked.receipts, []);
    // Positions are for members.
    let stranger = sync(&people.outsider, first.time, vec![id]).await;
    assert_eq!(stranger.receipts, []);
    assert_eq!(stranger.profiles[0].id, people.outsider.user_id);
    assert_eq!(stranger.profiles.len(), 1);
    // What changed long before `since` is not told again.
    let hour = Duration::from_hours(1);
    let much_later = sync(&people.ada, later.time.map(|it| it + hour), vec![id]).await;
    assert_eq!(
        (much_later.profiles.len(), much_later.receipts.len()),
        (0, 0)
    );
    let request = SyncRequest {
        receipts: vec![id; 21],
        ..SyncRequest::default()
    };
    let refused = chat.sync(&people.ada, request).await;
    assert_eq!(refused.unwrap_err().code(), ErrorCode::Invalid);
}

#[sqlx::test(migrations = "../../migrations")]
async fn sync_after_a_long_absence_takes_several_requests(db: PgPool) {
    let people = people(db).await;
    let (chat, id) = (&people.chat, people.group().await);
    for n in 0..250 {
        people.say(&people.ada, id, &n.to_string()).await;
    }
    let (mut after, mut steps, mut got) = (1, 0, 0);
    loop {
        let request = SyncRequest {
            conversations: BTreeMap::from([(id, after)]),
            ..SyncRequest::default()
        };
        let sync = chat.sync(&people.grace, request).await.unwrap();
        steps += 1;
        got += sync.items.len();
        after = sync.items.last().unwrap().seq().unwrap().1;
        if !sync.has_more {
            break;
        }
    }
    assert_eq!((steps, got, after), (3, 250, 251));
}

#[sqlx::test(migrations = "../../migrations")]
async fn ready_has_account_conversations_and_presence(db: PgPool) {
    let people = people(db).await;
    let chat = &people.chat;
    let id = people.group().await;
    people.say(&people.ada, id, "hello").await;
    let _guard = chat.connect(&people.ada).await.unwrap();
    let Event::Ready {
        user,
        conversations,
        presence,
    } = chat.ready(&people.grace).await.unwrap()
    else {
        panic!("not ready")
    };
    assert_eq!(user.user.id, people.grace.user_id);
    assert_eq!(conversations.len(), 1);
    assert_eq!(
        (conversations[0].conversation.id, conversations[0].unread),
        (id, 1)
    );
    assert_eq!(presence.len(), 1);
    let Event::Ready {
        conversations,
        presence,
        ..
    } = chat.ready(&people.outsider).await.unwrap()
    else {
        panic!("not ready")
    };
    assert!(conversations.is_empty() && presence.is_empty());
}
