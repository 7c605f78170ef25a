//! Passwords: changed with the old one, replaced by a link, and hashed anew.

use crate::fixtures::{let_sign_in, people, refused, settings};
use argon2::{
    Algorithm, Argon2, Params, Version,
    password_hash::{PasswordHasher, SaltString},
};
use chat::{Authenticated, Caller, Chat, Client, Delivery};
use model::{ErrorCode, Login, PasswordChange, PasswordReset, Register, SignedIn, UserRole};
use sqlx::{AssertSqlSafe, PgPool};
use std::net::{IpAddr, Ipv4Addr};

const OLD: &str = "correct horse";
const NEW: &str = "a tin roof in the rain";

static CLIENT: Client = Client {
    address: Some(IpAddr::V4(Ipv4Addr::LOCALHOST)),
    user_agent: None,
    door: None,
    device: None,
    remembered: None,
};

async fn register(chat: &Chat, username: &str) -> Authenticated {
    let new = Register {
        username: username.to_owned(),
        password: OLD.to_owned(),
        name: None,
        email: None,
    };
    chat.register(new, &CLIENT).await.unwrap()
}

async fn login(chat: &Chat, password: &str) -> chat::Result<Authenticated> {
    let login = Login {
        login: "mallory".to_owned(),
        password: password.to_owned(),
    };
    chat.login(login, &CLIENT).await
}

async fn session(chat: &Chat, who: &Authenticated) -> (Caller, SignedIn) {
    let tokens = chat.issue_tokens(who.clone(), &CLIENT).await.unwrap();
    let caller = chat.authenticate(&tokens.access_token).await.unwrap();
    (caller, tokens)
}

fn change(current: &str, new: &str, ends: bool) -> PasswordChange {
    PasswordChange {
        current_password: current.to_owned(),
        new_password: new.to_owned(),
        end_other_sessions: ends,
    }
}

fn reset(token: &str, password: &str) -> PasswordReset {
    PasswordReset {
        token: token.to_owned(),
        password: password.to_owned(),
    }
}

#[sqlx::test(migrations = "../../migrations")]
async fn a_password_is_changed_with_the_old_one(db: PgPool) {
    let people = people(db).await;
    let chat = &people.chat;
    let mallory = register(chat, "mallory").await;
    let (own, _) = session(chat, &mallory).await;
    let (other, tokens) = session(chat, &mallory).await;
    for (current, new) in [
        ("wrong horse", NEW),
        (OLD, "short"),
        (OLD, "password123"),
        (OLD, "mallory1"),
    ] {
        let refusal = chat.change_password(&own, change(current, new, true), &CLIENT);
        refused(refusal.await, ErrorCode::Invalid);
    }
    // Users of apps have no password.
    let without = chat.change_password(&people.outsider, change(OLD, NEW, true), &CLIENT);
    refused(without.await, ErrorCode::Conflict);

    let mut subscription = chat.subscribe();
    chat.change_password(&own, change(OLD, NEW, false), &CLIENT)
        .await
        .unwrap();
    assert_eq!(people.drain(&mut subscription).await, []);
    refused(login(chat, OLD).await, ErrorCode::Unauthenticated);
    login(chat, NEW).await.unwrap();
    chat.authenticate(&tokens.access_token).await.unwrap();

    chat.change_password(&own, change(NEW, OLD, true), &CLIENT)
        .await
        .unwrap();
    let ended = Delivery::DisconnectSession(other.session_id.unwrap());
    assert_eq!(people.drain(&mut subscription).await, [ended]);
    let refusal = chat.authenticate(&tokens.access_token).await;
    refused(refusal, ErrorCode::Unauthenticated);
    assert_eq!(chat.account(&own).await.unwrap().user.username, "mallory");
}

/// Whoever has shown the old password a moment before opens no session with it.
#[sqlx::test(migrations = "../../migrations")]
async fn a_sign_in_under_way_ends_with_its_password(db: PgPool) {
    let people = people(db).await;
    let (chat, operator) = (&people.chat, &Caller::OPERATOR);
    let mallory = register(chat, "mallory").await;
    let id = mallory.user().id;
    let (own, _) = session(chat, &mallory).await;
    let opens = async |who: &Authenticated| chat.issue_cookie(who, &CLIENT).await.is_ok();

    let shown = login(chat, OLD).await.unwrap();
    chat.change_password(&own, change(OLD, NEW, true), &CLIENT)
        .await
        .unwrap();
    assert!(!opens(&shown).await && !opens(&mallory).await);
    let tokens = chat.issue_tokens(shown, &CLIENT).await;
    refused(tokens, ErrorCode::Unauthenticated);

    let shown = login(chat, NEW).await.unwrap();
    let link = chat.create_password_reset(operator, id).await.unwrap();
    let with_link = chat.reset_password(reset(&link.token, OLD), &CLIENT).await;
    assert!(!opens(&shown).await && opens(&with_link.unwrap()).await);

    let shown = login(chat, OLD).await.unwrap();
    chat.end_user_sessions(operator, id).await.unwrap();
    assert!(!opens(&shown).await);

    let shown = login(chat, OLD).await.unwrap();
    chat.block_user(operator, id).await.unwrap();
    assert!(!opens(&shown).await);
    chat.unblock_user(operator, id).await.unwrap();
    assert!(!opens(&shown).await, "revoked is revoked");
    assert!(opens(&login(chat, OLD).await.unwrap()).await);
}

#[sqlx::test(migrations = "../../migrations")]
async fn a_link_ends_with_the_role_of_its_maker(db: PgPool) {
    let people = people(db.clone()).await;
    let_sign_in(&db).await;
    let (chat, operator) = (&people.chat, &Caller::OPERATOR);
    let id = register(chat, "mallory").await.user().id;
    let ada = Caller {
        role: UserRole::Admin,
        ..people.ada
    };
    // The word of a token makes no link.
    let refusal = chat.create_password_reset(&ada, id).await;
    assert!(matches!(refusal, Err(error) if error.code() == ErrorCode::Forbidden));
    for who in [people.ada.user_id, people.grace.user_id] {
        chat.set_user_role(operator, who, UserRole::Admin)
            .await
            .unwrap();
    }
    let link = chat.create_password_reset(&ada, id).await.unwrap();
    chat.password_reset_user(&link.token).await.unwrap();
    for role in [UserRole::Member, UserRole::Admin] {
        chat.set_user_role(operator, ada.user_id, role)
            .await
            .unwrap();
        let refusal = chat.password_reset_user(&link.token).await;
        refused(refusal, ErrorCode::NotFound);
    }
    let link = chat.create_password_reset(&ada, id).await.unwrap();
    chat.block_user(operator, ada.user_id).await.unwrap();
    let refusal = chat.reset_password(reset(&link.token, NEW), &CLIENT).await;
    refused(refusal, ErrorCode::NotFound);
    // A user of an app has no password here, and so no way in when the app has ended them.
    sqlx::raw_sql(AssertSqlSafe(format!(
        "insert into apps (name, configured_as, issuer) values ('app', 'app', '');
        insert into app_users (app_id, external_id, user_id) select id, 'eve', {} from apps",
        people.outsider.user_id
    )))
    .execute(&db)
    .await
    .unwrap();
    let of_app = chat.create_password_reset(operator, people.outsider.user_id);
    assert!(matches!(of_app.await, Err(error) if error.code() == ErrorCode::Conflict));
}

#[sqlx::test(migrations = "../../migrations")]
async fn a_link_replaces_a_password_once(db: PgPool) {
    let people = people(db.clone()).await;
    let (chat, operator) = (&people.chat, &Caller::OPERATOR);
    let mallory = register(chat, "mallory").await;
    let id = mallory.user().id;
    let (_, tokens) = session(chat, &mallory).await;
    let outsider = chat.create_password_reset(&people.outsider, id).await;
    assert!(matches!(outsider, Err(error) if error.code() == ErrorCode::Forbidden));

    let replaced = chat.create_password_reset(operator, id).await.unwrap();
    let link = chat.create_password_reset(operator, id).await.unwrap();
    let stored: Vec<u8> = sqlx::query_scalar("select token_hash from password_resets")
        .fetch_one(&db)
        .await
        .unwrap();
    assert_ne!(
        stored,
        link.token.as_bytes(),
        "the database has a hash only"
    );
    // Looking at a link uses nothing.
    for _ in 0..2 {
        let user = chat.password_reset_user(&link.token).await;
        assert_eq!(user.unwrap(), "mallory");
    }
    login(chat, OLD).await.unwrap();
    for token in [replaced.token.as_str(), "", "nonsense"] {
        let refusal = chat.reset_password(reset(token, NEW), &CLIENT).await;
        refused(refusal, ErrorCode::NotFound);
    }
    let weak = chat.reset_password(reset(&link.token, "12345678"), &CLIENT);
    refused(weak.await, ErrorCode::Invalid);

    let mut subscription = chat.subscribe();
    let both = tokio::join!(
        chat.reset_password(reset(&link.token, NEW), &CLIENT),
        chat.reset_password(reset(&link.token, NEW), &CLIENT)
    );
    assert!(both.0.is_ok() != both.1.is_ok(), "one of two uses it");
    let told = people.drain(&mut subscription).await;
    assert_eq!(told, [Delivery::DisconnectUser(id)]);
    let ended = chat.authenticate(&tokens.access_token).await;
    refused(ended, ErrorCode::Unauthenticated);
    refused(login(chat, OLD).await, ErrorCode::Unauthenticated);
    login(chat, NEW).await.unwrap();
    let again = chat.reset_password(reset(&link.token, OLD), &CLIENT).await;
    refused(again, ErrorCode::NotFound);
}

#[sqlx::test(migrations = "../../migrations")]
async fn a_link_ends_with_its_time_a_change_and_a_block(db: PgPool) {
    let people = people(db.clone()).await;
    let (chat, operator) = (&people.chat, &Caller::OPERATOR);
    let mallory = register(chat, "mallory").await;
    let id = mallory.user().id;
    let (own, _) = session(chat, &mallory).await;

    let late = chat.create_password_reset(operator, id).await.unwrap();
    sqlx::query("update password_resets set expires_at = now() - interval '1 second'")
        .execute(&db)
        .await
        .unwrap();
    let refusal = chat.reset_password(reset(&late.token, NEW), &CLIENT).await;
    refused(refusal, ErrorCode::NotFound);

    let stale = chat.create_password_reset(operator, id).await.unwrap();
    chat.change_password(&own, change(OLD, NEW, true), &CLIENT)
        .await
        .unwrap();
    let refusal = chat.reset_password(reset(&stale.token, OLD), &CLIENT).await;
    refused(refusal, ErrorCode::NotFound);

    let of_blocked = chat.create_password_reset(operator, id).await.unwrap();
    chat.block_user(operator, id).await.unwrap();
    let refusal = chat.reset_password(reset(&of_blocked.token, OLD), &CLIENT);
    refused(refusal.await, ErrorCode::NotFound);
    let none = chat.create_password_reset(operator, id).await;
    assert!(matches!(none, Err(error) if error.code() == ErrorCode::Forbidden));
}

#[sqlx::test(migrations = "../../migrations")]
async fn a_weak_hash_is_replaced_when_its_password_is_seen(db: PgPool) {
    let chat = Chat::new(db.clone(), settings());
    register(&chat, "mallory").await;
    let params = Params::new(1024, 1, 1, None).unwrap();
    let weak = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
    let salt = SaltString::encode_b64(b"0123456789abcdef").unwrap();
    let weak = weak
        .hash_password(OLD.as_bytes(), &salt)
        .unwrap()
        .to_string();
    sqlx::query("update users set password_hash = $1")
        .bind(&weak)
        .execute(&db)
        .await
        .unwrap();
    let stored = async || -> String {
        let hash = sqlx::query_scalar("select password_hash from users");
        hash.fetch_one(&db).await.unwrap()
    };
    refused(
        login(&chat, "wrong horse").await,
        ErrorCode::Unauthenticated,
    );
    assert_eq!(stored().await, weak);
    login(&chat, OLD).await.unwrap();
    let strong = stored().await;
    assert_ne!(strong, weak);
    login(&chat, OLD).await.unwrap();
    assert_eq!(stored().await, strong, "once");
}
