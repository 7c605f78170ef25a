//! A box that messages are written in: a text area in a form that has a place for the bar. What is changed here is
//! changed as by typing, so that the browser can undo it and the box hears of it.

use super::selection::{Edit, Selection};
use leptos::prelude::document;
use wasm_bindgen::JsCast;
use web_sys::{Element, Event, HtmlElement, HtmlInputElement, HtmlTextAreaElement};

/// The place of the bar in the form of a box.
pub const BAR: &str = ".compose-bar";

#[derive(Clone, PartialEq)]
pub struct WritingBox {
    pub area: HtmlTextAreaElement,
    pub bar: HtmlElement,
}

impl WritingBox {
    /// The box that an event is of, or in whose form it is.
    pub fn around(event: &Event) -> Option<Self> {
        Self::with(&event.target()?.dyn_into().ok()?)
    }

    /// The box whose form an element is in.
    pub fn with(element: &Element) -> Option<Self> {
        Self::in_form(&element.closest("form").ok()??)
    }

    /// The box whose text an event changes.
    pub fn of(event: &Event) -> Option<Self> {
        let around = Self::around(event)?;
        let target = event.target()?;
        (around.area.unchecked_ref::<web_sys::EventTarget>() == &target).then_some(around)
    }

    /// All boxes that are shown.
    pub fn all() -> Vec<Self> {
        let Ok(bars) = document().query_selector_all(BAR) else {
            return Vec::new();
        };
        let bars = (0..bars.length()).filter_map(|index| bars.item(index)?.parent_element());
        bars.filter_map(|around| Self::in_form(&around.closest("form").ok()??))
            .collect()
    }

    fn in_form(form: &Element) -> Option<Self> {
        let find = |selector| form.query_selector(selector).ok().flatten();
        Some(Self {
            area: find("textarea")?.dyn_into().ok()?,
            bar: find(BAR)?.dyn_into().ok()?,
        })
    }

    /// The field for files, where a message may have some: not in an edit.
    pub fn file_field(&self) -> Option<HtmlInputElement> {
        let form = self.bar.closest("form").ok().flatten()?;
        let field = form.query_selector("input[type=file]").ok().flatten()?;
        field.dyn_into().ok()
    }

    /// Whether what is written becomes a message, and is no edit of one.
    pub fn sends_messages(&self) -> bool {
        self.is_in(".composer")
    }

    pub fn is_of_thread(&self) -> bool {
        self.is_in(".thread-composer")
    }

    /// Whether what is written tells those only who follow a thread.
    pub fn is_aside(&self) -> bool {
        let is_also = || {
            let form = self.bar.closest("form").ok().flatten();
            let checked = form.and_then(|it| it.query_selector(".thread-also :checked").ok()?);
            checked.is_some()
        };
        self.is_in("[data-aside]") || self.is_of_thread() && !is_also()
    }

    /// What an edit changes; nothing where a message is written.
    pub fn original(&self) -> String {
        if self.sends_messages() {
            String::new()
        } else {
            self.area.default_value().unwrap_or_default()
        }
    }

    fn is_in(&self, form: &str) -> bool {
        self.area.closest(form).is_ok_and(|it| it.is_some())
    }

    /// Whether the box has its bar on screens for fingers, where that takes a row.
    pub fn set_open(&self, is_open: bool) {
        if let Some(around) = self.bar.parent_element() {
            let _ = around
                .class_list()
                .toggle_with_force("composer-open", is_open);
        }
    }

    pub fn has_focus(&self) -> bool {
        let form = self.bar.closest("form").ok().flatten();
        let focused = document().active_element();
        form.zip(focused)
            .is_some_and(|(form, focused)| form.contains(Some(&focused)))
    }

    pub fn selection(&self) -> Selection {
        let text = self.area.value();
        let offset = |at: Result<Option<u32>, _>| {
            let units = at.ok().flatten().unwrap_or(u32::MAX);
            bytes(&text, units)
        };
        let start = offset(self.area.selection_start());
        let end = offset(self.area.selection_end());
        Selection {
            start,
            end: end.max(start),
            text,
        }
    }

    /// Changes the text, and focuses the box.
    pub fn apply(&self, edit: &Edit) {
        let text = self.area.value();
        let _ = self.area.focus();
        if text[edit.replaced.clone()] != *edit.text {
            let start = units(&text[..edit.replaced.start]);
            let end = units(&text[..edit.replaced.end]);
            let _ = self.area.set_selection_range(start, end);
            if !type_text(&edit.text) {
                self.set_range(&edit.text, start, end);
            }
        }
        let text = self.area.value();
        let unit = |at: usize| text.get(..at).map_or(u32::MAX, units);
        let (start, end) = (unit(edit.selected.start), unit(edit.selected.end));
        let _ = self.area.set_selection_range(start, end);
    }

    /// For browsers that do not type for a page.
    fn set_range(&self, text: &str, start: u32, end: u32) {
        let _ = self
            .area
            .set_range_text_with_start_and_end(text, start, end);
        if let Ok(event) = Event::new("input") {
            let _ = self.area.dispatch_event(&event);
        }
    }
}

/// Types a text in the place of what is selected. Whether the browser has done it.
fn type_text(text: &str) -> bool {
    let Ok(document) = document().dyn_into::<web_sys::HtmlDocument>() else {
        return false;
    };
    let command = if text.is_empty() {
        "delete"
    } else {
        "insertText"
    };
    document
        .exec_command_with_show_ui_and_value(command, false, text)
        .unwrap_or(false)
}

/// The length of a text as scripts count it.
fn units(text: &str) -> u32 {
    u32::try_from(text.encode_utf16().count()).unwrap_or(u32::MAX)
}

/// The length in bytes of the first so many units of a text.
fn bytes(text: &str, units: u32) -> usize {
    let mut left = usize::try_from(units).unwrap_or(usize::MAX);
    let mut chars = text.char_indices();
    let end = chars.find(|(_, c)| {
        let is_end = left < c.len_utf16();
        left = left.saturating_sub(c.len_utf16());
        is_end
    });
    end.map_or(text.len(), |(at, _)| at)
}

#[cfg(test)]
mod tests {
    use super::{bytes, units};

    #[test]
    fn counts_as_scripts_do() {
        let text = "aé🦀b";
        assert_eq!(units(text), 5);
        let ends = [0, 1, 2, 4, 5, 9].map(|units| bytes(text, units));
        assert_eq!(ends, [0, 1, 3, 7, 8, 8]);
    }
}
