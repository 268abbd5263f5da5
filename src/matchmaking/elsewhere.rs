//! What else players wait for who are given each other.

use std::fmt;

use futures_util::future::BoxFuture;

use crate::events::Message;
use crate::id::AccountId;
use crate::postgres::{self, Connection};

/// Where else than in matchmaking players wait for a game: the lobby, which knows of matchmaking, and of
/// which matchmaking knows no more than this.
pub trait Elsewhere: fmt::Debug + Send + Sync {
    /// Takes players out of whatever else in real time they wait for, in the transaction that begins their
    /// game and has written nothing yet; gives what is to be told of it. It waits for nobody: what
    /// somebody else is at is left to him.
    ///
    /// # Errors
    /// When the database fails.
    fn release<'a>(
        &'a self,
        transaction: &'a Connection,
        players: &'a [AccountId],
    ) -> BoxFuture<'a, Result<Vec<Message>, postgres::Error>>;
}
