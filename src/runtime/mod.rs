//! Games as they are played: taken from players as orders, stored as steps, told to everybody as events.
//!
//! ```text
//!   Order ──▶ LiveGame::decide ──▶ Step ──▶ one transaction: step, game, outbox ──▶ answer
//!                  ▲                │
//!                  └──── fold ◀─────┘       the only way in which a game changes
//! ```
//!
//! Pure, and to be read in this order: `time_control` and `terms` (what was agreed on), `clocks` over
//! `outage`s, `offer`s, `step` (what is asked and what happens), `live_game` (all of it together).

mod advance_store;
mod askers;
mod clocks;
mod contract;
mod difference;
mod flags;
mod given_up;
pub(crate) mod http;
mod live_game;
mod message;
mod offer;
mod outage;
mod outage_book;
mod place;
mod postgres_storage;
mod real_time;
mod real_time_store;
mod referee;
mod service;
mod showing;
mod step;
mod storage;
mod store;
mod terms;
#[cfg(test)]
mod test_games;
mod time_control;
mod told;
mod uptime;
mod verification;
mod verification_store;
mod view;
mod wanted;

pub(crate) use advance_store::QUERIES as ADVANCE_QUERIES;
pub use clocks::Clocks;
pub(crate) use contract::{event_forms, operations, terms_example};
pub use difference::{Difference, Finding};
pub use flags::Swept;
pub use live_game::{Ending, LiveGame, Progress, Unfoldable};
pub use offer::{Offer, Offers, Proposal};
pub use outage::{Outage, Outages};
pub use outage_book::{OUTAGE_MIN, OutageBook, Unsure};
pub use postgres_storage::{PostgresStorage, Unreadable};
pub(crate) use real_time_store::QUERIES as REAL_TIME_QUERIES;
pub use referee::{Asked, Checked, Referee, Refused, Taken};
pub use service::{Error, Games, RUNNING_GAMES_MAX, Seen, Started, draw_seats};
pub use showing::Listing;
pub use step::{Act, Cause, Event, Order, Refusal, Step};
pub use storage::{Change, KeptStep, Loaded, RequestKey, SetAside, Storage, Stored};
pub(crate) use store::QUERIES;
pub use terms::{Pinned, Terms, TermsTold, Unplayable};
pub use time_control::{InvalidTimeControl, TimeControl};
pub use told::UnreadableStep;
pub use uptime::{BEAT_INTERVAL, NoSignOfLife, Uptime};
pub use verification::Verified;
pub(crate) use verification_store::QUERIES as VERIFICATION_QUERIES;
pub use view::{GameView, StepView};
pub use wanted::{InvalidTerms, TermsWanted};
