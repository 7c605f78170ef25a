//! Who hears what, decided on one node and obeyed on all.

use crate::{
    people::{direct, text},
    town::{Node, Town, event},
};
use chat::{Caller, Delivery};
use model::{
    ConversationId, ConversationKind, Event, MemberRole, NewConversation, NewMembers, UserId,
    UserRole,
};
use sqlx::PgPool;
use std::time::Duration;

const SOON: Duration = Duration::from_secs(20);

fn add(who: &Caller) -> NewMembers {
    NewMembers {
        user_ids: vec![who.user_id],
        role: MemberRole::Member,
    }
}

async fn evicted(node: &mut Node, id: ConversationId) -> Vec<UserId> {
    node.hear(SOON, |it| match it {
        Delivery::Unsubscribe {
            conversation_id,
            user_ids,
        } if *conversation_id == id => Some(user_ids.clone()),
        _ => None,
    })
    .await
}

/// The names of what a node's doors are told, in order.
fn names(deliveries: &[Delivery]) -> Vec<&'static str> {
    let names = deliveries.iter().map(|it| match it {
        Delivery::Emit { event, .. } => event.name(),
        Delivery::Subscribe { .. } => "admit",
        Delivery::Unsubscribe { .. } => "evict",
        Delivery::CloseConversation { .. } => "close",
        Delivery::DisconnectSession(_) => "end session",
        Delivery::DisconnectUser(_) => "end user",
    });
    names.collect()
}

#[sqlx::test(migrations = "../../migrations")]
async fn whoever_is_let_in_hears_everything_from_then_on(db: PgPool) {
    let town = Town::new(db).await;
    let (ada, grace, eve) = (&town.people.ada, &town.people.grace, &town.people.outsider);
    let id = town.people.group().await;
    let (mut one, mut other) = town.two(&[ada], &[eve]).await;
    let say = async |body| {
        let sent = one.chat.send_message(ada, id, text(body, None)).await;
        sent.unwrap();
    };
    say("not for her").await;
    assert_eq!(names(&other.rest().await), Vec::<&str>::new());

    one.chat.add_members(ada, id, add(eve)).await.unwrap();
    say("welcome").await;
    let told = [
        "admit",
        "member:added",
        "conversation:created",
        "message:created",
    ];
    assert_eq!(names(&other.rest().await), told);
    other.chat.leave_conversation(eve, id).await.unwrap();
    let left = ["evict", "conversation:removed", "member:removed"];
    assert_eq!(names(&other.rest().await), left);
    say("not for her either").await;
    assert_eq!(names(&other.rest().await), Vec::<&str>::new());

    one.rest().await;
    other.connect(grace).await;
    other.rest().await;
    one.chat
        .remove_member(ada, id, grace.user_id)
        .await
        .unwrap();
    assert_eq!(evicted(&mut other, id).await, [grace.user_id]);
    town.end([one, other]).await;
}

#[sqlx::test(migrations = "../../migrations")]
async fn a_conversation_begins_and_ends_everywhere(db: PgPool) {
    let town = Town::new(db).await;
    let (ada, grace) = (&town.people.ada, &town.people.grace);
    let (one, mut other) = town.two(&[ada], &[grace]).await;
    let new = NewConversation {
        kind: ConversationKind::Group,
        title: Some("Engines".to_owned()),
        member_ids: vec![grace.user_id],
        ..direct()
    };
    let created = one.chat.create_conversation(ada, new).await.unwrap();
    let id = created.summary.conversation.id;
    let sent = one.chat.send_message(ada, id, text("hi", None)).await;
    sent.unwrap();
    let told = [
        "admit",
        "conversation:created",
        "conversation:created",
        "message:created",
    ];
    let heard = other.rest().await;
    let mut heard = names(&heard);
    heard.dedup();
    let mut told = told.to_vec();
    told.dedup();
    assert_eq!(heard, told);
    one.chat.delete_conversation(ada, id).await.unwrap();
    assert_eq!(
        names(&other.rest().await),
        ["conversation:removed", "close"]
    );
    town.end([one, other]).await;
}

#[sqlx::test(migrations = "../../migrations")]
async fn the_revoked_and_the_blocked_end_everywhere(db: PgPool) {
    let town = Town::new(db.clone()).await;
    let grace = &town.people.grace;
    let session: i64 = sqlx::query_scalar(
        "insert into sessions (user_id, expires_at) values ($1, now() + interval '1 day')
        returning id",
    )
    .bind(grace.user_id.0)
    .fetch_one(&db)
    .await
    .unwrap();
    let phone = Caller {
        session_id: Some(session.into()),
        ..*grace
    };
    let (one, mut other) = town.two(&[], &[&phone]).await;
    one.chat.logout(&phone).await.unwrap();
    assert_eq!(names(&other.rest().await), ["end session"]);
    let admin = Caller {
        role: UserRole::Admin,
        ..town.people.ada
    };
    one.chat.block_user(&admin, grace.user_id).await.unwrap();
    assert_eq!(names(&other.rest().await), ["end user"]);
    town.end([one, other]).await;
}

#[sqlx::test(migrations = "../../migrations")]
async fn a_name_that_changes_is_not_kept_anywhere(db: PgPool) {
    let town = Town::new(db).await;
    let (ada, grace) = (&town.people.ada, &town.people.grace);
    let (one, other) = town.two(&[ada], &[grace]).await;
    let name = async || {
        other
            .chat
            .user_card(ada.user_id)
            .await
            .unwrap()
            .name
            .clone()
    };
    assert_eq!(name().await, "Ada Lovelace");
    let profile = model::Profile {
        name: Some("Countess".to_owned()),
        ..model::Profile::default()
    };
    one.chat.update_account(ada, profile).await.unwrap();
    while name().await != "Countess" {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    town.end([one, other]).await;
}

#[sqlx::test(migrations = "../../migrations")]
async fn announcements_reach_every_node_and_are_marked_there(db: PgPool) {
    let town = Town::new(db).await;
    let grace = &town.people.grace;
    let admin = Caller {
        role: UserRole::Admin,
        ..town.people.ada
    };
    let (one, mut other) = town.two(&[], &[grace]).await;
    let new = |body: &str| model::NewAnnouncement {
        body: body.to_owned(),
        ..model::NewAnnouncement::default()
    };
    let made = one.chat.announce(&admin, new("said")).await.unwrap();
    // What a node commits and does not say is heard all the same.
    let silent = &town.people.chat;
    let unsaid = silent.announce(&admin, new("unsaid")).await.unwrap();
    for id in [made.id, unsaid.id] {
        let heard = other.hear(Duration::from_secs(30), |it| match event(it)? {
            Event::AnnouncementMade(announcement) => Some(announcement.id),
            _ => None,
        });
        assert_eq!(heard.await, id);
    }
    let missed = other.chat.missed_announcements(grace).await.unwrap();
    assert_eq!(missed, [], "she was there");
    town.end([one, other]).await;
}
