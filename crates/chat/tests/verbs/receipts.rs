//! Receipts and unread counts.

use crate::people::{People, heard, people, refused};
use chat::{Audience, Delivery};
use model::{ConversationId, ErrorCode, Event, Receipt};
use sqlx::PgPool;

async fn unread(people: &People, who: &chat::Caller, id: ConversationId) -> (i64, i64) {
    let head = people.chat.conversation(who, id).await.unwrap();
    let totals = people.chat.unread(who).await.unwrap();
    let here = totals
        .conversations
        .iter()
        .find(|it| it.conversation_id == id);
    assert_eq!(
        here.map_or((0, 0), |it| (it.unread, it.mentions)),
        (head.unread, head.mentions)
    );
    (head.unread, head.mentions)
}

#[sqlx::test(migrations = "../../migrations")]
async fn positions_move_forward_only(db: PgPool) {
    let people = people(db).await;
    let (chat, id) = (&people.chat, people.group().await);
    for n in 0..5 {
        people.say(&people.ada, id, &n.to_string()).await;
    }
    assert_eq!(unread(&people, &people.grace, id).await, (5, 0));
    assert_eq!(
        unread(&people, &people.ada, id).await,
        (0, 0),
        "one's own are read"
    );

    let mut ears = chat.subscribe();
    assert_eq!(
        chat.mark_read(&people.grace, id, 3).await.unwrap().unread,
        2
    );
    assert_eq!(
        chat.mark_read(&people.grace, id, 1).await.unwrap().unread,
        2
    );
    let heard = heard(&mut ears).await;
    let (conversation_id, user_id) = (id, people.grace.user_id);
    assert_eq!(heard.len(), 2, "only what moved is told");
    assert_eq!(
        heard[0],
        Delivery::Tell {
            audience: Audience::Conversations(vec![id]),
            except: None,
            event: Event::ReceiptUpdated(Receipt {
                conversation_id,
                user_id,
                read_position: 3,
                delivered_position: 3
            }),
        }
    );
    assert_eq!(
        heard[1],
        Delivery::Tell {
            audience: Audience::Users(vec![user_id]),
            except: None,
            event: Event::UnreadChanged {
                total: 2,
                conversation_id,
                unread: 2,
                mentions: 0
            },
        }
    );
    // Nobody reads what has not been written.
    chat.mark_read(&people.grace, id, i64::MAX).await.unwrap();
    people.say(&people.ada, id, "new").await;
    assert_eq!(unread(&people, &people.grace, id).await, (1, 0));
    chat.mark_delivered(&people.grace, id, 6).await.unwrap();
    assert_eq!(
        unread(&people, &people.grace, id).await,
        (1, 0),
        "delivered is not read"
    );
    refused(
        chat.mark_read(&people.grace, id, -1).await,
        ErrorCode::Invalid,
    );
    refused(
        chat.mark_read(&people.outsider, id, 1).await,
        ErrorCode::NotFound,
    );
    refused(
        chat.mark_delivered(&people.outsider, id, 1).await,
        ErrorCode::NotFound,
    );
}

#[sqlx::test(migrations = "../../migrations")]
async fn answering_is_reading(db: PgPool) {
    let people = people(db).await;
    let id = people.group().await;
    people.say(&people.ada, id, "anybody?").await;
    let mut ears = people.chat.subscribe();
    people.say(&people.grace, id, "me").await;
    assert_eq!(unread(&people, &people.grace, id).await, (0, 0));
    let told = heard(&mut ears).await;
    let receipt = told.iter().any(|it| {
        matches!(it, Delivery::Tell { event: Event::ReceiptUpdated(receipt), .. }
            if receipt.read_position == 2)
    });
    assert!(receipt, "ada's message is read, and she is told: {told:?}");
}

#[sqlx::test(migrations = "../../migrations")]
async fn mentions_count_until_read_edited_away_or_deleted(db: PgPool) {
    let people = people(db).await;
    let (chat, id) = (&people.chat, people.group().await);
    let mut ears = chat.subscribe();
    let one = people
        .say(&people.ada, id, "@grace and @linus and @eve, look")
        .await;
    let told = heard(&mut ears).await;
    let mentioned: Vec<_> = told
        .iter()
        .filter_map(|it| match it {
            Delivery::Tell {
                audience: Audience::Users(users),
                event: Event::UnreadChanged { mentions: 1, .. },
                ..
            } => Some(users[0]),
            _ => None,
        })
        .collect();
    assert_eq!(mentioned.len(), 2);
    assert!(mentioned.contains(&people.grace.user_id) && mentioned.contains(&people.linus.user_id));
    let two = people.say(&people.ada, id, "again @grace").await;
    assert_eq!(unread(&people, &people.grace, id).await, (2, 2));
    chat.edit_message(&people.ada, one.id, "@linus only".to_owned())
        .await
        .unwrap();
    assert_eq!(unread(&people, &people.grace, id).await, (2, 1));
    assert_eq!(unread(&people, &people.linus, id).await, (2, 1));
    chat.delete_message(&people.ada, two.id).await.unwrap();
    assert_eq!(unread(&people, &people.grace, id).await, (2, 0));
    chat.mark_read(&people.linus, id, 1).await.unwrap();
    assert_eq!(unread(&people, &people.linus, id).await, (1, 0));
    assert_eq!(
        chat.unread(&people.outsider).await.unwrap().conversations,
        []
    );
}
