//! Matchmaking: players who wait for an opponent of their strength, and are given one.
//!
//! Owns tables `matchmaking_ticket` and `matchmaking_match`. Every second each replica looks at all who
//! wait ([`wave`](Matchmaking::wave)), pairs them ([`pairing`], which is pure), and begins their games,
//! each in a transaction that locks both accounts and takes both tickets. What another replica has taken by
//! then is not there any more, and a ticket that somebody is at is passed over, so nobody is given two
//! opponents.
//!
//! When a game in real time begins, its players leave what else they wait for ([`Elsewhere`]). A ticket
//! goes with whatever makes it pointless, in the same transaction: its player goes
//! ([`presence`](crate::presence)), is suspended, or is no more.

mod contract;
mod elsewhere;
pub(crate) mod http;
pub mod pairing;
#[cfg(test)]
mod pairing_tests;
mod service;
mod store;
mod types;
mod wave;

pub(crate) use contract::operations;
pub use elsewhere::Elsewhere;
pub use service::{Error, Matchmaking, MatchmakingStatus};
pub(crate) use store::QUERIES;
pub use types::{Match, Ticket};
