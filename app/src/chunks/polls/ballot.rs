//! The part of a row in which members vote: the options with their numbers, and what else can be done with a poll.

use super::{
    state::{Polls, for_the_page, polls},
    tally::{Tally, shows_numbers, tally},
    voters,
    votes::{ARROW_DELAY, CHOICE_DELAY, ask, ask_later, choose, send_now},
};
use crate::{
    client::spawn,
    erased_signal::{ErasedMemo, ErasedSignal, effect, memo},
    error::AppError,
    messages::ConversationView,
    store::{ConnectionStatus, Key},
    ui::{
        Icon, Zone, coming_text, dynamic_text, focus_first, icon, in_words, on, show_if, use_zone,
    },
};
use leptos::{ev, prelude::*};
use model::{MessageId, PollResults};
use wasm_bindgen::JsCast;

#[derive(Clone, Copy)]
struct Ballot {
    view: ConversationView,
    id: MessageId,
    polls: Polls,
    zone: Zone,
    /// `None` once the message was deleted.
    tally: ErasedMemo<Option<Tally>>,
    status: ErasedMemo<ConnectionStatus>,
    /// Whether it is asked if the poll is to be closed for good.
    is_closing: ErasedSignal<bool>,
    /// Whether the arrow keys choose, with which the options are read as well.
    by_arrows: ErasedSignal<bool>,
}

pub fn ballot(view: ConversationView, id: MessageId) -> AnyView {
    let polls = polls();
    let store = view.client.store;
    let message = memo(move || {
        store.with(&[Key::Message(id)], |store| {
            store.message(view.id, id).cloned()
        })
    });
    let tally = memo(move || {
        let told = message.with(|it| it.as_ref().and_then(|it| it.poll.clone()))?;
        let own = polls.own.with(|own| own.get(&id).cloned());
        let pending = polls.pending.with(|pending| pending.get(&id).cloned());
        Some(tally(&told, own.as_ref(), pending.as_deref()))
    });
    let ballot = Ballot {
        view,
        id,
        polls,
        zone: use_zone(),
        tally,
        status: view.client.connection_status(),
        is_closing: ErasedSignal::new(false),
        by_arrows: ErasedSignal::new(false),
    };
    ballot.follow();
    // Nothing of it builds the ballot anew: its parts follow by themselves.
    let Some(first) = tally.get_untracked() else {
        return ().into_any();
    };
    let options = (1..).zip(&first.poll.options);
    let options: Vec<_> = options
        .map(|(number, option)| ballot.option(number, option.text.clone(), &first))
        .collect();
    let legend_id = format!("{}-kind", view.row_id(id));
    let named_by = format!("{legend_id} {}", view.question_id(id));
    view! {
        <fieldset
            class="poll"
            aria-labelledby=named_by
            on:keydown=on::key(move |event| ballot.on_key(&event))
            on:pointerdown=on::pointer(move |_| ballot.by_arrows.set(false))
            on:focusout=on::focus(move |event| ballot.on_focus_out(&event))
        >
            <legend class="poll-kind" id=legend_id>{kind(&first)}</legend>
            {options}
            {ballot.footer()}
            {ballot.note()}
        </fieldset>
    }
    .into_any()
}

/// What kind of a poll it is, before one votes.
fn kind(first: &Tally) -> String {
    let poll = &first.poll;
    let choices = match usize::try_from(poll.max_choices).unwrap_or_default() {
        1 => "Choose one".to_owned(),
        max if max == poll.options.len() => "Choose any".to_owned(),
        max => format!("Choose up to {max}"),
    };
    let mut kind = vec![choices.as_str()];
    if poll.anonymous {
        kind.push("anonymous");
    }
    if poll.results == PollResults::AfterVote {
        kind.push("results for those who have voted");
    }
    kind.join(" · ")
}

impl Ballot {
    /// Asks for the own vote, and for the numbers that come with it; tells the end.
    fn follow(self) {
        let Self {
            view,
            id,
            polls,
            tally,
            status,
            ..
        } = self;
        effect(move || {
            let is_known = polls.own.with_untracked(|own| own.contains(&id));
            if status.get() == ConnectionStatus::Online && !is_known {
                ask(view.client, id);
            }
        });
        effect(move || {
            let is_online = status.get() == ConnectionStatus::Online;
            let stale = tally.with(|it| {
                let stale = it.as_ref().filter(|it| it.is_stale);
                stale.map(|it| it.poll.voter_count)
            });
            if let Some(voters) = stale.filter(|_| is_online) {
                ask_later(view.client, id, voters);
            }
        });
        let mut was_open = None;
        effect(move || {
            let is_open = tally.with(|it| it.as_ref().map(Tally::is_open));
            if was_open == Some(true) && is_open == Some(false) {
                let end = tally.with(|it| it.as_ref().map(end_in_words));
                polls.say(id, end.unwrap_or_default());
            }
            was_open = is_open;
        });
    }

    fn is_offline(self) -> bool {
        self.status.get() != ConnectionStatus::Online
    }

    fn option(self, number: i16, text: String, first: &Tally) -> AnyView {
        let kind = if first.poll.max_choices == 1 {
            "radio"
        } else {
            "checkbox"
        };
        // A poll may be in the main line and in a thread.
        let name = format!("poll-{}", self.view.row_id(self.id));
        let tally = self.tally;
        let is_chosen =
            move || tally.with(|it| it.as_ref().is_some_and(|it| it.chosen.contains(&number)));
        let is_fixed = move || {
            let is_fixed = tally.with(|it| {
                it.as_ref().is_none_or(|it| {
                    !it.is_open() || (it.is_full() && !it.chosen.contains(&number))
                })
            });
            is_fixed || self.is_offline()
        };
        let result = move || tally.with(|it| it.as_ref().and_then(|it| it.result(number)));
        let numbers = move || {
            result().map(|(votes, share)| {
                let told = format!("{}, {share} percent", votes_text(votes));
                view! {
                    <span class="poll-numbers notranslate">
                        <span aria-hidden="true">{format!("{votes} · {share}%")}</span>
                        <span class="sr-only">{told}</span>
                    </span>
                }
            })
        };
        let bar = move || {
            result().map(|(_, share)| {
                view! { <progress class="poll-bar" max="100" value=share.to_string() aria-hidden="true"></progress> }
            })
        };
        let mark = move || {
            is_chosen().then(|| {
                view! { <span class="poll-mark" title="Your vote" aria-hidden="true">{icon(Icon::Check)}</span> }
            })
        };
        // It keeps the focus when the poll closes or the connection goes.
        let on_click = on::click(move |event| {
            if untrack(is_fixed) {
                event.prevent_default();
            }
        });
        let on_change = move |event: ev::Event| self.press(number, event_target_checked(&event));
        view! {
            <label class="poll-option" class:poll-chosen=is_chosen>
                <input
                    type=kind
                    name=name
                    prop:checked=is_chosen
                    aria-disabled=move || is_fixed().to_string()
                    on:click=on_click
                    on:change=on_change
                />
                <span class="poll-text" dir="auto">{text}</span>
                {mark}
                {numbers}
                {bar}
            </label>
        }
        .into_any()
    }

    fn press(self, number: i16, on: bool) {
        let chosen = untrack(|| {
            self.tally
                .with(|it| it.as_ref().map(|it| it.choice(number, on)))
        });
        if let Some(chosen) = chosen {
            let by_arrows = self.by_arrows.get_untracked();
            let delay = if by_arrows { ARROW_DELAY } else { CHOICE_DELAY };
            choose(self.view.client, self.id, chosen, delay);
        }
    }

    fn on_key(self, event: &ev::KeyboardEvent) {
        let key = event.key();
        if key.starts_with("Arrow") {
            self.by_arrows.set(true);
        } else if key == " " || key == "Enter" {
            self.by_arrows.set(false);
            send_now(self.view.client, self.id);
        }
    }

    /// What the arrow keys have chosen is sent once the keyboard leaves the options.
    fn on_focus_out(self, event: &ev::FocusEvent) {
        // The row may be gone by now.
        if self.by_arrows.try_get_untracked() != Some(true) {
            return;
        }
        let next = event.related_target();
        let next: Option<web_sys::Element> = next.and_then(|next| next.dyn_into().ok());
        let row = self.view.row_id(self.id);
        let option = next.map(|next| next.closest(&format!("#{row} .poll-option")));
        if !matches!(option, Some(Ok(Some(_)))) {
            send_now(self.view.client, self.id);
        }
    }

    /// How many have voted, until when, and buttons. A button stays while others vote, and keeps the focus.
    fn footer(self) -> AnyView {
        let may_retract = self.memo(|tally| tally.is_open() && !tally.chosen.is_empty());
        let has_voters = self.memo(|tally| {
            let poll = &tally.poll;
            !poll.anonymous && poll.voter_count > 0 && shows_numbers(poll)
        });
        let is_open = self.memo(Tally::is_open);
        let retract = move |_| {
            choose(self.view.client, self.id, Vec::new(), CHOICE_DELAY);
            self.focus_options();
        };
        let show_voters = move |_| {
            for_the_page(voters::mount);
            let tally = self.tally.get_untracked();
            let poll = tally.map(|it| (self.view.client, self.id, it.poll));
            self.polls.showing.set(poll);
        };
        let retract_button = show_if(move || {
            let may = may_retract.get() && !self.is_offline();
            may.then(|| button("Take back my vote", retract))
        });
        let voters_button =
            show_if(move || has_voters.get().then(|| button("Who voted", show_voters)));
        let close_buttons = show_if(move || {
            let may = is_open.get() && !self.is_offline() && self.may_close();
            may.then(|| self.close_buttons())
        });
        view! {
            <p class="poll-said notranslate">{dynamic_text(move || self.said())}</p>
            <div class="poll-buttons">{retract_button} {voters_button} {close_buttons}</div>
        }
        .into_any()
    }

    fn memo(self, read: fn(&Tally) -> bool) -> ErasedMemo<bool> {
        memo(move || self.tally.with(|it| it.as_ref().is_some_and(read)))
    }

    fn said(self) -> String {
        let Some(tally) = self.tally.get() else {
            return String::new();
        };
        let mut said = match tally.poll.voter_count {
            0 => "Nobody has voted yet".to_owned(),
            1 => "1 person has voted".to_owned(),
            count => format!("{count} people have voted"),
        };
        match (tally.poll.closed_at, tally.poll.closes_at) {
            (Some(_), _) => said.push_str(" · closed"),
            (None, Some(at)) => {
                said.push_str(" · closes ");
                said.push_str(&coming_text(self.zone, at));
            }
            (None, None) => {}
        }
        if tally.is_open() && self.is_offline() {
            said.push_str(" · You are offline: votes can't be changed now.");
        }
        said
    }

    /// Whether the user may delete the message, and so end what it asks.
    fn may_close(self) -> bool {
        let message = self.view.message(self.id);
        let may = message.and_then(|it| self.view.permissions(&it));
        may.is_some_and(|it| it.delete)
    }

    fn close_buttons(self) -> AnyView {
        if !self.is_closing.get() {
            return button("Close poll", move |_| self.is_closing.set(true));
        }
        let close = move |_| {
            self.is_closing.set(false);
            focus_first(&format!("#{}", self.view.row_id(self.id)));
            spawn(async move {
                if let Err(AppError(problem)) = self.view.client.close_poll(self.id).await {
                    self.polls.say(self.id, in_words(&problem));
                }
            });
        };
        let keep = move |_| {
            self.is_closing.set(false);
            self.focus_options();
        };
        view! {
            <span class="poll-question">"Close it for good?"</span>
            {button("Close", close)}
            {button("Keep it open", keep)}
        }
        .into_any()
    }

    /// The button that was pressed goes: the keyboard stays in the poll.
    fn focus_options(self) {
        let row = self.view.row_id(self.id);
        focus_first(&format!("#{row} .poll-option input[aria-disabled=false]"));
    }

    /// The element stays, so that screen readers tell what comes into it.
    fn note(self) -> AnyView {
        let note = move || {
            let notes = self.polls.notes;
            notes.with(|notes| notes.get(&self.id).cloned().unwrap_or_default())
        };
        view! { <p class="poll-note notranslate" role="status">{dynamic_text(note)}</p> }.into_any()
    }
}

fn button(label: &'static str, act: impl FnMut(ev::MouseEvent) + 'static) -> AnyView {
    view! { <button type="button" class="link" on:click=act>{label}</button> }.into_any()
}

fn end_in_words(tally: &Tally) -> String {
    match tally.winners() {
        None => "The poll is closed.".to_owned(),
        Some((texts, votes)) => {
            let (texts, votes) = (texts.join(", "), votes_text(votes));
            format!("The poll is closed. Most votes: {texts} ({votes}).")
        }
    }
}

fn votes_text(votes: i64) -> String {
    if votes == 1 {
        "1 vote".to_owned()
    } else {
        format!("{votes} votes")
    }
}
