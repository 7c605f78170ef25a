//! The field of a code of the second factor. Only the server renders it.

use super::field::reason;
use crate::refuse_form::refused_problem;
use leptos::prelude::*;

#[derive(Clone, Copy, PartialEq, Eq)]
pub enum CodeKind {
    /// Six digits of the authenticator app.
    App,
    Recovery,
    Either,
}

/// Has the focus when the page is loaded, or after it was refused.
pub fn code_field(kind: CodeKind, is_first: bool) -> AnyView {
    let (label, hint, input_mode) = match kind {
        CodeKind::App => (
            "Code",
            "The six digits that the app shows now.",
            Some("numeric"),
        ),
        CodeKind::Recovery => ("Recovery code", "Each can be used once.", None),
        CodeKind::Either => ("Code", "Of the app, or a recovery code.", None),
    };
    let reason = reason(refused_problem().as_ref(), "code");
    let is_wrong = reason.is_some();
    any_view! {
        <div class=if is_wrong { "field field-wrong" } else { "field" }>
            <label for="field-code">{label}</label>
            <input
                id="field-code"
                name="code"
                autocomplete="one-time-code"
                autocapitalize="none"
                spellcheck="false"
                inputmode=input_mode
                required
                autofocus=is_first || is_wrong
                aria-describedby="field-code-hint"
                aria-invalid=is_wrong.then_some("true")
            />
            <p class="hint" id="field-code-hint">
                {reason.unwrap_or_else(|| hint.to_owned())}
            </p>
        </div>
    }
}
