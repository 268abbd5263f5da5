//! Who leaves the lobby: because the account is locked or over, or because a game begins.

use uuid::Uuid;

use super::invitation::{self, Invitation, InvitationOutcome};
use super::seek::{self, Seek, SeekOutcome};
use super::service::{Error, Lobby};
use crate::events::{Appended, Kind, Message};
use crate::id::{AccountId, InvitationId, SeekId};
use crate::postgres::advisory::{lock_accounts, lock_entries, lock_real_time};
use crate::postgres::{self, Connection};

/// Seeks and invitations in which some accounts are, to be locked.
#[derive(Default)]
pub(super) struct Open {
    seeks: Vec<SeekId>,
    invitations: Vec<InvitationId>,
}

/// The same, locked.
pub(super) struct Ties {
    seeks: Vec<Seek>,
    pub(super) invitations: Vec<Invitation>,
}

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

impl Lobby {
    /// Takes an account out of the lobby, in the caller's transaction: its seeks and invitations are
    /// over. To be called before anything else in that transaction; whoever acts for the account waits
    /// until it ends, and must then find it locked or over. What is told of it is to be dropped after the commit.
    ///
    /// # Errors
    /// [`Error::Storage`]
    pub async fn withdraw_all(
        &self,
        transaction: &Connection,
        account: AccountId,
    ) -> Result<Appended, Error> {
        lock_accounts(transaction, [account.uuid()]).await?;
        let open = Open::list(transaction, &[account], false).await?;
        lock_entries(transaction, open.uuids()).await?;
        let ties = open.read(transaction).await?;
        let messages = self.leave(transaction, &[account], ties).await?;
        Ok(self.events.tell(transaction, &messages).await?)
    }

    /// The same for an account that becomes another one. If it brings that one a game in real time, the other
    /// waits for no such game any more; tells whether it does.
    ///
    /// # Errors
    /// [`Error::Storage`]
    pub async fn withdraw_for_merger(
        &self,
        transaction: &Connection,
        from: AccountId,
        to: AccountId,
    ) -> Result<(Appended, bool), Error> {
        lock_accounts(transaction, [from.uuid()]).await?;
        lock_real_time(transaction, [from.uuid(), to.uuid()]).await?;
        let brings_real_time = !self.games.list_real_time(transaction, from).await?.is_empty();
        let own = Open::list(transaction, &[from], false).await?;
        let of_other = if brings_real_time {
            Open::list(transaction, &[to], true).await?
        } else {
            Open::default()
        };
        lock_entries(transaction, own.uuids().chain(of_other.uuids())).await?;
        let mut messages = Vec::new();
        for (account, open) in [(from, own), (to, of_other)] {
            let ties = open.read(transaction).await?;
            messages.extend(self.leave(transaction, &[account], ties).await?);
        }
        Ok((self.events.tell(transaction, &messages).await?, brings_real_time))
    }

    /// Gives what has come of an account's invitations to another account, which it becomes, in the caller's
    /// transaction, that has [taken it out](Self::withdraw_for_merger) of the open ones.
    ///
    /// # Errors
    /// [`Error::Storage`]
    pub async fn hand_over(
        &self,
        transaction: &Connection,
        from: AccountId,
        to: AccountId,
    ) -> Result<(), Error> {
        Ok(invitation::hand_over(transaction, from, to).await?)
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

impl Open {
    /// Those in which any of the accounts is; only those in real time in which they wait for others, where it is
    /// so wanted.
    pub(super) async fn list(
        transaction: &Connection,
        accounts: &[AccountId],
        is_real_time_only: bool,
    ) -> Result<Self, postgres::Error> {
        Ok(Self {
            seeks: seek::list_open_of(transaction, accounts, is_real_time_only).await?,
            invitations: invitation::list_open_of(transaction, accounts, is_real_time_only).await?,
        })
    }

    /// Without the one that has this id.
    pub(super) fn without(mut self, id: Option<Uuid>) -> Self {
        self.seeks.retain(|seek| Some(seek.uuid()) != id);
        self.invitations.retain(|invitation| Some(invitation.uuid()) != id);
        self
    }

    /// By which they are locked.
    pub(super) fn uuids(&self) -> impl Iterator<Item = Uuid> {
        let seeks = self.seeks.iter().map(|id| id.uuid());
        seeks.chain(self.invitations.iter().map(|id| id.uuid()))
    }

    /// Those that are open still, now that they are locked.
    pub(super) async fn read(&self, transaction: &Connection) -> Result<Ties, postgres::Error> {
        let mut ties = Ties {
            seeks: seek::find_many(transaction, &self.seeks).await?,
            invitations: invitation::find_many(transaction, &self.invitations).await?,
        };
        ties.seeks.retain(|seek| seek.closed.is_none());
        ties.invitations.retain(|invitation| invitation.closed.is_none());
        Ok(ties)
    }
}
