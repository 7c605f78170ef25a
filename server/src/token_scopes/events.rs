//! The scope of each event that clients emit.

use model::Scope;
use model::Scope::{Read, Write};

pub const EVENTS: &[(&str, Scope)] = &[
    ("message:send", Write),
    ("message:edit", Write),
    ("message:delete", Write),
    ("message:pin", Write),
    ("message:unpin", Write),
    ("message:save", Write),
    ("message:unsave", Write),
    ("reaction:add", Write),
    ("reaction:remove", Write),
    ("poll:vote", Write),
    ("poll:retract", Write),
    ("poll:close", Write),
    ("conversation:read", Write),
    ("conversation:unread", Write),
    ("conversation:delivered", Write),
    ("thread:read", Write),
    ("thread:follow", Write),
    ("thread:unfollow", Write),
    ("typing:start", Write),
    ("typing:stop", Write),
    ("presence:set", Write),
    ("sync", Read),
];
