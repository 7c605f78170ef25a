//! A field of a form, with its label, its hint, and what was wrong with it.

use super::{attr, maybe, text};
use crate::signals::{Var, derived};
use leptos::{ev, prelude::*};
use model::Problem;
use wasm_bindgen::JsCast;

#[component]
pub fn Field(
    label: &'static str,
    name: &'static str,
    #[prop(default = "text")] kind: &'static str,
    #[prop(default = "off")] autocomplete: &'static str,
    #[prop(optional, into)] value: String,
    #[prop(optional)] hint: &'static str,
    #[prop(optional)] required: bool,
    problem: Var<Option<Problem>>,
) -> impl IntoView {
    let reason = derived(move || problem.with(|problem| reason(problem.as_ref(), name)));
    let id = format!("field-{name}");
    let hint_id = format!("{id}-hint");
    let text = text(move || reason.get().unwrap_or_else(|| hint.to_owned()));
    part! {
        <div class=attr(move || if reason.get().is_some() { "field field-wrong" } else { "field" })>
            <label for=id.clone()>{label}</label>
            <input
                id=id
                name=name
                type=kind
                autocomplete=autocomplete
                autocapitalize="none"
                spellcheck="false"
                required=required
                value=value
                aria-describedby=hint_id.clone()
                aria-invalid=maybe(move || reason.get().is_some().then_some("true"))
            />
            <p class="hint" id=hint_id>
                {text}
            </p>
        </div>
    }
}

/// What a form that came back refused had in this field. Painted by the server alone.
pub fn filled_in(name: &str) -> String {
    #[cfg(feature = "ssr")]
    return crate::context::asked(name);
    #[cfg(not(feature = "ssr"))]
    {
        let _ = name;
        String::new()
    }
}

/// A text as what an element has inside.
pub fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;")
}

/// The form that a script sends in place of the browser.
pub fn sent_form(event: &ev::SubmitEvent) -> web_sys::FormData {
    event.prevent_default();
    let form = event.target().and_then(|form| form.dyn_into().ok());
    form.and_then(|form| web_sys::FormData::new_with_form(&form).ok())
        .unwrap_or_else(|| web_sys::FormData::new().expect("a form without fields"))
}

/// What stands in a field of a form.
pub fn field_value(form: &web_sys::FormData, name: &str) -> Option<String> {
    form.get(name).as_string()
}

/// Why this field was refused, as a sentence.
fn reason(problem: Option<&Problem>, name: &str) -> Option<String> {
    let error = problem?.errors.iter().find(|error| error.field == name)?;
    let mut letters = error.reason.chars();
    let first = letters.next()?;
    let end = if error.reason.ends_with('.') { "" } else { "." };
    Some(format!(
        "{}{}{end}",
        first.to_ascii_uppercase(),
        letters.as_str()
    ))
}

#[cfg(test)]
mod tests {
    use super::reason;
    use model::{ErrorCode, FieldError, Problem};

    #[test]
    fn says_the_reason_of_its_own_field_only() {
        let problem = Problem {
            kind: "about:blank".to_owned(),
            title: String::new(),
            status: 422,
            detail: String::new(),
            code: ErrorCode::Invalid,
            errors: vec![FieldError {
                field: "username".to_owned(),
                reason: "is taken".to_owned(),
            }],
        };
        assert_eq!(
            reason(Some(&problem), "username").as_deref(),
            Some("Is taken.")
        );
        assert_eq!(reason(Some(&problem), "password"), None);
        assert_eq!(reason(None, "username"), None);
    }
}
