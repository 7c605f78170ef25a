//! `Lookups`: how many names are looked up at once, for all and for one user.

use super::reach::Lookup;
use model::UserId;
use std::{
    collections::HashMap,
    io,
    net::IpAddr,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    time::timeout,
};

/// Names that are looked up at once. The system's look-up has a thread until its name servers answer, or are given up
/// after some 10 or 20 seconds, also when nobody waits for it any more. The runtime has 512 such threads.
const MAX_LOOKUPS: usize = 128;

/// Those of one user. The names of one that nobody answers for are not to have all threads.
const MAX_OF_USER: usize = 4;

/// How long a page waits for its turn and for the answer.
const TIMEOUT: Duration = Duration::from_secs(4);

pub struct Lookups {
    all: Arc<Semaphore>,
    users: Mutex<HashMap<UserId, Arc<Semaphore>>>,
}

/// Why a name has no addresses.
#[derive(Debug, thiserror::Error)]
pub enum LookupError {
    #[error("too many names are looked up")]
    Busy,
    #[error("no name server has answered in time")]
    Silent,
    #[error("{0}")]
    Failed(#[from] io::Error),
}

impl LookupError {
    /// Whether it may be the shortage of this server, and no word on the name. The system does not say whether a name
    /// server has refused a name or was not reached.
    pub fn may_pass(&self) -> bool {
        match self {
            Self::Busy | Self::Silent => true,
            Self::Failed(error) => error.kind() != io::ErrorKind::NotFound,
        }
    }
}

impl Default for Lookups {
    fn default() -> Self {
        Self {
            all: Arc::new(Semaphore::new(MAX_LOOKUPS)),
            users: Mutex::default(),
        }
    }
}

impl Lookups {
    /// The addresses of a host, for a page of this user.
    pub async fn find(
        &self,
        lookup: &dyn Lookup,
        host: &str,
        user_id: UserId,
    ) -> Result<Vec<IpAddr>, LookupError> {
        let turns = timeout(TIMEOUT, self.turns(user_id)).await;
        let turns = turns.map_err(|_| LookupError::Busy)??;
        let looking = lookup.lookup(host.to_owned());
        // The turn ends with the look-up, and not with the page that waits for it.
        let looking = tokio::spawn(async move {
            let _turns = turns;
            looking.await
        });
        match timeout(TIMEOUT, looking).await {
            Ok(Ok(found)) => Ok(found?),
            Ok(Err(error)) => Err(io::Error::other(error).into()),
            Err(_) => Err(LookupError::Silent),
        }
    }

    /// Of the user first: who waits for that has none of the turns of all.
    async fn turns(&self, user_id: UserId) -> Result<[OwnedSemaphorePermit; 2], LookupError> {
        let own = self.of_user(user_id).acquire_owned().await;
        let all = Arc::clone(&self.all).acquire_owned().await;
        match (own, all) {
            (Ok(own), Ok(all)) => Ok([own, all]),
            _ => Err(LookupError::Busy),
        }
    }

    fn of_user(&self, user_id: UserId) -> Arc<Semaphore> {
        let mut users = self.users.lock().unwrap_or_else(PoisonError::into_inner);
        // Whoever waits or looks up holds another reference. There are no more of them than messages that are worked on,
        // and threads.
        users.retain(|_, turns| Arc::strong_count(turns) > 1);
        let turns = users
            .entry(user_id)
            .or_insert_with(|| Arc::new(Semaphore::new(MAX_OF_USER)));
        Arc::clone(turns)
    }
}

#[cfg(test)]
mod tests {
    use super::{LookupError, Lookups, MAX_OF_USER};
    use crate::link_previews::reach::Lookup;
    use futures_util::{
        FutureExt,
        future::{BoxFuture, join_all, pending, ready},
    };
    use model::UserId;
    use std::{io, net::IpAddr, time::Duration};
    use tokio::time::{sleep, timeout};

    /// Answers for `good.org` at once, for `late.org` after 10 seconds and for others never.
    #[derive(Debug)]
    struct Names;

    impl Lookup for Names {
        fn lookup(&self, host: String) -> BoxFuture<'static, io::Result<Vec<IpAddr>>> {
            let found = Ok(vec![IpAddr::from([8, 8, 8, 8])]);
            match host.as_str() {
                "good.org" => ready(found).boxed(),
                "late.org" => async {
                    sleep(Duration::from_secs(10)).await;
                    found
                }
                .boxed(),
                _ => pending().boxed(),
            }
        }
    }

    #[tokio::test(start_paused = true)]
    async fn silent_names_of_one_user_keep_nobody_else_waiting() {
        let lookups = Lookups::default();
        let asked = (0..MAX_OF_USER * 2).map(|_| lookups.find(&Names, "late.org", UserId(1)));
        let answers = join_all(asked).await;
        let is_silent = |it: &&Result<_, LookupError>| matches!(it, Err(LookupError::Silent));
        assert_eq!(answers.iter().filter(is_silent).count(), MAX_OF_USER);
        assert!(answers.into_iter().all(|it| it.unwrap_err().may_pass()));
        let own = lookups.find(&Names, "good.org", UserId(1)).await;
        assert!(matches!(own, Err(LookupError::Busy)), "{own:?}");
        let others = lookups.find(&Names, "good.org", UserId(2));
        let found = timeout(Duration::from_millis(1), others).await;
        assert_eq!(found.unwrap().unwrap().len(), 1);
        // They end some time, and then there are turns again.
        sleep(Duration::from_secs(10)).await;
        let own = lookups.find(&Names, "good.org", UserId(1)).await;
        assert_eq!(own.unwrap().len(), 1);
        assert!(lookups.users.lock().unwrap().len() <= 2);
    }

    #[test]
    fn a_name_that_is_not_there_stays_away() {
        let is_passing = |kind: io::ErrorKind| LookupError::from(io::Error::from(kind)).may_pass();
        assert!(!is_passing(io::ErrorKind::NotFound));
        assert!(is_passing(io::ErrorKind::TimedOut));
    }
}
