//! Every query of a growing table uses an index: all verbs run over a filled database, and
//! Postgres' statistics (`pg_stat_user_tables`) then show that they have read few rows.

use crate::fixtures::{people, text};
use crate::imports::{Dump, dump_id};
use chat::{
    AccessWatch, Caller, Chat, FavoriteTarget, IdKind, MessagesRequest, OffsetPageRequest,
    PageAnchor, Search, SearchRequest,
    imports::{ConversationRef, Reaction, ReadState, ReadUpTo},
};
use model::{
    ConversationId, ConversationKind, DraftChange, MessageId, NewForward, NewMessage,
    NewScheduledMessage, PageRequest, PresenceChoice, ScheduledChange, SyncRequest, UserKey,
};
use serde_json::json;
use sqlx::{PgPool, postgres::PgPoolOptions};
use std::time::Duration;
use time::OffsetDateTime;

/// 20,000 users, 5,000 small groups, and 30,000 messages in one conversation.
const FILL: &str = "
    insert into users (username, name)
        select 'user' || n, 'Somebody No. ' || n from generate_series(1, 20000) n;
    insert into conversations (kind, title, private, created_by, position, seq, member_count)
        select 'group', 'Group ' || n, true, (select min(id) from users), 0, 1, 3
        from generate_series(1, 5000) n;
    insert into members (conversation_id, user_id, role, joined_seq, seq)
        select c.id, u.id, 'member', 1, 1 from conversations c
        join lateral (select id from users where id > 100 + c.id * 2 order by id limit 3) u on true
        where c.title like 'Group %'
        on conflict do nothing;
    insert into messages (conversation_id, position, created_seq, seq, sender_id, body, client_id)
        select id, n, n + 1, n + 1, created_by, 'filler', 'f' || n
        from conversations c, generate_series(1, 10) n where c.title like 'Group %';
    insert into messages
            (conversation_id, position, created_seq, seq, sender_id, body, created_at)
        select c.id, n, c.seq + n, c.seq + n, c.created_by,
            case when n % 1000 = 0 then 'a needle in the hay' else 'filler' end,
            now() - (30000 - n) * interval '1 minute'
        from conversations c, generate_series(1, 30000) n where c.title = 'Engines';
    insert into reactions (message_id, emoji, user_id)
        select id, '👍', sender_id from messages where id % 3 = 0;
    insert into edits (message_id, body) select id, 'before' from messages where id % 5 = 0;
    insert into mentions (conversation_id, user_id, message_id, position)
        select m.conversation_id, u.id, m.id, m.position from messages m, users u
        where m.id % 70 = 0 and u.username in ('ada', 'linus');
    update conversations set position = position + 10, seq = seq + 10 where title like 'Group %';
    update conversations set position = 30000, seq = seq + 30000 where title = 'Engines';
    insert into messages (conversation_id, position, created_seq, seq, sender_id, body)
        select 0, n, n + 1, n + 1, (select min(id) from users), 'news'
        from generate_series(1, 20000) n;
    insert into announcement_reaches (message_id, reach)
        select id, 1 from messages where conversation_id = 0;
    update conversations set position = 20000, seq = 20001 where id = 0;
    insert into favorites (user_id, person_id)
        select u.id, p.id from users u, users p where u.id % 200 = 0 and p.id % 200 = 1;
    insert into read_marks (conversation_id, user_id, position)
        select c.id, m.user_id, n * 99 from conversations c
        join members m on m.conversation_id = c.id, generate_series(1, 300) n
        where c.title in ('Engines', 'Group 1', 'Group 2', 'Group 3');
    insert into personal_sequences (user_id, seq, changed_at) select id, 0, now() from users;
    insert into drafts (user_id, conversation_id, thread_id, body, seq)
        select u.id, c.id, n, 'a draft', 0 from users u, conversations c, generate_series(1, 2) n
        where c.title = 'Engines' and u.username <> 'grace';
    insert into scheduled_messages (user_id, conversation_id, also_to_conversation, body, send_at, attempt_at,
            state, client_id, seq)
        select u.id, c.id, false, 'later', now() + interval '1 day', now() + interval '1 day',
            (array['scheduled', 'sent'])[n], n::text, 0
        from users u, conversations c, generate_series(1, 2) n
        where c.title = 'Engines' and u.username <> 'grace';
    insert into reminders (user_id, message_id, conversation_id, remind_at, state, seq)
        select u.id, n, c.id, now() + interval '1 day', (array['waiting', 'completed'])[n], 0
        from users u, conversations c, generate_series(1, 2) n
        where c.title = 'Engines' and u.username <> 'grace';
    insert into forwards (message_id, named_id, original_id, said_by, said_at)
        select m.id, m.id, m.id, m.sender_id, now() from messages m where m.id % 2 = 0;
    insert into sessions (user_id, expires_at)
        select id, now() + interval '1 day' from users;
    insert into apps (name, configured_as, issuer) values ('app', 'app', '');
    insert into app_users (app_id, external_id, user_id, first_token_at, ended_at)
        select a.id, u.username, u.id, now(),
            case when u.id % 10 = 0 then now() - interval '1 day' end
        from users u, apps a where u.username like 'user%';
";

#[sqlx::test(migrations = "../../migrations")]
async fn no_verb_reads_a_large_table_from_end_to_end(db: PgPool) {
    // Two pools, closed after use: a connection reports the last of its counters when it ends.
    let setup_pool = pool(&db).await;
    let people = people(setup_pool.clone()).await;
    let id = people.group().await;
    sqlx::raw_sql(FILL).execute(&setup_pool).await.unwrap();
    people.chat.index_all().await.unwrap();
    // As autovacuum would leave the tables: with statistics, and an empty pending list of the GIN
    // index.
    sqlx::raw_sql("vacuum analyze")
        .execute(&setup_pool)
        .await
        .unwrap();
    setup_pool.close().await;
    let before = rows_read(&db).await;

    let verbs_pool = pool(&db).await;
    let chat = Chat::new(verbs_pool.clone(), crate::fixtures::settings());
    run_all_verbs(&chat, &people, id).await;
    verbs_pool.close().await;

    let after = rows_read(&db).await;
    for ((table, before), (_, after)) in before.iter().zip(&after) {
        let read = after - before;
        // All verbs together; the smallest of these tables has 20,000 rows, and some read hundreds. Each search reads the newest
        // thousand first, of 100,000.
        let max = if table == "message_search" {
            15_000
        } else {
            10_000
        };
        assert!(read < max, "{read} rows of {table} were read");
    }
}

async fn run_all_verbs(chat: &Chat, people: &crate::fixtures::People, id: ConversationId) {
    let (ada, grace) = (&people.ada, &people.grace);
    let page = PageRequest::default;
    let message = chat
        .send_message(ada, id, text("hi @grace", Some("k")))
        .await
        .unwrap()
        .message;
    chat.send_message(ada, id, text("hi @grace", Some("k")))
        .await
        .unwrap();
    for anchor in [
        PageAnchor::Newest,
        PageAnchor::Before(15_000),
        PageAnchor::After(15_000),
        PageAnchor::Around(15_000),
    ] {
        let request = MessagesRequest {
            anchor,
            limit: Some(50),
            main_line: false,
        };
        assert_eq!(
            chat.messages(grace, id, request).await.unwrap().items.len(),
            50
        );
    }
    chat.edit_message(ada, message.id, "hello @linus".to_owned())
        .await
        .unwrap();
    chat.add_reaction(grace, message.id, "👍").await.unwrap();
    chat.edits(grace, message.id).await.unwrap();
    chat.message_receipts(grace, message.id, page())
        .await
        .unwrap();
    chat.message(grace, MessageId(message.id.0 - 1))
        .await
        .unwrap();
    chat.mark_read(grace, id, 20_000).await.unwrap();
    chat.mark_delivered(grace, id, 25_000).await.unwrap();
    chat.mark_unread(grace, id, 19_000).await.unwrap();
    chat.pin_message(ada, message.id).await.unwrap();
    chat.pins(grace, id, page()).await.unwrap();
    let reply = NewMessage {
        thread_id: Some(message.id),
        ..text("in a thread", None)
    };
    chat.send_message(ada, id, reply).await.unwrap();
    chat.thread(grace, message.id).await.unwrap();
    let main_line = MessagesRequest {
        main_line: true,
        ..MessagesRequest::default()
    };
    chat.messages(grace, id, main_line).await.unwrap();
    chat.thread_messages(grace, message.id, main_line)
        .await
        .unwrap();
    chat.follow_thread(grace, message.id, true).await.unwrap();
    chat.mark_thread_read(grace, message.id, 1).await.unwrap();
    chat.followed_threads(grace, page()).await.unwrap();
    run_personal_verbs(chat, grace, id, message.id).await;
    chat.save_message(grace, message.id).await.unwrap();
    chat.saved_messages(grace, page()).await.unwrap();
    chat.unread(&people.linus).await.unwrap();
    chat.changes(grace, id, 29_000, None).await.unwrap();
    let known = [(id, 29_950)].into_iter().collect();
    chat.sync(
        grace,
        SyncRequest {
            conversations: known,
            since: Some(time::OffsetDateTime::now_utc()),
            receipts: vec![id],
        },
    )
    .await
    .unwrap();
    chat.ready(grace).await.unwrap();
    chat.memberships(grace).await.unwrap();
    chat.conversations(grace, page()).await.unwrap();
    chat.conversation(grace, id).await.unwrap();
    chat.open_channels(grace, Some("gen"), page())
        .await
        .unwrap();
    chat.members(grace, id, page()).await.unwrap();
    chat.users(grace, Some("1999"), page()).await.unwrap();
    run_searches(chat, grace).await;
    chat.user(grace, ada.user_id).await.unwrap();
    chat.sessions(grace, &page()).await.unwrap();
    chat.account(grace).await.unwrap();
    chat.set_presence(grace, PresenceChoice::Away)
        .await
        .unwrap();
    chat.set_typing(grace, id, true).await.unwrap();
    chat.delete_message(ada, message.id).await.unwrap();
    run_verbs_of_apps(chat).await;
    run_verbs_of_contracts(chat, people, id).await;
}

async fn run_personal_verbs(chat: &Chat, grace: &Caller, id: ConversationId, message: MessageId) {
    let page = PageRequest::default;
    let draft = chat.save_draft(grace, id, DraftChange::default()).await;
    assert!(draft.unwrap().saved);
    for base in 0..2 {
        let draft = DraftChange {
            body: format!("a draft {base}"),
            base,
            ..DraftChange::default()
        };
        chat.save_draft(grace, id, draft).await.unwrap();
    }
    chat.drafts(grace, page()).await.unwrap();
    let in_an_hour = OffsetDateTime::now_utc() + Duration::from_hours(1);
    let scheduled = NewScheduledMessage {
        body: "later".to_owned(),
        reply_to_id: None,
        thread_id: None,
        also_to_conversation: false,
        send_at: in_an_hour,
        client_id: Some("later".to_owned()),
        draft_seq: None,
    };
    let scheduled = chat.schedule_message(grace, id, scheduled).await;
    let scheduled = scheduled.unwrap().0;
    let change = ScheduledChange::default();
    chat.change_scheduled(grace, scheduled.id, change)
        .await
        .unwrap();
    chat.scheduled_messages(grace, page()).await.unwrap();
    chat.send_scheduled_now(grace, scheduled.id).await.unwrap();
    chat.set_reminder(grace, message, in_an_hour).await.unwrap();
    chat.reminders(grace, page()).await.unwrap();
    chat.do_due().await.unwrap();
    chat.personal_changes(grace, 0).await.unwrap();
    chat.complete_reminder(grace, message).await.unwrap();
    let forward = NewForward {
        message_ids: vec![message],
        comment: None,
        client_id: Some("forward".to_owned()),
    };
    let forwards = chat.forward_messages(grace, id, forward).await.unwrap();
    let forwards = [forwards.messages[0].id];
    chat.origins(grace, &forwards).await.unwrap();
}

async fn run_searches(chat: &Chat, grace: &Caller) {
    for (query, count) in [
        ("needle", 30),
        ("needle hay -straw", 30),
        ("\"needle in\" from:ada", 30),
        ("has:file needle", 0),
        ("needel", 30),
        ("needle mentions:me", 0),
    ] {
        let search = Search {
            query: query.to_owned(),
            ..Search::default()
        };
        let found = chat.search(grace, &search, PageRequest::default()).await;
        assert_eq!(found.unwrap().items.len(), count, "{query}");
    }
    for query in ["user199", "gro", ""] {
        chat.find(grace, query, None).await.unwrap();
    }
    chat.conversations_like(grace, "eng", PageRequest::default())
        .await
        .unwrap();
}

async fn run_verbs_of_apps(chat: &Chat) {
    let operator = &Caller::OPERATOR;
    let users = [
        json!({ "id": "user1", "name": "One", "username": "one", "email": "1@example.org" }),
        json!({ "id": "user2", "username": "user3", "email": "1@example.org" }),
        json!({ "id": "user4", "active": false }),
        json!({ "id": "new" }),
    ];
    for _ in 0..2 {
        let update = chat.update_app_users(operator, "app", &users, false);
        update.await.unwrap();
    }
    chat.end_app_user(operator, "app", "user5").await.unwrap();
    let page = PageRequest {
        limit: Some(50),
        cursor: Some("user15".to_owned()),
    };
    let listed = chat.app_users(operator, "app", page).await.unwrap();
    assert_eq!(listed.items.len(), 50);
    let keys: Vec<UserKey> = (0..10)
        .map(|n| format!("app:user{n}").parse().unwrap())
        .collect();
    let found = chat.resolve_user_keys(operator, "userIds", &keys).await;
    assert_eq!(found.unwrap().len(), 10);
    let ids = chat.user_app_ids(operator, listed.items[0].user_id).await;
    assert_eq!(ids.unwrap().len(), 1);
    let mut watch = AccessWatch::new();
    chat.disconnect_changed_users(&mut watch).await.unwrap();
}

/// The verbs that only the contracts of other chats call.
async fn run_verbs_of_contracts(chat: &Chat, people: &crate::fixtures::People, id: ConversationId) {
    let (ada, grace) = (&people.ada, &people.grace);
    for page in [1, 7_000, 15_000] {
        for newest_first_pages in [false, true] {
            let request = OffsetPageRequest {
                page,
                limit: 2,
                newest_first_pages,
            };
            let found = chat.page_of_messages(grace, id, request).await.unwrap();
            assert_eq!((found.items.len(), found.total), (2, 30_002));
        }
    }
    let newest = chat
        .messages_before_time(grace, id, None, 50)
        .await
        .unwrap();
    let before = newest.items[0].created_at - time::Duration::hours(1);
    let earlier = chat.messages_before_time(grace, id, Some(before), 50).await;
    assert_eq!(earlier.unwrap().items.len(), 50);
    let before = Some(newest.items[0].id);
    let earlier = chat.messages_before(grace, id, before, 50).await;
    assert_eq!(earlier.unwrap().items.len(), 50);
    chat.mark_message_read(&people.linus, newest.items[49].id)
        .await
        .unwrap();
    chat.mark_delivered_for(id, &[ada.user_id], 30_000)
        .await
        .unwrap();
    chat.read_marks(grace, id, 29_900, 30_000).await.unwrap();
    chat.require_joined_message(grace, newest.items[0].id)
        .await
        .unwrap();
    chat.members_of_many(&[id]).await.unwrap();
    for conversation_id in [None, Some(id)] {
        let request = SearchRequest {
            query: "NEEDLE".to_owned(),
            conversation_id,
            page: 1,
            limit: 20,
        };
        let found = chat.search_messages(grace, request).await.unwrap();
        assert_eq!((found.items.len(), found.total), (20, 30));
    }
    chat.announcements(grace, PageRequest::default())
        .await
        .unwrap();
    let missed = chat.missed_announcements(grace).await.unwrap();
    assert_eq!(missed.len(), 50);
    chat.mark_announced(grace.user_id, missed[49].id)
        .await
        .unwrap();
    let announced = ConversationId::ANNOUNCEMENTS;
    chat.announcement(MessageId(missed[0].id.0)).await.unwrap();
    let few = MessagesRequest {
        limit: Some(5),
        ..MessagesRequest::default()
    };
    chat.messages(grace, announced, few).await.unwrap();
    chat.changes(grace, announced, 19_900, Some(5))
        .await
        .unwrap();
    chat.mark_read(grace, announced, 19_990).await.unwrap();
    chat.own_read_marks(grace, announced, 19_900, 20_000)
        .await
        .unwrap();
    chat.conversation(grace, announced).await.unwrap();
    chat.add_reaction(grace, MessageId(missed[0].id.0), "👍")
        .await
        .unwrap_err();
    let target = FavoriteTarget::User(ada.user_id);
    chat.toggle_favorite(grace, target).await.unwrap();
    let _device = chat.connect(grace).await.unwrap();
    chat.people(grace).await.unwrap();
    chat.online_users(grace).await.unwrap();
    chat.direct_unread_of(grace.user_id).await.unwrap();
    chat.conversation_meta(id).await.unwrap();
    chat.user_cards(&[ada.user_id, grace.user_id])
        .await
        .unwrap();
    let kinds = [ConversationKind::Group, ConversationKind::Direct];
    chat.conversations_of(grace, &kinds).await.unwrap();
    chat.all_members(grace, id).await.unwrap();
    chat.member_ids(grace, id).await.unwrap();
    chat.start_direct(ada, grace.user_id).await.unwrap();
    let first = OffsetPageRequest {
        page: 1,
        limit: 100,
        ..OffsetPageRequest::default()
    };
    chat.direct_conversations(ada, first).await.unwrap();
    chat.direct_unread(grace).await.unwrap();
    import_and_export(chat, ada).await;
}

/// A small history beside the large tables, of which it reads nothing.
async fn import_and_export(chat: &Chat, ada: &Caller) {
    let mut dump = Dump::of_group(60);
    // An app of its own: the other one has many users.
    let mut import = chat.begin_import("old", false).await.unwrap();
    for _ in 0..2 {
        dump.import_in(&mut import, 1_000).await;
        dump.messages[50].deleted_at = Some(dump.messages[50].created_at);
        "another".clone_into(&mut dump.messages[51].body);
    }
    let caller = Caller {
        app_id: Some(import.app_id()),
        ..*ada
    };
    chat.resolve_message(&caller, "g-7").await.unwrap();
    let read = |up_to| ReadState {
        user: dump_id("linus"),
        up_to,
        at: None,
    };
    let group = ConversationRef::Id(dump_id("g"));
    let at = dump.messages[59].created_at;
    let states = [
        read(ReadUpTo::Time(group.clone(), at)),
        read(ReadUpTo::Everything(group)),
    ];
    import.import_read_states(&states).await.unwrap();
    let reaction = Reaction {
        message: dump_id("g-7"),
        user: dump_id("ada"),
        emoji: "👍".to_owned(),
        created_at: None,
    };
    import.import_reactions(&[reaction]).await.unwrap();
    let kinds = [ConversationKind::Group];
    let mut export = chat
        .begin_export("old", IdKind::Cuid, &kinds)
        .await
        .unwrap();
    assert_eq!(export.users(None).await.unwrap().items.len(), 3);
    assert_eq!(export.members(None).await.unwrap().items.len(), 1);
    assert_eq!(export.conversations(None).await.unwrap().items.len(), 1);
    assert_eq!(export.messages(None).await.unwrap().items.len(), 60);
    assert_eq!(export.reactions(None).await.unwrap().items.len(), 1);
    assert_eq!(export.read_states(None).await.unwrap().items.len(), 3);
    assert_eq!(export.ended_members(None).await.unwrap().items.len(), 0);
    export.count_announcements().await.unwrap();
}

async fn pool(db: &PgPool) -> PgPool {
    let options = (*db.connect_options()).clone().application_name("counted");
    PgPoolOptions::new()
        .max_connections(2)
        .connect_with(options)
        .await
        .unwrap()
}

/// The rows that all connections have read since the database was made, by table.
async fn rows_read(db: &PgPool) -> Vec<(String, i64)> {
    // A backend reports its last counters when it exits, which is some time after its pool is
    // closed.
    let running = "select exists (select from pg_stat_activity
        where datname = current_database() and application_name = 'counted')";
    while sqlx::query_scalar(running).fetch_one(db).await.unwrap() {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    sqlx::query_as(
        "select relname::text, seq_tup_read + coalesce(idx_tup_fetch, 0) from pg_stat_user_tables
        where relname <> '_sqlx_migrations' order by relname",
    )
    .fetch_all(db)
    .await
    .unwrap()
}
