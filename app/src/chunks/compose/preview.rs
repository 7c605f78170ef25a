//! The preview of a box: the text as the server would show it, below what is written, until its button is pressed again.

use super::{length, writing_box::WritingBox};
use crate::{
    client::{ChatClient, spawn},
    erased_signal::ErasedSignal,
    error::AppError,
    router::Router,
    ui::{escape_html, show_if},
};
use leptos::prelude::*;
use model::ErrorCode;
use std::time::Duration;

/// Between two requests while somebody types.
const INTERVAL: Duration = Duration::from_millis(400);

/// After which one that failed is made again: there was no network, or the server had no time.
const RETRY_DELAY: Duration = Duration::from_secs(3);

const NOTHING: &str = "Nothing to preview";
const TOO_LONG: &str = "Too long to preview";
const NOT_LOADED: &str = "The preview could not be loaded.";

#[derive(Clone, Copy)]
pub struct Preview {
    client: ChatClient,
    router: Router,
    pub is_open: ErasedSignal<bool>,
    /// The text that the preview is of, or will be.
    text: ErasedSignal<String>,
    html: ErasedSignal<String>,
    /// Whether a request is made in a moment.
    is_planned: ErasedSignal<bool>,
}

impl Preview {
    pub fn new(client: ChatClient, router: Router) -> Self {
        Self {
            client,
            router,
            is_open: ErasedSignal::new(false),
            text: ErasedSignal::new(String::new()),
            html: ErasedSignal::new(String::new()),
            is_planned: ErasedSignal::new(false),
        }
    }

    pub fn toggle(self, written: &WritingBox) {
        let is_open = !self.is_open.get_untracked();
        self.is_open.set(is_open);
        if is_open && self.take(written) {
            self.load(written.clone());
        }
    }

    /// Shows what is written now, while the preview is open.
    pub fn update(self, written: &WritingBox) {
        if self.is_open.get_untracked() && self.take(written) {
            self.plan(written.clone(), INTERVAL);
        }
    }

    /// Takes the text of the box. Whether the server has to be asked for it.
    fn take(self, written: &WritingBox) -> bool {
        let text = written.area.value();
        let note = if text.trim().is_empty() {
            Some(NOTHING)
        } else if length::is_too_long(length::of(&text)) {
            Some(TOO_LONG)
        } else {
            None
        };
        let is_noted = self
            .html
            .with_untracked(|html| [NOTHING, TOO_LONG].contains(&html.as_str()));
        match note {
            Some(note) => self.html.set(note.to_owned()),
            None if is_noted => self.html.set(String::new()),
            None => {}
        }
        self.text.set(text);
        note.is_none()
    }

    fn plan(self, written: WritingBox, delay: Duration) {
        if self.is_planned.get_untracked() {
            return;
        }
        self.is_planned.set(true);
        let load = move || {
            // The box may be gone.
            if self.is_planned.try_update(|it| *it = false).is_some()
                && self.is_open.get_untracked()
                && self.take(&written)
            {
                self.load(written);
            }
        };
        set_timeout(load, delay);
    }

    fn load(self, written: WritingBox) {
        let Some(id) = untrack(|| self.router.conversation()) else {
            return;
        };
        let text = self.text.get_untracked();
        spawn(async move {
            let rendered = self.client.render_body(id, text.trim()).await;
            // Another text may have been written meanwhile, and the box may be gone.
            if self.text.try_get_untracked().as_ref() != Some(&text) {
                return;
            }
            match rendered {
                Ok(rendered) => {
                    let html = rendered.html.unwrap_or_else(|| escape_html(text.trim()));
                    self.html.set(html);
                    request_animation_frame(move || follow(&written));
                }
                Err(AppError(problem)) => {
                    self.html.set(NOT_LOADED.to_owned());
                    if problem.code != ErrorCode::Invalid {
                        self.plan(written, RETRY_DELAY);
                    }
                }
            }
        });
    }

    pub fn view(self) -> AnyView {
        show_if(move || {
            self.is_open.get().then(|| {
                view! {
                    <div class="compose-preview" role="region" aria-label="Preview" tabindex="0">
                        <div class="body" dir="auto" inner_html=move || self.html.get()></div>
                    </div>
                }
                .into_any()
            })
        })
    }
}

/// Who writes at the end of a text sees the end of its preview.
fn follow(written: &WritingBox) {
    let length = u32::try_from(written.area.value().encode_utf16().count()).ok();
    let is_at_end = written.area.selection_end().ok().flatten() == length;
    let region = written
        .bar
        .query_selector(".compose-preview")
        .ok()
        .flatten();
    if let Some(region) = region.filter(|_| is_at_end) {
        region.set_scroll_top(region.scroll_height());
    }
}
