//! What else players wait for who are given each other.

use std::fmt;

use futures_util::future::BoxFuture;

use crate::events::Message;
use crate::id::AccountId;
use crate::postgres::{self, Connection};

/// Where else than in matchmaking players wait for a game: the lobby, which knows of matchmaking, and of
/// which matchmaking knows no more than this.
pub trait Elsewhere: fmt::Debug + Send + Sync {
    /// Waits until nobody else begins a game in real time with any of the players, and takes them out of
    /// whatever else in real time they wait for, in the transaction that begins their game and has written
    /// nothing yet; gives what is to be told of it.
    ///
    /// # Errors
    /// When the database fails.
    fn release<'a>(
        &'a self,
        transaction: &'a Connection,
        players: &'a [AccountId],
    ) -> BoxFuture<'a, Result<Vec<Message>, postgres::Error>>;
}
