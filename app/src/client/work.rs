//! What the client does once the page is live, in the chunk of the live page: it catches up, sends,
//! reports, and listens to clicks in texts and cards and to the browser's Back. No page needs it before.

use super::{
    ChatClient, backoff, browser, connection::with_state, link_previews::listen_to_link_previews,
    typing,
};
use crate::ui::{chunk, listen_to_back, listen_to_texts};
use model::{ConversationId, MessageId};

#[derive(Clone, Copy)]
pub(super) enum Task {
    /// After every connect.
    Resume(ChatClient),
    /// After a sleep of the machine.
    CheckConnection(ChatClient),
    /// The store has a gap.
    Resync(ChatClient),
    /// Messages of the outbox may be due.
    Flush(ChatClient),
    /// Positions wait to be reported.
    Report(ChatClient),
    /// A key in a conversation, or in one of its threads.
    Typing(ConversationId, Option<MessageId>),
    /// An open channel that the user has not joined may have something new.
    Preview(ChatClient, ConversationId),
}

chunk!(WORK: Task => () = live, perform);

fn perform(task: Task) {
    match task {
        Task::Resume(client) => {
            listen_to_texts();
            listen_to_link_previews(client);
            listen_to_back();
            browser::spawn(client.resume());
        }
        Task::CheckConnection(client) => client.check_connection(),
        Task::Resync(client) => client.schedule_resync(0, None),
        Task::Flush(client) => client.flush_outbox(),
        Task::Report(client) => client.schedule_report(),
        Task::Typing(id, thread) => typing::report_typing(id, thread),
        Task::Preview(client, id) => client.refresh_preview(id),
    }
}

/// Does it at once if the chunk is there, or else as soon as it has come. The chunk is asked for until it
/// comes: without it nothing is sent. Before the page is live there is nothing to do, and `Resume` will do all
/// of it.
pub(super) fn run(task: Task) {
    if let Some(perform) = WORK.entry() {
        return perform(task);
    }
    if !with_state(|state| state.is_live) {
        return;
    }
    browser::spawn(async move {
        let mut failures = 0;
        while WORK.load().await.is_err() {
            failures += 1;
            backoff::sleep(failures, 0).await;
        }
        if let Some(perform) = WORK.entry() {
            perform(task);
        }
    });
}

/// Records a key, in a thread or in the main line; the composer calls it with each.
pub fn record_typing(id: ConversationId, thread_id: Option<MessageId>) {
    run(Task::Typing(id, thread_id));
}

/// Asks what is new in an open channel that the user has not joined, of which no event tells; its page calls it again and
/// again.
pub fn follow_preview(client: ChatClient, id: ConversationId) {
    run(Task::Preview(client, id));
}
