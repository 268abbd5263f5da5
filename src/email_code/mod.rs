//! Codes by e-mail: who shows the code that was sent to an address can read its mail.
//!
//! Owns tables `email_challenge` and `email_throttle`. A code is asked for, sent, shown once, and then
//! used up in the transaction of whoever believes it. Whether an address is anybody's is not known
//! here, and so can't be told: whatever is done for one address is done for every other.

mod contract;
pub(crate) mod http;
mod limits;
mod service;
mod store;
mod texts;
mod types;

pub(crate) use contract::{confirms, operations};
pub use service::{EmailCodes, Error};
pub(crate) use store::QUERIES;
pub use types::{Challenge, Code, Confirmed, InvalidCode, Network, Requested};
