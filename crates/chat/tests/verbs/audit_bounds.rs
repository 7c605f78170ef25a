//! What bounds the audit log: what may be removed from it and emptied, and what comes into it of an account that is gone.

use crate::{
    audit::{as_superuser, log, verify},
    fixtures::people,
};
use chat::{AuditFault, AuditHead, Caller};
use sqlx::PgPool;

/// Removes from the chain what is older than some days, as a server does.
async fn sweep(db: &PgPool, kept_days: i32) -> i64 {
    let swept = sqlx::query_scalar("select removed from sweep_audit_entries($1, 1000000000)");
    swept.bind(kept_days).fetch_one(db).await.unwrap()
}

async fn head_at(db: &PgPool, position: i64) -> AuditHead {
    let hash = sqlx::query_scalar(
        "select encode(hash, 'hex') from audit_entries where position = $1",
    );
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
