//! What apps say about their users: names that follow, administrators by a claim, placeholders, and
//! users who are gone.

use crate::{
    app_fixtures::{SHOP, app, chat_with, in_seconds, settings_with, shop, token},
    fixtures::refused,
};
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use chat::{
    AppConfig, Caller, Chat, Error, RateLimits, Settings, TokenRules, UnknownUsers, auth_error,
};
use jsonwebtoken::{Algorithm, EncodingKey};
use model::{Account, ErrorCode, Profile, UserRole};
use serde_json::{Value, json};
use sqlx::PgPool;

async fn sign_in(chat: &Chat, claims: Value) -> Caller {
    chat.authenticate(&token(claims, SHOP)).await.unwrap()
}

async fn account(chat: &Chat, claims: Value) -> Account {
    let caller = sign_in(chat, claims).await;
    chat.account(&caller).await.unwrap()
}

#[sqlx::test(migrations = "../../migrations")]
async fn people_have_names_and_never_ids(db: PgPool) {
    let chat = chat_with(db, vec![shop()]);
    let id = "507f1f77bcf86cd799439011";
    for (claims, name) in [
        (
            json!({ "sub": "1", "name": "Ada Lovelace", "username": "ada" }),
            "Ada Lovelace",
        ),
        (
            json!({ "sub": "2", "name": " ", "username": "grace" }),
            "grace",
        ),
        (
            json!({ "sub": "3", "name": 7, "email": "linus@shop.example" }),
            "linus",
        ),
        (
            json!({ "user": { "id": "4", "name": "Barbara" } }),
            "Barbara",
        ),
        (json!({ "sub": "5", "name": "Nul\u{0}l" }), "Null"),
    ] {
        assert_eq!(
            account(&chat, claims.clone()).await.user.name,
            name,
            "{claims}"
        );
    }
    for claims in [
        json!({ "sub": id }),
        json!({ "sub": "12", "name": "12" }),
        json!({ "sub": "13", "name": id, "username": "13", "email": "none" }),
    ] {
        let user = account(&chat, claims.clone()).await.user;
        assert!(user.name.contains(' '), "{claims}: {}", user.name);
        let digits = |text: &str| text.bytes().filter(u8::is_ascii_digit).count();
        assert_eq!(digits(&user.name), 0, "{claims}: {}", user.name);
    }
}

#[sqlx::test(migrations = "../../migrations")]
async fn many_new_people_with_one_name_come_at_once(db: PgPool) {
    let chat = chat_with(db, vec![shop()]);
    let mut tasks = tokio::task::JoinSet::new();
    for id in 0..12 {
        let chat = chat.clone();
        let claims = json!({ "sub": id, "username": "ada", "email": "ada@shop.example" });
        tasks.spawn(async move { sign_in(&chat, claims).await.user_id });
    }
    let ids: std::collections::BTreeSet<_> = tasks.join_all().await.into_iter().collect();
    assert_eq!(ids.len(), 12);
}

#[sqlx::test(migrations = "../../migrations")]
async fn a_user_follows_what_the_app_says(db: PgPool) {
    let chat = chat_with(db, vec![shop()]);
    let said = |name: &str, at: i64| {
        json!({ "sub": "6", "iat": in_seconds(at), "name": name, "username": name.to_lowercase(),
            "email": format!("{name}@shop.example"), "picture": format!("https://shop.example/{name}") })
    };
    let first = account(&chat, said("Ada", -50)).await;
    assert_eq!(
        (first.user.name.as_str(), first.user.username.as_str()),
        ("Ada", "ada")
    );
    let card = chat.user_card(first.user.id).await.unwrap();
    assert_eq!(card.name, "Ada");

    let later = account(&chat, said("Augusta", -40)).await;
    assert_eq!(later.user.id, first.user.id);
    assert_eq!(
        (later.user.name.as_str(), later.user.username.as_str()),
        ("Augusta", "augusta")
    );
    assert_eq!(later.email.as_deref(), Some("Augusta@shop.example"));
    assert_eq!(
        later.user.avatar_url.as_deref(),
        Some("https://shop.example/Augusta")
    );
    let card = chat.user_card(first.user.id).await.unwrap();
    assert_eq!(card.name, "Augusta", "the cache has the new name");

    let older = account(&chat, said("Ada", -50)).await;
    assert_eq!(
        older.user.name, "Augusta",
        "an older token changes nothing back"
    );

    // A name that was changed here stays until the app's changes.
    let caller = sign_in(&chat, said("Augusta", -40)).await;
    let own = Profile {
        name: Some("Countess".to_owned()),
        ..Profile::default()
    };
    chat.update_account(&caller, own).await.unwrap();
    assert_eq!(
        account(&chat, said("Augusta", -30)).await.user.name,
        "Countess"
    );
    let silent = json!({ "sub": "6", "iat": in_seconds(-20) });
    assert_eq!(account(&chat, silent).await.user.name, "Countess");
    let changed = account(&chat, said("Lovelace", -10)).await;
    assert_eq!(changed.user.name, "Lovelace");

    // What somebody else has is left alone.
    let other = json!({ "sub": "7", "username": "grace", "email": "grace@shop.example" });
    account(&chat, other).await;
    let taking = json!({ "sub": "6", "iat": in_seconds(0), "username": "grace", "email": "Grace@shop.example" });
    let account = account(&chat, taking).await;
    assert!(
        account.user.username.starts_with("grace-"),
        "{}",
        account.user.username
    );
    assert_eq!(account.email.as_deref(), Some("Lovelace@shop.example"));
}

#[sqlx::test(migrations = "../../migrations")]
async fn a_claim_makes_an_administrator_and_unmakes_one(db: PgPool) {
    let rules = |claim: &str| TokenRules {
        admin_claim: Some(claim.parse().unwrap()),
        ..TokenRules::default()
    };
    let apps = vec![AppConfig {
        rules: rules("realm.roles=boss"),
        ..shop()
    }];
    let chat = chat_with(db.clone(), apps);
    let says = |id: &str, roles: Value, at: i64| json!({ "sub": id, "iat": in_seconds(at), "realm": { "roles": roles } });
    let member = sign_in(&chat, says("6", json!(["user"]), -50)).await;
    assert_eq!(member.role, UserRole::Member);
    let admin = sign_in(&chat, says("6", json!(["user", "boss"]), -40)).await;
    assert_eq!(admin.role, UserRole::Admin);
    assert_eq!(
        chat.user(&member, member.user_id).await.unwrap().role,
        UserRole::Admin
    );
    let before = sign_in(&chat, says("6", json!(["user"]), -50)).await;
    assert_eq!(
        before.role,
        UserRole::Admin,
        "an older token changes nothing back"
    );
    let after = sign_in(&chat, says("6", json!([]), -30)).await;
    assert_eq!(after.role, UserRole::Member);
    let stolen = sign_in(&chat, says("6", json!(["boss"]), -40)).await;
    assert_eq!(
        stolen.role,
        UserRole::Member,
        "an old token makes nobody an administrator again"
    );

    // A new user can be one at once; one who became it otherwise stays one.
    let new = sign_in(&chat, says("7", json!("boss"), -50)).await;
    assert_eq!(new.role, UserRole::Admin);
    let by_hand = sign_in(&chat, says("8", json!([]), -50)).await;
    sqlx::query("update users set role = 'admin' where id = $1")
        .bind(by_hand.user_id.0)
        .execute(&db)
        .await
        .unwrap();
    sign_in(&chat, says("8", json!(["boss"]), -40)).await;
    let stays = sign_in(&chat, says("8", json!([]), -30)).await;
    assert_eq!(stays.role, UserRole::Admin);

    // Without the setting, the claim is nothing.
    let without = chat_with(db, vec![shop()]);
    let caller = sign_in(&without, says("7", json!("boss"), -10)).await;
    assert_eq!(caller.role, UserRole::Member);
}

#[sqlx::test(migrations = "../../migrations")]
async fn a_far_end_does_not_outdo_later_tokens(db: PgPool) {
    let rules = TokenRules {
        admin_claim: Some("role=admin".parse().unwrap()),
        ..TokenRules::default()
    };
    let chat = chat_with(db, vec![AppConfig { rules, ..shop() }]);
    // Milliseconds, which are taken for seconds, and no `iat`.
    let far = in_seconds(3600) * 1000;
    let early = json!({ "sub": "6", "exp": far, "name": "Old Name", "role": "admin" });
    assert_eq!(account(&chat, early).await.user.role, UserRole::Admin);
    let later = json!({ "sub": "6", "iat": in_seconds(1), "name": "New Name", "role": "member" });
    let user = account(&chat, later).await.user;
    assert_eq!(
        (user.name.as_str(), user.role),
        ("New Name", UserRole::Member)
    );
}

#[sqlx::test(migrations = "../../migrations")]
async fn an_id_is_one_person_in_either_case_and_nobody_in_another_form(db: PgPool) {
    let chat = chat_with(db, vec![shop()]);
    let id = "507f1f77bcf86cd79943901b";
    let uuid = "5F0C9C1E-8F0A-4B57-9D61-0D8A9C7C6D11";
    for (id, other) in [(id, id.to_uppercase()), (uuid, uuid.to_lowercase())] {
        let ada = sign_in(&chat, json!({ "sub": id })).await;
        assert_eq!(chat.resolve_user(&ada, &other).await.unwrap(), ada.user_id);
        let again = sign_in(&chat, json!({ "sub": other })).await;
        assert_eq!(again.user_id, ada.user_id);
    }
    let ada = sign_in(&chat, json!({ "sub": 6 })).await;
    for mistake in ["eleven", "06", "6.0", "1e1", "507f1f77bcf86cd799439012"] {
        refused(chat.resolve_user(&ada, mistake).await, ErrorCode::NotFound);
    }
    chat.resolve_user(&ada, "11").await.unwrap();
}

#[sqlx::test(migrations = "../../migrations")]
async fn a_placeholder_becomes_the_user_of_the_first_token(db: PgPool) {
    let chat = chat_with(db, vec![shop(), app("forum", b"another secret")]);
    let ada = sign_in(&chat, json!({ "sub": "6", "name": "Ada" })).await;
    let named = chat.resolve_user(&ada, "7").await.unwrap();
    assert_eq!(chat.resolve_user(&ada, "7").await.unwrap(), named);
    let placeholder = chat.user(&ada, named).await.unwrap();
    assert!(
        placeholder.name.contains(' ') && !placeholder.name.contains('7'),
        "{}",
        placeholder.name
    );
    let card = chat.user_card(named).await.unwrap();
    assert_eq!(card.name, placeholder.name);

    let grace = account(
        &chat,
        json!({ "sub": 7, "name": "Grace", "username": "grace" }),
    )
    .await;
    assert_eq!(grace.user.id, named);
    assert_eq!(
        (grace.user.name.as_str(), grace.user.username.as_str()),
        ("Grace", "grace")
    );
    assert_eq!(chat.user_card(named).await.unwrap().name, "Grace");

    let elsewhere = token(json!({ "sub": "7" }), b"another secret");
    let other = chat.authenticate(&elsewhere).await.unwrap();
    assert_ne!(
        other.user_id, named,
        "the same id in another app is somebody else"
    );
}

#[sqlx::test(migrations = "../../migrations")]
async fn unknown_users_are_refused_by_a_setting_and_limited_otherwise(db: PgPool) {
    let refusing = AppConfig {
        unknown_users: UnknownUsers::Refuse,
        ..shop()
    };
    let chat = chat_with(db.clone(), vec![refusing]);
    let ada = sign_in(&chat, json!({ "sub": "6" })).await;
    refused(chat.resolve_user(&ada, "7").await, ErrorCode::NotFound);
    assert_eq!(chat.resolve_user(&ada, "6").await.unwrap(), ada.user_id);
    sign_in(&chat, json!({ "sub": "7" })).await;
    chat.resolve_user(&ada, "7").await.unwrap();

    let settings = Settings {
        rate_limits: RateLimits::default(),
        ..settings_with(vec![shop()])
    };
    let limited = Chat::new(db, settings);
    let mut answer = Ok(ada.user_id);
    let mut named = 0;
    while answer.is_ok() && named < 600 {
        answer = limited
            .resolve_user(&ada, &format!("{}", 1000 + named))
            .await;
        named += 1;
    }
    assert!(
        matches!(answer, Err(Error::TooManyRequests { .. })),
        "{answer:?}"
    );
    assert!(named > 500, "{named}");
    limited.resolve_user(&ada, "1000").await.unwrap();
}

/// Whatever the claims are, the user is created or refused, and then followed: never a fault of ours.
#[sqlx::test(migrations = "../../migrations")]
async fn no_claim_is_one_that_the_tables_refuse(db: PgPool) {
    let chat = chat_with(db, vec![shop()]);
    let long = "x".repeat(250);
    let address = format!("{}@shop.example", "local".repeat(40));
    let texts = [
        "",
        " ",
        "\0",
        "a\0b",
        "\u{7}\u{1b}[31m",
        "\u{202e}\u{2066}",
        "\u{200b}",
        "\u{feff}\u{fffe}\u{10ffff}",
        "İ",
        "ß",
        "a@b",
        "@",
        &long,
        &address,
        &"👩‍👩‍👧‍👦".repeat(40),
        &"e\u{301}".repeat(90),
    ];
    for (at, text) in texts.iter().enumerate() {
        for claim in ["name", "username", "email", "picture", "preferred_username"] {
            let id = format!("{claim}-{at}");
            let first = json!({ "sub": id, "iat": in_seconds(-9), claim: text });
            let user = sign_in(&chat, first).await.user_id;
            let changed = json!({ "sub": id, "iat": in_seconds(-8), "name": "Ada Lovelace" });
            assert_eq!(sign_in(&chat, changed).await.user_id, user);
            let back = json!({ "sub": id, "iat": in_seconds(-7), claim: text });
            assert_eq!(sign_in(&chat, back).await.user_id, user, "{claim} {text:?}");
        }
        for claim in ["sub", "iss"] {
            let mut claims = json!({ "sub": "6" });
            claims[claim] = json!(text);
            let answer = chat.authenticate(&token(claims, SHOP)).await;
            assert!(
                matches!(answer, Ok(_) | Err(Error::Unauthenticated(_))),
                "{claim} {text:?}: {answer:?}"
            );
        }
    }
}

#[sqlx::test(migrations = "../../migrations")]
async fn a_user_who_is_gone_from_the_app_is_refused(db: PgPool) {
    let chat = chat_with(db.clone(), vec![shop()]);
    let ada = sign_in(&chat, json!({ "sub": "6" })).await;
    sqlx::query("update app_users set ended_at = now() where user_id = $1")
        .bind(ada.user_id.0)
        .execute(&db)
        .await
        .unwrap();
    match chat.authenticate(&token(json!({ "sub": "6" }), SHOP)).await {
        Err(Error::Unauthenticated(why)) => assert_eq!(why, auth_error::ENDED),
        other => panic!("{other:?}"),
    }
}

#[sqlx::test(migrations = "../../migrations")]
async fn a_token_that_ends_in_years_is_not_the_newest_for_years(db: PgPool) {
    let rules = TokenRules {
        admin_claim: Some("role=admin".parse().unwrap()),
        ..TokenRules::default()
    };
    let chat = chat_with(db, vec![AppConfig { rules, ..shop() }]);
    let long = json!({ "sub": "1", "exp": in_seconds(9 * 365 * 86_400), "role": "admin",
        "name": "Old" });
    assert_eq!(sign_in(&chat, long.clone()).await.role, UserRole::Admin);
    let new = json!({ "sub": "1", "iat": in_seconds(0), "role": "user", "name": "New" });
    assert_eq!(sign_in(&chat, new.clone()).await.role, UserRole::Member);
    assert_eq!(account(&chat, new).await.user.name, "New");
    // The old one is still about, and changes nothing back.
    assert_eq!(sign_in(&chat, long.clone()).await.role, UserRole::Member);
    assert_eq!(account(&chat, long).await.user.name, "New");
    let newer = json!({ "sub": "1", "iat": in_seconds(5), "name": "Newer" });
    assert_eq!(account(&chat, newer).await.user.name, "Newer");
}

#[sqlx::test(migrations = "../../migrations")]
async fn a_claim_that_cannot_be_read_costs_only_itself(db: PgPool) {
    let chat = chat_with(db, vec![shop()]);
    let deep = format!("{}{}", "[".repeat(1_000), "]".repeat(1_000));
    for bad in [r#""cut \ud83d""#, "1e400", &deep] {
        let exp = in_seconds(60);
        let claims =
            format!(r#"{{"sub":"7","exp":{exp},"name":{bad},"x":{{"y":{bad}}},"username":"ada"}}"#);
        let caller = chat.authenticate(&signed_text(&claims)).await.unwrap();
        let account = chat.account(&caller).await.unwrap();
        assert_eq!(account.user.username, "ada");
        // What cannot be read is never taken for what is not there.
        let endless = format!(r#"{{"sub":"7","exp":{bad}}}"#);
        let refused_token = chat.authenticate(&signed_text(&endless)).await;
        refused(refused_token, ErrorCode::Unauthenticated);
        let typed = format!(r#"{{"sub":"7","exp":{exp},"type":{bad}}}"#);
        let refused_token = chat.authenticate(&signed_text(&typed)).await;
        refused(refused_token, ErrorCode::Unauthenticated);
    }
}

/// A token of the shop with claims that no serializer would write.
fn signed_text(claims: &str) -> String {
    let encode = |text: &str| BASE64_URL_SAFE_NO_PAD.encode(text);
    let signed = format!("{}.{}", encode(r#"{"alg":"HS256"}"#), encode(claims));
    let key = EncodingKey::from_secret(SHOP);
    let signature = jsonwebtoken::crypto::sign(signed.as_bytes(), &key, Algorithm::HS256).unwrap();
    format!("{signed}.{signature}")
}
