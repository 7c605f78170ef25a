//! The sign-in page.

use super::{
    forgotten_page::FORGOTTEN_PATH, form_page::FormPage, providers::provider_links,
    register_page::closed_text, server_functions::SignIn,
};
use crate::{
    erased_signal::ErasedSignal,
    refuse_form::refused_problem,
    request_context::{self, percent_encode, query_param},
    ui::{Field, any_problem_note, escape_html, filled_in, problem_note},
};
use leptos::{prelude::*, server_fn::ServerFn};

#[component]
pub fn SignInPage() -> impl IntoView {
    let problem = ErasedSignal::new(refused_problem());
    let next = query_param("next");
    let register = format!("/register?next={}", percent_encode(&next));
    let providers = provider_links(&next);
    if !request_context::chat().takes_passwords() {
        return any_view! {
            <FormPage title="Sign in" lead="Good to see you again.">
                {deleted_note()}
                {any_problem_note(problem)}
                {providers}
                {unsent_text()}
            </FormPage>
        };
    }
    any_view! {
        <FormPage title="Sign in" lead="Good to see you again.">
            {deleted_note()}
            <form method="post" action=SignIn::url()>
                {problem_note(problem)}
                <input type="hidden" name="next" value=next />
                <Field
                    label="Username or e-mail"
                    name="login"
                    autocomplete="username"
                    value=filled_in("login")
                    required=true
                    problem
                />
                <Field
                    label="Password"
                    name="password"
                    kind="password"
                    autocomplete="current-password"
                    required=true
                    problem
                />
                <button class="button button-primary button-wide">"Sign in"</button>
            </form>
            {providers}
            {unsent_text()}
            <p class="door-other">{forgotten()}</p>
            <p class="door-other">{new_here(register)}</p>
        </FormPage>
    }
}

/// What somebody reads who has deleted their account.
fn deleted_note() -> Option<AnyView> {
    let is_deleted = query_param("deleted") == "yes";
    is_deleted.then(|| any_view! { <p class="note" role="status">"Your account is deleted."</p> })
}

/// Where somebody goes who has forgotten the password, or whom they ask.
fn forgotten() -> AnyView {
    if request_context::chat().sends_emails() {
        any_view! { <a href=FORGOTTEN_PATH>"Forgot your password?"</a> }
    } else {
        any_view! { <span>"Forgot your password? Ask your administrator."</span> }
    }
}

/// Where somebody new goes, or whom they ask.
fn new_here(register: String) -> AnyView {
    match closed_text() {
        None => any_view! { <span>"New here? " <a href=register>"Create an account"</a></span> },
        Some(text) => any_view! { <span>{text}</span> },
    }
}

/// A text that was too long to be kept until its writer has signed in again: to be copied.
fn unsent_text() -> Option<AnyView> {
    let text = Some(filled_in("body")).filter(|text| !text.is_empty())?;
    Some(any_view! {
        <div class="field">
            <label for="unsent">"What you wrote"</label>
            <textarea id="unsent" rows="8" dir="auto" readonly inner_html=escape_html(&text)></textarea>
        </div>
    })
}
