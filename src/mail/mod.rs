//! Mail: from a transaction that wants it sent to a server that has taken it.
//!
//! Owns table `mail`, a queue that outlives every process, and SMTP. A mail leaves at least once: when
//! a process dies between the server's word and ours, it leaves again with the same `Message-ID`. What
//! a mail says is the affair of whoever queues it.

mod outbox;
mod smtp;
mod store;
mod types;
mod worker;

pub use outbox::{Error, Outbox, OutboxStatus, Queued};
pub use smtp::SetUpError;
pub(crate) use store::QUERIES;
pub use types::NewMail;
