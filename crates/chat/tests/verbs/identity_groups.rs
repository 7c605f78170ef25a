//! What a provider's groups give, and take again; and what they leave alone.

use crate::{
    fixtures::{People, let_sign_in, refused},
    identity_fixtures::{Sso, config, mary, settings_with, sso},
};
use chat::{Caller, Chat, Client};
use model::{
    ConversationId, ConversationKind, ErrorCode, IdentityProof, MemberRole, NewMembers, UserRole,
};
use serde_json::{Value, json};
use sqlx::PgPool;

/// A chat whose provider's group `engineers` leads to a private group of Ada's and to a public channel, and whose
/// group `admins` makes administrators.
async fn engineers(db: PgPool) -> (Sso, ConversationId, ConversationId) {
    let first = sso(db.clone()).await;
    let_sign_in(&db).await;
    let (people, provider) = (first.people, first.provider);
    let group = people
        .create(ConversationKind::Group, &[&people.grace], "Engines")
        .await;
    let channel = people.channel().await;
    let mut config = config("a", &provider);
    config.admin_groups = vec!["admins".to_owned()];
    config
        .conversations
        .insert("engineers".to_owned(), vec![group, channel]);
    let people = People {
        chat: Chat::new(db.clone(), settings_with(vec![config], true)),
        ..people
    };
    (
        Sso {
            people,
            provider,
            db,
        },
        group,
        channel,
    )
}

fn with_groups(groups: &Value) -> Value {
    let mut claims = mary();
    claims["groups"] = groups.clone();
    claims
}

async fn is_member(sso: &Sso, caller: &Caller, id: ConversationId) -> bool {
    let members = sso.chat().all_members(&sso.people.ada, id).await.unwrap();
    members.iter().any(|it| it.user.id == caller.user_id)
}

#[sqlx::test(migrations = "../../migrations")]
async fn memberships_come_and_go_with_the_group(db: PgPool) {
    let (sso, group, channel) = engineers(db).await;
    let caller = sso.sign_in(&mary()).await;
    assert!(!is_member(&sso, &caller, group).await);
    sso.sign_in(&with_groups(&json!(["engineers", "others"])))
        .await;
    assert!(is_member(&sso, &caller, group).await && is_member(&sso, &caller, channel).await);
    // Too many groups for a token say nothing.
    let mut elsewhere = mary();
    elsewhere["_claim_names"] = json!({ "groups": "src1" });
    sso.sign_in(&elsewhere).await;
    assert!(is_member(&sso, &caller, group).await);
    sso.sign_in(&with_groups(&json!([]))).await;
    assert!(!is_member(&sso, &caller, group).await && !is_member(&sso, &caller, channel).await);
    sso.sign_in(&with_groups(&json!("engineers"))).await;
    assert!(is_member(&sso, &caller, group).await);
}

#[sqlx::test(migrations = "../../migrations")]
async fn what_was_given_by_hand_stays(db: PgPool) {
    let (sso, group, channel) = engineers(db).await;
    let caller = sso.sign_in(&mary()).await;
    let (chat, ada) = (sso.chat(), &sso.people.ada);
    chat.join_conversation(&caller, channel).await.unwrap();
    sso.sign_in(&with_groups(&json!(["engineers"]))).await;
    // Removed and added again by hand: it is no membership of the mapping any more.
    chat.remove_member(ada, group, caller.user_id)
        .await
        .unwrap();
    let new = NewMembers {
        user_ids: vec![caller.user_id],
        role: MemberRole::Member,
    };
    chat.add_members(ada, group, new).await.unwrap();
    sso.sign_in(&with_groups(&json!([]))).await;
    assert!(is_member(&sso, &caller, group).await && is_member(&sso, &caller, channel).await);
    // Whom somebody has removed by hand, the mapping does not bring back.
    chat.remove_member(ada, group, caller.user_id)
        .await
        .unwrap();
    sso.sign_in(&with_groups(&json!(["engineers"]))).await;
    assert!(!is_member(&sso, &caller, group).await);
}

#[sqlx::test(migrations = "../../migrations")]
async fn the_role_comes_and_goes_with_the_group(db: PgPool) {
    let (sso, ..) = engineers(db).await;
    let chat = sso.chat();
    sqlx::query("update users set role = 'admin' where username = 'ada'")
        .execute(&sso.db)
        .await
        .unwrap();
    let admins = with_groups(&json!(["admins"]));
    assert_eq!(sso.sign_in(&admins).await.role, UserRole::Admin);
    assert_eq!(sso.sign_in(&mary()).await.role, UserRole::Member);
    // By hand, it stays.
    let caller = sso.sign_in(&admins).await;
    sso.sign_in(&mary()).await;
    chat.set_user_role(&Caller::OPERATOR, caller.user_id, UserRole::Admin)
        .await
        .unwrap();
    sso.sign_in(&admins).await;
    assert_eq!(sso.sign_in(&mary()).await.role, UserRole::Admin);
}

#[sqlx::test(migrations = "../../migrations")]
async fn the_last_administrator_stays_one(db: PgPool) {
    let (sso, ..) = engineers(db).await;
    let admins = with_groups(&json!(["admins"]));
    let caller = sso.sign_in(&admins).await;
    assert!(sso.chat().has_administrator().await.unwrap());
    assert_eq!(sso.sign_in(&mary()).await.role, UserRole::Admin);
    // Nor by unlinking, with another way in.
    let id = sso.chat().identities(&caller).await.unwrap()[0].id;
    sqlx::query("insert into identities (issuer, subject, user_id) select issuer, 'm-2', user_id from identities")
        .execute(&sso.db)
        .await
        .unwrap();
    let proof = IdentityProof::default();
    let unlinked = sso
        .chat()
        .unlink_identity(&caller, id, proof, &Client::default())
        .await;
    refused(unlinked, ErrorCode::Conflict);
    sqlx::query("update users set role = 'admin' where username = 'ada'")
        .execute(&sso.db)
        .await
        .unwrap();
    assert_eq!(sso.sign_in(&mary()).await.role, UserRole::Member);
}
