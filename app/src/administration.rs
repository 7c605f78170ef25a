//! The pages of administrators. Plain forms, rendered on the server only.

mod account_actions;
mod account_row;
mod audit;
mod bots;
mod invites;
mod layout;
mod paths;
mod people;

pub use audit::{AuditLog, audit_page, load_audit_log};
pub use bots::{Bots, bots_page, load_bots};
pub use invites::{Invites, invites_page, load_invites};
pub use paths::{AUDIT_PATH, BOTS_PATH, INVITES_PATH, PEOPLE_PATH};
pub use people::{People, load_people, people_page};
