//! The search index, which is behind: what it lacks is found all the same, and nothing is missed whatever
//! stops the worker.

use super::found_bodies;
use crate::fixtures::{People, people, settings};
use chat::{Chat, IndexedPart};
use model::{ConversationId, MatchKind};
use sqlx::PgPool;

async fn found(people: &People, query: &str) -> Vec<String> {
    found_bodies(people, &people.grace, query, MatchKind::Exact).await
}

async fn indexed(db: &PgPool) -> i64 {
    let count = sqlx::query_scalar("select count(*) from message_search");
    count.fetch_one(db).await.unwrap()
}

/// So many messages `n1 word`, `n2 word`, ... in a conversation, as if they had been sent.
async fn fill(db: &PgPool, id: ConversationId, people: &People, count: i64) {
    sqlx::query(
        "with sent as (
            insert into messages (conversation_id, position, created_seq, seq, sender_id, body)
            select c.id, c.position + n, c.seq + n, c.seq + n, $2, concat('n', n, ' word')
            from conversations c, generate_series(1, $3) n where c.id = $1
        )
        update conversations set position = position + $3, seq = seq + $3 where id = $1",
    )
    .bind(id.0)
    .bind(people.ada.user_id.0)
    .bind(count)
    .execute(db)
    .await
    .unwrap();
}

#[sqlx::test(migrations = "../../migrations")]
async fn what_is_not_indexed_is_found(db: PgPool) {
    let people = people(db.clone()).await;
    let (chat, id) = (&people.chat, people.group().await);
    let first = people.say(&people.ada, id, "apple one").await;
    let second = people.say(&people.ada, id, "apple two").await;
    chat.index_all().await.unwrap();
    assert_eq!(indexed(&db).await, 2);
    assert_eq!(chat.search_lag(), 0);

    people.say(&people.ada, id, "apple three").await;
    let edit = "pear one".to_owned();
    chat.edit_message(&people.ada, first.id, edit)
        .await
        .unwrap();
    chat.delete_message(&people.ada, second.id).await.unwrap();
    chat.add_reaction(&people.grace, first.id, "👍")
        .await
        .unwrap();
    for is_indexed in [false, true] {
        assert_eq!(
            found(&people, "apple").await,
            ["apple three"],
            "{is_indexed}"
        );
        assert_eq!(found(&people, "pear").await, ["pear one"], "{is_indexed}");
        assert_eq!(found(&people, "two").await, [""; 0], "{is_indexed}");
        assert_eq!(
            found(&people, "pear has:reaction").await,
            ["pear one"],
            "{is_indexed}"
        );
        assert_eq!(found(&people, "one -pear").await, [""; 0], "{is_indexed}");
        chat.index_all().await.unwrap();
    }
    assert_eq!(indexed(&db).await, 2);

    chat.delete_conversation(&people.ada, id).await.unwrap();
    assert_eq!(indexed(&db).await, 0);
    assert_eq!(found(&people, "apple").await, [""; 0]);
}

#[sqlx::test(migrations = "../../migrations")]
async fn a_worker_that_dies_between_two_parts_has_missed_nothing(db: PgPool) {
    let people = people(db.clone()).await;
    let (group, direct) = (people.group().await, people.direct().await);
    fill(&db, group, &people, 3_000).await;
    fill(&db, direct, &people, 10).await;

    // A node that dies within a part leaves nothing of it.
    let mut tx = db.begin().await.unwrap();
    sqlx::query("select index_search(array[$1, $2], 2000)")
        .bind(group.0)
        .bind(direct.0)
        .execute(&mut *tx)
        .await
        .unwrap();
    tx.rollback().await.unwrap();
    assert_eq!(indexed(&db).await, 0);

    let dying = Chat::new(db.clone(), settings());
    assert_eq!(dying.index_part().await.unwrap(), IndexedPart::More);
    drop(dying);
    let part = indexed(&db).await;
    assert!((1..3_010).contains(&part), "{part}");
    assert_eq!(found(&people, "n1 -n10").await.len(), 100);
    assert_eq!(found(&people, "\"n2999 word\"").await, ["n2999 word"]);
    assert_eq!(found(&people, "\"n7 word\"").await, ["n7 word"; 2]);

    // Another one goes on where it ended.
    let other = Chat::new(db.clone(), settings());
    other.index_all().await.unwrap();
    assert_eq!(indexed(&db).await, 3_010);
    assert_eq!(other.search_lag(), 0);
    assert_eq!(found(&people, "\"n2999 word\"").await, ["n2999 word"]);
    let changed = people.say(&people.ada, group, "the last word").await;
    assert_eq!(found(&people, "last").await, ["the last word"]);
    people.chat.index_part().await.unwrap();
    assert_eq!(indexed(&db).await, 3_011);
    assert_eq!(changed.position, 3_001);
}

#[sqlx::test(migrations = "../../migrations")]
async fn one_node_indexes_at_a_time(db: PgPool) {
    let people = people(db.clone()).await;
    let id = people.group().await;
    people.say(&people.ada, id, "apple").await;
    let mut other_node = db.begin().await.unwrap();
    sqlx::query("select from search_state for update")
        .execute(&mut *other_node)
        .await
        .unwrap();
    assert_eq!(people.chat.index_part().await.unwrap(), IndexedPart::Taken);
    assert_eq!(found(&people, "apple").await, ["apple"]);
    other_node.rollback().await.unwrap();
    assert_eq!(people.chat.index_part().await.unwrap(), IndexedPart::More);
    assert_eq!(
        people.chat.index_part().await.unwrap(),
        IndexedPart::UpToDate
    );
    assert_eq!(indexed(&db).await, 1);
}

/// What is left of a conversation that was deleted while its messages were indexed.
#[sqlx::test(migrations = "../../migrations")]
async fn rows_without_a_conversation_are_removed(db: PgPool) {
    let people = people(db.clone()).await;
    sqlx::raw_sql(
        "insert into search_progress values (4711, 1);
        insert into message_search values (1, 4711, 1, 1, now(), false, false, false, 'gone')",
    )
    .execute(&db)
    .await
    .unwrap();
    people.chat.index_all().await.unwrap();
    assert_eq!(indexed(&db).await, 0);
}
