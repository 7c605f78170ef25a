//! The view state of the open conversation: what is active, edited, replied to, deleted.

use super::{
    opening::Opening,
    scroller::{is_at_end, scroller},
};
use crate::{
    client::{ChatClient, spawn},
    erased_signal::{ErasedSignal, effect, memo},
    error::AppError,
    store::{Key, UnreadLine, Window},
    ui::{focus_first, has_pointer},
};
use leptos::prelude::*;
use model::{
    ConversationId, ConversationKind, MemberRole, Message, MessageId, MessageKind, Problem, Reply,
};
use std::{sync::Arc, time::Duration};

/// A message stays highlighted for this time after a jump to it.
const HIGHLIGHT_DURATION: Duration = Duration::from_secs(2);

#[derive(Clone, Copy)]
pub struct MessagePermissions {
    pub edit: bool,
    pub delete: bool,
}

#[derive(Clone, Copy)]
pub struct ConversationView {
    pub client: ChatClient,
    pub id: ConversationId,
    /// What is in view at first.
    pub opening: Opening,
    /// Where reading stopped.
    pub unread_line: ErasedSignal<Option<UnreadLine>>,
    /// The thread whose replies are shown; `None` in the main line.
    pub thread: Option<MessageId>,
    /// The thread that is open beside the main line.
    pub open_thread: ErasedSignal<Option<MessageId>>,
    /// The message of which is shown who has read it.
    pub receipts_of: ErasedSignal<Option<MessageId>>,
    /// Why something could not be done that has no place of its own for that.
    pub problem: ErasedSignal<Option<Problem>>,
    /// The message whose actions are shown.
    pub active: ErasedSignal<Option<MessageId>>,
    /// The message whose reaction picker is open.
    pub reaction_picker_for: ErasedSignal<Option<MessageId>>,
    /// The message whose menu is open, beside its button.
    pub menu_for: ErasedSignal<Option<MessageId>>,
    /// The message whose menu is open as a sheet at the bottom, on screens for fingers.
    pub sheet_for: ErasedSignal<Option<MessageId>>,
    /// The message that the text of the composer answers to.
    pub replying: ErasedSignal<Option<Reply>>,
    /// The files in the tray above the box, as `Outgoing` has them. `set_files` keeps them, too.
    pub files: ErasedSignal<String>,
    /// Whether the field has files that the tray is to take; the tray clears it.
    pub is_choosing: ErasedSignal<bool>,
    /// The message whose text is being edited.
    pub editing: ErasedSignal<Option<MessageId>>,
    pub deleting: ErasedSignal<Option<MessageId>>,
    /// The message whose earlier versions are shown.
    pub history: ErasedSignal<Option<MessageId>>,
    /// The messages that are to be forwarded.
    pub forwarding: ErasedSignal<Option<Vec<MessageId>>>,
    /// Whether messages are being selected, and those that are.
    pub selecting: ErasedSignal<bool>,
    pub selected: ErasedSignal<Vec<MessageId>>,
    /// The messages that have a row.
    pub window: ErasedSignal<Window>,
    /// Long messages that are shown in full.
    pub unfolded: ErasedSignal<Vec<MessageId>>,
    /// The message that was jumped to.
    pub highlighted: ErasedSignal<Option<MessageId>>,
    /// The message to scroll to as soon as it has a row; the timeline clears it.
    pub scroll_target: ErasedSignal<Option<MessageId>>,
    /// Whether a jump has begun and its message is not in view yet: what is shown until then is not read.
    pub is_jumping: ErasedSignal<bool>,
    /// Whether to scroll to the line before the first unread message as soon as it is there; the timeline
    /// clears it.
    pub scroll_to_line: ErasedSignal<bool>,
    /// Notified to scroll to the newest message.
    pub scroll_to_newest: ErasedSignal<()>,
}

/// The DOM id of the box of a conversation, or of a thread.
pub const fn composer_id(thread: Option<MessageId>) -> &'static str {
    match thread {
        Some(_) => "thread-composer",
        None => "composer",
    }
}

impl ConversationView {
    /// `message` is that of the address.
    pub fn new(client: ChatClient, id: ConversationId, message: Option<MessageId>) -> Self {
        let (opening, position) = Opening::of(client, id, message);
        let (unread_line, window) = client.store.with_untracked(|store| {
            let window = if store.is_loaded(id, position) {
                store.window_around(id, position)
            } else {
                Window::NEWEST
            };
            (store.unread_line(id, None), window)
        });
        let view = Self {
            client,
            id,
            opening,
            unread_line: ErasedSignal::new(unread_line),
            thread: None,
            open_thread: ErasedSignal::new(None),
            receipts_of: ErasedSignal::new(None),
            problem: ErasedSignal::new(None),
            active: ErasedSignal::new(None),
            reaction_picker_for: ErasedSignal::new(None),
            menu_for: ErasedSignal::new(None),
            sheet_for: ErasedSignal::new(None),
            replying: ErasedSignal::new(None),
            files: ErasedSignal::new(String::new()),
            is_choosing: ErasedSignal::new(false),
            editing: ErasedSignal::new(None),
            deleting: ErasedSignal::new(None),
            history: ErasedSignal::new(None),
            forwarding: ErasedSignal::new(None),
            selecting: ErasedSignal::new(false),
            selected: ErasedSignal::new(Vec::new()),
            window: ErasedSignal::new(window),
            unfolded: ErasedSignal::new(Vec::new()),
            highlighted: ErasedSignal::new(None),
            scroll_target: ErasedSignal::new(None),
            is_jumping: ErasedSignal::new(message.is_some()),
            scroll_to_line: ErasedSignal::new(false),
            scroll_to_newest: ErasedSignal::new(()),
        };
        // In another tab, too.
        let marked = memo(move || {
            client.store.with(&[Key::Head(id)], |store| {
                let line = store.unread_line(id, None)?;
                store.is_marked_unread(id).then_some(line)
            })
        });
        effect(move || {
            if let Some(line) = marked.get() {
                view.unread_line.set(Some(line));
            }
        });
        // After hydration, which must first meet the page as the server rendered it.
        effect(move || {
            view.replying.set(client.kept_quote(id));
            view.restore_files();
            view.editing.set(view.last_edit());
            if opening == Opening::Unread {
                view.land_on_unread();
            }
        });
        view
    }

    /// The state of the pane of a thread: what is begun at its messages is apart from the main line's.
    /// Dialogs, jumps and highlights are the same.
    #[must_use]
    pub fn of_thread(self, root: MessageId) -> Self {
        let view = Self {
            thread: Some(root),
            active: ErasedSignal::new(None),
            reaction_picker_for: ErasedSignal::new(None),
            menu_for: ErasedSignal::new(None),
            sheet_for: ErasedSignal::new(None),
            replying: ErasedSignal::new(None),
            files: ErasedSignal::new(String::new()),
            is_choosing: ErasedSignal::new(false),
            editing: ErasedSignal::new(None),
            selecting: ErasedSignal::new(false),
            unread_line: ErasedSignal::new(None),
            ..self
        };
        view.editing.set(view.last_edit());
        view.restore_files();
        view
    }

    /// The edit in progress that was touched last.
    fn last_edit(self) -> Option<MessageId> {
        let edits = self.client.kept_edits(self.id).into_iter();
        let mut here = edits.filter(|edit| edit.thread == self.thread);
        here.next_back().map(|edit| edit.id)
    }

    /// The DOM id of the row of a message. One may be in the main line and in a thread.
    pub fn row_id(self, id: MessageId) -> String {
        let prefix = if self.thread.is_some() { "t" } else { "m" };
        format!("{prefix}-{id}")
    }

    /// The DOM id of the question of a poll.
    pub fn question_id(self, id: MessageId) -> String {
        format!("{}-question", self.row_id(id))
    }

    /// The DOM id of the box that messages are written in.
    pub const fn composer_id(self) -> &'static str {
        composer_id(self.thread)
    }

    pub fn focus_composer(self) {
        focus_first(&format!("#{}", self.composer_id()));
    }

    pub fn set_draft(self, text: &str) {
        match self.thread {
            Some(root) => self.client.set_reply_draft(self.id, root, text),
            None => self.client.set_draft(self.id, text),
        }
    }

    /// Shows a message where it is: in the main line, or in a thread only.
    pub fn show(self, message: &Message) {
        match message.thread_id {
            Some(root) if !message.also_to_conversation => {
                self.is_jumping.set(false);
                self.open_thread.set(Some(root));
            }
            _ => self.jump_to(message.id, message.position),
        }
    }

    pub fn message(self, id: MessageId) -> Option<Arc<Message>> {
        self.client
            .store
            .with_untracked(|store| store.message(self.id, id).cloned())
    }

    /// What the user may do with a message. `None` for those who may only read.
    pub fn permissions(self, message: &Message) -> Option<MessagePermissions> {
        self.client.store.with_untracked(|store| {
            let summary = store.summary(self.id).filter(|it| it.may_write())?;
            let role = summary.role?;
            let mine = store.me.user.id == message.sender.id;
            let is_moderator =
                role >= MemberRole::Admin && summary.conversation.kind != ConversationKind::Direct;
            Some(MessagePermissions {
                edit: mine && has_own_words(message),
                delete: mine || is_moderator,
            })
        })
    }

    /// Opens the menu of a message, or closes it: beside its button, or as a sheet where the input are fingers.
    pub fn toggle_menu(self, id: MessageId) {
        self.reaction_picker_for.set(None);
        if has_pointer() {
            let is_open = self.menu_for.get_untracked() == Some(id);
            self.menu_for.set((!is_open).then_some(id));
        } else {
            self.sheet_for.set(Some(id));
        }
    }

    /// Closes the menu of a message. Its button gets the focus back.
    pub fn close_menu(self) {
        self.sheet_for.set(None);
        if self.menu_for.get_untracked().is_some() {
            self.menu_for.set(None);
            focus_first(".actions [aria-haspopup]");
        }
    }

    pub fn reply_to(self, message: &Message) {
        self.set_replying(Some(Reply {
            id: message.id,
            position: message.position,
            sender: message.sender.clone(),
            body: message.body.clone(),
            // In the words for files, where there is no text.
            preview: Some(message.line().to_owned()),
            deleted_at: None,
        }));
        self.focus_composer();
    }

    pub fn restore_files(self) {
        let kept = self.client.kept_files(self.id, self.thread);
        if self.files.with_untracked(|files| *files != kept) {
            self.files.set(kept);
        }
    }

    pub fn set_files(self, files: String) {
        self.client.keep_files(self.id, self.thread, &files);
        self.files.set(files);
    }

    /// The quote is kept with the draft.
    pub fn set_replying(self, quote: Option<Reply>) {
        if self.thread.is_none() {
            self.client.keep_quote(self.id, quote.as_ref());
        }
        self.replying.set(quote);
    }

    /// The newest message of the user that can be edited, in the main line or in the thread.
    pub fn last_own_message(self) -> Option<MessageId> {
        self.client.store.with_untracked(|store| {
            let me = store.me.user.id;
            let shown = match self.thread {
                Some(root) => store.replies(self.id, root),
                None => store.timeline(self.id),
            };
            let mut messages = shown?.messages().rev();
            let own = messages.find(|message| {
                message.sender.id == me
                    && message.kind != MessageKind::System
                    && message.deleted_at.is_none()
                    && has_own_words(message)
            });
            own.map(|message| message.id)
        })
    }

    /// What was begun at another message is kept.
    pub fn start_editing(self, id: MessageId) {
        self.editing.set(Some(id));
        let hidden = self
            .message(id)
            .filter(|_| self.thread.is_none() && !untrack(|| self.is_shown(id)));
        if let Some(message) = hidden {
            self.jump_to(id, message.position);
        }
    }

    /// Whether a message has a row.
    pub fn is_shown(self, id: MessageId) -> bool {
        let window = self.window.get();
        self.client.store.with(&[Key::Rows(self.id)], |store| {
            let timeline = store.timeline(self.id);
            timeline.is_some_and(|timeline| {
                let window = window.within(timeline);
                let message = timeline.by_id(id);
                message.is_some_and(|message| window.contains(message.position))
            })
        })
    }

    /// Shows a long message in full, or no longer.
    pub fn toggle_fold(self, id: MessageId) {
        self.unfolded.update(|unfolded| {
            let before = unfolded.len();
            unfolded.retain(|known| *known != id);
            if unfolded.len() == before {
                unfolded.push(id);
            }
        });
    }

    /// Lets an edit go, and shows the one before it that is still in progress.
    pub fn stop_editing(self, id: MessageId) {
        self.client.drop_edit(self.id, id);
        let next = self.last_edit();
        if self.editing.try_get_untracked().flatten() != Some(id) {
            return;
        }
        self.editing.set(next);
        if next.is_none() {
            self.focus_composer();
        }
    }

    /// Adds the reaction, or removes it if the user has it, and closes the picker.
    pub fn toggle_reaction(self, message: &Message, emoji: String) {
        self.close_reaction_picker(message.id);
        self.switch_reaction(message, emoji);
    }

    /// Adds the reaction, or removes it if the user has it.
    pub fn switch_reaction(self, message: &Message, emoji: String) {
        let me = self.client.store.with_untracked(|store| store.me.user.id);
        let is_mine = message
            .reactions
            .iter()
            .any(|reaction| reaction.emoji == emoji && reaction.user_ids.contains(&me));
        let (client, id) = (self.client, message.id);
        // On failure the reaction does not change; the connection banner reports a lost connection.
        spawn(async move { drop(client.set_reaction(id, emoji, !is_mine).await) });
    }

    /// Closes the picker and gives the focus back to the message.
    pub fn close_reaction_picker(self, id: MessageId) {
        self.reaction_picker_for.set(None);
        focus_first(&format!("#{}", self.row_id(id)));
    }

    /// Opens the conversation where reading stopped, unless somebody has scrolled before the page was live.
    fn land_on_unread(self) {
        if scroller().is_some_and(|node| is_at_end(&node)) {
            self.go_to_unread();
        }
    }

    /// Scrolls to the first unread message, loading the page around it if needed.
    pub fn go_to_unread(self) {
        let Some(line) = self.unread_line.get_untracked() else {
            return;
        };
        let (client, id, first) = (self.client, self.id, line.after() + 1);
        let is_loaded = move || {
            client
                .store
                .with_untracked(|store| store.is_loaded(id, first))
        };
        spawn(async move {
            if !is_loaded() && client.load_around(id, first).await.is_err() {
                return;
            }
            let window = client.store.with_untracked(|store| {
                let window = self.window.try_get_untracked()?.within(store.timeline(id)?);
                // With the row before it, so that the line is in the window.
                let is_shown = window.contains(first) && window.first() <= first;
                (!is_shown).then(|| store.window_around(id, first))
            });
            if let Some(window) = window {
                self.window.set(window);
            }
            self.scroll_to_line.set(true);
        });
    }

    /// Shows the message of an address.
    pub fn show_message(self, id: MessageId) {
        if let Some(message) = self.message(id) {
            self.show(&message);
            return;
        }
        self.is_jumping.set(true);
        spawn(async move {
            match self.client.message(id).await {
                Ok(message) if message.conversation_id == self.id => self.show(&message),
                answer => {
                    let AppError(problem) = answer.err().unwrap_or_else(AppError::no_message);
                    self.problem.set(Some(problem));
                    self.is_jumping.set(false);
                }
            }
        });
    }

    /// Scrolls to a message and highlights it, loading the page around it if needed.
    pub fn jump_to(self, id: MessageId, position: i64) {
        let row = self.thread.map(|_| self.row_id(id));
        if let Some(row) = row.and_then(|row| document().get_element_by_id(&row)) {
            row.scroll_into_view();
            self.highlight(id);
            return;
        }
        self.is_jumping.set(true);
        spawn(async move {
            if self.message(id).is_none()
                && self.client.load_around(self.id, position).await.is_err()
            {
                self.is_jumping.set(false);
                return;
            }
            if !untrack(|| self.is_shown(id)) {
                let window = self
                    .client
                    .store
                    .with_untracked(|store| store.window_around(self.id, position));
                self.window.set(window);
            }
            self.scroll_target.set(Some(id));
            self.highlight(id);
        });
    }

    fn highlight(self, id: MessageId) {
        self.highlighted.set(Some(id));
        let end_highlight = move || {
            self.highlighted.set(None);
        };
        set_timeout(end_highlight, HIGHLIGHT_DURATION);
    }
}

/// Whether its sender may edit a message: a forwarded one has the words of somebody else, and others have answered to
/// those of a poll with votes.
fn has_own_words(message: &Message) -> bool {
    message.forwarded.is_none() && message.poll.as_ref().is_none_or(|it| it.revision == 0)
}

pub fn use_conversation_view() -> ConversationView {
    expect_context()
}
