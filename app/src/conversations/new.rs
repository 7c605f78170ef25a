//! Starting a conversation: with people, or as a channel; or joining one that is open to all.

use super::{
    StartConversation,
    find_people::FindPeople,
    layout::{First, set_title},
};
use crate::{
    address::use_address,
    error::AppError,
    live::{spawn, use_live},
    signals::{Var, effect},
    ui::{Dialog, Icon, attr, dynamic, field_value, filled_in, icon, note, on, sent_form, shown},
};
use leptos::{ev, prelude::*, server_fn::ServerFn};
use model::{
    ConversationId, ConversationKind, ConversationSummary, NewConversation, Problem, User, UserId,
};

/// What a form describes: one person makes it direct, a channel is said to be one.
pub fn described(
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

/// The users behind usernames, which commas or spaces separate.
#[cfg(feature = "ssr")]
pub async fn ids_of(
    chat: &chat::Chat,
    caller: &chat::Caller,
    usernames: &str,
) -> Result<Vec<UserId>, AppError> {
    let mut ids = Vec::new();
    let words = usernames
        .split([',', ' '])
        .map(|word| word.trim().trim_start_matches('@'));
    for username in words.filter(|word| !word.is_empty()) {
        let page = model::PageRequest {
            cursor: None,
            limit: Some(100),
        };
        let found = chat.users(caller, Some(username), page).await?;
        let Some(user) = found
            .items
            .iter()
            .find(|user| user.username.eq_ignore_ascii_case(username))
        else {
            let reason = format!("nobody here is called {username}");
            return Err(chat::Error::invalid("people", reason).into());
        };
        ids.push(user.id);
    }
    Ok(ids)
}

#[component]
pub fn NewDialog(open: Var<bool>) -> impl IntoView {
    part! {
        <Dialog open title="New conversation">
            {new_form(open, None)}
        </Dialog>
    }
}

/// The same on a page of its own, for browsers that run no scripts.
pub fn new_page() -> AnyView {
    set_title(|| "New conversation".to_owned());
    part! {
        <section class="pane" aria-labelledby="new-title">
            <header class="pane-header">
                <a class="icon-button only-narrow" href="/" aria-label="Back to conversations">
                    {icon(Icon::Back)}
                </a>
                <h2 id="new-title" class="grow">"New conversation"</h2>
            </header>
            <div class="pane-body">
                <div class="sheet">
                    <div class="card">{new_form(Var::new(true), expect_context::<First>().refused)}</div>
                </div>
            </div>
        </section>
    }
}

fn new_form(open: Var<bool>, refused: Option<Problem>) -> AnyView {
    let live = use_live();
    let address = use_address();
    let problem = Var::new(refused);
    let picked = Var::new(Vec::<User>::new());
    let channel = Var::new(false);
    let show = move |id: ConversationId| {
        open.set(false);
        address.go(&format!("/c/{id}"));
    };
    let on_submit = move |event: ev::SubmitEvent| {
        let form = sent_form(&event);
        let ids: Vec<_> =
            picked.with_untracked(|picked| picked.iter().map(|user| user.id).collect());
        if ids.is_empty() && !channel.get_untracked() {
            crate::shortcuts::focus("#people");
            return;
        }
        let title = field_value(&form, "title").unwrap_or_default();
        let private = field_value(&form, "private").is_some();
        let new = described(ids, &title, channel.get_untracked(), private);
        spawn(async move {
            match live.create_conversation(new).await {
                Ok(head) => show(head.conversation.id),
                Err(AppError(why)) => problem.set(Some(why)),
            }
        });
    };
    part! {
        <form method="post" action=StartConversation::url() on:submit=on::submit(on_submit)>
            {all_reasons(problem)}
            {new_fields(picked, channel)}
            <div class="form-end">
                <button class="button button-primary">"Start"</button>
            </div>
        </form>
        {open_channels(show)}
    }
}

/// Here no field says its own reason: the list of people is no simple field.
fn all_reasons(problem: Var<Option<Problem>>) -> AnyView {
    shown(move || Some(note(problem.get()?.detail)))
}

fn new_fields(picked: Var<Vec<User>>, channel: Var<bool>) -> AnyView {
    part! {
        <div class="field">
            <label for="people">"People"</label>
            <FindPeople id="people" picked hint_id="people-hint" />
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
                on:change=on::input(move |event| channel.set(event_target_checked(&event)))
            />
            "A channel, which people can find and join"
        </label>
        <label class="choice">
            <input type="checkbox" name="private" value="yes" />
            "Private: nobody finds the channel, you add its members"
        </label>
    }
}

/// Channels that the reader could join.
fn open_channels(show: impl Fn(ConversationId) + Copy + Send + Sync + 'static) -> AnyView {
    let live = use_live();
    let channels = Var::new(Vec::<ConversationSummary>::new());
    effect(move || {
        spawn(async move {
            let found = live.open_channels(String::new()).await.unwrap_or_default();
            channels.set(found);
        });
    });
    let rows = dynamic(move || {
        let rows = channels.get().into_iter();
        let rows: Vec<_> = rows.map(|head| channel_row(&head, show)).collect();
        rows.into_any()
    });
    let class = attr(move || {
        if channels.with(Vec::is_empty) {
            "open-channels hidden"
        } else {
            "open-channels"
        }
    });
    part! {
        <div class=class>
            <h3>"Open channels"</h3>
            <ul class="row-list">{rows}</ul>
        </div>
    }
}

fn channel_row(
    head: &ConversationSummary,
    show: impl Fn(ConversationId) + Copy + 'static,
) -> AnyView {
    let live = use_live();
    let conversation = &head.conversation;
    let id = conversation.id;
    let title = conversation.title.clone().unwrap_or_default();
    let join = move |_| {
        spawn(async move {
            if live.join(id).await.is_ok() {
                show(id);
            }
        });
    };
    part! {
        <li class="row-item">
            <span class="avatar avatar-kind">{icon(Icon::Channel)}</span>
            <div class="grow">
                <strong>{title.clone()}</strong>
                <p class="muted one-line">{conversation.description.clone()}</p>
            </div>
            <button type="button" class="button" aria-label=format!("Join {title}") on:click=on::click(join)>
                "Join"
            </button>
        </li>
    }
}

#[cfg(test)]
mod tests {
    use super::described;
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
            assert_eq!(described(people(count), title, channel, false).kind, kind);
        }
    }

    #[test]
    fn only_a_channel_is_private_by_choice() {
        assert!(described(vec![], "x", true, true).private);
        assert!(!described(vec![UserId(1)], "", false, true).private);
    }
}
