//! The second factor: turned on, changed, turned off, and taken away by others.

use crate::authenticator::{code, wrong_code};
use crate::fixtures::{SECRET, people, refused, settings};
use chat::{Authenticated, Caller, Chat, Client, Delivery, Error, Keys, Settings, SubjectOrigin};
use model::{
    ErrorCode, Login, NewTwoFactor, PageRequest, PasswordChange, Register, SignedIn, TwoFactorCode,
    TwoFactorLogin, TwoFactorProof, TwoFactorSetup, UserRole,
};
use sqlx::{AssertSqlSafe, PgPool};
use std::net::{IpAddr, Ipv4Addr};

pub const PASSWORD: &str = "correct horse";

pub static CLIENT: Client = Client {
    address: Some(IpAddr::V4(Ipv4Addr::LOCALHOST)),
    user_agent: None,
    door: None,
    device: None,
    remembered: None,
};

/// Mallory, who has a second factor.
pub struct Mallory {
    pub caller: Caller,
    /// In base32.
    pub secret: String,
    pub recovery_codes: Vec<String>,
}

pub async fn register(chat: &Chat) -> Authenticated {
    let new = Register {
        username: "mallory".to_owned(),
        password: PASSWORD.to_owned(),
        name: None,
        email: None,
    };
    chat.register(new, &CLIENT).await.unwrap()
}

pub async fn login(chat: &Chat, client: &Client) -> chat::Result<Authenticated> {
    let login = Login {
        login: "mallory".to_owned(),
        password: PASSWORD.to_owned(),
    };
    chat.login(login, client).await
}

/// The ticket that a right password gets.
pub async fn ticket(chat: &Chat, client: &Client) -> String {
    match login(chat, client).await {
        Err(Error::TwoFactorRequired(ticket)) => ticket.secret().to_owned(),
        other => panic!("no ticket: {other:?}"),
    }
}

pub async fn send(
    chat: &Chat,
    ticket: &str,
    code: &str,
    client: &Client,
) -> chat::Result<Authenticated> {
    let login = TwoFactorLogin {
        ticket: ticket.to_owned(),
        code: code.to_owned(),
    };
    chat.sign_in_with_code(&login, client).await
}

pub async fn session(chat: &Chat, who: Authenticated) -> (Caller, SignedIn) {
    let tokens = chat.issue_tokens(who, &CLIENT).await.unwrap();
    let caller = chat.authenticate(&tokens.access_token).await.unwrap();
    (caller, tokens)
}

pub async fn begin(chat: &Chat, caller: &Caller, password: &str) -> chat::Result<TwoFactorSetup> {
    let new = NewTwoFactor {
        current_password: password.to_owned(),
    };
    chat.begin_two_factor(caller, new, &CLIENT).await
}

pub fn typed(code: impl Into<String>) -> TwoFactorCode {
    TwoFactorCode { code: code.into() }
}

pub fn proof(password: &str, code: &str) -> TwoFactorProof {
    TwoFactorProof {
        current_password: password.to_owned(),
        code: code.to_owned(),
    }
}

/// Other sessions stay.
async fn change_password(chat: &Chat, caller: &Caller) {
    let change = PasswordChange {
        current_password: PASSWORD.to_owned(),
        new_password: "a tin roof in the rain".to_owned(),
        end_other_sessions: false,
    };
    chat.change_password(caller, change, &CLIENT).await.unwrap();
}

pub async fn mallory(chat: &Chat) -> Mallory {
    let (caller, _) = session(chat, register(chat).await).await;
    let setup = begin(chat, &caller, PASSWORD).await.unwrap();
    let codes = chat
        .enable_two_factor(&caller, &typed(code(&setup.secret, 0)))
        .await
        .unwrap();
    Mallory {
        caller,
        secret: setup.secret,
        recovery_codes: codes.recovery_codes,
    }
}

/// Lets the codes of now be used once more.
pub async fn forget_steps(db: &PgPool) {
    let sql = "update two_factors set last_step = 0";
    sqlx::query(sql).execute(db).await.unwrap();
}

async fn count(db: &PgPool, table: &str) -> i64 {
    let sql = format!("select count(*) from {table}");
    let count = sqlx::query_scalar(AssertSqlSafe(sql));
    count.fetch_one(db).await.unwrap()
}

#[sqlx::test(migrations = "../../migrations")]
async fn it_is_turned_on_with_the_password_and_a_code(db: PgPool) {
    let people = people(db.clone()).await;
    let chat = &people.chat;
    let (own, _) = session(chat, register(chat).await).await;
    let (other, tokens) = session(chat, login(chat, &CLIENT).await.unwrap()).await;
    let under_way = login(chat, &CLIENT).await.unwrap();

    refused(begin(chat, &own, "wrong horse").await, ErrorCode::Invalid);
    // Users of apps have no password.
    let without = begin(chat, &people.outsider, PASSWORD).await;
    refused(without, ErrorCode::Conflict);
    let early = chat.enable_two_factor(&own, &typed("123456")).await;
    refused(early, ErrorCode::Conflict);

    let setup = begin(chat, &own, PASSWORD).await.unwrap();
    assert!(
        setup.uri.starts_with("otpauth://totp/Parlance:mallory?")
            && setup.uri.contains(&setup.secret),
        "{}",
        setup.uri
    );
    assert_eq!(setup.secret.len(), 32);
    let shown = chat.two_factor_setup(&own).await.unwrap().unwrap();
    assert_eq!(shown.secret, setup.secret);
    // Another session, and somebody else, see nothing of it.
    for caller in [&other, &people.outsider] {
        assert!(chat.two_factor_setup(caller).await.unwrap().is_none());
        let right = typed(code(&setup.secret, 0));
        let enabled = chat.enable_two_factor(caller, &right).await;
        refused(enabled, ErrorCode::Conflict);
    }
    let wrong = typed(wrong_code(&setup.secret));
    refused(
        chat.enable_two_factor(&own, &wrong).await,
        ErrorCode::Invalid,
    );
    assert_eq!(chat.two_factor(&own).await.unwrap().enabled_at, None);
    login(chat, &CLIENT).await.unwrap();

    let mut subscription = chat.subscribe();
    let code = code(&setup.secret, 0);
    let spaced = typed(format!(" {} {}", &code[..3], &code[3..]));
    let codes = chat.enable_two_factor(&own, &spaced).await.unwrap();
    let mut different = codes.recovery_codes.clone();
    different.sort();
    different.dedup();
    assert_eq!(different.len(), 10);
    assert!(
        different.iter().all(|code| code.len() == 19),
        "{different:?}"
    );
    let state = chat.two_factor(&own).await.unwrap();
    assert!(state.enabled_at.is_some() && state.recovery_codes_left == 10);
    refused(begin(chat, &own, PASSWORD).await, ErrorCode::Conflict);

    // Whoever is signed in without a code is signed out, and whoever was about to be is not.
    let ended = Delivery::DisconnectSession(other.session_id.unwrap());
    assert_eq!(people.drain(&mut subscription).await, [ended]);
    let refreshed = chat.refresh(&tokens.refresh_token).await;
    refused(refreshed, ErrorCode::Unauthenticated);
    let authenticated = chat.authenticate(&tokens.access_token).await;
    refused(authenticated, ErrorCode::Unauthenticated);
    let opened = chat.issue_cookie(&under_way, &CLIENT).await.map(drop);
    refused(opened, ErrorCode::Unauthenticated);
    assert_eq!(
        chat.sessions(&own, &PageRequest::default())
            .await
            .unwrap()
            .items
            .len(),
        1
    );
}

#[sqlx::test(migrations = "../../migrations")]
async fn the_database_has_neither_secret_nor_codes(db: PgPool) {
    let people = people(db.clone()).await;
    let mallory = mallory(&people.chat).await;
    let tables = "select jsonb_build_array(
        (select jsonb_agg(to_jsonb(f)) from two_factors f),
        (select jsonb_agg(to_jsonb(c)) from recovery_codes c))::text";
    let text: String = sqlx::query_scalar(tables).fetch_one(&db).await.unwrap();
    let secret = data_encoding::BASE32_NOPAD
        .decode(mallory.secret.as_bytes())
        .unwrap();
    assert!(!text.contains(&data_encoding::HEXLOWER.encode(&secret)));
    for code in &mallory.recovery_codes {
        let code = code.replace('-', "");
        assert!(!text.contains(&code));
        assert!(!text.contains(&data_encoding::HEXLOWER.encode(code.as_bytes())));
    }
}

#[sqlx::test(migrations = "../../migrations")]
async fn it_is_turned_off_with_the_password_and_a_code(db: PgPool) {
    let people = people(db.clone()).await;
    let chat = &people.chat;
    let mallory = mallory(chat).await;
    let wrong = wrong_code(&mallory.secret);
    let own = &mallory.caller;
    let off = async |caller: &Caller, password: &str, code: &str| {
        chat.disable_two_factor(caller, proof(password, code), &CLIENT)
            .await
    };
    let next = code(&mallory.secret, 1);
    refused(off(own, "wrong horse", &next).await, ErrorCode::Invalid);
    refused(off(own, PASSWORD, &wrong).await, ErrorCode::Invalid);
    refused(
        off(&people.outsider, PASSWORD, &next).await,
        ErrorCode::Conflict,
    );
    assert!(chat.two_factor(own).await.unwrap().enabled_at.is_some());
    let waiting = ticket(chat, &CLIENT).await;
    // A code that was refused with a wrong password was not used.
    off(own, PASSWORD, &next).await.unwrap();
    assert_eq!(chat.two_factor(own).await.unwrap().enabled_at, None);
    for table in ["two_factors", "recovery_codes", "sign_in_tickets"] {
        assert_eq!(count(&db, table).await, 0, "{table}");
    }
    refused(off(own, PASSWORD, &next).await, ErrorCode::Conflict);
    let sent = send(chat, &waiting, &mallory.recovery_codes[0], &CLIENT).await;
    refused(sent, ErrorCode::Unauthenticated);
    login(chat, &CLIENT).await.unwrap();
    begin(chat, own, PASSWORD).await.unwrap();
}

#[sqlx::test(migrations = "../../migrations")]
async fn new_recovery_codes_take_the_place_of_the_old_ones(db: PgPool) {
    let people = people(db.clone()).await;
    let chat = &people.chat;
    let Mallory {
        caller,
        recovery_codes: old,
        ..
    } = mallory(chat).await;
    let wrong = proof("wrong horse", &old[0]);
    let refusal = chat.renew_recovery_codes(&caller, wrong, &CLIENT).await;
    refused(refusal, ErrorCode::Invalid);
    let outsider = chat.renew_recovery_codes(&people.outsider, proof(PASSWORD, &old[0]), &CLIENT);
    refused(outsider.await, ErrorCode::Conflict);
    let new = chat
        .renew_recovery_codes(&caller, proof(PASSWORD, &old[0]), &CLIENT)
        .await
        .unwrap();
    let ticket = ticket(chat, &CLIENT).await;
    refused(
        send(chat, &ticket, &old[1], &CLIENT).await,
        ErrorCode::Invalid,
    );
    // As people type them.
    let typed = new.recovery_codes[0].to_uppercase().replace('-', " ");
    send(chat, &ticket, &typed, &CLIENT).await.unwrap();
    let left = chat.two_factor(&caller).await.unwrap().recovery_codes_left;
    assert_eq!(left, 9);
}

#[sqlx::test(migrations = "../../migrations")]
async fn an_administrator_takes_it_away_and_its_user_learns_of_it(db: PgPool) {
    let people = people(db.clone()).await;
    let (chat, operator) = (&people.chat, &Caller::OPERATOR);
    let mallory = mallory(chat).await;
    let id = mallory.caller.user_id;
    let admin = |caller: &Caller| Caller {
        role: UserRole::Admin,
        ..*caller
    };
    let outsider = chat.reset_two_factor(&people.outsider, id).await;
    refused(outsider, ErrorCode::Forbidden);
    let own = chat.reset_two_factor(&admin(&mallory.caller), id).await;
    refused(own, ErrorCode::Conflict);
    let without = chat.reset_two_factor(operator, people.grace.user_id).await;
    assert!(!without.unwrap());
    assert!(
        chat.user_account(operator, id)
            .await
            .unwrap()
            .has_two_factor
    );
    let waiting = ticket(chat, &CLIENT).await;

    let mut subscription = chat.subscribe();
    assert!(
        chat.reset_two_factor(&admin(&people.ada), id)
            .await
            .unwrap()
    );
    let ended = Delivery::DisconnectUser(id);
    assert_eq!(people.drain(&mut subscription).await, [ended]);
    let sent = send(chat, &waiting, &mallory.recovery_codes[0], &CLIENT).await;
    refused(sent, ErrorCode::Unauthenticated);
    assert!(
        !chat
            .user_account(operator, id)
            .await
            .unwrap()
            .has_two_factor
    );
    let again = login(chat, &CLIENT).await.unwrap();
    let (caller, _) = session(chat, again).await;
    let state = chat.two_factor(&caller).await.unwrap();
    assert!(state.reset_at.is_some() && state.enabled_at.is_none());
    let setup = begin(chat, &caller, PASSWORD).await.unwrap();
    let first = typed(code(&setup.secret, 0));
    chat.enable_two_factor(&caller, &first).await.unwrap();
    assert_eq!(chat.two_factor(&caller).await.unwrap().reset_at, None);
}

#[sqlx::test(migrations = "../../migrations")]
async fn a_password_change_keeps_it_and_ends_tickets(db: PgPool) {
    let people = people(db.clone()).await;
    let chat = &people.chat;
    let mallory = mallory(chat).await;
    let waiting = ticket(chat, &CLIENT).await;
    change_password(chat, &mallory.caller).await;
    let sent = send(chat, &waiting, &mallory.recovery_codes[0], &CLIENT).await;
    refused(sent, ErrorCode::Unauthenticated);
    let state = chat.two_factor(&mallory.caller).await.unwrap();
    assert_eq!(state.recovery_codes_left, 10, "it was not used");
}

/// Another session may have begun it, with a password that somebody else knew.
#[sqlx::test(migrations = "../../migrations")]
async fn what_was_begun_with_the_old_password_ends_with_it(db: PgPool) {
    let people = people(db.clone()).await;
    let chat = &people.chat;
    let (owner, _) = session(chat, register(chat).await).await;
    let (other, _) = session(chat, login(chat, &CLIENT).await.unwrap()).await;
    let setup = begin(chat, &other, PASSWORD).await.unwrap();
    change_password(chat, &owner).await;
    let late = typed(code(&setup.secret, 0));
    refused(
        chat.enable_two_factor(&other, &late).await,
        ErrorCode::Conflict,
    );
    assert_eq!(chat.two_factor(&owner).await.unwrap().enabled_at, None);
}

/// The secret of the app cannot be read then; recovery codes need no key.
#[sqlx::test(migrations = "../../migrations")]
async fn recovery_codes_outlast_the_servers_secret(db: PgPool) {
    let people = people(db.clone()).await;
    let mallory = mallory(&people.chat).await;
    let other: Vec<_> = SECRET.iter().rev().copied().collect();
    let chat = Chat::new(
        db,
        Settings {
            keys: Keys::new(&other, None, SubjectOrigin::Local).unwrap(),
            ..settings()
        },
    );
    let ticket = ticket(&chat, &CLIENT).await;
    let of_app = send(&chat, &ticket, &code(&mallory.secret, 1), &CLIENT).await;
    refused(of_app, ErrorCode::Invalid);
    let recovery = send(&chat, &ticket, &mallory.recovery_codes[0], &CLIENT).await;
    assert_eq!(recovery.unwrap().user().id, mallory.caller.user_id);
}
