//! The use cases of invitations.

use std::time::Duration;

use serde_json::value::RawValue;

use super::store;
use super::types::{Invitation, InvitationOutcome, Invited, Listed, Status};
use super::view;
use crate::events::{Kind, Message};
use crate::id::{AccountId, GameId, InvitationId};
use crate::lobby::leaving::Ties;
use crate::lobby::real_time::Asking;
use crate::lobby::service::{COUNTED_FOR, Error, Lobby, expiry, require_calm, told};
use crate::postgres::advisory::{lock_accounts, lock_entries};
use crate::postgres::{self, Connection, Transaction};
use crate::runtime::Terms;
use crate::time::Timestamp;

/// How many invitations of an account may wait for answers.
pub(super) const SENT_MAX: i64 = 20;

/// How many may wait for an account's answer.
pub(super) const RECEIVED_MAX: i64 = 100;

/// How many an account may send within an hour, whatever becomes of them.
const SENT_PER_HOUR_MAX: i64 = 300;

/// How long an invitation stands, for a game in real time and by correspondence.
const TTL: [Duration; 2] = [Duration::from_secs(24 * 3600), Duration::from_secs(7 * 24 * 3600)];

/// What somebody invites others to.
#[derive(Debug)]
pub(super) struct Proposed {
    pub(super) terms: Box<RawValue>,
    pub(super) is_real_time: bool,
    /// The inviter first, with the seats that are settled.
    pub(super) players: Vec<(AccountId, Option<u8>)>,
    pub(super) rematch_of: Option<GameId>,
    pub(super) expires_at: Timestamp,
}

impl Proposed {
    pub(super) fn new(
        terms: &Terms,
        players: Vec<(AccountId, Option<u8>)>,
        rematch_of: Option<GameId>,
        now: Timestamp,
        expires_in_seconds: Option<u32>,
    ) -> Self {
        Self {
            terms: told(terms),
            is_real_time: terms.time_control.is_real_time(),
            players,
            rematch_of,
            expires_at: expiry(now, terms, expires_in_seconds, TTL),
        }
    }

    /// The invitation that it is by the first of its players.
    fn by(self, inviter: AccountId, now: Timestamp) -> Invitation {
        let invited = |(account, seat)| Invited { account, seat, has_accepted: account == inviter };
        Invitation {
            id: InvitationId::new(now),
            inviter,
            terms: self.terms,
            is_real_time: self.is_real_time,
            players: self.players.into_iter().map(invited).collect(),
            rematch_of: self.rematch_of,
            opened_at: now,
            expires_at: self.expires_at,
            closed: None,
        }
    }
}

impl Lobby {
    /// Invites accounts to a game. Who is to begin has seat 0; the other seats are drawn.
    ///
    /// # Errors
    /// [`Error::Account`] where the inviter may not be used, [`Error::NotPossible`],
    /// [`Error::TooManyInvitations`], [`Error::Throttled`], [`Error::AlreadyPlaying`], [`Error::Game`] where the
    /// inviter plays too many games, [`Error::Storage`].
    pub async fn invite(
        &self,
        inviter: AccountId,
        invited: &[AccountId],
        terms: &Terms,
        starter: Option<AccountId>,
        expires_in_seconds: Option<u32>,
    ) -> Result<Invitation, Error> {
        let settled = |account| (account, (starter == Some(account)).then_some(0));
        let players: Vec<_> =
            std::iter::once(inviter).chain(invited.iter().copied()).map(settled).collect();
        let proposed = Proposed::new(terms, players, None, self.now(), expires_in_seconds);
        let asking = self.asking(inviter, proposed.is_real_time).await?;
        let mut connection = self.pool.get().await?;
        let transaction = connection.begin().await?;
        let accounts = proposed.players.iter().map(|(account, _)| account.uuid());
        lock_accounts(&transaction, accounts).await?;
        Self::lock_waiting(&transaction, &asking).await?;
        self.propose(transaction, &asking, proposed, Vec::new()).await
    }

    /// Sends an invitation in a transaction that has locked all of its accounts, and what the inviter waits
    /// for in real time, and may have done something of which these messages tell.
    pub(super) async fn propose(
        &self,
        transaction: Transaction<'_>,
        asking: &Asking,
        proposed: Proposed,
        mut messages: Vec<Message>,
    ) -> Result<Invitation, Error> {
        let inviter = asking.account;
        self.require_none_begun(&transaction, asking).await?;
        let accounts: Vec<AccountId> =
            proposed.players.iter().map(|(account, _)| *account).collect();
        self.require_possible(&transaction, inviter, &accounts).await?;
        self.games.require_room(&transaction, &[inviter]).await?;
        let now = self.now();
        if store::count_sent(&transaction, inviter, now).await? >= SENT_MAX {
            return Err(Error::TooManyInvitations { is_sender: true });
        }
        let since = now - COUNTED_FOR;
        let first = store::find_sent(&transaction, inviter, since, SENT_PER_HOUR_MAX).await?;
        require_calm(first, now)?;
        let others: Vec<AccountId> =
            accounts.iter().copied().filter(|account| *account != inviter).collect();
        if store::count_received(&transaction, &others, now).await? >= RECEIVED_MAX {
            return Err(Error::TooManyInvitations { is_sender: false });
        }
        let invitation = proposed.by(inviter, now);
        store::insert(&transaction, &invitation).await?;
        messages.push(view::told(Kind::InvitationOpened, &invitation, now));
        self.commit(transaction, &messages).await?;
        Ok(invitation)
    }

    /// Whether these accounts may play each other, of which one acts.
    async fn require_possible(
        &self,
        transaction: &Connection,
        acting: AccountId,
        accounts: &[AccountId],
    ) -> Result<(), Error> {
        let found = self.accounts.lock(transaction, accounts).await?;
        let (own, others): (Vec<_>, Vec<_>) =
            found.into_iter().partition(|account| account.id == acting);
        let own = own.into_iter().next().ok_or(crate::account::Error::AccountUnknown)?;
        self.accounts.require_active(own)?;
        let is_there = others.len() + 1 == accounts.len()
            && others.into_iter().all(|it| self.accounts.require_active(it).is_ok());
        let is_blocked = self.blocks.exists_among(transaction, accounts).await?;
        if is_there && !is_blocked { Ok(()) } else { Err(Error::NotPossible) }
    }

    /// Accepts an invitation; the last to accept begins the game. Who has accepted already has, and nothing
    /// changes.
    ///
    /// # Errors
    /// [`Error::InvitationUnknown`], [`Error::InvitationClosed`], [`Error::NotPossible`],
    /// [`Error::AlreadyPlaying`], [`Error::Account`], [`Error::Game`], [`Error::Unplayable`],
    /// [`Error::Storage`].
    pub async fn accept_invitation(
        &self,
        id: InvitationId,
        account: AccountId,
    ) -> Result<Invitation, Error> {
        let found = store::find(&self.pool, id).await?.filter(|it| it.has(account));
        let found = found.ok_or(Error::InvitationUnknown)?;
        let asking = self.asking(account, found.is_real_time).await?;
        let mut connection = self.pool.get().await?;
        let transaction = connection.begin().await?;
        lock_accounts(&transaction, [account.uuid()]).await?;
        let elsewhere = self.lock_beginning(&transaction, &found).await?;
        let invitation = find(&transaction, id, account).await?;
        self.agree(transaction, invitation, &asking, elsewhere).await
    }

    /// Notes that an account agrees, in a transaction that has locked both, and what else in real time the
    /// players wait for.
    pub(super) async fn agree(
        &self,
        transaction: Transaction<'_>,
        mut invitation: Invitation,
        asking: &Asking,
        elsewhere: Option<Ties>,
    ) -> Result<Invitation, Error> {
        let (id, account, now) = (invitation.id, asking.account, self.now());
        match invitation.status(now) {
            Status::Open | Status::Accepted if invitation.has_yes_of(account) => {
                return Ok(invitation);
            }
            Status::Open => {}
            over => return Err(Error::InvitationClosed(over.as_str())),
        }
        invitation.accept(account);
        self.require_none_begun(&transaction, asking).await?;
        let accounts: Vec<AccountId> = invitation.accounts().collect();
        if self.blocks.exists_among(&transaction, &accounts).await? {
            // Nobody has said no, but it comes to nothing.
            let outcome = InvitationOutcome::Declined;
            store::close(&transaction, id, now, outcome, None).await?;
            let closed = view::closed(id, invitation.accounts(), outcome, None);
            self.commit(transaction, &[closed]).await?;
            return Err(Error::NotPossible);
        }
        self.require_possible(&transaction, account, &accounts).await?;
        self.games.require_room(&transaction, &[account]).await?;
        store::accept(&transaction, id, account, now).await?;
        if !invitation.is_agreed() {
            let told = view::told(Kind::InvitationChanged, &invitation, now);
            self.commit(transaction, &[told]).await?;
            return Ok(invitation);
        }
        let started = self.begin(&transaction, &invitation.terms, invitation.seating()).await?;
        let outcome = InvitationOutcome::Accepted(started.id);
        // Whatever else may go wrong with locks, of one invitation comes one game.
        if !store::close(&transaction, id, now, outcome, Some(account)).await? {
            return Err(Error::InvitationClosed(Status::Accepted.as_str()));
        }
        invitation.closed = Some((outcome, Some(account)));
        let mut messages = vec![view::closed(id, invitation.accounts(), outcome, Some(account))];
        messages.extend(started.messages);
        messages.extend(self.leave_for_game(&transaction, &accounts, elsewhere).await?);
        self.commit_begun(transaction, &messages).await?;
        Ok(invitation)
    }

    /// Takes an invitation back, or declines it. One that is over without a game stays as it is.
    ///
    /// # Errors
    /// [`Error::InvitationUnknown`], [`Error::InvitationClosed`] where the game has begun,
    /// [`Error::Storage`].
    pub async fn close_invitation(
        &self,
        id: InvitationId,
        account: AccountId,
    ) -> Result<(), Error> {
        let found = store::find(&self.pool, id).await?.filter(|it| it.has(account));
        found.ok_or(Error::InvitationUnknown)?;
        let mut connection = self.pool.get().await?;
        let transaction = connection.begin().await?;
        lock_accounts(&transaction, [account.uuid()]).await?;
        lock_entries(&transaction, [id.uuid()]).await?;
        let invitation = find(&transaction, id, account).await?;
        match invitation.status(self.now()) {
            Status::Open => {}
            Status::Accepted => {
                return Err(Error::InvitationClosed(Status::Accepted.as_str()));
            }
            Status::Declined | Status::Withdrawn | Status::Expired => return Ok(()),
        }
        let messages = self.leave(&transaction, &[account], invitation.into()).await?;
        self.commit(transaction, &messages).await
    }

    /// An invitation, however it stands.
    ///
    /// # Errors
    /// [`Error::InvitationUnknown`] also where it is others', or where it is open and one of the players has
    /// blocked another since; [`Error::Storage`].
    pub async fn show_invitation(
        &self,
        id: InvitationId,
        caller: AccountId,
    ) -> Result<Invitation, Error> {
        let found = store::find(&self.pool, id).await?.filter(|it| it.has(caller));
        let found = found.ok_or(Error::InvitationUnknown)?;
        let players: Vec<AccountId> = found.accounts().collect();
        let comes_to_nothing = found.closed.is_none()
            && self.blocks.exists_among(&self.pool.get().await?, &players).await?;
        if comes_to_nothing { Err(Error::InvitationUnknown) } else { Ok(found) }
    }

    /// A page of open invitations, the newest first, without those whose players have blocked each other since.
    ///
    /// # Errors
    /// [`Error::Storage`]
    pub(super) async fn list_invitations(
        &self,
        listed: Listed,
        caller: AccountId,
        before: InvitationId,
        limit: usize,
    ) -> Result<Vec<Invitation>, Error> {
        Ok(store::list(&self.pool, listed, caller, self.now(), before, limit).await?)
    }
}

/// Takes back that accounts have accepted an invitation, which is locked; gives what is to be told of it.
pub(in crate::lobby) async fn retract(
    transaction: &Connection,
    mut invitation: Invitation,
    accounts: &[AccountId],
    now: Timestamp,
) -> Result<Message, postgres::Error> {
    store::retract(transaction, invitation.id, accounts).await?;
    invitation.retract(accounts);
    Ok(view::told(Kind::InvitationChanged, &invitation, now))
}

/// An invitation as it stands, for a player who has locked it.
async fn find(
    transaction: &Connection,
    id: InvitationId,
    account: AccountId,
) -> Result<Invitation, Error> {
    let found = store::find_many(transaction, &[id]).await?.pop();
    found.filter(|it| it.has(account)).ok_or(Error::InvitationUnknown)
}
