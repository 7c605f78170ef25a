//! The page of those who have forgotten their password: it sends a link to their address, where the server sends mails.

use super::{attempts::attempt_error, form_page::FormPage};
use crate::{
    erased_signal::ErasedSignal,
    error::AppError,
    refuse_form::{refuse_form, refused_problem},
    request_context::{self, query_param},
    ui::{Field, filled_in, problem_note},
};
use leptos::{prelude::*, server_fn::ServerFn};

pub const FORGOTTEN_PATH: &str = "/forgotten-password";

/// The page after a request, whoever it was for.
const SENT: &str = "/forgotten-password?sent=yes";

#[server(prefix = "/form", endpoint = "forgotten-password")]
pub async fn request_password_reset(login: String) -> Result<(), AppError> {
    let filled_in = [("login", login.clone())];
    let requested = async {
        let (chat, client) = (request_context::chat(), request_context::request().client);
        let requested = chat.request_password_reset(&login, &client).await;
        requested.map_err(attempt_error)?;
        leptos_axum::redirect(SENT);
        Ok(())
    };
    refuse_form(FORGOTTEN_PATH, &filled_in, requested.await)
}

pub fn forgotten_page() -> AnyView {
    if !request_context::chat().sends_emails() {
        return any_view! {
            <FormPage title="Forgot your password?" lead="Ask your administrator for a link to choose another one.">
                {sign_in_link()}
            </FormPage>
        };
    }
    if query_param("sent") == "yes" {
        return any_view! {
            <FormPage title="Look at your mail" lead="If there is such an account, a link is on its way.">
                <p role="status">
                    "It goes to the e-mail address that was confirmed for the account, and works once, within 30 minutes."
                </p>
                <p>
                    "Nothing there after some minutes? Look into the folder of unwanted mail. An address that was never \
                     confirmed gets nothing: ask your administrator."
                </p>
                {sign_in_link()}
            </FormPage>
        };
    }
    let problem = ErasedSignal::new(refused_problem());
    any_view! {
        <FormPage title="Forgot your password?" lead="We send a link to choose another one.">
            <form method="post" action=RequestPasswordReset::url()>
                {problem_note(problem)}
                <Field
                    label="Username or e-mail"
                    name="login"
                    autocomplete="username"
                    hint="The link goes to the e-mail address that you have confirmed."
                    value=filled_in("login")
                    required=true
                    problem
                />
                <button class="button button-primary button-wide">"Send the link"</button>
            </form>
            {sign_in_link()}
        </FormPage>
    }
}

fn sign_in_link() -> AnyView {
    any_view! { <p class="door-other"><a href="/sign-in">"Back to signing in"</a></p> }
}
