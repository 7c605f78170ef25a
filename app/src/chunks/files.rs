//! The chunk of files: the tray above a box, files of the outbox, and the viewer of pictures. The uploads themselves are
//! in it as well (`client/uploads.rs`).

mod outgoing;
mod tray;
mod viewer;

use crate::{
    erased_signal::ErasedSignal, messages::ConversationView, store::OutgoingFile, ui::chunk,
};
use leptos::prelude::AnyView;

#[derive(Clone, Copy)]
pub enum FilesPart {
    /// The files that go with the next message of a box.
    Tray(ConversationView),
    /// The files of a message in the outbox.
    Outgoing(ErasedSignal<Vec<OutgoingFile>>),
    /// The pictures of a message, large.
    Viewer(ConversationView),
}

chunk!(FILES: FilesPart = files, show);

fn show(part: FilesPart) -> AnyView {
    match part {
        FilesPart::Tray(view) => tray::tray(view),
        FilesPart::Outgoing(files) => outgoing::files(files),
        FilesPart::Viewer(view) => viewer::viewer(view),
    }
}
