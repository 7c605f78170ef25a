//! Sessions: how long they last, the rotation of refresh tokens, the list, and their end.

use crate::fixtures::{refused, settings};
use chat::{
    Authenticated, Caller, Chat, Client, Delivery, SessionTimings, Settings, Timings,
    events::Subscription,
};
use model::{ErrorCode, PageRequest, Register, SessionId};
use sqlx::PgPool;
use std::{collections::HashSet, time::Duration};

fn client() -> Client {
    Client {
        address: Some([127, 0, 0, 1].into()),
        user_agent: Some("test".to_owned()),
        ..Client::default()
    }
}

fn newcomer(username: &str) -> Register {
    Register {
        username: username.to_owned(),
        password: "correct horse".to_owned(),
        name: None,
        email: None,
    }
}

async fn ada(chat: &Chat) -> Authenticated {
    chat.register(newcomer("ada"), &client()).await.unwrap()
}

fn chat_with(db: &PgPool, sessions: SessionTimings) -> Chat {
    let timings = Timings {
        sessions,
        ..Timings::default()
    };
    Chat::new(
        db.clone(),
        Settings {
            timings,
            ..settings()
        },
    )
}

/// Lets this many days pass for all sessions.
async fn pass_days(db: &PgPool, days: i32) {
    sqlx::query(
        "update sessions set created_at = created_at - make_interval(days => $1),
            last_used_at = last_used_at - make_interval(days => $1),
            expires_at = expires_at - make_interval(days => $1)",
    )
    .bind(days)
    .execute(db)
    .await
    .unwrap();
}

/// Lets this many seconds pass for all refresh tokens that were used.
async fn pass_seconds(db: &PgPool, seconds: i32) {
    sqlx::query("update refresh_tokens set used_at = used_at - make_interval(secs => $1)")
        .bind(f64::from(seconds))
        .execute(db)
        .await
        .unwrap();
}

async fn end_of(subscription: &mut Subscription) -> SessionId {
    match &*subscription.next().await.unwrap().unwrap() {
        Delivery::DisconnectSession(id) => *id,
        other => panic!("{other:?}"),
    }
}

#[sqlx::test(migrations = "../../migrations")]
async fn a_session_lasts_as_long_as_it_is_used(db: PgPool) {
    let chat = Chat::new(db.clone(), settings());
    let ada = ada(&chat).await;
    let used = chat.issue_cookie(&ada, &client()).await.unwrap();
    let unused = chat.issue_cookie(&ada, &client()).await.unwrap();
    let mut tokens = chat.issue_tokens(ada, &client()).await.unwrap();
    // Four times 50 days are more than three times the idle timeout.
    for _ in 0..4 {
        pass_days(&db, 50).await;
        chat.authenticate_cookie(&used.secret).await.unwrap();
        tokens = chat.refresh(&tokens.refresh_token).await.unwrap();
    }
    refused(
        chat.authenticate_cookie(&unused.secret).await,
        ErrorCode::Unauthenticated,
    );
    pass_days(&db, 61).await;
    for secret in [&used.secret, &unused.secret] {
        refused(
            chat.authenticate_cookie(secret).await,
            ErrorCode::Unauthenticated,
        );
    }
    refused(
        chat.refresh(&tokens.refresh_token).await,
        ErrorCode::Unauthenticated,
    );
    refused(
        chat.authenticate(&tokens.access_token).await,
        ErrorCode::Unauthenticated,
    );
}

#[sqlx::test(migrations = "../../migrations")]
async fn a_greatest_age_ends_a_session_that_is_used(db: PgPool) {
    let sessions = SessionTimings {
        max_age: Some(Duration::from_hours(70 * 24)),
        ..SessionTimings::default()
    };
    let chat = chat_with(&db, sessions);
    let ada = ada(&chat).await;
    let cookie = chat.issue_cookie(&ada, &client()).await.unwrap();
    let mut tokens = chat.issue_tokens(ada, &client()).await.unwrap();
    pass_days(&db, 35).await;
    let (_, renewed) = chat.renew_cookie(&cookie.secret).await.unwrap();
    let left = renewed.expires_at - time::OffsetDateTime::now_utc();
    assert_eq!(left.whole_days(), 34, "the cookie ends with the session");
    tokens = chat.refresh(&tokens.refresh_token).await.unwrap();
    pass_days(&db, 36).await;
    refused(
        chat.authenticate_cookie(&cookie.secret).await,
        ErrorCode::Unauthenticated,
    );
    refused(
        chat.refresh(&tokens.refresh_token).await,
        ErrorCode::Unauthenticated,
    );
}

#[sqlx::test(migrations = "../../migrations")]
async fn the_reuse_of_a_refresh_token_after_the_grace_ends_the_session(db: PgPool) {
    let chat = Chat::new(db.clone(), settings());
    let ada = ada(&chat).await;
    let other = chat.issue_tokens(ada.clone(), &client()).await.unwrap();
    let first = chat.issue_tokens(ada, &client()).await.unwrap();
    let mut subscription = chat.subscribe();

    let second = chat.refresh(&first.refresh_token).await.unwrap();
    let caller = chat.authenticate(&second.access_token).await.unwrap();
    assert_ne!(first.refresh_token, second.refresh_token);

    pass_seconds(&db, 61).await;
    refused(
        chat.refresh(&first.refresh_token).await,
        ErrorCode::Unauthenticated,
    );
    refused(
        chat.refresh(&second.refresh_token).await,
        ErrorCode::Unauthenticated,
    );
    refused(
        chat.authenticate(&second.access_token).await,
        ErrorCode::Unauthenticated,
    );
    assert_eq!(Some(end_of(&mut subscription).await), caller.session_id);

    // Her other session is not affected.
    chat.authenticate(&other.access_token).await.unwrap();
    chat.refresh(&other.refresh_token).await.unwrap();
    refused(chat.refresh("nonsense").await, ErrorCode::Unauthenticated);
}

#[sqlx::test(migrations = "../../migrations")]
async fn refreshes_at_once_and_after_a_lost_answer_get_the_same_successor(db: PgPool) {
    let chat = Chat::new(db.clone(), settings());
    let ada = ada(&chat).await;
    let tokens = chat.issue_tokens(ada, &client()).await.unwrap();
    let refreshed = tokio::join!(
        chat.refresh(&tokens.refresh_token),
        chat.refresh(&tokens.refresh_token),
        chat.refresh(&tokens.refresh_token)
    );
    let (one, other) = (refreshed.0.unwrap(), refreshed.1.unwrap());
    assert_eq!(one.refresh_token, other.refresh_token);
    assert_eq!(one.refresh_token, refreshed.2.unwrap().refresh_token);
    pass_seconds(&db, 55).await;
    let again = chat.refresh(&tokens.refresh_token).await.unwrap();
    assert_eq!(again.refresh_token, one.refresh_token);
    for tokens in [&one, &other, &again] {
        chat.authenticate(&tokens.access_token).await.unwrap();
    }
    let next = chat.refresh(&again.refresh_token).await.unwrap();
    chat.authenticate(&next.access_token).await.unwrap();
    assert_ne!(next.refresh_token, again.refresh_token);
}

#[sqlx::test(migrations = "../../migrations")]
async fn the_grace_ends_with_the_use_of_the_successor(db: PgPool) {
    let chat = Chat::new(db, settings());
    let ada = ada(&chat).await;
    let first = chat.issue_tokens(ada, &client()).await.unwrap();
    let second = chat.refresh(&first.refresh_token).await.unwrap();
    let third = chat.refresh(&second.refresh_token).await.unwrap();
    refused(
        chat.refresh(&first.refresh_token).await,
        ErrorCode::Unauthenticated,
    );
    refused(
        chat.authenticate(&third.access_token).await,
        ErrorCode::Unauthenticated,
    );
    refused(
        chat.refresh(&third.refresh_token).await,
        ErrorCode::Unauthenticated,
    );
}

/// Opens sessions of programs by SQL, as signing in takes a while.
async fn insert_sessions(db: &PgPool, caller: &Caller, count: i32) {
    sqlx::query(
        "insert into sessions (user_id, expires_at, last_used_at)
        select $1, now() + interval '1 day', now() - make_interval(secs => n)
        from generate_series(1, $2) n",
    )
    .bind(caller.user_id.0)
    .bind(count)
    .execute(db)
    .await
    .unwrap();
}

async fn count_alive(db: &PgPool) -> i64 {
    sqlx::query_scalar("select count(*) from sessions where revoked_at is null")
        .fetch_one(db)
        .await
        .unwrap()
}

#[sqlx::test(migrations = "../../migrations")]
async fn every_session_is_on_a_page_and_all_others_end_at_once(db: PgPool) {
    let chat = Chat::new(db.clone(), settings());
    let ada = ada(&chat).await;
    let grace = chat.register(newcomer("grace"), &client()).await.unwrap();
    let of_grace = chat.issue_tokens(grace, &client()).await.unwrap();
    let tokens = chat.issue_tokens(ada, &client()).await.unwrap();
    let caller = chat.authenticate(&tokens.access_token).await.unwrap();
    insert_sessions(&db, &caller, 249).await;

    let mut listed = HashSet::new();
    let mut page = PageRequest {
        cursor: None,
        limit: Some(100),
    };
    loop {
        let sessions = chat.sessions(&caller, &page).await.unwrap();
        listed.extend(sessions.items.iter().map(|it| it.id));
        page.cursor = sessions.next_cursor;
        if page.cursor.is_none() {
            break;
        }
    }
    assert_eq!(listed.len(), 250);
    let wrong = PageRequest {
        cursor: Some("x".to_owned()),
        limit: None,
    };
    refused(chat.sessions(&caller, &wrong).await, ErrorCode::Invalid);

    let mut subscription = chat.subscribe();
    chat.revoke_other_sessions(&caller).await.unwrap();
    let mut ended = HashSet::new();
    for _ in 0..249 {
        ended.insert(end_of(&mut subscription).await);
    }
    listed.remove(&caller.session_id.unwrap());
    assert_eq!(ended, listed);
    assert_eq!(count_alive(&db).await, 2, "hers, and that of grace");
    chat.authenticate(&tokens.access_token).await.unwrap();
    chat.authenticate(&of_grace.access_token).await.unwrap();
    let elsewhere = Caller {
        session_id: None,
        ..caller
    };
    refused(
        chat.revoke_other_sessions(&elsewhere).await,
        ErrorCode::Conflict,
    );
}

#[sqlx::test(migrations = "../../migrations")]
async fn one_session_too_many_ends_the_one_that_was_not_used_for_longest(db: PgPool) {
    let chat = Chat::new(db.clone(), settings());
    let ada = ada(&chat).await;
    let tokens = chat.issue_tokens(ada.clone(), &client()).await.unwrap();
    let caller = chat.authenticate(&tokens.access_token).await.unwrap();
    insert_sessions(&db, &caller, 999).await;
    let oldest: i64 = sqlx::query_scalar("select id from sessions order by last_used_at limit 1")
        .fetch_one(&db)
        .await
        .unwrap();
    let mut subscription = chat.subscribe();
    chat.issue_cookie(&ada, &client()).await.unwrap();
    assert_eq!(end_of(&mut subscription).await, SessionId(oldest));
    assert_eq!(count_alive(&db).await, 1000);
    chat.authenticate(&tokens.access_token).await.unwrap();
}

#[sqlx::test(migrations = "../../migrations")]
async fn sessions_are_listed_and_revoked_by_their_user_only(db: PgPool) {
    let chat = Chat::new(db, settings());
    let ada = chat.register(newcomer("ada"), &client()).await.unwrap();
    let grace = chat.register(newcomer("grace"), &client()).await.unwrap();
    let tokens = chat.issue_tokens(ada.clone(), &client()).await.unwrap();
    let cookie = chat.issue_cookie(&ada, &client()).await.unwrap();
    let here = chat.authenticate(&tokens.access_token).await.unwrap();
    let browser = chat.authenticate_cookie(&cookie.secret).await.unwrap();
    let grace = chat.issue_tokens(grace, &client()).await.unwrap();
    let grace = chat.authenticate(&grace.access_token).await.unwrap();

    let sessions = chat.sessions(&here, &PageRequest::default()).await.unwrap();
    let sessions = sessions.items;
    assert_eq!(sessions.len(), 2);
    assert_eq!(sessions.iter().filter(|it| it.current).count(), 1);
    assert_eq!(sessions[0].user_agent.as_deref(), Some("test"));

    let id = browser.session_id.unwrap();
    refused(chat.revoke_session(&grace, id).await, ErrorCode::NotFound);
    chat.authenticate_cookie(&cookie.secret).await.unwrap();
    chat.revoke_session(&here, id).await.unwrap();
    refused(
        chat.authenticate_cookie(&cookie.secret).await,
        ErrorCode::Unauthenticated,
    );
    refused(chat.revoke_session(&here, id).await, ErrorCode::NotFound);

    chat.logout(&here).await.unwrap();
    refused(
        chat.authenticate(&tokens.access_token).await,
        ErrorCode::Unauthenticated,
    );
    refused(
        chat.refresh(&tokens.refresh_token).await,
        ErrorCode::Unauthenticated,
    );
}
