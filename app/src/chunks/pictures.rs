//! The chunk of the cropper. A file that is chosen, dropped or pasted where a picture of somebody or of a conversation is
//! set opens a dialog, in which a square of it is chosen and sent. Such a place is an element with `data-picture`, the path
//! of the public API to which the picture goes.

#[cfg_attr(
    not(feature = "hydrate"),
    allow(dead_code, reason = "it is used in the browser only")
)]
mod crop;
mod cropper;
mod form;
mod listen;
mod send;

use crate::{
    client::{ChatClient, spawn, use_client},
    ui::{adopt_style, chunk},
};
use leptos::prelude::*;
use model::ConversationId;

/// What this chunk shows and does.
#[derive(Clone, Copy)]
pub enum PicturesPart {
    /// Cuts what is chosen from now on. Shows nothing.
    Cut(ChatClient),
    /// The form of the picture of a conversation.
    Form(ConversationId),
}

chunk!(PICTURES: PicturesPart = pictures, show);

/// From now on a file that is chosen for a picture is cut first. Without the chunk, it is sent as it is, and the next call
/// tries again.
pub fn cut_pictures(client: ChatClient) {
    spawn(async move {
        if PICTURES.load().await.is_ok()
            && let Some(show) = PICTURES.entry()
        {
            drop(show(PicturesPart::Cut(client)));
        }
    });
}

fn show(part: PicturesPart) -> AnyView {
    adopt_style(include_str!("../../../style/chunks/pictures.css"));
    let (client, view) = match part {
        PicturesPart::Cut(client) => (client, ().into_any()),
        PicturesPart::Form(id) => (use_client(), form::picture_form(id)),
    };
    if cfg!(target_family = "wasm") {
        listen::listen(client);
    }
    view
}
