//! Presence: who is here, as the gateways report it.
//!
//! Owns table `presence`. A gateway reports in batches whom it has a connection of, again and again
//! before that expires, and whom no more. An account is here while any gateway has it: who has two
//! connections at two gateways is gone only when both are.
//!
//! Whoever changes the table holds one lock for all of it (`src/postgres/advisory.rs`), so that each coming and going is told once and
//! in order, whatever gateways and replicas do at the same time. A batch holds it for some milliseconds.
//!
//! The table is not logged. After a crash of the database nobody is here until the next heartbeats, which
//! tell of all as of comers; who has gone meanwhile is told of by nobody, but looked up in vain.

mod contract;
pub(crate) mod http;
mod message;
mod service;
mod store;
mod types;

pub(crate) use contract::{event_forms, operations};
pub use service::{Error, Presence};
pub(crate) use store::QUERIES;
pub use types::{GatewayName, InvalidGatewayName, InvalidReport, REPORT_IDS_MAX, Report};
