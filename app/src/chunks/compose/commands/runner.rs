//! Takes a command out of its box when it would be sent.

use super::{
    Kind,
    effects::{Effects, Place},
    named,
    texts::{shrug, third_person},
};
use crate::{
    chunks::compose::{
        context::Composing, length, note::Note, selection::Edit, writing_box::WritingBox,
    },
    client::spawn,
    erased_signal::ErasedSignal,
    messages::{Written, read_written},
};

/// The commands of one box.
#[derive(Clone, Copy)]
pub struct Runner {
    effects: Effects,
    note: ErasedSignal<Note>,
    /// The text of which the box has asked whether it is meant: sent once more, it is.
    asked: ErasedSignal<String>,
    is_busy: ErasedSignal<bool>,
}

impl Runner {
    pub fn new(composing: Composing, note: ErasedSignal<Note>) -> Self {
        let Composing {
            client,
            router,
            zone,
            ..
        } = composing;
        Self {
            effects: Effects {
                client,
                router,
                zone,
            },
            note,
            asked: ErasedSignal::new(String::new()),
            is_busy: ErasedSignal::new(false),
        }
    }

    /// Whether what is written is not to be sent: it was a command, or it is asked whether it is one.
    pub fn take(self, written: &WritingBox) -> bool {
        if !written.sends_messages() {
            return false;
        }
        let text = written.area.value();
        let asked = self.asked.get_untracked();
        self.asked.set(String::new());
        let Written::Command(command) = read_written(&text) else {
            return false;
        };
        let is_meant = asked == text;
        let Some(known) = named(command.name) else {
            let name = command.name;
            return !is_meant
                && self.ask(
                    text.clone(),
                    format!("There is no command /{name}. Send it once more to send it as text."),
                );
        };
        match known.kind {
            Kind::Me if command.arguments.is_empty() => {
                self.note.set(Note::refusal("Write what you do: /me waves"));
                true
            }
            Kind::Me => self.write(written, &third_person(command.arguments)),
            Kind::Shrug => self.write(written, &shrug(command.arguments)),
            Kind::Help => {
                written.apply(&Edit::replace(0..text.len(), "/"));
                true
            }
            Kind::Leave if !is_meant && self.has(Kind::Leave) => self.ask(
                text.clone(),
                "You will not get its messages any more. Send /leave once more to leave."
                    .to_owned(),
            ),
            kind => {
                self.perform(written.clone(), kind, command.arguments.to_owned());
                true
            }
        }
    }

    /// Opens the form of a poll for the place of a box, which keeps its text.
    pub fn ask_poll(self, written: &WritingBox) {
        if let Some(conversation) = self.effects.router.conversation_untracked() {
            let is_thread = written.is_of_thread();
            let place = Place {
                conversation,
                is_thread,
            };
            self.effects.ask_poll("", place);
        }
    }

    fn ask(self, text: String, question: String) -> bool {
        self.asked.set(text);
        self.note.set(Note::refusal(question));
        true
    }

    /// Puts a text in the place of the command, for the box to send.
    fn write(self, written: &WritingBox, text: &str) -> bool {
        if length::is_too_long(length::of(text)) {
            self.note.set(Note::refusal("This is too long to send."));
            return true;
        }
        written.area.set_value(text);
        false
    }

    /// Whether the open conversation has a command.
    fn has(self, kind: Kind) -> bool {
        let Effects { client, router, .. } = self.effects;
        let id = router.conversation_untracked();
        let of = client.store.with_untracked(|store| {
            let summary = store.summary(id?)?;
            Some(summary.conversation.kind)
        });
        of.is_some_and(|of| kind.is_of(of))
    }

    fn perform(self, written: WritingBox, kind: Kind, arguments: String) {
        let Some(conversation) = self.effects.router.conversation_untracked() else {
            return;
        };
        if !self.has(kind) {
            let refusal = "Only groups and channels have this command.";
            return self.note.set(Note::refusal(refusal));
        }
        if self.is_busy.get_untracked() {
            return;
        }
        self.is_busy.set(true);
        let place = Place {
            conversation,
            is_thread: written.is_of_thread(),
        };
        let text = written.area.value();
        spawn(async move {
            let result = self.effects.perform(kind, &arguments, place).await;
            // The box may be gone by now.
            if self.is_busy.try_update(|it| *it = false).is_none() || !written.area.is_connected() {
                return;
            }
            match result {
                Ok(done) => {
                    if written.area.value() == text {
                        written.apply(&Edit::replace(0..text.len(), ""));
                    }
                    self.note.set(Note::done(done));
                }
                Err(refusal) => self.note.set(Note::refusal(refusal)),
            }
        });
    }
}
