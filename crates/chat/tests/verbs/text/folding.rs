//! What is one text to people is one to searches and lists of names.

use crate::fixtures::{direct, people, refused};
use chat::Search;
use model::{ConversationKind, ErrorCode, NewConversation, PageRequest};
use sqlx::PgPool;

/// Two forms of each text, which are one to people.
const SAME: [(&str, &str); 28] = [
    ("café", "cafe\u{301}"),
    ("CAFÉ", "cafe\u{301}"),
    ("οδος", "ΟΔΟΣ"),
    ("Straße", "STRASSE"),
    ("STRAẞE", "strasse"),
    ("İzmir", "izmir"),
    ("I\u{307}zmir", "İzmir"),
    ("Привет", "ПРИВЕТ"),
    ("Ｗｉｄｅ", "wide"),
    ("한국", "\u{1112}\u{1161}\u{11ab}\u{1100}\u{116e}\u{11a8}"),
    ("za\u{200b}p\u{ad}ped", "zapped"),
    ("Q̣̇uest", "q̣̇UEST"),
    ("ﾊﾝｶｸ", "ハンカク"),
    ("ﺳﻼﻡ", "سلام"),
    ("İlknur Işık", "ilknur ışık"),
    ("Işık", "IŞIK"),
    ("ISTANBUL", "ıstanbul"),
    ("line\nbreak", "line break"),
    ("multi   space", "multi\u{a0}space"),
    ("葛\u{e0100}飾", "葛飾"),
    ("ki\u{17b4}ng", "king"),
    ("tag\u{e0041}ged", "tagged"),
    ("no\u{1d173}tes", "notes"),
    ("short\u{1bca0}hand", "shorthand"),
    ("spec\u{fff4}ials", "specials"),
    ("cafe\u{e0001}\u{301}", "café"),
    ("fil\u{3164}ler", "filler"),
    ("👩\u{200d}🚀 ❤\u{fe0f}", "👩🚀 ❤"),
];

#[sqlx::test(migrations = "../../migrations")]
async fn search_and_people_find_every_form_of_a_text(db: PgPool) {
    let people = people(db.clone()).await;
    let (chat, id) = (&people.chat, people.group().await);
    for (n, (written, sought)) in SAME.into_iter().enumerate() {
        for (written, sought) in [(written, sought), (sought, written)] {
            let message = people.say(&people.ada, id, &format!("x {written} y")).await;
            let search = Search {
                query: sought.to_owned(),
                ..Search::default()
            };
            let found = chat.search(&people.grace, &search, PageRequest::default());
            let found = found.await.unwrap().items;
            assert_eq!(
                found.first().map(|it| it.message.id),
                Some(message.id),
                "{written:?} by {sought:?}"
            );

            sqlx::query(
                "insert into users (username, name) values ($1, $2) on conflict (username)
                do update set name = excluded.name",
            )
            .bind(format!("user{n}"))
            .bind(format!("Dr. {written}"))
            .execute(&db)
            .await
            .unwrap();
            let found = chat.users(&people.ada, Some(sought), PageRequest::default());
            let found = found.await.unwrap().items;
            let username = format!("user{n}");
            assert!(
                found.iter().any(|it| it.username == username),
                "{written:?} by {sought:?}"
            );
        }
    }
    let search = Search {
        query: "\u{200b}".to_owned(),
        ..Search::default()
    };
    let found = chat.search(&people.ada, &search, PageRequest::default());
    refused(found.await, ErrorCode::Invalid);
}

/// Unicode's `Default_Ignorable_Code_Point`, version 16.
const IGNORABLE: [std::ops::RangeInclusive<u32>; 17] = [
    0xad..=0xad,
    0x34f..=0x34f,
    0x61c..=0x61c,
    0x115f..=0x1160,
    0x17b4..=0x17b5,
    0x180b..=0x180f,
    0x200b..=0x200f,
    0x202a..=0x202e,
    0x2060..=0x206f,
    0x3164..=0x3164,
    0xfe00..=0xfe0f,
    0xfeff..=0xfeff,
    0xffa0..=0xffa0,
    0xfff0..=0xfff8,
    0x1_bca0..=0x1_bca3,
    0x1_d173..=0x1_d17a,
    0xe_0000..=0xe_0fff,
];

fn shows_nothing(c: char) -> bool {
    IGNORABLE.iter().any(|it| it.contains(&u32::from(c)))
}

/// In a word, between a letter and its accent, and between two spaces.
#[sqlx::test(migrations = "../../migrations")]
async fn what_shows_nothing_is_not_compared(db: PgPool) {
    let ignorable: Vec<i32> = IGNORABLE
        .into_iter()
        .flatten()
        .map(|c| i32::try_from(c).unwrap())
        .collect();
    assert_eq!(ignorable.len(), 4_174);
    let wrong: Vec<(i32, String)> = sqlx::query_as(
        r"select c, fold_text('x' || chr(c) || 'E' || chr(c) || U&'\0301 ' || chr(c) || ' y')
        from unnest($1::int[]) c
        where fold_text('x' || chr(c) || 'E' || chr(c) || U&'\0301 ' || chr(c) || ' y') <> 'xé y'
            or contains_pattern(chr(c)) <> '%%'",
    )
    .bind(&ignorable)
    .fetch_all(&db)
    .await
    .unwrap();
    assert_eq!(wrong, []);
}

#[sqlx::test(migrations = "../../migrations")]
async fn channels_are_found_by_every_form_of_their_titles(db: PgPool) {
    let people = people(db).await;
    for (title, query) in SAME {
        let new = NewConversation {
            kind: ConversationKind::Channel,
            title: Some(title.replace(shows_nothing, "")),
            ..direct()
        };
        let id = people.chat.create_conversation(&people.ada, new).await;
        let id = id.unwrap().summary.conversation.id;
        let found = people
            .chat
            .open_channels(&people.grace, Some(query), PageRequest::default());
        let found = found.await.unwrap().items;
        assert!(
            found.iter().any(|it| it.conversation.id == id),
            "{title:?} by {query:?}"
        );
    }
}

/// The database folds as Unicode says, whatever the letter: alike in upper case, in lower case, and
/// composed or not; and what is folded stays as it is.
#[sqlx::test(migrations = "../../migrations")]
async fn every_letter_is_folded(db: PgPool) {
    let letters = ('\u{a1}'..='\u{1ffff}').filter(|c| c.is_alphabetic());
    let (mut letters, mut forms): (Vec<_>, Vec<_>) = letters
        .flat_map(|c| {
            let (upper, lower) = (c.to_uppercase().to_string(), c.to_lowercase().to_string());
            [(c.to_string(), upper), (c.to_string(), lower)]
        })
        .unzip();
    // ASCII and marks, which a form may consist of.
    letters.push("İ".to_owned());
    forms.push("i\u{307}".to_owned());
    let wrong: Vec<(String, String, String, String)> = sqlx::query_as(
        "select a, b, fold_text(a), fold_text(b) from unnest($1::text[], $2::text[]) t(a, b)
        where fold_text(normalize(a, nfd)) <> fold_text(a) or fold_text(fold_text(a)) <> fold_text(a)
            -- Letters that are newer than the locale of the database have no case there.
            or (fold_text(a) <> fold_text(b) and (lower(a) <> a or lower(b) <> b))",
    )
    .bind(&letters)
    .bind(&forms)
    .fetch_all(&db)
    .await
    .unwrap();
    assert_eq!(wrong, []);
}
