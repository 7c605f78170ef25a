//! The pages that create an account: where registration is open, and with an invitation.

use super::{
    form_page::FormPage,
    providers::provider_links,
    server_functions::{JoinInvited, Register},
};
use crate::{
    erased_signal::ErasedSignal,
    refuse_form::refused_problem,
    request_context::{self, percent_encode, query_param},
    ui::{Field, any_problem_note, filled_in, form_action, problem_note},
};
use chat::Registration;
use leptos::{prelude::*, server_fn::ServerFn};

#[component]
pub fn RegisterPage() -> impl IntoView {
    match closed_text() {
        None => any_view! {
            <FormPage title="Create an account" lead="Pick a name, and start talking.">
                {register_form(String::new())}
            </FormPage>
        },
        Some(text) => any_view! {
            <FormPage title="Create an account" lead=text>
                {provider_links(&query_param("next"))}
                {sign_in_link()}
            </FormPage>
        },
    }
}

/// Why nobody can register without an invitation; `None` where everybody can.
pub fn closed_text() -> Option<&'static str> {
    if !request_context::chat().takes_passwords() {
        return Some("Accounts are made by signing in.");
    }
    match request_context::chat().registration().registration {
        Registration::Open => None,
        Registration::Invitation => {
            Some("Registration is by invitation. Ask an administrator for one.")
        }
        Registration::Closed => {
            Some("Registration is closed. Ask an administrator for an account.")
        }
    }
}

/// The page of an invitation. Whoever has an account joins with it.
pub fn invite_page(token: String) -> AnyView {
    if request_context::signed_in().is_none() && !request_context::chat().takes_passwords() {
        let next = format!("/invite/{}", percent_encode(&token));
        return any_view! {
            <FormPage title="You are invited" lead="Sign in to join.">
                {provider_links(&next)}
            </FormPage>
        };
    }
    if request_context::signed_in().is_none() {
        return any_view! {
            <FormPage title="You are invited" lead="Pick a name, and start talking.">
                {register_form(token)}
            </FormPage>
        };
    }
    let problem = ErasedSignal::new(refused_problem());
    any_view! {
        <FormPage title="You are invited" lead="Join with the account that you have.">
            <form method="post" action=form_action(JoinInvited::url())>
                {any_problem_note(problem)}
                <input type="hidden" name="token" value=token />
                <button class="button button-primary button-wide">"Join"</button>
            </form>
            <p class="door-other"><a href="/">"Back to your conversations"</a></p>
        </FormPage>
    }
}

fn register_form(invitation: String) -> AnyView {
    // Whoever is invited may have any address, or none.
    let domains = match invitation.as_str() {
        "" => request_context::chat().registration().domain_names(),
        _ => String::new(),
    };
    let (email, hint) = match domains.as_str() {
        "" => ("E-mail (optional)", String::new()),
        domains => ("E-mail", format!("An address at {domains}.")),
    };
    let next = match invitation.as_str() {
        "" => query_param("next"),
        token => format!("/invite/{}", percent_encode(token)),
    };
    let problem = ErasedSignal::new(refused_problem());
    any_view! {
        <form method="post" action=Register::url()>
            {problem_note(problem)}
            <input type="hidden" name="next" value=query_param("next") />
            <input type="hidden" name="invitation" value=invitation />
            <Field
                label="Username"
                name="username"
                autocomplete="username"
                hint="Others find and mention you by it."
                value=filled_in("username")
                required=true
                problem
            />
            <Field label="Name (optional)" name="name" autocomplete="name" value=filled_in("name") problem />
            <Field
                label=email
                name="email"
                kind="email"
                autocomplete="email"
                hint
                value=filled_in("email")
                required=!domains.is_empty()
                problem
            />
            <Field
                label="Password"
                name="password"
                kind="password"
                autocomplete="new-password"
                hint="At least 8 characters."
                required=true
                problem
            />
            <button class="button button-primary button-wide">"Create account"</button>
        </form>
        {provider_links(&next)}
        {sign_in_link()}
    }
}

fn sign_in_link() -> AnyView {
    any_view! {
        <p class="door-other">"Have an account? " <a href="/sign-in">"Sign in"</a></p>
    }
}
