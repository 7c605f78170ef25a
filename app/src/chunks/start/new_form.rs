//! Starting a conversation: the form, and the server function behind it.

use super::open_channels::open_channels;
use crate::{
    chunks::people_picker::PeoplePicker,
    client::{new_client_id, spawn, use_client},
    erased_signal::ErasedSignal,
    error::AppError,
    page_context::PageContext,
    router::use_router,
    title::set_title,
    ui::{
        Icon, field_value, filled_in, form_action, icon, new_form_key, note_in_words, on,
        submitted_form,
    },
};
use leptos::{ev, prelude::*, server_fn::ServerFn};
use model::{ConversationId, ConversationKind, NewConversation, Problem, User, UserId};

/// Starts a conversation from a form that was submitted without scripts. `people` are usernames,
/// separated by commas or spaces.
#[server(prefix = "/form", endpoint = "new-conversation")]
pub async fn start_conversation(
    people: String,
    title: String,
    channel: Option<String>,
    private: Option<String>,
    #[server(default)] client_id: String,
) -> Result<(), AppError> {
    use crate::{refuse_form::refuse_form, request_context};
    let filled_in = [
        ("people", people.clone()),
        ("title", title.clone()),
        ("channel", channel.clone().unwrap_or_default()),
        ("private", private.clone().unwrap_or_default()),
    ];
    let started = async {
        let (chat, caller) = (request_context::chat(), request_context::caller()?);
        let member_ids = ids_of_usernames(&chat, &caller, &people).await?;
        let mut new = new_conversation(member_ids, &title, channel.is_some(), private.is_some());
        new.client_id = Some(client_id).filter(|id| !id.is_empty());
        let created = chat.create_conversation(&caller, new).await?;
        leptos_axum::redirect(&format!("/c/{}", created.summary.conversation.id));
        Ok(())
    };
    refuse_form("/new", &filled_in, started.await)
}

/// What the form describes: a channel if it says so, otherwise direct with one other user and no
/// title, and a group with more. Only a channel can be private by choice.
fn new_conversation(
    member_ids: Vec<UserId>,
    title: &str,
    channel: bool,
    private: bool,
) -> NewConversation {
    let title = Some(title.trim().to_owned()).filter(|title| !title.is_empty());
    let kind = match member_ids.len() {
        _ if channel => ConversationKind::Channel,
        1 if title.is_none() => ConversationKind::Direct,
        _ => ConversationKind::Group,
    };
    NewConversation {
        kind,
        member_ids,
        title,
        description: None,
        private: channel && private,
        client_id: None,
    }
}

/// The ids of usernames, which commas, semicolons or spaces separate. An unknown one is an error of `people`.
#[cfg(feature = "ssr")]
async fn ids_of_usernames(
    chat: &chat::Chat,
    caller: &chat::Caller,
    usernames: &str,
) -> Result<Vec<UserId>, AppError> {
    let mut ids = Vec::new();
    // The commas of other scripts, too.
    let usernames = usernames
        .split(|c: char| c.is_whitespace() || ",;،؛、，；".contains(c))
        .map(|name| chat::typed_username(name.trim_start_matches(['@', '＠'])));
    for username in usernames.filter(|name| !name.is_empty()) {
        let page = model::PageRequest {
            cursor: None,
            limit: Some(100),
        };
        let found = chat.users(caller, Some(&username), page).await?;
        let Some(user) = found.items.iter().find(|user| user.username == username) else {
            let reason = format!("nobody here is called {username}");
            return Err(chat::Error::invalid("people", reason).into());
        };
        ids.push(user.id);
    }
    Ok(ids)
}

/// The form on a page of its own, for browsers without scripts.
pub fn new_conversation_page() -> AnyView {
    set_title(|| "New conversation".to_owned());
    any_view! {
        <section class="pane" aria-labelledby="new-title">
            <header class="pane-header">
                <a class="icon-button only-narrow" href="/" aria-label="Back to conversations">
                    {icon(Icon::Back)}
                </a>
                <h2 id="new-title" class="grow">"New conversation"</h2>
            </header>
            <div class="pane-body">
                <div class="sheet">
                    <div class="card">{new_form(ErasedSignal::new(true), expect_context::<PageContext>().form_error)}</div>
                </div>
            </div>
        </section>
    }
}

pub fn new_form(open: ErasedSignal<bool>, form_error: Option<Problem>) -> AnyView {
    let client = use_client();
    let router = use_router();
    let problem = ErasedSignal::new(form_error);
    let picked = ErasedSignal::new(Vec::<User>::new());
    // Of this form: submitted twice, it starts one conversation.
    let client_id = ErasedSignal::new(new_client_id());
    let show = move |id: ConversationId| {
        open.set(false);
        router.navigate(&format!("/c/{id}"));
    };
    let on_submit = move |event: ev::SubmitEvent| {
        let form = submitted_form(&event);
        // The box may have been checked before the scripts came.
        let is_channel = field_value(&form, "channel").is_some();
        let ids: Vec<_> =
            picked.with_untracked(|picked| picked.iter().map(|user| user.id).collect());
        if ids.is_empty() && !is_channel {
            let missing = "Add somebody, or make it a channel.";
            problem.set(Some(AppError::not_sent(missing).0));
            crate::ui::focus_first("#people");
            return;
        }
        let title = field_value(&form, "title").unwrap_or_default();
        let private = field_value(&form, "private").is_some();
        let mut new = new_conversation(ids, &title, is_channel, private);
        new.client_id = Some(client_id.get_untracked());
        spawn(async move {
            match client.create_conversation(new).await {
                Ok(summary) => show(summary.conversation.id),
                Err(AppError(error)) => problem.set(Some(error)),
            }
        });
    };
    any_view! {
        <form method="post" action=form_action(StartConversation::url()) on:submit=on::submit(on_submit)>
            {note_in_words(problem)}
            <input type="hidden" name="client_id" value=new_form_key() />
            {new_fields(picked)}
            <div class="form-end">
                <button class="button button-primary">"Start"</button>
            </div>
        </form>
        {open_channels(show)}
    }
}

fn new_fields(picked: ErasedSignal<Vec<User>>) -> AnyView {
    any_view! {
        <div class="field">
            <label for="people">"People"</label>
            <PeoplePicker id="people" picked hint_id="people-hint" />
            <p class="hint" id="people-hint">
                "One person makes it a direct conversation, several a group."
                <noscript>" Write their usernames, with commas between."</noscript>
            </p>
        </div>
        <div class="field">
            <label for="new-name">"Name"</label>
            <input id="new-name" name="title" autocomplete="off" value=filled_in("title") aria-describedby="new-name-hint" />
            <p class="hint" id="new-name-hint">"For groups and channels."</p>
        </div>
        <label class="choice">
            <input
                type="checkbox"
                name="channel"
                value="yes"
                checked=!filled_in("channel").is_empty()
            />
            "A channel, which people can find and join"
        </label>
        <label class="choice">
            <input type="checkbox" name="private" value="yes" checked=!filled_in("private").is_empty() />
            "Private: nobody finds the channel, you add its members"
        </label>
    }
}

#[cfg(test)]
mod tests {
    use super::new_conversation;
    use model::{ConversationKind, UserId};

    #[test]
    fn people_and_a_name_make_the_kind() {
        let people = |count: i64| (1..=count).map(UserId).collect::<Vec<_>>();
        for (count, title, channel, kind) in [
            (1, "", false, ConversationKind::Direct),
            (1, "Plans", false, ConversationKind::Group),
            (2, " ", false, ConversationKind::Group),
            (0, "general", true, ConversationKind::Channel),
            (1, "", true, ConversationKind::Channel),
        ] {
            assert_eq!(
                new_conversation(people(count), title, channel, false).kind,
                kind
            );
        }
    }

    #[test]
    fn only_a_channel_is_private_by_choice() {
        assert!(new_conversation(vec![], "x", true, true).private);
        assert!(!new_conversation(vec![UserId(1)], "", false, true).private);
    }
}
