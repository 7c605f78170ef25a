//! The files of a message in the outbox, as they are in this browser, with their progress.

use crate::{
    client::{Progress, preview_of, progress_of},
    erased_signal::ErasedSignal,
    messages::FILE_PATH,
    store::OutgoingFile,
    ui::{size_text, svg_html},
};
use leptos::{prelude::*, tachys::html::InertElement};

pub fn files(files: ErasedSignal<Vec<OutgoingFile>>) -> AnyView {
    let files = files.get_untracked().into_iter();
    let items: Vec<_> = files
        .map(|file| view! { <li class="tray-file">{item(file)}</li> })
        .collect();
    view! { <ul class="tray tray-sending" aria-label="Files that are being sent">{items}</ul> }
        .into_any()
}

fn item(file: OutgoingFile) -> impl IntoView {
    let key = StoredValue::new(file.key);
    let is_picture = file.content_type.starts_with("image/");
    let size = file.size;
    // What has arrived before this page is not known to it.
    let is_done = file.upload_id.is_some();
    let progress = move || {
        let known = key.with_value(|key| progress_of(key));
        known.or_else(|| is_done.then(|| Progress::Done(String::new())))
    };
    view! {
        <span class="tray-picture" aria-hidden="true">
            {move || match preview_of(&key.get_value()).filter(|_| is_picture) {
                Some(address) => view! { <img src=address alt="" /> }.into_any(),
                None => file_icon(),
            }}
        </span>
        <span class="tray-text">
            <span class="tray-name" dir="auto">{file.name}</span>
            <span class="tray-size">{size_text(size)}</span>
            {move || progress_bar(progress().as_ref(), size)}
        </span>
    }
}

pub fn file_icon() -> AnyView {
    InertElement::new(svg_html(FILE_PATH)).into_any()
}

/// Nothing once all has arrived, or was refused.
pub fn progress_bar(progress: Option<&Progress>, size: i64) -> Option<AnyView> {
    let sent = match progress {
        None => 0,
        Some(Progress::Waiting(sent) | Progress::Running(sent)) => *sent,
        Some(Progress::Done(_) | Progress::Refused(_)) => return None,
    };
    let percent = (sent.saturating_mul(100) / size.max(1)).clamp(0, 100);
    Some(
        view! { <progress aria-label="Upload" max="100" value=percent.to_string()></progress> }
            .into_any(),
    )
}
