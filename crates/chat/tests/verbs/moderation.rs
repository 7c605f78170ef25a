//! Moderation: a blocked user is disconnected at once, and can sign in by no way.

use crate::fixtures::{SECRET, people, refused};
use chat::{Caller, Client, Delivery, Error, auth_error};
use jsonwebtoken::{EncodingKey, Header, encode};
use model::{ErrorCode, Login, Register, UserId, UserRole};
use serde_json::json;
use sqlx::PgPool;
use time::OffsetDateTime;

fn login() -> Login {
    Login {
        login: "mallory".to_owned(),
        password: "correct horse".to_owned(),
    }
}

#[track_caller]
fn blocked<T: std::fmt::Debug>(result: Result<T, Error>) {
    match result {
        Err(Error::Forbidden(reason)) => assert_eq!(reason, auth_error::BLOCKED),
        other => panic!("{other:?}"),
    }
}

#[sqlx::test(migrations = "../../migrations")]
async fn a_blocked_user_can_sign_in_by_no_way(db: PgPool) {
    let people = people(db).await;
    let (chat, client) = (&people.chat, Client::default());
    let admin = Caller {
        role: UserRole::Admin,
        ..people.ada
    };
    let new = Register {
        username: "mallory".to_owned(),
        password: "correct horse".to_owned(),
        name: None,
        email: None,
    };
    let mallory = chat.register(new, &client).await.unwrap();
    let id = mallory.user().id;
    let cookie = chat.issue_cookie(&mallory, &client).await.unwrap();
    let tokens = chat.issue_tokens(mallory.clone(), &client).await.unwrap();
    let expires = OffsetDateTime::now_utc().unix_timestamp() + 60;
    let elsewhere = encode(
        &Header::default(),
        &json!({ "sub": id.to_string(), "exp": expires }),
        &EncodingKey::from_secret(SECRET),
    )
    .unwrap();
    chat.authenticate(&tokens.access_token).await.unwrap();
    chat.authenticate(&elsewhere).await.unwrap();
    chat.authenticate_cookie(&cookie.secret).await.unwrap();

    let mut subscription = chat.subscribe();
    chat.block_user(&admin, id).await.unwrap();
    assert_eq!(
        people.drain(&mut subscription).await,
        [Delivery::DisconnectUser(id)]
    );
    blocked(chat.authenticate(&tokens.access_token).await);
    blocked(chat.authenticate(&elsewhere).await);
    blocked(chat.refresh(&tokens.refresh_token).await.map(drop));
    blocked(chat.login(login(), &client).await);
    // A page redirects to the sign-in form, which says why.
    let by_cookie = chat.authenticate_cookie(&cookie.secret).await;
    refused(by_cookie, ErrorCode::Unauthenticated);
    // A session that is opened with a password that was checked before the block is refused.
    let late = chat.issue_tokens(mallory, &client).await.unwrap();
    blocked(chat.authenticate(&late.access_token).await);
    let wrong = Login {
        password: "wrong".to_owned(),
        ..login()
    };
    refused(chat.login(wrong, &client).await, ErrorCode::Unauthenticated);

    chat.unblock_user(&admin, id).await.unwrap();
    chat.login(login(), &client).await.unwrap();
    chat.authenticate(&elsewhere).await.unwrap();
    for ended in [&tokens.access_token, &tokens.refresh_token] {
        refused(chat.authenticate(ended).await, ErrorCode::Unauthenticated);
    }
}

#[sqlx::test(migrations = "../../migrations")]
async fn blocking_is_for_administrators(db: PgPool) {
    let people = people(db).await;
    let (chat, grace) = (&people.chat, people.grace.user_id);
    let admin = Caller {
        role: UserRole::Admin,
        ..people.ada
    };
    let mut subscription = chat.subscribe();
    for who in [&people.ada, &people.outsider] {
        refused(chat.block_user(who, grace).await, ErrorCode::Forbidden);
        refused(chat.unblock_user(who, grace).await, ErrorCode::Forbidden);
    }
    let nobody = UserId(999_999);
    refused(chat.block_user(&admin, nobody).await, ErrorCode::NotFound);
    refused(chat.unblock_user(&admin, nobody).await, ErrorCode::NotFound);
    let oneself = chat.block_user(&admin, admin.user_id).await;
    refused(oneself, ErrorCode::Conflict);
    assert_eq!(people.drain(&mut subscription).await, []);
}

#[sqlx::test(migrations = "../../migrations")]
async fn the_operator_makes_administrators(db: PgPool) {
    let people = people(db).await;
    let chat = &people.chat;
    let role = async |username: &str, role| {
        chat.set_user_role(&Caller::OPERATOR, username, role)
            .await
            .unwrap()
    };
    let is_admin = async || {
        let card = chat.user_card(people.grace.user_id).await.unwrap();
        card.role == UserRole::Admin
    };
    let mut subscription = chat.subscribe();
    assert!(role("Grace", UserRole::Admin).await && is_admin().await);
    let told = people.drain(&mut subscription).await;
    assert!(told.contains(&Delivery::DisconnectUser(people.grace.user_id)));
    assert!(!role("grace", UserRole::Admin).await, "already");
    assert!(role("grace", UserRole::Member).await && !is_admin().await);
    for nobody in ["nobody", "", "\0"] {
        let unknown = chat.set_user_role(&Caller::OPERATOR, nobody, UserRole::Admin);
        refused(unknown.await, ErrorCode::NotFound);
    }
    let outsider = chat.set_user_role(&people.outsider, "eve", UserRole::Admin);
    refused(outsider.await, ErrorCode::Forbidden);
}
