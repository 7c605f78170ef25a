//! The files of a message in the outbox, as they are in this browser, with their progress.

use super::attachments::file_icon_html;
use crate::{
    client::{OutgoingFile, Progress, preview_of, progress_of, read_files},
    ui::size_text,
};
use leptos::{prelude::*, tachys::html::InertElement};

pub fn files(files: &str) -> AnyView {
    let files = read_files(files).into_iter();
    let items: Vec<_> = files
        .map(|file| view! { <li class="tray-file">{item(file)}</li> })
        .collect();
    view! { <ul class="tray tray-sending" aria-label="Files that are being sent">{items}</ul> }
        .into_any()
}

fn item(file: OutgoingFile) -> impl IntoView {
    let key = StoredValue::new(file.key);
    let size = file.size;
    let progress = move || key.with_value(|key| progress_of(key));
    let sheet = StoredValue::new(file_icon_html(&file.name));
    view! {
        <span class="tray-picture" aria-hidden="true">
            {move || match preview_of(&key.get_value()) {
                Some(address) => view! { <img src=address alt="" /> }.into_any(),
                None => InertElement::new(sheet.get_value()).into_any(),
            }}
        </span>
        <span class="tray-text">
            <span class="tray-name" dir="auto">{file.name}</span>
            <span class="tray-size">{size_text(size)}</span>
            {move || progress_bar(progress().as_ref(), size)}
        </span>
    }
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
