//! The platform's outer door: `examples/nginx/nginx.conf` in a real nginx before real backends.
//!
//! Needs nginx on the machine, which `scripts/install nginx` brings, and fails, saying so, without it.
#![expect(clippy::unwrap_used, reason = "a failure in a test is to end it")]

mod deploy;
mod nginx;
mod players;
mod side_service;
#[path = "../service/support/mod.rs"]
#[allow(dead_code, unused_imports, reason = "the tests of the service use the rest")]
mod support;

/// What the gateway and the backend have in common.
const SECRET: &str = "Qm2-between-gateway-and-backend";

/// The header in which the gateway shows it.
const X_GATEWAY_SECRET: &str = "x-gateway-secret";
