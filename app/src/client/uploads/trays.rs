//! The files in the trays of all boxes, by the keys of `localStorage` (`client/drafts.rs`), also of those that the page
//! does not show.

use super::outgoing_file::{OutgoingFile, read_files, write_files};
use crate::{
    client::{ChatClient, browser},
    store::{DraftPlace, Key},
};
use model::{Upload, UploadId};

impl ChatClient {
    /// Notes the id of an upload in the tray that has its file, so that the draft has it, too.
    pub(super) fn note_upload(self, key: &str, id: &str) {
        for (tray, text) in self.trays() {
            let mut files = read_files(&text);
            let file = files.iter_mut().find(|it| it.key == key && it.id != id);
            if let Some(file) = file {
                id.clone_into(&mut file.id);
                browser::store(&tray, &write_files(&files));
                self.store.notify(&[Key::Drafts]);
            }
        }
    }

    /// The ids of the uploads in a tray; those that have none yet are left out.
    pub fn uploads_in_tray(self, (id, thread): DraftPlace) -> Vec<UploadId> {
        let files = read_files(&self.kept_files(id, thread)).into_iter();
        files.filter_map(|file| file.id.parse().ok()).collect()
    }

    /// Takes uploads out of a tray. Whether there was one.
    pub fn take_from_tray(self, (id, thread): DraftPlace, uploads: &[UploadId]) -> bool {
        let mut files = read_files(&self.kept_files(id, thread));
        let count = files.len();
        files.retain(|file| !file.id.parse().is_ok_and(|id| uploads.contains(&id)));
        let is_other = files.len() < count;
        if is_other {
            self.keep_files(id, thread, &write_files(&files));
            self.store.notify(&[Key::Drafts]);
        }
        is_other
    }

    /// The files of a message that is a draft now: its uploads, and what this browser has not begun to upload.
    pub fn files_to_send(self, (id, thread): DraftPlace, uploads: &[Upload]) -> String {
        let here = read_files(&self.kept_files(id, thread));
        write_files(&merge_files(here, uploads, false))
    }

    /// Puts the files of a draft into a tray. What is there already stays as it is, and so does what the server has not
    /// heard of, unless all is let go.
    pub fn set_uploads_in_tray(
        self,
        (id, thread): DraftPlace,
        uploads: &[Upload],
        is_let_go: bool,
    ) {
        let before = read_files(&self.kept_files(id, thread));
        let after = merge_files(before, uploads, is_let_go);
        self.keep_files(id, thread, &write_files(&after));
    }
}

fn merge_files(
    before: Vec<OutgoingFile>,
    uploads: &[Upload],
    is_let_go: bool,
) -> Vec<OutgoingFile> {
    let come = uploads.iter().map(OutgoingFile::of);
    let mut after: Vec<_> = come
        .map(|come| {
            let known = before
                .iter()
                .find(|it| it.id == come.id || it.key == come.key);
            known.map_or_else(
                || come.clone(),
                |known| OutgoingFile {
                    id: come.id.clone(),
                    ..known.clone()
                },
            )
        })
        .collect();
    if !is_let_go {
        let new = before.into_iter().filter(|it| it.id.is_empty());
        let new: Vec<_> = new
            .filter(|it| after.iter().all(|other| other.key != it.key))
            .collect();
        after.extend(new);
    }
    after
}

#[cfg(test)]
mod tests {
    use super::{OutgoingFile, merge_files};
    use model::{AttachmentKind, Upload, UploadId, UploadState};
    use time::OffsetDateTime;

    fn upload(id: i64, client_id: Option<&str>) -> Upload {
        Upload {
            id: UploadId(id),
            name: "a.png".to_owned(),
            url: format!("/uploads/{id}/a.png"),
            size: 1,
            offset: 1,
            state: UploadState::Ready,
            kind: AttachmentKind::Image,
            content_type: Some("image/png".to_owned()),
            content_size: Some(1),
            width: Some(2),
            height: Some(1),
            duration: None,
            waveform: None,
            placeholder: None,
            thumbnails: Vec::new(),
            client_id: client_id.map(str::to_owned),
            created_at: OffsetDateTime::UNIX_EPOCH,
            expires_at: OffsetDateTime::UNIX_EPOCH,
        }
    }

    fn local(key: &str, id: &str) -> OutgoingFile {
        OutgoingFile {
            key: key.to_owned(),
            id: id.to_owned(),
            ..OutgoingFile::default()
        }
    }

    #[test]
    fn what_comes_is_in_its_order_and_what_is_new_here_stays() {
        let before = || vec![local("new", ""), local("known", "7"), local("gone", "8")];
        let come = [upload(9, None), upload(7, Some("known"))];
        let keys = |files: Vec<OutgoingFile>| -> Vec<_> {
            files.into_iter().map(|it| (it.key, it.id)).collect()
        };
        let after = merge_files(before(), &come, false);
        assert_eq!(after[0].preview, "/uploads/9/a.png");
        let expected = [("upload-9", "9"), ("known", "7"), ("new", "")];
        let expected = expected.map(|(key, id)| (key.to_owned(), id.to_owned()));
        assert_eq!(keys(after), expected);
        assert_eq!(merge_files(before(), &[], true), []);
        // The answer of the server has come late: it is the same file.
        let after = merge_files(vec![local("new", "")], &[upload(9, Some("new"))], false);
        assert_eq!(keys(after), [("new".to_owned(), "9".to_owned())]);
    }
}
