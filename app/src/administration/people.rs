//! The page of all accounts: made, given another role or password, signed out, and blocked.

use super::{
    account_actions::CreateAccount,
    account_row::{OwnProof, account_row},
    layout::administration_page,
    paths::{CURSOR, Listed, PEOPLE_PATH, QUERY},
};
use crate::{
    erased_signal::ErasedSignal,
    refuse_form::{refused_problem, refused_value},
    request_context::query_param_of,
    shown_once::{ShownOnce, shown_note, shown_secret},
    ui::{Field, Icon, filled_in, form_action, icon, problem_note},
};
use axum::http::request::Parts;
use chat::{Caller, Chat};
use leptos::{prelude::*, server_fn::ServerFn};
use model::{Page, PageRequest, Problem, UserAccount, UserId};

const PEOPLE_PER_PAGE: i64 = 50;

#[derive(Clone, Debug)]
pub struct People {
    listed: Listed,
    accounts: Page<UserAccount>,
    own_id: UserId,
    own_proof: OwnProof,
    shown: Option<ShownOnce>,
}

pub async fn load_people(chat: &Chat, caller: &Caller, parts: &Parts) -> chat::Result<People> {
    let (query, cursor) = (query_param_of(parts, QUERY), query_param_of(parts, CURSOR));
    let page = PageRequest {
        cursor: cursor.clone(),
        limit: Some(PEOPLE_PER_PAGE),
    };
    Ok(People {
        accounts: chat.user_accounts(caller, query.as_deref(), &page).await?,
        listed: Listed {
            query: query.unwrap_or_default(),
            after: cursor.unwrap_or_default(),
        },
        own_id: caller.user_id,
        own_proof: OwnProof {
            has_password: chat.has_password(caller).await?,
            has_two_factor: chat.two_factor(caller).await?.enabled_at.is_some(),
        },
        shown: shown_secret(chat, caller, parts),
    })
}

pub fn people_page(people: People) -> AnyView {
    let (own_id, own_proof, listed) = (people.own_id, people.own_proof, people.listed);
    let accounts = people.accounts;
    let more = accounts.next_cursor.map(|after| {
        let query = listed.query.clone();
        let path = Listed { query, after }.path();
        any_view! { <p><a href=path>"More"</a></p> }
    });
    // Of an account that is listed, it is shown there, and everything else in the form at the top.
    let mut problem = refused_problem();
    let refused = refused_value("id").unwrap_or_default();
    let rows: Vec<_> = accounts
        .items
        .iter()
        .map(|account| {
            let is_refused = account.user.id.to_string() == refused;
            let refusal = is_refused.then(|| problem.take()).flatten();
            account_row(
                account,
                own_id,
                own_proof,
                &listed,
                refusal.map(|it| it.detail),
            )
        })
        .collect();
    let list = if rows.is_empty() {
        any_view! { <p class="muted">"There is nobody of this name."</p> }
    } else {
        any_view! { <ul class="row-list">{rows}</ul> }
    };
    let content = any_view! {
        {shown_note(people.shown)}
        {create_form(problem, &listed)}
        <section class="card">
            <h3>"Accounts"</h3>
            <form method="get" action=PEOPLE_PATH role="search">
                <div class="field">
                    <label for="people-query">"Find by name"</label>
                    <input id="people-query" name=QUERY type="search" value=listed.query />
                </div>
            </form>
            {list}
            {more}
        </section>
    };
    administration_page("People", content)
}

fn create_form(problem: Option<Problem>, listed: &Listed) -> AnyView {
    let is_open = problem.is_some();
    let problem = ErasedSignal::new(problem);
    any_view! {
        <section class="card">
            {problem_note(problem)}
            <details open=is_open>
                <summary class="button">{icon(Icon::Plus)} "Make an account"</summary>
                <form method="post" action=form_action(CreateAccount::url())>
                    <input type="hidden" name=QUERY value=listed.query.clone() />
                    <input type="hidden" name=CURSOR value=listed.after.clone() />
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
            </details>
        </section>
    }
}
