//! The panel of members: who they are, what they may do, and changing both.

use super::{find_people::FindPeople, page::Panels};
use crate::{
    error::AppError,
    live::{Live, spawn, use_live},
    presence::{presence_dot, presence_words},
    signals::{Var, derived},
    ui::{Icon, Menu, attr, avatar, close_menus, each, icon, on, problem_note, shown},
};
use leptos::prelude::*;
use model::{ConversationId, Member, MemberRole, NewMembers, Problem, User, UserId};

#[component]
pub fn MembersPanel(id: ConversationId) -> impl IntoView {
    let live = use_live();
    let panels = expect_context::<Panels>();
    let problem = Var::new(None::<Problem>);
    let ids = derived(move || {
        live.store.with(|store| {
            let members = store.members(id).unwrap_or_default();
            members
                .into_iter()
                .map(|member| member.user.id)
                .collect::<Vec<_>>()
        })
    });
    part! {
        <aside class="members" aria-label="Members">
            <header class="pane-header">
                <h2 class="grow">"Members"</h2>
                <button
                    type="button"
                    class="icon-button"
                    aria-label="Close the list of members"
                    on:click=on::click(move |_| panels.members.set(false))
                >
                    {icon(Icon::Close)}
                </button>
            </header>
            <div class="pane-body">
                {problem_note(problem)}
                {add_people(id, problem)}
                <ul class="row-list">
                    {each(
                        move || ids.get(),
                        UserId::to_string,
                        move |user_id| member_row(id, *user_id, problem),
                    )}
                </ul>
            </div>
        </aside>
    }
}

fn my_role(live: Live, id: ConversationId) -> Option<MemberRole> {
    live.store
        .with(|store| store.head(id).and_then(|head| head.role))
}

fn add_people(id: ConversationId, problem: Var<Option<Problem>>) -> AnyView {
    let live = use_live();
    let picked = Var::new(Vec::<User>::new());
    let add = move |_| {
        let new = NewMembers {
            user_ids: picked.with_untracked(|picked| picked.iter().map(|user| user.id).collect()),
            role: MemberRole::Member,
        };
        spawn(async move {
            match live.add_members(id, new).await {
                Ok(()) => picked.set(Vec::new()),
                Err(AppError(why)) => problem.set(Some(why)),
            }
        });
    };
    shown(move || {
        (my_role(live, id) >= Some(MemberRole::Admin)).then(|| {
            part! {
                <div class="add-people">
                    <label for="new-members">"Add people"</label>
                    <FindPeople id="new-members" picked />
                    <button
                        type="button"
                        class=attr(move || {
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

fn member_row(id: ConversationId, user_id: UserId, problem: Var<Option<Problem>>) -> AnyView {
    let live = use_live();
    let me = live.store.with_untracked(|store| store.me.user.id);
    let member = derived(move || {
        live.store.with(|store| {
            let mut members = store.members(id)?.into_iter();
            members.find(|member| member.user.id == user_id).cloned()
        })
    });
    let menu = shown(move || {
        let member = member.get()?;
        let mine = my_role(live, id)?;
        (user_id != me && mine >= MemberRole::Admin && mine > member.role)
            .then(|| member_menu(id, &member, mine, problem))
    });
    let person =
        shown(move || member.with(|member| member.as_ref().map(|member| person(member, me))));
    part! {
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
    part! {
        <span class="face">
            {avatar(user.id.0, &user.name, user.avatar_url.as_deref())} {presence_dot(user.id)}
        </span>
        <div class="grow">
            <strong>{user.name.clone()}</strong>
            <p class="muted one-line">{presence_words(user.id)} {you}</p>
        </div>
        {role.map(|role| part! { <span class="tag">{role}</span> })}
    }
}

fn member_menu(
    id: ConversationId,
    member: &Member,
    mine: MemberRole,
    problem: Var<Option<Problem>>,
) -> AnyView {
    let live = use_live();
    let user_id = member.user.id;
    let say = move |result: Result<(), AppError>| {
        if let Err(AppError(why)) = result {
            problem.set(Some(why));
        }
    };
    let set_role = move |role: MemberRole| {
        move |_| {
            close_menus();
            spawn(async move { say(live.set_role(id, user_id, role).await) });
        }
    };
    let remove = move |_| {
        close_menus();
        spawn(async move { say(live.remove_member(id, user_id).await) });
    };
    let promotion = (mine == MemberRole::Owner).then(|| match member.role {
        MemberRole::Admin => part! {
            <button type="button" class="menu-item" on:click=on::click(set_role(MemberRole::Member))>"Make a member"</button>
        },
        _ => part! {
            <button type="button" class="menu-item" on:click=on::click(set_role(MemberRole::Admin))>"Make an admin"</button>
        },
    });
    part! {
        <Menu label="Change this member" button=icon(Icon::More)>
            {promotion}
            <button type="button" class="menu-item danger" on:click=on::click(remove)>
                "Remove"
            </button>
        </Menu>
    }
}
