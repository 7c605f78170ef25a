//! Proofs of e-mail addresses, invitations that are mailed, and the notes of sign-ins.

use crate::{
    fixtures::{People, people_with, refused, settings},
    mailbox::{Letter, Mailbox, waiting},
};
use chat::{
    Authenticated, Caller, Chat, Client, Registration, RegistrationRules, SendError, Settings,
};
use model::{
    EmailChange, ErrorCode, Login, NewInvitation, PasswordChange, PasswordReset, Profile, Register,
    UserRole,
};
use sqlx::PgPool;
use std::net::{IpAddr, Ipv4Addr};

const PASSWORD: &str = "correct horse";

static CLIENT: Client = Client {
    address: None,
    user_agent: None,
    door: None,
    device: None,
    remembered: None,
};

fn register(username: &str, email: Option<&str>) -> Register {
    Register {
        username: username.to_owned(),
        password: PASSWORD.to_owned(),
        name: None,
        email: email.map(str::to_owned),
    }
}

fn caller_of(who: &Authenticated) -> Caller {
    Caller {
        user_id: who.user().id,
        session_id: None,
        grant: None,
        origin: chat::Origin::default(),
        role: UserRole::Member,
        app_id: None,
    }
}

fn credentials() -> Login {
    Login {
        login: "mallory".to_owned(),
        password: PASSWORD.to_owned(),
    }
}

fn change(email: &str, password: &str) -> EmailChange {
    EmailChange {
        email: email.to_owned(),
        current_password: password.to_owned(),
        code: String::new(),
    }
}

async fn sent(chat: &Chat, mailbox: &Mailbox) -> Vec<Letter> {
    chat.send_due_emails().await.unwrap();
    let mut letters = mailbox.take();
    letters.sort_by(|a, b| a.to.cmp(&b.to));
    letters
}

async fn confirm(chat: &Chat, letter: &Letter) -> chat::Result<String> {
    let secret = letter.secret("confirm-email");
    chat.confirm_email(&secret).await.map(|it| it.email)
}

/// The verbs of e-mails, for somebody without a password.
pub async fn run_verbs_of_emails(chat: &Chat, caller: &Caller) {
    for name in ["nobody", "nobody@example.org"] {
        chat.request_password_reset(name, &CLIENT).await.unwrap();
    }
    let address = change("outsider@example.org", "");
    chat.change_email(caller, address, &CLIENT).await.unwrap();
    chat.send_verification(caller, &CLIENT).await.unwrap();
    chat.send_due_emails().await.unwrap();
    let state = chat.email_state(caller).await.unwrap();
    assert_eq!(state.pending_email.as_deref(), Some("outsider@example.org"));
    refused(chat.email_proof("another").await, ErrorCode::NotFound);
    refused(chat.confirm_email("another").await, ErrorCode::NotFound);
    chat.set_sign_in_notes(caller, true).await.unwrap();
}

/// A chat that sends mails, and mallory with an address that she has not proved.
async fn mallory(db: &PgPool, mailbox: &Mailbox) -> (People, Caller, Letter) {
    let people = people_with(db.clone(), mailbox.settings(settings())).await;
    let new = register("mallory", Some("mallory@example.org"));
    let who = people.chat.register(new, &CLIENT).await.unwrap();
    let mut letters = sent(&people.chat, mailbox).await;
    assert_eq!(letters.len(), 1, "{letters:?}");
    let caller = caller_of(&who);
    (people, caller, letters.remove(0))
}

#[sqlx::test(migrations = "../../migrations")]
async fn an_address_is_proved_once_by_who_reads_it(db: PgPool) {
    let mailbox = Mailbox::default();
    let (people, mallory, letter) = mallory(&db, &mailbox).await;
    let chat = &people.chat;
    let state = chat.email_state(&mallory).await.unwrap();
    assert_eq!((state.verified_at, state.pending_email), (None, None));
    // Looking at the link changes nothing.
    let secret = letter.secret("confirm-email");
    chat.email_proof(&secret).await.unwrap();
    refused(chat.email_proof("another").await, ErrorCode::NotFound);
    let (first, second) = tokio::join!(confirm(chat, &letter), confirm(chat, &letter));
    assert!(first.is_ok() != second.is_ok());
    refused(confirm(chat, &letter).await, ErrorCode::NotFound);
    let state = chat.email_state(&mallory).await.unwrap();
    assert!(state.verified_at.is_some());
    let again = chat.send_verification(&mallory, &CLIENT);
    refused(again.await, ErrorCode::Conflict);
    // Whoever else writes another address, a directory or an older node, has proved nothing.
    let sql = "update users set email = 'other@example.org' where username = 'mallory'";
    sqlx::query(sql).execute(&db).await.unwrap();
    let state = chat.email_state(&mallory).await.unwrap();
    assert_eq!(state.verified_at, None);
}

#[sqlx::test(migrations = "../../migrations")]
async fn another_address_counts_once_it_is_proved_and_the_old_one_is_told(db: PgPool) {
    let mailbox = Mailbox::default();
    let (people, mallory, letter) = mallory(&db, &mailbox).await;
    let chat = &people.chat;
    confirm(chat, &letter).await.unwrap();
    let ask = async |email: &str, password: &str| {
        chat.change_email(&mallory, change(email, password), &CLIENT)
            .await
    };
    let refusal = ask("new@example.org", "wrong horse").await;
    refused(refusal, ErrorCode::Invalid);
    let refusal = ask("new@example.org\r\nBcc: eve@example.org", PASSWORD).await;
    refused(refusal, ErrorCode::Invalid);
    // Not past the password, either.
    let profile = Profile {
        email: Some("new@example.org".to_owned()),
        ..Profile::default()
    };
    let refusal = chat.update_account(&mallory, profile).await;
    refused(refusal, ErrorCode::Conflict);

    let state = ask("new@example.org", PASSWORD).await.unwrap();
    assert_eq!(state.email.as_deref(), Some("mallory@example.org"));
    assert_eq!(state.pending_email.as_deref(), Some("new@example.org"));
    let letters = sent(chat, &mailbox).await;
    let to: Vec<_> = letters.iter().map(|it| it.to.as_str()).collect();
    assert_eq!(to, ["mallory@example.org", "new@example.org"]);
    assert!(!letters[0].text.contains("confirm-email"), "only a note");

    // Another one in its place: the first link has ended.
    ask("почта@пример.рф", PASSWORD).await.unwrap();
    let later = sent(chat, &mailbox).await;
    refused(confirm(chat, &letters[1]).await, ErrorCode::NotFound);
    let proved = later.iter().find(|it| it.to.starts_with("почта"));
    let proved = confirm(chat, proved.unwrap()).await.unwrap();
    assert_eq!(proved, "почта@пример.рф");
    let state = chat.email_state(&mallory).await.unwrap();
    assert_eq!(state.email.as_deref(), Some("почта@пример.рф"));
    assert!(state.verified_at.is_some() && state.pending_email.is_none());

    ask("", PASSWORD).await.unwrap();
    let note = sent(chat, &mailbox).await;
    assert_eq!(note.len(), 1);
    let state = chat.email_state(&mallory).await.unwrap();
    assert_eq!((state.email, state.verified_at), (None, None));
}

/// Somebody with the password asks for another address; its owner reads the note, and changes the password.
#[sqlx::test(migrations = "../../migrations")]
async fn an_address_that_was_asked_for_ends_with_the_password(db: PgPool) {
    let mailbox = Mailbox::default();
    let (people, mallory, letter) = mallory(&db, &mailbox).await;
    let chat = &people.chat;
    confirm(chat, &letter).await.unwrap();
    let asked = change("thief@example.org", PASSWORD);
    chat.change_email(&mallory, asked, &CLIENT).await.unwrap();
    let letters = sent(chat, &mailbox).await;
    let changed = PasswordChange {
        current_password: PASSWORD.to_owned(),
        new_password: "a tin roof in the rain".to_owned(),
        end_other_sessions: true,
    };
    let changed = chat.change_password(&mallory, changed, &CLIENT).await;
    changed.unwrap();
    refused(confirm(chat, &letters[1]).await, ErrorCode::NotFound);
    let state = chat.email_state(&mallory).await.unwrap();
    assert_eq!(state.email.as_deref(), Some("mallory@example.org"));
    assert!(state.verified_at.is_some() && state.pending_email.is_none());
}

/// Whoever still reads the mails of an address that was given up.
#[sqlx::test(migrations = "../../migrations")]
async fn a_link_to_the_address_before_ends_with_it(db: PgPool) {
    let mailbox = Mailbox::default();
    let (people, mallory, letter) = mallory(&db, &mailbox).await;
    let chat = &people.chat;
    confirm(chat, &letter).await.unwrap();
    chat.request_password_reset("mallory", &CLIENT)
        .await
        .unwrap();
    let link = sent(chat, &mailbox).await.remove(0).secret("reset");
    chat.password_reset_user(&link).await.unwrap();
    let asked = change("new@example.org", PASSWORD);
    chat.change_email(&mallory, asked, &CLIENT).await.unwrap();
    confirm(chat, &sent(chat, &mailbox).await[1]).await.unwrap();
    refused(chat.password_reset_user(&link).await, ErrorCode::NotFound);
}

#[sqlx::test(migrations = "../../migrations")]
async fn an_address_that_somebody_takes_meanwhile_stays_theirs(db: PgPool) {
    let mailbox = Mailbox::default();
    let (people, mallory, _) = mallory(&db, &mailbox).await;
    let chat = &people.chat;
    let ask = change("new@example.org", PASSWORD);
    chat.change_email(&mallory, ask.clone(), &CLIENT)
        .await
        .unwrap();
    let letters = sent(chat, &mailbox).await;
    let letter = letters.iter().find(|it| it.to == "new@example.org");
    let trent = register("trent", Some("new@example.org"));
    chat.register(trent, &CLIENT).await.unwrap();
    let late = confirm(chat, letter.unwrap()).await;
    refused(late, ErrorCode::Conflict);
    let taken = chat.change_email(&mallory, ask, &CLIENT);
    refused(taken.await, ErrorCode::Conflict);
}

fn with_domains(settings: Settings) -> Settings {
    Settings {
        registration: RegistrationRules {
            registration: Registration::Open,
            domains: vec!["example.org".parse().unwrap()],
        },
        ..settings
    }
}

#[sqlx::test(migrations = "../../migrations")]
async fn where_hosts_are_asked_for_the_address_is_proved_first(db: PgPool) {
    let mailbox = Mailbox::default();
    let people = people_with(db.clone(), with_domains(mailbox.settings(settings()))).await;
    let chat = &people.chat;
    let new = register("mallory", Some("mallory@example.org"));
    let made = chat.register(new, &CLIENT).await;
    refused(made, ErrorCode::EmailUnconfirmed);
    let first = sent(chat, &mailbox).await;
    // The right password opens no session, and sends the link once more.
    let signed_in = chat.login(credentials(), &CLIENT).await;
    refused(signed_in, ErrorCode::EmailUnconfirmed);
    let letter = sent(chat, &mailbox).await;
    refused(confirm(chat, &first[0]).await, ErrorCode::NotFound);
    // Nor does the link of an administrator.
    let id = sqlx::query_scalar("select id from users where username = 'mallory'");
    let id: i64 = id.fetch_one(&db).await.unwrap();
    let operator = &Caller::OPERATOR;
    let link = chat.create_password_reset(operator, model::UserId(id));
    let reset = PasswordReset {
        token: link.await.unwrap().token,
        password: PASSWORD.to_owned(),
    };
    let reset = chat.reset_password(reset, &CLIENT).await;
    refused(reset, ErrorCode::EmailUnconfirmed);
    let latest = sent(chat, &mailbox).await;
    refused(confirm(chat, &letter[0]).await, ErrorCode::NotFound);
    confirm(chat, &latest[0]).await.unwrap();
    let who = chat.login(credentials(), &CLIENT).await.unwrap();
    chat.issue_tokens(who, &CLIENT).await.unwrap();

    // Without mails it is as it was.
    let silent = Chat::new(db.clone(), with_domains(settings()));
    let new = register("trent", Some("trent@example.org"));
    silent.register(new, &CLIENT).await.unwrap();
}

#[sqlx::test(migrations = "../../migrations")]
async fn an_invitation_is_mailed_and_proves_its_address(db: PgPool) {
    let mailbox = Mailbox::default();
    let people = people_with(db.clone(), mailbox.settings(settings())).await;
    let chat = &people.chat;
    let invitation = |email: &str| NewInvitation {
        email: Some(email.to_owned()),
        max_uses: 2,
        ..NewInvitation::default()
    };
    let operator = &Caller::OPERATOR;
    let by_member = chat.create_invitation(&people.ada, invitation("x@example.org"));
    assert_eq!(by_member.await.err().unwrap().code(), ErrorCode::Forbidden);
    for bad in [
        "x",
        "x@example.org, y@example.org",
        "x@example.org\r\nBcc: y",
    ] {
        let refusal = chat.create_invitation(operator, invitation(bad)).await;
        assert_eq!(refusal.err().unwrap().code(), ErrorCode::Invalid, "{bad}");
    }
    let made = chat
        .create_invitation(operator, invitation("trent@example.org"))
        .await
        .unwrap();
    let letters = sent(chat, &mailbox).await;
    assert_eq!(letters[0].to, "trent@example.org");
    assert_eq!(letters[0].secret("invite"), made.token);

    let join = async |username: &str, email: &str| {
        let new = register(username, Some(email));
        let who = chat.register_invited(&made.token, new, &CLIENT).await;
        let state = chat.email_state(&caller_of(&who.unwrap())).await;
        state.unwrap().verified_at.is_some()
    };
    assert!(join("trent", "Trent@example.org").await);
    assert_eq!(waiting(&db).await, 0, "nothing is left to prove");
    assert!(!join("eve2", "eve@example.org").await);
    assert_eq!(sent(chat, &mailbox).await[0].to, "eve@example.org");

    // One that has ended meanwhile is not mailed.
    let made = chat
        .create_invitation(operator, invitation("late@example.org"))
        .await
        .unwrap();
    let revoked = chat.revoke_invitation(operator, made.invitation.id);
    revoked.await.unwrap();
    assert!(sent(chat, &mailbox).await.is_empty());
    assert_eq!(waiting(&db).await, 0);
}

#[sqlx::test(migrations = "../../migrations")]
async fn a_sign_in_from_a_new_device_is_told_unless_its_user_wants_none(db: PgPool) {
    let mailbox = Mailbox::default();
    let (people, mallory, letter) = mallory(&db, &mailbox).await;
    let chat = &people.chat;
    let browser = |device: Option<String>| Client {
        address: Some(IpAddr::V4(Ipv4Addr::LOCALHOST)),
        user_agent: Some("Firefox/140.0 http://evil.example".to_owned()),
        door: None,
        device,
        remembered: None,
    };
    let sign_in = async |client: &Client| {
        let who = chat.login(credentials(), client).await.unwrap();
        chat.issue_cookie(&who, client).await.unwrap();
        chat.device_cookie(&who, client).unwrap()
    };
    // Not to an address that nobody has proved.
    sign_in(&browser(None)).await;
    assert!(sent(chat, &mailbox).await.is_empty());
    confirm(chat, &letter).await.unwrap();

    let cookie = sign_in(&browser(None)).await;
    let note = sent(chat, &mailbox).await;
    assert_eq!(note.len(), 1);
    assert_eq!(note[0].to, "mallory@example.org");
    assert!(note[0].text.contains("Device: Firefox"), "{}", note[0].text);
    assert!(note[0].text.contains("127.0.0.1"), "{}", note[0].text);
    assert!(!note[0].text.contains("evil"), "{}", note[0].text);
    // A known one.
    sign_in(&browser(Some(cookie))).await;
    assert!(sent(chat, &mailbox).await.is_empty());
    // A program comes from a network that is known by now, and from one that is not.
    for (last, notes) in [(1, 0), (2, 1)] {
        let program = Client {
            address: Some(IpAddr::V4(Ipv4Addr::new(127, 0, 0, last))),
            ..Client::default()
        };
        let who = chat.login(credentials(), &program).await.unwrap();
        chat.issue_tokens(who, &program).await.unwrap();
        assert_eq!(sent(chat, &mailbox).await.len(), notes, "{last}");
    }
    chat.set_sign_in_notes(&mallory, false).await.unwrap();
    sign_in(&browser(None)).await;
    assert!(sent(chat, &mailbox).await.is_empty());
    let state = chat.email_state(&mallory).await.unwrap();
    assert!(!state.sign_in_notes);
}

/// A full queue does not keep people from registering.
#[sqlx::test(migrations = "../../migrations")]
async fn a_mail_server_that_is_away_keeps_nobody_out(db: PgPool) {
    let mailbox = Mailbox::default();
    let people = people_with(db.clone(), mailbox.settings(settings())).await;
    for _ in 0..3 {
        mailbox.refuse(SendError::Later("away".to_owned()));
    }
    for n in 0..3 {
        let new = register(&format!("person{n}"), Some(&format!("p{n}@example.org")));
        people.chat.register(new, &CLIENT).await.unwrap();
    }
    people.chat.send_due_emails().await.unwrap();
    assert_eq!((mailbox.take().len(), waiting(&db).await), (0, 3));
}
