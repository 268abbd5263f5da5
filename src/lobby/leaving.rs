//! Who leaves the lobby: because the account is locked or over, or because a game begins.

use futures_util::future::BoxFuture;
use uuid::Uuid;

use super::invitation::{self, Invitation, InvitationOutcome};
use super::seek::{self, Seek, SeekOutcome};
use super::service::{Error, Lobby};
use super::store::{lock, try_lock};
use crate::events::{Events, Kind, Message};
use crate::id::{AccountId, InvitationId, SeekId};
use crate::matchmaking::{Elsewhere, Matchmaking};
use crate::postgres::{self, Connection};

/// Seeks and invitations in which some accounts are, locked.
#[derive(Default)]
pub(super) struct Ties {
    seeks: Vec<Seek>,
    invitations: Vec<Invitation>,
}

/// What a transaction has told of an account that leaves, of which readers must learn once it is committed.
#[derive(Debug)]
#[must_use = "readers are woken by `committed`"]
pub struct Left(Events);

impl From<Seek> for Ties {
    fn from(seek: Seek) -> Self {
        Self { seeks: vec![seek], invitations: Vec::new() }
    }
}

impl From<Invitation> for Ties {
    fn from(invitation: Invitation) -> Self {
        Self { seeks: Vec::new(), invitations: vec![invitation] }
    }
}

impl Left {
    /// Wakes readers, when the transaction is committed.
    pub fn committed(self) {
        self.0.wake();
    }
}

impl Lobby {
    /// Takes an account out of the lobby, in the caller's transaction: its seeks and invitations are
    /// over. To be called before anything else in that transaction; whoever acts for the account waits
    /// until it ends, and must then find it locked or over.
    ///
    /// # Errors
    /// [`Error::Storage`]
    pub async fn withdraw_all(
        &self,
        transaction: &Connection,
        account: AccountId,
    ) -> Result<Left, Error> {
        lock(transaction, [account.uuid()]).await?;
        let accounts = [account];
        let seeks = seek::list_open_of(transaction, &accounts, false).await?;
        let invitations = invitation::list_open_of(transaction, &accounts, false).await?;
        lock(transaction, uuids(&seeks, &invitations)).await?;
        let ties = read(transaction, &seeks, &invitations).await?;
        let messages = self.leave(transaction, &accounts, ties).await?;
        let _woken_by_the_caller = self.events.tell(transaction, &messages).await?;
        Ok(Left(self.events.clone()))
    }

    /// Locks what else in real time the players of a seek or an invitation wait for, if that is in real time
    /// and about to begin a game: nobody plays two such games at once. What somebody else has locked is
    /// left to him, for the two might wait for each other.
    pub(super) async fn try_tie_up(
        &self,
        transaction: &Connection,
        beginning: impl Into<Beginning>,
    ) -> Result<Option<Ties>, postgres::Error> {
        let Beginning { id, players, is_real_time } = beginning.into();
        if !is_real_time {
            return Ok(None);
        }
        try_lock_others(transaction, &players, Some(id)).await.map(Some)
    }

    /// Takes players out of what else they wait for, if they begin a game in real time; gives what is to
    /// be told of it.
    pub(super) async fn leave_for_game(
        &self,
        transaction: &Connection,
        players: &[AccountId],
        elsewhere: Option<Ties>,
    ) -> Result<Vec<Message>, postgres::Error> {
        let Some(ties) = elsewhere else { return Ok(Vec::new()) };
        Matchmaking::withdraw(transaction, players).await?;
        self.leave(transaction, players, ties).await
    }

    /// Takes accounts out of seeks and invitations; gives what is to be told of it.
    pub(super) async fn leave(
        &self,
        transaction: &Connection,
        accounts: &[AccountId],
        ties: Ties,
    ) -> Result<Vec<Message>, postgres::Error> {
        let now = self.now();
        let mut messages = Vec::new();
        for mut seek in ties.seeks.into_iter().filter(|seek| seek.has_any(accounts)) {
            if accounts.contains(&seek.owner) {
                seek::close(transaction, seek.id, now, SeekOutcome::Withdrawn).await?;
                messages.push(seek::closed(seek.id, SeekOutcome::Withdrawn));
            } else {
                seek::delete_members(transaction, seek.id, accounts).await?;
                seek.members.retain(|member| !accounts.contains(member));
                messages.push(self.told(transaction, Kind::SeekChanged, &seek).await?);
            }
        }
        for invitation in ties.invitations {
            let outcome = if accounts.contains(&invitation.inviter) {
                InvitationOutcome::Withdrawn
            } else {
                InvitationOutcome::Declined
            };
            let by = invitation.accounts().find(|account| accounts.contains(account));
            invitation::close(transaction, invitation.id, now, outcome, by).await?;
            let audience = invitation.accounts();
            messages.push(invitation::closed(invitation.id, audience, outcome, by));
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
            let ties = try_lock_others(transaction, players, None).await?;
            self.leave(transaction, players, ties).await
        })
    }
}

/// What is about to become a game, if the last one has joined.
pub(super) struct Beginning {
    id: Uuid,
    players: Vec<AccountId>,
    is_real_time: bool,
}

impl From<&Seek> for Beginning {
    fn from(seek: &Seek) -> Self {
        let is_real_time = seek.is_full() && seek.is_real_time;
        Self { id: seek.id.uuid(), players: seek.players(), is_real_time }
    }
}

impl From<&Invitation> for Beginning {
    fn from(invitation: &Invitation) -> Self {
        let is_real_time = invitation.is_agreed() && invitation.is_real_time;
        Self { id: invitation.id.uuid(), players: invitation.accounts().collect(), is_real_time }
    }
}

/// Locks what in real time players wait for, but for what has an id; of that which nobody else has locked.
async fn try_lock_others(
    transaction: &Connection,
    players: &[AccountId],
    but: Option<Uuid>,
) -> Result<Ties, postgres::Error> {
    let seeks = seek::list_open_of(transaction, players, true).await?;
    let invitations = invitation::list_open_of(transaction, players, true).await?;
    let wanted: Vec<Uuid> =
        uuids(&seeks, &invitations).filter(|other| Some(*other) != but).collect();
    if wanted.is_empty() {
        return Ok(Ties::default());
    }
    let locked = try_lock(transaction, &wanted).await?;
    let seeks: Vec<SeekId> = seeks.into_iter().filter(|id| locked.contains(&id.uuid())).collect();
    let invitations: Vec<InvitationId> =
        invitations.into_iter().filter(|id| locked.contains(&id.uuid())).collect();
    let mut ties = read(transaction, &seeks, &invitations).await?;
    // Who has not answered yet may still do so after the game.
    ties.invitations.retain(|invitation| players.iter().any(|id| invitation.has_yes_of(*id)));
    Ok(ties)
}

/// Those that are open still, now that they are locked.
async fn read(
    transaction: &Connection,
    seeks: &[SeekId],
    invitations: &[InvitationId],
) -> Result<Ties, postgres::Error> {
    let mut ties = Ties {
        seeks: seek::find_many(transaction, seeks).await?,
        invitations: invitation::find_many(transaction, invitations).await?,
    };
    ties.seeks.retain(|seek| seek.closed.is_none());
    ties.invitations.retain(|invitation| invitation.closed.is_none());
    Ok(ties)
}

fn uuids(seeks: &[SeekId], invitations: &[InvitationId]) -> impl Iterator<Item = Uuid> {
    let seeks = seeks.iter().map(|id| id.uuid());
    seeks.chain(invitations.iter().map(|id| id.uuid()))
}
