//! The page of the user's e-mail address. Plain forms, rendered on the server only.

use super::password::own_proof;
use crate::{
    erased_signal::ErasedSignal,
    error::AppError,
    refuse_form::{refuse_form, refused_problem},
    request_context::{self, query_param},
    ui::{CodeKind, Field, code_field, filled_in_or, form_action, form_pane, problem_note},
};
use chat::{Caller, Chat};
use leptos::{prelude::*, server_fn::ServerFn};
use model::{EmailChange, EmailState};

pub const EMAIL_PATH: &str = "/settings/email";

/// The parameter of the page's address after a form, and its values.
const DONE: &str = "done";
const CHANGED: &str = "changed";
const SENT: &str = "sent";
const NOTES: &str = "notes";

#[derive(Clone, Debug)]
pub struct EmailSettings {
    state: EmailState,
    has_two_factor: bool,
}

pub async fn load_email(chat: &Chat, caller: &Caller) -> chat::Result<EmailSettings> {
    Ok(EmailSettings {
        state: chat.email_state(caller).await?,
        has_two_factor: chat.two_factor(caller).await?.enabled_at.is_some(),
    })
}

fn done_path(done: &str) -> String {
    format!("{EMAIL_PATH}?{DONE}={done}")
}

#[server(prefix = "/form", endpoint = "change-email")]
pub async fn change_email(
    email: String,
    #[server(default)] current_password: String,
    #[server(default)] code: String,
) -> Result<(), AppError> {
    let filled_in = [("email", email.clone())];
    let changed = async {
        let (chat, client) = (request_context::chat(), request_context::request().client);
        let caller = request_context::caller()?;
        let change = EmailChange {
            email,
            current_password,
            code,
        };
        chat.change_email(&caller, change, &client).await?;
        leptos_axum::redirect(&done_path(CHANGED));
        Ok(())
    };
    refuse_form(EMAIL_PATH, &filled_in, changed.await)
}

#[server(prefix = "/form", endpoint = "send-verification")]
pub async fn send_verification() -> Result<(), AppError> {
    let sent = async {
        let caller = request_context::caller()?;
        let (chat, client) = (request_context::chat(), request_context::request().client);
        chat.send_verification(&caller, &client).await?;
        leptos_axum::redirect(&done_path(SENT));
        Ok(())
    };
    refuse_form(EMAIL_PATH, &[], sent.await)
}

#[server(prefix = "/form", endpoint = "sign-in-notes")]
pub async fn set_sign_in_notes(enabled: Option<String>) -> Result<(), AppError> {
    let set = async {
        let caller = request_context::caller()?;
        // A checkbox that is not checked is not in the form.
        let wanted = enabled.is_some();
        request_context::chat()
            .set_sign_in_notes(&caller, wanted)
            .await?;
        leptos_axum::redirect(&done_path(NOTES));
        Ok(())
    };
    refuse_form(EMAIL_PATH, &[], set.await)
}

/// What the settings page says of the address.
pub fn email_text(state: &EmailState) -> String {
    let proof = match (&state.email, state.verified_at, state.sends_emails) {
        (None, ..) => return "You have given no address.".to_owned(),
        (Some(email), _, false) => return format!("{email}."),
        (Some(email), Some(_), true) => format!("{email}, confirmed."),
        (Some(email), None, true) => {
            format!("{email}, not confirmed: a link for a forgotten password cannot go there.")
        }
    };
    match &state.pending_email {
        Some(pending) => format!("{proof} {pending} takes its place once it is confirmed."),
        None => proof,
    }
}

pub fn email_page(settings: &EmailSettings) -> AnyView {
    let state = &settings.state;
    let done = match query_param(DONE).as_str() {
        CHANGED if state.pending_email.is_some() => {
            Some("A mail to confirm the new address is on its way. Open the link in it.")
        }
        CHANGED | NOTES => Some("Saved."),
        SENT => Some("A mail is on its way. Open the link in it."),
        _ => None,
    };
    let done = done.map(|text| any_view! { <p class="note" role="status">{text}</p> });
    let problem = ErasedSignal::new(refused_problem());
    let content = any_view! {
        {done}
        {problem_note(problem)}
        <section class="card">
            <h3>"Your address"</h3>
            <p class="muted card-text" dir="auto">{email_text(state)}</p>
            {again_form(state)}
        </section>
        <section class="card">
            <h3>"Another address"</h3>
            {change_form(state, settings.has_two_factor)}
        </section>
        {notes_form(state)}
    };
    form_pane("E-mail", ().into_any(), content)
}

/// Sends the link once more, where there is something to confirm.
fn again_form(state: &EmailState) -> Option<AnyView> {
    let is_unproved = state.email.is_some() && state.verified_at.is_none();
    let is_asked = state.sends_emails && (is_unproved || state.pending_email.is_some());
    is_asked.then(|| {
        any_view! {
            <form method="post" action=form_action(SendVerification::url())>
                <button class="button">"Send the mail to confirm it"</button>
            </form>
        }
    })
}

fn change_form(state: &EmailState, has_two_factor: bool) -> AnyView {
    let problem = ErasedSignal::new(refused_problem());
    let hint = if state.sends_emails {
        "The new address counts once you have opened the link that we send there. The old one is told."
    } else {
        ""
    };
    let proof = own_proof(state.has_password, problem);
    let code = has_two_factor.then(|| code_field(CodeKind::Either, false));
    let email = state.email.clone().unwrap_or_default();
    any_view! {
        <form method="post" action=form_action(ChangeEmail::url())>
            <Field
                label="E-mail"
                name="email"
                kind="email"
                autocomplete="email"
                hint
                value=filled_in_or("email", email)
                problem
            />
            {proof}
            {code}
            <div class="form-end">
                <button class="button button-primary">"Save"</button>
            </div>
        </form>
    }
}

fn notes_form(state: &EmailState) -> Option<AnyView> {
    let checked = state.sign_in_notes;
    state.sends_emails.then(|| {
        any_view! {
            <section class="card">
                <h3>"Sign-ins from new devices"</h3>
                <p class="muted card-text">"The mail says which device it was, from where and when. It goes to a confirmed address only."</p>
                <form method="post" action=form_action(SetSignInNotes::url())>
                    <label class="choice">
                        <input type="checkbox" name="enabled" value="yes" checked=checked />
                        <span class="grow">"Send me a mail when somebody signs in to my account from a new device"</span>
                    </label>
                    <div class="form-end">
                        <button class="button button-primary">"Save"</button>
                    </div>
                </form>
            </section>
        }
    })
}
