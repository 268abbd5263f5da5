//! The service through its front door: one capability a file.
#![expect(clippy::unwrap_used, reason = "a failure in a test is to end it")]

mod account;
mod admin;
mod block;
mod boot;
mod cli;
mod closure;
mod contract;
mod coverage;
mod email;
mod events;
mod faults;
mod game;
mod gateway_secret;
mod http;
mod http2;
mod http_streams;
mod idempotency;
mod lobby;
mod mail;
mod matchmaking;
mod migrations;
mod opening;
mod overload;
mod pool;
mod presence;
mod rating;
mod replicas;
mod secrets;
mod session;
mod soak;
mod statements;
mod support;
mod telemetry;
mod upkeep;
mod verify;
