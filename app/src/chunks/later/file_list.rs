//! The files of a draft or a scheduled message in a list: a small picture or an icon, name and size of each.

use crate::ui::{Icon, icon, size_text};
use leptos::prelude::*;
use model::{AttachmentKind, Upload};

/// Nothing without files.
pub fn file_list(uploads: &[Upload]) -> Option<AnyView> {
    if uploads.is_empty() {
        return None;
    }
    let items: Vec<_> = uploads
        .iter()
        .map(|it| view! { <li>{file_name(it)}</li> })
        .collect();
    Some(view! { <ul class="later-files" aria-label="Files">{items}</ul> }.into_any())
}

/// How a file is shown in a line.
pub fn file_name(upload: &Upload) -> AnyView {
    let sign = match picture_of(upload) {
        Some(address) => {
            view! { <img src=address alt="" width="32" height="32" loading="lazy" /> }.into_any()
        }
        None => icon(Icon::File).into_any(),
    };
    let size = upload.content_size.unwrap_or(upload.size);
    view! {
        <span class="later-file">
            {sign}
            <bdi class="later-file-name notranslate">{upload.name.clone()}</bdi>
            <small class="muted">{size_text(size)}</small>
        </span>
    }
    .into_any()
}

/// A small picture has no thumbnails, and is one itself.
fn picture_of(upload: &Upload) -> Option<String> {
    let thumbnail = upload.thumbnails.first().map(|it| &it.url);
    let is_picture = upload.kind == AttachmentKind::Image && upload.content_type.is_some();
    thumbnail.or(is_picture.then_some(&upload.url)).cloned()
}
