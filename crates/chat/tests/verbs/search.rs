//! Search: any part of a body, in any script, in the conversations of the caller.

mod corpus;
mod index;
mod operators;
mod snippets;

use crate::fixtures::{People, people, refused};
use chat::{Caller, Search, SearchRequest};
use model::{ConversationId, ErrorCode, FoundMessage, MatchKind, Message, PageRequest, SearchPage};
use sqlx::PgPool;
use time::{Duration, OffsetDateTime};

fn bodies(messages: &[Message]) -> Vec<&str> {
    messages.iter().map(|it| it.body.as_str()).collect()
}

fn found(messages: &[FoundMessage]) -> Vec<&str> {
    messages.iter().map(|it| it.message.body.as_str()).collect()
}

/// The first 100 messages that a query finds, and what is wrong with it.
async fn search_page(people: &People, caller: &Caller, query: &str) -> SearchPage {
    let search = Search {
        query: query.to_owned(),
        ..Search::default()
    };
    let page = PageRequest {
        limit: Some(100),
        cursor: None,
    };
    people.chat.search(caller, &search, page).await.unwrap()
}

/// The bodies of the first 100 messages of this kind that a query finds.
async fn found_bodies(
    people: &People,
    caller: &Caller,
    query: &str,
    kind: MatchKind,
) -> Vec<String> {
    let page = search_page(people, caller, query).await;
    let items = page.items.into_iter().filter(|it| it.match_kind == kind);
    items.map(|it| it.message.body).collect()
}

fn request(query: &str, conversation_id: Option<ConversationId>) -> SearchRequest {
    SearchRequest {
        query: query.to_owned(),
        conversation_id,
        page: 1,
        limit: 100,
    }
}

#[sqlx::test(migrations = "../../migrations")]
async fn any_part_is_found_in_any_script(db: PgPool) {
    let people = people(db).await;
    let (chat, id) = (&people.chat, people.group().await);
    for body in [
        "Lunch at noon?",
        "Привет, МИР",
        "明日の会議は東京で",
        "100% of_it \\ or 50",
        "ein GRÜẞ dich",
        "👩‍🚀 launch",
    ] {
        people.say(&people.ada, id, body).await;
    }
    let found = async |query: &str| -> Vec<String> {
        let found = chat.search_messages(&people.grace, request(query, None));
        let found = found.await.unwrap();
        assert_eq!(usize::try_from(found.total).unwrap(), found.items.len());
        bodies(&found.items)
            .into_iter()
            .map(str::to_owned)
            .collect()
    };
    for (query, expected) in [
        ("LUNCH", &["Lunch at noon?"][..]),
        (" noon ", &["Lunch at noon?"]),
        ("unch", &["👩‍🚀 launch", "Lunch at noon?"]),
        ("l", &["👩‍🚀 launch", "Lunch at noon?"]),
        ("вет, м", &["Привет, МИР"]),
        ("Ир", &["Привет, МИР"]),
        ("会議", &["明日の会議は東京で"]),
        ("京", &["明日の会議は東京で"]),
        ("会議は東京", &["明日の会議は東京で"]),
        ("%", &["100% of_it \\ or 50"]),
        ("f_i", &["100% of_it \\ or 50"]),
        ("\\", &["100% of_it \\ or 50"]),
        ("0% OF_IT \\", &["100% of_it \\ or 50"]),
        ("grü", &["ein GRÜẞ dich"]),
        ("🚀", &["👩‍🚀 launch"]),
        ("n_on", &[]),
        ("1%5", &[]),
        ("supper", &[]),
    ] {
        assert_eq!(found(query).await, expected, "{query}");
    }
    for bad in ["", "  ", &"x".repeat(201), "a\0b"] {
        refused(
            chat.search_messages(&people.grace, request(bad, None))
                .await,
            ErrorCode::Invalid,
        );
    }
}

#[sqlx::test(migrations = "../../migrations")]
async fn only_members_find_messages_and_no_deleted_ones(db: PgPool) {
    let people = people(db).await;
    let chat = &people.chat;
    let (group, direct) = (people.group().await, people.direct().await);
    let channel = people.channel().await;
    let gone = people.say(&people.ada, group, "secret one").await;
    people.say(&people.ada, group, "secret two").await;
    people.say(&people.grace, direct, "secret three").await;
    people.say(&people.ada, channel, "secret four").await;
    let edited = people.say(&people.ada, group, "secret five").await;
    chat.delete_message(&people.ada, gone.id).await.unwrap();
    chat.edit_message(&people.ada, edited.id, "nothing".to_owned())
        .await
        .unwrap();
    let found = async |who, conversation_id| -> Vec<String> {
        let found = chat.search_messages(who, request("secret", conversation_id));
        let items = found.await.unwrap().items;
        bodies(&items).into_iter().map(str::to_owned).collect()
    };
    assert_eq!(
        found(&people.grace, None).await,
        ["secret four", "secret three", "secret two"]
    );
    assert_eq!(found(&people.linus, None).await, ["secret two"]);
    assert_eq!(found(&people.outsider, None).await, [""; 0]);
    assert_eq!(found(&people.grace, Some(direct)).await, ["secret three"]);
    for id in [group, direct, channel, ConversationId(999_999)] {
        let outside = chat.search_messages(&people.outsider, request("secret", Some(id)));
        refused(outside.await, ErrorCode::NotFound);
    }
    chat.leave_conversation(&people.linus, group).await.unwrap();
    assert_eq!(found(&people.linus, None).await, [""; 0]);
}

#[sqlx::test(migrations = "../../migrations")]
async fn results_come_in_pages_and_can_be_filtered(db: PgPool) {
    let people = people(db).await;
    let (chat, id) = (&people.chat, people.group().await);
    let now = OffsetDateTime::now_utc();
    for n in 0..5 {
        let who = [&people.ada, &people.linus][n % 2];
        let said = people.say(who, id, &format!("word {n}")).await;
        // Two messages have the same time.
        let ago = [4, 3, 2, 2, 1][n];
        chat.backdate_message(said.id, now - Duration::hours(ago))
            .await
            .unwrap();
    }
    let numbered = async |page| {
        let asked = SearchRequest {
            page,
            limit: 2,
            ..request("word", None)
        };
        let found = chat.search_messages(&people.grace, asked).await.unwrap();
        assert_eq!(found.total, 5);
        bodies(&found.items).join(",")
    };
    assert_eq!(numbered(1).await, "word 4,word 3");
    assert_eq!(numbered(2).await, "word 2,word 1");
    assert_eq!(numbered(3).await, "word 0");
    assert_eq!(numbered(4).await, "");

    let search = Search {
        query: "word".to_owned(),
        ..Search::default()
    };
    let mut cursor = None;
    let mut all = Vec::new();
    loop {
        let page = PageRequest {
            cursor,
            limit: Some(2),
        };
        let page = chat.search(&people.grace, &search, page).await.unwrap();
        assert!(page.items.len() <= 2);
        assert_eq!((page.total, page.total_is_exact), (5, true));
        all.extend(page.items);
        cursor = page.next_cursor;
        if cursor.is_none() {
            break;
        }
    }
    assert_eq!(
        found(&all),
        ["word 4", "word 3", "word 2", "word 1", "word 0"]
    );

    let narrowed = async |search: Search| {
        let page = PageRequest::default();
        let page = chat.search(&people.grace, &search, page).await.unwrap();
        found(&page.items).join(",")
    };
    let by_linus = Search {
        sender_id: Some(people.linus.user_id),
        ..search.clone()
    };
    assert_eq!(narrowed(by_linus).await, "word 3,word 1");
    let between = Search {
        after: Some(now - Duration::hours(3)),
        before: Some(now - Duration::hours(1)),
        ..search.clone()
    };
    assert_eq!(narrowed(between).await, "word 3,word 2");
}

/// Frequent words are found by reading the newest messages, others by the index. Both find the same
/// messages in the same order.
#[sqlx::test(migrations = "../../migrations")]
async fn frequent_and_rare_words_find_the_same_messages(db: PgPool) {
    let people = people(db.clone()).await;
    let (chat, group, direct) = (&people.chat, people.group().await, people.direct().await);
    // Every fifth message is in a conversation without linus.
    sqlx::query(
        "insert into messages (conversation_id, position, created_seq, seq, sender_id, body)
        select case when n % 5 = 0 then $1 else $2 end, n, n + 100, n + 100, $3, concat('n', n,
            case when n % 3 = 0 then ' often' end, case when n % 1500 = 1 then ' seldom' end)
        from generate_series(1, 3000) n",
    )
    .bind(direct.0)
    .bind(group.0)
    .bind(people.ada.user_id.0)
    .execute(&db)
    .await
    .unwrap();
    sqlx::query("update conversations set position = 3000, seq = 3100 where id in ($1, $2)")
        .bind(direct.0)
        .bind(group.0)
        .execute(&db)
        .await
        .unwrap();
    chat.index_all().await.unwrap();

    for (query, every, rest) in [("often", 3, 0), ("seldom", 1500, 1)] {
        for (caller, conversation_id) in [
            (&people.grace, None),
            (&people.grace, Some(direct)),
            (&people.linus, None),
            (&people.linus, Some(group)),
            (&people.outsider, None),
        ] {
            let is_visible = |n: &i64| match conversation_id {
                Some(id) => (n % 5 == 0) == (id == direct),
                None if caller == &people.outsider => false,
                None => caller == &people.grace || n % 5 != 0,
            };
            let expected = (1..=3000).rev().filter(|n| n % every == rest);
            let expected: Vec<_> = expected
                .filter(is_visible)
                .map(|n| format!("n{n} {query}"))
                .collect();
            let search = Search {
                query: query.to_owned(),
                conversation_id,
                ..Search::default()
            };
            let (mut found, mut cursor) = (Vec::new(), None);
            loop {
                let page = PageRequest {
                    cursor,
                    limit: Some(7),
                };
                let page = chat.search(caller, &search, page).await.unwrap();
                assert_eq!(
                    page.total,
                    i64::try_from(expected.len()).unwrap().min(1_000)
                );
                found.extend(page.items.into_iter().map(|it| it.message.body));
                cursor = page.next_cursor;
                if cursor.is_none() {
                    break;
                }
            }
            assert_eq!(found, expected, "{query} {conversation_id:?}");
        }
    }
}
