//! A reader's place in the stream.
//!
//! Pulled by whoever passes it on, who has at most one page of it: the next is read when the one before
//! was taken, and a reader that is slow costs nothing but its place.

use std::sync::Arc;
use std::time::Duration;

use serde::Deserialize;
use serde_json::value::RawValue;
use tokio::sync::{OwnedSemaphorePermit, watch};
use tokio::time::Instant;

use super::cursor::{Cursor, RowId};
use super::service::Shared;
use super::store::{self, ToldRow};
use super::types::Kinds;
use crate::postgres;
use crate::time::Timestamp;

/// How long is waited after the database failed.
const RETRY_PAUSE: Duration = Duration::from_millis(250);

/// An open stream.
#[derive(Debug)]
pub struct Subscription {
    shared: Arc<Shared>,
    kinds: Option<Kinds>,
    newest: watch::Receiver<RowId>,
    /// The last row of which all was read.
    after: RowId,
    /// The last message that was read, whether or not it was one of those that are wanted.
    cursor: Cursor,
    /// The last cursor of which the reader was told.
    told: Option<Cursor>,
    /// When something must be said again, be it nothing.
    beat_at: Instant,
    _slot: OwnedSemaphorePermit,
}

/// A message as it is read.
#[derive(Debug)]
pub(super) struct ReadMessage<'a> {
    pub(super) cursor: Cursor,
    pub(super) at: Timestamp,
    pub(super) message: StoredMessage<'a>,
}

/// A message as it is stored. Its kind may be one that only a newer version knows.
#[derive(Debug, Deserialize)]
pub(super) struct StoredMessage<'a> {
    pub(super) kind: String,
    #[serde(borrow)]
    pub(super) audience: &'a RawValue,
    #[serde(borrow)]
    pub(super) data: &'a RawValue,
}

/// What has come of waiting.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Heard {
    /// Messages, which were handed over.
    Messages,
    /// For a while nothing that is wanted; the cursor, if it has moved meanwhile.
    Nothing(Option<Cursor>),
}

impl Subscription {
    /// From the present on.
    pub(super) fn at(
        present: Cursor,
        shared: Arc<Shared>,
        kinds: Option<Kinds>,
        slot: OwnedSemaphorePermit,
    ) -> Self {
        let newest = shared.newest.subscribe();
        let beat_at = Instant::now();
        Self {
            shared,
            kinds,
            newest,
            after: present.row,
            cursor: present,
            told: None,
            beat_at,
            _slot: slot,
        }
    }

    /// From a message on, whose row may have more of them.
    pub(super) fn within(
        cursor: Cursor,
        shared: Arc<Shared>,
        kinds: Option<Kinds>,
        slot: OwnedSemaphorePermit,
    ) -> Self {
        let RowId { xid, position } = cursor.row;
        let before = RowId { xid, position: position.saturating_sub(1) };
        Self { after: before, ..Self::at(cursor, shared, kinds, slot) }
    }

    /// Waits for messages and hands over what there is, at most a page. Says the cursor at first, and
    /// whenever there was nothing to say for the time of a heartbeat. Gives nothing once the stream is
    /// over: the reader is so late that what it has not read was cleared away.
    pub(super) async fn next(&mut self, mut take: impl FnMut(ReadMessage<'_>)) -> Option<Heard> {
        loop {
            if self.beat_at <= Instant::now() {
                return Some(self.beat());
            }
            if *self.newest.borrow_and_update() <= self.after {
                let changed = self.newest.changed();
                // It can't end: the other half is ours too.
                let _ = tokio::time::timeout_at(self.beat_at, changed).await;
                continue;
            }
            match self.read(&mut take).await {
                Ok(Read::Messages) => {
                    self.told = Some(self.cursor);
                    self.beat_at = Instant::now() + self.shared.config.heartbeat;
                    return Some(Heard::Messages);
                }
                Ok(Read::NoneWanted) => {}
                Ok(Read::Gone) => return None,
                Err(error) => {
                    self.shared.log_failure(&error);
                    let retry_at = Instant::now() + RETRY_PAUSE;
                    tokio::time::sleep_until(retry_at.min(self.beat_at)).await;
                }
            }
        }
    }

    fn beat(&mut self) -> Heard {
        self.beat_at = Instant::now() + self.shared.config.heartbeat;
        let is_known = self.told.replace(self.cursor) == Some(self.cursor);
        Heard::Nothing((!is_known).then_some(self.cursor))
    }

    /// Reads the next page.
    async fn read(
        &mut self,
        take: &mut impl FnMut(ReadMessage<'_>),
    ) -> Result<Read, postgres::Error> {
        let newest = *self.newest.borrow();
        let page = store::page(&self.shared.pool, self.after, self.cursor).await?;
        if page.is_empty() {
            if store::bounds(&self.shared.pool).await?.pruned > self.cursor {
                return Ok(Read::Gone);
            }
            // What there was has been cleared away, but it was read before.
            self.after = self.after.max(newest);
        }
        let mut has_messages = false;
        for row in page {
            has_messages |= self.hand_over(&row, take);
        }
        Ok(if has_messages { Read::Messages } else { Read::NoneWanted })
    }

    /// Hands over what is wanted of a row, and was not read before; tells whether that was any.
    fn hand_over(&mut self, row: &ToldRow, take: &mut impl FnMut(ReadMessage<'_>)) -> bool {
        let messages: Vec<StoredMessage<'_>> =
            serde_json::from_str(&row.told).unwrap_or_else(|error| {
                // Nobody is helped by a stream that stands still before it.
                tracing::error!(row = ?row.id, %error, "what was told can't be read, and is left out");
                Vec::new()
            });
        let read_before = self.cursor;
        let mut has_messages = false;
        self.cursor = self.cursor.max(Cursor { row: row.id, index: 0 });
        for (index, message) in (0..).zip(messages) {
            let cursor = Cursor { row: row.id, index };
            if cursor <= read_before {
                continue;
            }
            self.cursor = cursor;
            if self.kinds.as_ref().is_none_or(|kinds| kinds.contain(&message.kind)) {
                has_messages = true;
                take(ReadMessage { cursor, at: row.at, message });
            }
        }
        self.after = row.id;
        has_messages
    }
}

/// What has come of reading a page.
#[derive(Debug, Clone, Copy)]
enum Read {
    Messages,
    /// There were none, or only such as are not wanted.
    NoneWanted,
    /// There were some that can't be read any more.
    Gone,
}
