//! The lobby: how players find each other, up to the game that they begin.
//!
//! A [`Seek`] is open to everybody, or to everybody of some strength, and fills up seat by seat; an
//! [`Invitation`] is for accounts by name, and a rematch is one. Whoever takes the last seat, or is the
//! last to accept, begins the game in the same transaction. Owns tables `seek`, `seek_member`,
//! `invitation` and `invitation_player`. Ignores how a game goes on, and who is here at the moment.
//!
//! Whoever changes something here holds advisory locks, of the account, of the seek or invitation, and more:
//! which, and in which order, is told in `src/postgres/advisory.rs`. Nobody begins two games in real time at
//! once (`real_time.rs`).

mod contract;
pub(crate) mod http;
pub(crate) mod invitation;
mod leaving;
mod real_time;
pub(crate) mod seek;
mod service;
mod upkeep;

pub(crate) use contract::{event_forms, operations};
pub use invitation::{Invitation, InvitationOutcome, Invited};
pub use seek::{Admission, Ineligible, Seek, SeekOutcome, Strength, WhoMayJoin};
pub use service::{Error, Lobby, LobbyStatus};
pub use upkeep::Swept;
