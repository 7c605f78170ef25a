//! What a user is told of by mail, mails for which there is no room, and who may own a conversation or be the last
//! administrator.

use crate::authenticator::code;
use crate::fixtures::{people, people_with, refused, settings};
use crate::identity_fixtures::settings_with;
use crate::mailbox::{Mailbox, waiting};
use crate::two_factor::{CLIENT, PASSWORD, register, session};
use chat::{Caller, Chat, Client, RateLimits, Settings};
use model::{
    EmailChange, ErrorCode, MemberRole, NewApiToken, NewBot, NewMembers, NewPersonalToken,
    NewTwoFactor, PasswordChange, Scope, TwoFactorCode, TwoFactorProof, UserRole,
};
use sqlx::PgPool;
use std::net::{IpAddr, Ipv4Addr};

async fn prove(db: &PgPool, caller: &Caller) {
    let sql = "update users set email = 'mallory@example.org' where id = $1";
    let query = sqlx::query(sql).bind(caller.user_id.0);
    query.execute(db).await.unwrap();
    let sql = "update users set email_verified_at = now() where id = $1";
    let query = sqlx::query(sql).bind(caller.user_id.0);
    query.execute(db).await.unwrap();
}

async fn told(chat: &Chat, mailbox: &Mailbox) -> String {
    chat.send_due_emails().await.unwrap();
    let letter = mailbox.take_one();
    assert_eq!(letter.to, "mallory@example.org");
    letter.text
}

fn email(address: &str) -> EmailChange {
    EmailChange {
        email: address.to_owned(),
        current_password: PASSWORD.to_owned(),
        code: String::new(),
    }
}

#[sqlx::test(migrations = "../../migrations")]
async fn a_user_is_told_of_changed_security(db: PgPool) {
    let mailbox = Mailbox::default();
    let people = people_with(db.clone(), mailbox.settings(settings())).await;
    let chat = &people.chat;
    let (own, _) = session(chat, register(chat).await).await;
    let change = || PasswordChange {
        current_password: PASSWORD.to_owned(),
        new_password: PASSWORD.to_owned(),
        end_other_sessions: true,
    };
    // An address that is not proved is perhaps somebody else's.
    chat.change_password(&own, change(), &CLIENT).await.unwrap();
    assert_eq!(waiting(&db).await, 0);
    prove(&db, &own).await;
    chat.change_password(&own, change(), &CLIENT).await.unwrap();
    let text = told(chat, &mailbox).await;
    assert!(text.contains("The password was changed."), "{text}");

    let token = NewPersonalToken {
        token: NewApiToken {
            name: "Nightly".to_owned(),
            scopes: vec![Scope::Read],
            conversation_ids: None,
            expires_in_days: 1,
        },
        current_password: PASSWORD.to_owned(),
        code: None,
    };
    chat.create_api_token(&own, token, &CLIENT).await.unwrap();
    let text = told(chat, &mailbox).await;
    assert!(text.contains("A token was made") && !text.contains("Nightly"));

    let new = NewTwoFactor {
        current_password: PASSWORD.to_owned(),
    };
    let setup = chat.begin_two_factor(&own, new, &CLIENT).await.unwrap();
    let first = TwoFactorCode {
        code: code(&setup.secret, 0),
    };
    chat.enable_two_factor(&own, &first).await.unwrap();
    assert!(told(chat, &mailbox).await.contains("was turned on"));
    // A change of the address asks for the code from now on.
    let changed = chat
        .change_email(&own, email("other@example.org"), &CLIENT)
        .await;
    refused(changed, ErrorCode::Invalid);
    let proof = TwoFactorProof {
        current_password: PASSWORD.to_owned(),
        code: code(&setup.secret, 1),
    };
    chat.disable_two_factor(&own, proof, &CLIENT).await.unwrap();
    assert!(told(chat, &mailbox).await.contains("was turned off"));
}

#[sqlx::test(migrations = "../../migrations")]
async fn a_mail_without_room_is_no_success(db: PgPool) {
    let mailbox = Mailbox::default();
    let people = people_with(db.clone(), mailbox.settings(settings())).await;
    let chat = &people.chat;
    let (own, _) = session(chat, register(chat).await).await;
    sqlx::query(
        "insert into emails (kind, recipient, parameters, nonce)
        select 'verification', 'full@example.org', '{}', sha256(n::text::bytea) from generate_series(1, 8) n",
    )
    .execute(&db)
    .await
    .unwrap();
    let full = chat
        .change_email(&own, email("full@example.org"), &CLIENT)
        .await;
    refused(full, ErrorCode::TooManyRequests);
    let state = chat.email_state(&own).await.unwrap();
    assert_eq!(state.pending_email, None, "nothing was begun");
    chat.change_email(&own, email("other@example.org"), &CLIENT)
        .await
        .unwrap();
}

#[sqlx::test(migrations = "../../migrations")]
async fn one_network_asks_for_twenty_proofs_an_hour(db: PgPool) {
    let mailbox = Mailbox::default();
    let limited = Settings {
        rate_limits: RateLimits::default(),
        ..mailbox.settings(settings())
    };
    let people = people_with(db, limited).await;
    let chat = &people.chat;
    let from = |last| Client {
        address: Some(IpAddr::V4(Ipv4Addr::new(10, 0, 0, last))),
        ..Client::default()
    };
    let users = [&people.ada, &people.grace, &people.linus, &people.outsider];
    for (at, user) in users.into_iter().enumerate() {
        for number in 0..5 {
            let address = format!("p{at}{number}@example.org");
            chat.change_email(user, email(&address), &from(1))
                .await
                .unwrap();
        }
    }
    let (other, _) = session(chat, register(chat).await).await;
    let more = chat
        .change_email(&other, email("more@example.org"), &from(1))
        .await;
    refused(more, ErrorCode::TooManyRequests);
    chat.change_email(&other, email("more@example.org"), &from(2))
        .await
        .unwrap();
}

#[sqlx::test(migrations = "../../migrations")]
async fn no_bot_owns_a_conversation(db: PgPool) {
    let people = people(db).await;
    let (chat, ada) = (&people.chat, &people.ada);
    let bot = chat
        .create_bot(
            &Caller::OPERATOR,
            NewBot {
                username: "builds".to_owned(),
                name: None,
            },
        )
        .await
        .unwrap();
    let group = people.group().await;
    let id = bot.user.id;
    let new = |role| NewMembers {
        user_ids: vec![id],
        role,
    };
    let owner = chat.add_members(ada, group, new(MemberRole::Owner)).await;
    refused(owner, ErrorCode::Conflict);
    chat.add_members(ada, group, new(MemberRole::Member))
        .await
        .unwrap();
    let made = chat
        .set_member_role(ada, group, id, MemberRole::Owner)
        .await;
    refused(made, ErrorCode::Conflict);
    refused(
        chat.transfer_ownership(ada, group, id).await,
        ErrorCode::Conflict,
    );
    chat.set_member_role(ada, group, id, MemberRole::Admin)
        .await
        .unwrap();
}

#[sqlx::test(migrations = "../../migrations")]
async fn who_cannot_sign_in_is_no_other_administrator(db: PgPool) {
    let people = people_with(db.clone(), settings()).await;
    let (chat, operator) = (&people.chat, &Caller::OPERATOR);
    let (own, _) = session(chat, register(chat).await).await;
    chat.set_user_role(operator, own.user_id, UserRole::Admin)
        .await
        .unwrap();
    assert!(chat.has_administrator().await.unwrap());
    // Another one has an identity of a provider that is configured no more.
    sqlx::query(
        "with i as (insert into identities (issuer, subject, user_id, name)
            values ('https://gone.example', 'a-1', $1, 'ada'))
        update users set role = 'admin' where id = $1",
    )
    .bind(people.ada.user_id.0)
    .execute(&db)
    .await
    .unwrap();
    let demoted = chat.set_user_role(operator, own.user_id, UserRole::Member);
    refused(demoted.await, ErrorCode::Conflict);
    let without_passwords = Chat::new(db, settings_with(Vec::new(), false));
    assert!(!without_passwords.has_administrator().await.unwrap());
}
