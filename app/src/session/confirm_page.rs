//! The pages of a proof of an e-mail address: what to do after registering, and the link that was mailed.

use super::form_page::FormPage;
use crate::{
    erased_signal::ErasedSignal,
    error::AppError,
    refuse_form::{refuse_form, refused_problem},
    request_context::{self, percent_encode, query_param},
    ui::{any_problem_note, form_action},
};
use leptos::{prelude::*, server_fn::ServerFn};
use model::EmailProof;

/// The page of those whose account waits for the proof.
pub const CONFIRM_PATH: &str = "/confirm-email";

/// The page after the proof.
const CONFIRMED: &str = "/confirm-email?confirmed=yes";

/// The link of an address, and what it proves.
#[derive(Clone)]
pub struct ConfirmLink {
    pub token: String,
    pub proof: EmailProof,
}

impl std::fmt::Debug for ConfirmLink {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ConfirmLink")
            .field("proof", &self.proof)
            .finish_non_exhaustive()
    }
}

#[server(prefix = "/form", endpoint = "confirm-email")]
pub async fn confirm_email(token: String) -> Result<(), AppError> {
    let page = format!("{CONFIRM_PATH}/{}", percent_encode(&token));
    let confirmed = async {
        request_context::chat().confirm_email(&token).await?;
        leptos_axum::redirect(CONFIRMED);
        Ok(())
    };
    refuse_form(&page, &[], confirmed.await)
}

/// The page of a link. A button uses it: programs that open the links of mails use nothing.
pub fn confirm_page(link: ConfirmLink) -> AnyView {
    let problem = ErasedSignal::new(refused_problem());
    let ConfirmLink { token, proof } = link;
    any_view! {
        <FormPage title="Confirm your e-mail address" lead="Is this yours?">
            <form method="post" action=form_action(ConfirmEmail::url())>
                {any_problem_note(problem)}
                <input type="hidden" name="token" value=token />
                <p>
                    <strong dir="auto" translate="no">{proof.email}</strong>
                    " becomes the address of the account "
                    <strong translate="no">{proof.username}</strong>
                    "."
                </p>
                <button class="button button-primary button-wide">"Confirm"</button>
            </form>
            <p class="door-other">"No account of yours? Close this page, and nothing happens."</p>
        </FormPage>
    }
}

pub fn confirm_note() -> AnyView {
    let is_signed_in = request_context::signed_in().is_some();
    let (path, label) = if is_signed_in {
        ("/", "To your conversations")
    } else {
        ("/sign-in", "Sign in")
    };
    let (title, lead, text) = if query_param("confirmed") == "yes" {
        let text = "A link for a forgotten password can go there from now on.";
        ("Thank you", "Your e-mail address is confirmed.", text)
    } else {
        let text = "Open the link in it, and sign in then. Nothing there after some minutes? Look into the folder of \
                    unwanted mail; when you sign in, another one is sent.";
        (
            "Look at your mail",
            "A mail to confirm your address is on its way.",
            text,
        )
    };
    any_view! {
        <FormPage title lead>
            <p role="status">{text}</p>
            <p class="door-other"><a href=path>{label}</a></p>
        </FormPage>
    }
}
