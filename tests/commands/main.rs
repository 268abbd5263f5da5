//! The command-line tools as a stranger runs them: the real binary, a file a command.
//!
//! Needs no database. What serves, and how it is configured, is tested in `service`.
#![expect(clippy::unwrap_used, reason = "a failure in a test is to end it")]

mod autoplay;
mod desk;
mod lexicon;
mod plays;
mod program;
mod replay;
mod rules;
mod suggest;
mod verify_game;
