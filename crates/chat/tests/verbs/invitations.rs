//! Invitations: who makes them, who uses them, and when they end.

use crate::fixtures::{people, refused, settings};
use chat::{Caller, Chat, Client, Registration, RegistrationRules, Settings};
use model::{
    AddableBy, ConversationKind, CreatedInvitation, ErrorCode, NewInvitation, PageRequest,
    Register, UserRole,
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
    chat.join_invited(&people.outsider, &made.token, &client)
        .await
        .unwrap();
    // Again is nothing new, and uses nothing.
    chat.join_invited(&people.outsider, &made.token, &client)
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
    chat.check_invitation(&of_ada.token, &client).await.unwrap();
    chat.set_user_role(operator, people.ada.user_id, UserRole::Member)
        .await
        .unwrap();
    for token in [&of_ada.token, &revoked.token, &late.token, &String::new()] {
        refused(
            chat.check_invitation(token, &client).await,
            ErrorCode::NotFound,
        );
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
    let chat = Chat::new(db, with(Registration::Closed));
    let client = Client::default();
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
    for token in &tokens {
        let late = chat.register_invited(token, newcomer("mallory"), &client);
        refused(late.await, ErrorCode::NotFound);
    }
}
