//! The audit log: only added to, chained, verified, erased, removed for its age, and read.

use crate::fixtures::{People, people, refused};
use chat::{AuditFault, AuditHead, AuditReport, Caller, Chat, Origin};
use model::{AuditFilter, ErrorCode, PageRequest, UserId, UserRole};
use sqlx::PgPool;

const NOBODY: &str = "192.0.2.7";

fn from(caller: Caller, address: &str) -> Caller {
    caller.from(Origin {
        address: Some(address.parse().unwrap()),
        door: Some("api"),
        ..Origin::default()
    })
}

pub fn admin(caller: Caller) -> Caller {
    Caller {
        role: UserRole::Admin,
        ..from(caller, NOBODY)
    }
}

/// Grace, an administrator, blocks and unblocks everybody else: four entries of two users, chained.
pub async fn log(people: &People) -> Caller {
    let (chat, grace) = (&people.chat, admin(people.grace));
    for id in [people.linus.user_id, people.ada.user_id] {
        chat.block_user(&grace, id).await.unwrap();
        chat.unblock_user(&grace, id).await.unwrap();
    }
    chat.chain_audit_log().await.unwrap();
    grace
}

pub async fn verify(chat: &Chat) -> AuditReport {
    chat.verify_audit_log(&Caller::OPERATOR, Vec::new())
        .await
        .unwrap()
}

/// Notes that the account was deleted.
async fn delete(db: &PgPool, id: UserId) {
    sqlx::query("insert into deletions (user_id, removes_messages) values ($1, false)")
        .bind(id.0)
        .execute(db)
        .await
        .unwrap();
}

/// What a superuser does, whom no trigger stops.
pub async fn as_superuser(db: &PgPool, sql: &'static str) {
    let mut tx = db.begin().await.unwrap();
    sqlx::query("set local session_replication_role = replica")
        .execute(&mut *tx)
        .await
        .unwrap();
    sqlx::raw_sql(sql).execute(&mut *tx).await.unwrap();
    tx.commit().await.unwrap();
}

/// Erases what is personal of a user, as the deletion of an account does.
pub async fn erase(db: &PgPool, user_id: i64) -> i64 {
    let erased = sqlx::query_scalar("select erase_audit_person($1)").bind(user_id);
    erased.fetch_one(db).await.unwrap()
}

#[sqlx::test(migrations = "../../migrations")]
async fn it_is_only_added_to(db: PgPool) {
    let people = people(db.clone()).await;
    log(&people).await;
    for sql in [
        "update audit_entries set action = 'user.unblocked' where position = 1",
        "update audit_entries set actor_id = null where position = 1",
        "update audit_entries set actor_name = 'eve' where position = 1",
        "update audit_entries set actor_name = null where position = 1",
        "update audit_entries set position = null, hash = null, actor_commitment = null,
            target_commitment = null where position = 4",
        "delete from audit_entries where position = 1",
        "delete from audit_entries where position = 4",
        "truncate audit_entries",
    ] {
        let refusal = sqlx::raw_sql(sql).execute(&db).await.unwrap_err();
        assert!(
            refusal.to_string().contains("only added to"),
            "{sql}: {refusal}"
        );
    }
    let report = verify(&people.chat).await;
    assert_eq!(
        (report.entries, report.unchained, report.faults.len()),
        (4, 0, 0)
    );
}

#[sqlx::test(migrations = "../../migrations")]
async fn whatever_is_changed_behind_it_is_seen(db: PgPool) {
    let people = people(db.clone()).await;
    log(&people).await;
    let whole = verify(&people.chat).await;
    let head = whole.head.clone().unwrap();
    as_superuser(
        &db,
        "create table kept as select * from audit_entries;
        create table kept_chain as select * from audit_chain",
    )
    .await;
    let missing = |from, to| AuditFault::Missing { from, to };
    let changed = |position| AuditFault::Changed { position };
    let cases: [(&str, Vec<AuditFault>); 8] = [
        ("delete from audit_entries where position = 2", vec![missing(2, 2)]),
        ("update audit_entries set action = 'user.created' where position = 3", vec![changed(3)]),
        ("update audit_entries set address = '192.0.2.8' where position = 1", vec![AuditFault::Person { position: 1 }]),
        ("update audit_entries set target_name = null, target_salt = null where position = 2",
            vec![AuditFault::Emptied { position: 2 }]),
        ("update audit_entries set position = 9 where position = 2;
            update audit_entries set position = 2 where position = 3;
            update audit_entries set position = 3 where position = 9", vec![changed(2), changed(3), changed(4)]),
        ("delete from audit_entries where position = 4", vec![AuditFault::End { expected: 4, found: 3 }]),
        ("delete from audit_entries where position = 1;
            update audit_chain set anchor_position = 1, anchor_hash = (select hash from kept where position = 1)",
            vec![AuditFault::Beginning { position: 1 }]),
        // Whoever cuts the end and its mark is seen by the head that was told.
        ("delete from audit_entries where position = 4; update audit_chain set head_position = 3,
            head_hash = (select hash from kept where position = 3)", vec![]),
    ];
    for (sql, faults) in cases {
        as_superuser(&db, sql).await;
        let report = verify(&people.chat).await;
        assert_eq!(report.faults, faults, "{sql}");
        if faults.is_empty() {
            let expected = vec![head.clone()];
            let told = people
                .chat
                .verify_audit_log(&Caller::OPERATOR, expected)
                .await
                .unwrap();
            assert_eq!(told.faults, [AuditFault::Expected { position: 4 }]);
        }
        as_superuser(
            &db,
            "truncate audit_entries; truncate audit_chain;
            insert into audit_entries overriding system value select * from kept;
            insert into audit_chain select * from kept_chain",
        )
        .await;
    }
    assert_eq!(verify(&people.chat).await, whole);
    let expected = vec![
        head.clone(),
        AuditHead {
            hash: "00".repeat(32),
            ..head
        },
    ];
    let told = people
        .chat
        .verify_audit_log(&Caller::OPERATOR, expected)
        .await
        .unwrap();
    assert_eq!(told.faults, [AuditFault::Expected { position: 4 }]);
}

#[sqlx::test(migrations = "../../migrations")]
async fn what_is_personal_is_erased_and_the_chain_stays_whole(db: PgPool) {
    let people = people(db.clone()).await;
    let grace = log(&people).await;
    let chat = &people.chat;
    // Not chained yet.
    chat.block_user(&grace, people.linus.user_id).await.unwrap();
    assert_eq!(erase(&db, people.linus.user_id.0).await, 3);
    delete(&db, people.linus.user_id).await;
    chat.chain_audit_log().await.unwrap();
    let report = verify(chat).await;
    assert_eq!(
        (report.entries, report.erased, report.faults.len()),
        (6, 4, 0),
        "{report:?}"
    );
    assert_eq!(erase(&db, people.grace.user_id.0).await, 5);
    chat.chain_audit_log().await.unwrap();
    // She is still there.
    let emptied = verify(chat).await.faults;
    let emptied: Vec<_> = emptied.iter().map(ToString::to_string).collect();
    assert_eq!(emptied.len(), 5, "{emptied:?}");
    delete(&db, people.grace.user_id).await;
    assert!(verify(chat).await.faults.is_empty());
    let left: Vec<String> = sqlx::query_scalar("select to_jsonb(e)::text from audit_entries e")
        .fetch_all(&db)
        .await
        .unwrap();
    for gone in ["grace", "linus", NOBODY] {
        assert!(left.iter().all(|it| !it.contains(gone)), "{gone}: {left:?}");
    }
    assert!(left.iter().any(|it| it.contains("ada")));
}

#[sqlx::test(migrations = "../../migrations")]
async fn nodes_chain_together_what_transactions_write_apart(db: PgPool) {
    let people = people(db.clone()).await;
    let grace = admin(people.grace);
    // It is written first, and committed last.
    let mut late = db.begin().await.unwrap();
    sqlx::query("insert into audit_entries (action, actor_kind) values ('user.created', 'server')")
        .execute(&mut *late)
        .await
        .unwrap();
    people
        .chat
        .block_user(&grace, people.linus.user_id)
        .await
        .unwrap();
    people.chat.chain_audit_log().await.unwrap();
    late.commit().await.unwrap();
    let other = Chat::new(db.clone(), crate::fixtures::settings());
    for _ in 0..3 {
        other
            .unblock_user(&grace, people.linus.user_id)
            .await
            .unwrap();
        let (one, two) = tokio::join!(people.chat.chain_audit_log(), other.chain_audit_log());
        one.unwrap();
        two.unwrap();
    }
    other.chain_audit_log().await.unwrap();
    let report = verify(&other).await;
    assert_eq!(
        (report.entries, report.unchained, report.faults.len()),
        (5, 0, 0),
        "{report:?}"
    );
    let first: String = sqlx::query_scalar("select action from audit_entries where position = 1")
        .fetch_one(&db)
        .await
        .unwrap();
    assert_eq!(first, "user.blocked");
}

#[sqlx::test(migrations = "../../migrations")]
async fn administrators_read_it_in_pages_and_by_filter(db: PgPool) {
    let people = people(db.clone()).await;
    let grace = log(&people).await;
    let chat = &people.chat;
    let all = PageRequest::default();
    for caller in [&people.outsider, &people.ada] {
        let none = AuditFilter::default();
        refused(
            chat.audit_entries(caller, &none, &all).await,
            ErrorCode::Forbidden,
        );
        refused(
            chat.begin_audit_export(caller, &none).await,
            ErrorCode::Forbidden,
        );
        refused(
            chat.export_audit_entries(caller, &none, None).await,
            ErrorCode::Forbidden,
        );
        refused(
            chat.verify_audit_log(caller, Vec::new()).await,
            ErrorCode::Forbidden,
        );
    }
    let count = async |filter: AuditFilter| {
        chat.audit_entries(&grace, &filter, &all)
            .await
            .unwrap()
            .items
            .len()
    };
    let with = AuditFilter::default;
    let text = |text: &str| Some(text.to_owned());
    assert_eq!(
        count(AuditFilter {
            actor_id: Some(grace.user_id),
            ..with()
        })
        .await,
        4
    );
    assert_eq!(
        count(AuditFilter {
            target_id: Some(people.ada.user_id),
            ..with()
        })
        .await,
        2
    );
    assert_eq!(
        count(AuditFilter {
            target_id: Some(grace.user_id),
            ..with()
        })
        .await,
        0
    );
    assert_eq!(
        count(AuditFilter {
            action: text("user"),
            ..with()
        })
        .await,
        4
    );
    assert_eq!(
        count(AuditFilter {
            action: text("user.blocked"),
            ..with()
        })
        .await,
        2
    );
    assert_eq!(
        count(AuditFilter {
            action: text("session"),
            ..with()
        })
        .await,
        0
    );
    assert_eq!(
        count(AuditFilter {
            network: text("192.0.2.0/24"),
            ..with()
        })
        .await,
        4
    );
    assert_eq!(
        count(AuditFilter {
            network: text("192.0.2.8"),
            ..with()
        })
        .await,
        0
    );
    let wrong = AuditFilter {
        action: text("use"),
        ..with()
    };
    refused(
        chat.audit_entries(&grace, &wrong, &all).await,
        ErrorCode::Invalid,
    );

    let mut found = Vec::new();
    let mut cursor = None;
    loop {
        let page = PageRequest {
            cursor,
            limit: Some(3),
        };
        let page = chat.audit_entries(&grace, &with(), &page).await.unwrap();
        found.extend(page.items);
        cursor = page.next_cursor;
        if cursor.is_none() {
            break;
        }
    }
    let places: Vec<_> = found
        .iter()
        .map(|it| it.chain.as_ref().unwrap().position)
        .collect();
    assert_eq!(places, [4, 3, 2, 1]);
    let newest = &found[0];
    assert_eq!(newest.in_words(), "grace unblocked ada");
    assert_eq!(
        (newest.address.as_deref(), newest.door.as_deref()),
        (Some(NOBODY), Some("api"))
    );
}

#[sqlx::test(migrations = "../../migrations")]
async fn people_see_what_was_done_with_their_own_account(db: PgPool) {
    let people = people(db.clone()).await;
    log(&people).await;
    let page = PageRequest::default();
    let ada = people
        .chat
        .own_activity(&people.ada, &page)
        .await
        .unwrap()
        .items;
    let words: Vec<_> = ada.iter().map(model::AuditEntry::in_words).collect();
    assert_eq!(words, ["grace unblocked ada", "grace blocked ada"]);
    assert!(
        ada.iter()
            .all(|it| it.address.is_none() && it.chain.is_none() && it.door.is_none())
    );
    // What somebody does to others is not about their account.
    let grace = people
        .chat
        .own_activity(&people.grace, &page)
        .await
        .unwrap();
    assert!(grace.items.is_empty());
    let outsider = people
        .chat
        .own_activity(&people.outsider, &page)
        .await
        .unwrap();
    assert!(outsider.items.is_empty());
}
