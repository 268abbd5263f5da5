//! Sessions: from a token to the account that holds it.
//!
//! Owns table `session` and the cache of all live sessions. A session opens for an account that
//! `account` finds or creates; everything else about accounts is ignored.

mod announcement;
mod cache;
mod changes;
mod contract;
mod follower;
pub(crate) mod http;
mod opening;
mod resolving;
mod rotating;
mod service;
mod store;
mod token;
mod types;
mod unknown;
mod upkeep;

pub use cache::{Cache, Found};
pub use changes::Changes;
pub(crate) use contract::{TOKEN, TokenText, may_be_stale, operations, session_header};
pub use follower::Follower;
pub use service::{Error, Sessions};
pub(crate) use store::QUERIES;
pub use store::StreamError;
pub use token::{DigestHasher, Token, TokenHash};
pub use types::{
    Client, InvalidIp, Linked, LiveSession, Opened, Policy, Resolved, Rotated, Session,
};
