//! Starting a conversation: with people, or as a channel; or joining one that is open to all.

use super::{StartConversation, details::field_value, find_people::FindPeople};
use crate::{
    error::AppError,
    live::use_live,
    ui::{Dialog, Icon, dynamic, icon, on, problem_note},
};
use leptos::{ev, html, prelude::*, server_fn::ServerFn, task::spawn_local};
use leptos_meta::Title;
use leptos_router::hooks::{use_navigate, use_query_map};
use model::{ConversationId, ConversationKind, Head, NewConversation, Problem, User, UserId};

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
pub fn NewDialog(open: RwSignal<bool>) -> impl IntoView {
    view! {
        <Dialog open title="New conversation">
            {new_form(open)}
        </Dialog>
    }
    .into_any()
}

/// The same on a page of its own, for browsers that run no scripts.
#[component]
pub fn NewPage() -> impl IntoView {
    view! {
        <Title text="New conversation · Parlance" />
        <section class="pane" aria-labelledby="new-title">
            <header class="pane-header">
                <a class="icon-button only-narrow" href="/" aria-label="Back to conversations">
                    {icon(Icon::Back)}
                </a>
                <h2 id="new-title" class="grow">"New conversation"</h2>
            </header>
            <div class="pane-body">
                <div class="sheet">
                    <div class="card">{new_form(RwSignal::new(true))}</div>
                </div>
            </div>
        </section>
    }
    .into_any()
}

fn new_form(open: RwSignal<bool>) -> AnyView {
    let live = use_live();
    let navigate = use_navigate();
    let asked = use_query_map().get_untracked();
    let action = ServerAction::<StartConversation>::new();
    let value = action.value();
    let failed = RwSignal::new(None::<Problem>);
    let problem = Signal::derive(move || {
        failed
            .get()
            .or_else(|| value.get()?.err().map(|AppError(problem)| problem))
    });
    let form = NodeRef::<html::Form>::new();
    let picked = RwSignal::new(Vec::<User>::new());
    let channel = RwSignal::new(false);
    let show = {
        let navigate = navigate.clone();
        move |id: ConversationId| {
            let _ = open.try_set(false);
            navigate(
                &format!("/c/{id}"),
                leptos_router::NavigateOptions::default(),
            );
        }
    };
    let on_submit = {
        let show = show.clone();
        move |event: ev::SubmitEvent| {
            event.prevent_default();
            let ids: Vec<_> =
                picked.with_untracked(|picked| picked.iter().map(|user| user.id).collect());
            if ids.is_empty() && !channel.get_untracked() {
                crate::shortcuts::focus("#people");
                return;
            }
            let title = field_value(form, "title").unwrap_or_default();
            let private = field_value(form, "private").is_some();
            let new = described(ids, &title, channel.get_untracked(), private);
            let show = show.clone();
            spawn_local(async move {
                match live.create_conversation(new).await {
                    Ok(head) => show(head.conversation.id),
                    Err(AppError(why)) => failed.set(Some(why)),
                }
            });
        }
    };
    view! {
        <form node_ref=form method="post" action=StartConversation::url() on:submit=on::submit(on_submit)>
            {all_reasons(problem)}
            {new_fields(picked, channel, asked.get("people").unwrap_or_default(), asked.get("title").unwrap_or_default())}
            <div class="form-end">
                <button class="button button-primary">"Start"</button>
            </div>
        </form>
        <OpenChannels show />
    }
    .into_any()
}

/// Here no field says its own reason: the list of people is no simple field.
fn all_reasons(problem: Signal<Option<Problem>>) -> AnyView {
    problem_note(Signal::derive(move || {
        problem.get().map(|mut problem| {
            problem.errors.clear();
            problem
        })
    }))
}

fn new_fields(
    picked: RwSignal<Vec<User>>,
    channel: RwSignal<bool>,
    people: String,
    title: String,
) -> AnyView {
    view! {
        <div class="field">
            <label for="people">"People"</label>
            <FindPeople id="people" picked value=people hint_id="people-hint" />
            <p class="hint" id="people-hint">
                "One person makes it a direct conversation, several a group."
                <noscript>" Write their usernames, with commas between."</noscript>
            </p>
        </div>
        <div class="field">
            <label for="new-name">"Name"</label>
            <input id="new-name" name="title" autocomplete="off" value=title aria-describedby="new-name-hint" />
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
    .into_any()
}

/// Channels that the reader could join.
#[component]
fn OpenChannels(show: impl Fn(ConversationId) + Clone + Send + Sync + 'static) -> impl IntoView {
    let live = use_live();
    let channels = RwSignal::new(Vec::<Head>::new());
    Effect::new(move |_| {
        spawn_local(async move {
            let found = live.open_channels(String::new()).await.unwrap_or_default();
            let _ = channels.try_set(found);
        });
    });
    let rows = dynamic(move || {
        let show = show.clone();
        channels
            .get()
            .into_iter()
            .map(|head| channel_row(&head, show.clone()))
            .collect_view()
            .into_any()
    });
    view! {
        <div class="open-channels" class:hidden=Signal::derive(move || channels.with(Vec::is_empty))>
            <h3>"Open channels"</h3>
            <ul class="row-list">{rows}</ul>
        </div>
    }
    .into_any()
}

fn channel_row(head: &Head, show: impl Fn(ConversationId) + 'static) -> AnyView {
    let live = use_live();
    let conversation = &head.conversation;
    let id = conversation.id;
    let title = conversation.title.clone().unwrap_or_default();
    let show = std::rc::Rc::new(show);
    let join = move |_| {
        let show = show.clone();
        spawn_local(async move {
            if live.join(id).await.is_ok() {
                show(id);
            }
        });
    };
    view! {
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
    .into_any()
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
