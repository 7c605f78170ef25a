//! Mentions of many: `@all` and `@here`, who may write them, and whom they mean.

use crate::fixtures::{People, people, refused, text};
use crate::forwards::forward_of;
use crate::threads::{in_thread, reply};
use chat::{Audience, Caller, Delivery, Search};
use model::{
    ConversationId, ConversationKind, ErrorCode, Event, MAX_MEMBERS_WHO_MENTION_ALL, MemberRole,
    Message, NewMembers, PageRequest, PresenceChoice, UserId, Wildcard, may_mention_all,
};
use sqlx::PgPool;

impl People {
    pub async fn mentions(&self, who: &Caller, id: ConversationId) -> i64 {
        let summary = self.chat.conversation(who, id).await.unwrap();
        let totals = self.chat.unread(who).await.unwrap().conversations;
        let here = totals.iter().find(|it| it.conversation_id == id);
        assert_eq!(here.map_or(0, |it| it.mentions), summary.mentions);
        summary.mentions
    }

    async fn add(&self, id: ConversationId, who: &Caller) {
        let new = NewMembers {
            user_ids: vec![who.user_id],
            role: MemberRole::Member,
        };
        self.chat.add_members(&self.ada, id, new).await.unwrap();
    }

    /// The messages that a search finds which mention the user.
    async fn found(&self, who: &Caller) -> usize {
        let search = Search {
            query: "mentions:me".to_owned(),
            ..Search::default()
        };
        let found = self.chat.search(who, &search, PageRequest::default()).await;
        found.unwrap().items.len()
    }
}

pub fn who(message: &Message) -> Vec<Option<Wildcard>> {
    message.entities.iter().map(|it| it.who).collect()
}

/// Who is told a count with mentions.
fn told(deliveries: &[Delivery]) -> Vec<UserId> {
    let told = deliveries.iter().filter_map(|it| match it {
        Delivery::Emit {
            audience: Audience::Users(users),
            event: Event::UnreadChanged { mentions: 1, .. },
            ..
        } => Some(users[0]),
        _ => None,
    });
    told.collect()
}

#[sqlx::test(migrations = "../../migrations")]
async fn all_means_the_members_of_that_moment_and_counts_once(db: PgPool) {
    let people = people(db).await;
    let (chat, id) = (&people.chat, people.group().await);
    let _grace = chat.connect(&people.grace).await.unwrap();
    let _ada = chat.connect(&people.ada).await.unwrap();
    let _eve = chat.connect(&people.outsider).await.unwrap();
    let mut subscription = chat.subscribe();
    let sent = people.say(&people.ada, id, "@all and @grace, lunch").await;
    assert_eq!(who(&sent), [Some(Wildcard::All), None]);
    assert_eq!(sent.entities[0].user_id, None);
    assert_eq!(
        sent.html
            .as_deref()
            .unwrap()
            .matches("data-who=\"all\"")
            .count(),
        1
    );
    let read = chat.message(&people.linus, sent.id).await.unwrap();
    assert_eq!((read.html, read.entities), (sent.html, sent.entities));
    let deliveries = people.drain_receipts(&mut subscription).await;
    let told = told(&deliveries);
    assert!(
        told.contains(&people.grace.user_id) && told.iter().all(|id| *id == people.grace.user_id)
    );
    for (who, mentions) in [(&people.grace, 1), (&people.linus, 1), (&people.ada, 0)] {
        assert_eq!(people.mentions(who, id).await, mentions);
        assert_eq!(people.found(who).await, usize::try_from(mentions).unwrap());
    }
    assert_eq!(people.found(&people.outsider).await, 0);
    refused(
        chat.message(&people.outsider, sent.id).await,
        ErrorCode::NotFound,
    );

    // Who joins later was not mentioned, even if they mark it as unread; who has left is not either.
    people.add(id, &people.outsider).await;
    assert_eq!(people.mentions(&people.outsider, id).await, 0);
    chat.mark_unread(&people.outsider, id, 1).await.unwrap();
    assert_eq!(people.mentions(&people.outsider, id).await, 0);
    assert_eq!(people.found(&people.outsider).await, 0);
    chat.leave_conversation(&people.linus, id).await.unwrap();
    people.say(&people.ada, id, "@Everyone").await;
    people.add(id, &people.linus).await;
    assert_eq!(people.mentions(&people.linus, id).await, 0);
    assert_eq!(people.mentions(&people.grace, id).await, 2);
    assert_eq!(people.mentions(&people.outsider, id).await, 1);
    chat.mark_read(&people.grace, id, i64::MAX).await.unwrap();
    assert_eq!(people.mentions(&people.grace, id).await, 0);
}

#[sqlx::test(migrations = "../../migrations")]
async fn here_means_who_is_online_at_that_moment(db: PgPool) {
    let people = people(db).await;
    let (chat, id) = (&people.chat, people.group().await);
    let grace = chat.connect(&people.grace).await.unwrap();
    let _eve = chat.connect(&people.outsider).await.unwrap();
    people.add(id, &people.outsider).await;
    chat.set_presence(&people.outsider, PresenceChoice::Away)
        .await
        .unwrap();
    let first = people.say(&people.ada, id, "@here").await;
    assert_eq!(who(&first), [Some(Wildcard::Here)]);
    assert_eq!(first.names, model::Names::default());
    for (who, mentions) in [
        (&people.grace, 1),
        (&people.linus, 0),
        (&people.outsider, 0),
        (&people.ada, 0),
    ] {
        assert_eq!(people.mentions(who, id).await, mentions);
        assert_eq!(people.found(who).await, usize::try_from(mentions).unwrap());
    }
    // An edit that keeps the word tells nobody else; one that adds it means those of then.
    let _linus = chat.connect(&people.linus).await.unwrap();
    let edited = chat
        .edit_message(&people.ada, first.id, "@here, now".to_owned())
        .await
        .unwrap();
    assert_eq!(who(&edited), [Some(Wildcard::Here)]);
    assert_eq!(people.mentions(&people.linus, id).await, 0);
    drop(grace);
    let second = people.say(&people.ada, id, "plain").await;
    let mut subscription = chat.subscribe();
    chat.edit_message(&people.ada, second.id, "@here again".to_owned())
        .await
        .unwrap();
    assert_eq!(people.mentions(&people.linus, id).await, 1);
    let deliveries = people.drain_receipts(&mut subscription).await;
    assert!(told(&deliveries).contains(&people.linus.user_id));
    // And taking it away takes it back, as a deletion does.
    chat.edit_message(&people.ada, second.id, "nobody".to_owned())
        .await
        .unwrap();
    assert_eq!(people.mentions(&people.linus, id).await, 0);
    chat.delete_message(&people.ada, first.id).await.unwrap();
    assert_eq!(people.mentions(&people.grace, id).await, 0);
    let left: i64 = sqlx::query_scalar("select count(*) from wildcard_recipients")
        .fetch_one(chat.pool())
        .await
        .unwrap();
    assert_eq!(left, 0);
}

#[sqlx::test(migrations = "../../migrations")]
async fn in_channels_and_large_groups_only_administrators_mention_many(db: PgPool) {
    let people = people(db).await;
    let chat = &people.chat;
    let channel = people.channel().await;
    people.add(channel, &people.grace).await;
    people.add(channel, &people.linus).await;
    let text_only = people.say(&people.grace, channel, "@all @here").await;
    assert_eq!((who(&text_only), text_only.html), (vec![], None));
    let rendered = chat
        .render_body(&people.grace, channel, "@all".to_owned())
        .await
        .unwrap();
    assert_eq!(rendered.entities, []);
    assert_eq!(people.mentions(&people.linus, channel).await, 0);
    let by_owner = people.say(&people.ada, channel, "@channel").await;
    assert_eq!(who(&by_owner), [Some(Wildcard::All)]);
    assert_eq!(people.mentions(&people.linus, channel).await, 1);
    let rendered = chat
        .render_body(&people.ada, channel, "@all".to_owned())
        .await
        .unwrap();
    assert_eq!(rendered.entities[0].who, Some(Wildcard::All));

    let group = people.group().await;
    for (count, is_granted) in [
        (MAX_MEMBERS_WHO_MENTION_ALL, true),
        (MAX_MEMBERS_WHO_MENTION_ALL + 1, false),
    ] {
        sqlx::query("update conversations set member_count = $2 where id = $1")
            .bind(group.0)
            .bind(count)
            .execute(chat.pool())
            .await
            .unwrap();
        let sent = people.say(&people.grace, group, "@all").await;
        assert_eq!(!sent.entities.is_empty(), is_granted);
        let (kind, member) = (ConversationKind::Group, MemberRole::Member);
        assert_eq!(
            may_mention_all(kind, member, count),
            is_granted,
            "the page says so"
        );
        assert_eq!(who(&people.say(&people.ada, group, "@all").await).len(), 1);
    }
    let direct = people.direct().await;
    let sent = people.say(&people.grace, direct, "@all").await;
    assert_eq!(who(&sent), [Some(Wildcard::All)]);
    assert_eq!(people.mentions(&people.ada, direct).await, 1);
}

#[sqlx::test(migrations = "../../migrations")]
async fn a_word_that_stays_means_as_many_whatever_its_sender_may_now(db: PgPool) {
    let people = people(db).await;
    let (chat, id) = (&people.chat, people.group().await);
    let sent = people.say(&people.grace, id, "ship it @all").await;
    sqlx::query("update conversations set member_count = $2 where id = $1")
        .bind(id.0)
        .bind(MAX_MEMBERS_WHO_MENTION_ALL + 1)
        .execute(chat.pool())
        .await
        .unwrap();
    let edit = async |body: &str| {
        let edited = chat.edit_message(&people.grace, sent.id, body.to_owned());
        edited.await.unwrap()
    };
    for (body, mentions) in [
        ("ship it @all.", 1),
        ("ship it @everyone @here", 1),
        ("ship it", 0),
        ("ship it @all", 0),
    ] {
        edit(body).await;
        assert_eq!(people.mentions(&people.linus, id).await, mentions, "{body}");
    }
}

/// As a node of the version before deletes it.
#[sqlx::test(migrations = "../../migrations")]
async fn a_deletion_takes_it_back_whoever_does_it(db: PgPool) {
    let people = people(db).await;
    let (chat, id) = (&people.chat, people.group().await);
    let sent = people.say(&people.grace, id, "@all").await;
    assert_eq!(people.mentions(&people.linus, id).await, 1);
    sqlx::query("update messages set body = '', deleted_at = now() where id = $1")
        .bind(sent.id.0)
        .execute(chat.pool())
        .await
        .unwrap();
    assert_eq!(people.mentions(&people.linus, id).await, 0);
}

#[sqlx::test(migrations = "../../migrations")]
async fn a_member_who_is_called_so_is_meant_alone(db: PgPool) {
    let people = people(db).await;
    let (chat, id) = (&people.chat, people.group().await);
    sqlx::query("update users set username = 'all' where id = $1")
        .bind(people.linus.user_id.0)
        .execute(chat.pool())
        .await
        .unwrap();
    let sent = people.say(&people.ada, id, "@all. @everyone").await;
    assert_eq!(sent.entities[0].user_id, Some(people.linus.user_id));
    assert_eq!(who(&sent), [None, Some(Wildcard::All)]);
    let again = chat.message(&people.grace, sent.id).await.unwrap();
    assert_eq!(again.entities, sent.entities);
    let alone = people.say(&people.ada, id, "@all").await;
    assert_eq!(who(&alone), [None]);
    assert_eq!(people.mentions(&people.grace, id).await, 1);
    assert_eq!(people.mentions(&people.linus, id).await, 2);
}

#[sqlx::test(migrations = "../../migrations")]
async fn in_a_thread_those_are_meant_who_follow_it(db: PgPool) {
    let people = people(db).await;
    let (chat, id) = (&people.chat, people.group().await);
    let root = people.say(&people.ada, id, "root").await;
    reply(&people, &people.grace, &root, "mine").await;
    let sent = reply(&people, &people.ada, &root, "@all").await;
    assert_eq!(who(&sent), [Some(Wildcard::All)]);
    let state = async |who: &Caller| {
        let state = chat.thread(who, root.id).await.unwrap().state;
        (state.following, state.mentions)
    };
    assert_eq!(state(&people.grace).await, (true, 1));
    assert_eq!(
        state(&people.linus).await,
        (false, 0),
        "nobody is made to follow"
    );
    assert_eq!(people.mentions(&people.linus, id).await, 0);
    assert_eq!(
        people.mentions(&people.grace, id).await,
        0,
        "it is in the thread only"
    );
    assert_eq!(people.found(&people.linus).await, 0);
    let mut new = in_thread("@all, here as well", &root);
    new.also_to_conversation = true;
    chat.send_message(&people.ada, id, new).await.unwrap();
    assert_eq!(state(&people.grace).await, (true, 2));
    assert_eq!(state(&people.linus).await, (false, 0));
    assert_eq!(people.mentions(&people.linus, id).await, 1);
}

#[sqlx::test(migrations = "../../migrations")]
async fn a_forward_tells_nobody_and_a_retry_finds_the_same(db: PgPool) {
    let people = people(db).await;
    let (chat, id) = (&people.chat, people.group().await);
    let source = people.source().await;
    let said = people.say(&people.ada, source, "@all").await;
    let forward = forward_of(&[&said], None);
    let forwards = chat
        .forward_messages(&people.ada, id, forward)
        .await
        .unwrap();
    assert_eq!(who(&forwards.messages[0]), []);
    assert_eq!(people.mentions(&people.linus, id).await, 0);
    let first = chat
        .send_message(&people.ada, id, text("@all", Some("k")))
        .await
        .unwrap();
    let again = chat
        .send_message(&people.ada, id, text("@all", Some("k")))
        .await
        .unwrap();
    assert!(again.deduplicated);
    assert_eq!(again.message.entities, first.message.entities);
    assert_eq!(people.mentions(&people.linus, id).await, 1);
}

#[sqlx::test(migrations = "../../migrations")]
async fn a_message_after_one_that_mentions_many_stays_after_it(db: PgPool) {
    let people = people(db).await;
    let (chat, id) = (&people.chat, people.group().await);
    let send = |body| chat.send_message(&people.ada, id, text(body, None));
    let (first, second, third) = tokio::join!(send("@all"), send("plain"), send("@here"));
    let [first, second, third] = [first, second, third].map(|it| it.unwrap().message.position);
    assert!(first < second && second < third, "{first} {second} {third}");
}

#[sqlx::test(migrations = "../../migrations")]
async fn who_joins_a_conversation_again_was_not_mentioned_in_its_thread(db: PgPool) {
    let people = people(db).await;
    let (chat, id) = (&people.chat, people.group().await);
    let root = people.say(&people.ada, id, "root").await;
    let first = reply(&people, &people.ada, &root, "one").await;
    chat.leave_conversation(&people.linus, id).await.unwrap();
    let mut new = in_thread("@all", &root);
    new.also_to_conversation = true;
    chat.send_message(&people.ada, id, new).await.unwrap();
    people.add(id, &people.linus).await;
    assert_eq!(people.mentions(&people.linus, id).await, 0);
    // Named by an edit, he follows from the first reply on, before the one that has meant all.
    chat.edit_message(&people.ada, first.id, "one, @linus".to_owned())
        .await
        .unwrap();
    let thread = chat.thread(&people.linus, root.id).await.unwrap();
    assert_eq!((thread.state.following, thread.state.mentions), (true, 1));
}

#[sqlx::test(migrations = "../../migrations")]
async fn here_of_ten_thousand_stays_cheap_on_one_connection(db: PgPool) {
    let people = people(db).await;
    let (chat, id) = (&people.chat, people.channel().await);
    ten_thousand_members(chat.pool()).await;
    let mut db = chat.pool().acquire().await.unwrap();
    let online: Vec<i64> =
        sqlx::query_scalar("select user_id from members where conversation_id = $1")
            .bind(id.0)
            .fetch_all(&mut *db)
            .await
            .unwrap();
    let mut slowest = std::time::Duration::ZERO;
    for n in 0..10 {
        let sent = people.say(&people.ada, id, &format!("{n}")).await;
        let started = std::time::Instant::now();
        sqlx::query(
            "select add_wildcard_mentions(array[$1::bigint], array['[\"here\"]'::jsonb], $2)",
        )
        .bind(sent.id.0)
        .bind(&online)
        .execute(&mut *db)
        .await
        .unwrap();
        slowest = slowest.max(started.elapsed());
    }
    let rows: i64 = sqlx::query_scalar("select count(*) from wildcard_recipients")
        .fetch_one(&mut *db)
        .await
        .unwrap();
    let meant = i64::try_from(online.len()).unwrap() - 1;
    assert_eq!(rows, 10 * meant, "all but the sender");
    println!("the slowest took {slowest:?}");
    // Every member against everybody who is online takes a minute.
    assert!(slowest < std::time::Duration::from_secs(5), "{slowest:?}");
}

async fn ten_thousand_members(db: &PgPool) {
    sqlx::raw_sql(
        "with added as (
            insert into users (username, name) select 'u' || n, 'U' from generate_series(1, 10000) n returning id
        )
        insert into members (conversation_id, user_id, role, joined_seq, seq)
        select c.id, a.id, 'member', 1, 1 from added a cross join (select max(id) as id from conversations) c",
    )
    .execute(db)
    .await
    .unwrap();
}

#[sqlx::test(migrations = "../../migrations")]
async fn all_of_ten_thousand_is_one_row(db: PgPool) {
    let people = people(db).await;
    let (chat, id) = (&people.chat, people.channel().await);
    ten_thousand_members(chat.pool()).await;
    let started = std::time::Instant::now();
    let sent = people.say(&people.ada, id, "@all").await;
    println!("a send to 10,000 took {:?}", started.elapsed());
    assert_eq!(who(&sent), [Some(Wildcard::All)]);
    let rows: (i64, i64) = sqlx::query_as(
        "select (select count(*) from wildcard_mentions), (select count(*) from wildcard_recipients)",
    )
    .fetch_one(chat.pool())
    .await
    .unwrap();
    assert_eq!(rows, (1, 0));
    let mentioned: i64 = sqlx::query_scalar(
        "select count(*) from unread_memberships where conversation_id = $1 and mentions = 1",
    )
    .bind(id.0)
    .fetch_one(chat.pool())
    .await
    .unwrap();
    assert_eq!(mentioned, 10_001, "and Grace");
}
