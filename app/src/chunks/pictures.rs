//! The chunk of the cropper. A file that is chosen, dropped or pasted where a picture of somebody or of a conversation is
//! set opens a dialog, in which a square of it is chosen and sent. Such a place is an element with `data-picture`, the path
//! of the public API to which the picture goes.

#[cfg_attr(
    not(feature = "hydrate"),
    allow(dead_code, reason = "it is used in the browser only")
)]
mod crop;
mod cropper;
mod listen;
mod send;

use crate::{
    client::{ChatClient, spawn},
    ui::{adopt_style, chunk},
};

chunk!(PICTURES: ChatClient => () = pictures, start);

/// From now on a file that is chosen for a picture is cut first. Without the chunk, the next call tries again.
pub fn cut_pictures(client: ChatClient) {
    spawn(async move {
        if PICTURES.load().await.is_ok()
            && let Some(start) = PICTURES.entry()
        {
            start(client);
        }
    });
}

fn start(client: ChatClient) {
    adopt_style(include_str!("../../../style/chunks/pictures.css"));
    if cfg!(target_family = "wasm") {
        listen::listen(client);
    }
}
