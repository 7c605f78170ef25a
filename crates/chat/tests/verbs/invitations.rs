//! Invitations: who makes them, who uses them, and when they end.

use crate::fixtures::{people, refused, settings};
use chat::{Caller, Chat, Client, Registration, RegistrationRules, Settings};
use model::{
    AddableBy, ConversationKind, CreatedInvitation, ErrorCode, MemberRole, NewInvitation,
    NewUserAccount, PageRequest, PasswordReset, Profile, Register, UserRole,
};
use sqlx::PgPool;

fn newcomer(username: &str) -> Register {
    Register {
        username: username.to_owned(),
        password: "correct horse".to_owned(),
        name: None,
        email: None,
    }
}

fn with(registration: Registration) -> Settings {
    Settings {
        registration: RegistrationRules {
            registration,
            ..RegistrationRules::default()
        },
        ..settings()
    }
}

async fn invite(chat: &Chat, caller: &Caller, new: NewInvitation) -> CreatedInvitation {
    chat.create_invitation(caller, new).await.unwrap()
}

#[sqlx::test(migrations = "../../migrations")]
async fn the_setting_says_who_registers(db: PgPool) {
    let client = Client::default();
    for registration in [Registration::Invitation, Registration::Closed] {
        let chat = Chat::new(db.clone(), with(registration));
        let refusal = chat.register(newcomer("mallory"), &client).await;
        refused(refusal, ErrorCode::Forbidden);
    }
    let chat = Chat::new(db.clone(), with(Registration::Invitation));
    let made = invite(&chat, &Caller::OPERATOR, NewInvitation::default()).await;
    // What was made before does nothing where registration is closed.
    let closed = Chat::new(db, with(Registration::Closed));
    let refusal = closed.register_invited(&made.token, newcomer("mallory"), &client);
    refused(refusal.await, ErrorCode::Forbidden);
    let none = closed.create_invitation(&Caller::OPERATOR, NewInvitation::default());
    assert!(matches!(none.await, Err(error) if error.code() == ErrorCode::Conflict));
    let made = chat.register_invited(&made.token, newcomer("mallory"), &client);
    assert_eq!(made.await.unwrap().user().role, UserRole::Member);
}

#[sqlx::test(migrations = "../../migrations")]
async fn an_address_is_changed_to_one_at_a_host_of_registration(db: PgPool) {
    let people = people(db.clone()).await;
    let at = |email: &str| Profile {
        name: Some("Ada".to_owned()),
        email: Some(email.to_owned()),
        ..Profile::default()
    };
    let before = people
        .chat
        .update_account(&people.ada, at("ada@example.net"));
    before.await.unwrap();
    let rules = RegistrationRules {
        domains: vec!["example.org".parse().unwrap()],
        ..RegistrationRules::default()
    };
    let chat = Chat::new(
        db,
        Settings {
            registration: rules,
            ..settings()
        },
    );
    let ada = &people.ada;
    refused(
        chat.update_account(ada, at("ada@example.com")).await,
        ErrorCode::Invalid,
    );
    for good in ["ada@example.net", "ada@example.org", ""] {
        chat.update_account(ada, at(good)).await.unwrap();
    }
    let admin = Caller {
        role: UserRole::Admin,
        ..*ada
    };
    let changed = chat.update_account(&admin, at("ada@example.com")).await;
    assert_eq!(changed.unwrap().email.as_deref(), Some("ada@example.com"));
}

#[sqlx::test(migrations = "../../migrations")]
async fn whoever_is_invited_joins_and_others_do_not(db: PgPool) {
    let people = people(db).await;
    let (chat, client) = (&people.chat, Client::default());
    chat.set_user_role(&Caller::OPERATOR, people.ada.user_id, UserRole::Admin)
        .await
        .unwrap();
    let ada = Caller {
        role: UserRole::Admin,
        ..people.ada
    };
    let group = people.group().await;
    let channel = people.channel().await;
    let elsewhere = people
        .create(ConversationKind::Group, &[], "Elsewhere")
        .await;
    let new = NewInvitation {
        max_uses: 2,
        conversation_ids: vec![group, channel],
        ..NewInvitation::default()
    };
    for who in [&people.grace, &people.outsider] {
        let refusal = chat.create_invitation(who, new.clone()).await;
        assert!(matches!(refusal, Err(error) if error.code() == ErrorCode::Forbidden));
        refused(
            chat.invitations(who, &PageRequest::default()).await,
            ErrorCode::Forbidden,
        );
    }
    // The operator belongs to no conversation.
    let of_operator = chat.create_invitation(&Caller::OPERATOR, new.clone()).await;
    assert!(matches!(of_operator, Err(error) if error.code() == ErrorCode::NotFound));

    let made = invite(chat, &ada, new).await;
    // Whoever uses it wants to be added, and is asked for no other word.
    let nobody = chat.set_addable_by(&people.outsider, AddableBy::Nobody);
    nobody.await.unwrap();
    chat.join_invited(&people.outsider, &made.token)
        .await
        .unwrap();
    // Again is nothing new, and uses nothing.
    chat.join_invited(&people.outsider, &made.token)
        .await
        .unwrap();
    let listed = chat
        .invitations(&ada, &PageRequest::default())
        .await
        .unwrap();
    assert_eq!(listed.items[0].uses, 1);
    let newcomer_ = chat
        .register_invited(&made.token, newcomer("mallory"), &client)
        .await
        .unwrap();
    let mallory = Caller {
        user_id: newcomer_.user().id,
        ..people.outsider
    };
    for who in [&people.outsider, &mallory] {
        for id in [group, channel] {
            assert!(chat.conversation(who, id).await.unwrap().role.is_some());
        }
        refused(chat.conversation(who, elsewhere).await, ErrorCode::NotFound);
    }
    // Both uses are gone.
    let late = chat.register_invited(&made.token, newcomer("trudy"), &client);
    refused(late.await, ErrorCode::NotFound);
    let listed = chat
        .invitations(&ada, &PageRequest::default())
        .await
        .unwrap();
    assert_eq!(listed.items, []);
}

#[sqlx::test(migrations = "../../migrations")]
async fn a_user_uses_an_invitation_once(db: PgPool) {
    let people = people(db.clone()).await;
    let (chat, operator) = (&people.chat, &Caller::OPERATOR);
    chat.set_user_role(operator, people.ada.user_id, UserRole::Admin)
        .await
        .unwrap();
    let ada = Caller {
        role: UserRole::Admin,
        ..people.ada
    };
    let new = |id, max_uses| NewInvitation {
        max_uses,
        conversation_ids: vec![id],
        ..NewInvitation::default()
    };
    let uses = async || -> i32 {
        let sql = "select uses from invitations order by id desc limit 1";
        sqlx::query_scalar(sql).fetch_one(&db).await.unwrap()
    };
    let group = people.group().await;
    let made = invite(chat, &ada, new(group, 3)).await;
    let outsider = &people.outsider;
    let all = (0..10).map(|_| chat.join_invited(outsider, &made.token));
    let joined = futures_util::future::join_all(all).await;
    assert!(joined.iter().all(Result::is_ok), "{joined:?}");
    assert_eq!(uses().await, 1);

    // Nobody is added where the administrator may not do so any more, and nothing is used.
    let other = people
        .create(ConversationKind::Group, &[&people.linus], "Elsewhere")
        .await;
    let made = invite(chat, &ada, new(other, 1)).await;
    chat.set_member_role(&ada, other, people.linus.user_id, MemberRole::Owner)
        .await
        .unwrap();
    chat.leave_conversation(&ada, other).await.unwrap();
    let refusal = chat.join_invited(outsider, &made.token).await;
    refused(refusal, ErrorCode::NotFound);
    assert_eq!(uses().await, 0);

    // The operator's leads to public channels.
    let private = chat.create_invitation(operator, new(group, 1)).await;
    assert!(matches!(private, Err(error) if error.code() == ErrorCode::NotFound));
    let channel = people.channel().await;
    let made = invite(chat, operator, new(channel, 1)).await;
    chat.join_invited(outsider, &made.token).await.unwrap();
    let role = chat.conversation(outsider, channel).await.unwrap().role;
    assert_eq!(role, Some(MemberRole::Member));
}

#[sqlx::test(migrations = "../../migrations")]
async fn somebody_removed_does_not_come_back_by_the_invitation_that_they_used(db: PgPool) {
    let people = people(db).await;
    let (chat, operator) = (&people.chat, &Caller::OPERATOR);
    chat.set_user_role(operator, people.ada.user_id, UserRole::Admin)
        .await
        .unwrap();
    let ada = Caller {
        role: UserRole::Admin,
        ..people.ada
    };
    let (group, channel) = (people.group().await, people.channel().await);
    let new = NewInvitation {
        max_uses: 5,
        conversation_ids: vec![group, channel],
        ..NewInvitation::default()
    };
    let made = invite(chat, &ada, new.clone()).await;
    let guest = &people.outsider;
    chat.join_invited(guest, &made.token).await.unwrap();
    // Who has left by themself comes back by it.
    chat.leave_conversation(guest, group).await.unwrap();
    chat.join_invited(guest, &made.token).await.unwrap();
    for id in [group, channel] {
        chat.remove_member(&ada, id, guest.user_id).await.unwrap();
    }
    // The channel is public.
    chat.join_invited(guest, &made.token).await.unwrap();
    assert!(
        chat.conversation(guest, channel)
            .await
            .unwrap()
            .role
            .is_some()
    );
    refused(chat.conversation(guest, group).await, ErrorCode::NotFound);
    refused(
        chat.join_invited(guest, &made.token).await,
        ErrorCode::NotFound,
    );
    // Another invitation is another word of the administrator.
    let again = invite(chat, &ada, new).await;
    chat.join_invited(guest, &again.token).await.unwrap();
    assert!(
        chat.conversation(guest, group)
            .await
            .unwrap()
            .role
            .is_some()
    );
    chat.leave_conversation(guest, group).await.unwrap();
    chat.join_invited(guest, &made.token).await.unwrap();
}

#[sqlx::test(migrations = "../../migrations")]
async fn an_invitation_ends_with_its_time_and_its_maker(db: PgPool) {
    let people = people(db.clone()).await;
    let (chat, client, operator) = (&people.chat, Client::default(), &Caller::OPERATOR);
    for who in [&people.ada, &people.grace] {
        chat.set_user_role(operator, who.user_id, UserRole::Admin)
            .await
            .unwrap();
    }
    let ada = Caller {
        role: UserRole::Admin,
        ..people.ada
    };
    let of_ada = invite(chat, &ada, NewInvitation::default()).await;
    let revoked = invite(chat, operator, NewInvitation::default()).await;
    let late = invite(chat, operator, NewInvitation::default()).await;
    let outsider = chat.revoke_invitation(&people.outsider, revoked.invitation.id);
    refused(outsider.await, ErrorCode::Forbidden);
    chat.revoke_invitation(operator, revoked.invitation.id)
        .await
        .unwrap();
    let again = chat
        .revoke_invitation(operator, revoked.invitation.id)
        .await;
    refused(again, ErrorCode::NotFound);
    sqlx::query("update invitations set expires_at = now() where id = $1")
        .bind(late.invitation.id.0)
        .execute(&db)
        .await
        .unwrap();
    chat.check_invitation(&of_ada.token).await.unwrap();
    // It does not come back with the role.
    for role in [UserRole::Member, UserRole::Admin] {
        chat.set_user_role(operator, people.ada.user_id, role)
            .await
            .unwrap();
    }
    for token in [&of_ada.token, &revoked.token, &late.token, &String::new()] {
        refused(chat.check_invitation(token).await, ErrorCode::NotFound);
        let refusal = chat.register_invited(token, newcomer("mallory"), &client);
        refused(refusal.await, ErrorCode::NotFound);
    }
    assert_eq!(
        chat.invitations(operator, &PageRequest::default())
            .await
            .unwrap()
            .items,
        []
    );
}

#[sqlx::test(migrations = "../../migrations")]
async fn the_first_administrator_is_made_by_one_of_the_printed_links(db: PgPool) {
    let chat = Chat::new(db.clone(), with(Registration::Closed));
    let (client, operator) = (Client::default(), &Caller::OPERATOR);
    // Somebody who has chosen no password yet cannot sign in, and is no administrator whom others could rely on.
    let sleeper = NewUserAccount {
        username: "sleeper".to_owned(),
        role: UserRole::Admin,
        ..NewUserAccount::default()
    };
    let sleeper = chat.create_user_account(operator, sleeper).await.unwrap();
    let tokens = [
        chat.invite_first_administrator().await.unwrap().unwrap(),
        chat.invite_first_administrator().await.unwrap().unwrap(),
    ];
    let both = tokio::join!(
        chat.register_invited(&tokens[0], newcomer("ada"), &client),
        chat.register_invited(&tokens[1], newcomer("grace"), &client)
    );
    let made: Vec<_> = [both.0, both.1]
        .into_iter()
        .filter_map(Result::ok)
        .collect();
    assert_eq!(made.len(), 1, "one of two becomes the first");
    assert_eq!(made[0].user().role, UserRole::Admin);
    assert!(chat.invite_first_administrator().await.unwrap().is_none());
    let first = made[0].user().id;
    let demoted = chat.set_user_role(operator, first, UserRole::Member).await;
    refused(demoted, ErrorCode::Conflict);
    refused(chat.block_user(operator, first).await, ErrorCode::Conflict);
    // The links do not come back, whatever becomes of the administrator.
    for _ in 0..2 {
        for token in &tokens {
            let late = chat.register_invited(token, newcomer("mallory"), &client);
            refused(late.await, ErrorCode::NotFound);
        }
        let sql = "update users set role = 'member' where id = $1";
        sqlx::query(sql).bind(first.0).execute(&db).await.unwrap();
    }
    assert!(chat.invite_first_administrator().await.unwrap().is_some());
    let reset = PasswordReset {
        token: sleeper.password_reset.token,
        password: "correct horse".to_owned(),
    };
    chat.reset_password(reset, &client).await.unwrap();
    assert!(chat.invite_first_administrator().await.unwrap().is_none());
}
