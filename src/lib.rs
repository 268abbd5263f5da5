//! The internal backend of a Scrabble platform.
//!
//! The modules in reading order. Imports point down this list only; `tests/tidy.rs` holds them to it.

// What runs the process.
pub mod app;
pub mod boot;
mod features;
mod figures;
pub mod health;
pub mod routes;

// Features: each owns its tables, and is entered by its service.
pub mod account;
pub mod admin;
pub mod block;
pub mod closure;
pub mod email_code;
pub mod events;
pub mod idempotency;
pub mod library;
pub mod lobby;
pub mod mail;
pub mod matchmaking;
pub mod presence;
pub mod rating;
pub mod runtime;
pub mod session;

// The game itself, pure: words, and the rules of play.
pub mod game;
pub mod lexicon;

// The edges: the only places that know HTTP, PostgreSQL and the telemetry's libraries.
pub mod http;
pub mod openapi;
pub mod postgres;
pub mod telemetry;

// PostgreSQL of our own, for `dev` and the tests.
pub mod descriptors;
pub mod dev;

// The base.
pub mod config;
pub mod email_address;
pub mod id;
pub mod task;
pub mod time;
