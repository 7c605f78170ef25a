//! Threads: replies beside the main line of a conversation, with counts of their own.

use crate::fixtures::{People, event, people, text};
use chat::{Audience, Caller, Chat, Delivery, MessagesRequest, PageAnchor};
use model::{ConversationId, Event, Message, NewMessage, PageRequest, ThreadFollowers};
use sqlx::PgPool;

pub fn in_thread(body: &str, root: &Message) -> NewMessage {
    NewMessage {
        thread_id: Some(root.id),
        ..text(body, None)
    }
}

pub async fn reply(people: &People, who: &Caller, root: &Message, body: &str) -> Message {
    let new = in_thread(body, root);
    let sent = people.chat.send_message(who, root.conversation_id, new);
    sent.await.unwrap().message
}

/// Unread of the main line, in threads only, mentions of the main line.
async fn counts(people: &People, who: &Caller, id: ConversationId) -> (i64, i64, i64) {
    let summary = people.chat.conversation(who, id).await.unwrap();
    let totals = people.chat.unread(who).await.unwrap().conversations;
    let here = totals.iter().find(|it| it.conversation_id == id);
    assert_eq!(here.map_or(0, |it| it.unread), summary.unread);
    (summary.unread, summary.unread_in_threads, summary.mentions)
}

async fn state(chat: &Chat, who: &Caller, root: &Message) -> (bool, i64, i64, i64) {
    let state = chat.thread(who, root.id).await.unwrap().state;
    (
        state.following,
        state.read_position,
        state.unread,
        state.mentions,
    )
}

async fn bodies(chat: &Chat, who: &Caller, id: ConversationId, main_line: bool) -> Vec<String> {
    let request = MessagesRequest {
        main_line,
        ..MessagesRequest::default()
    };
    let page = chat.messages(who, id, request).await.unwrap();
    page.items.into_iter().map(|it| it.body).collect()
}

#[sqlx::test(migrations = "../../migrations")]
async fn a_reply_is_a_message_of_its_conversation(db: PgPool) {
    let people = people(db).await;
    let (chat, id) = (&people.chat, people.group().await);
    let root = people.say(&people.ada, id, "lunch?").await;
    let first = reply(&people, &people.grace, &root, "where?").await;
    let between = people.say(&people.ada, id, "by the way").await;
    let second = reply(&people, &people.linus, &root, "the usual").await;

    assert_eq!(
        (first.position, first.seq),
        (root.position + 1, root.seq + 1)
    );
    assert_eq!((between.position, second.position), (3, 4));
    let numbers = [&first, &second].map(|it| (it.thread_id, it.thread_position));
    assert_eq!(
        numbers,
        [(Some(root.id), Some(1)), (Some(root.id), Some(2))]
    );
    // Who knows no threads sees a reply to the root.
    assert_eq!(first.reply_to.as_ref().unwrap().id, root.id);

    // The root tells what there is, and so does the reply that arrives.
    let shown = chat.message(&people.ada, root.id).await.unwrap();
    let thread = shown.thread.unwrap();
    assert_eq!((thread.reply_count, thread.position), (2, 2));
    assert_eq!(thread.last_reply_at, Some(second.created_at));
    let names: Vec<_> = thread
        .participants
        .iter()
        .map(|it| it.username.as_str())
        .collect();
    assert_eq!(names, ["linus", "grace"]);
    assert_eq!(second.thread, Some(thread));

    // All messages for those who know no threads; the main line for those who do.
    let all = bodies(chat, &people.linus, id, false).await;
    assert_eq!(all, ["lunch?", "where?", "by the way", "the usual"]);
    let main_line = bodies(chat, &people.linus, id, true).await;
    assert_eq!(main_line, ["lunch?", "by the way"]);
    for (anchor, expected) in [
        (PageAnchor::Before(4), vec!["lunch?", "by the way"]),
        (PageAnchor::After(1), vec!["by the way"]),
        (PageAnchor::Around(2), vec!["lunch?", "by the way"]),
    ] {
        let request = MessagesRequest {
            anchor,
            main_line: true,
            limit: None,
        };
        let page = chat.messages(&people.linus, id, request).await.unwrap();
        let bodies: Vec<_> = page.items.iter().map(|it| it.body.as_str()).collect();
        assert_eq!(bodies, expected, "{anchor:?}");
    }
}

#[sqlx::test(migrations = "../../migrations")]
async fn counts_of_the_conversation_leave_threads_out(db: PgPool) {
    let people = people(db).await;
    let (chat, id) = (&people.chat, people.group().await);
    let root = people.say(&people.ada, id, "lunch?").await;
    chat.mark_read(&people.grace, id, 1).await.unwrap();
    for n in 0..3 {
        reply(&people, &people.linus, &root, &format!("@grace {n}")).await;
    }
    assert_eq!(counts(&people, &people.grace, id).await, (0, 3, 0));
    let main = people
        .say(&people.linus, id, "@grace in the main line")
        .await;
    let last = reply(&people, &people.linus, &root, "more").await;
    assert_eq!(counts(&people, &people.grace, id).await, (1, 4, 1));
    // Deleted ones count nowhere.
    chat.delete_message(&people.linus, last.id).await.unwrap();
    assert_eq!(counts(&people, &people.grace, id).await, (1, 3, 1));
    // Reading the main line leaves the count of the thread.
    chat.mark_read(&people.grace, id, main.position)
        .await
        .unwrap();
    assert_eq!(counts(&people, &people.grace, id).await, (0, 0, 0));
    assert_eq!(state(chat, &people.grace, &root).await, (true, 0, 3, 3));
    // A mark of the main line counts back over replies.
    chat.mark_unread(&people.grace, id, 1).await.unwrap();
    assert_eq!(counts(&people, &people.grace, id).await, (2, 3, 1));

    // A reply to the main line as well is in both.
    let new = NewMessage {
        also_to_conversation: true,
        ..in_thread("for all", &root)
    };
    let both = chat
        .send_message(&people.linus, id, new)
        .await
        .unwrap()
        .message;
    assert!(both.also_to_conversation && both.is_in_main_line());
    assert_eq!(counts(&people, &people.grace, id).await, (3, 3, 1));
    assert!(
        bodies(chat, &people.grace, id, true)
            .await
            .contains(&"for all".to_owned())
    );
    let replies = chat.thread_messages(&people.grace, root.id, MessagesRequest::default());
    let replies = replies.await.unwrap().items;
    assert_eq!(
        replies.last().unwrap(),
        &Message {
            thread: None,
            ..both
        }
    );
    assert_eq!(replies.len(), 5, "with the tombstone");
}

#[sqlx::test(migrations = "../../migrations")]
async fn a_reply_reads_nothing_of_the_main_line(db: PgPool) {
    let people = people(db).await;
    let (chat, id) = (&people.chat, people.group().await);
    let root = people.say(&people.ada, id, "lunch?").await;
    people.say(&people.ada, id, "and something else").await;
    chat.mark_read(&people.grace, id, 1).await.unwrap();
    reply(&people, &people.grace, &root, "yes").await;
    assert_eq!(counts(&people, &people.grace, id).await, (1, 0, 0));
    // Who had read everything has read everything still.
    chat.mark_read(&people.linus, id, 3).await.unwrap();
    reply(&people, &people.linus, &root, "me too").await;
    assert_eq!(counts(&people, &people.linus, id).await, (0, 0, 0));
    let summary = chat.conversation(&people.linus, id).await.unwrap();
    assert_eq!(summary.read_position, 4);
    chat.mark_unread(&people.linus, id, 2).await.unwrap();
    reply(&people, &people.linus, &root, "later").await;
    // Of the three replies, two are his own.
    assert_eq!(counts(&people, &people.linus, id).await, (1, 1, 0));
}

#[sqlx::test(migrations = "../../migrations")]
async fn followers_have_counts_of_their_own(db: PgPool) {
    let people = people(db).await;
    let (chat, id) = (&people.chat, people.group().await);
    let root = people.say(&people.ada, id, "lunch?").await;
    assert_eq!(state(chat, &people.ada, &root).await, (false, 0, 0, 0));
    let _ada = chat.connect(&people.ada).await.unwrap();
    let _linus = chat.connect(&people.linus).await.unwrap();
    let mut subscription = chat.subscribe();
    reply(&people, &people.grace, &root, "where?").await;
    assert_eq!(state(chat, &people.ada, &root).await, (true, 0, 1, 0));
    assert_eq!(state(chat, &people.grace, &root).await, (true, 1, 0, 0));
    assert_eq!(state(chat, &people.linus, &root).await, (false, 0, 0, 0));
    let told = thread_events(&people, &mut subscription, 1).await;
    assert_eq!(told, [(people.ada.user_id, 0, 1, 0)]);

    // A mention makes one follow, from there on.
    reply(&people, &people.grace, &root, "@linus knows").await;
    assert_eq!(state(chat, &people.linus, &root).await, (true, 1, 1, 1));
    let told = thread_events(&people, &mut subscription, 1).await;
    assert_eq!(told, [(people.linus.user_id, 1, 1, 1)]);

    let read = chat
        .mark_thread_read(&people.ada, root.id, i64::MAX)
        .await
        .unwrap();
    assert_eq!((read.read_position, read.unread), (2, 0));
    let told = thread_events(&people, &mut subscription, 1).await;
    assert_eq!(told, [(people.ada.user_id, 2, 0, 0)]);
    let same = chat
        .mark_thread_read(&people.ada, root.id, 1)
        .await
        .unwrap();
    assert_eq!(same.read_position, 2);

    // Who has unfollowed hears nothing more, until they reply.
    let unfollowed = chat
        .follow_thread(&people.linus, root.id, false)
        .await
        .unwrap();
    assert!(!unfollowed.following && unfollowed.unread == 0);
    let asked = reply(&people, &people.grace, &root, "@linus?").await;
    chat.edit_message(&people.grace, asked.id, "@linus, please".to_owned())
        .await
        .unwrap();
    assert_eq!(state(chat, &people.linus, &root).await, (false, 2, 0, 0));
    reply(&people, &people.linus, &root, "here").await;
    assert_eq!(state(chat, &people.linus, &root).await, (true, 4, 0, 0));
}

/// The parts of threads that connected users are told, at least so many.
async fn thread_events(
    people: &People,
    subscription: &mut chat::events::Subscription,
    count: usize,
) -> Vec<(model::UserId, i64, i64, i64)> {
    let mut told = Vec::new();
    while told.len() < count {
        let next = tokio::time::timeout(std::time::Duration::from_secs(10), subscription.next());
        let delivery = next.await.expect("a state is told").unwrap().unwrap();
        let Delivery::Emit {
            audience,
            event: Event::ThreadChanged(state),
            ..
        } = &*delivery
        else {
            continue;
        };
        let Audience::Users(to) = audience else {
            panic!("{audience:?}");
        };
        assert_eq!(to.len(), 1);
        told.push((to[0], state.read_position, state.unread, state.mentions));
    }
    let rest = people.drain(subscription).await;
    assert!(
        !rest
            .iter()
            .any(|it| matches!(event(it), Some(Event::ThreadChanged(_))))
    );
    told
}

#[sqlx::test(migrations = "../../migrations")]
async fn the_list_has_unread_threads_first(db: PgPool) {
    let people = people(db).await;
    let (chat, id) = (&people.chat, people.group().await);
    let mut roots = Vec::new();
    for n in 0..4 {
        let root = people.say(&people.ada, id, &format!("topic {n}")).await;
        reply(&people, &people.grace, &root, "answer").await;
        roots.push(root);
    }
    for n in [1, 3] {
        chat.mark_thread_read(&people.ada, roots[n].id, 1)
            .await
            .unwrap();
    }
    let mut page = PageRequest {
        limit: Some(1),
        ..PageRequest::default()
    };
    let mut listed = Vec::new();
    loop {
        let threads = chat
            .followed_threads(&people.ada, page.clone())
            .await
            .unwrap();
        assert_eq!(threads.unread_threads, 2);
        listed.extend(
            threads
                .items
                .into_iter()
                .map(|it| (it.root.body, it.state.unread)),
        );
        page.cursor = threads.next_cursor;
        if page.cursor.is_none() {
            break;
        }
    }
    let listed: Vec<_> = listed
        .iter()
        .map(|(body, unread)| (body.as_str(), *unread))
        .collect();
    assert_eq!(
        listed,
        [
            ("topic 2", 1),
            ("topic 0", 1),
            ("topic 3", 0),
            ("topic 1", 0)
        ]
    );
    let none = chat
        .followed_threads(&people.linus, PageRequest::default())
        .await
        .unwrap();
    assert_eq!(none.items, []);
    // What somebody has left, they follow no longer, also after they have come back.
    chat.leave_conversation(&people.grace, id).await.unwrap();
    let left = chat
        .followed_threads(&people.grace, PageRequest::default())
        .await
        .unwrap();
    assert_eq!((left.items, left.unread_threads), (vec![], 0));
    let again = model::NewMembers {
        user_ids: vec![people.grace.user_id],
        role: model::MemberRole::Member,
    };
    chat.add_members(&people.ada, id, again).await.unwrap();
    assert!(!state(chat, &people.grace, &roots[0]).await.0);
}

#[sqlx::test(migrations = "../../migrations")]
async fn who_was_away_misses_no_reply(db: PgPool) {
    let people = people(db).await;
    let (chat, id) = (&people.chat, people.group().await);
    let root = people.say(&people.ada, id, "lunch?").await;
    let first = reply(&people, &people.grace, &root, "where?").await;
    people.say(&people.ada, id, "hm").await;
    let second = reply(&people, &people.grace, &root, "here").await;
    chat.delete_message(&people.grace, first.id).await.unwrap();
    let changes = chat
        .changes(&people.linus, id, root.seq, None)
        .await
        .unwrap();
    let found: Vec<_> = changes
        .items
        .iter()
        .map(|it| match it {
            Event::MessageCreated { message, seq, .. } => (
                *seq,
                message.body.as_str(),
                message.thread.as_ref().map(|it| it.reply_count),
            ),
            other => panic!("{other:?}"),
        })
        .collect();
    let seq = root.seq;
    assert_eq!(
        found,
        [
            (seq + 2, "hm", None),
            (seq + 3, "here", Some(1)),
            (seq + 4, "", Some(1))
        ]
    );
    let thread = chat.thread(&people.ada, root.id).await.unwrap();
    let shown = thread.root.thread.unwrap();
    assert_eq!(
        (shown.reply_count, shown.position, shown.seq),
        (1, 2, seq + 4)
    );
    assert_eq!(shown.last_reply_at, Some(second.created_at));
    assert_eq!(thread.state.unread, 1, "ada follows: one reply is left");
    // The thread outlives its root.
    chat.delete_message(&people.ada, root.id).await.unwrap();
    let third = reply(&people, &people.grace, &root, "still").await;
    assert_eq!(third.thread_position, Some(3));
}

#[sqlx::test(migrations = "../../migrations")]
async fn members_see_who_follows_a_thread(db: PgPool) {
    let people = people(db).await;
    let (chat, id) = (&people.chat, people.group().await);
    let root = people.say(&people.ada, id, "lunch?").await;
    let all = || chat.thread_followers(&people.ada, root.id, PageRequest::default());
    let nobody = all().await.unwrap();
    assert_eq!((nobody.items.len(), nobody.follower_count), (0, 0));
    let answer = reply(&people, &people.grace, &root, "where?").await;
    chat.follow_thread(&people.linus, root.id, true)
        .await
        .unwrap();

    let mut page = PageRequest {
        limit: Some(2),
        ..PageRequest::default()
    };
    let first = chat
        .thread_followers(&people.linus, root.id, page.clone())
        .await
        .unwrap();
    assert_eq!(
        (names(&first), first.follower_count),
        (vec!["ada", "grace"], 3)
    );
    page.cursor = first.next_cursor;
    let rest = chat
        .thread_followers(&people.linus, root.id, page)
        .await
        .unwrap();
    assert_eq!((names(&rest), rest.follower_count), (vec!["linus"], 3));
    assert_eq!(rest.next_cursor, None);

    // Who follows no longer, or is no member any more, is not among them.
    chat.follow_thread(&people.grace, root.id, false)
        .await
        .unwrap();
    chat.leave_conversation(&people.linus, id).await.unwrap();
    assert_eq!(names(&all().await.unwrap()), ["ada"]);
    for (who, thread) in [
        (&people.outsider, root.id),
        (&people.linus, root.id),
        (&people.ada, answer.id),
    ] {
        let refused = chat
            .thread_followers(who, thread, PageRequest::default())
            .await;
        assert!(
            matches!(refused, Err(chat::Error::NotFound("thread"))),
            "{refused:?}"
        );
    }
}

fn names(followers: &ThreadFollowers) -> Vec<&str> {
    followers
        .items
        .iter()
        .map(|it| it.username.as_str())
        .collect()
}
