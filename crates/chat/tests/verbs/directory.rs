//! The directory of an app.

use crate::{
    directory_fixtures::{APP, Directory, counts, directory, token},
    fixtures::{direct, receive_until, refused, text},
};
use chat::{AccessWatch, Client, Delivery, Error, auth_error};
use model::{ErrorCode, NewConversation, PageRequest, Profile, Register, User, UserRole};
use serde_json::{Value, json};
use sqlx::PgPool;

async fn user(directory: &Directory, id: &str) -> User {
    let caller = directory.sign_in(id).await;
    directory.chat.account(&caller).await.unwrap().user
}

async fn usernames(directory: &Directory, query: Option<&str>) -> Vec<String> {
    let page = PageRequest::default();
    let found = directory.chat.users(&directory.admin, query, page).await;
    let found = found.unwrap().items.into_iter();
    found.map(|it| it.username).collect()
}

#[sqlx::test(migrations = "../../migrations")]
async fn users_are_created_once_and_changed_where_the_directory_changes(db: PgPool) {
    let directory = directory(db).await;
    let users = json!([
        { "id": 6, "name": "Ada Lovelace", "username": "Ada", "email": "ada@example.org",
          "picture": "https://example.org/ada.png" },
        { "id": "507f1f77bcf86cd799439011", "name": "Grace Hopper", "role": "admin" },
        { "id": "a/b c", "email": "linus@example.org" },
        { "id": "7" },
    ]);
    assert_eq!(counts(&directory.put(users.clone()).await), [4, 0, 0, 0, 0]);
    assert_eq!(counts(&directory.put(users).await), [0, 0, 4, 0, 0]);
    let ada = user(&directory, "6").await;
    assert_eq!(
        (ada.name.as_str(), ada.username.as_str()),
        ("Ada Lovelace", "ada")
    );
    assert_eq!(
        ada.avatar_url.as_deref(),
        Some("https://example.org/ada.png")
    );
    let grace = user(&directory, "507f1f77bcf86cd799439011").await;
    assert_eq!(grace.role, UserRole::Admin);
    assert_eq!(user(&directory, "a/b c").await.username, "linus");

    // A name that Ada has chosen here stays, until the directory says another one.
    let caller = directory.sign_in("6").await;
    let profile = Profile {
        name: Some("Countess".to_owned()),
        ..Profile::default()
    };
    directory
        .chat
        .update_account(&caller, profile)
        .await
        .unwrap();
    let same = json!([{ "id": "6", "name": "Ada Lovelace", "username": "ada" }]);
    assert_eq!(counts(&directory.put(same).await), [0, 0, 1, 0, 0]);
    assert_eq!(user(&directory, "6").await.name, "Countess");
    let other = json!([{ "id": "6", "name": "Ada King" }]);
    assert_eq!(counts(&directory.put(other).await), [0, 1, 0, 0, 0]);
    let ada = user(&directory, "6").await;
    assert_eq!(
        (ada.name.as_str(), ada.username.as_str()),
        ("Ada King", "ada")
    );
    let said = json!([{ "id": "6", "role": "admin" }]);
    assert_eq!(counts(&directory.put(said).await), [0, 1, 0, 0, 0]);
    assert_eq!(user(&directory, "6").await.role, UserRole::Admin);
}

#[sqlx::test(migrations = "../../migrations")]
async fn a_bad_entry_costs_the_good_ones_nothing(db: PgPool) {
    let directory = directory(db).await;
    let report = directory
        .put(json!([
            { "id": "1", "name": "One" }, { "name": "Nobody" }, { "id": "2", "email": "x" },
            { "id": "1", "name": "Again" }, 7, { "id": "3", "role": "owner", "name": 5 },
            { "id": "4" },
        ]))
        .await;
    assert_eq!(counts(&report), [2, 0, 0, 0, 5]);
    let rejected = report.rejected.iter().map(|it| {
        let fields = it.errors.iter().map(|error| error.field.as_str());
        (it.index, it.id.as_deref(), fields.collect::<Vec<_>>())
    });
    assert_eq!(
        rejected.collect::<Vec<_>>(),
        [
            (1, None, vec!["id"]),
            (2, Some("2"), vec!["email"]),
            (3, Some("1"), vec!["id"]),
            (4, None, vec!["user"]),
            (5, Some("3"), vec!["name", "role"]),
        ]
    );
    assert_eq!(user(&directory, "1").await.name, "One");
    let many = vec![json!({ "id": "1" }); chat::MAX_DIRECTORY_USERS + 1];
    let chat = &directory.chat;
    let update = chat.update_app_users(&directory.admin, APP, &many, false);
    refused(update.await, ErrorCode::Invalid);
}

#[sqlx::test(migrations = "../../migrations")]
async fn what_somebody_else_has_is_not_taken_and_is_tried_again(db: PgPool) {
    let directory = directory(db.clone()).await;
    let ours = Register {
        username: "ada".to_owned(),
        password: "correct horse".to_owned(),
        name: None,
        email: Some("ada@example.org".to_owned()),
    };
    let ours = directory.chat.register(ours, &Client::default()).await;
    let ours = ours.unwrap().user().id;
    let users = json!([
        { "id": "1", "username": "ada", "email": "ADA@example.org" },
        { "id": "2", "username": "ada", "email": "two@example.org" },
        { "id": "3", "username": "grace", "email": "two@example.org" },
        { "id": "4", "username": "grace", "email": "four@example.org" },
    ]);
    assert_eq!(counts(&directory.put(users.clone()).await), [4, 0, 0, 0, 0]);
    let email = async |id: &str| {
        let caller = directory.sign_in(id).await;
        directory.chat.account(&caller).await.unwrap().email
    };
    let (one, two) = (user(&directory, "1").await, user(&directory, "2").await);
    assert!(
        one.id != ours && one.username.starts_with("ada-"),
        "{one:?}"
    );
    assert!(two.username.starts_with("ada-") && two.username != one.username);
    assert_eq!(email("1").await, None);
    assert_eq!(email("2").await, None);
    assert_eq!(user(&directory, "3").await.username, "grace");
    assert_eq!(email("3").await.as_deref(), Some("two@example.org"));
    assert!(user(&directory, "4").await.username.starts_with("grace-"));

    // A rename to what is free, to what is taken, and an exchange of two names.
    let renames = json!([
        { "id": "1", "username": "countess", "email": "countess@example.org" },
        { "id": "3", "username": "countess" }, { "id": "4", "username": "ada" },
    ]);
    assert_eq!(
        counts(&directory.put(renames.clone()).await),
        [0, 1, 2, 0, 0]
    );
    assert_eq!(user(&directory, "1").await.username, "countess");
    assert_eq!(email("1").await.as_deref(), Some("countess@example.org"));
    assert_eq!(user(&directory, "3").await.username, "grace");
    sqlx::query("update users set username = 'free' where id = $1")
        .bind(ours.0)
        .execute(&db)
        .await
        .unwrap();
    assert_eq!(counts(&directory.put(renames).await), [0, 1, 2, 0, 0]);
    assert_eq!(user(&directory, "4").await.username, "ada");
}

#[sqlx::test(migrations = "../../migrations")]
async fn a_user_who_is_gone_is_refused_and_comes_back(db: PgPool) {
    let directory = directory(db).await;
    let chat = &directory.chat;
    directory
        .put(json!([{ "id": "6", "username": "ada" }, { "id": "7", "username": "grace" }]))
        .await;
    let (ada, grace) = (directory.sign_in("6").await, directory.sign_in("7").await);
    let new = NewConversation {
        member_ids: vec![grace.user_id],
        ..direct()
    };
    let id = chat.create_conversation(&ada, new).await.unwrap();
    let id = id.summary.conversation.id;
    let message = chat.send_message(&ada, id, text("I was here", None));
    let message = message.await.unwrap().message;

    let mut subscription = chat.subscribe();
    let gone = json!([{ "id": "6", "active": false }, { "id": "8", "active": false }]);
    assert_eq!(counts(&directory.put(gone.clone()).await), [0, 0, 1, 1, 0]);
    let delivery = subscription.next().await.unwrap().unwrap();
    assert_eq!(*delivery, Delivery::DisconnectUser(ada.user_id));
    assert_eq!(counts(&directory.put(gone).await), [0, 0, 2, 0, 0]);
    match chat.authenticate(&token(&json!({ "sub": "6" }))).await {
        Err(Error::Unauthenticated(said)) => assert_eq!(said, auth_error::ENDED),
        other => panic!("{other:?}"),
    }
    assert_eq!(usernames(&directory, None).await, ["grace", "root"]);
    assert_eq!(
        usernames(&directory, Some("ada")).await,
        Vec::<String>::new()
    );
    let kept = chat.message(&grace, message.id).await.unwrap();
    assert_eq!(kept.body, "I was here");

    let back = json!([{ "id": "6" }]);
    assert_eq!(counts(&directory.put(back).await), [0, 1, 0, 0, 0]);
    assert_eq!(directory.sign_in("6").await.user_id, ada.user_id);
    assert_eq!(usernames(&directory, Some("ada")).await, ["ada"]);

    chat.end_app_user(&directory.admin, APP, "6").await.unwrap();
    chat.end_app_user(&directory.admin, APP, "6").await.unwrap();
    let token = token(&json!({ "sub": "6" }));
    refused(chat.authenticate(&token).await, ErrorCode::Unauthenticated);
    for (app, id) in [(APP, "99"), (APP, ""), ("shop", "6")] {
        let ended = chat.end_app_user(&directory.admin, app, id).await;
        refused(ended, ErrorCode::NotFound);
    }
    let page = PageRequest::default();
    let listed = chat.app_users(&directory.admin, APP, page).await.unwrap();
    let listed: Vec<_> = listed.items.iter().collect();
    assert_eq!(listed.len(), 2);
    assert!(listed[0].id == "6" && listed[0].ended_at.is_some());
    assert!(listed[1].id == "7" && listed[1].ended_at.is_none() && !listed[1].placeholder);
}

#[sqlx::test(migrations = "../../migrations")]
async fn a_directory_is_for_administrators_and_for_apps_that_are_there(db: PgPool) {
    let directory = directory(db.clone()).await;
    let chat = &directory.chat;
    let users = [json!({ "id": "1" })];
    let outsider = directory.sign_in("9").await;
    let update = chat.update_app_users(&outsider, APP, &users, false);
    refused(update.await, ErrorCode::Forbidden);
    refused(
        chat.end_app_user(&outsider, APP, "1").await,
        ErrorCode::Forbidden,
    );
    refused(chat.apps(&outsider).await, ErrorCode::Forbidden);
    let list = chat.app_users(&outsider, APP, PageRequest::default());
    refused(list.await, ErrorCode::Forbidden);
    let ids = chat.user_app_ids(&outsider, directory.admin.user_id);
    refused(ids.await, ErrorCode::Forbidden);

    for app in ["shop", "", "App", "a b"] {
        let update = chat.update_app_users(&directory.admin, app, &users, false);
        refused(update.await, ErrorCode::NotFound);
    }
    // Without an app in the configuration, there is no directory to begin.
    sqlx::query("delete from apps").execute(&db).await.unwrap();
    let plain = chat::Chat::new(db, crate::fixtures::settings());
    let update = plain.update_app_users(&directory.admin, APP, &users, false);
    refused(update.await, ErrorCode::NotFound);
}

#[sqlx::test(migrations = "../../migrations")]
async fn the_directory_of_an_app_may_come_before_its_first_token(db: PgPool) {
    let directory = directory(db).await;
    let chat = &directory.chat;
    directory.put(json!([{ "id": "6", "name": "Ada" }])).await;
    let apps = chat.apps(&directory.admin).await.unwrap();
    assert_eq!(
        (apps[0].name.as_str(), apps[0].issuer.as_deref()),
        (APP, None)
    );
    let claims = json!({ "iss": "shop", "sub": "6" });
    let ada = chat.authenticate(&token(&claims)).await.unwrap();
    assert_eq!(chat.account(&ada).await.unwrap().user.name, "Ada");
    let apps = chat.apps(&directory.admin).await.unwrap();
    assert_eq!(apps.len(), 1);
    assert_eq!(apps[0].issuer.as_deref(), Some("shop"));
    let ids = chat.user_app_ids(&ada, ada.user_id).await.unwrap();
    assert_eq!((ids[0].app.as_str(), ids[0].id.as_str()), (APP, "6"));
}

#[sqlx::test(migrations = "../../migrations")]
async fn nobody_locks_themself_out(db: PgPool) {
    let directory = directory(db).await;
    directory.put(json!([{ "id": "1", "role": "admin" }])).await;
    let admin = directory.sign_in("1").await;
    assert_eq!(admin.role, UserRole::Admin);
    for (entry, field) in [
        (json!({ "id": "1", "active": false }), "active"),
        (json!({ "id": "1", "role": "member" }), "role"),
    ] {
        let entries = [entry];
        let update = directory
            .chat
            .update_app_users(&admin, APP, &entries, false);
        let report = update.await.unwrap();
        assert_eq!(counts(&report), [0, 0, 0, 0, 1]);
        assert_eq!(report.rejected[0].errors[0].field, field);
    }
    let ended = directory.chat.end_app_user(&admin, APP, "1").await;
    refused(ended, ErrorCode::Conflict);

    // Another administrator may do it: sockets with the old role end.
    let mut subscription = directory.chat.subscribe();
    directory
        .put(json!([{ "id": "1", "role": "member" }]))
        .await;
    let disconnected = receive_until(&mut subscription, |it| {
        matches!(it, Delivery::DisconnectUser(_))
    });
    let disconnected = disconnected.await;
    assert_eq!(
        disconnected.last(),
        Some(&Delivery::DisconnectUser(admin.user_id))
    );
    assert_eq!(directory.sign_in("1").await.role, UserRole::Member);
}

#[sqlx::test(migrations = "../../migrations")]
async fn a_dry_run_reports_and_keeps_nothing(db: PgPool) {
    let directory = directory(db).await;
    directory.put(json!([{ "id": "1", "name": "One" }])).await;
    let users = [
        json!({ "id": "1", "name": "Uno" }),
        json!({ "id": "2" }),
        json!({}),
    ];
    let chat = &directory.chat;
    let dry = chat.update_app_users(&directory.admin, APP, &users, true);
    let dry = dry.await.unwrap();
    assert_eq!(counts(&dry), [1, 1, 0, 0, 1]);
    assert_eq!(user(&directory, "1").await.name, "One");
    let wet = chat.update_app_users(&directory.admin, APP, &users, false);
    assert_eq!(wet.await.unwrap(), dry);
}

#[sqlx::test(migrations = "../../migrations")]
async fn updates_and_first_tokens_at_the_same_time_make_each_user_once(db: PgPool) {
    let directory = directory(db).await;
    let users: Vec<_> = (0..300)
        .map(|n| json!({ "id": n, "username": "somebody" }))
        .collect();
    let mut tasks = tokio::task::JoinSet::new();
    for n in 0..6 {
        let (chat, admin, users) = (directory.chat.clone(), directory.admin, users.clone());
        tasks.spawn(async move {
            if n % 2 == 0 {
                let update = chat.update_app_users(&admin, APP, &users, false);
                update.await.unwrap();
            } else {
                for id in (0..300).step_by(7) {
                    let token = token(&json!({ "sub": id }));
                    chat.authenticate(&token).await.unwrap();
                }
            }
        });
    }
    tasks.join_all().await;
    assert_eq!(
        counts(&directory.put(Value::from(users)).await),
        [0, 0, 300, 0, 0]
    );
    let listed = async |cursor: Option<String>| {
        let page = PageRequest {
            limit: Some(100),
            cursor,
        };
        let page = directory.chat.app_users(&directory.admin, APP, page).await;
        page.unwrap()
    };
    let first = listed(None).await;
    let second = listed(first.next_cursor.clone()).await;
    let third = listed(second.next_cursor.clone()).await;
    assert_eq!(third.next_cursor, None);
    let all = [first.items, second.items, third.items].concat();
    let ids: std::collections::BTreeSet<_> = all.iter().map(|it| it.user_id).collect();
    assert_eq!(ids.len(), 300);
}

#[sqlx::test(migrations = "../../migrations")]
async fn ten_thousand_users_take_seconds(db: PgPool) {
    let directory = directory(db).await;
    let users: Vec<_> = (0..10_000)
        .map(|n| {
            json!({ "id": format!("{n:024x}"), "name": format!("Somebody No. {n}"),
                "username": format!("somebody{n}"), "email": format!("{n}@example.org") })
        })
        .collect();
    for expected in [[5_000, 0, 0, 0, 0], [0, 0, 5_000, 0, 0]] {
        let start = std::time::Instant::now();
        for chunk in users.chunks(chat::MAX_DIRECTORY_USERS) {
            let report = directory.put(Value::from(chunk.to_vec())).await;
            assert_eq!(counts(&report), expected);
        }
        println!("{} users in {:?}", users.len(), start.elapsed());
    }
}

#[sqlx::test(migrations = "../../migrations")]
async fn a_node_that_was_not_told_finds_who_has_ended(db: PgPool) {
    let directory = directory(db.clone()).await;
    let (ada, grace) = (directory.sign_in("1").await, directory.sign_in("2").await);
    let node = chat::Chat::new(db, crate::fixtures::settings());
    let _devices = (
        node.connect(&ada).await.unwrap(),
        node.connect(&grace).await.unwrap(),
    );
    let mut watch = AccessWatch::new();
    let mut subscription = node.subscribe();
    node.disconnect_changed_users(&mut watch).await.unwrap();
    directory
        .put(json!([{ "id": "1", "active": false }, { "id": "3", "active": false }]))
        .await;
    node.disconnect_changed_users(&mut watch).await.unwrap();
    let ended = receive_until(&mut subscription, |it| {
        matches!(it, Delivery::DisconnectUser(_))
    });
    let ended = ended.await;
    assert_eq!(ended.last(), Some(&Delivery::DisconnectUser(ada.user_id)));
    // Not again and again.
    node.disconnect_changed_users(&mut watch).await.unwrap();
    directory.put(json!([{ "id": "2", "active": false }])).await;
    node.disconnect_changed_users(&mut watch).await.unwrap();
    let marker = receive_until(&mut subscription, |it| {
        matches!(it, Delivery::DisconnectUser(_))
    });
    assert_eq!(marker.await, [Delivery::DisconnectUser(grace.user_id)]);
}

#[sqlx::test(migrations = "../../migrations")]
async fn an_id_in_another_case_is_the_same_user(db: PgPool) {
    let directory = directory(db).await;
    for id in [
        "507F1f77bcf86cd79943901b",
        "5F0C9C1E-8F0A-4B57-9D61-0D8A9C7C6d11",
    ] {
        let spelled = |id: &str| json!([{ "id": id, "name": "Ada" }]);
        assert_eq!(counts(&directory.put(spelled(id)).await), [1, 0, 0, 0, 0]);
        for other in [id.to_lowercase(), id.to_uppercase()] {
            let unchanged = directory.put(spelled(&other)).await;
            assert_eq!(counts(&unchanged), [0, 0, 1, 0, 0], "{other}");
            let renamed = json!([{ "id": other, "name": other, "active": false }]);
            assert_eq!(counts(&directory.put(renamed).await)[2..4], [0, 1]);
            let back = directory.put(spelled(id)).await;
            assert_eq!(counts(&back), [0, 1, 0, 0, 0]);
        }
        // A token in a third spelling is of the same user, who keeps the first one.
        let caller = directory.sign_in(&id.to_lowercase()).await;
        let card = directory.chat.user_card(caller.user_id).await.unwrap();
        let app_id = caller.app_id.unwrap();
        assert_eq!(card.external_id(app_id).unwrap().as_str(), id);
    }
    let twice = json!([{ "id": "507f1f77bcf86cd79943901a" }, { "id": "507F1F77BCF86CD79943901A" }]);
    assert_eq!(counts(&directory.put(twice).await), [1, 0, 0, 0, 1]);
}
