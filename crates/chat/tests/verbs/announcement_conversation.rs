//! The conversation of the announcements: everybody belongs to it without a row each, and unread
//! counts, receipts, search and history hold for it as for any other.

use crate::{
    announcements::{ANNOUNCEMENTS, admin, new},
    fixtures::{direct, people, refused, text},
};
use chat::{Audience, Caller, Delivery, MessagesRequest, OffsetPageRequest, SearchRequest};
use model::{
    ConversationChanges, ConversationKind, ErrorCode, Event, MemberRole, NewConversation,
    NewMembers, PageRequest, SyncRequest, UserId,
};
use sqlx::PgPool;
use std::collections::BTreeMap;

#[sqlx::test(migrations = "../../migrations")]
async fn everybody_reads_them_as_a_conversation(db: PgPool) {
    let people = people(db).await;
    let (chat, admin) = (&people.chat, admin(&people).await);
    let (grace, outsider) = (&people.grace, &people.outsider);
    let page = PageRequest::default;
    // It is in no list while it is empty. Administrators open it to write the first one.
    let kinds = [ConversationKind::Announcements];
    for who in [grace, &admin] {
        assert_eq!(chat.conversations(who, page()).await.unwrap().items, []);
        assert_eq!(chat.conversations_of(who, &kinds).await.unwrap(), []);
        let request = OffsetPageRequest {
            page: 1,
            limit: 10,
            ..OffsetPageRequest::default()
        };
        let found = chat.page_of_conversations(who, &kinds, request).await;
        let found = found.unwrap();
        assert_eq!((found.items.len(), found.total), (0, 0));
        for known in [vec![], vec![(ANNOUNCEMENTS, 1)]] {
            let conversations = known.into_iter().collect();
            let synced = chat
                .sync(
                    who,
                    SyncRequest {
                        conversations,
                        ..SyncRequest::default()
                    },
                )
                .await
                .unwrap();
            assert_eq!(synced.items, [], "neither new nor lost");
        }
    }
    let empty = chat.conversation(&admin, ANNOUNCEMENTS).await.unwrap();
    assert_eq!(
        (empty.role, empty.conversation.position),
        (Some(MemberRole::Admin), 0)
    );

    let body = "the canteen has news, @grace";
    let one = people.say(&admin, ANNOUNCEMENTS, body).await;
    people.say(&admin, ANNOUNCEMENTS, "more of it").await;
    for who in [grace, outsider] {
        let list = chat.conversations(who, page()).await.unwrap().items;
        let [summary] = list.as_slice() else {
            panic!("{list:?}")
        };
        assert_eq!(
            (summary.conversation.id, summary.conversation.kind),
            (ANNOUNCEMENTS, ConversationKind::Announcements)
        );
        assert_eq!(
            (summary.unread, summary.role),
            (2, Some(MemberRole::Member))
        );
        let last = summary.last_message.as_ref().unwrap();
        assert_eq!(last.body, "more of it");
        assert_eq!(chat.unread(who).await.unwrap().total, 2);
        let history = chat.messages(who, ANNOUNCEMENTS, MessagesRequest::default());
        assert_eq!(history.await.unwrap().items.len(), 2);
        let before = chat.messages_before(who, ANNOUNCEMENTS, None, 10).await;
        assert_eq!(before.unwrap().items.len(), 2);
        assert_eq!(chat.message(who, one.id).await.unwrap().body, body);
        for conversation_id in [None, Some(ANNOUNCEMENTS)] {
            let request = SearchRequest {
                query: "CANTEEN".to_owned(),
                conversation_id,
                page: 1,
                limit: 10,
            };
            let found = chat.search_messages(who, request).await.unwrap();
            assert_eq!((found.items[0].id, found.total), (one.id, 1));
        }
        // A client that does not know it learns of it; one that does gets what it misses.
        let known = BTreeMap::new();
        let synced = chat.sync(
            who,
            SyncRequest {
                conversations: known,
                ..SyncRequest::default()
            },
        );
        let synced = synced.await.unwrap();
        assert!(
            matches!(synced.items.as_slice(), [Event::ConversationCreated { conversation_id, .. }]
                if *conversation_id == ANNOUNCEMENTS)
        );
        let known = BTreeMap::from([(ANNOUNCEMENTS, 2)]);
        let synced = chat.sync(
            who,
            SyncRequest {
                conversations: known,
                ..SyncRequest::default()
            },
        );
        let synced = synced.await.unwrap();
        assert!(
            matches!(synced.items.as_slice(), [Event::MessageCreated { message, .. }]
                if message.body == "more of it")
        );
        assert!(
            chat.memberships(who)
                .await
                .unwrap()
                .contains(&ANNOUNCEMENTS)
        );
    }
    let mentions = async |who| {
        chat.conversation(who, ANNOUNCEMENTS)
            .await
            .unwrap()
            .mentions
    };
    assert_eq!((mentions(grace).await, mentions(outsider).await), (1, 0));
    // The sender has read them.
    assert_eq!(chat.unread(&admin).await.unwrap().total, 0);
}

#[sqlx::test(migrations = "../../migrations")]
async fn reading_tells_nobody_but_the_readers_own_devices(db: PgPool) {
    let people = people(db.clone()).await;
    let (chat, admin) = (&people.chat, admin(&people).await);
    let grace = &people.grace;
    let _device = chat.connect(grace).await.unwrap();
    let one = people.say(&admin, ANNOUNCEMENTS, "one").await;
    people.say(&admin, ANNOUNCEMENTS, "two").await;
    people.say(&admin, ANNOUNCEMENTS, "three").await;
    let mut subscription = chat.subscribe();
    assert!(chat.mark_message_read(grace, one.id).await.unwrap());
    assert!(!chat.mark_message_read(grace, one.id).await.unwrap());
    let left = chat
        .mark_read(grace, ANNOUNCEMENTS, i64::MAX)
        .await
        .unwrap();
    assert_eq!(left.unread, 0);
    chat.mark_delivered(grace, ANNOUNCEMENTS, 3).await.unwrap();
    refused(
        chat.mark_read(grace, ANNOUNCEMENTS, -1).await,
        ErrorCode::Invalid,
    );
    for delivery in people.drain_receipts(&mut subscription).await {
        let Delivery::Emit { audience, .. } = &delivery else {
            continue;
        };
        assert_eq!(
            *audience,
            Audience::Users(vec![grace.user_id]),
            "{delivery:?}"
        );
    }
    assert_eq!(chat.unread(grace).await.unwrap().total, 0);
    assert_eq!(chat.unread(&people.linus).await.unwrap().total, 3);
    // The times at which she has read them, and nobody else's.
    let own = chat
        .own_read_marks(grace, ANNOUNCEMENTS, 1, 3)
        .await
        .unwrap();
    assert_eq!(own.iter().map(|it| it.position).collect::<Vec<_>>(), [1, 3]);
    assert_eq!(
        chat.read_marks(&admin, ANNOUNCEMENTS, 1, 3).await.unwrap(),
        []
    );
    let rows: i64 = sqlx::query_scalar("select count(*) from members")
        .fetch_one(&db)
        .await
        .unwrap();
    // The marker of the test has a conversation of two.
    assert_eq!(rows, 2);
}

#[sqlx::test(migrations = "../../migrations")]
async fn only_administrators_change_anything(db: PgPool) {
    let people = people(db).await;
    let (chat, admin) = (&people.chat, admin(&people).await);
    let (grace, linus) = (&people.grace, people.linus.user_id);
    let message = people.say(&admin, ANNOUNCEMENTS, "news").await;
    let mut subscription = chat.subscribe();
    let forbidden = ErrorCode::Forbidden;
    let id = message.id;
    refused(
        chat.edit_message(grace, id, "fake".to_owned()).await,
        forbidden,
    );
    refused(chat.delete_message(grace, id).await, forbidden);
    refused(chat.add_reaction(grace, id, "👍").await, forbidden);
    refused(chat.remove_reaction(grace, id, "👍").await, forbidden);
    // Nobody is shown typing to everybody.
    chat.set_typing(&admin, ANNOUNCEMENTS, true).await.unwrap();
    let add = || NewMembers {
        user_ids: vec![linus],
        role: MemberRole::Member,
    };
    let changes = || ConversationChanges {
        title: Some("Mine".to_owned()),
        ..ConversationChanges::default()
    };
    refused(
        chat.update_conversation(grace, ANNOUNCEMENTS, changes())
            .await,
        forbidden,
    );
    for who in [grace, &admin] {
        refused(chat.add_members(who, ANNOUNCEMENTS, add()).await, forbidden);
        refused(
            chat.remove_member(who, ANNOUNCEMENTS, linus).await,
            forbidden,
        );
        refused(chat.leave_conversation(who, ANNOUNCEMENTS).await, forbidden);
        let role = chat.set_member_role(who, ANNOUNCEMENTS, linus, MemberRole::Owner);
        refused(role.await, forbidden);
        refused(
            chat.delete_conversation(who, ANNOUNCEMENTS).await,
            forbidden,
        );
        let members = chat.members(who, ANNOUNCEMENTS, PageRequest::default());
        assert_eq!(members.await.unwrap().items, [], "they are not listed");
        assert_eq!(chat.all_members(who, ANNOUNCEMENTS).await.unwrap(), []);
    }
    let second = NewConversation {
        kind: ConversationKind::Announcements,
        title: Some("Another".to_owned()),
        ..direct()
    };
    refused(
        chat.create_conversation(&admin, second).await,
        ErrorCode::Invalid,
    );
    assert_eq!(people.drain(&mut subscription).await, []);

    let edited = chat
        .edit_message(&admin, id, "better news".to_owned())
        .await;
    assert_eq!(edited.unwrap().body, "better news");
    chat.add_reaction(&admin, id, "🎉").await.unwrap();
    let renamed = chat.update_conversation(&admin, ANNOUNCEMENTS, changes());
    let title = renamed.await.unwrap().conversation.title;
    assert_eq!(title.as_deref(), Some("Mine"));
    let open = ConversationChanges {
        private: Some(false),
        ..ConversationChanges::default()
    };
    refused(
        chat.update_conversation(&admin, ANNOUNCEMENTS, open).await,
        ErrorCode::Invalid,
    );
    // Any administrator may delete what another has announced.
    let other = Caller {
        user_id: linus,
        ..admin
    };
    sqlx::query("update users set role = 'admin' where id = $1")
        .bind(linus.0)
        .execute(chat.pool())
        .await
        .unwrap();
    chat.delete_message(&other, id).await.unwrap();
}

#[sqlx::test(migrations = "../../migrations")]
async fn who_registers_later_has_nothing_unread(db: PgPool) {
    let people = people(db.clone()).await;
    let (chat, admin) = (&people.chat, admin(&people).await);
    people.say(&admin, ANNOUNCEMENTS, "before").await;
    let id: i64 = sqlx::query_scalar(
        "insert into users (username, name) values ('late', 'Late Comer') returning id",
    )
    .fetch_one(&db)
    .await
    .unwrap();
    let late = Caller {
        user_id: UserId(id),
        ..people.grace
    };
    let summary = chat.conversation(&late, ANNOUNCEMENTS).await.unwrap();
    assert_eq!((summary.unread, summary.read_position), (0, 1));
    assert_eq!(chat.missed_announcements(&late).await.unwrap(), []);
    people.say(&admin, ANNOUNCEMENTS, "after").await;
    assert_eq!(chat.unread(&late).await.unwrap().total, 1);
    assert_eq!(chat.missed_announcements(&late).await.unwrap().len(), 1);
    // What was announced before can be read all the same.
    let history = chat.messages(&late, ANNOUNCEMENTS, MessagesRequest::default());
    assert_eq!(history.await.unwrap().items.len(), 2);
}

#[sqlx::test(migrations = "../../migrations")]
async fn an_announcement_to_ten_thousand_writes_four_rows(db: PgPool) {
    let people = people(db.clone()).await;
    let (chat, admin) = (&people.chat, admin(&people).await);
    sqlx::query(
        "insert into users (username, name)
        select 'user' || n, 'Somebody' from generate_series(1, 10000) n",
    )
    .execute(&db)
    .await
    .unwrap();
    // Many are connected, and receive it at once.
    let mut devices = Vec::new();
    for id in 10..500 {
        let caller = Caller {
            user_id: UserId(id),
            ..people.grace
        };
        devices.push(chat.connect(&caller).await.unwrap());
    }
    let newest: i64 = sqlx::query_scalar("select pg_current_xact_id()::text::bigint")
        .fetch_one(&db)
        .await
        .unwrap();
    let made = chat.announce(&admin, new("to all", None)).await.unwrap();
    assert_eq!(made.reach, 10_003);
    let mut written = Vec::new();
    for table in [
        "users",
        "members",
        "messages",
        "conversations",
        "announcement_reaches",
        "read_marks",
        "mentions",
    ] {
        let count = format!("select count(*) from {table} where xmin::text::bigint > $1");
        let count: i64 = sqlx::query_scalar(sqlx::AssertSqlSafe(count))
            .bind(newest)
            .fetch_one(&db)
            .await
            .unwrap();
        written.push((table, count));
    }
    assert_eq!(
        written,
        [
            ("users", 1),
            ("members", 0),
            ("messages", 1),
            ("conversations", 1),
            ("announcement_reaches", 1),
            ("read_marks", 0),
            ("mentions", 0),
        ]
    );
}

#[sqlx::test(migrations = "../../migrations")]
async fn announcements_and_messages_are_written_together(db: PgPool) {
    let people = people(db).await;
    let (chat, admin) = (&people.chat, admin(&people).await);
    let group = people.group().await;
    let mut tasks = tokio::task::JoinSet::new();
    for n in 0..40 {
        let (chat, id) = (chat.clone(), if n % 2 == 0 { group } else { ANNOUNCEMENTS });
        tasks.spawn(async move {
            let sent = chat.send_message(&admin, id, text(&n.to_string(), None));
            sent.await.unwrap().message
        });
    }
    let messages = tasks.join_all().await;
    for id in [group, ANNOUNCEMENTS] {
        let of = messages.iter().filter(|it| it.conversation_id == id);
        let mut positions: Vec<_> = of.map(|it| it.position).collect();
        positions.sort_unstable();
        assert_eq!(positions, (1..=20).collect::<Vec<_>>());
        let unread = chat.conversation(&people.grace, id).await.unwrap().unread;
        assert_eq!(unread, 20);
        assert_eq!(chat.conversation(&admin, id).await.unwrap().unread, 0);
    }
    for message in messages {
        let announced = chat.announcement(message.id).await;
        assert_eq!(announced.is_ok(), message.conversation_id == ANNOUNCEMENTS);
    }
}
