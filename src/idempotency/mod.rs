//! Requests that may be repeated: the same `Idempotency-Key` and body give the first answer again.
//!
//! Owns table `idempotency_key`. The answer is kept sealed by the caller's key, which is not stored, so
//! that the table gives nobody a token. Ignores what a request does: `once` wraps any
//! handler.

mod contract;
pub(crate) mod http;
mod kept;
mod service;
mod store;

pub(crate) use contract::{repeatable, repeatable_for_good};
pub(crate) use http::{IDEMPOTENCY_KEY, Key, mark_replayed};
pub use service::Idempotency;
pub(crate) use store::QUERIES;
