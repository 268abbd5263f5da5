//! Events: what the gateway must tell, from the transaction that makes it true to whoever reads.
//!
//! Owns table `event`, the transactional outbox, and the stream that reads it. What is told commits with
//! what it tells of, or not at all. Ignores what a message means: a feature says its kind, its audience
//! and its data.
//!
//! # Order, and what a writer must do for it
//! A row carries the id of its transaction. Readers read the rows of transactions below every one that
//! still runs, ordered by that id: nothing can come before what was read, so nothing is skipped. An id
//! is given at a transaction's first write. So of two transactions of which one waits for the other the
//! order of ids is the order of commits only if the later one *gets its id after it has waited*:
//!
//! - A single statement that is guarded by a version (`update … where version = $2`) may get its id and
//!   then wait; but if what it waited for has moved the version it finds no row, and tells nothing. This
//!   is what `insert_told!` is for. It holds if whatever tells of a row also moves its version.
//! - A transaction of several statements that may wait for another takes its lock before it writes
//!   anything, by a statement that waits without an id: `pg_advisory_xact_lock`, or `select … for
//!   update` of a single row. Once it has an id it waits for nobody who tells of the same things.
//!
//! What does not wait for each other has no order but that of the ids, the same for all readers.
//!
//! A transaction that writes and stays open holds the stream back, in whichever database of the cluster
//! it is: keep them short. `scrabble.events.lag` tells of it.
//!
//! # Waking readers
//! No writing transaction notifies: before PostgreSQL 18 the commits of those that do wait for each
//! other under one lock. [`Events::wake`] wakes this process's reader, and has the others notified once
//! for all that came together. A notification that is lost costs a delay.
//!
//! # Reading
//! Each reader is asked for its next page when it has taken the one before, and reads it from the table
//! by itself: there is no buffer that a slow one could fill. One look a process tells all of them whether
//! there is something to be read.

mod contract;
mod cursor;
pub(crate) mod http;
mod lookout;
mod retention;
mod service;
mod store;
mod subscription;
mod types;

pub(crate) use contract::operations;
pub use cursor::{Cursor, InvalidCursor};
pub use service::{Appended, Error, Events, EventsStatus};
pub(crate) use store::QUERIES;
pub(crate) use store::insert_told;
pub use subscription::Subscription;
pub use types::{Audience, Kind, Kinds, Message, Told, UnknownKind};
