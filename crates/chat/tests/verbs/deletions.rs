//! Deletion of accounts: somebody who has used everything is deleted, and then every table, every column and every file is
//! looked through for what is left.

use crate::audit_actions::expect;
use crate::fixtures::{People, event, people, refused, text};
use crate::polls::asking;
use crate::threads::in_thread;
use crate::two_factor::{CLIENT, PASSWORD, register, session};
use crate::uploads::{people_below, uploaded, with};
use chat::{Caller, Delivery};
use model::{
    AccountDeletion, AuditAction, ConversationId, ConversationKind, DraftChange, ErrorCode, Event,
    Message, MessagesOfDeleted, NewConversation, NewPoll, NewScheduledMessage, NewVote, NewWebhook,
    OwnDeletion, UserRole,
};
use sqlx::{AssertSqlSafe, PgPool};
use std::{collections::BTreeSet, path::Path};
use time::{Duration, OffsetDateTime};

/// It is in everything that says who the person was, and in what only they had.
const MARK: &str = "zqmark";

/// Columns that name users and that nobody who is a person is in, or only once the deletion has begun.
const NOT_USED: [(&str, &str); 5] = [
    ("bots", "user_id"),
    ("conversations", "low_user_id"),
    ("deletion_words", "user_id"),
    ("deletions", "user_id"),
    ("sweeps", "after_user_id"),
];

/// Somebody who has used everything, and what they have said in a group of Ada's.
struct Used {
    people: People,
    me: Caller,
    group: ConversationId,
    own_group: ConversationId,
    said: Message,
}

/// `word`: what their messages and the files of these have in them.
async fn use_everything(db: &PgPool, people: People, word: &str) -> Used {
    let chat = &people.chat;
    let (me, _) = session(chat, register(chat).await).await;
    let group = people
        .create(ConversationKind::Group, &[&people.grace, &me], "Engines")
        .await;
    let new = NewConversation {
        member_ids: vec![people.grace.user_id],
        title: Some("Mine".to_owned()),
        kind: ConversationKind::Group,
        ..crate::fixtures::direct()
    };
    let own = chat.create_conversation(&me, new).await.unwrap();
    let own_group = own.summary.conversation.id;
    chat.direct(&me, people.grace.user_id).await.unwrap();
    let theirs = people.say(&people.ada, group, "Nothing of them").await;
    let file = uploaded(&people, &me, &format!("{word}.txt"), word.as_bytes()).await;
    let said = chat.send_message(&me, group, with(&[&file], word, None));
    let said = said.await.unwrap().message;
    let edited = format!("{word} again");
    let said = chat.edit_message(&me, said.id, edited).await.unwrap();
    let reply = in_thread(word, &theirs);
    chat.send_message(&me, group, reply).await.unwrap();
    chat.add_reaction(&me, theirs.id, "👍").await.unwrap();
    chat.pin_message(&me, theirs.id).await.unwrap();
    chat.mark_read(&me, group, 1).await.unwrap();
    chat.save_message(&me, theirs.id).await.unwrap();
    let poll = NewPoll {
        anonymous: true,
        ..crate::polls::new_poll()
    };
    let poll = chat.send_message(&people.ada, group, asking(poll)).await;
    let vote = NewVote { options: vec![1] };
    let poll = poll.unwrap().message;
    chat.vote(&me, poll.id, vote).await.unwrap();
    let draft_file = uploaded(&people, &me, "zqmark.txt", b"zqmark in a draft").await;
    let draft = DraftChange {
        body: "zqmark is a draft".to_owned(),
        attachment_ids: Some(vec![draft_file.id]),
        ..DraftChange::default()
    };
    chat.save_draft(&me, group, draft).await.unwrap();
    uploaded(&people, &me, "zqmark-loose.txt", b"zqmark in no message").await;
    let later = NewScheduledMessage {
        body: "zqmark comes later".to_owned(),
        reply_to_id: None,
        thread_id: None,
        also_to_conversation: false,
        send_at: OffsetDateTime::now_utc() + Duration::HOUR,
        client_id: None,
        draft_seq: None,
        attachment_ids: Vec::new(),
        poll: model::NoPoll,
    };
    chat.schedule_message(&me, group, later).await.unwrap();
    let at = OffsetDateTime::now_utc() + Duration::HOUR;
    chat.set_reminder(&me, theirs.id, at).await.unwrap();
    let hook = NewWebhook {
        name: "Monitoring".to_owned(),
        may_mention_many: false,
    };
    chat.create_webhook(&me, own_group, hook).await.unwrap();
    // Named after its members, and left before the deletion.
    let unnamed = NewConversation {
        member_ids: vec![people.grace.user_id, me.user_id],
        kind: ConversationKind::Group,
        ..crate::fixtures::direct()
    };
    let unnamed = chat.create_named_after_members(&people.ada, unnamed).await;
    let unnamed = unnamed.unwrap().summary.conversation.id;
    chat.leave_conversation(&me, unnamed).await.unwrap();
    write_the_rest(db, &people, &me, &[&theirs, &said]).await;
    chat.index_all().await.unwrap();
    Used {
        people,
        me,
        group,
        own_group,
        said,
    }
}

/// What takes a provider, a mail server, an app or a wait to make.
async fn write_the_rest(db: &PgPool, people: &People, me: &Caller, of: &[&Message; 2]) {
    let sql = include_str!("deletions.sql")
        .replace("{me}", &me.user_id.to_string())
        .replace("{ada}", &people.ada.user_id.to_string())
        .replace("{grace}", &people.grace.user_id.to_string())
        .replace("{theirs}", &of[0].id.to_string())
        .replace("{said}", &of[1].id.to_string())
        .replace("{group}", &of[0].conversation_id.to_string());
    sqlx::raw_sql(AssertSqlSafe(sql)).execute(db).await.unwrap();
}

/// The columns that name this user, of all that name users.
async fn columns(db: &PgPool, sql: &'static str, id: i64) -> BTreeSet<(String, String)> {
    let found: Vec<(String, String)> = sqlx::query_as(sql).bind(id).fetch_all(db).await.unwrap();
    found.into_iter().collect()
}

/// Fails for a column that names users and that this test does not fill: a new one has to be used above, and erased.
async fn require_all_used(db: &PgPool, me: &Caller) {
    let all = "select table_name, column_name from user_columns() where $1 > 0";
    let used = "select table_name, column_name from traces_of_user($1)";
    let all = columns(db, all, me.user_id.0).await;
    let used = columns(db, used, me.user_id.0).await;
    let unused: BTreeSet<_> = all.difference(&used).cloned().collect();
    let expected = NOT_USED.map(|(table, column)| (table.to_owned(), column.to_owned()));
    assert_eq!(unused, BTreeSet::from(expected));
}

/// Erases, as after the time in which a request may still be running.
async fn erase(people: &People, db: &PgPool) {
    people.chat.erase_deleted_users().await.unwrap();
    let sql = "update deletions set requested_at = requested_at - interval '2 minutes',
        attempt_at = clock_timestamp() where finished_at is null";
    sqlx::query(sql).execute(db).await.unwrap();
    people.chat.erase_deleted_users().await.unwrap();
}

fn files_with(folder: &Path, mark: &str) -> Vec<String> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files_with(&path, mark));
        } else {
            let bytes = std::fs::read(&path).unwrap();
            if bytes.windows(mark.len()).any(|it| it == mark.as_bytes()) {
                found.push(path.display().to_string());
            }
        }
    }
    found
}

async fn texts(db: &PgPool, mark: &str) -> Vec<(String, String, i64)> {
    let sql = "select table_name, column_name, row_count from traces_of_texts(array[$1])";
    sqlx::query_as(sql).bind(mark).fetch_all(db).await.unwrap()
}

async fn delete_and_look(db: PgPool, name: &str, messages: MessagesOfDeleted) {
    let (people, folder) = people_below(db.clone(), name).await;
    let word = match messages {
        MessagesOfDeleted::Keep => "abidingword",
        MessagesOfDeleted::Remove => "zqmarkword",
    };
    let used = use_everything(&db, people, word).await;
    let (chat, me) = (&used.people.chat, used.me);
    require_all_used(&db, &me).await;
    assert!(texts(&db, MARK).await.len() > 20);
    assert!(!files_with(&folder, MARK).is_empty());
    let operator = Caller::OPERATOR;

    let mut subscription = chat.subscribe();
    let deleted = chat
        .delete_account_of(&operator, me.user_id, messages)
        .await;
    let deleted = deleted.unwrap();
    assert_eq!(deleted.username, format!("deleted-{}", me.user_id));
    assert_eq!(deleted.finished_at, None);
    let told = used.people.drain(&mut subscription).await;
    assert!(told.contains(&Delivery::DisconnectUser(me.user_id)));
    let renamed = told.iter().find_map(|it| match event(it) {
        Some(Event::UserUpdated { profile }) => Some(profile.name.clone()),
        _ => None,
    });
    assert_eq!(renamed.as_deref(), Some("Deleted user"));
    assert_eq!(chat.audit_callers(&[me]).await.unwrap(), [None]);
    refused(
        chat.delete_account_of(&operator, me.user_id, messages)
            .await,
        ErrorCode::NotFound,
    );

    erase(&used.people, &db).await;
    let deletion = chat.deletion(&operator, me.user_id).await.unwrap();
    assert!(deletion.finished_at.is_some());
    let traces = chat.traces(&operator, me.user_id, &[MARK.to_owned()]).await;
    let traces = traces.unwrap();
    let unexplained: Vec<_> = traces.iter().filter(|it| it.why.is_none()).collect();
    assert!(unexplained.is_empty(), "{unexplained:#?}");
    assert_eq!(texts(&db, MARK).await, []);
    assert_eq!(files_with(&folder, MARK), [""; 0]);
    assert!(traces.iter().all(|it| it.table != "sessions"));

    let ada = &used.people.ada;
    let said = chat.message(ada, used.said.id).await.unwrap();
    assert_eq!(said.sender.name, "Deleted user");
    let is_kept = messages == MessagesOfDeleted::Keep;
    assert_eq!(said.deleted_at.is_none(), is_kept);
    assert_eq!(said.body.is_empty(), !is_kept);
    assert_eq!(files_with(&folder, word).is_empty(), !is_kept);
    // Grace owns the group that the deleted user has made.
    let own = chat.conversation(&used.people.grace, used.own_group).await;
    assert_eq!(own.unwrap().role, Some(model::MemberRole::Owner));
    let left = chat.conversation(ada, used.group).await.unwrap();
    assert_eq!(left.conversation.member_count, 2);
    nothing_brings_it_back(&db, &used).await;
    if is_kept {
        // The first reply to a message has its sender follow the thread, but nobody who was deleted.
        let reply = in_thread("too late", &used.said);
        chat.send_message(ada, used.group, reply).await.unwrap();
        let traces = chat.traces(&operator, me.user_id, &[]).await.unwrap();
        assert!(traces.iter().all(|it| it.why.is_some()), "{traces:#?}");
    }
    std::fs::remove_dir_all(&folder).unwrap();
}

async fn nothing_brings_it_back(db: &PgPool, used: &Used) {
    let id = used.me.user_id.0;
    let chat = &used.people.chat;
    // A directory, an import, or a node of the version before.
    let sql = "update users set addable_by = 'everybody', name = 'zqmark', email = 'zqmark@example.org', blocked_at = null, role = 'admin',
        deleted_at = null where id = $1";
    sqlx::query(sql).bind(id).execute(db).await.unwrap();
    assert_eq!(texts(db, MARK).await, []);
    let addable: String = sqlx::query_scalar("select addable_by from users where id = $1")
        .bind(id)
        .fetch_one(db)
        .await
        .unwrap();
    assert_eq!(addable, "nobody");
    let again = "insert into app_users (app_id, external_id, user_id) select id, 'zqmark-there', $1 from apps";
    let error = sqlx::query(again).bind(used.people.ada.user_id.0);
    let error = error.execute(db).await.unwrap_err();
    let constraint = error.as_database_error().and_then(|it| it.constraint());
    assert_eq!(constraint, Some("app_users_not_deleted"));
    let ada = &used.people.ada;
    refused(chat.direct(ada, used.me.user_id).await, ErrorCode::NotFound);
    let found = chat.users(ada, Some("deleted"), model::PageRequest::default());
    assert_eq!(found.await.unwrap().items, []);
    refused(
        chat.unblock_user(&Caller::OPERATOR, used.me.user_id).await,
        ErrorCode::NotFound,
    );
}

#[sqlx::test(migrations = "../../migrations")]
async fn nothing_is_left_of_who_it_was_and_messages_stay(db: PgPool) {
    Box::pin(delete_and_look(db, "deleted-keep", MessagesOfDeleted::Keep)).await;
}

#[sqlx::test(migrations = "../../migrations")]
async fn nothing_is_left_at_all_but_tombstones(db: PgPool) {
    Box::pin(delete_and_look(
        db,
        "deleted-remove",
        MessagesOfDeleted::Remove,
    ))
    .await;
}

#[sqlx::test(migrations = "../../migrations")]
async fn people_delete_their_own_account_with_proof_and_administrators_that_of_others(db: PgPool) {
    let people = people(db.clone()).await;
    let chat = &people.chat;
    let (me, _) = session(chat, register(chat).await).await;
    let wish = |username: &str, password: &str| OwnDeletion {
        username: username.to_owned(),
        messages: MessagesOfDeleted::Keep,
        current_password: password.to_owned(),
        code: String::new(),
    };
    for (username, password) in [("ada", PASSWORD), ("mallory", "wrong horse")] {
        let refusal = chat.delete_own_account(&me, wish(username, password), &CLIENT);
        refused(refusal.await, ErrorCode::Invalid);
    }
    let keep = MessagesOfDeleted::Keep;
    let id = me.user_id;
    let proof = |password: &str| AccountDeletion {
        messages: keep,
        current_password: password.to_owned(),
        code: String::new(),
    };
    let by_member = chat.delete_account(&people.outsider, id, proof(PASSWORD), &CLIENT);
    refused(by_member.await, ErrorCode::Forbidden);
    let by_member = chat.delete_account_of(&people.outsider, id, keep);
    refused(by_member.await, ErrorCode::Forbidden);
    refused(
        chat.deletion(&people.outsider, id).await,
        ErrorCode::Forbidden,
    );
    // The last administrator stays.
    let promote = "update users set role = 'admin', password_hash = '' where username = 'ada'";
    sqlx::query(promote).execute(&db).await.unwrap();
    let ada = Caller {
        role: UserRole::Admin,
        ..people.ada
    };
    let own = chat.delete_account(&ada, ada.user_id, proof(""), &CLIENT);
    refused(own.await, ErrorCode::Conflict);
    let last = chat.delete_account_of(&Caller::OPERATOR, ada.user_id, keep);
    refused(last.await, ErrorCode::Conflict);
    let admin = Caller {
        role: UserRole::Admin,
        ..me
    };
    let linus = people.linus.user_id;
    let wrong = chat.delete_account(&admin, linus, proof("wrong horse"), &CLIENT);
    refused(wrong.await, ErrorCode::Invalid);
    let right = chat.delete_account(&admin, linus, proof(PASSWORD), &CLIENT);
    assert_eq!(right.await.unwrap().user_id, linus);

    let right = chat.delete_own_account(&me, wish(" Mallory ", PASSWORD), &CLIENT);
    assert_eq!(right.await.unwrap().user_id, id);
    expect(&db, &[AuditAction::UserDeleted, AuditAction::UserLeft]).await;
    // The name is free.
    register(chat).await;
}

#[sqlx::test(migrations = "../../migrations")]
async fn an_interrupted_erasure_goes_on(db: PgPool) {
    let people = people(db.clone()).await;
    let chat = &people.chat;
    let id = people.group().await;
    let said = people.say(&people.grace, id, "to be removed").await;
    let remove = MessagesOfDeleted::Remove;
    let deleted = chat.delete_account_of(&Caller::OPERATOR, people.grace.user_id, remove);
    deleted.await.unwrap();
    // A node has taken it and died.
    let take =
        "update deletions set attempt_at = clock_timestamp() + interval '2 minutes', attempts = 1";
    sqlx::query(take).execute(&db).await.unwrap();
    chat.erase_deleted_users().await.unwrap();
    let message = chat.message(&people.ada, said.id).await.unwrap();
    assert_eq!(message.deleted_at, None, "the other node has it");
    erase(&people, &db).await;
    let mut subscription = chat.subscribe();
    let message = chat.message(&people.ada, said.id).await.unwrap();
    assert!(message.deleted_at.is_some());
    // Once it is finished, nobody does it again.
    erase(&people, &db).await;
    assert_eq!(people.drain(&mut subscription).await, []);
    refused(
        chat.send_message(&people.grace, id, text("hi", None)).await,
        ErrorCode::NotFound,
    );
}
