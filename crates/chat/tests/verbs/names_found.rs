//! People and conversations are found by their names without accents and with typing errors.

use crate::fixtures::{People, direct, people, refused};
use chat::{Caller, Search};
use model::{
    ConversationId, ConversationKind, ErrorCode, FoundPlace, NewConversation, PageRequest, UserId,
};
use sqlx::PgPool;
use unicode_normalization::UnicodeNormalization;

/// Adds a user, and returns the id.
async fn add(db: &PgPool, username: &str, name: &str) -> i64 {
    let sql = "insert into users (username, name, password_hash) values ($1, $2, '') returning id";
    let added = sqlx::query_scalar(sql).bind(username).bind(name);
    added.fetch_one(db).await.unwrap()
}

/// Ada's channel with these users.
async fn channel(people: &People, title: &str, ids: &[i64]) -> ConversationId {
    let new = NewConversation {
        kind: ConversationKind::Channel,
        title: Some(title.to_owned()),
        member_ids: ids.iter().copied().map(UserId).collect(),
        ..direct()
    };
    let created = people.chat.create_conversation(&people.ada, new).await;
    created.unwrap().summary.conversation.id
}

/// The names of the users that a query lists.
async fn users(people: &People, query: &str) -> Vec<String> {
    let page = PageRequest::default();
    let found = people.chat.users(&people.ada, Some(query), page).await;
    found.unwrap().items.into_iter().map(|it| it.name).collect()
}

/// The names of the places that a query finds, in order, and then of those that are meant.
async fn places(people: &People, caller: &Caller, query: &str) -> Vec<String> {
    let found = people.chat.find(caller, query, None).await.unwrap();
    let name = |it: &FoundPlace| match it {
        FoundPlace::Conversation { conversation } | FoundPlace::Channel { conversation } => {
            let peer = conversation.peer.as_ref().map(|it| it.name.clone());
            conversation.conversation.title.clone().or(peer).unwrap()
        }
        FoundPlace::Person { user } => user.name.clone(),
    };
    found.places.iter().chain(&found.meant).map(name).collect()
}

/// Names, and how people type them.
const TYPED: [(&str, &str); 14] = [
    ("Karel Čapek", "capek"),
    ("Jan Łódzki", "lodzki"),
    ("Jürgen Müller", "muller"),
    ("Søren Ødegård", "odegard"),
    ("Đặng Thị Hường", "dang thi huong"),
    ("Işıl Şahin", "isil sahin"),
    ("Þórður Ægisson", "thordur aegisson"),
    ("Günther Groß", "gunther gross"),
    ("Ελένη Παπαδοπούλου", "ελενη παπαδοπουλου"),
    ("Семён Королёв", "семен королев"),
    ("Kofi Ɔdɔ", "odo"),
    ("Əli Məmmədov", "eli memmedov"),
    ("Siobhán O’Brien", "siobhan o'brien"),
    ("Anne‑Zoë", "anne-zoe"),
];

#[sqlx::test(migrations = "../../migrations")]
async fn accents_need_not_be_typed(db: PgPool) {
    let people = people(db.clone()).await;
    let (chat, ada) = (&people.chat, &people.ada);
    let page = PageRequest::default;
    for (n, (name, typed)) in TYPED.into_iter().enumerate() {
        let id = add(&db, &format!("user{n}"), name).await;
        let title = format!("{name} Übung");
        let channel = channel(&people, &title, &[id]).await;
        people.say(ada, channel, "hello").await;
        for query in [typed, name, &typed.to_uppercase()] {
            assert_eq!(users(&people, query).await, [name], "{query}");
            let query = format!("{query} ubung");
            assert_eq!(places(&people, ada, &query).await, [&*title], "{query}");
            assert_eq!(places(&people, &people.outsider, &query).await, [&*title]);
            let mine = chat.conversations_like(ada, &query, page()).await;
            assert_eq!(mine.unwrap().items.len(), 1, "{query}");
            let open = chat.open_channels(&people.outsider, Some(&query), page());
            assert_eq!(open.await.unwrap().items.len(), 1, "{query}");
            let found = chat.find(ada, &query, None).await.unwrap();
            assert_eq!(found.places.len(), 1);
        }
        let members = chat.search_members(ada, channel, typed, page()).await;
        let members = members.unwrap().items;
        assert_eq!(members.len(), 1, "{typed}");
        assert_eq!(members[0].user.name, name);
        let first = page();
        let accounts = chat.user_accounts(&Caller::OPERATOR, Some(typed), &first);
        assert_eq!(accounts.await.unwrap().items.len(), 1, "{typed}");
    }
    // In a search of messages, too.
    sqlx::query("update users set name = 'Grace Höpper' where username = 'grace'")
        .execute(&db)
        .await
        .unwrap();
    let group = people
        .create(ConversationKind::Group, &[&people.grace], "Große Übung")
        .await;
    people.say(&people.grace, group, "hello").await;
    for query in ["in:\"grosse ubung\" hello", "from:hopper hello"] {
        let search = Search {
            query: query.to_owned(),
            ..Search::default()
        };
        let found = chat.search(ada, &search, page()).await.unwrap();
        assert_eq!(found.items.len(), 1, "{query}");
    }
}

#[sqlx::test(migrations = "../../migrations")]
async fn names_with_the_accents_of_the_query_are_first(db: PgPool) {
    let people = people(db.clone()).await;
    add(&db, "aa", "Anna Capek").await;
    add(&db, "bb", "Anna Čapek").await;
    add(&db, "cc", "Čapovič").await;
    let (with, without) = ("Anna Čapek", "Anna Capek");
    assert_eq!(users(&people, "čapek").await, [with, without]);
    assert_eq!(users(&people, "capek").await, [without, with]);
    assert_eq!(places(&people, &people.ada, "Čapek").await, [with, without]);
    assert_eq!(
        places(&people, &people.ada, "Čap").await,
        ["Čapovič", with, without]
    );
    assert_eq!(places(&people, &people.ada, "capek").await.len(), 2);

    // In pages, too.
    let mut found = Vec::new();
    let mut cursor = None;
    loop {
        let page = PageRequest {
            limit: Some(1),
            cursor,
        };
        let page = people.chat.users(&people.ada, Some("anna čap"), page);
        let page = page.await.unwrap();
        found.extend(page.items.into_iter().map(|it| it.username));
        cursor = page.next_cursor;
        if cursor.is_none() {
            break;
        }
    }
    assert_eq!(found, ["bb", "aa"]);

    // Members of every role: those with the accents before the owner without.
    sqlx::query("update users set name = 'Capek Ada' where username = 'ada'")
        .execute(&db)
        .await
        .unwrap();
    let ids = sqlx::query_scalar("select id from users where username in ('aa', 'bb')");
    let ids: Vec<i64> = ids.fetch_all(&db).await.unwrap();
    let channel = channel(&people, "Names", &ids).await;
    let page = PageRequest::default();
    let members = people
        .chat
        .search_members(&people.ada, channel, "čapek", page);
    let members = members.await;
    let names: Vec<_> = members
        .unwrap()
        .items
        .into_iter()
        .map(|it| it.user.name)
        .collect();
    assert_eq!(names, [with, "Capek Ada", without]);
}

/// In titles of channels to join, which take no typing errors.
#[sqlx::test(migrations = "../../migrations")]
async fn marks_that_are_letters_count(db: PgPool) {
    let people = people(db).await;
    for (title, other) in [
        ("Йосиф", "Иосиф"),
        ("Ґала", "Гала"),
        ("ガク", "カク"),
        ("हिन्दी", "हनद"),
        ("مُحَمَّد", "محمد"),
        ("שָׁלוֹם", "שלום"),
        ("กี้", "กา"),
        ("한국", "하구"),
    ] {
        let id = channel(&people, title, &[]).await;
        for (query, expected) in [(title, vec![id]), (other, vec![])] {
            let page = PageRequest::default();
            let found = people.chat.open_channels(&people.grace, Some(query), page);
            let found = found.await.unwrap().items.into_iter();
            let ids: Vec<_> = found.map(|it| it.conversation.id).collect();
            assert_eq!(ids, expected, "{query}");
        }
    }
}

#[sqlx::test(migrations = "../../migrations")]
async fn typing_errors_are_forgiven_where_few_are_found(db: PgPool) {
    let people = people(db.clone()).await;
    let (chat, ada, outsider) = (&people.chat, &people.ada, &people.outsider);
    add(&db, "alice", "Alice Liddell").await;
    add(&db, "jm", "Jürgen Müller").await;
    add(&db, "alan", "Alan Turing").await;
    for (typed, name) in [
        ("alcie", "Alice Liddell"),
        ("alise", "Alice Liddell"),
        ("lidell", "Alice Liddell"),
        ("alcie lidel", "Alice Liddell"),
        ("mueller", "Jürgen Müller"),
        ("turnig", "Alan Turing"),
        ("Gracce", "Grace Hopper"),
    ] {
        assert_eq!(users(&people, typed).await, [name], "{typed}");
        assert_eq!(places(&people, outsider, typed).await, [name], "{typed}");
    }
    for typed in ["alc", "aclei", "nobody at all", "graecc", ""] {
        let found = users(&people, typed).await;
        assert!(found.is_empty() != typed.is_empty(), "{typed} {found:?}");
    }
    // Below those who have the name, and not where these are enough.
    let second = add(&db, "alcie", "Alcie Smith").await;
    assert_eq!(
        users(&people, "alcie").await,
        ["Alcie Smith", "Alice Liddell"]
    );
    assert_eq!(
        places(&people, ada, "alcie").await,
        ["Alcie Smith", "Alice Liddell"]
    );
    for n in 1..=2 {
        add(&db, &format!("other{n}"), "Alcie Jones").await;
    }
    assert_eq!(users(&people, "alcie").await.len(), 3);
    assert_eq!(places(&people, ada, "alcie").await.len(), 3);

    // Whoever is listed nowhere is not found so.
    sqlx::query("delete from users where username in ('other1', 'other2')")
        .execute(&db)
        .await
        .unwrap();
    sqlx::query("update users set password_hash = null where id = $1")
        .bind(second)
        .execute(&db)
        .await
        .unwrap();
    let app: i64 = sqlx::query_scalar(
        "insert into apps (name, configured_as) values ('app', 'app') returning id",
    )
    .fetch_one(&db)
    .await
    .unwrap();
    sqlx::query("insert into app_users (app_id, external_id, user_id, ended_at) values ($1, '1', $2, now())")
        .bind(app)
        .bind(second)
        .execute(&db)
        .await
        .unwrap();
    assert_eq!(users(&people, "alceis").await, [""; 0]);
    assert_eq!(users(&people, "alcie").await, ["Alice Liddell"]);
    assert_eq!(users(&people, "smiht").await, [""; 0]);
    chat.user(ada, UserId(second)).await.unwrap();
}

#[sqlx::test(migrations = "../../migrations")]
async fn errors_find_what_the_caller_may_see_only(db: PgPool) {
    let people = people(db).await;
    let (chat, ada, grace, outsider) = (&people.chat, &people.ada, &people.grace, &people.outsider);
    let group = people.group().await;
    people.direct().await;
    people
        .create(ConversationKind::Channel, &[], "Gardening")
        .await;
    assert_eq!(places(&people, grace, "engnies").await, ["Engines"]);
    assert_eq!(places(&people, outsider, "engnies").await, [""; 0]);
    assert_eq!(places(&people, outsider, "gradening").await, ["Gardening"]);
    // The conversation with somebody, where there is one.
    let found = chat.find(grace, "lvoelace", None).await.unwrap().meant;
    assert!(
        matches!(&found[..], [FoundPlace::Conversation { .. }]),
        "{found:?}"
    );
    let found = chat.find(outsider, "lvoelace", None).await.unwrap().meant;
    assert!(
        matches!(&found[..], [FoundPlace::Person { .. }]),
        "{found:?}"
    );
    let page = PageRequest::default;
    let members = chat.search_members(grace, group, "trovalds", page()).await;
    let members = members.unwrap().items;
    assert_eq!(members.len(), 1);
    assert_eq!(members[0].user.name, "Linus Torvalds");
    let nobody = chat.search_members(grace, group, "uotsider", page()).await;
    assert_eq!(nobody.unwrap().items, []);
    let other = chat
        .search_members(outsider, group, "trovalds", page())
        .await;
    refused(other, ErrorCode::NotFound);
    let found = chat.find(ada, "engnies", Some(1)).await.unwrap();
    assert_eq!((found.places.len(), found.meant.len()), (0, 1));
}

/// One character becomes eighteen: what is compared is bounded after folding.
#[sqlx::test(migrations = "../../migrations")]
async fn a_long_name_is_no_typing_error(db: PgPool) {
    let people = people(db).await;
    let long = "ﷺ".repeat(80);
    people.create(ConversationKind::Group, &[], &long).await;
    let start = std::time::Instant::now();
    let sought = "ﷺ".repeat(99) + "ﷻ";
    assert_eq!(places(&people, &people.ada, &sought).await, [""; 0]);
    assert!(start.elapsed() < std::time::Duration::from_secs(5));
    assert_eq!(places(&people, &people.ada, &long).await.len(), 1);
}

/// The program folds names in memory as the database does, whatever the letter and whichever mark follows.
#[sqlx::test(migrations = "../../migrations")]
async fn the_program_folds_as_the_database_does(db: PgPool) {
    let letters = ('\u{20}'..='\u{1ffff}').filter(|c| c.is_alphabetic() || c.is_ascii_graphic());
    let mut names: Vec<String> = letters.map(|c| format!("x{c}")).collect();
    for mark in [
        "\u{300}", "\u{306}", "\u{308}", "\u{327}", "\u{483}", "\u{1dc4}", "\u{20d7}", "\u{fe20}",
    ] {
        for letter in "aZİıßÆłŁøиИйеЁαΩςᾳגاकカกᄀܐ1’".chars() {
            names.push(format!("{letter}{mark}{mark}y"));
        }
    }
    let decomposed: Vec<String> = names.iter().map(|name| name.nfkd().collect()).collect();
    let plain: Vec<String> = decomposed
        .iter()
        .map(|name| model::without_accents(name))
        .collect();
    // Letters that are newer than the database are not decomposed there.
    let wrong: Vec<(String, String, String)> = sqlx::query_as(
        r"select name, fold_name(name), fold_text(plain)
        from unnest($1::text[], $2::text[], $3::text[]) t(name, decomposed, plain)
        where normalize(name, nfkd) = decomposed
            and (fold_name(name) <> fold_text(plain) or fold_name(fold_name(name)) <> fold_name(name))",
    )
    .bind(&names)
    .bind(&decomposed)
    .bind(&plain)
    .fetch_all(&db)
    .await
    .unwrap();
    assert_eq!(wrong, []);
}
