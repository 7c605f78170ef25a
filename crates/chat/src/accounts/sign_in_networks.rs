//! Networks from which an account has been signed in to.

use crate::{Chat, Result, network::network};
use model::UserId;
use std::net::IpAddr;

impl Chat {
    /// Remembers the network of a sign-in, and forgets those that were not used for 180 days, and all
    /// but the 30 latest ones of a user.
    pub(crate) async fn remember_network(
        &self,
        user_id: UserId,
        address: Option<IpAddr>,
    ) -> Result<()> {
        let Some(address) = address else {
            return Ok(());
        };
        sqlx::query!(
            "with remembered as (
                insert into sign_in_networks (user_id, network) values ($1, $2)
                on conflict (user_id, network) do update set last_used_at = now()
            )
            delete from sign_in_networks n where n.user_id = $1 and n.network <> $2
                and (n.last_used_at < now() - interval '180 days'
                    or n.network not in (
                        select k.network from sign_in_networks k
                        where k.user_id = $1 and k.network <> $2
                        order by k.last_used_at desc limit 29))",
            user_id.0,
            network(address).to_string()
        )
        .execute(&self.0.db)
        .await?;
        Ok(())
    }
}
