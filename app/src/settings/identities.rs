//! The page of the accounts elsewhere with which the user signs in. Plain forms, rendered on the server only.

use super::password::own_proof;
use crate::{
    erased_signal::ErasedSignal,
    error::AppError,
    refuse_form::{refuse_form, refused_problem},
    request_context::{self, query_param},
    session::attempt_cookie,
    ui::{CodeKind, code_field, form_action, form_pane, other_problem_note},
};
use chat::{Caller, Chat};
use leptos::{prelude::*, server_fn::ServerFn};
use model::{Identity, IdentityId, IdentityProof, Problem};

pub const IDENTITIES_PATH: &str = "/settings/single-sign-on";

#[derive(Clone, Debug)]
pub struct IdentitySettings {
    identities: Vec<Identity>,
    /// By id and label.
    providers: Vec<(String, String)>,
    has_password: bool,
    has_two_factor: bool,
}

pub async fn load_identities(chat: &Chat, caller: &Caller) -> chat::Result<IdentitySettings> {
    Ok(IdentitySettings {
        identities: chat.identities(caller).await?,
        providers: chat.sign_in_providers(),
        has_password: chat.has_password(caller).await?,
        has_two_factor: chat.two_factor(caller).await?.enabled_at.is_some(),
    })
}

#[server(prefix = "/form", endpoint = "link-identity")]
pub async fn link_identity(
    provider: String,
    current_password: String,
    #[server(default)] code: String,
) -> Result<(), AppError> {
    let begun = async {
        let (chat, request) = (request_context::chat(), request_context::request());
        let caller = request_context::caller()?;
        let proof = IdentityProof {
            current_password,
            code,
        };
        let attempt = chat.begin_identity_link(&caller, &provider, proof, &request.client);
        let is_secure = request.session_cookie.is_secure;
        let cookie = attempt_cookie(&provider, &attempt.await?, is_secure);
        request_context::append_cookie(&cookie);
        leptos_axum::redirect(&format!("/sso/{provider}/continue"));
        Ok(())
    };
    refuse_form(IDENTITIES_PATH, &[], begun.await)
}

#[server(prefix = "/form", endpoint = "unlink-identity")]
pub async fn unlink_identity(
    id: IdentityId,
    current_password: String,
    #[server(default)] code: String,
) -> Result<(), AppError> {
    let unlinked = async {
        let (chat, client) = (request_context::chat(), request_context::request().client);
        let caller = request_context::caller()?;
        let proof = IdentityProof {
            current_password,
            code,
        };
        chat.unlink_identity(&caller, id, proof, &client).await?;
        leptos_axum::redirect("/settings/single-sign-on?unlinked=yes");
        Ok(())
    };
    refuse_form("/settings/single-sign-on?unlink=yes", &[], unlinked.await)
}

pub fn identities_page(settings: &IdentitySettings) -> AnyView {
    let problem = ErasedSignal::new(refused_problem());
    let done = match (
        query_param("linked").as_str(),
        query_param("unlinked").as_str(),
    ) {
        ("yes", _) => Some("The account is linked: you can sign in with it."),
        (_, "yes") => Some("The account is not linked any more."),
        _ => None,
    };
    let done = done.map(|text| any_view! { <p class="note" role="status">{text}</p> });
    let rows: Vec<_> = settings.identities.iter().map(identity_row).collect();
    let list = if rows.is_empty() {
        any_view! { <p class="muted card-text">"None yet."</p> }
    } else {
        any_view! { <ul class="row-list">{rows}</ul> }
    };
    // The fields have ids, which a page has once: one form at a time.
    let unlinks = query_param("unlink") == "yes" && !settings.identities.is_empty();
    let form = if unlinks {
        unlink_form(settings, problem)
    } else {
        link_form(settings, problem)
    };
    let unlink_link = (!unlinks && !settings.identities.is_empty()).then(|| {
        any_view! {
            <a class="button" href="/settings/single-sign-on?unlink=yes">"Unlink an account"</a>
        }
    });
    let content = any_view! {
        {done}
        {other_problem_note(problem, &["currentPassword", "code"])}
        <section class="card">
            <h3>"Linked accounts"</h3>
            {list}
            {unlink_link}
        </section>
        {form}
    };
    form_pane("Single sign-on", ().into_any(), content)
}

fn identity_row(identity: &Identity) -> AnyView {
    let used = identity.used_at;
    let used = used.map(|at| format!(" · last used on {}", at.date()));
    any_view! {
        <li class="row-item">
            <div class="grow">
                <strong>{identity.provider.clone()}</strong>
                <p class="muted">{identity.name.clone()} {used}</p>
            </div>
        </li>
    }
}

/// The fields that prove who asks.
fn proof_fields(settings: &IdentitySettings, problem: ErasedSignal<Option<Problem>>) -> AnyView {
    let code = settings
        .has_two_factor
        .then(|| code_field(CodeKind::Either, false));
    any_view! { {own_proof(settings.has_password, problem)} {code} }
}

/// One form with a button for each provider, so that the proof is asked for once.
fn link_form(settings: &IdentitySettings, problem: ErasedSignal<Option<Problem>>) -> AnyView {
    let buttons: Vec<_> = settings
        .providers
        .iter()
        .map(|(id, label)| {
            any_view! {
                <button class="button" name="provider" value=id.clone()>{format!("Link {label}")}</button>
            }
        })
        .collect();
    any_view! {
        <section class="card">
            <h3>"Link an account"</h3>
            <p class="muted card-text">"You sign in there, and come back. From then on you can sign in here with it."</p>
            <form method="post" action=form_action(LinkIdentity::url())>
                {proof_fields(settings, problem)}
                <div class="form-end">{buttons}</div>
            </form>
        </section>
    }
}

fn unlink_form(settings: &IdentitySettings, problem: ErasedSignal<Option<Problem>>) -> AnyView {
    let choices: Vec<_> = settings
        .identities
        .iter()
        .map(|identity| {
            let (id, text) = (
                identity.id.to_string(),
                format!("{}: {}", identity.provider, identity.name),
            );
            any_view! {
                <label class="choice">
                    <input type="radio" name="id" value=id required />
                    <span class="grow">{text}</span>
                </label>
            }
        })
        .collect();
    any_view! {
        <section class="card">
            <h3>"Unlink an account"</h3>
            <p class="muted card-text">"You are signed out where you have signed in with it."</p>
            <form method="post" action=form_action(UnlinkIdentity::url())>
                <fieldset class="choices"><legend class="sr-only">"Account"</legend>{choices}</fieldset>
                {proof_fields(settings, problem)}
                <div class="form-end">
                    <button class="button button-danger">"Unlink"</button>
                </div>
            </form>
        </section>
    }
}
