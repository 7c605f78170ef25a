//! Makes the previews of messages that have been written or edited, beside all else: no send waits for a page.
//!
//! A node writes down which messages may have links, behind their commit. Whichever node comes first takes such a row
//! for a while, in which the others pass over it, fetches what is not known yet, and gives the previews to the message,
//! as a change of it that takes a `seq`. If it dies in between, another node takes the row.

use super::{
    jobs::{Job, finish_job, postpone_job, take_jobs, write_jobs},
    page::Lack,
    pages::{Claim, claim_page, known_page, release_page},
    running::Running,
};
use crate::{Caller, Chat, Error, Result, text};
use futures_util::{StreamExt, stream::FuturesUnordered};
use metrics::counter;
use model::{Event, UserRole};
use reqwest::Url;
use sha2::{Digest, Sha256};
use std::{mem, time::Duration};
use tokio::time::{sleep, timeout};

/// Messages that a node works on at once. Each holds no connection to the database while it waits for a page.
const MAX_AT_ONCE: usize = 12;

/// Messages beyond which no sender has a second one at once: the places that are left are for others.
const MAX_WITH_SECONDS: usize = 6;

/// Longest sleep, within which a node learns of what another one has left.
const LOOK_INTERVAL: Duration = Duration::from_secs(10);

/// While somebody else fetches a page: between two looks, and how many there are. Then the message waits for its next
/// attempt.
const WAIT: Duration = Duration::from_millis(500);
const MAX_WAITS: usize = 60;

/// How long a page waits for those of other links, so that the message changes once for all of them. Then it is shown
/// without a site that answers late.
const TOGETHER: Duration = Duration::from_secs(2);

/// Attempts for a page that is doubtful (`FetchError::is_doubtful`): most of their names are not there.
const MAX_DOUBTFUL: i32 = 2;

/// The page of a link.
struct FoundLink {
    /// As the message has it.
    url: String,
    address_hash: Vec<u8>,
    page_id: i64,
}

impl Chat {
    /// Makes previews until it is aborted; not at all on a server that makes none.
    pub async fn keep_link_previews(&self) {
        if !self.0.link_previews.enabled {
            return;
        }
        let mut running = Running::default();
        loop {
            if let Err(error) = self.begin_link_previews(&mut running).await {
                tracing::warn!(%error, "links are previewed later");
                sleep(LOOK_INTERVAL).await;
            }
            tokio::select! {
                Some(()) = running.join_next() => {}
                () = self.0.link_previews.changed() => {}
                () = sleep(LOOK_INTERVAL) => {}
            }
        }
    }

    /// Makes the previews that are due now.
    pub async fn make_link_previews(&self) -> Result<()> {
        let mut running = Running::default();
        loop {
            self.begin_link_previews(&mut running).await?;
            if running.join_next().await.is_none() {
                return Ok(());
            }
        }
    }

    async fn begin_link_previews(&self, running: &mut Running) -> Result<()> {
        let (db, state) = (&self.0.db, &self.0.link_previews);
        let noted = state.take_noted();
        if !noted.is_empty()
            && let Err(error) = write_jobs(db, &noted).await
        {
            state.note_all(noted);
            return Err(error);
        }
        // Once more after each look: it passes over a sender who had more than their share, and not over those behind them.
        loop {
            let room = MAX_AT_ONCE.saturating_sub(running.len());
            if room == 0 {
                return Ok(());
            }
            let seconds = MAX_WITH_SECONDS.saturating_sub(running.len());
            let senders = running.senders();
            let jobs = take_jobs(db, room, seconds, &senders, running.served()).await?;
            if jobs.is_empty() {
                return Ok(());
            }
            for job in jobs {
                let chat = self.clone();
                running.spawn(
                    job.sender_id,
                    async move { chat.preview_message(job).await },
                );
            }
        }
    }

    async fn preview_message(&self, job: Job) {
        let previewed = if job.is_wanted {
            self.try_preview(&job).await
        } else {
            Ok(())
        };
        if let Err(error) = previewed {
            tracing::debug!(%error, message_id = %job.message_id, "links have no preview");
            if error.may_pass() {
                if let Err(error) = postpone_job(&self.0.db, &job).await {
                    tracing::debug!(%error, "links are looked at again, but later");
                }
                return;
            }
        }
        if let Err(error) = finish_job(&self.0.db, &job).await {
            tracing::warn!(%error, "the links of a message are looked at again");
        }
    }

    /// Gives the message what can be had, even if a part of it cannot be had now.
    async fn try_preview(&self, job: &Job) -> Result<()> {
        let links = text::previewed_links(&job.body).into_iter();
        let finding = links.map(|link| self.find_page(job, link));
        let mut finding: FuturesUnordered<_> = finding.collect();
        let (mut pages, mut previewed) = (Vec::new(), Ok(()));
        loop {
            let found = if pages.is_empty() {
                finding.next().await
            } else if let Ok(found) = timeout(TOGETHER, finding.next()).await {
                found
            } else {
                // Others are on their way, and are not dropped with it.
                let attached = self.attach_previews(job, mem::take(&mut pages)).await;
                previewed = deciding(previewed, attached);
                continue;
            };
            match found {
                Some(Ok(page)) => pages.extend(page),
                Some(Err(error)) => previewed = deciding(previewed, Err(error)),
                None => break,
            }
        }
        if !pages.is_empty() {
            let attached = self.attach_previews(job, pages).await;
            previewed = deciding(previewed, attached);
        }
        previewed
    }

    /// The page of a link, if there is anything to show of it.
    async fn find_page(&self, job: &Job, link: String) -> Result<Option<FoundLink>> {
        let Some(url) = address(&link) else {
            return Ok(None);
        };
        let plain = self.0.link_previews.reach.plain(url);
        let Ok(url) = plain else {
            count("refused");
            return Ok(None);
        };
        let db = &self.0.db;
        let hash = Sha256::digest(url.as_str()).to_vec();
        for _ in 0..MAX_WAITS {
            if let Some(known) = known_page(db, &hash).await? {
                return Ok(known.is_found.then_some(FoundLink {
                    url: link,
                    address_hash: hash,
                    page_id: known.id,
                }));
            }
            let Some(claim) = claim_page(db, &hash).await? else {
                sleep(WAIT).await;
                continue;
            };
            // Somebody else may have come to an end between the two looks.
            if known_page(db, &hash).await?.is_some() {
                release_page(db, &claim).await?;
            } else {
                self.fetch_claimed(job, &claim, url.clone()).await?;
            }
        }
        Err(Error::Overloaded)
    }

    /// Fetches a page that this node has claimed; afterwards it is known.
    async fn fetch_claimed(&self, job: &Job, claim: &Claim, url: Url) -> Result<()> {
        if let Err(error) = self.0.link_previews.count_page(job.sender_id) {
            count("limited");
            release_page(&self.0.db, claim).await?;
            return Err(error);
        }
        let page = match self.fetch_page(url, job.sender_id).await {
            Ok(page) => {
                count(if page.is_some() { "found" } else { "nothing" });
                page.ok_or(Lack::OfPage)
            }
            Err(error) => {
                count(error.outcome());
                tracing::debug!(%error, message_id = %job.message_id, "a page could not be had");
                // What this server has no means for says nothing of the page: others ask for it, and this message later.
                let is_given_up = error.is_doubtful() && job.attempts >= MAX_DOUBTFUL;
                if error.may_pass() && !is_given_up {
                    release_page(&self.0.db, claim).await?;
                    return Err(Error::Overloaded);
                }
                Err(if is_given_up {
                    Lack::OfServer
                } else {
                    Lack::OfPage
                })
            }
        };
        let finished = self.finish_page(claim, page).await;
        if finished.is_err() {
            release_page(&self.0.db, claim).await?;
        }
        finished
    }

    /// Gives pages to their message, as its sender, unless it has been deleted, or has other links by now, or its sender
    /// is blocked.
    async fn attach_previews(&self, job: &Job, found: Vec<FoundLink>) -> Result<()> {
        let caller = Caller {
            user_id: job.sender_id,
            session_id: None,
            role: UserRole::Member,
            app_id: None,
            grant: None,
            origin: crate::Origin::default(),
        };
        let id = job.message_id;
        let attached = self.change_message(&caller, id, async move |chat, mut change| {
            change.require_not_deleted()?;
            let links = text::previewed_links(&change.body);
            let number = |link: &String| {
                let at = links.iter().position(|it| it == link);
                at.and_then(|at| i16::try_from(at + 1).ok())
            };
            let (mut hashes, mut pages) = (Vec::new(), Vec::new());
            let (mut urls, mut numbers) = (Vec::new(), Vec::new());
            for page in found {
                if let Some(number) = number(&page.url) {
                    hashes.push(page.address_hash);
                    pages.push(page.page_id);
                    urls.push(page.url);
                    numbers.push(number);
                }
            }
            let attached = sqlx::query!(
                "insert into link_previews (message_id, address_hash, page_id, url, number)
                select $1, f.hash, f.page_id, f.url, f.number
                from unnest($2::bytea[], $3::bigint[], $4::text[], $5::smallint[])
                    f(hash, page_id, url, number)
                where exists (select from conversations c where c.id = $6 and c.link_previews)
                    and exists (select from users u where u.id = $7 and u.blocked_at is null)
                on conflict do nothing",
                id.0,
                &hashes,
                &pages,
                &urls,
                &numbers,
                change.conversation_id.0,
                change.sender_id.0
            )
            .execute(&mut *change.tx)
            .await?;
            if attached.rows_affected() == 0 {
                return change.unchanged().await;
            }
            change.touch().await?;
            change
                .commit_and_publish(&chat, Event::message_updated)
                .await
        });
        attached.await.map(drop)
    }
}

/// Of two results the one that decides whether there is another attempt: an error that may pass goes before others.
fn deciding(first: Result<()>, second: Result<()>) -> Result<()> {
    if first.as_ref().is_err_and(Error::may_pass) {
        first
    } else {
        second.and(first)
    }
}

/// What is asked for a link: the address without its fragment, which browsers do not send either.
fn address(link: &str) -> Option<Url> {
    let mut url: Url = link.parse().ok()?;
    url.set_fragment(None);
    Some(url)
}

/// `outcome` is one of `found`, `nothing`, `refused`, `limited` and `failed`.
fn count(outcome: &'static str) {
    counter!("parlance_link_previews_total", "outcome" => outcome).increment(1);
}

#[cfg(test)]
mod tests {
    use super::{Error, deciding};

    #[test]
    fn an_error_that_may_pass_is_not_hidden() {
        let passes = || Err(Error::Overloaded);
        let stays = || Err(Error::NotFound("message"));
        for (first, second) in [
            (passes(), stays()),
            (stays(), passes()),
            (passes(), Ok(())),
            (Ok(()), passes()),
        ] {
            assert!(deciding(first, second).unwrap_err().may_pass());
        }
        assert!(!deciding(stays(), Ok(())).unwrap_err().may_pass());
        assert!(deciding(Ok(()), Ok(())).is_ok());
    }
}
