//! Link previews: what is shown of a page, who is told, who removes it, and where there is none.

use crate::{
    fixtures::{People, events, people_with, refused, text},
    link_site::Site,
};
use chat::{Audience, Caller, Chat, LinkPreviewSettings, Settings};
use futures_util::{FutureExt, future::join_all};
use model::{
    ConversationId, ConversationKind, ErrorCode, LinkPreview, LinkPreviewChoice, LinkPreviewState,
    Message, MessageId, NewForward,
};
use sqlx::PgPool;

const OFF: LinkPreviewChoice = LinkPreviewChoice { enabled: false };

/// A message of Ada's, with the previews that it gets.
pub async fn previewed(people: &People, id: ConversationId, body: &str) -> Message {
    let message = people.say(&people.ada, id, body).await;
    people.chat.make_link_previews().await.unwrap();
    people.chat.message(&people.ada, message.id).await.unwrap()
}

pub fn titles(message: &Message) -> Vec<&str> {
    let titles = message.link_previews.iter().map(|it| it.title.as_deref());
    titles.map(Option::unwrap).collect()
}

pub fn key(preview: &LinkPreview) -> String {
    let url = &preview.picture.as_ref().unwrap().url;
    url.strip_prefix("/link-pictures/").unwrap().to_owned()
}

#[sqlx::test(migrations = "../../migrations")]
async fn a_preview_is_a_change_that_is_no_edit(db: PgPool) {
    let site = Site::start().await;
    let people = site.people(db).await;
    let (chat, id) = (&people.chat, people.group().await);
    let body = format!(
        "see [it]({}) and {}",
        site.link("/a#top"),
        site.link("/b?page.png")
    );
    let message = people.say(&people.ada, id, &body).await;
    assert!(message.link_previews.is_empty(), "no send waits for a page");
    let mut subscription = chat.subscribe();
    chat.make_link_previews().await.unwrap();
    let told = events(&people.drain(&mut subscription).await);
    assert_eq!(
        told,
        [("message:updated", Audience::Conversations(vec![id]))]
    );

    let shown = chat.message(&people.grace, message.id).await.unwrap();
    assert_eq!(shown.seq, message.seq + 1);
    assert_eq!((shown.edited_at, &shown.body), (None, &body));
    assert!(
        chat.edits(&people.grace, message.id)
            .await
            .unwrap()
            .is_empty()
    );
    assert_eq!(titles(&shown), ["Page of /a", "Page of /b"]);
    let preview = &shown.link_previews[0];
    assert_eq!(preview.url, site.link("/a#top"));
    assert_eq!(preview.host, "site.org");
    assert_eq!(preview.site.as_deref(), Some("The <b>site</b>"));
    assert_eq!(preview.description.as_deref(), Some("All about it"));
    let picture = preview.picture.as_ref().unwrap();
    assert_eq!((picture.width, picture.height), (256, 128));
    let webp = chat.link_picture(&key(preview)).await.unwrap();
    assert!(webp.starts_with(b"RIFF") && webp[8..].starts_with(b"WEBP"));
    refused(chat.link_picture("x").await, ErrorCode::NotFound);
    assert_eq!(shown.link_previews[1].picture, None, "it is no picture");
    let html = shown.link_previews_html.as_ref().unwrap();
    assert!(html.contains("The &lt;b&gt;site&lt;/b&gt;") && !html.contains("<b>"));

    // Who was away finds it in the sequence, and who comes later with the message.
    let missed = chat.changes(&people.linus, id, message.seq, None).await;
    assert_eq!(missed.unwrap().items.len(), 1);
    refused(
        chat.message(&people.outsider, message.id).await,
        ErrorCode::NotFound,
    );

    // A page that is known is not asked for again, and nothing is done twice.
    chat.make_link_previews().await.unwrap();
    let again = previewed(&people, id, &site.link("/a")).await;
    assert_eq!(titles(&again), ["Page of /a"]);
    assert_eq!(site.count("/a"), 1);
    assert_eq!(site.count("/picture.png"), 1);
    let same = chat.message(&people.grace, message.id).await.unwrap();
    assert_eq!(same, shown);
}

#[sqlx::test(migrations = "../../migrations")]
async fn its_sender_removes_a_preview_for_good(db: PgPool) {
    let site = Site::start().await;
    let people = site.people(db).await;
    let (chat, id) = (&people.chat, people.group().await);
    let body = format!("{} {}", site.link("/a"), site.link("/b"));
    let message = previewed(&people, id, &body).await;
    let first = message.link_previews[0].clone();
    let remove = |who| chat.remove_link_preview(who, message.id, first.id);
    refused(remove(&people.grace).await, ErrorCode::Forbidden);
    refused(remove(&people.outsider).await, ErrorCode::NotFound);
    let mut subscription = chat.subscribe();
    let removed = remove(&people.ada).await.unwrap();
    assert_eq!(titles(&removed), ["Page of /b"]);
    assert_eq!((removed.seq, removed.edited_at), (message.seq + 1, None));
    assert_eq!(
        remove(&people.ada).await.unwrap(),
        removed,
        "it is gone already"
    );
    let told = events(&people.drain(&mut subscription).await);
    assert_eq!(
        told,
        [("message:updated", Audience::Conversations(vec![id]))]
    );
    // Nobody shows its picture any more.
    refused(chat.link_picture(&key(&first)).await, ErrorCode::NotFound);

    // An edit that keeps the link does not bring it back; one that takes a link takes its preview.
    let edit = |body: String| chat.edit_message(&people.ada, message.id, body);
    edit(format!("{body} again")).await.unwrap();
    chat.make_link_previews().await.unwrap();
    let kept = chat.message(&people.ada, message.id).await.unwrap();
    assert_eq!(titles(&kept), ["Page of /b"]);
    let edited = edit(format!("only {}", site.link("/c"))).await.unwrap();
    assert!(edited.link_previews.is_empty());
    chat.make_link_previews().await.unwrap();
    let other = chat.message(&people.ada, message.id).await.unwrap();
    assert_eq!(titles(&other), ["Page of /c"]);
    let deleted = chat.delete_message(&people.ada, message.id).await.unwrap();
    assert!(deleted.link_previews.is_empty());
    assert_eq!(deleted.link_previews_html, None);
    let picture = chat.link_picture(&key(&other.link_previews[0])).await;
    refused(picture, ErrorCode::NotFound);
}

#[sqlx::test(migrations = "../../migrations")]
async fn what_is_hidden_or_gone_has_no_preview(db: PgPool) {
    let site = Site::start().await;
    let people = site.people(db).await;
    let (chat, id) = (&people.chat, people.group().await);
    let body = format!("`{0}` ||{0}||\n```\n{0}\n```", site.link("/a"));
    assert!(previewed(&people, id, &body).await.link_previews.is_empty());
    // Deleted, and edited, before anybody has looked.
    let deleted = people.say(&people.ada, id, &site.link("/a")).await;
    chat.delete_message(&people.ada, deleted.id).await.unwrap();
    let edited = people.say(&people.ada, id, &site.link("/a")).await;
    let edit = chat.edit_message(&people.ada, edited.id, "never mind".to_owned());
    edit.await.unwrap();
    chat.make_link_previews().await.unwrap();
    assert_eq!(site.count("/a"), 0);
    // The sender has left meanwhile.
    let left = people.say(&people.grace, id, &site.link("/b")).await;
    chat.leave_conversation(&people.grace, id).await.unwrap();
    chat.make_link_previews().await.unwrap();
    let left = chat.message(&people.ada, left.id).await.unwrap();
    assert!(left.link_previews.is_empty());
    // Four links have three previews.
    let paths = ["/1", "/2", "/3", "/4"].map(|it| site.link(it));
    let many = previewed(&people, id, &paths.join(" ")).await;
    assert_eq!(titles(&many), ["Page of /1", "Page of /2", "Page of /3"]);
}

#[sqlx::test(migrations = "../../migrations")]
async fn a_forwarded_link_has_its_preview(db: PgPool) {
    let site = Site::start().await;
    let people = site.people(db).await;
    let (chat, id) = (&people.chat, people.group().await);
    let message = previewed(&people, id, &site.link("/a")).await;
    let there = people.direct().await;
    let forward = NewForward {
        message_ids: vec![message.id],
        ..NewForward::default()
    };
    let sent = chat.forward_messages(&people.ada, there, forward).await;
    let sent: MessageId = sent.unwrap().messages[0].id;
    chat.make_link_previews().await.unwrap();
    let sent = chat.message(&people.grace, sent).await.unwrap();
    assert_eq!(titles(&sent), ["Page of /a"]);
    assert_eq!(site.count("/a"), 1);
}

#[sqlx::test(migrations = "../../migrations")]
async fn those_who_administer_a_conversation_turn_previews_off(db: PgPool) {
    let site = Site::start().await;
    let people = site.people(db).await;
    let (chat, id) = (&people.chat, people.group().await);
    let before = previewed(&people, id, &site.link("/a")).await;
    let set = |who, choice| chat.set_link_preview_choice(who, id, choice);
    refused(set(&people.grace, OFF).await, ErrorCode::Forbidden);
    refused(set(&people.outsider, OFF).await, ErrorCode::NotFound);
    let shown = chat.link_preview_state(&people.grace, id).await.unwrap();
    assert!(shown.enabled);
    let hidden = chat.link_preview_state(&people.outsider, id).await;
    refused(hidden, ErrorCode::NotFound);
    let off = LinkPreviewState {
        enabled: false,
        available: true,
    };
    assert_eq!(set(&people.ada, OFF).await.unwrap(), off);
    let shown = chat.link_preview_state(&people.grace, id).await.unwrap();
    assert_eq!(shown, off);
    let off = previewed(&people, id, &site.link("/b")).await;
    assert!(off.link_previews.is_empty());
    assert_eq!(site.count("/b"), 0);
    let kept = chat.message(&people.grace, before.id).await.unwrap();
    assert_eq!(titles(&kept), ["Page of /a"]);
    let on = LinkPreviewChoice { enabled: true };
    set(&people.ada, on).await.unwrap();
    let on_again = previewed(&people, id, &site.link("/b")).await;
    assert_eq!(titles(&on_again), ["Page of /b"]);

    // A direct conversation belongs to both, a channel to those who administer it.
    let direct = people.direct().await;
    for who in [&people.ada, &people.grace] {
        chat.set_link_preview_choice(who, direct, OFF)
            .await
            .unwrap();
    }
    let others = [&people.grace];
    let channel = people.create(ConversationKind::Channel, &others, "news");
    let channel = channel.await;
    let set = chat.set_link_preview_choice(&people.grace, channel, OFF);
    refused(set.await, ErrorCode::Forbidden);
    // Whoever reads a public channel sees it, and has to join first to choose.
    let shown = chat.link_preview_state(&people.outsider, channel).await;
    assert!(shown.unwrap().enabled);
    let set = chat.set_link_preview_choice(&people.outsider, channel, OFF);
    refused(set.await, ErrorCode::Forbidden);
}

#[sqlx::test(migrations = "../../migrations")]
async fn a_server_may_make_none(db: PgPool) {
    let site = Site::start().await;
    let off = LinkPreviewSettings {
        enabled: false,
        ..site.settings().link_previews
    };
    let settings = Settings {
        link_previews: off,
        ..site.settings()
    };
    let people = people_with(db, settings).await;
    let id = people.group().await;
    let message = previewed(&people, id, &site.link("/a")).await;
    assert!(message.link_previews.is_empty());
    // Neither does it ask later.
    people.chat.keep_link_previews().await;
    assert_eq!(site.count("/a"), 0);
    let state = people.chat.link_preview_state(&people.grace, id);
    assert!(!state.await.unwrap().available);
}

#[sqlx::test(migrations = "../../migrations")]
async fn two_nodes_ask_once_and_change_the_message_once(db: PgPool) {
    let site = Site::start().await;
    let people = site.people(db.clone()).await;
    let id = people.group().await;
    let other = Chat::new(db, site.settings());
    let body = format!("{} {}", site.link("/a"), site.link("/b"));
    let first = people.say(&people.ada, id, &body).await;
    let second = people.say(&people.ada, id, &body).await;
    // Both are written down by the first look; whoever comes first takes each.
    let looks = [
        people.chat.make_link_previews().boxed(),
        other.make_link_previews().boxed(),
        people.chat.make_link_previews().boxed(),
        other.make_link_previews().boxed(),
    ];
    for look in join_all(looks).await {
        look.unwrap();
    }
    people.chat.make_link_previews().await.unwrap();
    for (message, seqs) in [(&first, 2), (&second, 2)] {
        let shown = other.message(&people.grace, message.id).await.unwrap();
        assert_eq!(titles(&shown), ["Page of /a", "Page of /b"]);
        assert!(shown.seq <= second.seq + seqs);
    }
    assert_eq!((site.count("/a"), site.count("/b")), (1, 1));
}

#[sqlx::test(migrations = "../../migrations")]
async fn pages_that_nobody_shows_are_swept(db: PgPool) {
    let site = Site::start().await;
    let people = site.people(db.clone()).await;
    let (chat, id) = (&people.chat, people.group().await);
    let kept = previewed(&people, id, &site.link("/kept")).await;
    let gone = previewed(&people, id, &site.link("/gone")).await;
    previewed(&people, id, &site.link("/nothing")).await;
    chat.delete_message(&people.ada, gone.id).await.unwrap();
    let sql = "update link_pages set expires_at = now() - interval '2 hours'";
    sqlx::query(sql).execute(&db).await.unwrap();
    assert_eq!(chat.sweep().await.unwrap(), 2);
    let shown = chat.message(&people.grace, kept.id).await.unwrap();
    assert_eq!(titles(&shown), ["Page of /kept"]);
    // It has expired: it is asked for again, and the message keeps what it shows.
    let again = previewed(&people, id, &site.link("/kept")).await;
    assert_eq!(site.count("/kept"), 2);
    assert_ne!(again.link_previews[0].id, shown.link_previews[0].id);
    let left: i64 = sqlx::query_scalar("select count(*) from link_pictures")
        .fetch_one(&db)
        .await
        .unwrap();
    assert_eq!(left, 2);
}

/// For `indexes`: where `https://parlance.chat/7` and `/8` are known.
pub async fn run_verbs_of_links(chat: &Chat, ada: &Caller, id: ConversationId) {
    let link = |number: i32| format!("https://parlance.chat/{number}");
    let sent = chat.send_message(ada, id, text(&link(7), None)).await;
    let sent = sent.unwrap().message.id;
    chat.make_link_previews().await.unwrap();
    let shown = chat.message(ada, sent).await.unwrap();
    let preview = &shown.link_previews[0];
    let picture = preview.picture.as_ref().unwrap();
    let key = picture.url.rsplit('/').next().unwrap();
    chat.link_picture(key).await.unwrap();
    chat.remove_link_preview(ada, sent, preview.id)
        .await
        .unwrap();
    chat.edit_message(ada, sent, link(8)).await.unwrap();
    chat.make_link_previews().await.unwrap();
    let choice = LinkPreviewChoice { enabled: true };
    chat.set_link_preview_choice(ada, id, choice).await.unwrap();
    chat.link_preview_state(ada, id).await.unwrap();
    chat.delete_message(ada, sent).await.unwrap();
}
