//! The list of members: their roles, and adding, promoting and removing them.

use super::{about::about, member_pages::MemberPages};
use crate::{
    chunks::people_picker::PeoplePicker,
    client::{ChatClient, spawn, use_client},
    erased_signal::{ErasedSignal, memo},
    error::AppError,
    presence::{presence_dot, presence_text},
    store::Key,
    ui::{
        Icon, Menu, avatar, close_menus, dynamic_attr, icon, keyed_list, on, problem_note, show_if,
    },
};
use leptos::prelude::*;
use model::{ConversationId, Member, MemberRole, NewMembers, Problem, User, UserId};

pub fn member_list(id: ConversationId) -> AnyView {
    let client = use_client();
    let problem = ErasedSignal::new(None::<Problem>);
    let pages = MemberPages::new(client, id, problem);
    let ids = memo(move || pages.ids());
    any_view! {
        {about(id)}
        {problem_note(problem)}
        {add_people(id, problem)}
        {pages.search_box()}
        <ul class="row-list">
            {keyed_list(
                move || ids.get(),
                UserId::to_string,
                move |user_id| member_row(id, *user_id, problem),
            )}
        </ul>
        {pages.below(ids)}
    }
}

/// The role of the user themselves.
fn my_role(client: ChatClient, id: ConversationId) -> Option<MemberRole> {
    client.store.with(&[Key::Head(id)], |store| {
        store.summary(id).and_then(|summary| summary.role)
    })
}

fn add_people(id: ConversationId, problem: ErasedSignal<Option<Problem>>) -> AnyView {
    let client = use_client();
    let picked = ErasedSignal::new(Vec::<User>::new());
    let add = move |_| {
        let new = NewMembers {
            user_ids: picked.with_untracked(|picked| picked.iter().map(|user| user.id).collect()),
            role: MemberRole::Member,
        };
        spawn(async move {
            match client.add_members(id, new).await {
                Ok(()) => picked.set(Vec::new()),
                Err(AppError(error)) => problem.set(Some(error)),
            }
        });
    };
    show_if(move || {
        (my_role(client, id) >= Some(MemberRole::Admin)).then(|| {
            any_view! {
                <div class="add-people">
                    <label for="new-members">"Add people"</label>
                    <PeoplePicker id="new-members" picked />
                    <button
                        type="button"
                        class=dynamic_attr(move || {
                            if picked.with(Vec::is_empty) {
                                "button button-primary hidden"
                            } else {
                                "button button-primary"
                            }
                        })
                        on:click=on::click(add)
                    >
                        "Add"
                    </button>
                </div>
            }
        })
    })
}

fn member_row(
    id: ConversationId,
    user_id: UserId,
    problem: ErasedSignal<Option<Problem>>,
) -> AnyView {
    let client = use_client();
    let me = client.store.with_untracked(|store| store.me.user.id);
    let member = memo(move || {
        client.store.with(&[Key::Members(id)], |store| {
            store.member(id, user_id).cloned()
        })
    });
    let menu = show_if(move || {
        let member = member.get()?;
        let mine = my_role(client, id)?;
        (user_id != me && mine >= MemberRole::Admin && mine > member.role)
            .then(|| member_menu(id, &member, mine, problem))
    });
    let person =
        show_if(move || member.with(|member| member.as_ref().map(|member| person(member, me))));
    any_view! {
        <li class="row-item">
            {person}
            {menu}
        </li>
    }
}

fn person(member: &Member, me: UserId) -> AnyView {
    let user = &member.user;
    let role = match member.role {
        MemberRole::Owner => Some("Owner"),
        MemberRole::Admin => Some("Admin"),
        MemberRole::Member => None,
    };
    let you = (user.id == me).then_some(" · you");
    any_view! {
        <span class="face">
            {avatar(user.id.0, &user.name, user.avatar_url.as_deref())} {presence_dot(user.id)}
        </span>
        <div class="grow">
            <button type="button" class="name notranslate" dir="auto" data-user=user.id.to_string()>
                {user.name.clone()}
            </button>
            <p class="muted one-line">{presence_text(user.id)} {you}</p>
        </div>
        {user.bot.then(|| any_view! { <span class="tag">"Bot"</span> })}
        {role.map(|role| any_view! { <span class="tag">{role}</span> })}
    }
}

fn member_menu(
    id: ConversationId,
    member: &Member,
    my_role: MemberRole,
    problem: ErasedSignal<Option<Problem>>,
) -> AnyView {
    let client = use_client();
    let user_id = member.user.id;
    let show_error = move |result: Result<(), AppError>| {
        if let Err(AppError(error)) = result {
            problem.set(Some(error));
        }
    };
    let set_role = move |role: MemberRole| {
        move |_| {
            close_menus();
            spawn(async move { show_error(client.set_member_role(id, user_id, role).await) });
        }
    };
    let remove = move |_| {
        close_menus();
        spawn(async move { show_error(client.remove_member(id, user_id).await) });
    };
    let promotion = (my_role == MemberRole::Owner).then(|| match member.role {
        MemberRole::Admin => any_view! {
            <button type="button" class="menu-item" on:click=on::click(set_role(MemberRole::Member))>"Make a member"</button>
        },
        _ => any_view! {
            <button type="button" class="menu-item" on:click=on::click(set_role(MemberRole::Admin))>"Make an admin"</button>
        },
    });
    any_view! {
        <Menu label="Change this member" button=icon(Icon::More)>
            {promotion}
            <button type="button" class="menu-item danger" on:click=on::click(remove)>
                "Remove"
            </button>
        </Menu>
    }
}
