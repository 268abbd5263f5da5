//! The use cases of seeks.

use std::time::Duration;

use super::store;
use super::types::{Admission, Listed, Seek, SeekOutcome, Status, Strength};
use super::view;
use crate::events::{Kind, Message};
use crate::id::{AccountId, SeekId};
use crate::lobby::real_time::Asking;
use crate::lobby::service::{COUNTED_FOR, Error, Lobby, expiry, require_calm, told};
use crate::postgres::advisory::{lock_accounts, lock_entries};
use crate::postgres::{self, Connection};
use crate::rating::{Category, Rating};
use crate::runtime::{Terms, draw_seats};

/// How many open seeks an account may have, and in how many of others it may be.
pub(super) const SEEKS_MAX: i64 = 8;

/// How many an account may open within an hour, whatever becomes of them: everybody is told of each.
const OPENED_PER_HOUR_MAX: i64 = 300;

/// How long a seek stands, for a game in real time and by correspondence.
const TTL: [Duration; 2] = [Duration::from_secs(2 * 3600), Duration::from_secs(60 * 3600)];

/// How often somebody tries to join who finds that others have come or gone meanwhile.
const JOINING_TRIES: usize = 10;

/// How many seeks are looked at together, and how often, for one page of those that fit the caller.
const PORTION: usize = 100;
const PORTIONS_MAX: usize = 10;

impl Lobby {
    /// Opens a seek.
    ///
    /// # Errors
    /// [`Error::Account`] where the account may not be used, [`Error::TooManySeeks`],
    /// [`Error::Throttled`], [`Error::AlreadyPlaying`], [`Error::Game`] where the account plays too many games,
    /// [`Error::Storage`].
    pub async fn open_seek(
        &self,
        owner: AccountId,
        terms: &Terms,
        admission: Admission,
        expires_in_seconds: Option<u32>,
    ) -> Result<Seek, Error> {
        let category = terms.category().to_string();
        let owner_strength = self.strength(owner, &category).await?;
        let is_real_time = terms.time_control.is_real_time();
        let asking = self.asking(owner, is_real_time).await?;
        let mut connection = self.pool.get().await?;
        let transaction = connection.begin().await?;
        lock_accounts(&transaction, [owner.uuid()]).await?;
        Self::lock_waiting(&transaction, &asking).await?;
        self.require_none_begun(&transaction, &asking).await?;
        self.require_active(&transaction, owner, &[owner]).await?;
        self.games.require_room(&transaction, &[owner]).await?;
        let now = self.now();
        let (opened, _) = store::count_of(&transaction, owner, now).await?;
        if opened >= SEEKS_MAX {
            return Err(Error::TooManySeeks { max: SEEKS_MAX });
        }
        let since = now - COUNTED_FOR;
        require_calm(
            store::find_opened(&transaction, owner, since, OPENED_PER_HOUR_MAX).await?,
            now,
        )?;
        let seek = Seek {
            id: SeekId::new(now),
            owner,
            owner_strength,
            terms: told(terms),
            category,
            is_real_time,
            seats: terms.players,
            admission,
            members: Vec::new(),
            opened_at: now,
            expires_at: expiry(now, terms, expires_in_seconds, TTL),
            closed: None,
        };
        store::insert(&transaction, &seek).await?;
        let told = self.told(&transaction, Kind::SeekOpened, &seek).await?;
        self.commit(transaction, &[told]).await?;
        Ok(seek)
    }

    /// Takes a seat of a seek; whoever takes the last one begins the game. Who has joined already has, and
    /// nothing changes. Of two of whom one has blocked the other since they joined, the later one is out, and
    /// so is, when the game would begin, whoever plays too many games by then.
    ///
    /// # Errors
    /// [`Error::SeekUnknown`], also where the account is not to know of it, [`Error::SeekTaken`],
    /// [`Error::OwnSeek`], [`Error::Ineligible`], [`Error::TooManySeeks`], [`Error::AlreadyPlaying`],
    /// [`Error::Account`], [`Error::Game`] also where the account or the owner plays too many games,
    /// [`Error::Unplayable`], [`Error::Storage`].
    pub async fn join_seek(&self, id: SeekId, joiner: AccountId) -> Result<Seek, Error> {
        let mut seek = store::find(&self.pool, id).await?.ok_or(Error::SeekUnknown)?;
        let strength = self.strength(joiner, &seek.category).await?;
        let asking = self.asking(joiner, seek.is_real_time).await?;
        for _ in 0..JOINING_TRIES {
            // Without a lock: whoever comes too late is told so at once.
            if seek.has_joined(joiner, strength, self.now())? {
                return Ok(seek);
            }
            seek.members.push(joiner);
            if let Some(joined) = self.try_join(&seek, &asking, strength).await? {
                return Ok(joined);
            }
            seek = store::find(&self.pool, id).await?.ok_or(Error::SeekUnknown)?;
        }
        Err(Error::SeekTaken)
    }

    /// Has an account join a seek that is as expected with it; nothing where it takes the last seat among
    /// others than these.
    async fn try_join(
        &self,
        expected: &Seek,
        asking: &Asking,
        strength: Strength,
    ) -> Result<Option<Seek>, Error> {
        let (id, joiner) = (expected.id, asking.account);
        let mut connection = self.pool.get().await?;
        let transaction = connection.begin().await?;
        lock_accounts(&transaction, [joiner.uuid()]).await?;
        let elsewhere = self.lock_beginning(&transaction, expected).await?;
        let mut seek = find(&transaction, id).await?;
        let now = self.now();
        if seek.has_joined(joiner, strength, now)? {
            return Ok(Some(seek));
        }
        seek.members.push(joiner);
        if seek.is_real_time && seek.is_full() && seek.members != expected.members {
            return Ok(None);
        }
        self.require_none_begun(&transaction, asking).await?;
        self.require_active(&transaction, joiner, &seek.players()).await?;
        self.games.require_room(&transaction, &[joiner]).await?;
        let mut apart = self.apart(&transaction, &seek).await?;
        if apart.contains(&joiner) {
            return Err(Error::SeekUnknown);
        }
        if seek.is_full() {
            // The owner is not among them: without him there is no game.
            apart.extend(self.games.find_without_room(&transaction, &seek.members).await?);
            apart.sort_unstable();
            apart.dedup();
        }
        let (_, joined) = store::count_of(&transaction, joiner, now).await?;
        if joined >= SEEKS_MAX {
            return Err(Error::TooManySeeks { max: SEEKS_MAX });
        }
        store::insert_member(&transaction, id, joiner, now).await?;
        let mut messages = Vec::new();
        if !apart.is_empty() {
            store::delete_members(&transaction, id, &apart).await?;
            seek.members.retain(|member| !apart.contains(member));
            messages.push(view::lost(id, apart));
        }
        if !seek.is_full() {
            messages.push(self.told(&transaction, Kind::SeekChanged, &seek).await?);
            self.commit(transaction, &messages).await?;
            return Ok(Some(seek));
        }
        let players = draw_seats(seek.players());
        let started = self.begin(&transaction, &seek.terms, players).await?;
        seek.closed = Some(SeekOutcome::Taken(started.id));
        // Whatever else may go wrong with locks, of one seek comes one game.
        if !store::close(&transaction, id, now, SeekOutcome::Taken(started.id)).await? {
            return Err(Error::SeekUnknown);
        }
        messages.push(view::closed(id, SeekOutcome::Taken(started.id)));
        messages.extend(started.messages);
        messages.extend(self.leave_for_game(&transaction, &seek.players(), elsewhere).await?);
        self.commit_begun(transaction, &messages).await?;
        Ok(Some(seek))
    }

    /// Leaves a seek; where it is its owner who leaves, it is over. One that is over already stays as it
    /// is.
    ///
    /// # Errors
    /// [`Error::SeekUnknown`] where the account is not in it, [`Error::SeekTaken`], [`Error::Storage`].
    pub async fn leave_seek(&self, id: SeekId, account: AccountId) -> Result<(), Error> {
        let found = store::find(&self.pool, id).await?.filter(|seek| seek.has(account));
        found.ok_or(Error::SeekUnknown)?;
        let mut connection = self.pool.get().await?;
        let transaction = connection.begin().await?;
        lock_accounts(&transaction, [account.uuid()]).await?;
        lock_entries(&transaction, [id.uuid()]).await?;
        let seek = find(&transaction, id).await?;
        if !seek.has(account) {
            return Err(Error::SeekUnknown);
        }
        match seek.status(self.now()) {
            Status::Open => {}
            Status::Taken => return Err(Error::SeekTaken),
            Status::Withdrawn | Status::Expired => return Ok(()),
        }
        let messages = self.leave(&transaction, &[account], seek.into()).await?;
        self.commit(transaction, &messages).await
    }

    /// A seek, however it stands.
    ///
    /// # Errors
    /// [`Error::SeekUnknown`], [`Error::Storage`].
    pub async fn show_seek(&self, id: SeekId, caller: AccountId) -> Result<Seek, Error> {
        let seek = store::find(&self.pool, id).await?.ok_or(Error::SeekUnknown)?;
        let connection = self.pool.get().await?;
        let at_odds = self.blocks.at_odds(&connection, caller, &seek.players()).await?;
        if at_odds.is_empty() || seek.has(caller) { Ok(seek) } else { Err(Error::SeekUnknown) }
    }

    /// A page of open seeks, the newest first, and where the next begins, if there is more to look at.
    ///
    /// # Errors
    /// [`Error::Rating`] where there is no such account, [`Error::Storage`].
    pub(super) async fn list_seeks(
        &self,
        listed: Listed,
        caller: AccountId,
        before: SeekId,
        limit: usize,
    ) -> Result<(Vec<Seek>, Option<SeekId>), Error> {
        let (mut found, mut place) = (Vec::new(), before);
        let (pool, now) = (&self.pool, self.now());
        let ratings = self.ratings.list(caller).await?;
        for _ in 0..PORTIONS_MAX {
            let portion = store::list(pool, listed, caller, now, place, PORTION).await?;
            let last = portion.last().map(|seek| seek.id).filter(|_| portion.len() == PORTION);
            found.extend(match listed {
                Listed::Own => portion,
                Listed::Joinable => self.fitting(caller, &ratings, portion).await?,
            });
            if found.len() > limit {
                found.truncate(limit);
                let next = found.last().map(|seek: &Seek| seek.id);
                return Ok((found, next));
            }
            let Some(last) = last else { return Ok((found, None)) };
            place = last;
        }
        Ok((found, Some(place)))
    }

    /// What is told of an open seek.
    pub(in crate::lobby) async fn told(
        &self,
        transaction: &Connection,
        kind: Kind,
        seek: &Seek,
    ) -> Result<Message, postgres::Error> {
        let at_odds = self.blocks.find_at_odds(transaction, &seek.players()).await?;
        Ok(view::told(kind, seek, at_odds, self.now()))
    }

    /// Those of its players who can't stay, because they are at odds with somebody who was there before.
    async fn apart(
        &self,
        transaction: &Connection,
        seek: &Seek,
    ) -> Result<Vec<AccountId>, postgres::Error> {
        let players = seek.players();
        let blocks = self.blocks.find_among(transaction, &players).await?;
        let are_at_odds =
            |one, other| blocks.contains(&(one, other)) || blocks.contains(&(other, one));
        let (mut together, mut apart) = (Vec::new(), Vec::new());
        for player in players {
            let may_stay = !together.iter().any(|other| are_at_odds(player, *other));
            if may_stay { &mut together } else { &mut apart }.push(player);
        }
        Ok(apart)
    }

    /// Those of the seeks that an account may join, and is not at odds with anybody in.
    async fn fitting(
        &self,
        caller: AccountId,
        ratings: &[(Category, Rating)],
        mut seeks: Vec<Seek>,
    ) -> Result<Vec<Seek>, Error> {
        let now = self.now();
        seeks.retain(|seek| {
            let strength = Strength::in_category(ratings, &seek.category, now);
            seek.admission.admits(strength).is_ok()
        });
        let present: Vec<AccountId> = seeks.iter().flat_map(Seek::players).collect();
        let connection = self.pool.get().await?;
        let at_odds = self.blocks.at_odds(&connection, caller, &present).await?;
        seeks.retain(|seek| !at_odds.iter().any(|account| seek.has(*account)));
        Ok(seeks)
    }
}

/// A seek as it stands, for whoever has locked it.
async fn find(transaction: &Connection, id: SeekId) -> Result<Seek, Error> {
    let found = store::find_many(transaction, &[id]).await?.pop();
    found.ok_or(Error::SeekUnknown)
}
