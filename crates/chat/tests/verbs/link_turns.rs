//! Previews of several senders at once: nobody's slow pages, silent names or block are in the way of others.

use crate::{
    fixtures::People,
    link_jobs::{count, note, people_of_another_node},
    link_previews::titles,
    link_site::Site,
};
use chat::Chat;
use model::{ConversationId, Message, MessageId};
use sqlx::PgPool;
use std::time::Duration;
use tokio::time::{sleep, timeout};

/// The message once it has a preview.
async fn until_shown(people: &People, id: MessageId) -> Message {
    loop {
        let message = people.chat.message(&people.grace, id).await.unwrap();
        if !message.link_previews.is_empty() {
            return message;
        }
        sleep(Duration::from_millis(50)).await;
    }
}

/// Notes four messages of each of so many senders, which have waited for a while, with links to pages of this path.
async fn note_backlog(
    db: &PgPool,
    site: &Site,
    people: &People,
    id: ConversationId,
    (path, senders): (&str, i32),
) {
    sqlx::query(
        "insert into users (username, name) select 'slow' || n, 'Slow' from generate_series(1, $1) n",
    )
    .bind(senders)
    .execute(db)
    .await
    .unwrap();
    for number in 0..senders * 4 {
        let body = site.link(&format!("{path}?{number}"));
        let message = people.say(&people.ada, id, &body).await;
        sqlx::query(
            "update messages set sender_id = (select id from users where username = $2)
            where id = $1",
        )
        .bind(message.id.0)
        .bind(format!("slow{}", number % senders + 1))
        .execute(db)
        .await
        .unwrap();
        note(db, &message, 120, 0).await;
    }
}

#[sqlx::test(migrations = "../../migrations")]
async fn slow_pages_of_some_leave_places_for_others(db: PgPool) {
    let site = Site::start().await;
    let people = people_of_another_node(&db, &site).await;
    let id = people.group().await;
    note_backlog(&db, &site, &people, id, ("/slow", 6)).await;
    let node = Chat::new(db.clone(), site.settings());
    let making = tokio::spawn({
        let node = node.clone();
        async move { node.keep_link_previews().await }
    });
    while site.asked.lock().unwrap().len() < 6 {
        sleep(Duration::from_millis(50)).await;
    }
    let other = people.say(&people.grace, id, &site.link("/other")).await;
    note(&db, &other, 0, 0).await;
    // The node notes one of its own at once.
    let new = crate::fixtures::text(&site.link("/new"), None);
    let new = node.send_message(&people.linus, id, new).await.unwrap();
    let shown = async {
        let other = until_shown(&people, other.id).await;
        (other, until_shown(&people, new.message.id).await)
    };
    let (other, new) = timeout(Duration::from_secs(5), shown).await.unwrap();
    assert_eq!(titles(&other), ["Page of /other"]);
    assert_eq!(titles(&new), ["Page of /new"]);
    making.abort();
}

#[sqlx::test(migrations = "../../migrations")]
async fn a_newcomer_goes_before_the_next_of_a_backlog(db: PgPool) {
    let site = Site::start().await;
    let people = people_of_another_node(&db, &site).await;
    let id = people.group().await;
    // They have all places, and more to come.
    note_backlog(&db, &site, &people, id, ("/wait", 12)).await;
    let node = Chat::new(db.clone(), site.settings());
    let making = tokio::spawn(async move { node.keep_link_previews().await });
    while site.asked.lock().unwrap().len() < 12 {
        sleep(Duration::from_millis(50)).await;
    }
    let other = people.say(&people.grace, id, &site.link("/other")).await;
    note(&db, &other, 0, 0).await;
    let shown = timeout(Duration::from_secs(20), until_shown(&people, other.id)).await;
    assert_eq!(titles(&shown.unwrap()), ["Page of /other"]);
    let asked = site.asked.lock().unwrap().clone();
    let place = asked.iter().position(|it| it == "/other").unwrap();
    assert!(place < 36, "{asked:?}");
    making.abort();
}

#[sqlx::test(migrations = "../../migrations")]
async fn a_silent_name_server_says_nothing_of_a_page(db: PgPool) {
    let site = Site::start().await;
    let people = site.people(db.clone()).await;
    let id = people.group().await;
    let link = |number| format!("http://silent{number}.org:{}/a", site.port);
    for number in 0..6 {
        site.names.set(&format!("silent{number}.org"), &[]);
    }
    let mut silent = Vec::new();
    for first in [0, 3] {
        let body = format!("{} {} {}", link(first), link(first + 1), link(first + 2));
        silent.push(people.say(&people.ada, id, &body).await.id);
    }
    let other = people.say(&people.grace, id, &site.link("/other")).await;
    let mut making = Box::pin(people.chat.make_link_previews());
    let shown = timeout(Duration::from_secs(3), async {
        tokio::select! {
            shown = until_shown(&people, other.id) => shown,
            _ = &mut making => panic!("the names were given up first"),
        }
    });
    assert_eq!(titles(&shown.await.unwrap()), ["Page of /other"]);
    making.await.unwrap();
    // Nobody has learned that they are not there, and they are looked up again soon.
    assert_eq!(count(&db, "select count(*) from link_pages").await, 1);
    let soon = "select count(*) from link_preview_jobs
        where attempt_at between now() and now() + interval '6 seconds'";
    assert_eq!(count(&db, soon).await, 2);
    for number in 0..6 {
        site.names
            .set(&format!("silent{number}.org"), &[&["127.0.0.2"]]);
    }
    let making = async {
        // The look-ups that nobody waits for still have the turns of their sender: another node has not.
        sqlx::query("update link_preview_jobs set attempt_at = now()")
            .execute(&db)
            .await
            .unwrap();
        Chat::new(db.clone(), site.settings())
            .make_link_previews()
            .await
            .unwrap();
    };
    making.await;
    for id in silent {
        let shown = people.chat.message(&people.grace, id).await.unwrap();
        assert_eq!(titles(&shown), ["Page of /a"; 3]);
    }
    let left = count(&db, "select count(*) from link_preview_jobs").await;
    assert_eq!(left, 0);
}

#[sqlx::test(migrations = "../../migrations")]
async fn a_name_that_fails_is_tried_twice(db: PgPool) {
    let site = Site::start().await;
    let people = site.people(db.clone()).await;
    let id = people.group().await;
    let body = format!("http://fails.org:{}/a", site.port);
    people.say(&people.ada, id, &body).await;
    people.chat.make_link_previews().await.unwrap();
    let jobs = "select count(*) from link_preview_jobs";
    assert_eq!(count(&db, jobs).await, 1);
    assert_eq!(count(&db, "select count(*) from link_pages").await, 0);
    sqlx::query("update link_preview_jobs set attempt_at = now()")
        .execute(&db)
        .await
        .unwrap();
    people.chat.make_link_previews().await.unwrap();
    assert_eq!(count(&db, jobs).await, 0);
    // Others do not look it up again for a while, which is shorter than for a page that is not there.
    let missing = "select count(*) from link_pages
        where title is null and expires_at between now() and now() + interval '1 minute'";
    assert_eq!(count(&db, missing).await, 1);
}

#[sqlx::test(migrations = "../../migrations")]
async fn nothing_changes_in_the_name_of_who_is_blocked(db: PgPool) {
    let site = Site::start().await;
    let people = people_of_another_node(&db, &site).await;
    let id = people.group().await;
    let node = Chat::new(db.clone(), site.settings());
    let block = "update users set blocked_at = now() where username = 'ada'";
    // While the page is fetched, and before.
    for (path, asked) in [("/wait", 1), ("/page", 0)] {
        let message = people.say(&people.ada, id, &site.link(path)).await;
        note(&db, &message, 0, 0).await;
        let (made, ()) = tokio::join!(node.make_link_previews(), async {
            while asked > site.count(path) {
                sleep(Duration::from_millis(10)).await;
            }
            sqlx::query(block).execute(&db).await.unwrap();
        });
        made.unwrap();
        assert_eq!(site.count(path), asked);
        let after = node.message(&people.grace, message.id).await.unwrap();
        assert_eq!(after, message);
        assert_eq!(
            count(&db, "select count(*) from link_preview_jobs").await,
            0
        );
    }
}
