//! Who works the queue off: so many mails at once, those that failed again after a pause.
//!
//! A mail is leased for longer than a conversation takes. Whoever dies with one in hand has only
//! delayed it: when the lease is over another process, or the next one, takes it.

use std::io::Write;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use super::outbox::{Delivery, Outbox, Shared};
use super::smtp::{self, CONVERSATION_MAX};
use super::store;
use super::types::{LeasedMail, pause_after};
use crate::id::random_bytes;
use crate::postgres;
use crate::task::has_panicked;
use crate::telemetry::Chain;

/// Mails on their way at once.
const SENDING_MAX: usize = 8;

/// Longer than a conversation, so that no second one begins beside the first.
const LEASE: Duration = CONVERSATION_MAX.saturating_mul(2);

/// How often the queue is looked at when nobody says that there is something in it.
const POLL_INTERVAL: Duration = Duration::from_secs(2);

/// How long conversations may go on when the process ends.
const DRAIN_MAX: Duration = Duration::from_secs(5);

impl Outbox {
    /// Sends what is queued until it is told to stop, and then what it has begun.
    pub async fn run(self, stop: CancellationToken) {
        if matches!(self.shared.delivery, Delivery::Off) {
            return;
        }
        let mut sending = JoinSet::new();
        while has_panicked("sending mail", self.work_off(&stop, &mut sending)).await {}
        let finished = async { while sending.join_next().await.is_some() {} };
        if tokio::time::timeout(DRAIN_MAX, finished).await.is_err() {
            tracing::info!("mail that was being sent is left to the next process");
        }
    }

    /// Takes up what is queued until it is told to stop.
    async fn work_off(&self, stop: &CancellationToken, sending: &mut JoinSet<()>) {
        let shared = &self.shared;
        let mut polls = tokio::time::interval(POLL_INTERVAL);
        polls.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                biased;
                () = stop.cancelled() => return,
                Some(_) = sending.join_next() => {}
                () = shared.queued.notified(), if sending.len() < SENDING_MAX => {}
                _ = polls.tick() => shared.measure().await,
            }
            let free = SENDING_MAX - sending.len();
            for mail in shared.lease(free).await {
                let outbox = self.clone();
                sending.spawn(async move { outbox.shared.deliver(mail).await });
            }
        }
    }
}

impl Shared {
    /// At most so many mails that are due, to be sent by this process.
    async fn lease(&self, mails_max: usize) -> Vec<LeasedMail> {
        if mails_max == 0 {
            return Vec::new();
        }
        let now = self.clock.now();
        let leased = store::lease(&self.pool, now, mails_max, now + LEASE).await;
        leased.unwrap_or_else(|error| {
            self.log_storage_failure(&error);
            Vec::new()
        })
    }

    async fn deliver(&self, mail: LeasedMail) {
        let outcome = if self.clock.now() >= mail.expires_at {
            Err(smtp::Error::Expired)
        } else {
            self.send(&mail).await
        };
        let stored = match outcome {
            Ok(()) => {
                self.counters.sent.fetch_add(1, Ordering::Relaxed);
                tracing::debug!(mail_id = %mail.id, attempt = mail.attempt, "mail sent");
                store::delete(&self.pool, mail.id).await
            }
            Err(error) if error.is_final() => {
                self.counters.given_up.fetch_add(1, Ordering::Relaxed);
                tracing::warn!(mail_id = %mail.id, attempt = mail.attempt, cause = %Chain(&error), "mail given up");
                store::delete(&self.pool, mail.id).await
            }
            Err(error) => {
                self.counters.failed.fetch_add(1, Ordering::Relaxed);
                if let Some(earlier) = self.failures.due(Instant::now()) {
                    tracing::warn!(mail_id = %mail.id, attempt = mail.attempt, earlier, cause = %Chain(&error), "mail could not be sent yet");
                }
                let [chance] = random_bytes();
                let retry_at = self.clock.now() + pause_after(mail.attempt, chance);
                store::postpone(&self.pool, &mail, retry_at.min(mail.expires_at)).await
            }
        };
        if let Err(error) = stored {
            // The lease ends, and the mail is tried again, or sent again.
            self.log_storage_failure(&error);
        }
    }

    async fn send(&self, mail: &LeasedMail) -> Result<(), smtp::Error> {
        match &self.delivery {
            Delivery::Off => Ok(()),
            Delivery::Printed => {
                print(mail);
                Ok(())
            }
            Delivery::Relay(relay) => relay.send(mail).await,
        }
    }

    async fn measure(&self) {
        match store::measure(&self.pool).await {
            Ok((depth, oldest_created_at)) => self.counters.measured(depth, oldest_created_at),
            Err(error) => self.log_storage_failure(&error),
        }
    }

    fn log_storage_failure(&self, error: &postgres::Error) {
        if let Some(earlier) = self.failures.due(Instant::now()) {
            tracing::warn!(earlier, cause = %Chain(error), "the queue of mail can't be worked on");
        }
    }
}

/// Shows a mail to whoever develops.
fn print(mail: &LeasedMail) {
    let (to, subject) = (mail.to.as_str(), &mail.subject);
    let mut text = format!(
        "\n┌── a mail, which `dev` prints as there is no BACKEND_SMTP_URL\n│ To: {to}\n│ Subject: {subject}\n│\n"
    );
    for line in mail.body.lines() {
        text.push_str(&format!("│ {line}\n"));
    }
    text.push_str("└──\n\n");
    // Nothing can be done where the terminal is gone.
    let _ = std::io::stdout().write_all(text.as_bytes());
}
