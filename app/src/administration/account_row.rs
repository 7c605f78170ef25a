//! An account in the list of all, and below it what can be done to it.

use super::{
    account_actions::ChangeAccount,
    paths::{CURSOR, Listed, QUERY, account_id},
};
use crate::ui::{Icon, avatar, form_action, icon, note};
use leptos::{prelude::*, server_fn::ServerFn};
use model::{PictureSize, User, UserAccount, UserId, UserRole, picture_of_size};

/// The form of an action, which the button submits.
struct Choice {
    action: &'static str,
    label: &'static str,
    /// What it leads to, where that is asked first.
    question: Option<&'static str>,
}

/// What the administrator proves with who they are, before an account is deleted.
#[derive(Clone, Copy, Debug)]
pub struct OwnProof {
    pub has_password: bool,
    pub has_two_factor: bool,
}

/// `refusal`: why the last action on this account was refused.
pub fn account_row(
    account: &UserAccount,
    own_id: UserId,
    own_proof: OwnProof,
    listed: &Listed,
    refusal: Option<String>,
) -> AnyView {
    let (user, is_refused) = (&account.user, refusal.is_some());
    let role = (user.role == UserRole::Admin).then_some("Administrator");
    let blocked = account.blocked_at.map(|_| "Blocked");
    let two_factor = match (account.has_two_factor, account.owes_two_factor) {
        (true, _) => Some("Two-factor"),
        (false, true) => Some("No two-factor yet"),
        (false, false) => None,
    };
    let identity = account.has_identity.then_some("Single sign-on");
    let tags = [role, identity, two_factor, blocked].into_iter().flatten();
    let tags: Vec<_> = tags
        .map(|tag| any_view! { " " <span class="tag">{tag}</span> }.into_any())
        .collect();
    let choices: Vec<_> = choices(account, own_id)
        .into_iter()
        .map(|choice| choice_view(user, &choice, own_proof, listed))
        .collect();
    any_view! {
        <li>
            <details class="account" name="account" open=is_refused>
                <summary id=account_id(user.id) class="row-item">
                    {avatar(user.id.0, &user.name, user.avatar_url.as_deref())}
                    <span class="grow">
                        <strong class="one-line" dir="auto" translate="no">{user.name.clone()}</strong>
                        <span class="one-line">
                            <span class="muted" translate="no">"@"{user.username.clone()}</span>
                            {tags}
                        </span>
                    </span>
                    {icon(Icon::More)}
                </summary>
                {refusal.map(note)}
                <div class="account-choices">{choices}</div>
            </details>
        </li>
    }
}

/// What can be done to somebody. Nobody blocks themself, or changes their own role.
fn choices(account: &UserAccount, own_id: UserId) -> Vec<Choice> {
    let mut choices = access_choices(account, own_id);
    let url = account.user.avatar_url.as_deref();
    if url.is_some_and(|url| picture_of_size(url, PictureSize::Small).is_some()) {
        choices.push(Choice {
            action: "remove-picture",
            label: "Remove the picture",
            question: None,
        });
    }
    if account.user.id != own_id {
        choices.extend(deletions());
    }
    choices
}

fn access_choices(account: &UserAccount, own_id: UserId) -> Vec<Choice> {
    let asked = |action, label, question| Choice {
        action,
        label,
        question: Some(question),
    };
    if account.blocked_at.is_some() {
        return vec![asked("unblock", "Unblock", "They can sign in again.")];
    }
    let mut choices = vec![Choice {
        action: "reset",
        label: "New password",
        question: None,
    }];
    if account.user.id != own_id {
        choices.push(match account.user.role {
            UserRole::Admin => asked(
                "demote",
                "Make a member",
                "They can no longer invite people or change accounts.",
            ),
            UserRole::Member => asked(
                "promote",
                "Make an administrator",
                "They can then do what you can: invite people, and change and block accounts, yours too.",
            ),
        });
        choices.push(asked(
            "end-sessions",
            "Sign out",
            "They are signed out in all browsers and programs.",
        ));
        if account.has_two_factor {
            choices.push(asked(
                "reset-two-factor",
                "Reset two-factor",
                "Their password alone signs in then. They are signed out everywhere, and told about it.",
            ));
        }
        choices.push(asked(
            "block",
            "Block",
            "They are signed out everywhere, and cannot sign in until somebody unblocks them.",
        ));
    }
    choices
}

fn deletions() -> [Choice; 2] {
    [
        Choice {
            action: "delete",
            label: "Delete",
            question: Some(
                "The account is gone for good, with everything that only its user has. Their messages stay, as those of “Deleted user”.",
            ),
        },
        Choice {
            action: "delete-all",
            label: "Delete with messages",
            question: Some(
                "The account is gone for good, and so are its messages, files, reactions and votes, for everybody.",
            ),
        },
    ]
}

fn choice_view(user: &User, choice: &Choice, own_proof: OwnProof, listed: &Listed) -> AnyView {
    let (id, name, label) = (user.id, &user.name, choice.label);
    let is_deletion = matches!(choice.action, "delete" | "delete-all");
    let form = |class| {
        any_view! {
            <form method="post" action=form_action(ChangeAccount::url())>
                <input type="hidden" name="id" value=id.to_string() />
                <input type="hidden" name="action" value=choice.action />
                <input type="hidden" name=QUERY value=listed.query.clone() />
                <input type="hidden" name=CURSOR value=listed.after.clone() />
                {is_deletion.then(|| proof_fields(id, choice.action, own_proof))}
                <button class=class aria-label=format!("{label}: {name}")>{label}</button>
            </form>
        }
    };
    let Some(question) = choice.question else {
        return form("button");
    };
    let class = match choice.action {
        "unblock" => "button button-primary",
        _ => "button button-danger",
    };
    any_view! {
        <details name=format!("choice-{id}")>
            <summary class="button">{label}"…"</summary>
            <p class="muted">{question}</p>
            {form(class)}
        </details>
    }
}

/// The administrator's own password and code. Each form has fields of its own.
fn proof_fields(id: UserId, action: &str, own_proof: OwnProof) -> AnyView {
    let field = |name: &'static str,
                 label: &'static str,
                 kind: &'static str,
                 autocomplete: &'static str| {
        let field_id = format!("{name}-{action}-{id}");
        any_view! {
            <div class="field">
                <label for=field_id.clone()>{label}</label>
                <input id=field_id name=name type=kind autocomplete=autocomplete required />
            </div>
        }
    };
    let password = if own_proof.has_password {
        field(
            "current_password",
            "Your own password",
            "password",
            "current-password",
        )
    } else {
        any_view! { <p class="muted">"You must have signed in within the last 10 minutes."</p> }
    };
    let code = own_proof
        .has_two_factor
        .then(|| field("code", "Your own code", "text", "one-time-code"));
    any_view! {
        {password}
        {code}
    }
}
