//! The page of the user's data: an export of all of it, and the deletion of the account. Plain forms, rendered on the
//! server only.

use super::password::own_proof;
use crate::{
    erased_signal::ErasedSignal,
    error::AppError,
    refuse_form::{refuse_form, refused_problem},
    request_context::{self, percent_encode},
    ui::{
        CodeKind, Field, code_field, filled_in, filled_in_or, form_action, form_pane, problem_note,
    },
};
use chat::{Caller, Chat, EXPORTS_PER_DAY};
use leptos::{prelude::*, server_fn::ServerFn};
use model::{OwnDeletion, OwnExport, Problem};

pub const DATA_PATH: &str = "/settings/data";

/// Where the file is, with the ticket behind it.
const ARCHIVE_PATH: &str = "/settings/data/archive";

/// The page of the deletion, so that each page has one field of a name.
pub const DELETION_PATH: &str = "/settings/data/delete";

#[derive(Clone, Debug)]
pub struct DataSettings {
    username: String,
    has_password: bool,
    has_two_factor: bool,
}

pub async fn load_data_settings(chat: &Chat, caller: &Caller) -> chat::Result<DataSettings> {
    Ok(DataSettings {
        username: chat.account(caller).await?.user.username,
        has_password: chat.has_password(caller).await?,
        has_two_factor: chat.two_factor(caller).await?.enabled_at.is_some(),
    })
}

#[server(prefix = "/form", endpoint = "export-data")]
pub async fn export_data(
    #[server(default)] current_password: String,
    #[server(default)] code: String,
) -> Result<(), AppError> {
    let allowed = async {
        let (chat, client) = (request_context::chat(), request_context::request().client);
        let caller = request_context::caller()?;
        let proof = OwnExport {
            current_password,
            code,
        };
        let ticket = chat.data_export_ticket(&caller, proof, &client).await?;
        let ticket = percent_encode(&ticket);
        leptos_axum::redirect(&format!("{ARCHIVE_PATH}/{ticket}"));
        Ok(())
    };
    refuse_form(DATA_PATH, &[], allowed.await)
}

#[server(prefix = "/form", endpoint = "delete-own-account")]
pub async fn delete_own_account(
    #[server(default)] username: String,
    #[server(default)] messages: String,
    #[server(default)] current_password: String,
    #[server(default)] code: String,
) -> Result<(), AppError> {
    let filled_in = [
        ("username", username.clone()),
        ("messages", messages.clone()),
    ];
    let deleted = async {
        let (chat, client) = (request_context::chat(), request_context::request().client);
        let caller = request_context::caller()?;
        let messages = messages
            .parse()
            .map_err(|reason: &str| chat::Error::invalid("messages", reason))?;
        let wish = OwnDeletion {
            username,
            messages,
            current_password,
            code,
        };
        chat.delete_own_account(&caller, wish, &client).await?;
        request_context::remove_session_cookie();
        leptos_axum::redirect("/sign-in?deleted=yes");
        Ok(())
    };
    refuse_form(DELETION_PATH, &filled_in, deleted.await)
}

pub fn data_page(settings: &DataSettings) -> AnyView {
    let problem = ErasedSignal::new(refused_problem());
    let content = any_view! {
        {export_form(settings, problem)}
        <section class="card">
            <h3>"Delete your account"</h3>
            <p class="muted card-text">"For good, and with a choice of what becomes of your messages."</p>
            <a class="button" href=DELETION_PATH>"Delete the account…"</a>
        </section>
    };
    form_pane("Your data", ().into_any(), content)
}

fn export_form(settings: &DataSettings, problem: ErasedSignal<Option<Problem>>) -> AnyView {
    let hint = format!(
        "A ZIP file with your profile, your settings, your own messages and your files, as pages to read and as JSON. What others have written is theirs, and not in it. You may ask for {EXPORTS_PER_DAY} in a day."
    );
    any_view! {
        <section class="card">
            <h3>"Export your data"</h3>
            <p class="muted card-text">{hint}</p>
            <form method="post" action=form_action(ExportData::url())>
                {problem_note(problem)}
                {own_proof(settings.has_password, problem)}
                {settings.has_two_factor.then(|| code_field(CodeKind::Either, false))}
                <div class="form-end">
                    <button class="button button-primary">"Export"</button>
                </div>
            </form>
        </section>
    }
}

pub fn deletion_page(settings: &DataSettings) -> AnyView {
    let problem = ErasedSignal::new(refused_problem());
    let chosen = filled_in_or("messages", "keep".to_owned());
    let choice = |value: &'static str, text: &'static str| {
        let checked = chosen == value;
        any_view! {
            <label class="choice">
                <input type="radio" name="messages" value=value checked=checked />
                <span class="grow">{text}</span>
            </label>
        }
    };
    let hint = format!("Type “{}”.", settings.username);
    let content = any_view! {
        <section class="card">
            <h3>"Delete your account"</h3>
            <p class="muted card-text">
                "You are signed out everywhere at once, and leave all groups and channels. Your name, your address, your settings, drafts and everything else that only you have is erased within a day. Nobody can bring the account back."
            </p>
            <form method="post" action=form_action(DeleteOwnAccount::url())>
                {problem_note(problem)}
                <fieldset class="choices">
                    <legend>"Your messages"</legend>
                    {choice("keep", "Stay, as those of “Deleted user”")}
                    {choice("remove", "Are removed, with their files, your reactions and your votes")}
                </fieldset>
                <Field
                    label="Your username"
                    name="username"
                    autocomplete="off"
                    hint=hint
                    value=filled_in("username")
                    required=true
                    problem
                />
                {own_proof(settings.has_password, problem)}
                {settings.has_two_factor.then(|| code_field(CodeKind::Either, false))}
                <div class="form-end">
                    <button class="button button-danger">"Delete the account for good"</button>
                </div>
            </form>
        </section>
    };
    form_pane("Delete your account", ().into_any(), content)
}
