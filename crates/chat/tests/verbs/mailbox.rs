//! A mail server that keeps what it takes, in memory.

use chat::{EmailSettings, EmailTransport, SendError, Settings, WireEmail};
use futures_util::future::{BoxFuture, FutureExt};
use sqlx::PgPool;
use std::{
    collections::VecDeque,
    sync::{Arc, Mutex},
};

/// Where links in mails lead.
pub const PUBLIC_URL: &str = "https://chat.example.org";

#[derive(Clone, Default)]
pub struct Mailbox {
    taken: Arc<Mutex<Vec<WireEmail>>>,
    refusals: Arc<Mutex<VecDeque<SendError>>>,
}

impl EmailTransport for Mailbox {
    fn send(&self, email: WireEmail) -> BoxFuture<'_, Result<(), SendError>> {
        let refusal = self.refusals.lock().unwrap().pop_front();
        if refusal.is_none() {
            self.taken.lock().unwrap().push(email);
        }
        std::future::ready(refusal.map_or(Ok(()), Err)).boxed()
    }
}

/// A mail that was taken.
#[derive(Debug)]
pub struct Letter {
    pub to: String,
    pub text: String,
}

impl Letter {
    /// The secret of the link to a page such as `reset`.
    pub fn secret(&self, page: &str) -> String {
        let start = format!("{PUBLIC_URL}/{page}/");
        let (_, rest) = self.text.split_once(&start).expect(&self.text);
        let end = rest.find(|c: char| c.is_whitespace());
        rest[..end.unwrap_or(rest.len())].to_owned()
    }
}

impl Mailbox {
    /// The settings of a chat that sends its mails here.
    pub fn settings(&self, settings: Settings) -> Settings {
        Settings {
            emails: Some(EmailSettings {
                transport: Arc::new(self.clone()),
                from: "Parlance <chat@example.org>".parse().unwrap(),
                public_url: PUBLIC_URL.parse().unwrap(),
            }),
            ..settings
        }
    }

    /// The next mail is refused so.
    pub fn refuse(&self, refusal: SendError) {
        self.refusals.lock().unwrap().push_back(refusal);
    }

    /// What was taken since the last call.
    pub fn take(&self) -> Vec<Letter> {
        let taken = std::mem::take(&mut *self.taken.lock().unwrap());
        let letters = taken.into_iter().map(|email| Letter {
            to: email.envelope.to()[0].to_string(),
            text: unquoted(&String::from_utf8(email.bytes).unwrap()),
        });
        letters.collect()
    }

    /// The secret of the link to a page, in the only mail since the last call that has one.
    pub fn take_secret(&self, page: &str) -> String {
        let letters = self.take();
        let mut linked = letters
            .iter()
            .filter(|it| it.text.contains(&format!("/{page}/")));
        let secret = linked.next().expect("no link").secret(page);
        assert!(linked.next().is_none(), "{letters:?}");
        secret
    }

    /// The only mail that was taken since the last call.
    pub fn take_one(&self) -> Letter {
        let mut taken = self.take();
        assert_eq!(taken.len(), 1, "{taken:?}");
        taken.remove(0)
    }
}

/// Without the breaks and the sign that quoted-printable adds to long lines of ASCII (RFC 2045, 6.7).
fn unquoted(text: &str) -> String {
    text.replace("=\r\n", "").replace("=3D", "=")
}

/// Lets mails that wait for their next attempt be due.
pub async fn hasten(db: &PgPool) {
    let sql = "update emails set attempt_at = now() - interval '1 second'";
    sqlx::query(sql).execute(db).await.unwrap();
}

/// How many mails wait.
pub async fn waiting(db: &PgPool) -> i64 {
    let count = sqlx::query_scalar("select count(*) from emails");
    count.fetch_one(db).await.unwrap()
}
