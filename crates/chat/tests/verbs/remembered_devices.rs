//! Devices in which a sign-in asks for no code for some days.

use crate::audit_actions::expect;
use crate::audit_bounds::OF_DEVICES;
use crate::authenticator::code;
use crate::fixtures::{people, people_with, refused, settings};
use crate::two_factor::{
    CLIENT, Mallory, PASSWORD, forget_steps, login, mallory, send, session, ticket,
};
use chat::{Authenticated, Caller, Chat, Client, Settings, TwoFactorRules};
use model::{EmailChange, ErrorCode, Login, PasswordChange, RememberedDeviceId, TwoFactorProof};
use sqlx::PgPool;

/// A sign-in with a code.
async fn with_code(db: &PgPool, chat: &Chat, mallory: &Mallory) -> Authenticated {
    forget_steps(db).await;
    let waiting = ticket(chat, &CLIENT).await;
    let code = code(&mallory.secret, 0);
    send(chat, &waiting, &code, &CLIENT).await.unwrap()
}

/// A client that is remembered.
async fn remembered(db: &PgPool, chat: &Chat, mallory: &Mallory) -> Client {
    let who = with_code(db, chat, mallory).await;
    let secret = chat.remember_device(&who, &CLIENT).await;
    Client {
        remembered: Some(secret.unwrap()),
        ..CLIENT.clone()
    }
}

#[sqlx::test(migrations = "../../migrations")]
async fn a_device_stands_in_for_the_code_and_for_nothing_else(db: PgPool) {
    let people = people(db.clone()).await;
    let chat = &people.chat;
    let mallory = mallory(chat).await;
    let device = remembered(&db, chat, &mallory).await;
    let who = login(chat, &device).await.unwrap();
    // No code was shown: nothing is remembered by it.
    assert_eq!(chat.remember_device(&who, &device).await, None);
    ticket(chat, &CLIENT).await;
    let wrong = Login {
        login: "mallory".to_owned(),
        password: "wrong horse".to_owned(),
    };
    refused(chat.login(wrong, &device).await, ErrorCode::Unauthenticated);
    let (caller, _) = session(chat, who).await;
    let email = EmailChange {
        email: "mallory@example.org".to_owned(),
        current_password: PASSWORD.to_owned(),
        code: String::new(),
    };
    let changed = chat.change_email(&caller, email, &device).await;
    refused(changed, ErrorCode::Invalid);

    // A browser keeps those of others, and takes no more than it can.
    let who = with_code(&db, chat, &mallory).await;
    let browser = chat.remember_browser(&who, &device).await.unwrap();
    assert!(
        browser
            .cookie
            .ends_with(device.remembered.as_deref().unwrap())
    );
    let browser = Client {
        remembered: Some(browser.cookie),
        ..CLIENT.clone()
    };
    login(chat, &browser).await.unwrap();
    let listed = chat.remembered_devices(&caller).await.unwrap();
    assert_eq!(listed.len(), 2);
    let outsider = chat.forget_device(&people.outsider, listed[0].id).await;
    refused(outsider, ErrorCode::NotFound);
    for device in &listed {
        chat.forget_device(&caller, device.id).await.unwrap();
    }
    let none = chat.forget_device(&caller, RememberedDeviceId(1)).await;
    refused(none, ErrorCode::NotFound);
    ticket(chat, &browser).await;
    expect(&db, OF_DEVICES).await;
    // Of the session above: a device stood in for its code.
    let code = sqlx::query_scalar(
        "select details ->> 'code' from audit_entries
        where session_id = $1 and action = 'session.started'",
    )
    .bind(caller.session_id.unwrap().0);
    let code: Option<String> = code.fetch_one(&db).await.unwrap();
    assert_eq!(code.as_deref(), Some("device"));
}

#[sqlx::test(migrations = "../../migrations")]
async fn a_device_is_forgotten_with_what_it_was_remembered_for(db: PgPool) {
    let people = people(db.clone()).await;
    let (chat, operator) = (&people.chat, &Caller::OPERATOR);
    let mallory = mallory(chat).await;
    let id = mallory.caller.user_id;

    let device = remembered(&db, chat, &mallory).await;
    chat.revoke_other_sessions(&mallory.caller).await.unwrap();
    ticket(chat, &device).await;

    let device = remembered(&db, chat, &mallory).await;
    let pass = "update remembered_devices set expires_at = now()";
    sqlx::query(pass).execute(&db).await.unwrap();
    ticket(chat, &device).await;

    let device = remembered(&db, chat, &mallory).await;
    let same = |new: &str| PasswordChange {
        current_password: PASSWORD.to_owned(),
        new_password: new.to_owned(),
        end_other_sessions: false,
    };
    chat.change_password(&mallory.caller, same(PASSWORD), &CLIENT)
        .await
        .unwrap();
    ticket(chat, &device).await;

    let device = remembered(&db, chat, &mallory).await;
    chat.block_user(operator, id).await.unwrap();
    chat.unblock_user(operator, id).await.unwrap();
    ticket(chat, &device).await;

    let device = remembered(&db, chat, &mallory).await;
    chat.end_user_sessions(operator, id).await.unwrap();
    ticket(chat, &device).await;

    let device = remembered(&db, chat, &mallory).await;
    let who = with_code(&db, chat, &mallory).await;
    let (caller, _) = session(chat, who).await;
    forget_steps(&db).await;
    let proof = TwoFactorProof {
        current_password: PASSWORD.to_owned(),
        code: code(&mallory.secret, 0),
    };
    chat.disable_two_factor(&caller, proof, &CLIENT)
        .await
        .unwrap();
    assert!(chat.remembered_devices(&caller).await.unwrap().is_empty());
    login(chat, &device).await.unwrap();
}

#[sqlx::test(migrations = "../../migrations")]
async fn none_is_remembered_where_the_operator_says_so(db: PgPool) {
    let settings = Settings {
        two_factor: TwoFactorRules {
            remember_days: 0,
            ..TwoFactorRules::default()
        },
        ..settings()
    };
    let people = people_with(db.clone(), settings).await;
    let chat = &people.chat;
    let mallory = mallory(chat).await;
    let who = with_code(&db, chat, &mallory).await;
    assert_eq!(chat.remembers_devices(), None);
    assert_eq!(chat.remember_device(&who, &CLIENT).await, None);
}
