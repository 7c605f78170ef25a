//! What was imported is a conversation like any other: directs by pair, search, replies, people.

use super::dump::{START, members, user};
use super::{Dump, all, app_caller, group, history, id, message};
use crate::fixtures::{refused, settings, text};
use chat::{
    Chat, SearchRequest,
    imports::{
        Attachment, ConversationRef, Member, Members, Message, MessageAttachment, Reaction, User,
    },
};
use model::{ConversationKind, ErrorCode, MemberRole, PageRequest, UserRole};
use sqlx::PgPool;
use time::Duration;

/// A message whose system names no conversation, only the two people.
fn between(one: &str, other: &str, n: i64) -> Message {
    Message {
        conversation: ConversationRef::Pair(id(one), id(other)),
        ..message(&format!("{one}-{other}"), n, one)
    }
}

#[sqlx::test(migrations = "../../migrations")]
async fn messages_between_two_people_make_their_conversation(db: PgPool) {
    let chat = Chat::new(db.clone(), settings());
    let dump = Dump {
        users: vec![user("ada")],
        messages: vec![
            between("ada", "grace", 1),
            between("grace", "ada", 2),
            between("ada", "ada", 3),
        ],
        ..Dump::default()
    };
    let outcome = all(dump.import(&chat).await);
    assert_eq!(
        (outcome.taken, outcome.placeholders),
        (1 + 3, 1),
        "{outcome:?}"
    );
    let grace = app_caller(&chat, "grace").await;
    let ada = app_caller(&chat, "ada").await;
    // The same conversation as grace gets when she writes to ada.
    let direct = chat.direct(&grace, ada.user_id).await.unwrap();
    assert_eq!(
        (
            direct.conversation.position,
            direct.conversation.member_count
        ),
        (2, 2)
    );
    assert_eq!(direct.conversation.created_at, START + Duration::seconds(1));
    assert_eq!(
        chat.conversations(&ada, PageRequest::default())
            .await
            .unwrap()
            .items
            .len(),
        2
    );
    let before = history(&db).await;
    assert_eq!(all(dump.import(&chat).await).unchanged, 1 + 3);
    assert_eq!(history(&db).await, before);
}

#[sqlx::test(migrations = "../../migrations")]
async fn a_conversation_of_two_people_that_is_here_goes_on(db: PgPool) {
    let chat = Chat::new(db.clone(), settings());
    let users = Dump {
        users: vec![user("ada"), user("grace")],
        ..Dump::default()
    };
    users.import(&chat).await;
    let ada = app_caller(&chat, "ada").await;
    let grace = app_caller(&chat, "grace").await;
    let direct = chat
        .direct(&ada, grace.user_id)
        .await
        .unwrap()
        .conversation
        .id;
    chat.send_message(&ada, direct, text("native", None))
        .await
        .unwrap();
    let dump = Dump {
        conversations: vec![chat::imports::Conversation {
            kind: ConversationKind::Direct,
            pair: Some((id("grace"), id("ada"))),
            ..group("old")
        }],
        messages: vec![message("old", 1, "grace")],
        ..Dump::default()
    };
    assert_eq!(all(dump.import(&chat).await).taken, 2);
    assert_eq!(
        chat.resolve_conversation(&ada, "old").await.unwrap(),
        direct
    );
    let summary = chat.conversation(&ada, direct).await.unwrap();
    assert_eq!((summary.conversation.position, summary.unread), (2, 1));
}

#[sqlx::test(migrations = "../../migrations")]
async fn words_are_found_and_people_are_members(db: PgPool) {
    let chat = Chat::new(db, settings());
    let mut dump = Dump::of_group(30);
    dump.messages[20].body = "Ein Zeppelin über Ω".to_owned();
    dump.import(&chat).await;
    let grace = app_caller(&chat, "grace").await;
    let request = SearchRequest {
        query: "ÜBER ω".to_owned(),
        conversation_id: None,
        page: 1,
        limit: 10,
    };
    let found = chat.search_messages(&grace, request).await.unwrap();
    assert_eq!((found.total, found.items[0].position), (1, 21));

    let group = chat.resolve_conversation(&grace, "g").await.unwrap();
    let members = chat
        .members(&grace, group, PageRequest::default())
        .await
        .unwrap()
        .items;
    let roles: Vec<_> = members
        .iter()
        .map(|it| (it.user.name.as_str(), it.role))
        .collect();
    assert_eq!(
        roles,
        [
            ("ada N.", MemberRole::Owner),
            ("grace N.", MemberRole::Member),
            ("linus N.", MemberRole::Member)
        ]
    );
    assert_eq!(members[0].joined_at, START - Duration::days(1));
}

#[sqlx::test(migrations = "../../migrations")]
async fn users_follow_the_dump_and_keep_what_is_taken_apart(db: PgPool) {
    let chat = Chat::new(db, settings());
    let mut import = chat.begin_import("app", false).await.unwrap();
    let mut users: Vec<_> = (0..3)
        .map(|n| User {
            id: id(&n.to_string()),
            ..user("same")
        })
        .collect();
    users[2].avatar_url = Some("javascript:x".to_owned());
    users[2].active = Some(false);
    users[1].role = Some(UserRole::Admin);
    let outcome = import.import_users(&users).await.unwrap();
    // The picture; and of three users, two whose username and e-mail address the first one has.
    assert_eq!((outcome.taken, outcome.adjusted.len()), (3, 1 + 2 + 2));
    assert_eq!(import.import_users(&users).await.unwrap().unchanged, 3);

    let first = app_caller(&chat, "0").await;
    let page = chat
        .users(&first, Some("same"), PageRequest::default())
        .await
        .unwrap();
    let mut names: Vec<_> = page
        .items
        .iter()
        .map(|it| (it.username.as_str(), it.role))
        .collect();
    names.sort_by_key(|it| it.0.len());
    assert_eq!(names[0], ("same.old", UserRole::Member));
    assert!(names[1].0.starts_with("same.old-"), "{names:?}");
    assert!(page.items.iter().any(|it| it.role == UserRole::Admin));

    // A part of a user: only what it says changes.
    let seen = User {
        last_seen_at: Some(START),
        name: None,
        username: None,
        email: None,
        created_at: None,
        ..users[0].clone()
    };
    let outcome = import.import_users(&[seen]).await.unwrap();
    assert_eq!(outcome.updated, 1);
    let shown = chat.user(&first, first.user_id).await.unwrap();
    assert_eq!(
        (shown.name.as_str(), shown.last_seen_at),
        ("same N.", Some(START))
    );
}

#[sqlx::test(migrations = "../../migrations")]
async fn files_and_reactions_may_come_apart(db: PgPool) {
    let chat = Chat::new(db.clone(), settings());
    let mut dump = Dump::of_group(4);
    dump.messages[3].deleted_at = Some(START);
    dump.import(&chat).await;
    let mut import = chat.begin_import("app", false).await.unwrap();
    let file = |n: i64, url: &str| MessageAttachment {
        message: id(&format!("g-{n}")),
        attachment: Attachment {
            name: Some("Plan".to_owned()),
            url: url.to_owned(),
        },
    };
    let mut files: Vec<_> = (0..12).map(|n| file(1, &format!("/files/{n}"))).collect();
    files.extend([file(2, "data:x"), file(4, "/a"), file(9, "/b")]);
    let outcome = import.import_attachments(&files).await.unwrap();
    assert_eq!((outcome.taken, outcome.left.len()), (10, 5), "{outcome:?}");
    let reaction = |n: i64, user: &str, emoji: &str| Reaction {
        message: id(&format!("g-{n}")),
        user: id(user),
        emoji: emoji.to_owned(),
        created_at: Some(START),
    };
    let reactions = [
        reaction(1, "grace", "👍"),
        reaction(1, "linus", "👍"),
        reaction(2, "ada", &"x".repeat(33)),
        reaction(4, "ada", "👍"),
    ];
    let outcome = import.import_reactions(&reactions).await.unwrap();
    assert_eq!((outcome.taken, outcome.left.len()), (2, 2), "{outcome:?}");
    let before = history(&db).await;
    let again = import.import_attachments(&files).await.unwrap();
    assert_eq!((again.taken, again.unchanged), (0, 10));
    assert_eq!(
        import.import_reactions(&reactions).await.unwrap().unchanged,
        2
    );
    assert_eq!(history(&db).await, before);

    let ada = app_caller(&chat, "ada").await;
    let first = chat.resolve_message(&ada, "g-1").await.unwrap();
    let first = chat.message(&ada, first).await.unwrap();
    assert_eq!((first.attachments.len(), first.reactions[0].count), (10, 2));
    assert_eq!(first.attachments[9].url, "/files/9");
    let summary = chat
        .conversation(&ada, first.conversation_id)
        .await
        .unwrap();
    assert_eq!(
        first.seq, summary.conversation.seq,
        "clients learn of the change"
    );
}

#[sqlx::test(migrations = "../../migrations")]
async fn somebody_who_left_has_written_and_cannot_read(db: PgPool) {
    let chat = Chat::new(db, settings());
    let mut dump = Dump::of_group(6);
    dump.members = vec![Members {
        complete: false,
        ..members("g", &["ada", "grace"])
    }];
    dump.import(&chat).await;
    let ada = app_caller(&chat, "ada").await;
    let linus = app_caller(&chat, "linus").await;
    let by_linus = chat.resolve_message(&ada, "g-2").await.unwrap();
    assert_eq!(
        chat.message(&ada, by_linus).await.unwrap().sender.id,
        linus.user_id
    );
    refused(chat.message(&linus, by_linus).await, ErrorCode::NotFound);
    // Back again, by a list that is not complete: nobody else leaves.
    let mut import = chat.begin_import("app", false).await.unwrap();
    let back = Members {
        conversation: id("g"),
        members: vec![Member {
            user: id("linus"),
            role: MemberRole::Admin,
            joined_at: None,
        }],
        complete: false,
    };
    let outcome = import.import_members(&[back]).await.unwrap();
    assert_eq!((outcome.taken, outcome.ended), (1, 0));
    assert!(chat.message(&linus, by_linus).await.is_ok());
    let unknown = members("nowhere", &["ada"]);
    assert_eq!(
        import.import_members(&[unknown]).await.unwrap().left.len(),
        1
    );
}

#[sqlx::test(migrations = "../../migrations")]
async fn an_id_in_another_case_is_the_same_user(db: PgPool) {
    let chat = Chat::new(db.clone(), settings());
    let ada = "507f1f77bcf86cd79943901b";
    let upper = ada.to_uppercase();
    let dump = Dump {
        users: vec![user(ada)],
        messages: vec![between(ada, "grace", 1), between(&upper, "grace", 2)],
        ..Dump::default()
    };
    let outcome = all(dump.import(&chat).await);
    assert_eq!((outcome.taken, outcome.placeholders), (1 + 2, 1));
    let again = Dump {
        users: vec![User {
            id: id(&upper),
            ..user(ada)
        }],
        ..Dump::default()
    };
    assert_eq!(all(again.import(&chat).await).unchanged, 1);
    let ada = app_caller(&chat, ada).await;
    assert_eq!(app_caller(&chat, &upper).await.user_id, ada.user_id);
    let grace = app_caller(&chat, "grace").await;
    let direct = chat.direct(&grace, ada.user_id).await.unwrap();
    assert_eq!(direct.conversation.position, 2);
}
