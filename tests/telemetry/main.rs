//! Telemetry from outside: what a log line says, what is free when off, and what a collector gets.

#![expect(clippy::unwrap_used, reason = "a test that can't go on panics")]

mod collector;
mod export;
mod logs;
mod support;
