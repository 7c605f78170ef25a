//! Finding users.

use crate::fixtures::{people, refused};
use model::{ErrorCode, PageRequest, PresenceChoice, PresenceStatus, User, UserId};
use sqlx::PgPool;

#[sqlx::test(migrations = "../../migrations")]
async fn finds_people_by_any_part_of_their_names(db: PgPool) {
    let people = people(db.clone()).await;
    sqlx::query("insert into users (username, name) values ('sofia', 'Софья 100%_\\')")
        .execute(&db)
        .await
        .unwrap();
    let names = async |query: &str| {
        let page = people
            .chat
            .users(&people.ada, Some(query), PageRequest::default())
            .await;
        page.unwrap()
            .items
            .into_iter()
            .map(|it| it.username)
            .collect::<Vec<_>>()
    };
    assert_eq!(names("HOPP").await, ["grace"]);
    assert_eq!(names("inu").await, ["linus"]);
    assert_eq!(names("офья").await, ["sofia"]);
    assert_eq!(names("%").await, ["sofia"]);
    assert_eq!(names("_").await, ["sofia"]);
    assert_eq!(names("\\").await, ["sofia"]);
    assert_eq!(names("nobody").await, Vec::<String>::new());
    assert_eq!(names("").await.len(), 5);
}

#[sqlx::test(migrations = "../../migrations")]
async fn lists_in_pages(db: PgPool) {
    let people = people(db).await;
    let mut page = PageRequest {
        limit: Some(3),
        cursor: None,
    };
    let first = people
        .chat
        .users(&people.ada, None, page.clone())
        .await
        .unwrap();
    page.cursor.clone_from(&first.next_cursor);
    let second = people.chat.users(&people.ada, None, page).await.unwrap();
    let names: Vec<_> = first
        .items
        .iter()
        .chain(&second.items)
        .map(|it| it.username.as_str())
        .collect();
    assert_eq!(names, ["ada", "eve", "grace", "linus"]);
    assert_eq!(second.next_cursor, None);
    for limit in [0, -1, 101] {
        let page = PageRequest {
            limit: Some(limit),
            cursor: None,
        };
        refused(
            people.chat.users(&people.ada, None, page).await,
            ErrorCode::Invalid,
        );
    }
}

#[sqlx::test(migrations = "../../migrations")]
async fn shows_one_user(db: PgPool) {
    let people = people(db).await;
    let grace = people
        .chat
        .user(&people.ada, people.grace.user_id)
        .await
        .unwrap();
    assert_eq!(grace.name, "Grace Hopper");
    refused(
        people.chat.user(&people.ada, UserId(0)).await,
        ErrorCode::NotFound,
    );
}

#[sqlx::test(migrations = "../../migrations")]
async fn people_are_those_with_whom_one_shares_a_conversation(db: PgPool) {
    use PresenceStatus::{Away, Offline, Online};
    let people = people(db).await;
    let (chat, ada) = (&people.chat, &people.ada);
    people.group().await;
    people.direct().await;
    let _devices = (
        chat.connect(ada).await.unwrap(),
        chat.connect(&people.linus).await.unwrap(),
        chat.connect(&people.outsider).await.unwrap(),
    );
    let names = |users: Vec<User>| -> Vec<_> {
        let users = users.into_iter();
        users.map(|it| (it.username, it.presence)).collect()
    };
    let named = |name: &str, presence| (name.to_owned(), presence);
    assert_eq!(
        names(chat.people(ada).await.unwrap()),
        [named("grace", Offline), named("linus", Online)]
    );
    assert_eq!(
        names(chat.online_users(ada).await.unwrap()),
        [named("ada", Online), named("linus", Online)]
    );
    assert_eq!(names(chat.people(&people.outsider).await.unwrap()), []);
    assert_eq!(
        names(chat.online_users(&people.outsider).await.unwrap()),
        [named("eve", Online)]
    );
    chat.set_presence(&people.linus, PresenceChoice::Away)
        .await
        .unwrap();
    chat.set_presence(ada, PresenceChoice::Invisible)
        .await
        .unwrap();
    assert_eq!(
        names(chat.online_users(ada).await.unwrap()),
        [named("linus", Away)]
    );
}
