//! Signing in with a second factor: tickets and codes, each once, also at once; and the limits of wrong codes.

use crate::authenticator::{code, wrong_code};
use crate::fixtures::{people, refused};
use crate::two_factor::{CLIENT, Mallory, forget_steps, login, mallory, send, session, ticket};
use chat::{Caller, Client, Error};
use futures_util::future::join_all;
use model::{ErrorCode, PasswordReset};
use sqlx::PgPool;

/// A client in a network of its own, from which nobody has signed in.
fn elsewhere(number: u8) -> Client {
    Client {
        address: Some([10, 0, number, 1].into()),
        ..Client::default()
    }
}

#[sqlx::test(migrations = "../../migrations")]
async fn a_password_gets_a_ticket_and_a_code_the_session(db: PgPool) {
    let people = people(db).await;
    let chat = &people.chat;
    let Mallory { secret, caller, .. } = mallory(chat).await;
    let waiting = ticket(chat, &CLIENT).await;
    // It is no credential by itself.
    let as_token = chat.authenticate(&waiting).await;
    refused(as_token, ErrorCode::Unauthenticated);
    let as_cookie = chat.authenticate_cookie(&waiting).await;
    refused(as_cookie, ErrorCode::Unauthenticated);
    refused(chat.refresh(&waiting).await, ErrorCode::Unauthenticated);
    let next = code(&secret, 1);
    for bad in ["", "nothing", "\0"] {
        let sent = send(chat, bad, &next, &CLIENT).await;
        refused(sent, ErrorCode::Unauthenticated);
    }
    let (wrong, far) = (wrong_code(&secret), code(&secret, 4));
    let bad = ["", "12345", wrong.as_str(), far.as_str(), "\0\0\0\0\0\0"];
    for (number, bad) in (1..).zip(bad) {
        let sent = send(chat, &waiting, bad, &elsewhere(number)).await;
        refused(sent, ErrorCode::Invalid);
    }
    let signed_in = send(chat, &waiting, &next, &CLIENT).await.unwrap();
    assert_eq!(signed_in.user().id, caller.user_id);
    session(chat, signed_in).await;
    // Neither the ticket nor the code is good again, nor a code of an earlier step.
    let again = send(chat, &waiting, &next, &CLIENT).await;
    refused(again, ErrorCode::Unauthenticated);
    let waiting = ticket(chat, &CLIENT).await;
    for used in [&next, &code(&secret, 0)] {
        let again = send(chat, &waiting, used, &CLIENT).await;
        refused(again, ErrorCode::Invalid);
    }
}

#[sqlx::test(migrations = "../../migrations")]
async fn a_recovery_code_signs_in_once(db: PgPool) {
    let people = people(db).await;
    let chat = &people.chat;
    let mallory = mallory(chat).await;
    let first = &mallory.recovery_codes[0];
    let waiting = ticket(chat, &CLIENT).await;
    send(chat, &waiting, first, &CLIENT).await.unwrap();
    let waiting = ticket(chat, &CLIENT).await;
    let again = send(chat, &waiting, first, &CLIENT).await;
    refused(again, ErrorCode::Invalid);
    let second = &mallory.recovery_codes[1];
    send(chat, &waiting, second, &CLIENT).await.unwrap();
    let state = chat.two_factor(&mallory.caller).await.unwrap();
    assert_eq!(state.recovery_codes_left, 8);
}

#[sqlx::test(migrations = "../../migrations")]
async fn of_many_who_use_one_code_at_once_one_gets_in(db: PgPool) {
    let people = people(db).await;
    let chat = &people.chat;
    let mallory = mallory(chat).await;
    let (of_app, recovery) = (code(&mallory.secret, 1), &mallory.recovery_codes[0]);
    for (round, code) in (0..).zip([of_app.as_str(), recovery]) {
        let mut tickets = Vec::new();
        for number in 0..4 {
            let client = elsewhere(round * 10 + number);
            tickets.push((ticket(chat, &client).await, client));
        }
        let sends = tickets
            .iter()
            .map(|(ticket, client)| send(chat, ticket, code, client));
        let sent = join_all(sends).await;
        let won = sent.iter().filter(|it| it.is_ok()).count();
        assert_eq!(won, 1, "{code}");
        for lost in sent.into_iter().filter(Result::is_err) {
            refused(lost, ErrorCode::Invalid);
        }
    }
    // One ticket, with as many good codes.
    let waiting = ticket(chat, &CLIENT).await;
    let codes = &mallory.recovery_codes[1..5];
    let sends = codes.iter().map(|code| send(chat, &waiting, code, &CLIENT));
    let sent = join_all(sends).await;
    assert_eq!(sent.iter().filter(|it| it.is_ok()).count(), 1);
    for lost in sent.into_iter().filter(Result::is_err) {
        refused(lost, ErrorCode::Unauthenticated);
    }
    let state = chat.two_factor(&mallory.caller).await.unwrap();
    assert_eq!(state.recovery_codes_left, 8, "the others were not used");
}

#[sqlx::test(migrations = "../../migrations")]
async fn a_ticket_ends_with_its_time(db: PgPool) {
    let people = people(db.clone()).await;
    let chat = &people.chat;
    let mallory = mallory(chat).await;
    let waiting = ticket(chat, &CLIENT).await;
    let left = "select extract(epoch from max(expires_at) - now())::float8 from sign_in_tickets";
    let seconds: f64 = sqlx::query_scalar(left).fetch_one(&db).await.unwrap();
    assert!(seconds > 290.0 && seconds <= 300.0, "{seconds}");
    let pass = "update sign_in_tickets set expires_at = now() - interval '1 s'";
    sqlx::query(pass).execute(&db).await.unwrap();
    let sent = send(chat, &waiting, &mallory.recovery_codes[0], &CLIENT).await;
    refused(sent, ErrorCode::Unauthenticated);
    // With the next password the old ones are removed.
    ticket(chat, &CLIENT).await;
    let count = "select count(*) from sign_in_tickets";
    let count: i64 = sqlx::query_scalar(count).fetch_one(&db).await.unwrap();
    assert_eq!(count, 1);
}

#[sqlx::test(migrations = "../../migrations")]
async fn another_password_by_a_link_asks_for_a_code(db: PgPool) {
    let people = people(db).await;
    let (chat, operator) = (&people.chat, &Caller::OPERATOR);
    let mallory = mallory(chat).await;
    let (own, id) = (&mallory.caller, mallory.caller.user_id);
    let earlier = ticket(chat, &CLIENT).await;
    let link = chat.create_password_reset(operator, id).await.unwrap();
    let choice = PasswordReset {
        token: link.token,
        password: "a tin roof in the rain".to_owned(),
    };
    let waiting = match chat.reset_password(choice, &CLIENT).await {
        Err(Error::TwoFactorRequired(ticket)) => ticket.secret().to_owned(),
        other => panic!("no ticket: {other:?}"),
    };
    refused(login(chat, &CLIENT).await, ErrorCode::Unauthenticated);
    let next = code(&mallory.secret, 1);
    let sent = send(chat, &earlier, &next, &CLIENT).await;
    refused(sent, ErrorCode::Unauthenticated);
    send(chat, &waiting, &next, &CLIENT).await.unwrap();
    let state = chat.two_factor(own).await.unwrap();
    assert!(state.enabled_at.is_some());
}

#[sqlx::test(migrations = "../../migrations")]
async fn blocking_ends_a_sign_in_that_waits_for_its_code(db: PgPool) {
    let people = people(db).await;
    let (chat, operator) = (&people.chat, &Caller::OPERATOR);
    let mallory = mallory(chat).await;
    let waiting = ticket(chat, &CLIENT).await;
    chat.block_user(operator, mallory.caller.user_id)
        .await
        .unwrap();
    let sent = send(chat, &waiting, &mallory.recovery_codes[0], &CLIENT).await;
    refused(sent, ErrorCode::Unauthenticated);
}

#[sqlx::test(migrations = "../../migrations")]
async fn five_wrong_codes_cost_time_and_no_session(db: PgPool) {
    let people = people(db.clone()).await;
    let chat = &people.chat;
    let mallory = mallory(chat).await;
    let wrong = wrong_code(&mallory.secret);
    let next = code(&mallory.secret, 1);
    // Right ones do not count, nor do tickets that are none.
    for _ in 0..6 {
        forget_steps(&db).await;
        let waiting = ticket(chat, &CLIENT).await;
        let sent = send(chat, "nothing", &wrong, &CLIENT).await;
        refused(sent, ErrorCode::Unauthenticated);
        let right = code(&mallory.secret, 0);
        send(chat, &waiting, &right, &CLIENT).await.unwrap();
    }
    forget_steps(&db).await;
    let waiting = ticket(chat, &CLIENT).await;
    for _ in 0..5 {
        let sent = send(chat, &waiting, &wrong, &CLIENT).await;
        refused(sent, ErrorCode::Invalid);
    }
    let sent = send(chat, &waiting, &next, &CLIENT).await;
    let wait = sent.as_ref().err().and_then(Error::retry_after);
    assert!(wait.is_some_and(|seconds| seconds > 800), "{sent:?}");
    // A new ticket does not help; a session that is open goes on.
    let other = ticket(chat, &CLIENT).await;
    let sent = send(chat, &other, &next, &CLIENT).await;
    refused(sent, ErrorCode::TooManyRequests);
    chat.account(&mallory.caller).await.unwrap();
    // Another network is not limited by it.
    send(chat, &other, &next, &elsewhere(1)).await.unwrap();
}

#[sqlx::test(migrations = "../../migrations")]
async fn wrong_codes_from_everywhere_lock_out_nobody_who_has_signed_in_before(db: PgPool) {
    let people = people(db).await;
    let chat = &people.chat;
    let mallory = mallory(chat).await;
    let wrong = wrong_code(&mallory.secret);
    for number in 0..20 {
        let client = elsewhere(number);
        let waiting = ticket(chat, &client).await;
        let sent = send(chat, &waiting, &wrong, &client).await;
        refused(sent, ErrorCode::Invalid);
    }
    let (next, far) = (code(&mallory.secret, 1), elsewhere(99));
    let waiting = ticket(chat, &far).await;
    let sent = send(chat, &waiting, &next, &far).await;
    let wait = sent.as_ref().err().and_then(Error::retry_after);
    assert!(wait.is_some_and(|seconds| seconds > 80_000), "{sent:?}");
    // A right password alone does not make a network known.
    let sent = send(chat, &waiting, &next, &elsewhere(0)).await;
    refused(sent, ErrorCode::TooManyRequests);
    // The owner's is, and so is the browser that has signed in before.
    send(chat, &waiting, &next, &CLIENT).await.unwrap();
    let who = {
        let waiting = ticket(chat, &CLIENT).await;
        let sent = send(chat, &waiting, &mallory.recovery_codes[0], &CLIENT).await;
        sent.unwrap()
    };
    let browser = Client {
        device: Some(chat.device_cookie(&who, &CLIENT).unwrap()),
        ..far
    };
    let waiting = ticket(chat, &browser).await;
    send(chat, &waiting, &mallory.recovery_codes[1], &browser)
        .await
        .unwrap();
}

/// Whoever had the password before there was a second factor may have any number of them.
#[sqlx::test(migrations = "../../migrations")]
async fn browsers_that_have_signed_in_before_guess_fifty_codes_a_day_together(db: PgPool) {
    let people = people(db).await;
    let chat = &people.chat;
    let mallory = mallory(chat).await;
    let wrong = wrong_code(&mallory.secret);
    let waiting = ticket(chat, &CLIENT).await;
    let who = send(chat, &waiting, &mallory.recovery_codes[0], &CLIENT);
    let who = who.await.unwrap();
    let browser = || Client {
        device: Some(chat.device_cookie(&who, &CLIENT).unwrap()),
        ..elsewhere(1)
    };
    for _ in 0..10 {
        let browser = browser();
        let waiting = ticket(chat, &browser).await;
        for _ in 0..5 {
            let sent = send(chat, &waiting, &wrong, &browser).await;
            refused(sent, ErrorCode::Invalid);
        }
    }
    let browser = browser();
    let waiting = ticket(chat, &browser).await;
    let sent = send(chat, &waiting, &wrong, &browser).await;
    refused(sent, ErrorCode::TooManyRequests);
}
