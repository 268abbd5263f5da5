//! Blocks: players who want to have nothing to do with each other.
//!
//! Owns table `block`. Whoever brings players together asks [`Blocks::exists_among`] in the transaction
//! that does so, once it has locked their accounts, so that no block is answered while a game of the two is
//! about to begin. Who has blocked whom is the blocker's own affair, and told to nobody else.

mod contract;
pub(crate) mod http;
mod service;
mod store;

pub(crate) use contract::operations;
pub use service::{BLOCKERS_TOLD_MAX, BLOCKS_MAX, Block, Blocks, Error};
pub(crate) use store::QUERIES;
