//! Voice messages: what their recorder says of them.

use super::media::MAX_DURATION;
use crate::{Error, Result};
use base64::{Engine, prelude::BASE64_STANDARD};
use model::NewVoice;

/// Amplitudes of the longest waveform. More could not be told apart in a row of the timeline.
const MAX_AMPLITUDES: usize = 100;

pub fn check(voice: &NewVoice) -> Result<()> {
    if !(1..=MAX_AMPLITUDES).contains(&voice.waveform.len()) {
        return Err(Error::invalid("waveform", "must be 1 to 100 bytes"));
    }
    if !(1..=MAX_DURATION).contains(&voice.duration) {
        return Err(Error::invalid(
            "duration",
            "must be milliseconds, of at most 100 hours",
        ));
    }
    Ok(())
}

/// As it is stored and told.
pub fn waveform_text(voice: &NewVoice) -> String {
    BASE64_STANDARD.encode(&voice.waveform)
}
