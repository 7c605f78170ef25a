//! Messages that wait for their previews, and what nobody shows any more: which are given up, whose go first, and what is
//! kept of a preview that is gone.

use crate::{
    fixtures::{People, people_with, refused},
    link_previews::{key, previewed, titles},
    link_site::Site,
};
use chat::{Chat, LinkPreviewSettings, Settings};
use model::{ErrorCode, Message};
use sqlx::PgPool;

/// People of a node that notes no messages. `Chat::new` with the settings of the site is one that makes previews.
pub async fn people_of_another_node(db: &PgPool, site: &Site) -> People {
    let settings = Settings {
        link_previews: LinkPreviewSettings {
            enabled: false,
            ..LinkPreviewSettings::default()
        },
        ..site.settings()
    };
    people_with(db.clone(), settings).await
}

/// Notes a message, so many seconds ago and after so many attempts of nodes that are gone.
pub async fn note(db: &PgPool, message: &Message, seconds: i32, attempts: i32) {
    sqlx::query(
        "insert into link_preview_jobs (message_id, noted_at, attempt_at, attempts)
        select $1, at, at, $3 from (select now() - make_interval(secs => $2) as at) t",
    )
    .bind(message.id.0)
    .bind(f64::from(seconds))
    .bind(attempts)
    .execute(db)
    .await
    .unwrap();
}

pub async fn count(db: &PgPool, sql: &'static str) -> i64 {
    sqlx::query_scalar(sql).fetch_one(db).await.unwrap()
}

#[sqlx::test(migrations = "../../migrations")]
async fn messages_are_given_up_beside_the_others(db: PgPool) {
    let site = Site::start().await;
    let people = people_of_another_node(&db, &site).await;
    let id = people.group().await;
    // More of each than a node works on at once.
    for _ in 0..10 {
        let tried = people.say(&people.ada, id, &site.link("/tried")).await;
        note(&db, &tried, 60, 5).await;
        let old = people.say(&people.ada, id, &site.link("/old")).await;
        note(&db, &old, 660, 0).await;
    }
    let last = people.say(&people.ada, id, &site.link("/last")).await;
    note(&db, &last, 30, 4).await;
    let node = Chat::new(db.clone(), site.settings());
    node.make_link_previews().await.unwrap();
    assert_eq!((site.count("/tried"), site.count("/old")), (0, 0));
    let last = node.message(&people.grace, last.id).await.unwrap();
    assert_eq!(titles(&last), ["Page of /last"]);
    assert_eq!(
        count(&db, "select count(*) from link_preview_jobs").await,
        0
    );
}

#[sqlx::test(migrations = "../../migrations")]
async fn a_sender_of_many_links_keeps_nobody_waiting(db: PgPool) {
    let site = Site::start().await;
    let people = people_of_another_node(&db, &site).await;
    let id = people.group().await;
    for number in 0..12 {
        let body = site.link(&format!("/{number}"));
        let message = people.say(&people.ada, id, &body).await;
        note(&db, &message, 120, 0).await;
    }
    let other = people.say(&people.grace, id, &site.link("/other")).await;
    note(&db, &other, 60, 0).await;
    let node = Chat::new(db.clone(), site.settings());
    node.make_link_previews().await.unwrap();
    let asked = site.asked.lock().unwrap().clone();
    let pages: Vec<_> = asked.iter().filter(|it| *it != "/picture.png").collect();
    assert_eq!(pages.len(), 13);
    assert_ne!(*pages[12], "/other", "{pages:?}");
}

#[sqlx::test(migrations = "../../migrations")]
async fn another_node_takes_over_from_a_dead_one(db: PgPool) {
    let site = Site::start().await;
    let people = site.people(db.clone()).await;
    let id = people.group().await;
    let link = site.link("/a");
    sqlx::query(
        "insert into link_pages (address_hash, claimed_until)
        values (sha256(convert_to($1, 'UTF8')), now() - interval '1 second')",
    )
    .bind(&link)
    .execute(&db)
    .await
    .unwrap();
    let shown = previewed(&people, id, &link).await;
    assert_eq!(titles(&shown), ["Page of /a"]);
    assert_eq!(count(&db, "select count(*) from link_pages").await, 1);
}

#[sqlx::test(migrations = "../../migrations")]
async fn nothing_is_kept_of_what_was_removed(db: PgPool) {
    let site = Site::start().await;
    let people = site.people(db.clone()).await;
    let (chat, id) = (&people.chat, people.group().await);
    let link = site.link("/a");
    let message = previewed(&people, id, &link).await;
    let preview = message.link_previews[0].id;
    let removed = chat.remove_link_preview(&people.ada, message.id, preview);
    assert!(removed.await.unwrap().link_previews.is_empty());
    let sql = "update link_pages set expires_at = now() - interval '2 hours'";
    sqlx::query(sql).execute(&db).await.unwrap();
    assert_eq!(chat.sweep().await.unwrap(), 1);
    assert_eq!(count(&db, "select count(*) from link_pages").await, 0);
    assert_eq!(count(&db, "select count(*) from link_pictures").await, 0);
    // Its sender has removed it all the same.
    let edit = chat.edit_message(&people.ada, message.id, format!("{link} again"));
    edit.await.unwrap();
    chat.make_link_previews().await.unwrap();
    assert_eq!(site.count("/a"), 2);
    let edited = chat.message(&people.grace, message.id).await.unwrap();
    assert!(edited.link_previews.is_empty());
    // Also after it was in the text, and none of its links.
    for body in [format!("`{link}`"), link] {
        let edit = chat.edit_message(&people.ada, message.id, body);
        edit.await.unwrap();
    }
    chat.make_link_previews().await.unwrap();
    let edited = chat.message(&people.grace, message.id).await.unwrap();
    assert!(edited.link_previews.is_empty());
}

#[sqlx::test(migrations = "../../migrations")]
async fn previews_follow_the_order_of_an_edited_text(db: PgPool) {
    let site = Site::start().await;
    let people = site.people(db).await;
    let (chat, id) = (&people.chat, people.group().await);
    let [first, second, third] = ["/a", "/b", "/c"].map(|it| site.link(it));
    let message = previewed(&people, id, &format!("{first} {second}")).await;
    assert_eq!(titles(&message), ["Page of /a", "Page of /b"]);
    let edit = |body| chat.edit_message(&people.ada, message.id, body);
    let turned = edit(format!("{second} {first}")).await.unwrap();
    assert_eq!(titles(&turned), ["Page of /b", "Page of /a"]);
    edit(format!("{third} {first}")).await.unwrap();
    chat.make_link_previews().await.unwrap();
    let longer = chat.message(&people.grace, message.id).await.unwrap();
    assert_eq!(titles(&longer), ["Page of /c", "Page of /a"]);
}

#[sqlx::test(migrations = "../../migrations")]
async fn a_message_that_an_earlier_version_has_deleted_shows_no_picture(db: PgPool) {
    let site = Site::start().await;
    let people = site.people(db.clone()).await;
    let (chat, id) = (&people.chat, people.group().await);
    let message = previewed(&people, id, &site.link("/a")).await;
    let key = key(&message.link_previews[0]);
    chat.link_picture(&key).await.unwrap();
    // It knows nothing of previews.
    sqlx::query("update messages set body = '', deleted_at = now() where id = $1")
        .bind(message.id.0)
        .execute(&db)
        .await
        .unwrap();
    refused(chat.link_picture(&key).await, ErrorCode::NotFound);
    assert_eq!(count(&db, "select count(*) from link_previews").await, 0);
}

#[sqlx::test(migrations = "../../migrations")]
async fn a_card_names_where_its_link_leads(db: PgPool) {
    let site = Site::start().await;
    let people = site.people(db).await;
    let id = people.group().await;
    site.names.set("other.org", &[&["127.0.0.2"]]);
    let link = format!("http://other.org:{}/to?{}", site.port, site.link("/page"));
    let shown = previewed(&people, id, &link).await;
    assert_eq!(shown.link_previews[0].host, "site.org");
    let html = shown.link_previews_html.unwrap();
    let hosts = "other.org</bdi> → <bdi class=\"link-card-host\">site.org</bdi>";
    assert!(html.contains(hosts), "{html}");
}
