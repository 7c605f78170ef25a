//! Every query of a growing table uses an index: all verbs run over a filled database, and
//! Postgres' statistics (`pg_stat_user_tables`) then show that they have read few rows.

use crate::email_addresses::run_verbs_of_emails;
use crate::files::run_verbs_of_files;
use crate::fixtures::{let_sign_in, people, text};
use crate::imports::{Dump, dump_id};
use crate::link_previews::run_verbs_of_links;
use crate::link_site::Names;
use crate::mailbox::Mailbox;
use crate::poll_rules::run_verbs_of_polls;
use chat::{
    AccessWatch, Caller, Chat, Client, FavoriteTarget, IdKind, LinkPreviewSettings,
    MessagesRequest, OffsetPageRequest, PageAnchor, Reach, Search, SearchRequest, Settings,
    imports::{ConversationRef, Reaction, ReadState, ReadUpTo},
};
use model::{
    ConversationId, ConversationKind, DraftChange, MessageId, NewForward, NewInvitation,
    NewMessage, NewMute, NewScheduledMessage, NewUpload, PageRequest, PresenceChoice,
    ScheduledChange, SyncRequest, TwoFactorLogin, UserKey, UserRole,
};
use serde_json::json;
use sqlx::{PgPool, postgres::PgPoolOptions};
use std::{sync::Arc, time::Duration};
use time::OffsetDateTime;

const FILL: &str = include_str!("indexes/fill.sql");

#[sqlx::test(migrations = "../../migrations")]
async fn no_verb_reads_a_large_table_from_end_to_end(db: PgPool) {
    // Two pools, closed after use: a connection reports the last of its counters when it ends.
    let setup_pool = pool(&db).await;
    let people = people(setup_pool.clone()).await;
    let_sign_in(&setup_pool).await;
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
    // No host is found: what is not known of a link is asked of nobody.
    let nobody = Reach::new(Arc::new(Names::default()), Vec::new(), Vec::new());
    let settings = Settings {
        link_previews: LinkPreviewSettings {
            enabled: true,
            reach: nobody,
        },
        ..Mailbox::default().settings(crate::fixtures::settings())
    };
    let chat = Chat::new(verbs_pool.clone(), settings);
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
        .send_message(ada, id, text("hi @grace and @all, @here", Some("k")))
        .await
        .unwrap()
        .message;
    chat.send_message(ada, id, text("hi @grace and @all, @here", Some("k")))
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
    run_verbs_of_emails(chat, &people.outsider).await;
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
    run_searches(chat, grace).await;
    run_verbs_of_files(chat, ada, grace, id).await;
    chat.user(grace, ada.user_id).await.unwrap();
    chat.sessions(grace, &page()).await.unwrap();
    chat.account(grace).await.unwrap();
    chat.set_presence(grace, PresenceChoice::Away)
        .await
        .unwrap();
    chat.set_typing(grace, id, true).await.unwrap();
    run_verbs_of_links(chat, ada, id).await;
    chat.delete_message(ada, message.id).await.unwrap();
    run_verbs_of_apps(chat).await;
    run_verbs_of_accounts(chat, ada).await;
    run_verbs_of_contracts(chat, people, id).await;
}

async fn run_personal_verbs(chat: &Chat, grace: &Caller, id: ConversationId, message: MessageId) {
    let page = PageRequest::default;
    chat.identities(grace).await.unwrap();
    let empty = NewUpload {
        name: "empty".to_owned(),
        ..NewUpload::default()
    };
    let file = chat.create_upload(grace, empty).await.unwrap().0.id;
    let draft = chat.save_draft(grace, id, DraftChange::default()).await;
    assert!(draft.unwrap().saved);
    for base in 0..2 {
        let draft = DraftChange {
            body: format!("a draft {base}"),
            base,
            attachment_ids: Some(vec![file]),
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
        attachment_ids: vec![file],
        poll: model::NoPoll,
    };
    let scheduled = chat.schedule_message(grace, id, scheduled).await;
    let scheduled = scheduled.unwrap().0;
    let change = ScheduledChange {
        attachment_ids: Some(vec![file]),
        ..ScheduledChange::default()
    };
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
    chat.set_mute(grace, id, NewMute::default()).await.unwrap();
    chat.mutes(grace, page()).await.unwrap();
    chat.muted_conversations(grace).await.unwrap();
    chat.unmute(grace, id).await.unwrap();
    run_verbs_of_polls(chat, grace, id).await;
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
    for query in ["user199", "gro", "lniux", ""] {
        chat.find(grace, query, None).await.unwrap();
    }
    for query in ["1999", "uesr1999", "čapek"] {
        let found = chat.users(grace, Some(query), PageRequest::default());
        found.await.unwrap();
    }
    chat.conversations_like(grace, "eng", PageRequest::default())
        .await
        .unwrap();
}

async fn run_verbs_of_accounts(chat: &Chat, ada: &Caller) {
    let operator = &Caller::OPERATOR;
    let page = PageRequest::default();
    let found = chat.user_accounts(operator, Some("1999"), &page).await;
    assert_eq!(found.unwrap().items.len(), 12);
    chat.user_accounts(operator, None, &page).await.unwrap();
    let link = chat.create_password_reset(operator, ada.user_id).await;
    let token = link.unwrap().token;
    chat.password_reset_user(&token).await.unwrap();
    chat.invitations(operator, &page).await.unwrap();
    let made = chat
        .create_invitation(operator, NewInvitation::default())
        .await;
    let token = made.unwrap().token;
    chat.check_invitation(&token).await.unwrap();
    chat.set_user_role(operator, ada.user_id, UserRole::Admin)
        .await
        .unwrap();
    chat.set_user_role(operator, ada.user_id, UserRole::Member)
        .await
        .unwrap_err();
    let state = chat.two_factor(ada).await.unwrap();
    assert_eq!(state.recovery_codes_left, 1);
    let login = TwoFactorLogin {
        ticket: ada.user_id.to_string(),
        code: "aaaa-aaaa-aaaa-aaaa".to_owned(),
    };
    let client = Client::default();
    chat.sign_in_with_code(&login, &client).await.unwrap_err();
    assert!(chat.reset_two_factor(operator, ada.user_id).await.unwrap());
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
            assert_eq!((found.items.len(), found.total), (2, 30_004));
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
