//! Games in real time, of which nobody begins two at once.
//!
//! Before anybody begins to wait for such a game, or begins one, the players are locked. Whoever begins one
//! then finds all else that they wait for, waits until it is his, and takes them out of it. What it can't find
//! is a game that has begun while somebody asked for another one: he is told so.

use futures_util::future::BoxFuture;
use uuid::Uuid;

use super::invitation::{self, Invitation};
use super::leaving::{Open, Ties};
use super::seek::Seek;
use super::service::{Error, Lobby};
use crate::events::Message;
use crate::id::{AccountId, GameId};
use crate::matchmaking::{Elsewhere, Matchmaking};
use crate::postgres::advisory::{lock_entries, lock_real_time};
use crate::postgres::{self, Connection};

/// Who asks for something, and what he played in real time when he asked for a game in real time, before he
/// waited for anybody. Who knows of such games may play more.
pub(super) struct Asking {
    pub(super) account: AccountId,
    known: Option<Vec<GameId>>,
}

/// What is about to become a game, if the last one has joined.
pub(super) struct Beginning {
    id: Uuid,
    players: Vec<AccountId>,
    is_real_time: bool,
    /// Whether the players may be all.
    is_last: bool,
}

impl From<&Seek> for Beginning {
    fn from(seek: &Seek) -> Self {
        Self {
            id: seek.id.uuid(),
            players: seek.players(),
            is_real_time: seek.is_real_time,
            is_last: seek.is_full(),
        }
    }
}

impl From<&Invitation> for Beginning {
    fn from(invitation: &Invitation) -> Self {
        Self {
            id: invitation.id.uuid(),
            players: invitation.accounts().collect(),
            is_real_time: invitation.is_real_time,
            // Others may accept until it is locked.
            is_last: true,
        }
    }
}

impl Lobby {
    /// An account that asks for a game, or to wait for one. To be called before anything is locked.
    pub(super) async fn asking(
        &self,
        account: AccountId,
        is_real_time: bool,
    ) -> Result<Asking, Error> {
        let known = if is_real_time {
            Some(self.games.list_real_time(&self.pool.get().await?, account).await?)
        } else {
            None
        };
        Ok(Asking { account, known })
    }

    /// Sees that no game in real time has begun with the account since it asked for one, now that it is
    /// locked.
    ///
    /// # Errors
    /// [`Error::AlreadyPlaying`], [`Error::Storage`].
    pub(super) async fn require_none_begun(
        &self,
        transaction: &Connection,
        asking: &Asking,
    ) -> Result<(), Error> {
        let Some(known) = &asking.known else { return Ok(()) };
        let games = self.games.list_real_time(transaction, asking.account).await?;
        let are_known = games.iter().all(|id| known.contains(id));
        if are_known { Ok(()) } else { Err(Error::AlreadyPlaying) }
    }

    /// Locks an account that is to wait for a game, if that is one in real time; afterwards it is to be seen
    /// that [none has begun](Self::require_none_begun).
    pub(super) async fn lock_waiting(
        transaction: &Connection,
        asking: &Asking,
    ) -> Result<(), postgres::Error> {
        if asking.known.is_some() {
            lock_real_time(transaction, [asking.account.uuid()]).await?;
        }
        Ok(())
    }

    /// Locks a seek or an invitation, and before it and with it what must be locked to begin its game in real
    /// time; gives what else in real time its players wait for, if they are to begin one.
    pub(super) async fn lock_beginning(
        &self,
        transaction: &Connection,
        beginning: impl Into<Beginning>,
    ) -> Result<Option<Ties>, postgres::Error> {
        let Beginning { id, players, is_real_time, is_last } = beginning.into();
        if is_real_time {
            lock_real_time(transaction, players.iter().map(|player| player.uuid())).await?;
        }
        if is_real_time && is_last {
            return lock_ties(transaction, &players, Some(id)).await.map(Some);
        }
        lock_entries(transaction, [id]).await?;
        Ok(None)
    }

    /// Takes players out of what else they wait for, if they begin a game in real time; gives what is to be
    /// told of it.
    pub(super) async fn leave_for_game(
        &self,
        transaction: &Connection,
        players: &[AccountId],
        elsewhere: Option<Ties>,
    ) -> Result<Vec<Message>, postgres::Error> {
        let Some(ties) = elsewhere else { return Ok(Vec::new()) };
        Matchmaking::withdraw_real_time(transaction, players).await?;
        self.leave(transaction, players, ties).await
    }

    /// Takes those who have gone out of the seeks in real time that they wait in, takes back their
    /// invitations to such games, and what they have said to those of others, which they may accept again when
    /// they are back: so that none begins with a player who is not here. Gives what is to be told of it. The
    /// caller has their lock of games in real time.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn release_gone(
        &self,
        transaction: &Connection,
        gone: &[AccountId],
    ) -> Result<Vec<Message>, postgres::Error> {
        let mut ties = lock_ties(transaction, gone, None).await?;
        let is_own = |invitation: &mut Invitation| gone.contains(&invitation.inviter);
        let own: Vec<Invitation> = ties.invitations.extract_if(.., is_own).collect();
        let of_others = std::mem::replace(&mut ties.invitations, own);
        let mut messages = self.leave(transaction, gone, ties).await?;
        for invitation in of_others {
            messages.push(invitation::retract(transaction, invitation, gone, self.now()).await?);
        }
        Ok(messages)
    }
}

impl Elsewhere for Lobby {
    fn release<'a>(
        &'a self,
        transaction: &'a Connection,
        players: &'a [AccountId],
    ) -> BoxFuture<'a, Result<Vec<Message>, postgres::Error>> {
        Box::pin(async move {
            lock_real_time(transaction, players.iter().map(|id| id.uuid())).await?;
            let ties = lock_ties(transaction, players, None).await?;
            self.leave(transaction, players, ties).await
        })
    }
}

/// Locks what in real time players wait for, and what has this id, which is not among what it gives. An
/// invitation that a player has not answered he may still accept after the game.
async fn lock_ties(
    transaction: &Connection,
    players: &[AccountId],
    own: Option<Uuid>,
) -> Result<Ties, postgres::Error> {
    let open = Open::list(transaction, players, true).await?.without(own);
    lock_entries(transaction, open.uuids().chain(own)).await?;
    open.read(transaction).await
}
