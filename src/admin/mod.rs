//! Administration: what operators do to accounts, across features.
//!
//! Owns no table. Puts together what must happen in one transaction, and checks that the caller is
//! an operator: no use case runs without an [`Operator`], which only that check gives.

mod contract;
pub(crate) mod http;
mod service;

pub(crate) use contract::operations;
pub use service::{Admin, Error, Operator};
