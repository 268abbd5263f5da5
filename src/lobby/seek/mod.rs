//! Seeks: somebody looks for a game, and whoever fits may join.
//!
//! Owns tables `seek` and `seek_member`.

mod contract;
pub(crate) mod http;
mod service;
mod store;
mod types;
mod view;

pub(super) use contract::{event_forms, operations};
pub(crate) use store::QUERIES;
pub(super) use store::{
    close, close_expired, count_open, delete_members, find_many, list_due, list_open_of, prune,
};
pub use types::{Admission, Ineligible, Seek, SeekOutcome, Strength, WhoMayJoin};
pub(super) use view::closed;
