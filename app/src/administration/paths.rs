//! The paths of the pages of administrators.

pub const PEOPLE_PATH: &str = "/administration/people";
pub const INVITES_PATH: &str = "/administration/invites";
