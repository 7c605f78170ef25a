//! A field of a form with label, hint and error, and reading submitted forms.

use super::erased_view::{dynamic_attr, dynamic_text, optional_attr};
use crate::erased_signal::{ErasedSignal, memo};
use leptos::{ev, prelude::*};
use model::Problem;
use wasm_bindgen::JsCast;

/// Shows the error that `problem` has for `name` in place of the hint. A page that is loaded with one has the
/// focus there.
#[component]
pub fn Field(
    label: &'static str,
    name: &'static str,
    #[prop(default = "text")] kind: &'static str,
    #[prop(default = "off")] autocomplete: &'static str,
    #[prop(optional, into)] value: String,
    #[prop(optional, into)] hint: String,
    #[prop(optional)] required: bool,
    problem: ErasedSignal<Option<Problem>>,
) -> impl IntoView {
    let reason = memo(move || problem.with(|problem| reason(problem.as_ref(), name)));
    let id = format!("field-{name}");
    let hint_id = format!("{id}-hint");
    let text = dynamic_text(move || reason.get().unwrap_or_else(|| hint.clone()));
    any_view! {
        <div class=dynamic_attr(move || if reason.get().is_some() { "field field-wrong" } else { "field" })>
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
                autofocus=optional_attr(move || reason.get().is_some().then_some(""))
                aria-invalid=optional_attr(move || reason.get().is_some().then_some("true"))
            />
            <p class="hint" id=hint_id>
                {text}
            </p>
        </div>
    }
}

/// The value that a rejected form had in this field. Empty in the browser: only the server renders it.
pub fn filled_in(name: &str) -> String {
    #[cfg(feature = "ssr")]
    return crate::refuse_form::refused_value(name).unwrap_or_default();
    #[cfg(not(feature = "ssr"))]
    {
        let _ = name;
        String::new()
    }
}

/// What a refused form had in this field, or else what is stored.
#[cfg(feature = "ssr")]
pub fn filled_in_or(name: &str, stored: String) -> String {
    crate::refuse_form::refused_value(name).unwrap_or(stored)
}

/// The address that a form is submitted to without scripts. It names whom the form is painted for: whoever
/// signs in afterwards in this browser did not write it.
pub fn form_action(url: &str) -> String {
    #[cfg(feature = "ssr")]
    return crate::request_context::action_of_caller(url);
    #[cfg(not(feature = "ssr"))]
    url.to_owned()
}

/// An idempotency key for a form that is painted: submitted twice, it does its work once. Empty in the
/// browser, where scripts submit.
pub fn new_form_key() -> String {
    #[cfg(feature = "ssr")]
    return leptos::nonce::Nonce::new().to_string();
    #[cfg(not(feature = "ssr"))]
    String::new()
}

/// The fields of a submitted form. Prevents the browser from submitting it.
pub fn submitted_form(event: &ev::SubmitEvent) -> web_sys::FormData {
    event.prevent_default();
    let form = event.target().and_then(|form| form.dyn_into().ok());
    form.and_then(|form| web_sys::FormData::new_with_form(&form).ok())
        .unwrap_or_else(|| web_sys::FormData::new().expect("an empty FormData"))
}

/// The value of a field; `None` for an unchecked box.
pub fn field_value(form: &web_sys::FormData, name: &str) -> Option<String> {
    form.get(name).as_string()
}

/// The error of a field, as a sentence. The fields of forms are named in snake case, those of errors in
/// camel case.
pub(super) fn reason(problem: Option<&Problem>, name: &str) -> Option<String> {
    let name = name.replace('_', "");
    let mut errors = problem?.errors.iter();
    let error = errors.find(|error| error.field.eq_ignore_ascii_case(&name))?;
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
    fn shows_the_error_of_its_own_field_only() {
        let error = |field: &str, reason: &str| FieldError {
            field: field.to_owned(),
            reason: reason.to_owned(),
        };
        let problem = Problem {
            kind: "about:blank".to_owned(),
            title: String::new(),
            status: 422,
            detail: String::new(),
            code: ErrorCode::Invalid,
            errors: vec![
                error("username", "is taken"),
                error("avatarUrl", "must begin with https://"),
            ],
        };
        assert_eq!(
            reason(Some(&problem), "username").as_deref(),
            Some("Is taken.")
        );
        assert_eq!(
            reason(Some(&problem), "avatar_url").as_deref(),
            Some("Must begin with https://.")
        );
        assert_eq!(reason(Some(&problem), "password"), None);
        assert_eq!(reason(None, "username"), None);
    }
}
