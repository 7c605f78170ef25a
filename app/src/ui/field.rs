//! A field of a form, with its label, its hint, and what was wrong with it.

use super::text;
use leptos::prelude::*;
use model::Problem;

#[component]
pub fn Field(
    label: &'static str,
    name: &'static str,
    #[prop(default = "text")] kind: &'static str,
    #[prop(default = "off")] autocomplete: &'static str,
    #[prop(optional, into)] value: String,
    #[prop(optional)] hint: &'static str,
    #[prop(optional)] required: bool,
    #[prop(optional, into)] problem: Signal<Option<Problem>>,
) -> impl IntoView {
    let reason = Memo::new(move |_| problem.with(|problem| reason(problem.as_ref(), name)));
    let id = format!("field-{name}");
    let hint_id = format!("{id}-hint");
    let text = text(move || reason.get().unwrap_or_else(|| hint.to_owned()));
    view! {
        <div class="field" class:field-wrong=Signal::derive(move || reason.get().is_some())>
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
                aria-invalid=Signal::derive(move || reason.get().is_some().then_some("true"))
            />
            <p class="hint" id=hint_id>
                {text}
            </p>
        </div>
    }
    .into_any()
}

/// Why this field was refused, as a sentence.
fn reason(problem: Option<&Problem>, name: &str) -> Option<String> {
    let error = problem?.errors.iter().find(|error| error.field == name)?;
    let mut letters = error.reason.chars();
    let first = letters.next()?;
    let end = if error.reason.ends_with('.') { "" } else { "." };
    Some(format!("{}{}{end}", first.to_uppercase(), letters.as_str()))
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
