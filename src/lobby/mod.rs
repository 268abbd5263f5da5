//! The lobby: how players find each other, up to the game that they begin.
//!
//! A [`Seek`] is open to everybody, or to everybody of some strength, and fills up seat by seat; an
//! [`Invitation`] is for accounts by name, and a rematch is one. Whoever takes the last seat, or is the
//! last to accept, begins the game in the same transaction. Owns tables `seek`, `seek_member`,
//! `invitation` and `invitation_player`. Ignores how a game goes on, and who is here at the moment.
//!
//! # Who waits for whom
//! Whoever changes something in the lobby holds advisory locks, which he takes before he writes anything,
//! so that what is told of it is in the order in which it happened (see [`events`](crate::events)):
//!
//! 1. that of the account that acts, and of those whose limits count: a suspension takes it too, and so
//!    either finds what the account has just opened, or is seen by it;
//! 2. that of the game, for a rematch;
//! 3. that of the seek or invitation.
//!
//! Within a level the locks are taken in one order, so that nobody waits in a circle. Who wants more locks
//! when he has those of the third level only tries, and leaves what he does not get to whoever has it.

mod contract;
pub(crate) mod http;
pub(crate) mod invitation;
mod leaving;
pub(crate) mod seek;
mod service;
mod store;
mod upkeep;

pub(crate) use contract::{event_forms, operations};
pub use invitation::{Invitation, InvitationOutcome, Invited};
pub use leaving::Left;
pub use seek::{Admission, Ineligible, Seek, SeekOutcome, Strength, WhoMayJoin};
pub use service::{Error, Lobby, LobbyStatus};
pub(crate) use store::QUERIES;
pub use upkeep::Swept;

use store::{lock, terms};
