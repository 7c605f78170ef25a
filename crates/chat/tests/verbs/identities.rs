//! Single sign-on: the first sign-in makes an account, later ones find it, by issuer and subject and by nothing else.

use crate::{
    authenticator::code,
    fixtures::{people_with, refused},
    identity_fixtures::{config, mary, settings_with, sso, sso_with},
    provider::{Provider, Wrong},
    two_factor::{CLIENT, mallory, session},
};
use chat::{Caller, Client, Error, SecondFactor};
use futures_util::future::join_all;
use model::{ErrorCode, Login, PageRequest, PasswordReset, Register, TwoFactorLogin};
use serde_json::json;
use sqlx::PgPool;

#[sqlx::test(migrations = "../../migrations")]
async fn the_first_sign_in_makes_an_account_and_later_ones_find_it(db: PgPool) {
    let sso = sso(db).await;
    let who = sso.try_sign_in(&mary()).await.unwrap();
    let user = who.user();
    assert_eq!(
        (user.username.as_str(), user.name.as_str()),
        ("mary", "Mary Somerville")
    );
    let caller = sso.sign_in(&mary()).await;
    assert_eq!(caller.user_id, user.id);
    let account = sso.chat().account(&caller).await.unwrap();
    assert_eq!(account.email.as_deref(), Some("mary@parlance.chat"));
    // What the provider says later changes neither whose it is nor how they are called.
    let mut renamed = mary();
    renamed["preferred_username"] = json!("ada");
    renamed["email"] = json!("ada@parlance.chat");
    assert_eq!(sso.sign_in(&renamed).await.user_id, user.id);
    assert_eq!(
        sso.chat().account(&caller).await.unwrap().user.username,
        "mary"
    );
    let page = PageRequest::default();
    let sessions = sso.chat().sessions(&caller, &page).await.unwrap();
    assert!(
        sessions
            .items
            .iter()
            .all(|it| it.provider.as_deref() == Some("a"))
    );
    let identities = sso.chat().identities(&caller).await.unwrap();
    assert_eq!(identities.len(), 1);
    assert_eq!(identities[0].name, "ada@parlance.chat");
    assert!(identities[0].used_at.is_some());
    let others = sso.chat().identities(&sso.people.outsider).await.unwrap();
    assert!(others.is_empty());
    // A provider whose subjects are usernames.
    let yan = json!({ "sub": "yan", "preferred_username": "yan", "name": "yan" });
    let yan = sso.try_sign_in(&yan).await.unwrap();
    assert_eq!(
        (yan.user().username.as_str(), yan.user().name.as_str()),
        ("yan", "yan")
    );
}

#[sqlx::test(migrations = "../../migrations")]
async fn nobody_gets_an_account_by_its_names(db: PgPool) {
    let sso = sso(db).await;
    sqlx::query("update users set email = 'ada@parlance.chat' where username = 'ada'")
        .execute(&sso.db)
        .await
        .unwrap();
    let taken = json!({ "sub": "x", "preferred_username": "ada", "name": "Ada Lovelace",
        "email": "ADA@parlance.chat", "email_verified": true });
    let caller = sso.sign_in(&taken).await;
    assert_ne!(caller.user_id, sso.people.ada.user_id);
    let account = sso.chat().account(&caller).await.unwrap();
    assert!(
        account.user.username.starts_with("ada-"),
        "{}",
        account.user.username
    );
    assert_eq!(account.email, None);
    // A reserved name, and none at all.
    let reserved = sso
        .sign_in(&json!({ "sub": "y", "preferred_username": "everyone" }))
        .await;
    let account = sso.chat().account(&reserved).await.unwrap();
    assert!(account.user.username.starts_with("everyone-"));
    sso.sign_in(&json!({ "sub": "5f0c9c1e-8f0a-4b57-9d61-0d8a9c7c6d11" }))
        .await;
    // An address that nobody has verified is not kept: it may be somebody else's.
    let unverified = json!({ "sub": "z", "email": "grace@parlance.chat" });
    let caller = sso.sign_in(&unverified).await;
    assert_eq!(sso.chat().account(&caller).await.unwrap().email, None);
}

#[sqlx::test(migrations = "../../migrations")]
async fn first_sign_ins_at_once_make_one_account(db: PgPool) {
    let sso = sso(db).await;
    let answered = join_all((0..5).map(|_| async { sso.answered(&mary()).await })).await;
    let who = join_all(answered.iter().map(|it| sso.finish(it))).await;
    let ids: Vec<_> = who.into_iter().map(|it| it.unwrap().user().id).collect();
    assert!(ids.iter().all(|id| *id == ids[0]), "{ids:?}");
    let users = sso
        .count("select count(*) from users where username like 'mary%'")
        .await;
    assert_eq!(users, 1);
}

#[sqlx::test(migrations = "../../migrations")]
async fn a_provider_registers_whom_its_setting_allows(db: PgPool) {
    let provider = Provider::start().await;
    let mut closed = config("a", &provider);
    closed.registers = false;
    let people = people_with(db.clone(), settings_with(vec![closed], true)).await;
    let sso = crate::identity_fixtures::Sso {
        people,
        provider,
        db,
    };
    refused(sso.try_sign_in(&mary()).await, ErrorCode::Forbidden);
    assert_eq!(sso.count("select count(*) from users").await, 4);
}

#[sqlx::test(migrations = "../../migrations")]
async fn domains_count_for_verified_addresses_only(db: PgPool) {
    let sso = sso_with(db, |mut config| {
        config.email_domains = vec!["parlance.chat".parse().unwrap()];
        config
    })
    .await;
    for bad in [
        json!({ "sub": "1", "email": "mary@parlance.chat" }),
        json!({ "sub": "1", "email": "mary@parlance.chat", "email_verified": false }),
        json!({ "sub": "1", "email": "mary@evil.chat", "email_verified": true }),
        json!({ "sub": "1", "email": "mary@parlance.chat.evil.chat", "email_verified": true }),
        json!({ "sub": "1" }),
    ] {
        refused(sso.try_sign_in(&bad).await, ErrorCode::Forbidden);
    }
    sso.sign_in(&mary()).await;
}

#[sqlx::test(migrations = "../../migrations")]
async fn who_is_blocked_stays_out(db: PgPool) {
    let sso = sso(db).await;
    let before = sso.try_sign_in(&mary()).await.unwrap();
    let caller = sso.sign_in(&mary()).await;
    let chat = sso.chat();
    chat.block_user(&Caller::OPERATOR, caller.user_id)
        .await
        .unwrap();
    refused(sso.try_sign_in(&mary()).await, ErrorCode::Forbidden);
    // A proof that was given before opens no session.
    let late = chat.issue_cookie(&before, &Client::default()).await;
    assert!(matches!(late, Err(Error::Unauthenticated(_))));
    chat.unblock_user(&Caller::OPERATOR, caller.user_id)
        .await
        .unwrap();
    assert_eq!(sso.sign_in(&mary()).await.user_id, caller.user_id);
}

#[sqlx::test(migrations = "../../migrations")]
async fn the_second_factor_is_asked_for_unless_the_provider_is_trusted(db: PgPool) {
    let sso = sso(db.clone()).await;
    let chat = sso.chat();
    let mallory = mallory(chat).await;
    sqlx::query("insert into identities (issuer, subject, user_id) values ($1, 'm-1', $2)")
        .bind(sso.provider.issuer())
        .bind(mallory.caller.user_id.0)
        .execute(&db)
        .await
        .unwrap();
    let Err(Error::TwoFactorRequired(ticket)) = sso.try_sign_in(&mary()).await else {
        panic!("expected a ticket");
    };
    let login = TwoFactorLogin {
        ticket: ticket.secret().to_owned(),
        code: code(&mallory.secret, 1),
    };
    let who = chat.sign_in_with_code(&login, &CLIENT).await.unwrap();
    assert_eq!(who.user().id, mallory.caller.user_id);
    session(chat, who).await;
    let page = PageRequest::default();
    let sessions = chat.sessions(&mallory.caller, &page).await.unwrap();
    // The identity came along through the ticket.
    assert_eq!(sessions.items[0].provider.as_deref(), Some("a"));

    let mut trusted = config("a", &sso.provider);
    trusted.second_factor = SecondFactor::Trusted;
    let other = crate::identity_fixtures::Sso {
        people: crate::fixtures::People {
            chat: chat::Chat::new(db.clone(), settings_with(vec![trusted], true)),
            ..sso.people
        },
        provider: sso.provider,
        db,
    };
    assert!(other.try_sign_in(&mary()).await.is_ok());
}

#[sqlx::test(migrations = "../../migrations")]
async fn passwords_can_be_off_but_for_the_links_of_the_operator(db: PgPool) {
    let provider = Provider::start().await;
    let settings = settings_with(vec![config("a", &provider)], false);
    let people = people_with(db, settings).await;
    let chat = &people.chat;
    let client = Client::default();
    let login = Login {
        login: "ada".to_owned(),
        password: "whatever it is".to_owned(),
    };
    refused(chat.login(login, &client).await, ErrorCode::Forbidden);
    let new = Register {
        username: "eva".to_owned(),
        password: "correct horse battery staple".to_owned(),
        name: None,
        email: None,
    };
    refused(chat.register(new, &client).await, ErrorCode::Forbidden);
    let admin = Caller {
        role: model::UserRole::Admin,
        ..people.grace
    };
    let id = people.ada.user_id;
    refused(
        chat.create_password_reset(&admin, id).await,
        ErrorCode::Forbidden,
    );
    let link = chat
        .create_password_reset(&Caller::OPERATOR, id)
        .await
        .unwrap();
    let reset = PasswordReset {
        token: link.token,
        password: "correct horse battery staple".to_owned(),
    };
    let who = chat.reset_password(reset, &client).await.unwrap();
    assert!(chat.issue_cookie(&who, &client).await.is_ok());
}

#[sqlx::test(migrations = "../../migrations")]
async fn a_provider_that_is_away_is_no_reason_to_wait(db: PgPool) {
    let sso = sso(db).await;
    sso.provider.does(Wrong::Failing);
    let begun = sso.chat().begin_provider_sign_in("a", "").await;
    refused(begun.map(drop), ErrorCode::Unavailable);
    // Nobody asks again at once.
    let asked = sso.provider.requests("/.well-known/openid-configuration");
    let begun = sso.chat().begin_provider_sign_in("a", "").await;
    refused(begun.map(drop), ErrorCode::Unavailable);
    assert_eq!(
        sso.provider.requests("/.well-known/openid-configuration"),
        asked
    );
    let unknown = sso.chat().begin_provider_sign_in("b", "").await;
    refused(unknown.map(drop), ErrorCode::NotFound);
}
