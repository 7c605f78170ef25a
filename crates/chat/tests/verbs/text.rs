//! Texts are compared as people compare them: search, people, channels, passwords, e-mail addresses,
//! reactions and mentions, in every form that Unicode has for them.

mod folding;

use crate::fixtures::{People, people, refused, text};
use chat::{Chat, Client};
use model::{EntityKind, ErrorCode, Login, Message, Register};
use sqlx::PgPool;

async fn register(chat: &Chat, username: &str, password: &str, email: &str) -> chat::Result<()> {
    let new = Register {
        username: username.to_owned(),
        password: password.to_owned(),
        name: None,
        email: Some(email.to_owned()),
    };
    chat.register(new, &Client::default()).await.map(drop)
}

async fn login(chat: &Chat, login: &str, password: &str) -> chat::Result<String> {
    let login = Login {
        login: login.to_owned(),
        password: password.to_owned(),
    };
    let authenticated = chat.login(login, &Client::default()).await?;
    Ok(authenticated.user().username.clone())
}

#[sqlx::test(migrations = "../../migrations")]
async fn passwords_and_addresses_have_one_form(db: PgPool) {
    let chat = people(db.clone()).await.chat;
    register(
        &chat,
        "ＫＩＭ",
        "pa\u{df}wort für cafe\u{301}",
        "Jose\u{301}@Example.org",
    )
    .await
    .unwrap();
    for (name, password) in [
        ("kim", "pa\u{df}wort für café"),
        ("KIM", "pa\u{df}wort\u{a0}fu\u{308}r café"),
        ("ｋｉｍ", "pa\u{df}wort für cafe\u{301}"),
        ("josé@example.org", "pa\u{df}wort für café"),
        ("JOSE\u{301}@EXAMPLE.ORG", "pa\u{df}wort für café"),
    ] {
        assert_eq!(
            login(&chat, name, password).await.unwrap(),
            "kim",
            "{name} {password}"
        );
    }
    for password in [
        "passwort für café",
        "PA\u{df}WORT für café",
        "pa\u{df}wort für cafe",
    ] {
        assert!(login(&chat, "kim", password).await.is_err(), "{password}");
    }
    let taken = register(&chat, "other", "correct horse", "JOSÉ@example.org").await;
    refused(taken, ErrorCode::Conflict);
    let bad = register(&chat, "other", "correct horse", "o\u{200b}ther@example.org").await;
    refused(bad, ErrorCode::Invalid);
}

#[sqlx::test(migrations = "../../migrations")]
async fn a_host_is_one_in_letters_and_in_ascii(db: PgPool) {
    let chat = people(db.clone()).await.chat;
    let password = "correct horse";
    for (username, written, other) in [
        ("kim", "me@münchen.de", "me@xn--mnchen-3ya.de"),
        ("lee", "Me@XN--E1AFMKFD.xn--p1ai", "me@пример.рф"),
    ] {
        register(&chat, username, password, written).await.unwrap();
        let taken = register(&chat, "other", password, other).await;
        refused(taken, ErrorCode::Conflict);
        for form in [written, other, &other.to_uppercase()] {
            assert_eq!(
                login(&chat, form, password).await.unwrap(),
                username,
                "{form}"
            );
        }
    }
    // Two letters to an address, one to a search.
    register(&chat, "isik", password, "ışık@example.org")
        .await
        .unwrap();
    register(&chat, "ishik", password, "işik@example.org")
        .await
        .unwrap();
    for host in [
        "münchen",
        "пример",
        "例子",
        "テスト",
        "مثال",
        "उदाहरण",
        "bücher-und-mehr",
        "straße",
    ] {
        let ascii = idna::domain_to_ascii(host).unwrap();
        let encoded = ascii.strip_prefix("xn--").unwrap();
        let decoded: Option<String> = sqlx::query_scalar("select decode_punycode($1)")
            .bind(encoded)
            .fetch_one(&db)
            .await
            .unwrap();
        assert_eq!(decoded.as_deref(), Some(host), "{ascii}");
    }
    for none in [
        "",
        "99999999999999999999",
        "a_b",
        "é",
        &"z".repeat(59),
        &"a".repeat(60),
    ] {
        let decoded: Option<String> = sqlx::query_scalar("select decode_punycode($1)")
            .bind(none)
            .fetch_one(&db)
            .await
            .unwrap();
        assert_eq!(decoded, None, "{none}");
    }
}

#[sqlx::test(migrations = "../../migrations")]
async fn what_is_no_address_is_refused(db: PgPool) {
    let chat = people(db).await.chat;
    for bad in [
        "a@b@c.de",
        "a@ex..de",
        "a@-ex.de",
        "a@ex-.de",
        "a@ex_a.de",
        "a b@ex.de",
    ] {
        let refusal = register(&chat, "other", "correct horse", bad)
            .await
            .unwrap_err();
        assert_eq!(refusal.problem().errors[0].field, "email", "{bad}");
    }
}

/// Hashed before passwords were prepared, as they were typed.
#[sqlx::test(migrations = "../../migrations")]
async fn earlier_hashes_still_open(db: PgPool) {
    use argon2::{Argon2, PasswordHasher, password_hash::SaltString};

    let chat = people(db.clone()).await.chat;
    let salt = SaltString::encode_b64(b"sixteen bytes...").unwrap();
    for (username, typed) in [("ada", "cafe\u{301} au lait"), ("grace", "thé\u{a0}vert")] {
        let hash = Argon2::default()
            .hash_password(typed.as_bytes(), &salt)
            .unwrap();
        sqlx::query("update users set password_hash = $2 where username = $1")
            .bind(username)
            .bind(hash.to_string())
            .execute(&db)
            .await
            .unwrap();
        assert_eq!(login(&chat, username, typed).await.unwrap(), username);
    }
    assert_eq!(login(&chat, "ada", "café au lait").await.unwrap(), "ada");
    assert!(login(&chat, "ada", "cafe au lait").await.is_err());
}

#[sqlx::test(migrations = "../../migrations")]
async fn a_reaction_is_one_in_every_spelling(db: PgPool) {
    let people = people(db).await;
    let (chat, id) = (&people.chat, people.group().await);
    let message = people.say(&people.ada, id, "ship it?").await.id;
    let heart = "❤\u{fe0f}";
    for (who, spelling) in [
        (&people.ada, "❤"),
        (&people.grace, heart),
        (&people.ada, "❤\u{fe0e}"),
    ] {
        chat.add_reaction(who, message, spelling).await.unwrap();
    }
    let reactions = |message: &Message| -> Vec<(String, i64)> {
        message
            .reactions
            .iter()
            .map(|it| (it.emoji.clone(), it.count))
            .collect()
    };
    let after = chat
        .add_reaction(&people.linus, message, "ℹ")
        .await
        .unwrap();
    assert_eq!(
        reactions(&after),
        [(heart.to_owned(), 2), ("ℹ\u{fe0f}".to_owned(), 1)]
    );
    chat.add_reaction(&people.linus, message, "🅰️")
        .await
        .unwrap();
    let after = chat
        .remove_reaction(&people.ada, message, "❤")
        .await
        .unwrap();
    assert_eq!(after.reactions[0].count, 1);
    for bad in ["\u{202e}", "\u{200b}", "👍\u{202e}", "👍👎", "→", "x"] {
        let refusal = chat.add_reaction(&people.ada, message, bad).await;
        refused(refusal, ErrorCode::Invalid);
    }
}

/// What the message says is mentioned, as `text[start..end]` of JavaScript would cut it.
fn mentioned(message: &Message) -> Vec<(String, i64)> {
    let units: Vec<u16> = message.body.encode_utf16().collect();
    let mentions = message
        .entities
        .iter()
        .filter(|it| it.kind == EntityKind::Mention);
    mentions
        .map(|it| {
            let written = &units[it.start as usize..it.end as usize];
            (String::from_utf16(written).unwrap(), it.user_id.unwrap().0)
        })
        .collect()
}

async fn unread_mentions(people: &People, who: &chat::Caller) -> i64 {
    let unread = people.chat.unread(who).await.unwrap();
    unread.conversations.iter().map(|it| it.mentions).sum()
}

#[sqlx::test(migrations = "../../migrations")]
async fn who_is_told_is_who_is_shown(db: PgPool) {
    let people = people(db.clone()).await;
    let id = people.group().await;
    sqlx::query("update users set username = 'kim' where username = 'grace'")
        .execute(&db)
        .await
        .unwrap();
    let (kim, linus) = (people.grace.user_id.0, people.linus.user_id.0);
    let mut told = 0;
    for (body, expected) in [
        ("@kim_ look", vec![("@kim", kim)]),
        ("你好@kim再见", vec![("@kim", kim)]),
        ("こんにちは＠Kim", vec![("＠Kim", kim)]),
        ("สวัสดี@kim", vec![("@kim", kim)]),
        ("привет@kim, мой", vec![("@kim", kim)]),
        ("hi@kim, é@kim", vec![]),
        (
            "@ｋｉｍ ＠ＫＩＭ",
            vec![("@ｋｉｍ", kim), ("＠ＫＩＭ", kim)],
        ),
        ("🙂 @kim, @linus.", vec![("@kim", kim), ("@linus", linus)]),
        ("kim@kim.example, https://kim.example/@kim, @kimé", vec![]),
        ("@eve and @ada", vec![]),
    ] {
        let sent = people.say(&people.ada, id, body).await;
        let expected: Vec<_> = expected
            .into_iter()
            .map(|(text, id)| (text.to_owned(), id))
            .collect();
        assert_eq!(mentioned(&sent), expected, "{body}");
        let read = people.chat.message(&people.linus, sent.id).await.unwrap();
        assert_eq!(read.entities, sent.entities, "{body}");
        told += i64::from(expected.iter().any(|(_, id)| *id == kim));
        assert_eq!(
            unread_mentions(&people, &people.grace).await,
            told,
            "{body}"
        );
    }
    // Another one is called as it was written: the longer name counts, for both.
    sqlx::query("update users set username = 'kim_' where username = 'linus'")
        .execute(&db)
        .await
        .unwrap();
    let before = unread_mentions(&people, &people.grace).await;
    let sent = people.say(&people.ada, id, "hi @kim_").await;
    assert_eq!(mentioned(&sent), [("@kim_".to_owned(), linus)]);
    assert_eq!(unread_mentions(&people, &people.grace).await, before);
    let edited = people
        .chat
        .edit_message(&people.ada, sent.id, "hi @kim".to_owned())
        .await
        .unwrap();
    assert_eq!(mentioned(&edited), [("@kim".to_owned(), kim)]);
    assert_eq!(unread_mentions(&people, &people.grace).await, before + 1);
}

#[sqlx::test(migrations = "../../migrations")]
async fn messages_say_where_their_links_are(db: PgPool) {
    let people = people(db).await;
    let id = people.group().await;
    let sent = people
        .say(&people.ada, id, "见https://a.example/路。然后")
        .await;
    let found: Vec<_> = sent
        .entities
        .iter()
        .map(|it| (it.kind, it.start, it.end))
        .collect();
    assert_eq!(found, [(EntityKind::Link, 1, 20)]);
    let sent = people.say(&people.ada, id, "❤️").await;
    assert_eq!(sent.entities[0].kind, EntityKind::Emoji);
    let page = people
        .chat
        .messages(&people.grace, id, chat::MessagesRequest::default())
        .await
        .unwrap();
    assert_eq!(page.items.last(), Some(&sent));
    for blank in ["\u{200b}", "\u{202e}\u{2800} ", "\u{3164}"] {
        let refusal = people
            .chat
            .send_message(&people.ada, id, text(blank, None))
            .await;
        refused(refusal, ErrorCode::Invalid);
    }
}

#[sqlx::test(migrations = "../../migrations")]
async fn nobody_is_told_of_what_is_in_code(db: PgPool) {
    let people = people(db).await;
    let id = people.group().await;
    let before = unread_mentions(&people, &people.grace).await;
    for body in [
        "`@grace`",
        "```\n@grace\n```",
        "[@grace](https://a.example)",
    ] {
        let sent = people.say(&people.ada, id, body).await;
        assert!(mentioned(&sent).is_empty(), "{body}");
        assert!(!sent.html.unwrap().contains("data-user"), "{body}");
    }
    assert_eq!(unread_mentions(&people, &people.grace).await, before);
    let sent = people.say(&people.ada, id, "**@grace** `@grace`").await;
    let html = format!(
        "<p><strong><span class=\"mention\" data-user=\"{}\">@grace</span></strong> <code>@grace</code></p>",
        people.grace.user_id
    );
    assert_eq!(sent.html, Some(html));
    assert_eq!(unread_mentions(&people, &people.grace).await, before + 1);
    let read = people.chat.message(&people.linus, sent.id).await.unwrap();
    assert_eq!(read, sent);
    let outsider = people.chat.message(&people.outsider, sent.id).await;
    refused(outsider, ErrorCode::NotFound);
}

#[sqlx::test(migrations = "../../migrations")]
async fn what_the_server_says_has_no_markdown(db: PgPool) {
    let people = people(db.clone()).await;
    let id = people.group().await;
    let sent = people.say(&people.ada, id, "*a*").await;
    sqlx::query("update messages set kind = 'system' where id = $1")
        .bind(sent.id.0)
        .execute(&db)
        .await
        .unwrap();
    let read = people.chat.message(&people.grace, sent.id).await.unwrap();
    assert_eq!((read.html, read.preview), (None, None));
    let summary = people.chat.conversation(&people.grace, id).await.unwrap();
    assert_eq!(summary.last_message.unwrap().preview, None);
}
