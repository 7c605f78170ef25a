//! The preview of a box: the text as the server would show it, below what is written, until its button is pressed again.

use super::writing_box::WritingBox;
use crate::{
    client::{ChatClient, spawn},
    erased_signal::ErasedSignal,
    router::Router,
    ui::{escape_html, show_if},
};
use leptos::prelude::*;
use std::time::Duration;

/// The server is asked when no key was pressed for this time.
const DELAY: Duration = Duration::from_millis(250);

const NOTHING: &str = "Nothing to preview";
const NOT_LOADED: &str = "The preview could not be loaded.";

#[derive(Clone, Copy)]
pub struct Preview {
    client: ChatClient,
    router: Router,
    pub is_open: ErasedSignal<bool>,
    /// The text that the preview is of, or will be.
    text: ErasedSignal<String>,
    html: ErasedSignal<String>,
}

impl Preview {
    pub fn new(client: ChatClient, router: Router) -> Self {
        Self {
            client,
            router,
            is_open: ErasedSignal::new(false),
            text: ErasedSignal::new(String::new()),
            html: ErasedSignal::new(String::new()),
        }
    }

    pub fn toggle(self, written: &WritingBox) {
        let is_open = !self.is_open.get_untracked();
        self.is_open.set(is_open);
        if is_open {
            self.text.set(written.area.value());
            self.load();
        }
    }

    /// Shows what is written now, while the preview is open.
    pub fn update(self, written: &WritingBox) {
        let text = written.area.value();
        if !self.is_open.get_untracked() || self.text.with_untracked(|known| *known == text) {
            return;
        }
        self.text.set(text.clone());
        if text.trim().is_empty() {
            return self.load();
        }
        let load = move || {
            if self.text.try_get_untracked().as_ref() == Some(&text) {
                self.load();
            }
        };
        set_timeout(load, DELAY);
    }

    fn load(self) {
        let text = self.text.get_untracked();
        if text.trim().is_empty() {
            return self.html.set(NOTHING.to_owned());
        }
        let Some(id) = untrack(|| self.router.conversation()) else {
            return;
        };
        spawn(async move {
            let html = match self.client.render_body(id, text.trim()).await {
                Ok(rendered) => rendered.html.unwrap_or_else(|| escape_html(text.trim())),
                Err(_) => NOT_LOADED.to_owned(),
            };
            if self.text.try_get_untracked().as_ref() == Some(&text) {
                self.html.set(html);
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
