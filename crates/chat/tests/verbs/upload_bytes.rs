//! The bytes of uploads that are deleted while their store does not answer.

use crate::{
    fixtures::{people_with, refused, settings},
    uploads::{expire_all, uploaded},
};
use chat::{FileStore, Settings, UploadSettings};
use model::ErrorCode;
use sqlx::PgPool;

#[sqlx::test(migrations = "../../migrations")]
async fn bytes_that_the_store_keeps_are_swept(db: PgPool) {
    let folder = std::env::temp_dir().join(format!("parlance-kept-{}", std::process::id()));
    let uploads = UploadSettings {
        store: FileStore::below(&folder).unwrap(),
        ..UploadSettings::default()
    };
    let people = people_with(
        db.clone(),
        Settings {
            uploads,
            ..settings()
        },
    )
    .await;
    let (chat, ada) = (&people.chat, &people.ada);
    let upload = uploaded(&people, ada, "a", b"abc").await;
    let own = folder.join(upload.id.to_string());
    let aside = folder.join("aside");
    // A file in place of the folder: nothing is removed below it.
    std::fs::rename(&own, &aside).unwrap();
    std::fs::write(&own, "").unwrap();
    refused(
        chat.delete_upload(&people.outsider, upload.id).await,
        ErrorCode::NotFound,
    );
    chat.delete_upload(ada, upload.id).await.unwrap();
    refused(chat.upload(ada, upload.id).await, ErrorCode::NotFound);
    let removed = "select upload_id from removed_uploads";
    for is_back in [false, true] {
        if is_back {
            std::fs::remove_file(&own).unwrap();
            std::fs::rename(&aside, &own).unwrap();
        }
        expire_all(&db).await;
        chat.sweep().await.unwrap();
        let left: Vec<i64> = sqlx::query_scalar(removed).fetch_all(&db).await.unwrap();
        assert_eq!(left.is_empty(), is_back, "{left:?}");
        assert_eq!(own.exists(), !is_back);
    }
    std::fs::remove_dir_all(&folder).unwrap();
}
