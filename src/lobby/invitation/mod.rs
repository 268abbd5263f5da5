//! Invitations: somebody asks others by name for a game, or for another one after the last.
//!
//! Owns tables `invitation` and `invitation_player`.

mod contract;
pub(crate) mod http;
mod rematch;
mod service;
mod store;
mod types;
mod view;

pub(super) use contract::{event_forms, operations};
pub(super) use service::retract;
pub(crate) use store::QUERIES;
pub(super) use store::{close, close_expired, find_many, hand_over, list_due, list_open_of, prune};
pub use types::{Invitation, InvitationOutcome, Invited};
pub(super) use view::closed;
