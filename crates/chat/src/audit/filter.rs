//! Which entries of the audit log are asked for, once it is checked.

use crate::{Error, Result, page};
use model::{AuditAction, AuditFilter};
use std::net::IpAddr;
use time::OffsetDateTime;

#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// Whose account it is about: they did it, to nobody else, or it was done to them.
    pub person_id: Option<i64>,
    pub actor_id: Option<i64>,
    pub target_id: Option<i64>,
    pub conversation_id: Option<i64>,
    pub actions: Option<Vec<String>>,
    /// As `inet` reads it.
    pub network: Option<String>,
    pub since: Option<OffsetDateTime>,
    pub until: Option<OffsetDateTime>,
}

impl Filter {
    /// # Errors
    /// `Invalid` for an action that there is not, what is no network, and times that nobody has.
    pub fn read(filter: &AuditFilter) -> Result<Self> {
        let action = filter.action.as_deref().map(str::trim);
        let action = action.filter(|it| !it.is_empty());
        let network = filter.network.as_deref().map(str::trim);
        let network = network.filter(|it| !it.is_empty());
        Ok(Self {
            person_id: None,
            actor_id: filter.actor_id.map(|id| id.0),
            target_id: filter.target_id.map(|id| id.0),
            conversation_id: filter.conversation_id.map(|id| id.0),
            actions: action.map(actions).transpose()?,
            network: network.map(parse_network).transpose()?,
            since: page::time("since", filter.since)?,
            until: page::time("until", filter.until)?,
        })
    }

    /// The entries about one user's account, from some time on.
    pub fn of_account(user_id: i64, since: OffsetDateTime) -> Self {
        let actions = AuditAction::ALL.iter().filter(|it| it.is_of_account());
        Self {
            person_id: Some(user_id),
            actions: Some(actions.map(|it| it.name().to_owned()).collect()),
            since: Some(since),
            ..Self::default()
        }
    }
}

fn actions(prefix: &str) -> Result<Vec<String>> {
    let found = AuditAction::with_prefix(prefix.trim_end_matches('.'));
    if found.is_empty() {
        let reason = "must be an action, or the beginning of some up to a dot, such as `user`";
        return Err(Error::invalid("action", reason));
    }
    Ok(found.iter().map(|it| it.name().to_owned()).collect())
}

/// An address, or an address and the number of its bits that name the network.
fn parse_network(text: &str) -> Result<String> {
    let invalid = || Error::invalid("network", "must be an address, or a network as 10.0.0.0/8");
    let (address, bits) = match text.split_once('/') {
        Some((address, bits)) => (address, Some(bits)),
        None => (text, None),
    };
    let address: IpAddr = address.parse().map_err(|_| invalid())?;
    let address = if bits.is_none() {
        address.to_canonical()
    } else {
        address
    };
    let max = if address.is_ipv4() { 32 } else { 128 };
    let bits: u8 = match bits {
        Some(bits) => bits.parse().map_err(|_| invalid())?,
        None => max,
    };
    if bits > max {
        return Err(invalid());
    }
    Ok(format!("{address}/{bits}"))
}

#[cfg(test)]
mod tests {
    use super::parse_network;

    #[test]
    fn a_network_is_an_address_with_bits_or_without() {
        for (text, network) in [
            ("10.0.0.1", "10.0.0.1/32"),
            ("10.0.0.0/8", "10.0.0.0/8"),
            ("2001:db8::/32", "2001:db8::/32"),
            ("::ffff:10.0.0.1", "10.0.0.1/32"),
        ] {
            assert_eq!(parse_network(text).unwrap(), network);
        }
        for text in ["", "ten", "10.0.0.0/33", "10.0.0.0/", "10.0.0.0/-1", "/8"] {
            parse_network(text).unwrap_err();
        }
    }
}
