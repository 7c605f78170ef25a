//! Muted conversations, which only their user knows, on all of their devices.

use crate::fixtures::{People, event, events, people, refused};
use chat::{Audience, Caller, Delivery};
use model::{
    ConversationId, ErrorCode, Event, MemberRole, Mute, NewMembers, NewMute, PageRequest,
    PersonalEvent,
};
use sqlx::PgPool;
use time::{Duration, OffsetDateTime};

fn in_minutes(minutes: i64) -> OffsetDateTime {
    OffsetDateTime::now_utc() + Duration::minutes(minutes)
}

fn for_minutes(minutes: i64) -> NewMute {
    NewMute {
        until: Some(in_minutes(minutes)),
        ..NewMute::default()
    }
}

async fn mute(people: &People, who: &Caller, id: ConversationId, new: NewMute) -> Mute {
    people.chat.set_mute(who, id, new).await.unwrap()
}

async fn list(people: &People, who: &Caller) -> Vec<ConversationId> {
    let page = people.chat.mutes(who, PageRequest::default()).await;
    let listed = page.unwrap().items.into_iter();
    listed.map(|it| it.conversation_id).collect()
}

/// Lets the time of every mute that has one come.
async fn end_all(db: &PgPool) {
    sqlx::query("update mutes set muted_until = muted_until - interval '400 days'")
        .execute(db)
        .await
        .unwrap();
}

/// The mutes that were told.
fn told(deliveries: &[Delivery]) -> Vec<Mute> {
    let told = deliveries.iter().filter_map(|it| match event(it)? {
        Event::Personal(event) => match &**event {
            PersonalEvent::Mute { mute } => Some(mute.clone()),
            _ => None,
        },
        _ => None,
    });
    told.collect()
}

async fn changes(people: &People, who: &Caller, after: i64) -> (Vec<Mute>, i64) {
    let changes = people.chat.personal_changes(who, after).await.unwrap();
    let mutes = changes.items.into_iter().map(|it| match it {
        PersonalEvent::Mute { mute } => mute,
        other => panic!("{other:?}"),
    });
    (mutes.collect(), changes.seq)
}

#[sqlx::test(migrations = "../../migrations")]
async fn a_mute_is_told_to_the_own_devices_until_it_is_taken_back(db: PgPool) {
    let people = people(db).await;
    let (chat, grace) = (&people.chat, &people.grace);
    let (group, direct) = (people.group().await, people.direct().await);
    let mut subscription = chat.subscribe();
    let first = mute(&people, grace, group, NewMute::default()).await;
    assert_eq!((first.muted, first.until, first.seq), (true, None, 1));
    // The same again is no change, and another time is one.
    assert_eq!(mute(&people, grace, group, NewMute::default()).await, first);
    let timed = for_minutes(60);
    let second = mute(&people, grace, direct, timed.clone()).await;
    assert_eq!(mute(&people, grace, direct, timed).await, second);
    let third = mute(&people, grace, group, for_minutes(5)).await;
    assert!(third.until.is_some_and(|it| it > in_minutes(4)));
    assert_eq!((third.muted, third.seq), (true, 3));
    assert_eq!(list(&people, grace).await, [group, direct]);
    assert_eq!(chat.muted_conversations(grace).await.unwrap().len(), 2);
    let page = PageRequest {
        limit: Some(1),
        ..PageRequest::default()
    };
    let page = chat.mutes(grace, page).await.unwrap();
    let rest = PageRequest {
        cursor: page.next_cursor,
        limit: Some(1),
    };
    let rest = chat.mutes(grace, rest).await.unwrap();
    assert_eq!(
        (page.items, rest.items),
        (vec![third.clone()], vec![second.clone()])
    );
    assert_eq!(rest.next_cursor, None);

    let unmuted = chat.unmute(grace, group).await.unwrap();
    assert_eq!(
        (unmuted.muted, unmuted.until, unmuted.seq),
        (false, None, 4)
    );
    assert_eq!(chat.unmute(grace, group).await.unwrap(), unmuted);
    assert_eq!(list(&people, grace).await, [direct]);
    let deliveries = people.drain(&mut subscription).await;
    assert_eq!(
        told(&deliveries),
        [first, second.clone(), third, unmuted.clone()]
    );
    let to_grace = ("mute", Audience::Users(vec![grace.user_id]));
    assert_eq!(events(&deliveries), vec![to_grace; 4]);
    // A device that was away learns each thing once.
    assert_eq!(changes(&people, grace, 0).await, (vec![second, unmuted], 4));
    for other in [&people.ada, &people.linus, &people.outsider] {
        assert_eq!(list(&people, other).await, []);
        assert_eq!(changes(&people, other, 0).await, (vec![], 0));
    }
}

#[sqlx::test(migrations = "../../migrations")]
async fn a_mute_ends_by_itself(db: PgPool) {
    let people = people(db.clone()).await;
    let (chat, grace) = (&people.chat, &people.grace);
    let (group, direct) = (people.group().await, people.direct().await);
    mute(&people, grace, group, for_minutes(20)).await;
    let forever = mute(&people, grace, direct, NewMute::default()).await;
    let mut subscription = chat.subscribe();
    end_all(&db).await;
    assert_eq!(list(&people, grace).await, [direct]);
    assert_eq!(chat.muted_conversations(grace).await.unwrap(), [direct]);
    let ended = Mute {
        conversation_id: group,
        muted: false,
        until: None,
        seq: 1,
    };
    assert_eq!(
        changes(&people, grace, 0).await,
        (vec![ended.clone(), forever], 2)
    );
    // There is nothing to take back, and nothing to tell.
    assert_eq!(chat.unmute(grace, group).await.unwrap(), ended);
    assert_eq!(people.drain(&mut subscription).await, []);
    assert_eq!(mute(&people, grace, group, for_minutes(5)).await.seq, 3);
}

#[sqlx::test(migrations = "../../migrations")]
async fn what_a_client_has_kept_replaces_nothing(db: PgPool) {
    let people = people(db.clone()).await;
    let (chat, grace) = (&people.chat, &people.grace);
    let kept = NewMute {
        unless_set: true,
        ..NewMute::default()
    };
    let ids = [people.group().await, people.direct().await];
    let new = mute(&people, grace, ids[0], kept.clone()).await;
    assert_eq!((new.muted, new.until), (true, None));
    let timed = mute(&people, grace, ids[1], for_minutes(20)).await;
    let mut subscription = chat.subscribe();
    assert_eq!(mute(&people, grace, ids[1], kept.clone()).await, timed);
    end_all(&db).await;
    assert!(!mute(&people, grace, ids[1], kept.clone()).await.muted);
    assert_eq!(people.drain(&mut subscription).await, []);
    chat.unmute(grace, ids[0]).await.unwrap();
    assert!(!mute(&people, grace, ids[0], kept).await.muted);
    assert_eq!(list(&people, grace).await, []);
}

#[sqlx::test(migrations = "../../migrations")]
async fn a_mute_has_a_length_by_the_servers_clock(db: PgPool) {
    let people = people(db.clone()).await;
    let (chat, grace, group) = (&people.chat, &people.grace, people.group().await);
    let long = |seconds| NewMute {
        seconds: Some(seconds),
        ..NewMute::default()
    };
    let set = mute(&people, grace, group, long(3_600)).await;
    let off = (set.until.unwrap() - in_minutes(60)).abs();
    assert!(off < Duration::minutes(1), "{off}");
    for seconds in [0, 29, 366 * 86_400 + 1] {
        let refusal = chat.set_mute(grace, group, long(seconds)).await;
        refused(refusal, ErrorCode::Invalid);
    }
    let both = NewMute {
        until: Some(in_minutes(5)),
        ..long(300)
    };
    let refusal = chat.set_mute(grace, group, both).await;
    refused(refusal, ErrorCode::Invalid);
    // Also where the membership ended by another way than leaving, nothing of it is muted.
    sqlx::query("update members set left_at = now() where user_id = $1")
        .bind(grace.user_id.0)
        .execute(&db)
        .await
        .unwrap();
    assert_eq!(chat.muted_conversations(grace).await.unwrap(), []);
    assert_eq!(list(&people, grace).await, []);
}

#[sqlx::test(migrations = "../../migrations")]
async fn a_mute_ends_with_the_membership(db: PgPool) {
    let people = people(db).await;
    let (chat, ada, grace) = (&people.chat, &people.ada, &people.grace);
    let group = people.group().await;
    let rejoin = NewMembers {
        user_ids: vec![grace.user_id],
        role: MemberRole::Member,
    };
    for is_removed in [true, false] {
        let muted = mute(&people, grace, group, NewMute::default()).await;
        let mut subscription = chat.subscribe();
        if is_removed {
            let removed = chat.remove_member(ada, group, grace.user_id).await;
            removed.unwrap();
        } else {
            chat.leave_conversation(grace, group).await.unwrap();
        }
        let ended = Mute {
            conversation_id: group,
            muted: false,
            until: None,
            seq: muted.seq + 1,
        };
        let deliveries = people.drain(&mut subscription).await;
        assert_eq!(told(&deliveries), std::slice::from_ref(&ended));
        let to_grace = ("mute", Audience::Users(vec![grace.user_id]));
        assert!(events(&deliveries).contains(&to_grace));
        assert_eq!(list(&people, grace).await, []);
        refused(
            chat.set_mute(grace, group, NewMute::default()).await,
            ErrorCode::NotFound,
        );
        refused(chat.unmute(grace, group).await, ErrorCode::NotFound);
        chat.add_members(ada, group, rejoin.clone()).await.unwrap();
        assert_eq!(list(&people, grace).await, []);
        let after = changes(&people, grace, muted.seq).await;
        assert_eq!(after, (vec![ended], muted.seq + 1));
    }
    // Who has muted nothing has no change.
    let mut subscription = chat.subscribe();
    chat.leave_conversation(&people.linus, group).await.unwrap();
    assert_eq!(told(&people.drain(&mut subscription).await), []);
    mute(&people, grace, group, NewMute::default()).await;
    chat.delete_conversation(ada, group).await.unwrap();
    assert_eq!(list(&people, grace).await, []);
}

#[sqlx::test(migrations = "../../migrations")]
async fn outsiders_and_wrong_times_are_refused(db: PgPool) {
    let people = people(db.clone()).await;
    let (chat, grace, group) = (&people.chat, &people.grace, people.group().await);
    let channel = people.channel().await;
    let mut subscription = chat.subscribe();
    // An open channel that one has not joined is in no list that it could disturb.
    for id in [group, channel, ConversationId(i64::MAX)] {
        let refusal = chat.set_mute(&people.outsider, id, NewMute::default());
        refused(refusal.await, ErrorCode::NotFound);
        let refusal = chat.unmute(&people.outsider, id).await;
        refused(refusal, ErrorCode::NotFound);
    }
    for minutes in [-5, 0, 60 * 24 * 367] {
        let refusal = chat.set_mute(grace, group, for_minutes(minutes)).await;
        refused(refusal, ErrorCode::Invalid);
    }
    let never = chat.unmute(grace, group).await.unwrap();
    assert_eq!((never.muted, never.seq), (false, 0));
    assert_eq!(people.drain(&mut subscription).await, []);
    // Everybody belongs to the announcements.
    let news = ConversationId::ANNOUNCEMENTS;
    assert!(
        mute(&people, &people.outsider, news, NewMute::default())
            .await
            .muted
    );
    assert_eq!(list(&people, &people.outsider).await, [news]);
}

#[sqlx::test(migrations = "../../migrations")]
async fn mutes_are_limited(db: PgPool) {
    let people = people(db.clone()).await;
    let (chat, grace, group) = (&people.chat, &people.grace, people.group().await);
    sqlx::query(
        "with c as (
            insert into conversations (kind, title, private, created_by, position, seq, member_count)
            select 'group', 'Group', true, $1, 0, 1, 0 from generate_series(1, 1000) returning id
        ), joined as (
            insert into members (conversation_id, user_id, role, joined_seq, seq)
            select id, $1, 'member', 1, 1 from c
        )
        insert into mutes (user_id, conversation_id, seq) select $1, id, 0 from c",
    )
    .bind(grace.user_id.0)
    .execute(&db)
    .await
    .unwrap();
    let many = chat.set_mute(grace, group, NewMute::default()).await;
    refused(many, ErrorCode::Conflict);
    let unmute = "update mutes set muted_until = 'epoch'
        where conversation_id = (select max(conversation_id) from mutes)";
    sqlx::query(unmute).execute(&db).await.unwrap();
    for minutes in [5, 6] {
        mute(&people, grace, group, for_minutes(minutes)).await;
    }
}

#[sqlx::test(migrations = "../../migrations")]
async fn two_devices_at_once_are_numbered_one_after_the_other(db: PgPool) {
    let people = people(db).await;
    let (chat, grace, group) = (&people.chat, &people.grace, people.group().await);
    for _ in 0..10 {
        let (muted, unmuted) = tokio::join!(
            chat.set_mute(grace, group, NewMute::default()),
            chat.unmute(grace, group)
        );
        let (muted, unmuted) = (muted.unwrap(), unmuted.unwrap());
        let last = if muted.seq > unmuted.seq {
            muted
        } else {
            unmuted
        };
        assert_eq!(list(&people, grace).await.is_empty(), !last.muted);
        chat.unmute(grace, group).await.unwrap();
    }
}
