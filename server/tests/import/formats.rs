//! What each of the five systems keeps, and what becomes of it here.

use crate::history::{conversations, dump, import, left, messages, users};
use sqlx::PgPool;

#[sqlx::test(migrations = "../migrations")]
async fn broadcast(pool: PgPool) {
    let report = import(&pool, "broadcast", &dump("broadcast"), &[]).await;
    assert_eq!(
        users(&pool).await,
        [
            "650000000000000000000001 Ada Lovelace ada@example.org member",
            "650000000000000000000002 Grace Hopper grace@example.org member seen 2026-01-05 10:00",
            "650000000000000000000003 Linus linus@example.org member ended",
        ]
    );
    assert_eq!(
        conversations(&pool).await,
        [
            "650000000000000000000101 direct private Ada Lovelace=member, Grace Hopper=owner",
            "no id direct private Grace Hopper=owner, Linus=member",
        ]
    );
    assert_eq!(
        messages(&pool).await,
        [
            "650000000000000000000201 | 1 | Grace Hopper | text | Hello 👋 привет | read by Ada Lovelace",
            "650000000000000000000202 | 2 | Ada Lovelace | text | Hello back \
             | reply to 650000000000000000000201 | read by Grace Hopper",
            "650000000000000000000203 | 3 | Ada Lovelace | text | Maintenance tonight \
             | official | read by Grace Hopper",
            "650000000000000000000204 | 4 | Grace Hopper | text | deleted 10:04:00 \
             | read by Ada Lovelace",
            "650000000000000000000208 | 5 | Ada Lovelace | text | Still there?",
            "650000000000000000000205 | 1 | Grace Hopper | image | No conversation yet",
        ]
    );
    assert_eq!(
        left(&report),
        [
            "conversations 650000000000000000000102: broadcasts are messages to each user, not a conversation",
            "messages messages.json:7: `receiver` is missing",
            "messages messages.json:8: the row is not JSON",
        ]
    );
    assert_eq!(report["summary"]["counts"]["messages"]["taken"], 6);
    assert_eq!(report["summary"]["counts"]["other"]["left"], 1);
}

#[sqlx::test(migrations = "../migrations")]
async fn administrators_are_taken_when_asked_for(pool: PgPool) {
    import(&pool, "broadcast", &dump("broadcast"), &["--admins"]).await;
    let admins: Vec<_> = users(&pool)
        .await
        .into_iter()
        .filter(|it| it.contains("admin"))
        .collect();
    assert_eq!(
        admins,
        ["650000000000000000000001 Ada Lovelace ada@example.org admin"]
    );
}

#[sqlx::test(migrations = "../migrations")]
async fn conversations_with_members_and_readers(pool: PgPool) {
    let report = import(&pool, "conversations", &dump("conversations"), &[]).await;
    assert_eq!(
        conversations(&pool).await,
        [
            "660000000000000000000101 direct private Ada Lovelace=owner, Grace Hopper=member",
            "660000000000000000000102 group Compilers private \
             Ada Lovelace=owner, Grace Hopper=admin, Linus=member",
        ]
    );
    assert_eq!(
        messages(&pool).await,
        [
            "660000000000000000000203 | 1 | Ada Lovelace | text | deleted 11:01:00",
            "660000000000000000000201 | 1 | Ada Lovelace | text | 今日は | read by Grace Hopper, Linus",
            "660000000000000000000202 | 2 | Grace Hopper | file | See the file \
             | reply to 660000000000000000000201 | files a%20b.pdf https://files.example.org/a%20b.pdf",
        ]
    );
    assert_eq!(
        left(&report),
        [
            "conversations 660000000000000000000103: `type` is none of direct, group and channel",
            "messages 660000000000000000000204: the conversation is not known",
            "messages messages.json:5: `type` is none of the kinds of messages",
        ]
    );
}

#[sqlx::test(migrations = "../migrations")]
async fn groups(pool: PgPool) {
    let report = import(&pool, "groups", &dump("groups"), &[]).await;
    assert_eq!(groups_history(&pool).await, GROUPS);
    assert_eq!(
        left(&report),
        [
            "members cmg9 cmu3: the conversation is not in the dump",
            "messages Message.jsonl:6: `createdAt` is missing",
            "messages cmx5: the text is empty",
        ]
    );
}

/// The history of the dump of `groups`.
pub const GROUPS: [&str; 6] = [
    "cmg1 group Compilers private Ada Lovelace=owner, Grace Hopper=admin, Linus=member",
    "cmg2 channel Lobby Grace Hopper=owner",
    "cmx1 | 1 | Ada Lovelace | text | Hello, edited | edited 10:05:00 | read by Grace Hopper, Linus",
    "cmx2 | 2 | Grace Hopper | text | Hello back | reply to cmx1 | read by Ada Lovelace, Linus",
    "cmx3 | 3 | Linus | image | A picture | files cat.png https://files.example.org/cat.png \
     | read by Ada Lovelace, Grace Hopper",
    "cmx4 | 1 | Grace Hopper | text | Anybody?",
];

pub async fn groups_history(pool: &PgPool) -> Vec<String> {
    [conversations(pool).await, messages(pool).await].concat()
}

#[sqlx::test(migrations = "../migrations")]
async fn rooms_with_reactions_and_snake_case(pool: PgPool) {
    let report = import(&pool, "rooms", &dump("rooms"), &[]).await;
    assert_eq!(
        conversations(&pool).await,
        [
            "r1 group Compilers private Ada Lovelace=owner, Grace Hopper=member",
            "r2 direct private Ada Lovelace=owner, Linus=member",
        ]
    );
    assert_eq!(
        messages(&pool).await,
        [
            "m1 | 1 | Grace Hopper | text | Hello | read by Ada Lovelace | reactions 👍Ada Lovelace",
            "m2 | 2 | Ada Lovelace | text | Edited | edited 10:04:00",
            "m3 | 1 | Linus | system | Direct chat started | read by Ada Lovelace",
            "m4 | 2 | Linus | text | deleted 10:03:30 | read by Ada Lovelace",
        ]
    );
    assert_eq!(
        left(&report),
        [
            "conversations r3: a direct room has other than two participants",
            "reactions m9: its message is not known",
        ]
    );
    assert_eq!(report["summary"]["counts"]["other"]["left"], 1);
}

#[sqlx::test(migrations = "../migrations")]
async fn direct_with_numbers_for_ids(pool: PgPool) {
    let report = import(&pool, "direct", &dump("direct"), &[]).await;
    assert_eq!(
        users(&pool).await[2],
        "7 Linus linus@example.org member ended"
    );
    assert_eq!(
        conversations(&pool).await,
        ["17 direct private Ada Lovelace=owner, Grace Hopper=member"]
    );
    // 999 is before 1010, which was sent in the same millisecond.
    assert_eq!(
        messages(&pool).await,
        [
            "999 | 1 | Ada Lovelace | text | Hello 🙂 | read by Grace Hopper",
            "1010 | 2 | Grace Hopper | text | Hello back",
            "1011 | 3 | Grace Hopper | text | deleted 10:01:30",
            "1012 | 4 | Grace Hopper | text | Bye | files bye.png https://files.example.org/bye.png",
        ]
    );
    assert_eq!(
        left(&report),
        [
            "conversations 18: the conversation is deleted",
            "messages 1013: the conversation is not known",
        ]
    );
}
