//! Moderation: a blocked user is disconnected at once, and can sign in by no way.

use crate::fixtures::{SECRET, let_sign_in, people, refused, settings};
use chat::{AccessWatch, Caller, Chat, Client, Delivery, Error, auth_error};
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
    // A password that was checked before the block opens no session.
    let late = chat.issue_tokens(mallory, &client).await;
    refused(late, ErrorCode::Unauthenticated);
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
    let people = people(db.clone()).await;
    let_sign_in(&db).await;
    let chat = &people.chat;
    let operator = &Caller::OPERATOR;
    let (ada, grace) = (people.ada.user_id, people.grace.user_id);
    let role = async |id, role| chat.set_user_role(operator, id, role).await.unwrap();
    let is_admin = async || {
        let card = chat.user_card(grace).await.unwrap();
        card.role == UserRole::Admin
    };
    let mut subscription = chat.subscribe();
    assert!(role(grace, UserRole::Admin).await && is_admin().await);
    let told = people.drain(&mut subscription).await;
    assert!(told.contains(&Delivery::DisconnectUser(grace)));
    assert!(!role(grace, UserRole::Admin).await, "already");
    // There is always one who can sign in.
    let last = chat.set_user_role(operator, grace, UserRole::Member).await;
    refused(last, ErrorCode::Conflict);
    refused(chat.block_user(operator, grace).await, ErrorCode::Conflict);
    assert!(role(ada, UserRole::Admin).await);
    assert!(role(grace, UserRole::Member).await && !is_admin().await);
    let nobody = chat.set_user_role(operator, UserId(999_999), UserRole::Admin);
    refused(nobody.await, ErrorCode::NotFound);
    let outsider = chat.set_user_role(&people.outsider, ada, UserRole::Member);
    refused(outsider.await, ErrorCode::Forbidden);
}

#[sqlx::test(migrations = "../../migrations")]
async fn of_two_administrators_who_block_each_other_one_stays(db: PgPool) {
    let people = people(db.clone()).await;
    let_sign_in(&db).await;
    let chat = &people.chat;
    let admin = |caller: Caller| Caller {
        role: UserRole::Admin,
        ..caller
    };
    for id in [people.ada.user_id, people.grace.user_id] {
        chat.set_user_role(&Caller::OPERATOR, id, UserRole::Admin)
            .await
            .unwrap();
    }
    let (ada, grace) = (admin(people.ada), admin(people.grace));
    let both = tokio::join!(
        chat.block_user(&ada, grace.user_id),
        chat.block_user(&grace, ada.user_id)
    );
    assert!(both.0.is_ok() != both.1.is_ok(), "{both:?}");
    assert!(chat.has_administrator().await.unwrap());
}

#[sqlx::test(migrations = "../../migrations")]
async fn a_node_that_no_bus_has_told_disconnects_once(db: PgPool) {
    let people = people(db.clone()).await;
    let command = Chat::new(db, settings());
    let (chat, grace) = (&people.chat, people.grace.user_id);
    let _guard = chat.connect(&people.grace).await.unwrap();
    let mut watch = AccessWatch::new();
    let mut subscription = chat.subscribe();
    command
        .end_user_sessions(&Caller::OPERATOR, grace)
        .await
        .unwrap();
    for _ in 0..3 {
        chat.disconnect_changed_users(&mut watch).await.unwrap();
    }
    let told = people.drain(&mut subscription).await;
    assert_eq!(told, [Delivery::DisconnectUser(grace)]);
    // What this node does itself has been told already.
    chat.end_user_sessions(&Caller::OPERATOR, grace)
        .await
        .unwrap();
    chat.disconnect_changed_users(&mut watch).await.unwrap();
    let told = people.drain(&mut subscription).await;
    assert_eq!(told, [Delivery::DisconnectUser(grace)]);
    let outsider = chat.end_user_sessions(&people.outsider, grace).await;
    refused(outsider, ErrorCode::Forbidden);
}
