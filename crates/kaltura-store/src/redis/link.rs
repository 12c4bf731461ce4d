//! The one connection of a store: opened when it is needed, replaced when it is lost, with a time limit around each
//! command.
//!
//! The client's own limits do not count while it connects, so they are off.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures_util::future::{pending, select};
use redis::aio::MultiplexedConnection;
use redis::{Cmd, PushInfo, PushKind, Value};
use tokio::sync::futures::OwnedNotified;
use tokio::sync::{Notify, mpsc};
use tokio::task::AbortHandle;
use tokio::time::{sleep, timeout};

use super::connect::{Connector, bare_config};
use super::error::CommandError;

/// The time limit of a command, with connecting and a second try. A shorter one lets all processes log in at once when
/// the server pauses for a moment.
pub(super) const TIMEOUT: Duration = Duration::from_secs(1);

/// Between two questions to the Sentinels.
const FAILOVER_PAUSE: Duration = Duration::from_millis(100);

pub(super) struct Link {
    connector: Connector,
    /// Held by the call that connects; the others wait for it.
    connecting: tokio::sync::Mutex<()>,
    current: Mutex<Option<Arc<Open>>>,
}

/// An open connection. Dropping it closes it.
struct Open {
    connection: MultiplexedConnection,
    task: AbortHandle,
    subscriptions: Arc<Subscriptions>,
}

impl Drop for Open {
    fn drop(&mut self) {
        self.task.abort();
        self.subscriptions.wake_all();
    }
}

impl Link {
    pub(super) fn new(connector: Connector) -> Self {
        Self { connector, connecting: tokio::sync::Mutex::default(), current: Mutex::default() }
    }

    pub(super) const fn connector(&self) -> &Connector {
        &self.connector
    }

    /// Sends a command and waits for its response. If the connection was lost, or the server has become a replica, it is
    /// sent once more on a new connection: each command of the store may be repeated. With Sentinel it is sent again
    /// until the time is over, since a failover takes a moment.
    pub(super) async fn call(&self, command: &Cmd) -> Result<Value, CommandError> {
        let (mut used, mut failure) = (None, None);
        let attempts = async {
            loop {
                let error = match self.attempt(command, &mut used).await {
                    Err(error) => error,
                    result => return result,
                };
                let again = if self.connector.url().has_sentinels() {
                    error.may_end_with_a_failover()
                } else {
                    failure.is_none() && error.is_worth_a_second_try()
                };
                if !again {
                    return Err(error);
                }
                failure = Some(error);
                if self.connector.url().has_sentinels() {
                    sleep(FAILOVER_PAUSE).await;
                }
            }
        };
        match timeout(TIMEOUT, attempts).await {
            Ok(result) => result,
            Err(_) => {
                // The network may have lost the connection without a sign.
                used.iter().for_each(|open| self.discard(open));
                Err(failure.unwrap_or(CommandError::TimedOut(TIMEOUT)))
            }
        }
    }

    async fn attempt(&self, command: &Cmd, used: &mut Option<Arc<Open>>) -> Result<Value, CommandError> {
        let open = self.open().await?;
        let mut connection = open.connection.clone();
        *used = Some(Arc::clone(&open));
        let result = connection.send_packed_command(command).await.and_then(Value::extract_error);
        result.map_err(|error| {
            let error = CommandError::from(error);
            if error.needs_new_connection() {
                self.discard(&open);
            }
            error
        })
    }

    /// The open connection, or a new one.
    async fn open(&self) -> Result<Arc<Open>, CommandError> {
        if let Some(open) = self.current().clone() {
            return Ok(open);
        }
        let _connecting = self.connecting.lock().await;
        if let Some(open) = self.current().clone() {
            return Ok(open);
        }
        let open = Arc::new(self.connect().await?);
        *self.current() = Some(Arc::clone(&open));
        Ok(open)
    }

    async fn connect(&self) -> Result<Open, CommandError> {
        let (unsubscribe, to_unsubscribe) = mpsc::unbounded_channel();
        let subscriptions = Arc::new(Subscriptions { entries: Mutex::default(), unsubscribe });
        let receiver = Arc::clone(&subscriptions);
        let config = bare_config().set_push_sender(move |push| receiver.receive(&push));
        let (connection, driver) = self.connector.open(&config).await?;
        let unsubscribing = unsubscribe_all(connection.clone(), to_unsubscribe);
        let task = tokio::spawn(async move {
            select(driver, Box::pin(unsubscribing)).await;
        });
        Ok(Open { connection, task: task.abort_handle(), subscriptions })
    }

    fn current(&self) -> MutexGuard<'_, Option<Arc<Open>>> {
        self.current.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Closes a connection, unless another one has replaced it.
    fn discard(&self, open: &Arc<Open>) {
        self.current().take_if(|current| Arc::ptr_eq(current, open));
    }

    /// Is ready when there may have been a message on this channel: after a message, when the connection is lost, and
    /// at once when the channel was not subscribed before, since a message may have been missed. Never ready without a
    /// connection or without the right to subscribe.
    pub(super) async fn message(&self, channel: &str) {
        let Some(open) = self.current().clone() else { return pending().await };
        match open.subscriptions.waiter(channel) {
            Waiter::Subscribed(message) => {
                // Not kept alive by those that wait for it.
                drop(open);
                message.await;
            }
            Waiter::Refused => pending().await,
            Waiter::New => {
                let mut connection = open.connection.clone();
                match timeout(TIMEOUT, connection.subscribe(channel)).await {
                    Ok(Ok(())) => open.subscriptions.add(channel),
                    Ok(Err(error)) => {
                        if matches!(error.into(), CommandError::Permission) {
                            open.subscriptions.refuse();
                        }
                        pending::<()>().await;
                    }
                    Err(_) => pending().await,
                }
            }
        }
    }
}

/// Ends subscriptions whose message has arrived. Never ends by itself.
async fn unsubscribe_all(
    mut connection: MultiplexedConnection,
    mut channels: mpsc::UnboundedReceiver<String>,
) {
    while let Some(channel) = channels.recv().await {
        // A failure means that the connection is lost, and the subscription with it.
        let _ = connection.unsubscribe(channel).await;
    }
    pending::<()>().await;
}

/// The channels that a connection is subscribed to. A subscription ends with its first message: then the wait is over.
struct Subscriptions {
    entries: Mutex<Entries>,
    unsubscribe: mpsc::UnboundedSender<String>,
}

#[derive(Default)]
struct Entries {
    by_channel: HashMap<String, Arc<Notify>>,
    /// The user may not subscribe.
    refused: bool,
    /// The connection is lost.
    closed: bool,
}

enum Waiter {
    Subscribed(OwnedNotified),
    New,
    Refused,
}

impl Subscriptions {
    fn lock(&self) -> MutexGuard<'_, Entries> {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn waiter(&self, channel: &str) -> Waiter {
        let entries = self.lock();
        match entries.by_channel.get(channel) {
            Some(entry) => Waiter::Subscribed(Arc::clone(entry).notified_owned()),
            None if entries.refused || entries.closed => Waiter::Refused,
            None => Waiter::New,
        }
    }

    fn add(&self, channel: &str) {
        let mut entries = self.lock();
        if !entries.closed {
            entries.by_channel.entry(channel.to_owned()).or_default();
        }
    }

    fn refuse(&self) {
        self.lock().refused = true;
    }

    fn receive(&self, push: &PushInfo) -> Result<(), redis::aio::SendError> {
        match (&push.kind, push.data.first()) {
            (PushKind::Message, Some(Value::BulkString(channel))) => {
                let Ok(channel) = std::str::from_utf8(channel) else { return Ok(()) };
                if let Some(entry) = self.lock().by_channel.remove(channel) {
                    entry.notify_waiters();
                    // Fails only when the connection is closed.
                    let _ = self.unsubscribe.send(channel.to_owned());
                }
            }
            (PushKind::Disconnection, _) => self.wake_all(),
            _ => {}
        }
        Ok(())
    }

    fn wake_all(&self) {
        let mut entries = self.lock();
        entries.closed = true;
        for entry in std::mem::take(&mut entries.by_channel).into_values() {
            entry.notify_waiters();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_channel_is_subscribed_unless_that_was_refused_or_the_connection_is_lost() {
        let subscriptions = || {
            let (unsubscribe, _) = mpsc::unbounded_channel();
            Subscriptions { entries: Mutex::default(), unsubscribe }
        };
        let open = subscriptions();
        assert!(matches!(open.waiter("a"), Waiter::New));
        open.add("a");
        assert!(matches!(open.waiter("a"), Waiter::Subscribed(_)));
        let refused = subscriptions();
        refused.refuse();
        assert!(matches!(refused.waiter("a"), Waiter::Refused));
        open.wake_all();
        open.add("b");
        assert!(matches!(open.waiter("a"), Waiter::Refused) && matches!(open.waiter("b"), Waiter::Refused));
    }
}
