//! The form of a new poll. What is written in it stays until it is sent.

use super::{
    new_poll::{Field, MAX_LENGTH, MAX_OPTIONS, NewPollDraft, OTHER, SentPoll},
    state::polls,
};
use crate::{
    chunks::{
        compose::{length, pasting::plain_text_of},
        later::times::{NEAREST_OF_FIELD, choices, field_value, of_field},
    },
    client::{ChatClient, new_client_id, now, spawn},
    erased_signal::{ErasedMemo, ErasedSignal, memo},
    error::AppError,
    store::{ConnectionStatus, DraftPlace},
    ui::{
        Icon, Zone, focus_first, icon, keyed_list, note_in_words, on, once_built, show_if,
        submitted_form,
    },
};
use leptos::{ev, prelude::*};
use model::Problem;
use std::iter;
use time::OffsetDateTime;

pub fn form(client: ChatClient, zone: Zone, place: DraftPlace) -> AnyView {
    Form::new(client, zone, place).view()
}

#[derive(Clone, Copy)]
struct Form {
    client: ChatClient,
    zone: Zone,
    place: DraftPlace,
    draft: ErasedSignal<NewPollDraft>,
    status: ErasedMemo<ConnectionStatus>,
    problem: ErasedSignal<Option<Problem>>,
    is_busy: ErasedSignal<bool>,
}

impl Form {
    fn new(client: ChatClient, zone: Zone, place: DraftPlace) -> Self {
        Self {
            client,
            zone,
            place,
            draft: polls().draft,
            status: client.connection_status(),
            problem: ErasedSignal::new(None),
            is_busy: ErasedSignal::new(false),
        }
    }

    fn view(self) -> AnyView {
        let offline = show_if(move || {
            let is_offline = self.status.get() != ConnectionStatus::Online;
            is_offline.then(|| {
                view! { <p class="note note-offline" role="status">"You are offline: the poll can't be sent now. What is written here stays."</p> }
                    .into_any()
            })
        });
        let question = self.draft.with_untracked(|draft| draft.question.clone());
        let write_question = move |event: ev::Event| {
            let question = event_target_value(&event);
            self.draft.update(|draft| draft.question = question);
        };
        let is_ready = move || self.status.get() == ConnectionStatus::Online && !self.is_busy.get();
        let on_submit = move |event: ev::SubmitEvent| {
            drop(submitted_form(&event));
            self.send();
        };
        view! {
            <form class="poll-form" on:submit=on_submit on:input=move |_| self.problem.set(None)>
                {offline}
                {note_in_words(self.problem)}
                <div class="field">
                    <label for="field-question">"Question"</label>
                    <textarea
                        id="field-question"
                        class="field-box"
                        dir="auto"
                        rows="2"
                        maxlength=length::MAX.to_string()
                        prop:value=question
                        on:input=write_question
                    ></textarea>
                </div>
                {self.options()}
                {self.choices()}
                {self.ending()}
                <div class="form-end">
                    <button type="button" class="button" on:click=move |_| polls().asking.set(None)>
                        "Cancel"
                    </button>
                    <button class="button button-primary" disabled=move || !is_ready()>
                        "Send poll"
                    </button>
                </div>
            </form>
        }
        .into_any()
    }

    fn options(self) -> AnyView {
        let fields = move || self.draft.with(|draft| draft.fields.clone());
        let rows = keyed_list(
            fields,
            |(number, _): &Field| number.to_string(),
            move |field| self.option(field),
        );
        let full = show_if(move || {
            let is_full = self.draft.with(|draft| draft.fields.len() >= MAX_OPTIONS);
            is_full.then(|| {
                view! { <p class="muted" role="status">{format!("{MAX_OPTIONS} options, no more.")}</p> }
                    .into_any()
            })
        });
        view! {
            <fieldset class="poll-fields">
                <legend>"Options"</legend>
                {rows}
                {full}
            </fieldset>
        }
        .into_any()
    }

    fn option(self, (number, text): &Field) -> AnyView {
        let (number, text) = (*number, text.clone());
        // What a paste writes into a field that is there.
        let value = move || {
            self.draft.with(|draft| {
                let field = draft.fields.iter().find(|(known, _)| *known == number);
                field.map_or_else(|| text.clone(), |(_, text)| text.clone())
            })
        };
        let place = move || {
            self.draft.with(|draft| {
                let at = draft.fields.iter().position(|(known, _)| *known == number);
                format!("Option {}", at.unwrap_or_default() + 1)
            })
        };
        let write = move |event: ev::Event| {
            let text = event_target_value(&event);
            self.draft.update(|draft| draft.write(number, &text));
        };
        let on_paste = move |event: ev::ClipboardEvent| {
            let taken = self
                .draft
                .try_update(|draft| draft.paste(number, &plain_text_of(&event)));
            if taken == Some(true) {
                event.prevent_default();
            }
        };
        view! {
            <div class="poll-field">
                <input
                    id=field_id(number)
                    class="field-box"
                    dir="auto"
                    autocomplete="off"
                    maxlength=MAX_LENGTH.to_string()
                    aria-label=place
                    placeholder=place
                    prop:value=value
                    on:input=write
                    on:paste=on_paste
                    on:keydown=on::key(move |event| self.on_key(number, &event))
                />
                <button
                    type="button"
                    class="icon-button"
                    aria-label=move || format!("Remove {}", place().to_lowercase())
                    title="Remove"
                    on:click=move |_| self.remove(number)
                >
                    {icon(Icon::Close)}
                </button>
            </div>
        }
        .into_any()
    }

    /// Enter goes to the next option, which may be new; with Ctrl or Cmd it sends. Backspace takes an empty one away.
    fn on_key(self, number: u32, event: &ev::KeyboardEvent) {
        match event.key().as_str() {
            "Enter" => {
                event.prevent_default();
                if event.ctrl_key() || event.meta_key() {
                    return self.send();
                }
                let next = self.draft.try_update(|draft| draft.field_after(number));
                if let Some(Some(next)) = next {
                    focus_soon(next);
                }
            }
            "Backspace" if self.is_removable(number) => {
                event.prevent_default();
                self.remove(number);
            }
            _ => {}
        }
    }

    fn is_removable(self, number: u32) -> bool {
        self.draft.with_untracked(|draft| {
            let field = draft.fields.iter().find(|(known, _)| *known == number);
            draft.fields.len() > 2 && field.is_some_and(|(_, text)| text.is_empty())
        })
    }

    fn remove(self, number: u32) {
        let before = self.draft.try_update(|draft| draft.remove(number));
        if let Some(Some(before)) = before {
            focus_soon(before);
        }
    }

    fn choices(self) -> AnyView {
        let draft = self.draft;
        let check = move |label: &'static str,
                          read: fn(&NewPollDraft) -> bool,
                          write: fn(&mut NewPollDraft, bool)| {
            let is_checked = move || draft.with(read);
            let on_change = move |event: ev::Event| {
                let is_checked = event_target_checked(&event);
                draft.update(|draft| write(draft, is_checked));
            };
            view! {
                <label class="choice">
                    <input type="checkbox" prop:checked=is_checked on:change=on_change />
                    {label}
                </label>
            }
            .into_any()
        };
        let max = show_if(move || {
            draft.with(|draft| draft.is_multiple).then(|| {
                let write = move |event: ev::Event| {
                    let max = event_target_value(&event);
                    draft.update(|draft| draft.max = max);
                };
                let value = draft.with_untracked(|draft| draft.max.clone());
                view! {
                    <label class="choice">
                        "At most"
                        <input type="number" class="field-box poll-max" min="1" max=MAX_OPTIONS.to_string() placeholder="any" prop:value=value on:input=write />
                    </label>
                }
                .into_any()
            })
        });
        let multiple = check(
            "Several options may be chosen",
            |draft| draft.is_multiple,
            |draft, on| draft.is_multiple = on,
        );
        let anonymous = check(
            "Anonymous: nobody sees who has voted what",
            |draft| draft.is_anonymous,
            |draft, on| draft.is_anonymous = on,
        );
        let after_vote = check(
            "Show results only to those who have voted, until it is closed",
            |draft| draft.after_vote,
            |draft, on| draft.after_vote = on,
        );
        view! { {multiple} {max} {anonymous} {after_vote} }.into_any()
    }

    fn ending(self) -> AnyView {
        let draft = self.draft;
        let chosen = draft.with_untracked(|draft| draft.end.clone());
        let options = choices(self.zone, now()).into_iter().enumerate();
        let options = options.map(|(place, (name, _))| (place.to_string(), name));
        let none = (String::new(), "When somebody closes it".to_owned());
        let other = (OTHER.to_owned(), "At another time…".to_owned());
        let options: Vec<_> = iter::once(none)
            .chain(options)
            .chain(iter::once(other))
            .map(|(value, name)| {
                let is_selected = value == chosen;
                view! { <option value=value selected=is_selected>{name}</option> }
            })
            .collect();
        let choose = move |event: ev::Event| {
            let end = event_target_value(&event);
            draft.update(|draft| {
                if draft.end_field.is_empty() {
                    draft.end_field = field_value(self.zone, now() + time::Duration::hours(24));
                }
                draft.end = end;
            });
        };
        let is_other = memo(move || draft.with(|draft| draft.end == OTHER));
        let field = show_if(move || {
            is_other.get().then(|| {
                let write = move |event: ev::Event| {
                    let at = event_target_value(&event);
                    draft.update(|draft| draft.end_field = at);
                };
                view! {
                    <input
                        type="datetime-local"
                        aria-label="Closes at"
                        required
                        min=field_value(self.zone, now() + NEAREST_OF_FIELD)
                        prop:value=draft.with_untracked(|draft| draft.end_field.clone())
                        on:input=write
                    />
                }
                .into_any()
            })
        });
        view! {
            <div class="field">
                <label for="field-end">"Closes"</label>
                <select id="field-end" class="field-box" on:change=choose>
                    {options}
                </select>
                {field}
            </div>
        }
        .into_any()
    }

    /// The time of the end, if there is one that has been chosen. "In 20 minutes" is so much after it is sent.
    fn closes_at(self, (end, field): &(String, String)) -> Result<Option<OffsetDateTime>, String> {
        let at = match end.as_str() {
            "" => return Ok(None),
            OTHER => of_field(field),
            place => {
                let place = place.parse::<usize>().ok();
                let named = place.and_then(|it| choices(self.zone, now()).into_iter().nth(it));
                named.map(|(_, at)| at)
            }
        };
        at.map(Some)
            .ok_or_else(|| "Say when the poll closes.".to_owned())
    }

    fn poll(self) -> Result<SentPoll, String> {
        self.draft.with_untracked(|draft| {
            let end = (draft.end.clone(), draft.end_field.clone());
            let closes_at = self.closes_at(&end)?;
            let message = draft.message(self.place, closes_at, new_client_id())?;
            Ok(SentPoll { message, end })
        })
    }

    fn send(self) {
        if self.is_busy.get_untracked() {
            return;
        }
        let mut new = match self.poll() {
            Ok(new) => new,
            Err(refusal) => {
                let AppError(problem) = AppError::not_sent(&refusal);
                return self.problem.set(Some(problem));
            }
        };
        // The answer to the first attempt may have been lost.
        let sent = polls().sent;
        let last = sent.get_untracked();
        if let Some(last) = last.filter(|last| last.is_again(&new)) {
            new.message.client_id = last.message.client_id;
        }
        sent.set(Some(new.clone()));
        self.is_busy.set(true);
        spawn(async move {
            let answer = self.client.send_poll(self.place.0, &new.message).await;
            if answer.is_ok() {
                polls().draft.set(NewPollDraft::default());
                polls().sent.set(None);
            }
            // The dialog may be closed by now.
            if self.is_busy.try_get_untracked().is_none() {
                return;
            }
            self.is_busy.set(false);
            match answer {
                Ok(()) => polls().asking.set(None),
                Err(AppError(problem)) => self.problem.set(Some(problem)),
            }
        });
    }
}

fn field_id(number: u32) -> String {
    format!("poll-field-{number}")
}

fn focus_soon(number: u32) {
    once_built(move || focus_first(&format!("#{}", field_id(number))));
}
