//! Pictures of people, bots and conversations: what is taken, who is told, and what is left of the one before.

use crate::{
    bots::{administrator, bot},
    fixtures::{People, event, people, people_with, refused, settings},
    thumbnails::{png, shown},
};
use chat::{Caller, MAX_PICTURE_BYTES, RateLimits, Settings};
use image_webp::WebPDecoder;
use model::{
    AuditAction, ConversationId, ErrorCode, Event, MessagesOfDeleted, PictureSize, Profile, UserId,
};
use sqlx::PgPool;
use std::io::Cursor;

/// That they are written is tested here.
pub const OF_PICTURES: &[AuditAction] = &[AuditAction::UserPictureChanged];

/// The key in the address of a picture.
fn key(url: &str) -> &str {
    let file = url.strip_prefix("/pictures/").unwrap();
    file.strip_suffix("/256.webp").unwrap()
}

async fn avatar_of(people: &People, id: UserId) -> Option<String> {
    let user = people.chat.user(&people.ada, id).await.unwrap();
    assert_eq!(
        people.chat.user_card(id).await.unwrap().avatar_url,
        user.avatar_url
    );
    user.avatar_url
}

async fn picture_of(people: &People, who: &Caller, id: ConversationId) -> Option<String> {
    let summary = people.chat.conversation(who, id).await.unwrap();
    summary.conversation.picture_url
}

async fn squares(people: &People, url: &str) -> [Vec<u8>; 2] {
    let large = people.chat.picture(key(url), PictureSize::Large).await;
    let small = people.chat.picture(key(url), PictureSize::Small).await;
    [large.unwrap(), small.unwrap()]
}

fn sides(webp: &[u8]) -> (u32, u32) {
    WebPDecoder::new(Cursor::new(webp)).unwrap().dimensions()
}

async fn count(db: &PgPool) -> i64 {
    let count = sqlx::query_scalar("select count(*) from pictures");
    count.fetch_one(db).await.unwrap()
}

#[sqlx::test(migrations = "../../migrations")]
async fn a_picture_is_the_square_of_the_middle_in_two_sizes(db: PgPool) {
    let people = people(db.clone()).await;
    let chat = &people.chat;
    // The middle of a wide picture has a part of each quarter, and is turned as its metadata says.
    for (orientation, quarters) in [(None, [0, 1, 2, 3]), (Some(6), [2, 0, 3, 1])] {
        let file = png(900, 400, orientation);
        let url = chat.set_picture(&people.ada, file).await.unwrap();
        let [large, small] = squares(&people, &url).await;
        assert_eq!((sides(&large), sides(&small)), ((256, 256), (96, 96)));
        assert_eq!((shown(&large), shown(&small)), (quarters, quarters));
        let metadata = WebPDecoder::new(Cursor::new(&large))
            .unwrap()
            .exif_metadata();
        assert_eq!(metadata.unwrap(), None);
    }
    // A small one is not made larger.
    let url = chat
        .set_picture(&people.ada, png(40, 20, None))
        .await
        .unwrap();
    let [large, small] = squares(&people, &url).await;
    assert_eq!((sides(&large), sides(&small)), ((20, 20), (20, 20)));
    assert_eq!(count(&db).await, 1, "there is one picture of somebody");
}

#[sqlx::test(migrations = "../../migrations")]
async fn what_is_no_still_picture_is_refused(db: PgPool) {
    let people = people(db.clone()).await;
    let chat = &people.chat;
    let mut broken = png(300, 300, None);
    broken.truncate(broken.len() / 2);
    // It says that it has more pixels than anybody decodes.
    let mut bomb = png(300, 300, None);
    bomb[16..24].copy_from_slice(&[0, 0, 0xff, 0xff, 0, 0, 0xff, 0xff]);
    let svg = br#"<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>"#;
    let gif =
        b"GIF89a\x01\0\x01\0\x80\0\0\0\0\0\xff\xff\xff,\0\0\0\0\x01\0\x01\0\0\x02\x02D\x01\0;";
    for file in [&b""[..], b"a text", svg, gif, &broken, &bomb, &animated()] {
        let set = chat.set_picture(&people.ada, file.to_vec()).await;
        refused(set, ErrorCode::Invalid);
    }
    let huge = vec![0; MAX_PICTURE_BYTES + 1];
    refused(
        chat.set_picture(&people.ada, huge).await,
        ErrorCode::TooLarge,
    );
    assert_eq!(avatar_of(&people, people.ada.user_id).await, None);
    assert_eq!(count(&db).await, 0);
}

/// A PNG that says that it moves, before its pixels.
fn animated() -> Vec<u8> {
    let mut file = Vec::new();
    let mut encoder = png::Encoder::new(&mut file, 4, 4);
    encoder.set_color(png::ColorType::Rgb);
    encoder.set_animated(2, 0).unwrap();
    let mut writer = encoder.write_header().unwrap();
    for _ in 0..2 {
        writer.write_image_data(&[7; 48]).unwrap();
    }
    writer.finish().unwrap();
    file
}

#[sqlx::test(migrations = "../../migrations")]
async fn a_change_is_told_at_once_and_the_picture_before_is_gone(db: PgPool) {
    let people = people(db.clone()).await;
    let chat = &people.chat;
    people.group().await;
    let mut subscription = chat.subscribe();
    let first = chat.set_picture(&people.ada, png(300, 300, None)).await;
    let first = first.unwrap();
    let told = people.drain(&mut subscription).await;
    let profiles: Vec<_> = told
        .iter()
        .filter_map(|it| match event(it) {
            Some(Event::UserUpdated { profile }) => profile.avatar_url.clone(),
            _ => None,
        })
        .collect();
    assert_eq!(profiles, std::slice::from_ref(&first));
    assert_eq!(
        avatar_of(&people, people.ada.user_id).await,
        Some(first.clone())
    );

    let second = chat.set_picture(&people.ada, png(300, 300, None)).await;
    let second = second.unwrap();
    assert_ne!(first, second, "each picture has an address of its own");
    for size in [PictureSize::Small, PictureSize::Large] {
        refused(chat.picture(key(&first), size).await, ErrorCode::NotFound);
        chat.picture(key(&second), size).await.unwrap();
    }
    chat.remove_picture(&people.ada).await.unwrap();
    assert_eq!(avatar_of(&people, people.ada.user_id).await, None);
    refused(
        chat.picture(key(&second), PictureSize::Large).await,
        ErrorCode::NotFound,
    );
    chat.remove_picture(&people.ada).await.unwrap();
    assert_eq!(count(&db).await, 0);
}

#[sqlx::test(migrations = "../../migrations")]
async fn an_address_elsewhere_is_kept_beside_a_picture_and_shown_again(db: PgPool) {
    let people = people(db.clone()).await;
    let chat = &people.chat;
    let id = people.ada.user_id;
    let elsewhere = |url: &str| Profile {
        avatar_url: Some(url.to_owned()),
        ..Profile::default()
    };
    let set = chat.update_account(&people.ada, elsewhere("https://example.org/ada.png"));
    set.await.unwrap();
    let own = chat.set_picture(&people.ada, png(300, 300, None)).await;
    let own = own.unwrap();
    // Whoever sends all of their profile back changes nothing.
    chat.update_account(&people.ada, elsewhere(&own))
        .await
        .unwrap();
    assert_eq!(avatar_of(&people, id).await, Some(own.clone()));
    // An app says another one meanwhile, by any way.
    sqlx::query("update users set avatar_url = 'https://example.org/later.png' where id = $1")
        .bind(id.0)
        .execute(&db)
        .await
        .unwrap();
    assert_eq!(avatar_of(&people, id).await, Some(own));
    chat.remove_picture(&people.ada).await.unwrap();
    let later = "https://example.org/later.png";
    assert_eq!(avatar_of(&people, id).await.as_deref(), Some(later));

    // Who chooses an address elsewhere themself has no picture here any more.
    chat.set_picture(&people.ada, png(300, 300, None))
        .await
        .unwrap();
    let chosen = "https://example.org/chosen.png";
    chat.update_account(&people.ada, elsewhere(chosen))
        .await
        .unwrap();
    assert_eq!(avatar_of(&people, id).await.as_deref(), Some(chosen));
    assert_eq!(count(&db).await, 0);
    // Nobody names a picture of somebody else.
    let theirs = chat.set_picture(&people.grace, png(300, 300, None)).await;
    let stolen = chat.update_account(&people.ada, elsewhere(&theirs.unwrap()));
    refused(stolen.await, ErrorCode::Invalid);
}

#[sqlx::test(migrations = "../../migrations")]
async fn owners_and_admins_change_the_picture_of_a_conversation(db: PgPool) {
    let people = people(db.clone()).await;
    let chat = &people.chat;
    let group = people.group().await;
    let file = || png(300, 300, None);
    let set = chat.set_conversation_picture(&people.grace, group, file());
    refused(set.await, ErrorCode::Forbidden);
    let set = chat.set_conversation_picture(&people.outsider, group, file());
    refused(set.await, ErrorCode::NotFound);
    let removed = chat.remove_conversation_picture(&people.outsider, group);
    refused(removed.await, ErrorCode::NotFound);
    let direct = people.direct().await;
    let set = chat.set_conversation_picture(&people.ada, direct, file());
    refused(set.await, ErrorCode::Forbidden);

    let mut subscription = chat.subscribe();
    let set = chat.set_conversation_picture(&people.ada, group, file());
    let url = set.await.unwrap();
    let told = people.drain(&mut subscription).await;
    let told: Vec<_> = told
        .iter()
        .filter_map(|it| match event(it) {
            Some(Event::ConversationUpdated { conversation, .. }) => {
                Some(conversation.picture_url.clone())
            }
            _ => None,
        })
        .collect();
    assert_eq!(told, [Some(url.clone())]);
    assert_eq!(
        picture_of(&people, &people.linus, group).await,
        Some(url.clone())
    );
    // Who was removed is not told the next one, and the one that they know is gone.
    chat.remove_member(&people.ada, group, people.linus.user_id)
        .await
        .unwrap();
    let set = chat.set_conversation_picture(&people.ada, group, file());
    let next = set.await.unwrap();
    refused(
        chat.conversation(&people.linus, group).await,
        ErrorCode::NotFound,
    );
    refused(
        chat.picture(key(&url), PictureSize::Large).await,
        ErrorCode::NotFound,
    );
    let removed = chat.remove_conversation_picture(&people.ada, group).await;
    removed.unwrap();
    assert_eq!(picture_of(&people, &people.grace, group).await, None);
    refused(
        chat.picture(key(&next), PictureSize::Large).await,
        ErrorCode::NotFound,
    );
    // It goes with the conversation.
    let set = chat.set_conversation_picture(&people.ada, group, file());
    set.await.unwrap();
    chat.delete_conversation(&people.ada, group).await.unwrap();
    assert_eq!(count(&db).await, 0);
}

#[sqlx::test(migrations = "../../migrations")]
async fn administrators_set_those_of_bots_and_remove_anybodys(db: PgPool) {
    let people = people(db.clone()).await;
    let chat = &people.chat;
    let admin = administrator(chat, &db).await;
    let bot = bot(chat, &admin).await.user.id;
    let file = || png(300, 300, None);
    let by_ada = chat.set_picture_of(&people.ada, bot, file()).await;
    refused(by_ada, ErrorCode::Forbidden);
    let of_grace = chat.set_picture_of(&admin, people.grace.user_id, file());
    refused(of_grace.await, ErrorCode::Forbidden);
    let url = chat.set_picture_of(&admin, bot, file()).await.unwrap();
    assert_eq!(avatar_of(&people, bot).await, Some(url));

    chat.set_picture(&people.grace, file()).await.unwrap();
    let grace = people.grace.user_id;
    for stranger in [&people.ada, &people.outsider] {
        let removed = chat.remove_picture_of(stranger, grace).await;
        refused(removed, ErrorCode::Forbidden);
    }
    chat.remove_picture_of(&admin, grace).await.unwrap();
    assert_eq!(avatar_of(&people, grace).await, None);
    refused(
        chat.remove_picture_of(&admin, UserId(987_654)).await,
        ErrorCode::NotFound,
    );
    let entries: Vec<String> = sqlx::query_scalar(
        "select details->>'picture' from audit_entries where action = 'user.picture_changed' order by id",
    )
    .fetch_all(&db)
    .await
    .unwrap();
    assert_eq!(entries, ["set", "removed"]);
}

#[sqlx::test(migrations = "../../migrations")]
async fn nothing_is_left_of_a_deleted_account(db: PgPool) {
    let people = people(db.clone()).await;
    let chat = &people.chat;
    let set = chat.set_picture(&people.grace, png(300, 300, None)).await;
    let url = set.unwrap();
    let keep = MessagesOfDeleted::Keep;
    chat.delete_account_of(&Caller::OPERATOR, people.grace.user_id, keep)
        .await
        .unwrap();
    assert_eq!(count(&db).await, 0);
    refused(
        chat.picture(key(&url), PictureSize::Large).await,
        ErrorCode::NotFound,
    );
    // A request that was running comes too late.
    let late = chat.set_picture(&people.grace, png(300, 300, None)).await;
    refused(late, ErrorCode::NotFound);
    assert_eq!(count(&db).await, 0);
}

#[sqlx::test(migrations = "../../migrations")]
async fn nobody_sets_pictures_without_end(db: PgPool) {
    let limited = Settings {
        rate_limits: RateLimits::default(),
        ..settings()
    };
    let people = people_with(db, limited).await;
    let mut set = 0;
    let refused = loop {
        match people.chat.set_picture(&people.ada, b"none".to_vec()).await {
            Err(error) if error.code() == ErrorCode::Invalid => set += 1,
            other => break other,
        }
    };
    assert_eq!(
        (set, refused.unwrap_err().code()),
        (20, ErrorCode::TooManyRequests)
    );
}
