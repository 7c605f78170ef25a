//! The `chat` crate in this process, on the scenario's database, without a server.

use crate::{env::BenchEnv, error::Result};
use bench::{
    processes::{JWT_SECRET, ProcessError},
    seed::SeededUser,
};
use chat::{Caller, Chat, Keys, RateLimits, Settings, SubjectOrigin, database};
use model::UserRole;
use std::num::NonZeroU32;
use tokio::task::JoinHandle;

/// Dropping it ends the task that consumes the deliveries.
pub struct InProcess {
    pub chat: Chat,
    drain_task: JoinHandle<()>,
}

impl InProcess {
    pub async fn open(env: &BenchEnv, connections: u32) -> Result<Self> {
        let pool = database::connect(&env.postgres.url(), connections).await;
        let chat = Chat::new(pool.map_err(ProcessError::from)?, settings()?);
        // A subscriber that drops every delivery, because a server would have one too.
        let mut deliveries = chat.subscribe();
        let drain_task = tokio::spawn(async move { while deliveries.next().await.is_some() {} });
        Ok(Self { chat, drain_task })
    }

    pub async fn close(self) {
        self.chat.pool().close().await;
    }
}

impl Drop for InProcess {
    fn drop(&mut self) {
        self.drain_task.abort();
    }
}

pub fn caller(user: &SeededUser) -> Caller {
    Caller {
        user_id: user.user_id,
        session_id: None,
        role: UserRole::Member,
        app_id: None,
        grant: None,
        origin: chat::Origin::default(),
    }
}

fn settings() -> Result<Settings> {
    let one = NonZeroU32::MIN;
    Ok(Settings {
        keys: Keys::new(JWT_SECRET.as_bytes(), None, SubjectOrigin::Local)?,
        rate_limits: RateLimits {
            volume: false,
            messages_burst: one,
            messages_per_second: one,
            registrations_per_hour: one,
            ..RateLimits::default()
        },
        timings: chat::Timings::default(),
        registration: chat::RegistrationRules::default(),
        two_factor: chat::TwoFactorRules::default(),
        presence_audience: chat::PresenceAudience::Contacts,
        uploads: chat::UploadSettings::default(),
        link_previews: chat::LinkPreviewSettings {
            enabled: false,
            ..chat::LinkPreviewSettings::default()
        },
        single_sign_on: chat::SingleSignOn::default(),
        emails: None,
    })
}
