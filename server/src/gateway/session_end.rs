//! The end of what sockets were opened with: a token expires, a session ends, a role changes.

use super::{contract::Contract, hub::Hub, state::Gateway, subscriber::Subscriber};
use chat::{Caller, Error, auth_error};
use metrics::counter;
use std::{collections::HashMap, sync::Arc, time::Duration};
use time::OffsetDateTime;
use tokio::time::{Interval, MissedTickBehavior};

/// How often the hub is asked for sockets whose token has expired. It looks at the earliest time only.
const EXPIRY_INTERVAL: Duration = Duration::from_secs(1);

/// Ends sockets until the gateway closes. A database that does not answer delays the audit only.
pub async fn run<C: Contract>(gateway: &Gateway<C>) {
    tokio::join!(watch_expiries(gateway), audit(gateway));
}

async fn watch_expiries<C: Contract>(gateway: &Gateway<C>) {
    let mut ticks = every(EXPIRY_INTERVAL);
    loop {
        ticks.tick().await;
        gateway.end_expired();
    }
}

async fn audit<C: Contract>(gateway: &Gateway<C>) {
    let mut ticks = every(gateway.chat.session_audit_interval());
    loop {
        tokio::select! {
            _ = ticks.tick() => gateway.audit(gateway.hub.all()).await,
            changed = gateway.changed_users.take() => {
                let subscribers = changed.iter().flat_map(|id| gateway.hub.of_user(*id));
                gateway.audit(subscribers.collect()).await;
            }
        }
    }
}

fn every(period: Duration) -> Interval {
    let mut ticks = tokio::time::interval(period);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    ticks
}

impl<C: Contract> Gateway<C> {
    fn end_expired(&self) {
        let now = OffsetDateTime::now_utc().unix_timestamp();
        for subscriber in self.hub.expired(now) {
            tracing::debug!(user_id = %subscriber.caller.user_id, door = C::DOOR, "a token expired");
            self.tell_expired(&subscriber);
            // Not the socket but the connection: clients reconnect after it by themselves, with the token
            // that they have by then, and are refused in the words of the contract if it is no new one.
            self.hub.abort(&subscriber, "expired");
        }
    }

    /// Emits the error event of the contract, where it has one.
    fn tell_expired(&self, subscriber: &Subscriber) {
        let error = Error::Unauthenticated(auth_error::BAD_TOKEN).into();
        if let Some(event) = C::render_error("", &error).event {
            self.hub.emit_answer(subscriber, &Arc::new(event));
        }
    }

    /// Disconnects the sockets of callers who could not connect any more, and gives the others the role
    /// that they have now.
    async fn audit(&self, subscribers: Vec<Arc<Subscriber>>) {
        let mut by_caller: HashMap<_, Vec<_>> = HashMap::new();
        for subscriber in subscribers {
            let Caller {
                user_id,
                session_id,
                app_id,
                ..
            } = subscriber.caller;
            let same = by_caller.entry((user_id, session_id, app_id)).or_default();
            same.push(subscriber);
        }
        let (callers, subscribers): (Vec<_>, Vec<_>) = by_caller
            .into_values()
            .filter_map(|same| Some((same.first()?.caller, same)))
            .unzip();
        if callers.is_empty() {
            return;
        }
        let roles = match self.chat.audit_callers(&callers).await {
            Ok(roles) => roles,
            Err(error) => {
                tracing::debug!(%error, door = C::DOOR, "the sessions could not be audited");
                return;
            }
        };
        for (role, subscribers) in roles.into_iter().zip(subscribers) {
            for subscriber in subscribers {
                match role {
                    Some(role) => subscriber.set_role(role),
                    None => end_session(&self.hub, &subscriber),
                }
            }
        }
    }
}

/// As when a session is revoked: the client gets a DISCONNECT packet.
fn end_session(hub: &Hub, subscriber: &Subscriber) {
    counter!("parlance_socket_cut_total", "door" => hub.name, "reason" => "session").increment(1);
    hub.disconnect(subscriber);
}
