//! Usernames that somebody has taken on purpose, so that another user cannot be created.

use crate::app_fixtures::{SHOP, app, chat_with, shop, token};
use chat::{Caller, ExternalId, imports};
use serde_json::json;
use sqlx::PgPool;

const EVIL: &[u8] = b"a secret of the app that takes names";

/// Takes the username, and every one that could be computed from the id: those of earlier versions.
async fn take_usernames(db: &PgPool, app_id: i64, id: &str) {
    sqlx::query(
        "insert into users (username, name)
        select 'victim.one', 'x' union all
        select 'victim.one-' || substr(md5($1::bigint || chr(10) || $2 || n), 1, 8), 'x'
        from unnest(array['', '0', '1', '2', '3', '4', '5']) n union all
        select 'victim.one-' || substr(encode(sha256(convert_to($1 || chr(10) || $2, 'UTF8')), 'hex'), 1, 8),
            'x'
        on conflict do nothing",
    )
    .bind(app_id)
    .bind(id)
    .execute(db)
    .await
    .unwrap();
}

#[sqlx::test(migrations = "../../migrations")]
async fn nobody_is_locked_out_by_a_username(db: PgPool) {
    let chat = chat_with(db.clone(), vec![shop(), app("evil", EVIL)]);
    let evil = token(json!({ "sub": "1", "username": "victim.one" }), EVIL);
    chat.authenticate(&evil).await.unwrap();
    let app_id = chat.app_named("shop").await.unwrap().unwrap();
    for id in ["7", "8", "9", "10"] {
        take_usernames(&db, app_id.0, id).await;
    }
    let is_own = |username: &str| username.starts_with("victim.one-") && username.len() == 19;

    let by_token = token(json!({ "sub": "7", "username": "victim.one" }), SHOP);
    let caller = chat.authenticate(&by_token).await.unwrap();
    let user = chat.user(&caller, caller.user_id).await.unwrap();
    assert!(is_own(&user.username), "{}", user.username);

    let entries = [
        json!({ "id": "8", "username": "victim.one" }),
        json!({ "id": "11", "username": "another" }),
    ];
    let report = chat
        .update_app_users(&Caller::OPERATOR, "shop", &entries, false)
        .await
        .unwrap();
    assert_eq!((report.created, report.rejected.len()), (2, 0));

    let mut import = chat.begin_import("shop", false).await.unwrap();
    let row = imports::User {
        id: ExternalId::parse("9").unwrap(),
        name: None,
        username: Some("victim.one".to_owned()),
        email: None,
        avatar_url: None,
        role: None,
        created_at: None,
        last_seen_at: None,
        active: None,
    };
    assert_eq!(import.import_users(&[row]).await.unwrap().taken, 1);

    // Renaming oneself to a taken name.
    let plain = token(json!({ "sub": "10", "username": "plain", "iat": 1 }), SHOP);
    let caller = chat.authenticate(&plain).await.unwrap();
    let renamed = token(
        json!({ "sub": "10", "username": "victim.one", "iat": 2 }),
        SHOP,
    );
    chat.authenticate(&renamed).await.unwrap();
    let user = chat.user(&caller, caller.user_id).await.unwrap();
    assert!(is_own(&user.username), "{}", user.username);
}
