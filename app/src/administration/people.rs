//! The page of all accounts: made, given another role or password, signed out, and blocked.

use super::{layout::administration_page, paths::PEOPLE_PATH};
use crate::{
    erased_signal::ErasedSignal,
    error::AppError,
    refuse_form::{refuse_form, refused_problem},
    request_context::{self, percent_encode, query_param_of},
    shown_once::{ShownOnce, show_once, shown_link, shown_note},
    ui::{Field, filled_in, form_action},
};
use axum::http::request::Parts;
use chat::{Caller, Chat};
use leptos::{prelude::*, server_fn::ServerFn};
use model::{NewUserAccount, Page, PageRequest, UserAccount, UserId, UserRole};
use serde::{Deserialize, Serialize};

/// The parameters of the page's address.
const QUERY: &str = "query";
const CURSOR: &str = "after";

const PEOPLE_PER_PAGE: i64 = 50;

#[derive(Clone, Debug)]
pub struct People {
    query: String,
    accounts: Page<UserAccount>,
    own_id: UserId,
    shown: Option<ShownOnce>,
}

pub async fn load_people(chat: &Chat, caller: &Caller, parts: &Parts) -> chat::Result<People> {
    let query = query_param_of(parts, QUERY);
    let page = PageRequest {
        cursor: query_param_of(parts, CURSOR),
        limit: Some(PEOPLE_PER_PAGE),
    };
    Ok(People {
        accounts: chat.user_accounts(caller, query.as_deref(), &page).await?,
        query: query.unwrap_or_default(),
        own_id: caller.user_id,
        shown: shown_link(chat, caller, parts),
    })
}

/// What an administrator does to somebody.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Action {
    Reset,
    Promote,
    Demote,
    EndSessions,
    Block,
    Unblock,
}

#[server(prefix = "/form", endpoint = "change-account")]
pub async fn change_account(id: UserId, action: Action) -> Result<(), AppError> {
    let changed = async {
        let (chat, caller) = (request_context::chat(), request_context::caller()?);
        match action {
            Action::Reset => {
                let account = chat.user_account(&caller, id).await?;
                let link = chat.create_password_reset(&caller, id).await?;
                let label = format!("A new password for {}", account.user.username);
                let link = format!("/reset/{}", link.token);
                show_once(&chat, &caller, PEOPLE_PATH, label, link)?;
                return Ok(());
            }
            Action::Promote => drop(chat.set_user_role(&caller, id, UserRole::Admin).await?),
            Action::Demote => drop(chat.set_user_role(&caller, id, UserRole::Member).await?),
            Action::EndSessions => chat.end_user_sessions(&caller, id).await?,
            Action::Block => chat.block_user(&caller, id).await?,
            Action::Unblock => chat.unblock_user(&caller, id).await?,
        }
        leptos_axum::redirect(PEOPLE_PATH);
        Ok(())
    };
    refuse_form(PEOPLE_PATH, &[], changed.await)
}

#[server(prefix = "/form", endpoint = "create-account")]
pub async fn create_account(
    username: String,
    #[server(default)] name: String,
) -> Result<(), AppError> {
    let filled_in = [("username", username.clone()), ("name", name.clone())];
    let created = async {
        let (chat, caller) = (request_context::chat(), request_context::caller()?);
        let new = NewUserAccount {
            username,
            name: Some(name),
            ..NewUserAccount::default()
        };
        let created = chat.create_user_account(&caller, new).await?;
        let label = format!("The account of {}", created.account.user.username);
        let link = format!("/reset/{}", created.password_reset.token);
        show_once(&chat, &caller, PEOPLE_PATH, label, link)?;
        Ok(())
    };
    refuse_form(PEOPLE_PATH, &filled_in, created.await)
}

pub fn people_page(people: People) -> AnyView {
    let own_id = people.own_id;
    let more = people.accounts.next_cursor.map(|cursor| {
        let (query, cursor) = (percent_encode(&people.query), percent_encode(&cursor));
        let path = format!("{PEOPLE_PATH}?{QUERY}={query}&{CURSOR}={cursor}");
        any_view! { <p><a href=path>"More"</a></p> }
    });
    let rows = people.accounts.items.iter().map(|it| row(it, own_id));
    let rows: Vec<_> = rows.collect();
    let content = any_view! {
        {shown_note(people.shown)}
        <section class="card">
            <h3>"Accounts"</h3>
            <form method="get" action=PEOPLE_PATH role="search">
                <div class="field">
                    <label for="people-query">"Find by name"</label>
                    <input id="people-query" name=QUERY type="search" value=people.query />
                </div>
            </form>
            <ul class="row-list">{rows}</ul>
            {more}
        </section>
        <section class="card">
            <h3>"Make an account"</h3>
            {create_form()}
        </section>
    };
    administration_page("People", content)
}

fn create_form() -> AnyView {
    let problem = ErasedSignal::new(refused_problem());
    any_view! {
        <form method="post" action=form_action(CreateAccount::url())>
            <Field label="Username" name="username" value=filled_in("username") required=true problem />
            <Field
                label="Name (optional)"
                name="name"
                hint="You get a link with which they choose a password."
                value=filled_in("name")
                problem
            />
            <div class="form-end">
                <button class="button button-primary">"Make account"</button>
            </div>
        </form>
    }
}

fn row(account: &UserAccount, own_id: UserId) -> AnyView {
    let user = &account.user;
    let role = (user.role == UserRole::Admin).then_some("administrator");
    let blocked = account.blocked_at.map(|_| "blocked");
    let states = [Some(user.username.as_str()), role, blocked];
    let states: Vec<_> = states.into_iter().flatten().collect();
    let actions = actions(account, own_id);
    let actions: Vec<_> = actions
        .into_iter()
        .map(|(action, label)| action_button(user.id, action, label, &user.name))
        .collect();
    any_view! {
        <li class="row-item">
            <div class="grow">
                <strong dir="auto" translate="no">{user.name.clone()}</strong>
                <p class="muted" translate="no">{states.join(" · ")}</p>
            </div>
            {actions}
        </li>
    }
}

/// What can be done to somebody. Nobody blocks themself, or changes their own role.
fn actions(account: &UserAccount, own_id: UserId) -> Vec<(&'static str, &'static str)> {
    if account.blocked_at.is_some() {
        return vec![("unblock", "Unblock")];
    }
    let mut actions = vec![("reset", "New password")];
    if account.user.id != own_id {
        actions.push(match account.user.role {
            UserRole::Admin => ("demote", "Make a member"),
            UserRole::Member => ("promote", "Make an administrator"),
        });
        actions.push(("end-sessions", "Sign out"));
        actions.push(("block", "Block"));
    }
    actions
}

fn action_button(id: UserId, action: &'static str, label: &'static str, name: &str) -> AnyView {
    let title = format!("{label}: {name}");
    any_view! {
        <form method="post" action=form_action(ChangeAccount::url())>
            <input type="hidden" name="id" value=id.to_string() />
            <input type="hidden" name="action" value=action />
            <button class="button button-quiet" aria-label=title>{label}</button>
        </form>
    }
}
