//! Members of a conversation, and what each may do.

use crate::common::{App, text};
use serde_json::json;
use sqlx::PgPool;

#[sqlx::test(migrations = "../migrations")]
async fn members_are_added_promoted_and_removed(pool: PgPool) {
    let app = App::start(pool).await;
    let group = app.group().await;
    let linus = app.person("linus").await;
    let members = format!("{}/members", group.path);

    let added = group
        .ada
        .post(&members, json!({ "userIds": [linus.id] }))
        .await
        .items();
    assert_eq!(added[0]["user"]["username"], "linus");
    assert_eq!(added[0]["role"], "member");
    // Adding a member again changes nothing.
    group
        .ada
        .post(&members, json!({ "userIds": [linus.id] }))
        .await
        .expect(200);
    linus.get(&group.path).await.expect(200);

    let path = format!("{members}/{}", linus.id);
    let promoted = group
        .ada
        .patch(&path, json!({ "role": "admin" }))
        .await
        .expect(200);
    assert_eq!(promoted["role"], "admin");
    let names: Vec<_> = group
        .grace
        .get(&members)
        .await
        .items()
        .iter()
        .map(|member| (text(&member["user"]["username"]), text(&member["role"])))
        .collect();
    let expected = [("ada", "owner"), ("linus", "admin"), ("grace", "member")];
    assert_eq!(
        names,
        expected.map(|(name, role)| (name.to_owned(), role.to_owned()))
    );

    group.ada.delete(&path).await.expect(204);
    linus.get(&group.path).await.refused(404, "not_found");
    group.ada.delete(&path).await.refused(404, "not_found");
}

#[sqlx::test(migrations = "../migrations")]
async fn ordinary_members_change_nobody(pool: PgPool) {
    let app = App::start(pool).await;
    let group = app.group().await;
    let members = format!("{}/members", group.path);
    let ada = format!("{members}/{}", group.ada.id);
    let more = json!({ "userIds": [group.outsider.id] });
    group
        .grace
        .post(&members, more)
        .await
        .refused(403, "forbidden");
    group
        .grace
        .patch(&ada, json!({ "role": "member" }))
        .await
        .refused(403, "forbidden");
    group.grace.delete(&ada).await.refused(403, "forbidden");
    // The last owner cannot lose the role.
    group
        .ada
        .patch(&ada, json!({ "role": "member" }))
        .await
        .refused(409, "conflict");
}

#[sqlx::test(migrations = "../migrations")]
async fn what_names_no_member_is_refused(pool: PgPool) {
    let app = App::start(pool).await;
    let group = app.group().await;
    let members = format!("{}/members", group.path);
    group
        .ada
        .post(&members, json!({ "userIds": [] }))
        .await
        .refused(422, "invalid");
    group
        .ada
        .post(&members, json!({ "userIds": ["9999"] }))
        .await
        .refused(404, "not_found");
    let king = json!({ "userIds": [group.outsider.id], "role": "king" });
    group.ada.post(&members, king).await.refused(422, "invalid");
    let stranger = format!("{members}/{}", group.outsider.id);
    group
        .ada
        .patch(&stranger, json!({ "role": "admin" }))
        .await
        .refused(404, "not_found");
    group
        .ada
        .get(&format!("{members}?limit=101"))
        .await
        .refused(422, "invalid");
    group
        .ada
        .get(&format!("{members}?cursor=x"))
        .await
        .refused(422, "invalid");
    assert_eq!(
        group
            .ada
            .get(&format!("{members}?limit=1"))
            .await
            .items()
            .len(),
        1
    );
}

#[sqlx::test(migrations = "../migrations")]
async fn leaving_is_final(pool: PgPool) {
    let app = App::start(pool).await;
    let group = app.group().await;
    let message = group.send("before").await;
    group
        .grace
        .post_empty(&format!("{}/leave", group.path))
        .await
        .expect(204);
    group.grace.get(&group.path).await.refused(404, "not_found");
    let path = format!("/messages/{}", text(&message["id"]));
    group.grace.get(&path).await.refused(404, "not_found");
    group
        .grace
        .post_empty(&format!("{}/leave", group.path))
        .await
        .refused(404, "not_found");
}
