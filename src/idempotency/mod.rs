//! Requests that may be repeated: the same `Idempotency-Key` and body give the first answer again.
//!
//! Owns table `idempotency_key`. The answer is kept sealed by the caller's key, which is not stored, so
//! that the table gives nobody a token. Ignores what a request does: `once` wraps any
//! handler.

pub(crate) mod http;
mod kept;
mod service;
mod store;

pub use service::Idempotency;
pub(crate) use store::QUERIES;
