//! The operators of a query, before and after the messages are indexed.

use super::{found_bodies, search_page};
use crate::{
    fixtures::{People, people, text},
    threads::reply,
};
use chat::Search;
use model::{
    ErrorCode, MatchKind, Message, MessageKind, NewAttachment, NewMessage, PageRequest,
    SearchOrder, SearchProblemCode,
};
use sqlx::PgPool;
use time::{Duration, OffsetDateTime, macros::datetime};

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
            ("plan has:cheese", "gfedcba"),
            ("has:cheese", ""),
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
        time_zone: Some("Europe/Berlin".to_owned()),
        ..Search::default()
    };
    let found = chat
        .search(&people.grace, &search, PageRequest::default())
        .await
        .unwrap();
    assert_eq!(found.items[0].message.id, early.id);
    let beyond = Search {
        time_zone: Some("Europe/Atlantis".to_owned()),
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
    let found = async |who, query: &str| found_bodies(&people, who, query, MatchKind::Exact).await;
    for is_indexed in [false, true] {
        chat.mark_read(&people.grace, id, 4).await.unwrap();
        assert_eq!(found(&people.grace, "is:unread").await, [""; 0]);
        chat.mark_unread(&people.grace, id, 2).await.unwrap();
        let unread = ["note four", "note two"];
        assert_eq!(
            found(&people.grace, "is:unread").await,
            unread,
            "{is_indexed}"
        );
        assert_eq!(
            found(&people.grace, "note is:unread").await,
            unread,
            "{is_indexed}"
        );
        let read = ["note three, my own", "note one"];
        assert_eq!(
            found(&people.grace, "note -is:unread").await,
            read,
            "{is_indexed}"
        );
        assert_eq!(found(&people.outsider, "is:unread").await, [""; 0]);
        chat.index_all().await.unwrap();
    }
}

/// The problems of a query: the filter, what is wrong, and what may be meant.
async fn problems(
    people: &People,
    caller: &chat::Caller,
    query: &str,
) -> Vec<(String, SearchProblemCode, Vec<String>)> {
    let page = search_page(people, caller, query).await;
    let problems = page.problems.into_iter();
    problems
        .map(|it| (it.filter, it.code, it.suggestions))
        .collect()
}

#[sqlx::test(migrations = "../../migrations")]
async fn filters_that_mean_nothing_are_told(db: PgPool) {
    use SearchProblemCode::{InvalidDate, NoValue, UnknownConversation, UnknownUser, UnknownValue};
    let people = people(db).await;
    people.group().await;
    people.direct().await;
    for (query, filter, code, suggestions) in [
        (
            "plan has:foo",
            "has:foo",
            UnknownValue,
            &["has:link", "has:file", "has:image", "has:reaction"][..],
        ),
        (
            "is:foo",
            "is:foo",
            UnknownValue,
            &["is:unread", "is:pinned", "is:thread"],
        ),
        (
            "on:2026-2-3 plan",
            "on:2026-2-3",
            InvalidDate,
            &["on:2026-02-03", "on:today", "on:yesterday"],
        ),
        ("from: plan", "from:", NoValue, &["from:me"]),
        ("from:nobody", "from:nobody", UnknownUser, &[]),
        (
            "plan -from:linu5",
            "-from:linu5",
            UnknownUser,
            &["-from:linus"],
        ),
        ("from:ovelac", "from:ovelac", UnknownUser, &["from:ada"]),
        (
            "in:#engin plan",
            "in:#engin",
            UnknownConversation,
            &["in:Engines"],
        ),
        (
            "in:lovelace",
            "in:lovelace",
            UnknownConversation,
            &["in:@ada"],
        ),
        ("in:nowhere", "in:nowhere", UnknownConversation, &[]),
    ] {
        let suggestions: Vec<_> = suggestions.iter().map(|it| (*it).to_owned()).collect();
        let expected = [(filter.to_owned(), code, suggestions)];
        assert_eq!(
            problems(&people, &people.grace, query).await,
            expected,
            "{query}"
        );
    }
    for query in [
        "plan",
        "from:ada in:engines on:today",
        "\"has:foo\" http://x",
        "on:yesterday",
    ] {
        assert_eq!(problems(&people, &people.grace, query).await, [], "{query}");
    }
    // What the outsider is in no part of is suggested to nobody but its members.
    let outside = problems(&people, &people.outsider, "in:engin").await;
    assert_eq!(
        outside,
        [("in:engin".to_owned(), UnknownConversation, vec![])]
    );
}

#[sqlx::test(migrations = "../../migrations")]
async fn today_and_yesterday_are_those_of_the_caller(db: PgPool) {
    let people = people(db).await;
    let (chat, id) = (&people.chat, people.group().await);
    people.say(&people.ada, id, "note now").await;
    let before = people.say(&people.ada, id, "note before").await;
    let now = OffsetDateTime::now_utc();
    chat.backdate_message(before.id, now - Duration::days(1))
        .await
        .unwrap();
    // Where the day has begun an hour ago, and where it ends in an hour.
    let minutes = i32::from(now.hour()) * 60 + i32::from(now.minute());
    // These names count westwards.
    let zone = |east: i32| {
        let west = -((east + 720).rem_euclid(1440) - 720);
        format!("Etc/GMT{:+}", (west + 30).div_euclid(60))
    };
    for time_zone in [60 - minutes, 1380 - minutes].map(zone) {
        for (query, expected) in [
            ("note on:today", &["note now"][..]),
            ("note on:Yesterday", &["note before"]),
            ("note after:yesterday", &["note now"]),
            ("note before:today", &["note before"]),
            ("note -before:today", &["note now"]),
        ] {
            let search = Search {
                query: query.to_owned(),
                time_zone: Some(time_zone.clone()),
                ..Search::default()
            };
            let page = chat.search(&people.grace, &search, PageRequest::default());
            let found = page.await.unwrap().items;
            let found: Vec<_> = found.iter().map(|it| it.message.body.as_str()).collect();
            assert_eq!(found, expected, "{query} {time_zone}");
        }
    }
}

#[sqlx::test(migrations = "../../migrations")]
async fn days_begin_as_the_clocks_of_the_zone_were_then(db: PgPool) {
    let people = people(db).await;
    let (chat, id) = (&people.chat, people.group().await);
    for (body, sent_at) in [
        ("note summer", datetime!(2024-07-01 22:30 UTC)),
        ("note winter", datetime!(2024-01-01 23:30 UTC)),
        ("note late", datetime!(2024-01-02 22:59 UTC)),
        // The first of two hours after midnight, and the first that there is of a day without midnight.
        ("note twice", datetime!(2024-10-27 00:30 UTC)),
        ("note never", datetime!(2018-11-04 03:30 UTC)),
    ] {
        let sent = people.say(&people.ada, id, body).await;
        chat.backdate_message(sent.id, sent_at).await.unwrap();
    }
    for (query, zone, expected) in [
        (
            "note on:2024-07-02",
            Some("Europe/Berlin"),
            &["note summer"][..],
        ),
        ("note on:2024-07-01", Some("Europe/Berlin"), &[]),
        (
            "note on:2024-07-01",
            Some("europe/lisbon"),
            &["note summer"],
        ),
        ("note on:2024-07-01", None, &["note summer"]),
        (
            "note on:2024-01-02",
            Some("Europe/Berlin"),
            &["note late", "note winter"],
        ),
        (
            "note on:2024-01-02 -before:2024-01-02 before:2024-01-03 before:2025",
            Some("Europe/Berlin"),
            &["note late", "note winter"],
        ),
        ("note on:2024-01-02", Some("UTC"), &["note late"]),
        ("note on:2024-01-02", Some("GMT-0"), &["note late"]),
        ("note on:2024-07-02", Some("CET"), &["note summer"]),
        ("note on:2024-07-02", Some("Etc/GMT-2"), &["note summer"]),
        (
            "note on:2024-10-27",
            Some("Atlantic/Azores"),
            &["note twice"],
        ),
        (
            "note on:2018-11-04",
            Some("America/Sao_Paulo"),
            &["note never"],
        ),
        (
            "note after:0001-01-01 before:9998-01-01 on:2018",
            Some("Etc/GMT+12"),
            &["note never"],
        ),
        ("note before:0001", Some("Etc/GMT-14"), &[]),
        ("note after:9998", Some("Etc/GMT+12"), &[]),
        (
            "note after:2024-01-02 before:2024-10",
            Some("Asia/Tokyo"),
            &["note summer", "note late"],
        ),
    ] {
        let search = Search {
            query: query.to_owned(),
            time_zone: zone.map(str::to_owned),
            ..Search::default()
        };
        let page = chat.search(&people.grace, &search, PageRequest::default());
        let mut found: Vec<_> = page
            .await
            .unwrap()
            .items
            .into_iter()
            .map(|it| it.message.body)
            .collect();
        let mut expected = expected.to_vec();
        found.sort();
        expected.sort_unstable();
        assert_eq!(found, expected, "{query} {zone:?}");
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
