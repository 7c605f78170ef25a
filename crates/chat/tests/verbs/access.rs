//! What contracts ask about conversations that the caller has joined: access, history, members.

use crate::fixtures::{people, refused};
use model::{ErrorCode, MemberRole, MessageId};
use sqlx::PgPool;

#[sqlx::test(migrations = "../../migrations")]
async fn only_members_have_joined(db: PgPool) {
    let people = people(db).await;
    let chat = &people.chat;
    for id in [people.group().await, people.channel().await] {
        let message = people.say(&people.ada, id, "Hello").await;
        let meta = chat.require_joined(&people.grace, id).await.unwrap();
        assert_eq!((meta.id, meta.created_by), (id, Some(people.ada.user_id)));
        let found = chat.require_joined_message(&people.grace, message.id).await;
        assert_eq!(found.unwrap().0, message);

        refused(
            chat.require_joined(&people.outsider, id).await,
            ErrorCode::NotFound,
        );
        let theirs = chat
            .require_joined_message(&people.outsider, message.id)
            .await;
        let unknown = chat
            .require_joined_message(&people.ada, MessageId(999))
            .await;
        assert_eq!(
            theirs.unwrap_err().to_string(),
            unknown.unwrap_err().to_string()
        );

        chat.delete_message(&people.ada, message.id).await.unwrap();
        let deleted = chat.require_joined_message(&people.ada, message.id).await;
        refused(deleted, ErrorCode::NotFound);
    }
}

#[sqlx::test(migrations = "../../migrations")]
async fn history_before_a_cursor_has_no_deleted_messages(db: PgPool) {
    let people = people(db).await;
    let (chat, ada) = (&people.chat, &people.ada);
    let id = people.group().await;
    let mut said = Vec::new();
    for n in 1..=6 {
        said.push(people.say(ada, id, &n.to_string()).await.id);
    }
    chat.delete_message(ada, said[2]).await.unwrap();
    let page = async |cursor, limit| {
        let page = chat.messages_before(&people.grace, id, cursor, limit).await;
        let page = page.unwrap();
        let ids: Vec<_> = page.items.iter().map(|it| it.id).collect();
        (ids, page.has_more)
    };
    assert_eq!(page(None, 2).await, (vec![said[4], said[5]], true));
    assert_eq!(page(Some(said[4]), 2).await, (vec![said[1], said[3]], true));
    assert_eq!(page(Some(said[1]), 2).await, (vec![said[0]], false));
    // The message of the cursor may have been deleted.
    assert_eq!(
        page(Some(said[2]), 2).await,
        (vec![said[0], said[1]], false)
    );
    assert_eq!(page(Some(said[0]), 2).await, (vec![], false));

    let elsewhere = people.channel().await;
    let stray = people.say(ada, elsewhere, "elsewhere").await.id;
    for cursor in [stray, MessageId(999)] {
        let page = chat.messages_before(ada, id, Some(cursor), 2).await;
        refused(page, ErrorCode::Invalid);
    }
    for limit in [0, 101] {
        let page = chat.messages_before(ada, id, None, limit).await;
        refused(page, ErrorCode::Invalid);
    }
    for id in [id, elsewhere] {
        let page = chat.messages_before(&people.outsider, id, None, 2).await;
        refused(page, ErrorCode::NotFound);
    }
}

#[sqlx::test(migrations = "../../migrations")]
async fn members_of_many_conversations(db: PgPool) {
    let people = people(db).await;
    let (group, direct) = (people.group().await, people.direct().await);
    people
        .chat
        .set_member_role(&people.ada, group, people.linus.user_id, MemberRole::Admin)
        .await
        .unwrap();
    let members = people.chat.members_of_many(&[group, direct]).await.unwrap();
    let of = |id| {
        let list = members[&id].iter();
        list.map(|it| (it.user.id, it.role)).collect::<Vec<_>>()
    };
    let (ada, grace, linus) = (
        people.ada.user_id,
        people.grace.user_id,
        people.linus.user_id,
    );
    assert_eq!(
        of(group),
        [
            (ada, MemberRole::Owner),
            (linus, MemberRole::Admin),
            (grace, MemberRole::Member)
        ]
    );
    assert_eq!(
        of(direct),
        [(ada, MemberRole::Owner), (grace, MemberRole::Member)]
    );

    people
        .chat
        .leave_conversation(&people.grace, group)
        .await
        .unwrap();
    let members = people.chat.members_of_many(&[group]).await.unwrap();
    assert_eq!(members[&group].len(), 2);
    assert!(
        !members[&group]
            .iter()
            .any(|it| it.user.id == people.outsider.user_id)
    );
}
