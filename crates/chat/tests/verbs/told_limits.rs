//! What one account may cost others: limits by the people whom its changes are told to.

use crate::fixtures::{
    People, direct, events, people_with, receive_until, refused, settings, text,
};
use chat::{Caller, Chat, Delivery, Error, RateLimits, Result, Settings};
use model::{
    ConversationChanges, ConversationId, ConversationKind, ErrorCode, Event, MemberRole,
    NewConversation, NewMembers, PresenceChoice, Profile, UserId,
};
use sqlx::PgPool;

async fn limited(db: PgPool, limits: RateLimits) -> People {
    let settings = Settings {
        rate_limits: limits,
        ..settings()
    };
    people_with(db, settings).await
}

/// So many people at once, and one per second after that.
fn people_told(burst: u32) -> RateLimits {
    RateLimits {
        people_told_burst: burst.try_into().unwrap(),
        people_told_per_second: 1.try_into().unwrap(),
        ..RateLimits::default()
    }
}

fn renamed(title: &str) -> ConversationChanges {
    ConversationChanges {
        title: Some(title.to_owned()),
        ..ConversationChanges::default()
    }
}

fn group_of(title: &str, members: &[&Caller]) -> NewConversation {
    NewConversation {
        kind: ConversationKind::Group,
        member_ids: members.iter().map(|it| it.user_id).collect(),
        title: Some(title.to_owned()),
        ..direct()
    }
}

/// Makes all conversations as large as that, so that a change costs more than comes back while a test runs.
async fn enlarge(db: &PgPool, members: i64) {
    sqlx::query("update conversations set member_count = $1")
        .bind(members)
        .execute(db)
        .await
        .unwrap();
}

async fn add(chat: &Chat, caller: &Caller, id: ConversationId, who: &[UserId]) -> Result<()> {
    let new = NewMembers {
        user_ids: who.to_vec(),
        role: MemberRole::Member,
    };
    chat.add_members(caller, id, new).await.map(drop)
}

#[sqlx::test(migrations = "../../migrations")]
async fn renaming_costs_as_many_as_hear_of_it(db: PgPool) {
    let people = limited(db.clone(), people_told(2_900)).await;
    let chat = &people.chat;
    // Three hear of the group itself, and as many as are in it of each of its names.
    let id = people.group().await;
    enlarge(&db, 300).await;
    for n in 0..9 {
        let changed = chat.update_conversation(&people.ada, id, renamed(&n.to_string()));
        changed.await.unwrap();
    }
    let mut subscription = chat.subscribe();
    let changed = chat.update_conversation(&people.ada, id, renamed("too much"));
    let error = changed.await.unwrap_err();
    assert!(matches!(error, Error::TooManyRequests { .. }), "{error:?}");
    assert!(
        (60..=103).contains(&error.retry_after().unwrap()),
        "{error:?}"
    );
    // Nothing has changed, and nobody has heard of it.
    let summary = chat.conversation(&people.grace, id).await.unwrap();
    assert_eq!(summary.conversation.title.as_deref(), Some("8"));
    assert_eq!(events(&people.drain(&mut subscription).await), []);
    // Others have limits of their own.
    people.say(&people.grace, id, "calm").await;
    // An outsider learns no more than before.
    let changed = chat.update_conversation(&people.outsider, id, renamed("mine"));
    refused(changed.await, ErrorCode::NotFound);
}

#[sqlx::test(migrations = "../../migrations")]
async fn every_change_that_is_told_has_the_limit(db: PgPool) {
    let people = limited(db.clone(), people_told(600)).await;
    let chat = &people.chat;
    let ada = &people.ada;
    let id = people.group().await;
    enlarge(&db, 1_000).await;
    // Known afterwards, so that the last one may cost more than there is.
    let said = people.say(ada, id, "one").await;
    let new = |title| group_of(title, &[&people.grace, &people.linus]);
    let role = MemberRole::Admin;
    let (grace, linus) = (people.grace.user_id, people.linus.user_id);
    let too_many = ErrorCode::TooManyRequests;
    refused(
        chat.edit_message(ada, said.id, "two".to_owned()).await,
        too_many,
    );
    refused(chat.add_reaction(ada, said.id, "👍").await, too_many);
    refused(chat.delete_message(ada, said.id).await, too_many);
    refused(
        chat.update_conversation(ada, id, renamed("x")).await,
        too_many,
    );
    refused(chat.set_member_role(ada, id, grace, role).await, too_many);
    refused(chat.transfer_ownership(ada, id, grace).await, too_many);
    refused(chat.remove_member(ada, id, linus).await, too_many);
    refused(
        add(chat, ada, id, &[people.outsider.user_id]).await,
        too_many,
    );
    refused(
        chat.create_conversation(ada, new("x")).await.map(drop),
        too_many,
    );
    refused(chat.set_typing(ada, id, true).await, too_many);
    refused(chat.leave_conversation(ada, id).await, too_many);
    refused(chat.delete_conversation(ada, id).await, too_many);
    // What is read is never refused, and what changes nothing costs nothing.
    chat.mark_read(ada, id, 1).await.unwrap();
    chat.edit_message(ada, said.id, "one".to_owned())
        .await
        .unwrap();
    refused(
        chat.send_message(ada, id, text("more", None)).await,
        too_many,
    );
    refused(chat.set_presence(ada, PresenceChoice::Away).await, too_many);
    refused(chat.update_account(ada, Profile::default()).await, too_many);
    let message = chat.message(&people.grace, said.id).await.unwrap();
    assert_eq!((message.body.as_str(), message.reactions.len()), ("one", 0));
}

/// So many bytes to each at once, and a kilobyte per second after that.
fn bytes_told(burst: u32) -> RateLimits {
    RateLimits {
        bytes_told_burst: burst.try_into().unwrap(),
        bytes_told_per_second: 1_000.try_into().unwrap(),
        ..RateLimits::default()
    }
}

#[sqlx::test(migrations = "../../migrations")]
async fn long_messages_cost_as_many_bytes_as_each_gets(db: PgPool) {
    let people = limited(db, bytes_told(95_000)).await;
    let (chat, ada, grace) = (&people.chat, &people.ada, &people.grace);
    let too_many = ErrorCode::TooManyRequests;
    let id = people.group().await;
    let long = "😀".repeat(10_000);
    let said = people.say(ada, id, &long).await;
    let mut subscription = chat.subscribe();
    people.say(ada, id, &long).await;
    // 80 kB are gone, and what is beside the texts.
    let sent = chat.send_message(ada, id, text(&long, None)).await;
    let error = sent.unwrap_err();
    assert!(
        (20..=42).contains(&error.retry_after().unwrap()),
        "{error:?}"
    );
    let edited = "😁".repeat(10_000);
    refused(chat.edit_message(ada, said.id, edited).await, too_many);
    // A reply of a word brings a text that may be long, and a reaction the whole message.
    let mut reply = text("yes", None);
    reply.reply_to_id = Some(said.id);
    refused(chat.send_message(ada, id, reply).await, too_many);
    refused(chat.add_reaction(ada, said.id, "👍").await, too_many);
    // A word costs no more than it has.
    people.say(ada, id, "short").await;
    assert_eq!(events(&people.drain(&mut subscription).await).len(), 2);
    // Others have a limit of their own, and who is told nothing learns nothing.
    chat.add_reaction(grace, said.id, "👍").await.unwrap();
    let reacted = chat.add_reaction(&people.outsider, said.id, "👍").await;
    refused(reacted, ErrorCode::NotFound);
}

#[sqlx::test(migrations = "../../migrations")]
async fn sends_at_once_pass_the_limit_of_bytes_no_more_than_one_after_the_other(db: PgPool) {
    let people = limited(db, bytes_told(200_000)).await;
    let id = people.group().await;
    // Each is ten times as long in HTML as typed.
    let body = "**a** ".repeat(1_000);
    let sends = (0..30).map(|_| people.chat.send_message(&people.ada, id, text(&body, None)));
    let sent = futures_util::future::join_all(sends).await;
    let told = sent.iter().flatten();
    let told = told.map(|it| serde_json::to_vec(&it.message).unwrap().len());
    let told: usize = told.sum();
    assert!((100_000..=260_000).contains(&told), "{told}");
}

#[sqlx::test(migrations = "../../migrations")]
async fn a_long_message_counts_its_people_several_times(db: PgPool) {
    let people = limited(db.clone(), people_told(30_000)).await;
    let id = people.group().await;
    enlarge(&db, 1_000).await;
    let long = "😀".repeat(10_000);
    // 40 kB are eleven times a thousand people.
    for _ in 0..3 {
        people.say(&people.ada, id, &long).await;
    }
    let sent = people.chat.send_message(&people.ada, id, text("a", None));
    refused(sent.await, ErrorCode::TooManyRequests);
}

#[sqlx::test(migrations = "../../migrations")]
async fn edits_and_reactions_are_limited_as_messages_are(db: PgPool) {
    let limits = RateLimits {
        messages_burst: 3.try_into().unwrap(),
        messages_per_second: 1.try_into().unwrap(),
        ..RateLimits::default()
    };
    let people = limited(db, limits).await;
    let (chat, grace) = (&people.chat, &people.grace);
    let id = people.group().await;
    let said = people.say(grace, id, "0").await;
    for n in ["1", "2"] {
        chat.edit_message(grace, said.id, n.to_owned())
            .await
            .unwrap();
    }
    chat.add_reaction(grace, said.id, "👍").await.unwrap();
    // The same again changes nothing, and costs nothing.
    chat.add_reaction(grace, said.id, "👍").await.unwrap();
    let too_many = ErrorCode::TooManyRequests;
    refused(
        chat.edit_message(grace, said.id, "3".to_owned()).await,
        too_many,
    );
    refused(chat.remove_reaction(grace, said.id, "👍").await, too_many);
    refused(chat.delete_message(grace, said.id).await, too_many);
    // Messages are counted apart from them.
    people.say(grace, id, "still").await;
}

#[sqlx::test(migrations = "../../migrations")]
async fn adding_costs_each_of_the_added_times_all(db: PgPool) {
    let people = limited(db.clone(), people_told(3_100)).await;
    let chat = &people.chat;
    let id = people.create(ConversationKind::Group, &[], "Alone").await;
    enlarge(&db, 1_000).await;
    let all = [&people.grace, &people.linus, &people.outsider].map(|it| it.user_id);
    // Each of the three is told to a thousand.
    add(chat, &people.ada, id, &all).await.unwrap();
    // Nobody is added anew, which costs nothing.
    add(chat, &people.ada, id, &all).await.unwrap();
    let removed = chat.remove_member(&people.ada, id, people.linus.user_id);
    refused(removed.await, ErrorCode::TooManyRequests);
    assert_eq!(chat.member_ids(&people.ada, id).await.unwrap().len(), 4);
}

#[sqlx::test(migrations = "../../migrations")]
async fn a_large_audience_needs_a_full_bucket_and_not_more(db: PgPool) {
    let people = limited(db.clone(), people_told(10)).await;
    // It took three.
    let id = people.group().await;
    enlarge(&db, 1_000).await;
    let changed = people
        .chat
        .update_conversation(&people.ada, id, renamed("x"));
    refused(changed.await, ErrorCode::TooManyRequests);
    tokio::time::sleep(std::time::Duration::from_millis(3_100)).await;
    let changed = people
        .chat
        .update_conversation(&people.ada, id, renamed("x"));
    changed.await.unwrap();
}

#[sqlx::test(migrations = "../../migrations")]
async fn normal_talk_among_a_thousand_notices_nothing(db: PgPool) {
    let people = limited(db.clone(), RateLimits::default()).await;
    let (chat, grace) = (&people.chat, &people.grace);
    let id = people.channel().await;
    sqlx::raw_sql(
        "insert into users (username, name) select 'user' || n, 'User' from generate_series(1, 998) n;
        insert into members (conversation_id, user_id, role, joined_seq, seq)
            select c.id, u.id, 'member', 1, 1 from conversations c, users u
            where c.title = 'general' and u.username like 'user%';
        update conversations set member_count = 1000 where title = 'general'",
    )
    .execute(&db)
    .await
    .unwrap();
    for n in 1..=12 {
        chat.set_typing(grace, id, true).await.unwrap();
        let said = people.say(grace, id, &n.to_string()).await;
        chat.edit_message(grace, said.id, format!("{n}."))
            .await
            .unwrap();
        chat.add_reaction(grace, said.id, "👍").await.unwrap();
        chat.mark_read(grace, id, n).await.unwrap();
    }
}

#[sqlx::test(migrations = "../../migrations")]
async fn receipts_wait_and_are_merged(db: PgPool) {
    let people = limited(db, people_told(3)).await;
    let (chat, ada) = (&people.chat, &people.ada);
    let id = people.group().await;
    let mut subscription = chat.subscribe();
    people.say(&people.grace, id, "one").await;
    people.say(&people.linus, id, "two").await;
    let of_ada = |it: &Delivery, position| {
        matches!(it, Delivery::Emit { event: Event::ReceiptUpdated(receipt), .. }
            if receipt.user_id == ada.user_id && receipt.read_position == position)
    };
    chat.mark_read(ada, id, 1).await.unwrap();
    receive_until(&mut subscription, |it| of_ada(it, 1)).await;
    // The bucket is empty for three seconds.
    let unread = chat.mark_read(ada, id, 2).await.unwrap();
    assert_eq!(unread.unread, 0);
    let marked = std::time::Instant::now();
    receive_until(&mut subscription, |it| of_ada(it, 2)).await;
    assert!(
        marked.elapsed().as_millis() > 1_000,
        "{:?}",
        marked.elapsed()
    );
}

#[sqlx::test(migrations = "../../migrations")]
async fn one_account_puts_a_person_into_few_groups(db: PgPool) {
    let limits = RateLimits {
        conversations_burst: 1_000.try_into().unwrap(),
        ..RateLimits::default()
    };
    let people = limited(db, limits).await;
    let (chat, ada) = (&people.chat, &people.ada);
    let mut count = 0;
    let error = loop {
        let new = group_of(&format!("Spam {count}"), &[&people.grace]);
        match chat.create_conversation(ada, new).await {
            Ok(_) => count += 1,
            Err(error) => break error,
        }
    };
    assert_eq!(count, 30);
    assert!(matches!(error, Error::TooManyRequests { .. }), "{error:?}");
    // Nor by way of a group that is there, nor among others.
    let alone = people.create(ConversationKind::Group, &[], "Alone").await;
    let too_many = ErrorCode::TooManyRequests;
    refused(
        add(chat, ada, alone, &[people.grace.user_id]).await,
        too_many,
    );
    let both = group_of("Both", &[&people.linus, &people.grace]);
    refused(
        chat.create_conversation(ada, both).await.map(drop),
        too_many,
    );
    // Others may be added by her, and Grace by others; and she can be written to.
    add(chat, ada, alone, &[people.linus.user_id])
        .await
        .unwrap();
    let new = group_of("Engines", &[&people.grace]);
    chat.create_conversation(&people.linus, new).await.unwrap();
    let wrote = people.direct().await;
    people.say(ada, wrote, "Sorry").await;
}

#[sqlx::test(migrations = "../../migrations")]
async fn groups_with_others_are_few_in_a_minute(db: PgPool) {
    let limits = RateLimits {
        conversations_burst: 2.try_into().unwrap(),
        conversations_per_minute: 1.try_into().unwrap(),
        ..RateLimits::default()
    };
    let people = limited(db, limits).await;
    let chat = &people.chat;
    let retry = NewConversation {
        client_id: Some("one".to_owned()),
        ..group_of("One", &[&people.grace])
    };
    for _ in 0..3 {
        // A retry is no other group.
        let created = chat.create_conversation(&people.ada, retry.clone()).await;
        created.unwrap();
    }
    people
        .create(ConversationKind::Channel, &[&people.grace], "two")
        .await;
    let third = group_of("Three", &[&people.grace]);
    let error = chat
        .create_conversation(&people.ada, third)
        .await
        .err()
        .unwrap();
    assert!(
        (30..=60).contains(&error.retry_after().unwrap()),
        "{error:?}"
    );
    people.direct().await;
    people.create(ConversationKind::Group, &[], "Alone").await;
}
