//! Names, titles and descriptions: shown as they were written, and in their place.

use crate::{
    app_fixtures::{SHOP, chat_with, shop, token},
    fixtures::{direct, people},
};
use model::{ConversationChanges, ConversationKind, NewConversation, Profile};
use serde_json::json;
use sqlx::PgPool;

#[sqlx::test(migrations = "../../migrations")]
async fn names_and_titles_are_seen_and_stay_in_their_place(db: PgPool) {
    let people = people(db).await;
    let (chat, id) = (&people.chat, people.group().await);
    let pile = format!("Z{}", "\u{300}\u{301}\u{302}\u{303}\u{304}".repeat(4));
    for bad in [
        "\u{200b}",
        "\u{2800}",
        "Ada\u{202e}",
        "\u{2067}Ada",
        &pile,
        "\u{3164}",
        "A\u{7}da",
    ] {
        let profile = Profile {
            name: Some(bad.to_owned()),
            ..Profile::default()
        };
        let refusal = chat.update_account(&people.ada, profile).await.unwrap_err();
        assert_eq!(refusal.problem().errors[0].field, "name", "{bad:?}");
        let changes = ConversationChanges {
            title: Some(bad.to_owned()),
            ..ConversationChanges::default()
        };
        let refusal = chat
            .update_conversation(&people.ada, id, changes)
            .await
            .unwrap_err();
        assert_eq!(refusal.problem().errors[0].field, "title", "{bad:?}");
    }
    let profile = Profile {
        name: Some(" Zoe\u{308}  King ❤️".to_owned()),
        ..Profile::default()
    };
    let account = chat.update_account(&people.ada, profile).await.unwrap();
    assert_eq!(account.user.name, "Zoë King ❤️");
}

#[sqlx::test(migrations = "../../migrations")]
async fn names_and_titles_are_shown_as_they_were_written(db: PgPool) {
    let people = people(db).await;
    let (chat, id) = (&people.chat, people.group().await);
    for text in [
        "5½ Weeks",
        "10³",
        "Team™",
        "①②③",
        "ﷺ",
        "Info ℹ\u{fe0f}",
        "㊗\u{fe0f}",
        "Ⓜ\u{fe0f}etro",
        "র\u{200d}\u{9cd}যাচেল",
        "葛\u{e0100}飾",
        "Bob´s",
        "Ｗｉｄｅ",
    ] {
        let profile = Profile {
            name: Some(text.to_owned()),
            ..Profile::default()
        };
        let account = chat.update_account(&people.ada, profile).await.unwrap();
        assert_eq!(account.user.name, text);
        let changes = ConversationChanges {
            title: Some(text.to_owned()),
            description: Some(text.to_owned()),
            ..ConversationChanges::default()
        };
        let changed = chat.update_conversation(&people.ada, id, changes).await;
        let changed = changed.unwrap().conversation;
        assert_eq!(changed.title.as_deref(), Some(text));
        assert_eq!(changed.description.as_deref(), Some(text));
        let new = NewConversation {
            kind: ConversationKind::Channel,
            title: Some(text.to_owned()),
            ..direct()
        };
        let created = chat.create_conversation(&people.ada, new).await.unwrap();
        let title = created.summary.conversation.title;
        assert_eq!(title.as_deref(), Some(text));
    }
}

#[sqlx::test(migrations = "../../migrations")]
async fn descriptions_turn_no_line(db: PgPool) {
    let people = people(db).await;
    let (chat, id) = (&people.chat, people.group().await);
    for bad in ["a\u{202e}b", "\u{2066}a", "a\u{0}b"] {
        let changes = ConversationChanges {
            description: Some(bad.to_owned()),
            ..ConversationChanges::default()
        };
        let refusal = chat.update_conversation(&people.ada, id, changes).await;
        assert_eq!(
            refusal.unwrap_err().problem().errors[0].field,
            "description",
            "{bad:?}"
        );
        let new = NewConversation {
            kind: ConversationKind::Group,
            title: Some("x".to_owned()),
            description: Some(bad.to_owned()),
            ..direct()
        };
        let refusal = chat
            .create_conversation(&people.ada, new)
            .await
            .err()
            .unwrap();
        assert_eq!(refusal.problem().errors[0].field, "description", "{bad:?}");
    }
}

#[sqlx::test(migrations = "../../migrations")]
async fn a_name_never_costs_its_user_the_token(db: PgPool) {
    let chat = chat_with(db, vec![shop()]);
    let pile = format!("Zo{}", "\u{300}\u{301}".repeat(200));
    for (n, (name, shown)) in [
        ("\u{202e}adA\u{202c}", Some("adA")),
        ("A\u{200b}da\u{0}", Some("Ada")),
        ("\u{3164}", None),
        (pile.as_str(), Some("Zò\u{301}\u{300}\u{301}")),
    ]
    .into_iter()
    .enumerate()
    {
        let caller = chat
            .authenticate(&token(json!({ "sub": n.to_string(), "name": name }), SHOP))
            .await;
        let account = chat.account(&caller.unwrap()).await.unwrap();
        match shown {
            Some(shown) => assert_eq!(account.user.name, shown, "{name:?}"),
            // A made-up one.
            None => assert!(account.user.name.contains(' '), "{}", account.user.name),
        }
    }
}
