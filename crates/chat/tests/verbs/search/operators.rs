//! The operators of a query, before and after the messages are indexed.

use super::found_bodies;
use crate::{
    fixtures::{People, people, text},
    threads::reply,
};
use chat::Search;
use model::{
    ErrorCode, MatchKind, Message, MessageKind, NewAttachment, NewMessage, PageRequest, SearchOrder,
};
use sqlx::PgPool;
use time::macros::datetime;

async fn send(people: &People, id: model::ConversationId, new: NewMessage) -> Message {
    people
        .chat
        .send_message(&people.ada, id, new)
        .await
        .unwrap()
        .message
}

#[sqlx::test(migrations = "../../migrations")]
async fn operators_narrow_what_is_found(db: PgPool) {
    let people = people(db).await;
    let chat = &people.chat;
    let (group, direct) = (people.group().await, people.direct().await);
    let channel = people.channel().await;
    let early = people.say(&people.ada, group, "plan a").await;
    let late = people
        .say(&people.linus, group, "plan b, see HTTPS://example.org/x")
        .await;
    people.say(&people.grace, direct, "plan c").await;
    let file = NewMessage {
        attachments: vec![NewAttachment::at("https://files.example/scan.PDF")],
        ..text("plan d", None)
    };
    send(&people, channel, file).await;
    let picture = NewMessage {
        attachments: vec![NewAttachment::at("https://files.example/cat.JPEG?size=1")],
        ..text("plan e", None)
    };
    let picture = send(&people, channel, picture).await;
    let image = NewMessage {
        kind: MessageKind::Image,
        ..text("plan f", None)
    };
    send(&people, group, image).await;
    people
        .say(&people.ada, group, "plan g for @grace, not http:x")
        .await;
    chat.add_reaction(&people.grace, picture.id, "👍")
        .await
        .unwrap();
    let at = datetime!(2024-02-29 23:30 UTC);
    chat.backdate_message(early.id, at).await.unwrap();
    chat.backdate_message(late.id, datetime!(2025-07-01 12:00 UTC))
        .await
        .unwrap();
    chat.pin_message(&people.ada, picture.id).await.unwrap();
    chat.mark_read(&people.grace, group, 3).await.unwrap();
    chat.mark_read(&people.grace, channel, 2).await.unwrap();

    for is_indexed in [false, true] {
        for (query, expected) in [
            ("plan", "gfedcba"),
            ("plan from:linus", "b"),
            ("plan from:@LINUS", "b"),
            ("from:\"linus torvalds\"", "b"),
            ("from:torvalds", "b"),
            ("from:me", "c"),
            ("from:linus from:me", "cb"),
            ("plan -from:ada", "cb"),
            ("from:nobody", ""),
            ("plan -from:nobody", "gfedcba"),
            ("in:engines", "gfba"),
            ("in:#General", "ed"),
            ("in:@ada", "c"),
            ("in:\"Ada Lovelace\"", "c"),
            ("in:engines in:general from:ada", "gfeda"),
            ("plan -in:engines", "edc"),
            ("in:nowhere", ""),
            ("before:2025", "a"),
            ("on:2024-02-29", "a"),
            ("on:2024-02", "a"),
            ("after:2024-02-28 before:2025-07-01", "a"),
            ("after:2024-02-29 before:2025-07-02", "b"),
            ("plan -after:2024", "a"),
            ("plan -before:2025-07-02", "gfedc"),
            ("has:link", "b"),
            ("plan -has:link in:engines", "gfa"),
            ("has:file", "fed"),
            ("has:image", "fe"),
            ("has:file -has:image", "d"),
            ("has:reaction", "e"),
            ("is:unread", "g"),
            ("plan -is:unread in:engines", "fba"),
            ("is:pinned", "e"),
            ("plan -is:pinned in:general", "d"),
            ("mentions:me", "g"),
            ("plan has:cheese", ""),
            ("plan zzz:b", ""),
            ("-plan", ""),
        ] {
            let found = found_bodies(&people, &people.grace, query, MatchKind::Exact).await;
            let found: Vec<_> = found.iter().map(|it| &it[5..6]).collect();
            assert_eq!(found.join(""), expected, "{query}, {is_indexed}");
            let outside = found_bodies(&people, &people.outsider, query, MatchKind::Exact).await;
            assert_eq!(outside, [""; 0], "{query}");
        }
        chat.index_all().await.unwrap();
    }

    // The days of the caller: there it is the first of March already.
    let search = Search {
        query: "on:2024-03-01".to_owned(),
        utc_offset: 60,
        ..Search::default()
    };
    let found = chat
        .search(&people.grace, &search, PageRequest::default())
        .await
        .unwrap();
    assert_eq!(found.items[0].message.id, early.id);
    let beyond = Search {
        utc_offset: 100_000,
        ..search
    };
    let refused = chat
        .search(&people.grace, &beyond, PageRequest::default())
        .await;
    crate::fixtures::refused(refused, ErrorCode::Invalid);

    chat.leave_conversation(&people.grace, group).await.unwrap();
    let found = found_bodies(&people, &people.grace, "plan in:engines", MatchKind::Exact).await;
    assert_eq!(found, [""; 0]);
    let found = found_bodies(&people, &people.grace, "plan", MatchKind::Exact).await;
    assert_eq!(found, ["plan e", "plan d", "plan c"]);
}

#[sqlx::test(migrations = "../../migrations")]
async fn what_is_pinned_or_in_a_thread_is_found_as_it_is_now(db: PgPool) {
    let people = people(db).await;
    let (chat, id) = (&people.chat, people.group().await);
    let root = people.say(&people.ada, id, "lunch?").await;
    let reply = reply(&people, &people.grace, &root, "at noon").await;
    people.say(&people.ada, id, "not in it").await;
    chat.pin_message(&people.ada, reply.id).await.unwrap();
    let found =
        async |query: &str| found_bodies(&people, &people.linus, query, MatchKind::Exact).await;
    for is_indexed in [false, true] {
        assert_eq!(
            found("is:thread").await,
            ["at noon", "lunch?"],
            "{is_indexed}"
        );
        assert_eq!(found("-is:thread lunch").await, [""; 0], "{is_indexed}");
        assert_eq!(
            found("is:thread is:pinned").await,
            ["at noon"],
            "{is_indexed}"
        );
        assert_eq!(found("is:pinned lunch").await, [""; 0], "{is_indexed}");
        let outside = found_bodies(&people, &people.outsider, "is:pinned", MatchKind::Exact).await;
        assert_eq!(outside, [""; 0], "{is_indexed}");
        chat.index_all().await.unwrap();
    }
    chat.unpin_message(&people.ada, reply.id).await.unwrap();
    assert_eq!(found("is:pinned").await, [""; 0]);
}

/// Few unread messages are looked up by their positions, and so is what the index lacks; `not` is a condition.
#[sqlx::test(migrations = "../../migrations")]
async fn what_is_marked_as_unread_is_found_as_unread(db: PgPool) {
    let people = people(db).await;
    let (chat, id) = (&people.chat, people.group().await);
    for body in ["note one", "note two"] {
        people.say(&people.ada, id, body).await;
    }
    people.say(&people.grace, id, "note three, my own").await;
    people.say(&people.ada, id, "note four").await;
    let found =
        async |who, query: &str| found_bodies(&people, who, query, MatchKind::Exact).await;
    for is_indexed in [false, true] {
        chat.mark_read(&people.grace, id, 4).await.unwrap();
        assert_eq!(found(&people.grace, "is:unread").await, [""; 0]);
        chat.mark_unread(&people.grace, id, 2).await.unwrap();
        let unread = ["note four", "note two"];
        assert_eq!(found(&people.grace, "is:unread").await, unread, "{is_indexed}");
        assert_eq!(found(&people.grace, "note is:unread").await, unread, "{is_indexed}");
        let read = ["note three, my own", "note one"];
        assert_eq!(found(&people.grace, "note -is:unread").await, read, "{is_indexed}");
        assert_eq!(found(&people.outsider, "is:unread").await, [""; 0]);
        chat.index_all().await.unwrap();
    }
}

#[sqlx::test(migrations = "../../migrations")]
async fn the_best_come_first_when_asked_for(db: PgPool) {
    let people = people(db).await;
    let (chat, id) = (&people.chat, people.group().await);
    for body in [
        "big plan",
        "the plan is big, and this is a text that goes on for a while about something else",
        "bigger planets",
        "ambiguous biplane bigwig",
    ] {
        people.say(&people.ada, id, body).await;
    }
    let search = Search {
        query: "big plan".to_owned(),
        order: SearchOrder::Best,
        ..Search::default()
    };
    let (mut found, mut cursor) = (Vec::new(), None);
    loop {
        let page = PageRequest {
            cursor,
            limit: Some(2),
        };
        let page = chat.search(&people.grace, &search, page).await.unwrap();
        assert_eq!((page.total, page.total_is_exact), (4, true));
        found.extend(page.items.into_iter().map(|it| it.message.body));
        cursor = page.next_cursor;
        if cursor.is_none() {
            break;
        }
    }
    assert_eq!(found[0], "big plan");
    assert!(found[1].starts_with("the plan is big"));
    assert_eq!(found[2..], ["bigger planets", "ambiguous biplane bigwig"]);
}

#[sqlx::test(migrations = "../../migrations")]
async fn results_show_where_they_match(db: PgPool) {
    let people = people(db).await;
    let id = people.group().await;
    let body = format!(
        "{} Große STRASSE, Cafe\u{301} {}",
        "👩‍🚀 x".repeat(150),
        "y".repeat(400)
    );
    people.say(&people.ada, id, &body).await;
    let search = Search {
        query: "GROSSE straße café".to_owned(),
        ..Search::default()
    };
    let found = people
        .chat
        .search(&people.grace, &search, PageRequest::default());
    let snippet = found.await.unwrap().items.remove(0).snippet;
    let units: Vec<u16> = snippet.text.encode_utf16().collect();
    let matched = snippet
        .matches
        .iter()
        .map(|it| String::from_utf16(&units[it.start as usize..it.end as usize]).unwrap());
    let matched: Vec<_> = matched.collect();
    assert_eq!(matched, ["Große", "STRASSE", "Cafe\u{301}"]);
    assert!(snippet.text.starts_with('…') && snippet.text.ends_with('…'));
    assert!(snippet.text.chars().count() < 350);
}
