//! Ratings: how strong a player is, in each category of games.
//!
//! Owns table `rating`. Whoever ends a rated game calls [`Ratings::rate`] within the transaction that
//! ends it, so that no game is ended without its ratings, nor rated twice. Knows nothing of games but
//! who came in where.

mod category;
mod contract;
mod glicko;
pub(crate) mod http;
mod service;
mod store;
mod types;

pub use category::{Category, InvalidCategory, Pace};
pub(crate) use contract::operations;
pub use service::{Error, RatingChange, Ratings};
pub(crate) use store::QUERIES;
pub use types::Rating;
