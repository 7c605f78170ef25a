//! Link previews: their sender removes them, and those who administer a conversation choose whether there are any.
//!
//! The cards are HTML without handlers, so the window listens. `work.rs` begins it.

use super::{ChatClient, browser, rest::to_json};
use crate::error::AppError;
use leptos::{ev, prelude::*};
use model::{ConversationId, LinkPreviewChoice, LinkPreviewState, MessageId};
use std::cell::Cell;
use wasm_bindgen::JsCast;
use web_sys::{Element, HtmlElement};

thread_local! {
    static LISTENS: Cell<bool> = const { Cell::new(false) };
}

impl ChatClient {
    async fn remove_link_preview(self, id: MessageId, preview_id: &str) -> Result<(), AppError> {
        let path = format!("/messages/{id}/link-previews/{preview_id}");
        let message = self.request_json("DELETE", &path, None).await?;
        self.apply_response(message);
        Ok(())
    }

    pub async fn link_preview_state(
        self,
        id: ConversationId,
    ) -> Result<LinkPreviewState, AppError> {
        self.get(&format!("/conversations/{id}/link-previews"))
            .await
    }

    pub async fn set_link_preview_choice(
        self,
        id: ConversationId,
        choice: LinkPreviewChoice,
    ) -> Result<LinkPreviewState, AppError> {
        let path = format!("/conversations/{id}/link-previews");
        self.request_json("PUT", &path, to_json(&choice)).await
    }
}

/// From the first call on, for as long as the page is there.
pub(super) fn listen_to_link_previews(client: ChatClient) {
    if LISTENS.replace(true) {
        return;
    }
    window_event_listener(ev::click, move |event| {
        on_click(client, &event);
    });
}

fn on_click(client: ChatClient, event: &ev::MouseEvent) -> Option<()> {
    let target: Element = event.target()?.dyn_into().ok()?;
    let button = target.closest("button[data-act=unpreview]").ok()??;
    let preview_id = button.get_attribute("data-preview")?;
    let row = button.closest("[data-message]").ok()??;
    let id: MessageId = row.get_attribute("data-message")?.parse().ok()?;
    // One press is enough. It keeps the focus until it is gone.
    if button.get_attribute("aria-disabled").is_some() {
        return None;
    }
    let _ = button.set_attribute("aria-disabled", "true");
    let is_by_keyboard = button.matches(":focus-visible").unwrap_or(false);
    browser::spawn(async move {
        match client.remove_link_preview(id, &preview_id).await {
            Ok(()) if is_by_keyboard => {
                if let Some(row) = row.dyn_ref::<HtmlElement>() {
                    let _ = row.focus();
                }
            }
            Ok(()) => {}
            Err(AppError(problem)) => {
                let _ = button.remove_attribute("aria-disabled");
                say(&button, &problem.detail);
            }
        }
    });
    Some(())
}

/// Says below a card why its preview is still there.
fn say(button: &Element, text: &str) -> Option<()> {
    let card = button.closest(".link-card").ok()??;
    let known = card.query_selector("[role=alert]").ok()?;
    let note = if let Some(note) = known {
        note
    } else {
        let note = document().create_element("p").ok()?;
        note.set_class_name("link-card-note");
        let _ = note.set_attribute("role", "alert");
        card.append_child(&note).ok()?;
        note
    };
    note.set_text_content(Some(text));
    Some(())
}
