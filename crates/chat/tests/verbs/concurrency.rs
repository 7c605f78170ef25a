//! Concurrent changes: one sequence without holes or duplicates.

use crate::fixtures::{people, text};
use chat::{Delivery, MessagesRequest, PageAnchor};
use model::{Event, MemberRole, MessageId};
use sqlx::PgPool;
use std::collections::BTreeSet;
use tokio::task::JoinSet;

#[sqlx::test(migrations = "../../migrations")]
async fn sixty_four_tasks_send_into_one_conversation(db: PgPool) {
    let people = people(db).await;
    let id = people.group().await;
    let mut subscription = people.chat.subscribe();
    let senders = [people.ada, people.grace, people.linus];
    let mut tasks = JoinSet::new();
    for task in 0..64 {
        let (chat, sender) = (people.chat.clone(), senders[task % 3]);
        tasks.spawn(async move {
            let mut sent = Vec::new();
            for n in 0..10 {
                let key = format!("{task}-{n}");
                let new = text(&format!("{task}: {n}"), Some(&key));
                // Every send twice, as a client that retries too early does.
                let (one, other) = tokio::join!(
                    chat.send_message(&sender, id, new.clone()),
                    chat.send_message(&sender, id, new)
                );
                let (one, other) = (one.unwrap(), other.unwrap());
                assert_eq!(one.message.id, other.message.id);
                assert!(one.deduplicated != other.deduplicated);
                sent.push((one.message.position, one.message.seq));
            }
            sent
        });
    }
    let sent: Vec<_> = tasks.join_all().await;
    for of_one_task in &sent {
        assert!(
            of_one_task.is_sorted(),
            "one sender's messages keep their order"
        );
    }
    let mut all: Vec<_> = sent.into_iter().flatten().collect();
    all.sort_unstable();
    let expected: Vec<_> = (1..=640).map(|n| (n, n + 1)).collect();
    assert_eq!(
        all, expected,
        "positions and seqs without hole or duplicate"
    );

    // The order of the deliveries is that of the pages.
    let mut live = Vec::new();
    while live.len() < 640 {
        if let Delivery::Emit {
            event: Event::MessageCreated { message, .. },
            ..
        } = &*subscription.next().await.unwrap().unwrap()
        {
            live.push((message.position, message.id));
        }
    }
    let mut read: Vec<(i64, MessageId)> = Vec::new();
    loop {
        let after = read.last().map_or(0, |(position, _)| *position);
        let request = MessagesRequest {
            anchor: PageAnchor::After(after),
            limit: Some(100),
            main_line: false,
        };
        let page = people
            .chat
            .messages(&people.grace, id, request)
            .await
            .unwrap();
        read.extend(page.items.iter().map(|it| (it.position, it.id)));
        if page.next_cursor.is_none() {
            break;
        }
    }
    assert_eq!(live, read);
    let ids: BTreeSet<_> = read.iter().map(|(_, id)| id).collect();
    assert_eq!(ids.len(), 640);
}

#[sqlx::test(migrations = "../../migrations")]
async fn all_kinds_of_changes_at_once_share_one_sequence(db: PgPool) {
    let people = people(db).await;
    let id = people.group().await;
    let message = people.say(&people.ada, id, "target").await;
    let mut subscription = people.chat.subscribe();
    let mut tasks = JoinSet::new();
    for n in 0..32 {
        let (chat, ada, grace, linus) =
            (people.chat.clone(), people.ada, people.grace, people.linus);
        tasks.spawn(async move {
            match n % 4 {
                0 => drop(
                    chat.edit_message(&ada, message.id, format!("edit {n}"))
                        .await
                        .unwrap(),
                ),
                1 => drop(chat.add_reaction(&grace, message.id, "👍").await.unwrap()),
                2 => drop(
                    chat.remove_reaction(&grace, message.id, "👍")
                        .await
                        .unwrap(),
                ),
                _ => drop(
                    chat.send_message(&linus, id, text(&n.to_string(), None))
                        .await
                        .unwrap(),
                ),
            }
        });
    }
    tasks.join_all().await;
    let last = people
        .chat
        .conversation(&people.ada, id)
        .await
        .unwrap()
        .conversation
        .seq;
    let mut seq = message.seq;
    while seq < last {
        if let Delivery::Emit { event, .. } = &*subscription.next().await.unwrap().unwrap()
            && let Some((_, next)) = event.seq()
        {
            assert_eq!(next, seq + 1, "{event:?}");
            seq = next;
        }
    }
}

#[sqlx::test(migrations = "../../migrations")]
async fn a_send_whose_caller_hung_up_is_published(db: PgPool) {
    let people = people(db).await;
    let id = people.group().await;
    let mut subscription = people.chat.subscribe();
    for n in 0..20 {
        let send = people
            .chat
            .send_message(&people.ada, id, text(&n.to_string(), None));
        // The future is dropped in the middle, as when a client hangs up.
        let _ = tokio::time::timeout(std::time::Duration::from_micros(n * 100), send).await;
    }
    let last = people.say(&people.ada, id, "last").await;
    let mut position = 0;
    while position < last.position {
        if let Delivery::Emit {
            event: Event::MessageCreated { message, .. },
            ..
        } = &*subscription.next().await.unwrap().unwrap()
        {
            position += 1;
            assert_eq!(
                message.position, position,
                "what was committed is published, in order"
            );
        }
    }
}

#[sqlx::test(migrations = "../../migrations")]
async fn a_client_that_follows_the_feed_misses_nothing(db: PgPool) {
    const MESSAGES: usize = 300;
    let people = people(db).await;
    let id = people.group().await;
    let mut tasks = JoinSet::new();
    let (chat, grace) = (people.chat.clone(), people.grace);
    tasks.spawn(async move {
        for n in 0..MESSAGES {
            let new = text(&n.to_string(), None);
            chat.send_message(&grace, id, new).await.unwrap();
        }
    });
    // Another kind of change, which the feed reads with a query of its own.
    let (chat, ada, linus) = (people.chat.clone(), people.ada, people.linus.user_id);
    tasks.spawn(async move {
        for n in 0..MESSAGES {
            let role = [MemberRole::Admin, MemberRole::Member][n % 2];
            chat.set_member_role(&ada, id, linus, role).await.unwrap();
        }
    });

    let (mut after, mut count) = (0, 0);
    while count < MESSAGES {
        let ended = tasks.is_empty();
        while tasks.try_join_next().is_some() {}
        let changes = people.chat.changes(&people.ada, id, after, None).await;
        let changes = changes.unwrap();
        for change in changes.items {
            after = change.seq().unwrap().1;
            count += usize::from(matches!(change, Event::MessageCreated { .. }));
        }
        let all = count == MESSAGES || changes.has_more;
        assert!(!ended || all, "{count} of {MESSAGES}");
    }
}
