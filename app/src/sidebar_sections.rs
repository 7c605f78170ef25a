//! The sections of the sidebar: which conversation stands in which, and which rows are on the page.

use crate::{
    client::{ChatClient, SidebarChoices},
    erased_signal::{ErasedMemo, ErasedSignal, memo},
    router::Router,
    store::{ChatStore, Key},
    ui::{focus_first, has_pointer},
};
use model::{ConversationId, ConversationKind, ConversationSummary};

/// Rows and headings that are on the page at first. More come, and others go, with the scroll position.
pub const FIRST_WINDOW: usize = 80;

/// Pixels of a row until one has been measured.
const ROW_HEIGHT: f64 = 34.0;

/// Rows beyond the visible ones, at each end.
const OVERSCAN: usize = 24;

/// The window moves in steps of so many rows.
const STEP: usize = 16;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Section {
    Favorites,
    Unread,
    Channels,
    Groups,
    People,
}

impl Section {
    /// In the order of the page.
    pub const ALL: [Self; 5] = [
        Self::Favorites,
        Self::Unread,
        Self::Channels,
        Self::Groups,
        Self::People,
    ];

    pub const fn name(self) -> &'static str {
        match self {
            Self::Favorites => "Favorites",
            Self::Unread => "Unread",
            Self::Channels => "Channels",
            Self::Groups => "Groups",
            Self::People => "People",
        }
    }

    /// Whether it is shown without conversations, too: its heading leads to more.
    const fn stays(self) -> bool {
        matches!(self, Self::Channels | Self::People)
    }
}

/// The conversations of a section.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SectionRows {
    pub ids: Vec<ConversationId>,
    pub stays: bool,
    pub is_folded: bool,
    /// The unread messages of a section that is folded.
    pub unread: i64,
}

impl SectionRows {
    /// Whether its heading is seen.
    pub fn is_shown(&self) -> bool {
        self.stays || !self.ids.is_empty()
    }

    /// Headings and rows that are seen.
    fn len(&self) -> usize {
        let rows = if self.is_folded { 0 } else { self.ids.len() };
        usize::from(self.is_shown()) + rows
    }
}

/// The state of the sidebar; `Copy`.
#[derive(Clone, Copy)]
pub struct SidebarState {
    pub choices: ErasedSignal<SidebarChoices>,
    /// The conversation whose row is under the pointer or has the focus.
    pub active: ErasedSignal<Option<ConversationId>>,
    /// The conversation whose menu is open, beside its button and as a sheet.
    pub menu_for: ErasedSignal<Option<ConversationId>>,
    pub sheet_for: ErasedSignal<Option<ConversationId>>,
    /// The conversation that is to be left.
    pub leaving: ErasedSignal<Option<ConversationId>>,
    pub drafts: ErasedSignal<Vec<ConversationId>>,
    /// The first heading or row of the window, and the one after the last.
    pub window: ErasedSignal<(usize, usize)>,
    /// Pixels of a row.
    pub row_height: ErasedSignal<f64>,
    pub sections: ErasedMemo<[SectionRows; 5]>,
}

impl SidebarState {
    pub fn new(client: ChatClient, router: Router) -> Self {
        let choices = ErasedSignal::new(SidebarChoices::default());
        // The open conversation stays among the unread ones that it was opened from.
        let kept = ErasedSignal::new(None::<ConversationId>);
        let sections = memo(move || {
            let open = router.conversation();
            let keys = [Key::Order, Key::Unread, Key::Favorites, Key::Muted];
            let sections = client.store.with(&keys, |store| {
                choices.with(|choices| {
                    let kept = kept
                        .with_untracked(|kept| *kept)
                        .filter(|it| Some(*it) == open);
                    sections(store, choices, (open, kept))
                })
            });
            let is_unread = open.filter(|id| sections[Section::Unread as usize].ids.contains(id));
            kept.update_untracked(|kept| *kept = is_unread);
            sections
        });
        Self {
            choices,
            active: ErasedSignal::new(None),
            menu_for: ErasedSignal::new(None),
            sheet_for: ErasedSignal::new(None),
            leaving: ErasedSignal::new(None),
            drafts: ErasedSignal::new(Vec::new()),
            window: ErasedSignal::new((0, FIRST_WINDOW)),
            row_height: ErasedSignal::new(ROW_HEIGHT),
            sections,
        }
    }

    /// The conversations in the order of the page, those of folded sections too.
    pub fn order(self) -> Vec<ConversationId> {
        let sections = self.sections.get_untracked().into_iter();
        sections.flat_map(|section| section.ids).collect()
    }

    /// The rows of a section that are on the page, and how many there are before and after them.
    pub fn shown(self, section: Section) -> (Vec<ConversationId>, usize, usize) {
        let (from, to) = self.window.get();
        self.sections.with(|sections| {
            let at = section as usize;
            let before: usize = sections[..at].iter().map(SectionRows::len).sum();
            let rows = &sections[at];
            if rows.is_folded {
                return (Vec::new(), 0, 0);
            }
            // Without the heading.
            let place = |item: usize| item.saturating_sub(before + 1).min(rows.ids.len());
            let (from, to) = (place(from), place(to));
            (rows.ids[from..to].to_vec(), from, rows.ids.len() - to)
        })
    }

    /// Opens the menu of a conversation, or closes it: beside its button, or as a sheet where the input are
    /// fingers.
    pub fn toggle_menu(self, id: ConversationId) {
        if has_pointer() {
            let is_open = self.menu_for.get_untracked() == Some(id);
            self.menu_for.set((!is_open).then_some(id));
        } else {
            self.sheet_for.set(Some(id));
        }
    }

    /// Closes the menu of a conversation. Its button gets the focus back.
    pub fn close_menu(self) {
        self.sheet_for.set(None);
        if self.menu_for.get_untracked().is_some() {
            self.menu_for.set(None);
            focus_first(".row-more");
        }
    }

    /// Moves the window to where the list is scrolled, in rows.
    pub fn scroll_to(self, first: usize, visible: usize) {
        let from = first.saturating_sub(OVERSCAN) / STEP * STEP;
        let to = from + FIRST_WINDOW.max((visible + 2 * OVERSCAN).next_multiple_of(STEP));
        if self.window.with_untracked(|window| *window != (from, to)) {
            self.window.set((from, to));
        }
    }
}

fn sections(
    store: &ChatStore,
    choices: &SidebarChoices,
    (open, kept): (Option<ConversationId>, Option<ConversationId>),
) -> [SectionRows; 5] {
    let mut sections = Section::ALL.map(|section| SectionRows {
        ids: Vec::new(),
        stays: section.stays(),
        is_folded: choices.folded.iter().any(|name| name == section.name()),
        unread: 0,
    });
    for summary in store.summaries() {
        let conversation = &summary.conversation;
        let id = conversation.id;
        if Some(id) != open && choices.hides(id, conversation.position) {
            continue;
        }
        let section = section_of(store, kept, summary);
        let section = &mut sections[section as usize];
        section.ids.push(id);
        if section.is_folded && !store.is_muted(id) {
            section.unread += summary.unread;
        }
    }
    // The favorites are few, and have an order of their own.
    let favorites = &mut sections[Section::Favorites as usize].ids;
    let shown = std::mem::take(favorites);
    let in_order = store.favorites().iter().filter(|id| shown.contains(id));
    favorites.extend(in_order);
    sections
}

fn section_of(
    store: &ChatStore,
    kept: Option<ConversationId>,
    summary: &ConversationSummary,
) -> Section {
    let id = summary.conversation.id;
    let is_unread = summary.unread > 0 && !store.is_muted(id);
    if store.favorites().contains(&id) {
        Section::Favorites
    } else if is_unread || kept == Some(id) {
        Section::Unread
    } else {
        match summary.conversation.kind {
            ConversationKind::Channel | ConversationKind::Announcements => Section::Channels,
            ConversationKind::Group => Section::Groups,
            ConversationKind::Direct => Section::People,
        }
    }
}
