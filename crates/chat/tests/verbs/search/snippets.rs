//! The part of a text that a result shows.

use super::search_page;
use crate::fixtures::{People, people};
use chat::Caller;
use sqlx::PgPool;

/// The snippets of a query's results, each with what is marked in it.
async fn snippets(people: &People, caller: &Caller, query: &str) -> Vec<(String, Vec<String>)> {
    let page = search_page(people, caller, query).await;
    let snippets = page.items.into_iter().map(|it| it.snippet);
    let marked = snippets.map(|it| {
        let units: Vec<u16> = it.text.encode_utf16().collect();
        let matches = it.matches.iter();
        let matches = matches
            .map(|it| String::from_utf16(&units[it.start as usize..it.end as usize]).unwrap());
        (it.text, matches.collect())
    });
    marked.collect()
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
    let mut found = snippets(&people, &people.grace, "GROSSE straße café").await;
    let (text, matched) = found.remove(0);
    assert_eq!(matched, ["Große", "STRASSE", "Cafe\u{301}"]);
    assert!(text.starts_with('…') && text.ends_with('…'));
    assert!(text.chars().count() < 350);
}

#[sqlx::test(migrations = "../../migrations")]
async fn a_match_at_the_end_of_a_long_message_is_shown_first(db: PgPool) {
    let people = people(db).await;
    let id = people.group().await;
    let body = format!("**Notes**: {}the Needle.", "some words ".repeat(500));
    people.say(&people.ada, id, &body).await;
    for is_indexed in [false, true] {
        let found = snippets(&people, &people.grace, "needle").await;
        assert_eq!(
            found,
            [(
                "…ds some words some words some words the Needle.".to_owned(),
                vec!["Needle".to_owned()]
            )],
            "{is_indexed}"
        );
        people.chat.index_all().await.unwrap();
    }
    assert_eq!(snippets(&people, &people.outsider, "needle").await, []);
}

#[sqlx::test(migrations = "../../migrations")]
async fn snippets_are_what_is_read(db: PgPool) {
    let people = people(db).await;
    let id = people.group().await;
    for body in [
        "**Bold** plan, `code` and [label](https://a.example/secretpath)",
        "- first\n- second plan",
        "the murderer is ||the Gärtner with a plan||, you know",
    ] {
        people.say(&people.ada, id, body).await;
    }
    let of = |text: &str, matches: &[&str]| {
        let matches = matches.iter().map(|it| (*it).to_owned());
        (text.to_owned(), matches.collect::<Vec<_>>())
    };
    let first = "Bold plan, code and label";
    let spoiler = "the murderer is [spoiler], you know";
    for (query, expected) in [
        (
            "plan",
            vec![
                // It matches where it is hidden.
                of(spoiler, &[]),
                of("• first • second plan", &["plan"]),
                of(first, &["plan"]),
            ],
        ),
        ("GÄRTNER", vec![of(spoiler, &[])]),
        ("gärtner murderer", vec![of(spoiler, &["murderer"])]),
        ("secretpath", vec![of(first, &[])]),
        ("bold code", vec![of(first, &["Bold", "code"])]),
    ] {
        let found = snippets(&people, &people.grace, query).await;
        assert_eq!(found, expected, "{query}");
    }
    // A typing error finds what is hidden, and does not show it either.
    people.chat.index_all().await.unwrap();
    let found = snippets(&people, &people.grace, "gärtnre").await;
    assert_eq!(found, [of(spoiler, &[])]);
    assert_eq!(snippets(&people, &people.outsider, "plan").await, []);
}
