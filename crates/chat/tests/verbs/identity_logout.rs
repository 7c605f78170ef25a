//! A provider ends sessions, by logout tokens that say what they must.

use crate::{
    fixtures::refused,
    identity_fixtures::{mary, sso, sso_with},
    provider::{Wrong, now},
};
use chat::{Caller, Delivery};
use model::{ErrorCode, PageRequest, SessionId};
use serde_json::{Value, json};
use sqlx::PgPool;

fn in_session(sid: &str) -> Value {
    let mut claims = mary();
    claims["sid"] = json!(sid);
    claims
}

async fn is_open(sso: &crate::identity_fixtures::Sso, caller: &Caller) -> bool {
    let page = PageRequest::default();
    let sessions = sso.chat().sessions(caller, &page).await.unwrap().items;
    sessions.iter().any(|it| Some(it.id) == caller.session_id)
}

#[sqlx::test(migrations = "../../migrations")]
async fn a_logout_ends_the_sessions_that_it_names_and_their_sockets(db: PgPool) {
    let sso = sso(db).await;
    let chat = sso.chat();
    let one = sso.sign_in(&in_session("s-1")).await;
    let other = sso.sign_in(&in_session("s-2")).await;
    let outsider = sso.sign_in(&json!({ "sub": "o", "sid": "s-9" })).await;
    let mut deliveries = chat.subscribe();
    let token = sso
        .provider
        .logout_token(&json!({ "sub": "m-1", "sid": "s-1" }));
    chat.end_sessions_of_provider("a", &token).await.unwrap();
    assert!(!is_open(&sso, &one).await && is_open(&sso, &other).await);
    let told = sso.people.drain(&mut deliveries).await;
    let is_end = |it: &Delivery| matches!(it, Delivery::DisconnectSession(SessionId(id)) if Some(SessionId(*id)) == one.session_id);
    assert!(told.iter().any(is_end), "{told:?}");
    // The same token again.
    let again = chat.end_sessions_of_provider("a", &token).await;
    refused(again, ErrorCode::Unauthenticated);
    // A session alone, and somebody altogether.
    let token = sso.provider.logout_token(&json!({ "sid": "s-2" }));
    chat.end_sessions_of_provider("a", &token).await.unwrap();
    assert!(!is_open(&sso, &other).await);
    let again = sso.sign_in(&in_session("s-3")).await;
    let token = sso.provider.logout_token(&json!({ "sub": "m-1" }));
    chat.end_sessions_of_provider("a", &token).await.unwrap();
    assert!(!is_open(&sso, &again).await && is_open(&sso, &outsider).await);
}

#[sqlx::test(migrations = "../../migrations")]
async fn what_is_no_logout_token_ends_nothing(db: PgPool) {
    let sso = sso(db).await;
    let chat = sso.chat();
    let caller = sso.sign_in(&in_session("s-1")).await;
    let event = "http://schemas.openid.net/event/backchannel-logout";
    for bad in [
        json!({}),
        json!({ "sub": "m-1", "iss": "https://other.example" }),
        json!({ "sub": "m-1", "aud": "another" }),
        json!({ "sub": "m-1", "iat": now() - 600 }),
        json!({ "sub": "m-1", "iat": null }),
        json!({ "sub": "m-1", "exp": now() - 300 }),
        json!({ "sub": "m-1", "jti": null }),
        json!({ "sub": "m-1", "events": null }),
        json!({ "sub": "m-1", "events": { "other": {} } }),
        json!({ "sub": "m-1", "events": { event: true } }),
        json!({ "sub": "m-1", "nonce": "n" }),
    ] {
        let token = sso.provider.logout_token(&bad);
        let ended = chat.end_sessions_of_provider("a", &token).await;
        assert!(ended.is_err(), "{bad}");
    }
    for wrong in [
        Wrong::Unsigned,
        Wrong::SignedWithPublicKey,
        Wrong::SignedWithOtherKey,
    ] {
        sso.provider.does(wrong);
        let token = sso.provider.logout_token(&json!({ "sub": "m-1" }));
        sso.provider.does(Wrong::Nothing);
        let ended = chat.end_sessions_of_provider("a", &token).await;
        refused(ended, ErrorCode::Unauthenticated);
    }
    refused(
        chat.end_sessions_of_provider("a", "x").await,
        ErrorCode::Unauthenticated,
    );
    refused(
        chat.end_sessions_of_provider("b", "x").await,
        ErrorCode::NotFound,
    );
    assert!(is_open(&sso, &caller).await);
}

#[sqlx::test(migrations = "../../migrations")]
async fn signing_out_leads_to_the_provider_where_that_is_set(db: PgPool) {
    let sso = sso_with(db, |mut config| {
        config.signs_out = true;
        config
    })
    .await;
    let chat = sso.chat();
    let caller = sso.sign_in(&mary()).await;
    let provider = chat.provider_to_sign_out_at(&caller).await.unwrap();
    assert_eq!(provider.as_deref(), Some("a"));
    let none = chat.provider_to_sign_out_at(&sso.people.ada).await.unwrap();
    assert_eq!(none, None);
    let address = chat.sign_out_address("a").await.unwrap();
    let expected = format!("{}/end-session?client_id=parlance&", sso.provider.issuer());
    assert!(address.starts_with(&expected), "{address}");
    assert!(address.ends_with("post_logout_redirect_uri=http%3A%2F%2F127.0.0.1%3A1%2Fsign-in"));
}
