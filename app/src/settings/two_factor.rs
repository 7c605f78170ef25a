//! The page of two-factor authentication. Plain forms, rendered on the server only.

pub use super::remembered_devices::TWO_FACTOR_PATH;
use super::{password::own_proof, qr_code::qr_code_svg, remembered_devices::remembered_devices};
use crate::{
    erased_signal::ErasedSignal,
    error::AppError,
    refuse_form::{refuse_form, refused_problem},
    request_context::{self, query_param},
    session::SignOut,
    shown_once::{SHOWN_ID, Secret, ShownOnce, show_once, shown_note, shown_secret},
    ui::{CodeKind, code_field, form_action, form_pane, lone_form_pane, problem_note},
};
use axum::http::request::Parts;
use chat::{Caller, Chat};
use leptos::{prelude::*, server_fn::ServerFn};
use model::{
    NewTwoFactor, Problem, RememberedDevice, TwoFactor, TwoFactorCode, TwoFactorProof,
    TwoFactorSetup,
};
use serde::{Deserialize, Serialize};

/// The page after it was turned off.
const IS_OFF: &str = "/settings/two-factor?off=yes";

/// Characters between two spaces of a secret that is to be typed.
const GROUP: usize = 4;

/// The page shows one of its forms: to begin, to send the first code, or to change what is on.
#[derive(Clone)]
pub struct TwoFactorSettings {
    state: TwoFactor,
    setup: Option<TwoFactorSetup>,
    shown: Option<ShownOnce>,
    has_password: bool,
    devices: Vec<RememberedDevice>,
    /// Whether the user has to set it up before anything else.
    is_owed: bool,
}

impl std::fmt::Debug for TwoFactorSettings {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("TwoFactorSettings")
            .field("state", &self.state)
            .finish_non_exhaustive()
    }
}

/// `is_owed`: whether the caller has to set it up before anything else.
pub async fn load_two_factor(
    chat: &Chat,
    caller: &Caller,
    parts: &Parts,
    is_owed: bool,
) -> chat::Result<TwoFactorSettings> {
    let state = chat.two_factor(caller).await?;
    let setup = match state.enabled_at {
        None => chat.two_factor_setup(caller).await?,
        Some(_) => None,
    };
    Ok(TwoFactorSettings {
        state,
        setup,
        shown: shown_secret(chat, caller, parts),
        has_password: chat.has_password(caller).await?,
        devices: chat.remembered_devices(caller).await?,
        is_owed,
    })
}

#[server(prefix = "/form", endpoint = "begin-two-factor")]
pub async fn begin_two_factor(current_password: String) -> Result<(), AppError> {
    let begun = async {
        let (chat, client) = (request_context::chat(), request_context::request().client);
        let caller = request_context::caller_in_setup()?;
        let new = NewTwoFactor { current_password };
        chat.begin_two_factor(&caller, new, &client).await?;
        leptos_axum::redirect(TWO_FACTOR_PATH);
        Ok(())
    };
    refuse_form(TWO_FACTOR_PATH, &[], begun.await)
}

#[server(prefix = "/form", endpoint = "enable-two-factor")]
pub async fn enable_two_factor(code: String) -> Result<(), AppError> {
    let enabled = async {
        let chat = request_context::chat();
        let caller = request_context::caller_in_setup()?;
        let code = TwoFactorCode { code };
        let codes = chat.enable_two_factor(&caller, &code).await?;
        show_codes(&chat, &caller, codes.recovery_codes)
    };
    refuse_form(TWO_FACTOR_PATH, &[], enabled.await)
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum TwoFactorChange {
    RenewCodes,
    Disable,
}

#[server(prefix = "/form", endpoint = "change-two-factor")]
pub async fn change_two_factor(
    current_password: String,
    code: String,
    change: TwoFactorChange,
) -> Result<(), AppError> {
    let changed = async {
        let (chat, client) = (request_context::chat(), request_context::request().client);
        let caller = request_context::caller()?;
        let proof = TwoFactorProof {
            current_password,
            code,
        };
        match change {
            TwoFactorChange::RenewCodes => {
                let codes = chat.renew_recovery_codes(&caller, proof, &client).await?;
                show_codes(&chat, &caller, codes.recovery_codes)
            }
            TwoFactorChange::Disable => {
                chat.disable_two_factor(&caller, proof, &client).await?;
                leptos_axum::redirect(IS_OFF);
                Ok(())
            }
        }
    };
    refuse_form(TWO_FACTOR_PATH, &[], changed.await)
}

fn show_codes(chat: &Chat, caller: &Caller, codes: Vec<String>) -> Result<(), AppError> {
    let place = format!("{TWO_FACTOR_PATH}#{SHOWN_ID}");
    let label = "Your recovery codes".to_owned();
    show_once(chat, caller, &place, label, Secret::RecoveryCodes(codes))?;
    Ok(())
}

/// In a sentence, whether it is on.
pub fn state_text(state: &TwoFactor) -> &'static str {
    match state.enabled_at {
        Some(_) => {
            "On: signing in asks for your password, and for a code of your authenticator app."
        }
        None => "Off. With it, signing in asks for a code of an authenticator app, too.",
    }
}

/// That somebody else has taken it away, until there is another one.
pub fn reset_note(state: &TwoFactor) -> Option<AnyView> {
    let at = state.reset_at?.date();
    Some(any_view! {
        <p class="note note-error">
            {format!("An administrator turned your two-factor authentication off on {at}, and signed you out everywhere.")}
        </p>
    })
}

pub fn two_factor_page(settings: TwoFactorSettings) -> AnyView {
    let problem = ErasedSignal::new(refused_problem());
    let proof = own_proof(settings.has_password, problem);
    let form = match (&settings.state.enabled_at, settings.setup) {
        (Some(at), _) => {
            let text = format!(
                "On since {}. {} left.",
                at.date(),
                codes_text(settings.state.recovery_codes_left)
            );
            change_form(text, proof, settings.state.required, problem)
        }
        (None, Some(setup)) => enable_form(&setup, problem),
        (None, None) => begin_form(proof, problem),
    };
    let is_off = query_param("off") == "yes" && settings.state.enabled_at.is_none();
    let on = (settings.shown.is_some() && settings.state.required).then(|| {
        any_view! {
            <p><a class="button button-primary" href="/">"To your conversations"</a></p>
        }
    });
    let owed = settings.is_owed.then(|| any_view! {
        <p class="note">
            "This server demands two-factor authentication of you. Set it up to go on: it asks for your password, and for a code of an app."
        </p>
    });
    let content = any_view! {
        {owed}
        {shown_note(settings.shown)}
        {on}
        {is_off.then(|| any_view! {
            <p class="note" role="status">"Two-factor authentication is off."</p>
        })}
        {reset_note(&settings.state)}
        {form}
        {remembered_devices(&settings.devices)}
    };
    let title = "Two-factor authentication";
    if settings.is_owed {
        return lone_form_pane(title, sign_out_form(), content);
    }
    form_pane(title, ().into_any(), content)
}

fn sign_out_form() -> AnyView {
    any_view! {
        <form method="post" action=SignOut::url()>
            <button class="button button-quiet">"Sign out"</button>
        </form>
    }
}

fn codes_text(left: i64) -> String {
    match left {
        1 => "1 recovery code is".to_owned(),
        left => format!("{left} recovery codes are"),
    }
}

fn begin_form(proof: AnyView, problem: ErasedSignal<Option<Problem>>) -> AnyView {
    any_view! {
        <section class="card">
            <h3>"Turn it on"</h3>
            <p class="muted card-text">
                "Signing in then asks for a code of an authenticator app on your phone, too. You are signed out everywhere else."
            </p>
            <form method="post" action=form_action(BeginTwoFactor::url())>
                {problem_note(problem)}
                {proof}
                <div class="form-end">
                    <button class="button button-primary">"Continue"</button>
                </div>
            </form>
        </section>
    }
}

fn enable_form(setup: &TwoFactorSetup, problem: ErasedSignal<Option<Problem>>) -> AnyView {
    let picture = qr_code_svg(&setup.uri, "QR code of the secret");
    any_view! {
        <section class="card">
            <h3>"Add it to your app"</h3>
            <p class="muted card-text">
                "Scan this with the authenticator app, or type the secret. If the app is on this device, open it there."
            </p>
            <p class="card-text" inner_html=picture></p>
            <p class="card-text"><a class="button" href=setup.uri.clone()>"Open in the app"</a></p>
            <p class="card-text">
                "Secret: " <code id="two-factor-secret" translate="no">{in_groups(&setup.secret)}</code>
            </p>
            <form method="post" action=form_action(EnableTwoFactor::url())>
                {problem_note(problem)}
                {code_field(CodeKind::App, false)}
                <div class="form-end">
                    <button class="button button-primary">"Turn on"</button>
                </div>
            </form>
        </section>
    }
}

fn change_form(
    text: String,
    proof: AnyView,
    is_required: bool,
    problem: ErasedSignal<Option<Problem>>,
) -> AnyView {
    let stays = is_required.then_some(" This server demands it of you: it stays on.");
    let off = (!is_required).then(|| {
        any_view! {
            <button class="button button-danger" name="change" value="disable">"Turn off"</button>
        }
    });
    any_view! {
        <section class="card">
            <h3>"Change it"</h3>
            <p class="muted card-text">{text} {stays}</p>
            <form method="post" action=form_action(ChangeTwoFactor::url())>
                {problem_note(problem)}
                {proof}
                {code_field(CodeKind::Either, false)}
                <div class="form-end">
                    <button class="button" name="change" value="renew-codes">"New recovery codes"</button>
                    {off}
                </div>
            </form>
        </section>
    }
}

fn in_groups(secret: &str) -> String {
    let characters: Vec<_> = secret.chars().collect();
    let groups = characters.chunks(GROUP).map(String::from_iter);
    groups.collect::<Vec<_>>().join(" ")
}
