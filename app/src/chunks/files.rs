//! The chunk of files: those of a message, the tray above a box, files of the outbox, and the viewer of pictures. The
//! uploads themselves are in it as well (`client/uploads.rs`).

mod attachments;
mod outgoing;
mod player;
mod recorder;
mod recording;
mod tray;
mod viewer;
mod waveform;

use crate::{
    client::ChatClient,
    erased_signal::ErasedSignal,
    messages::use_conversation_view,
    store::DraftPlace,
    ui::{adopt_style, chunk},
};
use leptos::prelude::{AnyView, IntoAny};
use model::Message;
use std::sync::Arc;

#[derive(Clone, Copy)]
pub enum FilesPart {
    /// The files of a message.
    Attachments(ErasedSignal<Arc<Message>>),
    /// The files that go with the next message of a box.
    Tray,
    /// The files of a message in the outbox, as it has them.
    Outgoing(ErasedSignal<String>),
    /// The bar in which a voice message is recorded, for this place, until that is cleared.
    Recorder(ChatClient, ErasedSignal<Option<DraftPlace>>),
    /// Shows nothing: players and pictures that the server has rendered play and open large from now on.
    Viewer,
}

chunk!(FILES: FilesPart = files, show);

fn show(part: FilesPart) -> AnyView {
    adopt_style(include_str!("../../../style/chunks/files.css"));
    if cfg!(target_family = "wasm") {
        viewer::listen();
        player::listen();
    }
    match part {
        FilesPart::Attachments(message) => attachments::attachments(message),
        FilesPart::Tray => tray::tray(use_conversation_view()),
        FilesPart::Outgoing(files) => outgoing::files(&files.get_untracked()),
        FilesPart::Recorder(client, place) => recorder::recorder(client, place),
        FilesPart::Viewer => ().into_any(),
    }
}
