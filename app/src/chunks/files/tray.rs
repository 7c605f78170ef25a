//! The tray above a box: the files that go with its next message, each with its progress. Their uploads begin as soon
//! as they are there.

use super::{attachments::file_icon_html, outgoing::progress_bar};
use crate::{
    client::{
        MAX_FILES, OutgoingFile, Progress, cancel_upload, new_client_id, preview_of, progress_of,
        read_files, retry_upload, share_id, tend, upload, write_files,
    },
    erased_signal::{ErasedMemo, ErasedSignal, effect, memo},
    error::AppError,
    messages::{ConversationView, text_box},
    store::Key,
    ui::{Icon, icon, size_text},
};
use leptos::{ev, html::Ul, prelude::*, tachys::html::InertElement};
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{Element, HtmlElement, HtmlInputElement};

/// Puts what was chosen, dropped or pasted into the tray.
fn take_chosen(view: ConversationView) {
    let form = text_box(view.composer_id()).and_then(|area| area.closest("form").ok().flatten());
    let input = form.and_then(|form| form.query_selector("input[type=file]").ok().flatten());
    let Some(input) = input.and_then(|it| it.dyn_into::<HtmlInputElement>().ok()) else {
        return;
    };
    let get = |object: &JsValue, name: &str| {
        js_sys::Reflect::get(object, &JsValue::from_str(name)).unwrap_or_default()
    };
    let chosen = js_sys::Array::from(&get(&input, "files"));
    let blobs: Vec<_> = chosen.iter().collect();
    // A recording is in the tray already, which this page may not have shown.
    view.restore_files();
    if blobs.is_empty() {
        return;
    }
    // The same file can be chosen again.
    input.set_value("");
    let mut files = files_of(view);
    let room = MAX_FILES.saturating_sub(files.len());
    if blobs.len() > room {
        view.problem.set(Some(AppError::too_many_files().0));
    }
    let mut new = Vec::new();
    for blob in blobs.into_iter().take(room) {
        // Below 2^53, exact in a float.
        #[allow(clippy::cast_possible_truncation)]
        let size = get(&blob, "size").as_f64().unwrap_or_default() as i64;
        let file = OutgoingFile {
            key: new_client_id(),
            name: get(&blob, "name").as_string().unwrap_or_default(),
            content_type: get(&blob, "type").as_string().unwrap_or_default(),
            size,
            ..OutgoingFile::default()
        };
        new.push((file, blob));
    }
    files.extend(new.iter().map(|(file, _)| file.clone()));
    // In its place before it is in the browser, which forgets files without one.
    view.set_files(write_files(&files));
    for (file, blob) in new {
        upload(view.client, &file, blob);
    }
    view.focus_composer();
}

pub fn tray(view: ConversationView) -> AnyView {
    let files = memo(move || view.files.with(|files| read_files(files)));
    // What an earlier page has left goes on, and so does what another page or device has added. A file that was taken back
    // from a message has been uploaded for that, and not for the draft.
    effect(move || {
        for file in files.get() {
            if untrack(|| progress_of(&file.key)).is_none() {
                retry_upload(view.client, &file);
            } else {
                share_id(view.client, &file);
            }
        }
    });
    // The ids of uploads are noted in the browser, also where no box is shown.
    effect(move || {
        view.client.store.track(&[Key::Drafts]);
        view.restore_files();
    });
    tend(view.client);
    effect(move || {
        if view.is_choosing.get() {
            take_chosen(view);
            view.is_choosing.set(false);
        }
    });
    let dragged = ErasedSignal::new(None::<String>);
    let place = NodeRef::<Ul>::new();
    may_be_empty(place);
    view! {
        <ul class="tray" aria-label="Files of the message" node_ref=place>
            <For each=move || files.get() key=|file| file.key.clone() let:file>
                {item(view, files, &file, dragged)}
            </For>
        </ul>
        <span class="sr-only" role="status">{move || summary(files)}</span>
    }
    .into_any()
}

/// A message with files may have no text, which the form would not send.
fn may_be_empty(place: NodeRef<Ul>) {
    const REQUIRED: &str = "required";
    let area = StoredValue::new_local(None::<Element>);
    effect(move || {
        let form = place.get().and_then(|it| it.closest("form").ok().flatten());
        let found = form.and_then(|form| form.query_selector("textarea[required]").ok().flatten());
        if let Some(found) = found {
            let _ = found.remove_attribute(REQUIRED);
            area.set_value(Some(found));
        }
    });
    on_cleanup(move || {
        if let Some(area) = area.try_get_value().flatten() {
            let _ = area.set_attribute(REQUIRED, "");
        }
    });
}

/// What screen readers are told: not every percent.
fn summary(files: ErasedMemo<Vec<OutgoingFile>>) -> String {
    let files = files.get();
    let done = files
        .iter()
        .filter(|file| matches!(progress_of(&file.key), Some(Progress::Done(_))))
        .count();
    match files.len() {
        0 => String::new(),
        all if done == all => "All files are uploaded.".to_owned(),
        all => format!("{done} of {all} files are uploaded."),
    }
}

fn item(
    view: ConversationView,
    files: ErasedMemo<Vec<OutgoingFile>>,
    file: &OutgoingFile,
    dragged: ErasedSignal<Option<String>>,
) -> AnyView {
    let key = StoredValue::new(file.key.clone());
    let progress = move || key.with_value(|key| progress_of(key));
    let refused = move || match progress() {
        Some(Progress::Refused(detail)) => Some(detail),
        _ => None,
    };
    let size = file.size;
    let retried = StoredValue::new(file.clone());
    let sheet = StoredValue::new(file_icon_html(&file.name));
    let (name, moved_name) = (file.name.clone(), file.name.clone());
    let has_others = memo(move || files.with(Vec::len) > 1);
    view! {
        <li
            class="tray-file"
            class:tray-refused=move || refused().is_some()
            draggable="true"
            on:dragstart=move |_| dragged.set(Some(key.get_value()))
            on:dragend=move |_| dragged.set(None)
            on:dragover=move |event: ev::DragEvent| over(&event, view, dragged, &key.get_value())
            on:keydown=move |event: ev::KeyboardEvent| on_key(&event, view, &key.get_value())
        >
            <span class="tray-picture" aria-hidden="true">
                {move || match preview_of(&key.get_value()) {
                    Some(address) => view! { <img src=address alt="" draggable="false" /> }.into_any(),
                    None => InertElement::new(sheet.get_value()).into_any(),
                }}
            </span>
            <span class="tray-text">
                <span class="tray-name" dir="auto" title=file.name.clone()>{file.name.clone()}</span>
                {move || match refused() {
                    Some(detail) => view! { <span class="tray-problem" role="alert">{detail}</span> }.into_any(),
                    None => view! { <span class="tray-size">{move || state_text(progress().as_ref(), size)}</span> }.into_any(),
                }}
                {move || progress_bar(progress().as_ref(), size)}
            </span>
            <span class="tray-tools">
                {move || refused().is_some().then(|| view! {
                    <button type="button" class="link" on:click=move |_| retry_upload(view.client, &retried.get_value())>
                        "Try again"
                    </button>
                })}
                {move || has_others.get().then(|| movers(key, &moved_name, files, view))}
                <button
                    type="button"
                    class="icon-button"
                    aria-label=format!("Remove {name}")
                    title="Remove"
                    on:click=move |_| remove(view, &key.get_value())
                >
                    {icon(Icon::Close)}
                </button>
            </span>
        </li>
    }
    .into_any()
}

/// The buttons that move a file among the others.
fn movers(
    key: StoredValue<String>,
    name: &str,
    files: ErasedMemo<Vec<OutgoingFile>>,
    view: ConversationView,
) -> AnyView {
    let is_at = move |at: fn(&[OutgoingFile]) -> Option<&OutgoingFile>| {
        files.with(|files| at(files).is_some_and(|file| key.with_value(|key| *key == file.key)))
    };
    let move_by = move |by: isize| move_file(view, &key.get_value(), by);
    view! {
        <button
            type="button"
            class="icon-button"
            aria-label=format!("Move {name} to the front")
            title="Move to the front"
            disabled=move || is_at(<[OutgoingFile]>::first)
            on:click=move |_| move_by(-1)
        >
            {icon(Icon::Up)}
        </button>
        <button
            type="button"
            class="icon-button"
            aria-label=format!("Move {name} back")
            title="Move back"
            disabled=move || is_at(<[OutgoingFile]>::last)
            on:click=move |_| move_by(1)
        >
            {icon(Icon::Down)}
        </button>
    }
    .into_any()
}

/// Does not subscribe.
fn files_of(view: ConversationView) -> Vec<OutgoingFile> {
    view.files.with_untracked(|files| read_files(files))
}

fn state_text(progress: Option<&Progress>, size: i64) -> String {
    let all = size_text(size);
    match progress {
        Some(Progress::Running(sent)) => format!("{} of {all}", size_text(size.min(*sent))),
        Some(Progress::Waiting(_)) | None => format!("{all} · waiting"),
        Some(Progress::Done(_) | Progress::Refused(_)) => all,
    }
}

fn remove(view: ConversationView, key: &str) {
    let mut files = files_of(view);
    let Some(at) = files.iter().position(|file| file.key == key) else {
        return;
    };
    let removed = files.remove(at);
    view.set_files(write_files(&files));
    cancel_upload(view.client, &removed);
    view.focus_composer();
}

fn move_file(view: ConversationView, key: &str, by: isize) {
    let mut files = files_of(view);
    let Some(from) = files.iter().position(|file| file.key == key) else {
        return;
    };
    if let Some(to) = from.checked_add_signed(by).filter(|to| *to < files.len()) {
        let file = files.remove(from);
        files.insert(to, file);
        view.set_files(write_files(&files));
    }
}

/// A file that is dragged takes the place of the one that it is over.
fn over(
    event: &ev::DragEvent,
    view: ConversationView,
    dragged: ErasedSignal<Option<String>>,
    key: &str,
) {
    let Some(moved) = dragged.get_untracked() else {
        return;
    };
    event.prevent_default();
    let at = |key: &str| files_of(view).iter().position(|file| file.key == key);
    if let (Some(from), Some(to)) = (at(&moved), at(key))
        && from != to
    {
        move_file(view, &moved, to.cast_signed() - from.cast_signed());
    }
}

/// Alt and an arrow move a file, Delete removes it.
fn on_key(event: &ev::KeyboardEvent, view: ConversationView, key: &str) {
    let by = match &*event.key() {
        "ArrowUp" | "ArrowLeft" if event.alt_key() => -1,
        "ArrowDown" | "ArrowRight" if event.alt_key() => 1,
        "Delete" => {
            event.prevent_default();
            return remove(view, key);
        }
        _ => return,
    };
    event.prevent_default();
    event.stop_propagation();
    let focused = document()
        .active_element()
        .and_then(|it| it.dyn_into::<HtmlElement>().ok());
    move_file(view, key, by);
    // The row was moved, and has lost the focus.
    if let Some(focused) = focused {
        let _ = focused.focus();
    }
}
