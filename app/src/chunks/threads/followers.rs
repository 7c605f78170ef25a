//! Those who follow the open thread: their number beside that of the replies, which opens the list.

use crate::{
    client::spawn,
    erased_signal::{ErasedSignal, effect, memo},
    error::AppError,
    messages::ConversationView,
    store::{ConnectionStatus, Key},
    ui::{avatar, dynamic_attr, dynamic_text, keyed_list, show_if},
};
use leptos::prelude::*;
use model::{MessageId, Problem, ThreadFollowers, User};

#[derive(Clone, Copy)]
pub struct Followers {
    view: ConversationView,
    root: MessageId,
    /// Of the server, once it has told them.
    known: ErasedSignal<Option<ThreadFollowers>>,
    problem: ErasedSignal<Option<Problem>>,
    is_open: ErasedSignal<bool>,
}

impl Followers {
    pub fn new(view: ConversationView, root: MessageId) -> Self {
        let followers = Self {
            view,
            root,
            known: ErasedSignal::new(None),
            problem: ErasedSignal::new(None),
            is_open: ErasedSignal::new(false),
        };
        // Who replies follows, and so does who is mentioned; the user may follow it or no longer.
        let client = view.client;
        let version = memo(move || {
            let keys = [Key::Thread(root), Key::Message(root), Key::Link];
            client.store.with(&keys, |store| {
                let is_member = store.summary(view.id)?.role.is_some();
                let is_due = is_member && store.connection_status() == ConnectionStatus::Online;
                let thread = store.message(view.id, root)?.thread.as_ref()?;
                let state = store.thread_state(root);
                let following = state.is_some_and(|state| state.following);
                is_due.then_some((following, thread.position))
            })
        });
        effect(move || {
            if version.get().is_some() {
                followers.load(None);
            }
        });
        followers
    }

    /// A page after the cursor, or the first one instead of all.
    fn load(self, cursor: Option<String>) {
        let (client, root) = (self.view.client, self.root);
        spawn(async move {
            let is_first = cursor.is_none();
            match client.thread_followers(root, cursor).await {
                Ok(mut page) => {
                    self.problem.set(None);
                    self.known.update(|known| {
                        if let Some(before) = known.take().filter(|_| !is_first) {
                            page.items = [before.items, page.items].concat();
                        }
                        *known = Some(page);
                    });
                }
                // The number is an extra; who has opened the list is told why it is not whole.
                Err(AppError(problem)) => self.problem.set(Some(problem)),
            }
        });
    }

    /// The number, as a button, once somebody follows.
    pub fn button(self) -> AnyView {
        let count = memo(move || {
            let count = |known: &Option<ThreadFollowers>| Some(known.as_ref()?.follower_count);
            self.known.with(count).filter(|count| *count > 0)
        });
        let text = move || match count.get() {
            Some(1) => "1 follower".to_owned(),
            count => format!("{} followers", count.unwrap_or_default()),
        };
        show_if(move || {
            let is_shown = count.with(Option::is_some);
            is_shown.then(|| {
                view! {
                    <button
                        type="button"
                        class="link"
                        aria-expanded=dynamic_attr(move || self.is_open.get().to_string())
                        on:click=move |_| self.is_open.update(|open| *open = !*open)
                    >
                        {dynamic_text(text)}
                    </button>
                }
                .into_any()
            })
        })
    }

    /// The row of the list, where it is open.
    pub fn list(self) -> AnyView {
        show_if(move || {
            self.is_open.get().then(|| {
                let users = move || {
                    self.known.with(|known| {
                        known
                            .as_ref()
                            .map_or_else(Vec::new, |known| known.items.clone())
                    })
                };
                view! {
                    <li class="thread-followers">
                        {self.problem_text()}
                        <ul class="row-list" aria-label="Followers">
                            {keyed_list(users, |user| user.id.to_string(), person)}
                        </ul>
                        {self.more_button()}
                    </li>
                }
                .into_any()
            })
        })
    }

    fn problem_text(self) -> AnyView {
        show_if(move || {
            let problem = self.problem.get()?;
            Some(view! { <p role="alert">{problem.detail}</p> }.into_any())
        })
    }

    fn more_button(self) -> AnyView {
        show_if(move || {
            let cursor = self
                .known
                .with(|known| known.as_ref()?.next_cursor.clone())?;
            let load = move |_| self.load(Some(cursor.clone()));
            Some(
                view! {
                    <button type="button" class="button button-wide" on:click=load>
                        "Show more"
                    </button>
                }
                .into_any(),
            )
        })
    }
}

/// A click opens the card.
fn person(user: &User) -> AnyView {
    let id = user.id.to_string();
    view! {
        <li class="row-item">
            {avatar(user.id.0, &user.name, user.avatar_url.as_deref())}
            <button type="button" class="link grow one-line notranslate" data-user=id dir="auto">
                {user.name.clone()}
            </button>
        </li>
    }
    .into_any()
}
