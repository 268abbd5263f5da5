//! The end of an account: merged into another one, or erased.
//!
//! Owns table `account_merge`, the trace of mergers. Puts together in one transaction what becomes of
//! the account, of its ratings, of its games and of its sessions; what an account without a player looks like is
//! `account`'s affair.

mod contract;
pub(crate) mod http;
mod service;
mod store;

pub(crate) use contract::{merging, operations};
pub use service::{Closure, Error, Merged};
pub(crate) use store::QUERIES;
