//! What bounds the audit log: what may be removed from it and emptied, and what comes into it of an account that is gone.

use crate::{
    app_fixtures::{SHOP, chat_with, in_seconds, shop, token},
    audit::{as_superuser, log, verify},
    directory_fixtures::directory,
    fixtures::people,
    two_factor::{CLIENT, register},
};
use chat::{AppConfig, AuditFault, AuditHead, Caller, TokenRules};
use model::{AuditAction, Login, MessagesOfDeleted, PageRequest};
use serde_json::json;
use sqlx::PgPool;

/// Written by the tests of remembered devices.
pub const OF_DEVICES: &[AuditAction] = &[
    AuditAction::TwoFactorDeviceRemembered,
    AuditAction::TwoFactorDeviceForgotten,
];

/// Removes from the chain what is older than some days, as a server does.
async fn sweep(db: &PgPool, kept_days: i32) -> i64 {
    let swept = sqlx::query_scalar("select removed from sweep_audit_entries($1, 1000000000)");
    swept.bind(kept_days).fetch_one(db).await.unwrap()
}

async fn head_at(db: &PgPool, position: i64) -> AuditHead {
    let hash =
        sqlx::query_scalar("select encode(hash, 'hex') from audit_entries where position = $1");
    AuditHead {
        position,
        hash: hash.bind(position).fetch_one(db).await.unwrap(),
    }
}

#[sqlx::test(migrations = "../../migrations")]
async fn nothing_of_the_last_day_is_removed_and_what_is_gone_is_told(db: PgPool) {
    let people = people(db.clone()).await;
    log(&people).await;
    assert_eq!(sweep(&db, 0).await, 0);
    for sql in [
        "update audit_chain set anchor_position = 2,
            anchor_hash = (select hash from audit_entries where position = 2)",
        "update audit_chain set anchor_hash = head_hash",
        "update audit_chain set head_position = 3,
            head_hash = (select hash from audit_entries where position = 3)",
        "delete from audit_chain",
        "truncate audit_chain",
    ] {
        let refusal = sqlx::raw_sql(sql).execute(&db).await.unwrap_err();
        assert!(
            refusal.to_string().contains("goes forward only"),
            "{sql}: {refusal}"
        );
    }
    let heads = [head_at(&db, 1).await, head_at(&db, 2).await];
    as_superuser(
        &db,
        "update audit_entries set occurred_at = occurred_at - interval '2 days' where position <= 2",
    )
    .await;
    assert_eq!(sweep(&db, 0).await, 2);
    sqlx::query(
        "insert into audit_entries (action, actor_kind, details) select 'audit.swept', 'server',
            json_build_object('position', '2', 'hash', encode(anchor_hash, 'hex')) from audit_chain",
    )
    .execute(&db)
    .await
    .unwrap();
    people.chat.chain_audit_log().await.unwrap();
    let report = verify(&people.chat).await;
    assert_eq!((report.entries, report.faults.len()), (3, 0), "{report:?}");
    assert!(report.begins_at.is_some());
    let other = AuditHead {
        hash: "00".repeat(32),
        ..heads[1].clone()
    };
    for (told, fault) in [
        (heads[0].clone(), Some(AuditFault::Removed { position: 1 })),
        (heads[1].clone(), None),
        (other, Some(AuditFault::Expected { position: 2 })),
    ] {
        let report = people
            .chat
            .verify_audit_log(&Caller::OPERATOR, vec![told])
            .await
            .unwrap();
        assert_eq!(report.faults, Vec::from_iter(fault));
    }
}

#[sqlx::test(migrations = "../../migrations")]
async fn a_person_is_erased_in_parts_and_nothing_personal_comes_later(db: PgPool) {
    let people = people(db.clone()).await;
    let (chat, operator) = (&people.chat, &Caller::OPERATOR);
    register(chat).await;
    let mallory = chat.find_user_named(operator, "mallory").await.unwrap();
    let wrong = Login {
        login: "mallory".to_owned(),
        password: "a guess".to_owned(),
    };
    chat.login(wrong, &CLIENT).await.unwrap_err();
    sqlx::query(
        "insert into audit_entries (action, actor_kind, target_id, target_name, address)
        select 'session.refused', 'stranger', $1, 'mallory', '192.0.2.9' from generate_series(1, 2100)",
    )
    .bind(mallory.0)
    .execute(&db)
    .await
    .unwrap();
    chat.delete_account_of(operator, mallory, MessagesOfDeleted::Keep)
        .await
        .unwrap();
    // The refusal was counted before the deletion, and is written after it.
    chat.write_refusals().await.unwrap();
    chat.erase_deleted_users().await.unwrap();
    let left: i64 = sqlx::query_scalar(
        "select count(*) from audit_entries where (actor_id = $1 or target_id = $1)
            and num_nonnulls(actor_name, target_name, address, user_agent) > 0",
    )
    .bind(mallory.0)
    .fetch_one(&db)
    .await
    .unwrap();
    assert_eq!(left, 0);
    let parts: Vec<i64> = sqlx::query_scalar(
        "select (details ->> 'entries')::bigint from audit_entries where action = 'audit.erased' order by id",
    )
    .fetch_all(&db)
    .await
    .unwrap();
    // Those above, and her registration: the refusal had nothing to erase.
    assert_eq!(parts, [2000, 101]);
    chat.chain_audit_log().await.unwrap();
    assert!(verify(chat).await.faults.is_empty());
}

#[sqlx::test(migrations = "../../migrations")]
async fn pages_of_own_activity_are_full(db: PgPool) {
    let people = people(db.clone()).await;
    // Grace blocks and unblocks others, which is not about her own account.
    let grace = log(&people).await;
    sqlx::query(
        "insert into audit_entries (action, actor_kind, actor_id, target_id)
        select 'session.signed_out', 'user', $1::bigint, null::bigint from generate_series(1, 2)
        union all select 'user.blocked', 'user', $2::bigint, $1::bigint from generate_series(1, 2)",
    )
    .bind(grace.user_id.0)
    .bind(people.ada.user_id.0)
    .execute(&db)
    .await
    .unwrap();
    log(&people).await;
    let (mut sizes, mut cursor) = (Vec::new(), None);
    loop {
        let page = PageRequest {
            cursor,
            limit: Some(3),
        };
        let page = people.chat.own_activity(&grace, &page).await.unwrap();
        sizes.push(page.items.len());
        cursor = page.next_cursor;
        if cursor.is_none() {
            break;
        }
    }
    assert_eq!(sizes, [3, 1]);
}

/// Who gave which role, in the order of the entries.
async fn given_roles(db: &PgPool) -> Vec<String> {
    let given = sqlx::query_scalar(
        "select actor_kind || ' ' || (details ->> 'by') || ' ' || (details ->> 'role') from audit_entries
        where action = 'user.role_changed' order by id",
    );
    given.fetch_all(db).await.unwrap()
}

#[sqlx::test(migrations = "../../migrations")]
async fn a_role_that_a_directory_gives_has_an_entry(db: PgPool) {
    let app = directory(db.clone()).await;
    for role in ["admin", "admin", "member"] {
        app.put(json!([{ "id": "u-1", "role": role }, { "id": "u-2" }]))
            .await;
    }
    assert_eq!(
        given_roles(&db).await,
        ["user directory admin", "user directory member"]
    );
}

#[sqlx::test(migrations = "../../migrations")]
async fn a_role_that_a_token_of_an_app_gives_has_an_entry(db: PgPool) {
    let rules = TokenRules {
        admin_claim: Some("role=admin".parse().unwrap()),
        ..TokenRules::default()
    };
    let chat = chat_with(db.clone(), vec![AppConfig { rules, ..shop() }]);
    for (n, role) in ["admin", "member", "admin"].into_iter().enumerate() {
        let at = in_seconds(i64::try_from(n).unwrap() - 10);
        let claims = json!({ "sub": "6", "role": role, "iat": at });
        chat.authenticate(&token(claims, SHOP)).await.unwrap();
    }
    assert_eq!(
        given_roles(&db).await,
        ["server app admin", "server app member", "server app admin"]
    );
}
