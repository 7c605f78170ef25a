//! Access tokens: our own, and those of an external issuer that has our keys.

use crate::fixtures::{SECRET, people, refused, settings};
use chat::{Chat, Client, Error, Keys, Settings, SubjectOrigin, auth_error};
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use model::{ErrorCode, Register, UserId};
use serde_json::{Value, json};
use sqlx::PgPool;
use time::OffsetDateTime;

fn in_seconds(seconds: i64) -> i64 {
    OffsetDateTime::now_utc().unix_timestamp() + seconds
}

fn signed(claims: &Value, secret: &[u8]) -> String {
    encode(
        &Header::new(Algorithm::HS256),
        claims,
        &EncodingKey::from_secret(secret),
    )
    .unwrap()
}

fn chat_with_external_issuer(db: PgPool) -> Chat {
    let keys = Keys::new(SECRET, None, SubjectOrigin::External).unwrap();
    Chat::new(db, Settings { keys, ..settings() })
}

#[sqlx::test(migrations = "../../migrations")]
async fn tokens_signed_elsewhere_have_our_ids(db: PgPool) {
    let people = people(db).await;
    let id = people.ada.user_id;
    for claim in ["sub", "userId", "id"] {
        for value in [json!(id.0), json!(id.to_string())] {
            let token = signed(&json!({ claim: value, "exp": in_seconds(60) }), SECRET);
            assert_eq!(people.chat.authenticate(&token).await.unwrap().user_id, id);
        }
    }
    let unknown = signed(&json!({ "sub": "999999", "exp": in_seconds(60) }), SECRET);
    refused(
        people.chat.authenticate(&unknown).await,
        ErrorCode::Unauthenticated,
    );
}

#[sqlx::test(migrations = "../../migrations")]
async fn errors_name_the_reason_and_the_subject_is_that_of_the_token(db: PgPool) {
    let people = people(db.clone()).await;
    let id = people.ada.user_id;
    let good = json!({ "id": id.0, "type": "access", "exp": in_seconds(60) });
    let authentication = people
        .chat
        .authenticate_token(None, &signed(&good, SECRET))
        .await
        .unwrap();
    let subject = authentication.subject;
    assert_eq!(
        (authentication.caller.user_id, subject),
        (id, id.to_string())
    );
    assert_eq!(authentication.expires_at, good["exp"].as_i64());
    let elsewhere = json!({ "iss": "shop", "sub": "customer-7", "exp": in_seconds(60) });
    let authentication = chat_with_external_issuer(db)
        .authenticate_token(Some("direct"), &signed(&elsewhere, SECRET))
        .await
        .unwrap();
    assert_eq!(authentication.subject, "customer-7");

    for (claims, why) in [
        (json!({ "sub": "999999" }), auth_error::UNKNOWN_USER),
        (
            json!({ "id": id.0, "type": "refresh" }),
            auth_error::WRONG_TOKEN_TYPE,
        ),
        (
            json!({ "id": id.0, "type": 1 }),
            auth_error::WRONG_TOKEN_TYPE,
        ),
        (json!({ "type": "access" }), auth_error::BAD_TOKEN),
        (json!({ "sub": "ada" }), auth_error::BAD_TOKEN),
    ] {
        let mut claims = claims;
        claims["exp"] = in_seconds(60).into();
        match people.chat.authenticate(&signed(&claims, SECRET)).await {
            Err(Error::Unauthenticated(said)) => assert_eq!(said, why, "{claims}"),
            other => panic!("{claims}: {other:?}"),
        }
    }
}

#[sqlx::test(migrations = "../../migrations")]
async fn bad_tokens_are_refused(db: PgPool) {
    let people = people(db).await;
    let id = people.ada.user_id.to_string();
    let good = signed(&json!({ "sub": id, "exp": in_seconds(60) }), SECRET);
    people.chat.authenticate(&good).await.unwrap();
    let (summary, rest) = good.split_once('.').unwrap();
    let none = "eyJhbGciOiJub25lIiwidHlwIjoiSldUIn0"; // {"alg":"none","typ":"JWT"}
    let (payload, _) = rest.split_once('.').unwrap();
    for bad in [
        String::new(),
        "nonsense".to_owned(),
        "a.b.c".to_owned(),
        format!("{good}x"),
        format!("{summary}.{payload}."),
        format!("{none}.{payload}."),
        signed(&json!({ "sub": id, "exp": in_seconds(-1) }), SECRET),
        signed(&json!({ "sub": id }), SECRET),
        signed(
            &json!({ "sub": id, "exp": in_seconds(60) }),
            b"another secret",
        ),
        signed(
            &json!({ "sub": id, "exp": in_seconds(60), "nbf": in_seconds(70) }),
            SECRET,
        ),
        signed(
            &json!({ "sub": id, "exp": in_seconds(60), "type": "refresh" }),
            SECRET,
        ),
        signed(&json!({ "sub": "ada", "exp": in_seconds(60) }), SECRET),
        signed(&json!({ "sub": null, "exp": in_seconds(60) }), SECRET),
        signed(&json!({ "exp": in_seconds(60) }), SECRET),
        // A session that does not exist.
        signed(
            &json!({ "iss": "parlance", "sub": id, "sid": "1", "exp": in_seconds(60) }),
            SECRET,
        ),
    ] {
        refused(
            people.chat.authenticate(&bad).await,
            ErrorCode::Unauthenticated,
        );
    }
}

#[sqlx::test(migrations = "../../migrations")]
async fn an_external_user_is_created_with_the_first_token_and_never_shares_an_id(db: PgPool) {
    let chat = chat_with_external_issuer(db.clone());
    let ours = Register {
        username: "ada".to_owned(),
        password: "correct horse".to_owned(),
        name: None,
        email: Some("ada@example.org".to_owned()),
    };
    let ours = chat
        .register(ours, &Client::default())
        .await
        .unwrap()
        .user()
        .id;
    let claims = json!({
        "iss": "shop", "sub": ours.to_string(), "exp": in_seconds(60),
        "username": "ada", "name": "Ada Elsewhere", "email": "Ada@example.org",
        "avatar": "https://example.org/ada.png",
    });
    let token = signed(&claims, SECRET);
    // Ten concurrent first requests create one user.
    let mut tasks = tokio::task::JoinSet::new();
    for _ in 0..10 {
        let (chat, token) = (chat.clone(), token.clone());
        tasks.spawn(async move { chat.authenticate(&token).await.unwrap().user_id });
    }
    let ids: std::collections::BTreeSet<UserId> = tasks.join_all().await.into_iter().collect();
    assert_eq!(ids.len(), 1);
    let id = *ids.first().unwrap();
    assert_ne!(id, ours);
    let caller = chat.authenticate(&token).await.unwrap();
    let account = chat.account(&caller).await.unwrap();
    assert_eq!(account.user.name, "Ada Elsewhere");
    assert!(
        account.user.username.starts_with("ada-"),
        "{}",
        account.user.username
    );
    assert_eq!(
        account.email, None,
        "an address is no proof of being its owner"
    );
    assert_eq!(
        account.user.avatar_url.as_deref(),
        Some("https://example.org/ada.png")
    );

    let elsewhere = json!({ "iss": "forum", "sub": ours.to_string(), "exp": in_seconds(60) });
    let other = chat
        .authenticate(&signed(&elsewhere, SECRET))
        .await
        .unwrap()
        .user_id;
    assert!(other != id && other != ours);
}

#[sqlx::test(migrations = "../../migrations")]
async fn our_own_tokens_work_beside_external_ones(db: PgPool) {
    let chat = chat_with_external_issuer(db);
    let ada = Register {
        username: "ada".to_owned(),
        password: "correct horse".to_owned(),
        name: None,
        email: None,
    };
    let ada = chat.register(ada, &Client::default()).await.unwrap();
    let id = ada.user().id;
    let tokens = chat.issue_tokens(ada, &Client::default()).await.unwrap();
    assert_eq!(
        chat.authenticate(&tokens.access_token)
            .await
            .unwrap()
            .user_id,
        id
    );
    refused(
        chat.authenticate(&tokens.refresh_token).await,
        ErrorCode::Unauthenticated,
    );
}

#[test]
fn two_keys_that_are_no_pair_are_refused() {
    let private: &[u8] = include_bytes!("private.pem");
    let short: &[u8] = include_bytes!("keys/short_rsa.pem");
    for (private, public) in [
        (
            private,
            include_bytes!("keys/other_rsa.public.pem").as_slice(),
        ),
        (short, include_bytes!("keys/short_rsa.public.pem")),
    ] {
        let pair = chat::Rs256 {
            private_pem: private.to_vec(),
            public_pem: public.to_vec(),
        };
        let refused = Keys::new(SECRET, Some(&pair), SubjectOrigin::Local).unwrap_err();
        let refused = std::error::Error::source(&refused).unwrap().to_string();
        assert!(refused.contains("not of one pair"), "{refused}");
    }
}

#[sqlx::test(migrations = "../../migrations")]
async fn each_key_verifies_its_own_algorithm_only(db: PgPool) {
    let rs256 = chat::Rs256 {
        private_pem: include_bytes!("private.pem").to_vec(),
        public_pem: include_bytes!("public.pem").to_vec(),
    };
    let keys = Keys::new(SECRET, Some(&rs256), SubjectOrigin::Local).unwrap();
    let chat = Chat::new(db.clone(), Settings { keys, ..settings() });
    let people = people(db).await;
    let claims = json!({ "sub": people.ada.user_id.to_string(), "exp": in_seconds(60) });
    let private = EncodingKey::from_rsa_pem(&rs256.private_pem).unwrap();
    let good = encode(&Header::new(Algorithm::RS256), &claims, &private).unwrap();
    chat.authenticate(&good).await.unwrap();
    chat.authenticate(&signed(&claims, SECRET)).await.unwrap();
    // Algorithm confusion: a token signed with the public key as an HMAC secret is refused.
    let confused = signed(&claims, &rs256.public_pem);
    refused(
        chat.authenticate(&confused).await,
        ErrorCode::Unauthenticated,
    );
    // Without a key pair, RS256 tokens are refused.
    refused(
        people.chat.authenticate(&good).await,
        ErrorCode::Unauthenticated,
    );
}
