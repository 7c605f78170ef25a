//! The page of groups: who may put the user into some, and a list to leave several at once. Plain forms,
//! rendered on the server only.

use crate::{
    erased_signal::ErasedSignal,
    error::AppError,
    refuse_form::{refuse_form, refused_problem},
    request_context::{self, query_param_of},
    ui::{any_problem_note, form_action, form_pane},
};
use chat::{Caller, Chat, JoinedConversation};
use leptos::{prelude::*, server_fn::ServerFn};
use model::{AddableBy, ConversationId, ConversationKind, Page, PageRequest};

pub const GROUPS_PATH: &str = "/settings/groups";

/// The parameter of the page's address with the cursor of the list.
const CURSOR: &str = "after";

const GROUPS_PER_PAGE: i64 = 100;

#[derive(Clone, Debug)]
pub struct GroupSettings {
    addable_by: AddableBy,
    joined: Page<JoinedConversation>,
}

pub async fn load_group_settings(
    chat: &Chat,
    caller: &Caller,
    parts: &axum::http::request::Parts,
) -> chat::Result<GroupSettings> {
    let page = PageRequest {
        cursor: query_param_of(parts, CURSOR),
        limit: Some(GROUPS_PER_PAGE),
    };
    Ok(GroupSettings {
        addable_by: chat.addable_by(caller).await?,
        joined: chat.joined_conversations(caller, page).await?,
    })
}

#[server(prefix = "/form", endpoint = "addable-by")]
pub async fn choose_addable_by(addable_by: AddableBy) -> Result<(), AppError> {
    let chosen = async {
        let caller = request_context::caller()?;
        let chat = request_context::chat();
        chat.set_addable_by(&caller, addable_by).await?;
        leptos_axum::redirect(GROUPS_PATH);
        Ok(())
    };
    refuse_form(GROUPS_PATH, &[], chosen.await)
}

/// Nothing may be checked: then nothing is left.
#[server(prefix = "/form", endpoint = "leave-groups")]
pub async fn leave_groups(#[server(default)] ids: Vec<ConversationId>) -> Result<(), AppError> {
    let left = async {
        let caller = request_context::caller()?;
        if !ids.is_empty() {
            let chat = request_context::chat();
            chat.leave_conversations(&caller, &ids).await?;
        }
        leptos_axum::redirect(GROUPS_PATH);
        Ok(())
    };
    refuse_form(GROUPS_PATH, &[], left.await)
}

pub fn group_settings_page(settings: GroupSettings) -> AnyView {
    let content = any_view! {
        {any_problem_note(ErasedSignal::new(refused_problem()))}
        <section class="card">
            <h3>"Who may add you to groups"</h3>
            {addable_by_form(settings.addable_by)}
        </section>
        <section class="card">
            <h3>"Groups and channels that others began"</h3>
            {leave_form(settings.joined)}
        </section>
    };
    form_pane("Groups", ().into_any(), content)
}

fn addable_by_form(chosen: AddableBy) -> AnyView {
    let options = [
        (AddableBy::Everybody, "everybody", "Everybody"),
        (
            AddableBy::Contacts,
            "contacts",
            "People with whom you share a group or a private channel, or to whom you have written",
        ),
        (AddableBy::Nobody, "nobody", "Nobody"),
    ];
    let options = options.map(|(choice, name, label)| {
        any_view! {
            <label class="choice">
                <input type="radio" name="addable_by" value=name checked=choice == chosen />
                {label}
            </label>
        }
    });
    any_view! {
        <form method="post" action=form_action(ChooseAddableBy::url())>
            <fieldset class="choices">
                <legend class="sr-only">"Who may add you to groups"</legend>
                {Vec::from(options)}
            </fieldset>
            <p class="hint">"Anybody can still write to you directly."</p>
            <div class="form-end">
                <button class="button button-primary">"Save"</button>
            </div>
        </form>
    }
}

fn leave_form(joined: Page<JoinedConversation>) -> AnyView {
    if joined.items.is_empty() {
        return any_view! { <p class="muted">"There are none."</p> };
    }
    let more = joined.next_cursor.map(|cursor| {
        let path = format!("{GROUPS_PATH}?{CURSOR}={cursor}");
        any_view! { <p><a href=path>"Older ones"</a></p> }
    });
    let rows: Vec<_> = joined.items.into_iter().map(row).collect();
    any_view! {
        <form method="post" action=form_action(LeaveGroups::url())>
            <ul class="row-list">{rows}</ul>
            {more}
            <div class="form-end">
                <button class="button">"Leave what is checked"</button>
            </div>
        </form>
    }
}

fn row(joined: JoinedConversation) -> AnyView {
    let kind = match joined.kind {
        ConversationKind::Channel => "Channel",
        _ => "Group",
    };
    let creator = joined.created_by.map(|name| format!(" of {name}"));
    let details = format!(
        "{kind}{}, {} members, since {}",
        creator.unwrap_or_default(),
        joined.member_count,
        joined.joined_at.date(),
    );
    any_view! {
        <li class="row-item">
            <label class="choice grow">
                <input type="checkbox" name="ids[]" value=joined.id.to_string() />
                <span>
                    <strong dir="auto" translate="no">{joined.title}</strong>
                    <span class="muted" dir="auto">" "{details}</span>
                </span>
            </label>
        </li>
    }
}
