//! The beginning of the last message, in lists of conversations and in favorites.

use crate::fixtures::{people, refused};
use chat::FavoriteTarget;
use model::{ErrorCode, Favorite, PageRequest};
use sqlx::PgPool;

/// It has 200 code points at most, and its last character is whole.
#[sqlx::test(migrations = "../../migrations")]
async fn a_preview_ends_between_two_characters(db: PgPool) {
    let people = people(db).await;
    let chat = &people.chat;
    let (direct, channel) = (people.direct().await, people.channel().await);
    let grace = FavoriteTarget::User(people.grace.user_id);
    chat.toggle_favorite(&people.ada, grace).await.unwrap();
    for (cluster, fits) in [
        ("👨\u{200d}👩\u{200d}👧\u{200d}👦", false),
        ("🇩🇪", true),
        ("1\u{fe0f}\u{20e3}", false),
        ("q\u{323}\u{307}", false),
        ("é", true),
    ] {
        let before = "x".repeat(198);
        let body = format!("{before}{cluster}yyy");
        let shown = match (cluster, fits) {
            ("é", _) => format!("{before}éy"),
            (_, true) => format!("{before}{cluster}"),
            (_, false) => before,
        };
        for id in [direct, channel] {
            people.say(&people.ada, id, &body).await;
        }
        let listed = chat.conversations(&people.ada, PageRequest::default());
        let open = chat.open_channels(&people.outsider, None, PageRequest::default());
        let mut summaries = listed.await.unwrap().items;
        summaries.extend(open.await.unwrap().items);
        summaries.push(chat.conversation(&people.ada, direct).await.unwrap());
        let previews: Vec<_> = summaries
            .into_iter()
            .filter_map(|it| it.last_message)
            .map(|it| it.body)
            .collect();
        assert_eq!(previews, vec![shown.clone(); 4], "{cluster:?}");
        let favorites = chat.favorites(&people.ada).await.unwrap();
        let [Favorite::User { last_message, .. }] = &favorites[..] else {
            panic!("{favorites:?}");
        };
        assert_eq!(last_message.as_ref(), Some(&shown));
    }
}

/// The page shows it in place of the body, which is cut for the doors without a sign.
#[sqlx::test(migrations = "../../migrations")]
async fn a_preview_of_a_longer_text_ends_in_an_ellipsis(db: PgPool) {
    let people = people(db).await;
    let (chat, id) = (&people.chat, people.direct().await);
    for (body, shown) in [
        ("short", None),
        ("**bold**", Some("bold".to_owned())),
        (
            &*format!("**see** {}", "word ".repeat(200)),
            Some(format!("see {}word…", "word ".repeat(38))),
        ),
        (
            &*"word ".repeat(200),
            Some(format!("{}word…", "word ".repeat(39))),
        ),
    ] {
        people.say(&people.ada, id, body).await;
        let summary = chat.conversation(&people.grace, id).await.unwrap();
        assert_eq!(summary.last_message.unwrap().preview, shown, "{body}");
    }
}

/// It is rendered as the message would be, and leaves nothing behind. An outsider and what a send would refuse are refused.
#[sqlx::test(migrations = "../../migrations")]
async fn a_text_is_rendered_before_it_is_sent(db: PgPool) {
    let people = people(db).await;
    let (chat, id) = (&people.chat, people.group().await);
    let mut positions = Vec::new();
    for body in [
        "plain",
        "**bold** @grace @nobody",
        "@outsider https://a.example",
        "🎉",
    ] {
        let rendered = chat.render_body(&people.ada, id, body.to_owned()).await;
        let rendered = rendered.unwrap();
        let sent = people.say(&people.ada, id, body).await;
        let as_sent = (sent.html, sent.entities);
        assert_eq!((rendered.html, rendered.entities), as_sent, "{body}");
        positions.push(sent.position);
    }
    let first = positions[0];
    assert_eq!(positions, [first, first + 1, first + 2, first + 3]);
    for body in ["", " ", "\0", &"x".repeat(10_001)] {
        let answer = chat.render_body(&people.ada, id, body.to_owned()).await;
        refused(answer, ErrorCode::Invalid);
    }
    let answer = chat.render_body(&people.outsider, id, "hi".to_owned());
    refused(answer.await, ErrorCode::NotFound);
}
