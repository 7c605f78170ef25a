//! Details of authentication errors, by which contracts tell them apart.

use crate::Error;

pub const BAD_TOKEN: &str = "The token is not valid, or no longer.";
/// The token is signed with one of our keys, but no user has its id.
pub const UNKNOWN_USER: &str = "The token names no user.";
/// The token says that it is of another type, for example a refresh token.
pub const WRONG_TOKEN_TYPE: &str = "The token is not an access token.";
/// The token does not say until when it is valid, and has to.
pub const NO_EXP: &str = "The token has no claim `exp`.";
/// An administrator has blocked the user. The only one of these that is `Forbidden`.
pub const BLOCKED: &str = "This account is blocked.";
/// A sign-in that was to show a code was ended, or has taken too long.
pub const SIGN_IN_OVER: &str = "This sign-in has ended. Begin again with your password.";
/// The user is gone from the app that has signed the token, or was blocked there before an import.
pub const ENDED: &str = "This account is not active.";

pub(crate) const INVALID_TOKEN: Error = Error::Unauthenticated(BAD_TOKEN);
pub(crate) const ACCOUNT_BLOCKED: Error = Error::Forbidden(BLOCKED);
pub(crate) const SIGN_IN_ENDED: Error = Error::Unauthenticated(SIGN_IN_OVER);
pub(crate) const WRONG_PASSWORD: Error =
    Error::Unauthenticated("The login or the password is wrong.");
