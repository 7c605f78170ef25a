//! Tests of the verbs, on a real Postgres. Each verb is also called by an outsider, who must see
//! nothing.

#![allow(
    clippy::disallowed_methods,
    reason = "tests are not cancelled, as a request is"
)]

mod access;
mod accounts;
mod addable_by;
mod announcement_conversation;
mod announcements;
mod app_fixtures;
mod app_names;
mod app_profiles;
mod app_tokens;
mod apps_property;
mod attachments;
mod batches;
mod changes;
mod concurrency;
mod conversations;
mod direct;
mod directory;
mod directory_accounts;
mod directory_fixtures;
mod drafts;
mod export_ids;
mod exports;
mod favorites;
mod find;
mod fixtures;
mod follow_ups;
mod forwards;
mod imports;
mod indexes;
mod invitations;
mod key_sets;
mod links;
mod many_conversations;
mod members;
mod messages;
mod moderation;
mod named_after_members;
mod names;
mod pages;
mod passwords;
mod pins;
mod placeholders;
mod plans;
mod presence;
mod previews;
mod reactions;
mod readers;
mod receipts;
mod reminders;
mod saved;
mod scheduled_messages;
mod scheduled_race;
mod scheduled_repeats;
mod search;
mod send_paths;
mod session_audit;
mod sessions;
mod taken_usernames;
mod text;
mod thread_sends;
mod threads;
mod tokens;
mod told_limits;
mod typing;
mod unread_marks;
mod user_cards;
mod user_keys;
mod users;
mod work_stats;
