//! Another game after the last: an invitation that two may ask for at once.

use super::service::Proposed;
use super::store;
use super::types::{Invitation, InvitationOutcome, Status};
use super::view;
use crate::id::{AccountId, GameId};
use crate::lobby::leaving::Ties;
use crate::lobby::real_time::Asking;
use crate::lobby::service::{Error, Lobby};
use crate::postgres::Connection;
use crate::postgres::advisory::{lock_accounts, lock_game};
use crate::runtime::{self, Terms, Unplayable, Unreadable};

impl Lobby {
    /// Asks the players of a game that is over for another one by the same terms, in which the next of them
    /// begins. Whoever asks when another has asked already agrees with him, so that of all who ask one game
    /// comes; whoever asks after that gets the same one.
    ///
    /// # Errors
    /// [`Error::Game`] where there is no such game, or it is others'; [`Error::GameRunning`],
    /// [`Error::Unplayable`], and as [`invite`](Self::invite) and
    /// [`accept_invitation`](Self::accept_invitation).
    pub async fn ask_for_rematch(
        &self,
        game: GameId,
        account: AccountId,
    ) -> Result<Invitation, Error> {
        let (terms, seats) = self.find_finished(game, account).await?;
        let asking = self.asking(account, terms.time_control.is_real_time()).await?;
        let mut connection = self.pool.get().await?;
        let transaction = connection.begin().await?;
        lock_accounts(&transaction, seats.iter().map(|player| player.uuid())).await?;
        lock_game(&transaction, game.uuid()).await?;
        let found = self.find_rematch(&transaction, game, &asking).await?;
        let now = self.now();
        let proposed = Proposed::new(&terms, rotated(&seats, account), Some(game), now, None);
        match found {
            None => self.propose(transaction, &asking, proposed, Vec::new()).await,
            Some((found, elsewhere)) if found.status(now) != Status::Expired => {
                self.agree(transaction, found, &asking, elsewhere).await
            }
            Some((expired, _)) => {
                let outcome = InvitationOutcome::Expired;
                store::close(&transaction, expired.id, now, outcome, None).await?;
                let closed = view::closed(expired.id, expired.accounts(), outcome, None);
                self.propose(transaction, &asking, proposed, vec![closed]).await
            }
        }
    }

    /// The invitation by which a game is to be played again, or was; locked as what may begin a game. Where
    /// there is none the account is, which is to send it.
    async fn find_rematch(
        &self,
        transaction: &Connection,
        game: GameId,
        asking: &Asking,
    ) -> Result<Option<(Invitation, Option<Ties>)>, Error> {
        let found = match store::find_rematch(transaction, game).await? {
            Some(id) => store::find_many(transaction, &[id]).await?.pop(),
            None => None,
        };
        let Some(found) = found else {
            Self::lock_waiting(transaction, asking).await?;
            return Ok(None);
        };
        let elsewhere = self.lock_beginning(transaction, &found).await?;
        // Somebody may have closed it before it was locked.
        let is_open_or_begun = |it: &Invitation| {
            !matches!(
                it.closed,
                Some((InvitationOutcome::Declined | InvitationOutcome::Withdrawn, _))
            )
        };
        let found = store::find_many(transaction, &[found.id]).await?.pop();
        Ok(found.filter(is_open_or_begun).map(|found| (found, elsewhere)))
    }

    /// By what a game that is over was played, and who sat where.
    async fn find_finished(
        &self,
        game: GameId,
        account: AccountId,
    ) -> Result<(Terms, Vec<AccountId>), Error> {
        let games = &self.games;
        let finished = games.finished(game).await.map_err(|error| match error {
            runtime::Error::Unreadable(Unreadable::Unplayable(why)) => Error::Unplayable(why),
            error => error.into(),
        });
        let Some((terms, seats)) = finished? else {
            games.show(game, account).await?;
            return Err(Error::GameRunning);
        };
        if !seats.contains(&account) {
            return Err(runtime::Error::NotAPlayer.into());
        }
        let hash = terms.lexicon.content_hash();
        if !games.library().offered().iter().any(|lexicon| lexicon.content_hash() == hash) {
            let (name, hash) = (terms.lexicon.name().to_owned(), hash.to_string());
            return Err(Unplayable::LexiconMissing { name, hash }.into());
        }
        // A merger can put one account on two seats.
        let is_twice = seats.iter().enumerate().any(|(at, player)| seats[..at].contains(player));
        if is_twice { Err(Error::NotPossible) } else { Ok((terms, seats)) }
    }
}

/// Who is asked, the one who asks first; each a seat further on than in the game before.
fn rotated(seats: &[AccountId], asking: AccountId) -> Vec<(AccountId, Option<u8>)> {
    let count = seats.len();
    let mut players: Vec<(AccountId, Option<u8>)> = (0..count)
        .map(|seat| (seats[seat], u8::try_from((seat + count - 1) % count).ok()))
        .collect();
    players.sort_by_key(|(account, _)| *account != asking);
    players
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::Timestamp;

    #[test]
    fn who_sat_second_begins_the_next_game_and_after_so_many_games_it_is_as_before() {
        let now = Timestamp::from_micros(0);
        let seats: Vec<AccountId> = (0..3).map(|_| AccountId::new(now)).collect();
        let next = rotated(&seats, seats[2]);
        assert_eq!(next[0], (seats[2], Some(1)), "who asks is told first");
        let mut seated = next.clone();
        seated.sort_by_key(|(_, seat)| *seat);
        let seated: Vec<AccountId> = seated.into_iter().map(|(account, _)| account).collect();
        assert_eq!(seated, [seats[1], seats[2], seats[0]]);
    }
}
