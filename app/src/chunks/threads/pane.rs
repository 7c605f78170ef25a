//! The pane of a thread: its root, the replies, who is typing, and the box for a reply.

use super::{followers::Followers, reply_box::reply_box};
use crate::{
    client::spawn,
    erased_signal::{ErasedMemo, ErasedSignal, effect, memo},
    error::AppError,
    messages::{
        ConversationView, Row, THREAD_SCROLLER_ID as SCROLLER_ID, has_attention, on_timeline_key,
        reply_sheet, typing_line, use_conversation_view,
    },
    store::{ConnectionStatus, Key, RowKey, Timeline, UnreadLine},
    ui::{day_name, dynamic_text, error_panel, keyed_list, on, show_if, use_zone},
};
use leptos::{ev, prelude::*};
use model::{ConversationKind, MessageId, Problem};

/// At most so many pixels from the end count as at the end.
const NEAR_END: f64 = 48.0;
/// Within so many pixels of the start, the replies before are loaded.
const NEAR_START: f64 = 400.0;

pub fn pane(root: MessageId) -> AnyView {
    let view = use_conversation_view().of_thread(root);
    provide_context(view);
    let pane = Pane {
        view,
        root,
        problem: ErasedSignal::new(None),
        is_loading: ErasedSignal::new(false),
        is_loaded: ErasedSignal::new(false),
    };
    let store = view.client.store;
    store.update(|store| store.open_known_thread(view.id, root));
    // Again when there is a connection, if there was none.
    let status = view.client.connection_status();
    effect(move || {
        let is_due = status.get() == ConnectionStatus::Online || !pane.is_begun();
        if is_due && !pane.is_loaded.get_untracked() {
            pane.open();
        }
    });
    let is_known = memo(move || {
        store.with(&[Key::Message(root)], |store| {
            store.replies(view.id, root).is_some()
        })
    });
    show_if(move || {
        if is_known.get() {
            Some(pane.content())
        } else {
            pane.problem.get().map(|problem| error_panel(&problem))
        }
    })
}

#[derive(Clone, Copy)]
struct Pane {
    view: ConversationView,
    root: MessageId,
    problem: ErasedSignal<Option<Problem>>,
    is_loading: ErasedSignal<bool>,
    /// Whether the newest replies are there.
    is_loaded: ErasedSignal<bool>,
}

impl Pane {
    /// Whether replies are being loaded, or could not be.
    fn is_begun(self) -> bool {
        self.is_loading.get_untracked() || self.problem.with_untracked(Option::is_some)
    }

    fn open(self) {
        if self.is_loading.get_untracked() {
            return;
        }
        self.is_loading.set(true);
        let (client, id, root) = (self.view.client, self.view.id, self.root);
        spawn(async move {
            let loaded = client.load_thread(id, root).await;
            self.is_loading.set(false);
            match loaded {
                Ok(()) => {
                    self.is_loaded.set(true);
                    self.problem.set(None);
                    let line = client.store.with_untracked(|store| {
                        let state = store.thread_state(root)?;
                        (state.unread > 0)
                            .then(|| UnreadLine::new(state.read_position, state.unread))
                    });
                    self.view.unread_line.set(line);
                    self.mark_read();
                }
                Err(AppError(problem)) => self.problem.set(Some(problem)),
            }
        });
    }

    /// In the place of replies that are not there: that they come, or why they do not.
    fn waiting(self) -> AnyView {
        show_if(move || {
            if self.is_loaded.get() {
                return None;
            }
            let Some(problem) = self.problem.get() else {
                return Some(
                    view! {
                        <li>
                            <p class="chunk-place" role="status">
                                <span class="spinner" aria-hidden="true"></span>
                                <span class="sr-only">"Loading…"</span>
                            </p>
                        </li>
                    }
                    .into_any(),
                );
            };
            Some(
                view! {
                    <li class="thread-older">
                        <p role="alert">
                            {problem.detail} " "
                            <button type="button" class="link" on:click=move |_| self.open()>
                                "Try again"
                            </button>
                        </p>
                    </li>
                }
                .into_any(),
            )
        })
    }

    fn content(self) -> AnyView {
        let (view, root) = (self.view, self.root);
        let zone = use_zone();
        let client = view.client;
        let rows = memo(move || {
            let unread_after = view.unread_line.get().map(UnreadLine::after);
            let keys = [Key::Replies(root), Key::Outbox, Key::Message(root)];
            client.store.with(&keys, |store| {
                let root_row = store.message(view.id, root);
                let root_day = root_row.map(|root| zone.day(root.created_at));
                let mut rows = store.reply_rows(view.id, root, unread_after, &|at| zone.day(at));
                // The day of the root is above it, in the main line.
                rows.retain(|row| !matches!(row, RowKey::Day(day) if Some(*day) == root_day));
                rows
            })
        });
        self.follow(rows);
        let followers = Followers::new(view, root);
        let is_direct = client.store.with_untracked(|store| {
            let summary = store.summary(view.id);
            summary.is_some_and(|it| it.conversation.kind == ConversationKind::Direct)
        });
        let class = if is_direct { "pane" } else { "pane talk-group" };
        view! {
            <div class=class>
            <div
                id=SCROLLER_ID
                class="thread-rows"
                role="log"
                aria-live="off"
                aria-label="Replies"
                tabindex="0"
                on:scroll=move |_| self.on_scroll()
                on:keydown=on::key(move |event| on_timeline_key(&event, view))
            >
                <ol class="rows">
                    {self.root_row()}
                    <li class="thread-count">
                        <span>{dynamic_text(move || self.count())}</span>
                        {followers.button()}
                    </li>
                    {followers.list()}
                    {self.waiting()}
                    {self.older_button()}
                    {keyed_list(move || rows.get(), RowKey::to_key, move |key| row(view, key))}
                </ol>
            </div>
            {typing_line(view.id, Some(root))}
            {self.announcer()}
            {reply_box(view, root)}
            {reply_sheet(view)}
            </div>
        }
        .into_any()
    }

    fn root_row(self) -> AnyView {
        let (view, root) = (self.view, self.root);
        show_if(move || {
            let is_loaded = view.client.store.with(&[Key::Message(root)], |store| {
                store.message(view.id, root).is_some()
            });
            is_loaded.then(|| row(view, &RowKey::Message(root)))
        })
    }

    /// The number of replies, as a line between the root and them.
    fn count(self) -> String {
        let (id, root) = (self.view.id, self.root);
        let count = self.view.client.store.with(&[Key::Message(root)], |store| {
            let thread = store.message(id, root)?.thread.as_ref()?;
            Some(thread.reply_count)
        });
        match count {
            None | Some(0) => "No replies yet".to_owned(),
            Some(1) => "1 reply".to_owned(),
            Some(count) => format!("{count} replies"),
        }
    }

    fn has_older(self) -> bool {
        let (id, root) = (self.view.id, self.root);
        self.view.client.store.with(&[Key::Replies(root)], |store| {
            let first = store.replies(id, root).and_then(Timeline::first);
            first.is_some_and(|first| first > 1)
        })
    }

    fn older_button(self) -> AnyView {
        show_if(move || {
            self.has_older().then(|| {
                view! {
                    <li class="thread-older">
                        <button type="button" class="link" on:click=move |_| self.load_older()>
                            "Show earlier replies"
                        </button>
                    </li>
                }
                .into_any()
            })
        })
    }

    fn load_older(self) {
        if self.is_loading.get_untracked() {
            return;
        }
        self.is_loading.set(true);
        let (client, id, root) = (self.view.client, self.view.id, self.root);
        spawn(async move {
            // After a failure, the button or the next scroll tries again.
            let _ = client.load_older_replies(id, root).await;
            self.is_loading.set(false);
        });
    }

    /// Marks as read what is in view, when replies come and when somebody returns to the window.
    fn follow(self, rows: ErasedMemo<Vec<RowKey>>) {
        effect(move || {
            rows.track();
            request_animation_frame(move || self.mark_read());
        });
        let visible = window_event_listener(ev::visibilitychange, move |_| self.mark_read());
        let focused = window_event_listener(ev::focus, move |_| self.mark_read());
        on_cleanup(move || {
            visible.remove();
            focused.remove();
        });
    }

    fn on_scroll(self) {
        let Some(node) = document().get_element_by_id(SCROLLER_ID) else {
            return;
        };
        let scrolled = f64::from(node.scroll_top());
        let from_start = f64::from(node.scroll_height() - node.client_height()) + scrolled;
        if from_start < NEAR_START && untrack(|| self.has_older()) {
            self.load_older();
        }
        self.mark_read();
    }

    fn mark_read(self) {
        // Nothing, if the pane is closed by now.
        if self.is_loaded.try_get_untracked() != Some(true) {
            return;
        }
        let Some(node) = document().get_element_by_id(SCROLLER_ID) else {
            return;
        };
        if !has_attention() || f64::from(-node.scroll_top()) > NEAR_END {
            return;
        }
        let (client, id, root) = (self.view.client, self.view.id, self.root);
        let last = client
            .store
            .with_untracked(|store| Some(store.replies(id, root)?.last()));
        if let Some(last) = last {
            spawn(async move { client.mark_thread_read(root, last).await });
        }
    }

    /// Announces what others reply from now on to screen readers.
    fn announcer(self) -> AnyView {
        let (client, id, root) = (self.view.client, self.view.id, self.root);
        let newest = memo(move || {
            client.store.with(&[Key::Replies(root)], |store| {
                let reply = store.replies(id, root)?.messages().next_back()?;
                let text = format!("{}: {}", reply.sender.name, reply.line());
                store
                    .is_of_others(reply)
                    .then_some((reply.thread_position.unwrap_or_default(), text))
            })
        });
        let announcement = ErasedSignal::new(String::new());
        let mut last = None;
        effect(move || {
            let is_loaded = self.is_loaded.get();
            let (number, text) = newest.get().unwrap_or_default();
            if last.is_some_and(|last| last < number) {
                announcement.set(text);
            }
            if is_loaded {
                last = Some(number.max(last.unwrap_or_default()));
            }
        });
        view! {
            <p class="sr-only notranslate" aria-live="polite">
                {dynamic_text(move || announcement.get())}
            </p>
        }
        .into_any()
    }
}

fn row(view: ConversationView, key: &RowKey) -> AnyView {
    let zone = use_zone();
    match key.clone() {
        RowKey::Day(day) => view! {
            <li class="day">
                <span>{dynamic_text(move || day_name(zone, day))}</span>
            </li>
        }
        .into_any(),
        RowKey::Unread => {
            view! { <li class="unread-line"><span>"New replies"</span></li> }.into_any()
        }
        key => view! { <Row id=view.id key /> }.into_any(),
    }
}
