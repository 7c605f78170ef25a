//! What the parts of this chunk have in common, for as long as the page is there.

use crate::{
    client::ChatClient,
    erased_signal::ErasedSignal,
    router::Router,
    store::{DraftPlace, Key, PersonalStore},
    ui::{Zone, in_own_root},
};
use leptos::prelude::*;
use model::{ConversationId, Draft, MessageId, Reminder, ReminderState, ScheduledMessageId};
use std::cell::RefCell;

/// What the parts need of their page.
#[derive(Clone, Copy)]
pub struct LaterContext {
    pub client: ChatClient,
    pub router: Router,
    pub zone: Zone,
}

/// A handle; `Copy`.
#[derive(Clone, Copy)]
pub struct Later {
    pub client: ChatClient,
    pub router: Router,
    pub zone: Zone,
    pub personal: ErasedSignal<PersonalStore>,
    /// Notified when something may have been written.
    pub looks: ErasedSignal<()>,
    /// Notified when a time may have come: of a page that was asleep, timers are late.
    pub clock: ErasedSignal<()>,
    /// What other devices have written in places where this one has something else, which the user has to decide.
    pub conflicts: ErasedSignal<Vec<Draft>>,
    /// The place whose text is to be scheduled.
    pub scheduling: ErasedSignal<Option<DraftPlace>>,
    /// The place that was to be scheduled and has no text.
    pub without_text: ErasedSignal<Option<DraftPlace>>,
    /// The scheduled message that is to go at another time.
    pub moving: ErasedSignal<Option<ScheduledMessageId>>,
    /// The scheduled message whose text is changed.
    pub editing: ErasedSignal<Option<ScheduledMessageId>>,
    /// The message that the user is to be reminded of.
    pub reminding: ErasedSignal<Option<MessageId>>,
    /// Reminders whose time has come on this page.
    pub due: ErasedSignal<Vec<Reminder>>,
}

thread_local! {
    static LATER: RefCell<Option<(Owner, Later)>> = const { RefCell::new(None) };
}

/// The state of the page. On the server, a new one for each page that is rendered.
pub fn later(context: LaterContext) -> Later {
    if cfg!(feature = "ssr") {
        return Later::new(context);
    }
    known().unwrap_or_else(|| {
        // What asks first may end before the page does.
        let (owner, later) = in_own_root(|| Later::new(context));
        LATER.set(Some((owner, later)));
        later
    })
}

/// The state of the page in the browser, once there is one.
pub fn known() -> Option<Later> {
    LATER.with_borrow(|it| it.as_ref().map(|(_, later)| *later))
}

/// The reminder of a message that is not completed, as far as this page knows.
pub fn reminder_of(id: MessageId) -> Option<Reminder> {
    let reminder = known()?
        .personal
        .with_untracked(|store| store.reminder(id).cloned());
    reminder.filter(|it| it.state != ReminderState::Completed)
}

/// Runs something whose signals and effects last as long as the page.
pub fn for_the_page<T>(run: impl FnOnce() -> T) -> Option<T> {
    let owner = LATER.with_borrow(|it| it.as_ref().map(|(owner, _)| owner.clone()))?;
    Some(owner.with(run))
}

impl Later {
    fn new(context: LaterContext) -> Self {
        Self {
            client: context.client,
            router: context.router,
            zone: context.zone,
            personal: ErasedSignal::new(PersonalStore::default()),
            looks: ErasedSignal::new(()),
            clock: ErasedSignal::new(()),
            conflicts: ErasedSignal::new(Vec::new()),
            scheduling: ErasedSignal::new(None),
            without_text: ErasedSignal::new(None),
            moving: ErasedSignal::new(None),
            editing: ErasedSignal::new(None),
            reminding: ErasedSignal::new(None),
            due: ErasedSignal::new(Vec::new()),
        }
    }

    /// What is written is compared soon, once for all that happens meanwhile.
    pub fn look_soon(self) {
        self.looks.set(());
    }

    /// The drafts of the conversations that the page knows, the one that was changed last first. One whose message waits
    /// for its files is none any more for the user.
    pub fn drafts(self) -> Vec<Draft> {
        // Another tab may have sent one.
        self.looks.track();
        let mut drafts = self.personal.with(PersonalStore::drafts);
        self.client.store.with(&[Key::Order, Key::Outbox], |store| {
            drafts.retain(|it| store.summary(it.conversation_id).is_some());
        });
        drafts.retain(|it| {
            let place = (it.conversation_id, it.thread_id);
            !self
                .client
                .is_draft_on_its_way(place, &self.client.written(place))
        });
        drafts
    }

    /// The title of a conversation that the page knows, or of a thread in it.
    pub fn place_title(self, id: ConversationId, thread: Option<MessageId>) -> String {
        let title = self.title(id);
        match thread {
            None => title,
            Some(_) => format!("Thread in {title}"),
        }
    }

    /// The title of a conversation that the page knows.
    pub fn title(self, id: ConversationId) -> String {
        let keys = [Key::Head(id)];
        self.client.store.with(&keys, |store| {
            store.title(id).unwrap_or_default().to_owned()
        })
    }
}
