//! The task that renders what waits in the render queue, beside the dispatcher.

use super::{
    contract::Contract, flush_queue::PendingFlushes, render_queue::Queued, state::Gateway,
};
use chat::{Audience, Delivery};
use model::Event;
use tokio::sync::mpsc;

/// Renders until the gateway closes.
pub async fn run<C: Contract>(gateway: &Gateway<C>, mut queued: mpsc::Receiver<Queued>) {
    while let Some((id, delivery)) = queued.recv().await {
        let mut pending = PendingFlushes::new();
        if let Delivery::Emit {
            audience,
            except,
            event,
        } = &*delivery
        {
            let emitted = gateway.emit_event(audience, *except, event, &mut pending);
            emitted.await;
        }
        gateway.render_queue.finish(id);
        gateway.hub.flush_queue.schedule(&mut pending);
    }
}

impl<C: Contract> Gateway<C> {
    /// The audience of an event that has been rendered meanwhile: who has lost the conversation since is
    /// not told about it.
    pub fn audience_left(&self, audience: &Audience, event: &Event) -> Option<Audience> {
        let (Audience::Users(users), true) = (audience, C::renders_with_query(event)) else {
            return None;
        };
        let (id, _) = event.seq()?;
        Some(Audience::Users(self.hub.subscribed_of(id, users)))
    }
}
