//! Entries of the audit log about roles that apps give.

use crate::{Caller, accounts::role::role_text, audit::NewEntry};
use model::{AppId, AuditAction, UserId, UserRole};

/// A token of the app decides, and nobody who is signed in.
pub fn by_token(app_id: AppId, user_id: UserId, role: UserRole) -> NewEntry {
    let entry = NewEntry::by_server(AuditAction::UserRoleChanged).with("by", "app");
    of_app(entry, app_id, user_id, role)
}

/// Whoever updates the directory of the app decides.
pub fn by_directory(caller: &Caller, app_id: AppId, user_id: UserId, role: UserRole) -> NewEntry {
    let entry = NewEntry::by(caller, AuditAction::UserRoleChanged).with("by", "directory");
    of_app(entry, app_id, user_id, role)
}

fn of_app(entry: NewEntry, app_id: AppId, user_id: UserId, role: UserRole) -> NewEntry {
    entry
        .on(user_id)
        .with("role", role_text(role))
        .with("app", app_id)
}
