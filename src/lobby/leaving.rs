//! Who leaves the lobby: because the account is locked or over, or because a game begins.

use uuid::Uuid;

use super::invitation::{self, Invitation, InvitationOutcome};
use super::seek::{self, Seek, SeekOutcome};
use super::service::{Error, Lobby};
use crate::events::{Appended, Kind, Message};
use crate::id::{AccountId, InvitationId, SeekId};
use crate::postgres::advisory::lock;
use crate::postgres::{self, Connection};

/// Seeks and invitations in which some accounts are, locked.
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
        lock(transaction, [account.uuid()]).await?;
        let accounts = [account];
        let seeks = seek::list_open_of(transaction, &accounts, false).await?;
        let invitations = invitation::list_open_of(transaction, &accounts, false).await?;
        lock(transaction, uuids(&seeks, &invitations)).await?;
        let ties = read(transaction, &seeks, &invitations).await?;
        let messages = self.leave(transaction, &accounts, ties).await?;
        Ok(self.events.tell(transaction, &messages).await?)
    }

    /// Gives what has come of an account's invitations to another account, which it becomes, in the caller's
    /// transaction, that has [taken it out](Self::withdraw_all) of the open ones.
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

/// Those that are open still, now that they are locked.
pub(super) async fn read(
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

pub(super) fn uuids(seeks: &[SeekId], invitations: &[InvitationId]) -> impl Iterator<Item = Uuid> {
    let seeks = seeks.iter().map(|id| id.uuid());
    seeks.chain(invitations.iter().map(|id| id.uuid()))
}
