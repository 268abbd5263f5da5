//! An invitation: to what, whom, and who has agreed.

use std::str::FromStr;

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::value::RawValue;

use crate::id::{AccountId, GameId, InvitationId};
use crate::runtime::draw_seats;
use crate::time::Timestamp;

/// Somebody asks others by name for a game.
#[derive(Debug, Clone)]
pub struct Invitation {
    /// Its name.
    pub id: InvitationId,
    /// Who asks, and plays in any case.
    pub inviter: AccountId,
    /// What the game is to be played by: [`TermsTold`](crate::runtime::TermsTold) as JSON.
    pub terms: Box<RawValue>,
    /// Whether players sit before it together.
    pub is_real_time: bool,
    /// Who is to play, the inviter first.
    pub players: Vec<Invited>,
    /// The game after which the same players want another one.
    pub rematch_of: Option<GameId>,
    /// When it was sent.
    pub opened_at: Timestamp,
    /// From when on nobody accepts any more.
    pub expires_at: Timestamp,
    /// What became of it, and through whom, where it was somebody.
    pub closed: Option<(InvitationOutcome, Option<AccountId>)>,
}

/// A player of a game that is not begun.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Invited {
    /// Who.
    pub account: AccountId,
    /// Where he sits, where that is settled.
    pub seat: Option<u8>,
    /// Whether he has agreed; the inviter has.
    pub has_accepted: bool,
}

/// How an invitation has ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum InvitationOutcome {
    /// All have accepted, and the game has begun.
    Accepted(GameId),
    /// Somebody does not want to.
    Declined,
    /// The inviter has taken it back.
    Withdrawn,
    /// It was not answered in time.
    Expired,
}

/// How an invitation stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "InvitationStatus")]
pub(crate) enum Status {
    /// It waits for an answer.
    Open,
    /// The game has begun.
    Accepted,
    /// Somebody does not want to.
    Declined,
    /// The inviter has taken it back.
    Withdrawn,
    /// It was not answered in time.
    Expired,
}

/// Which invitations are listed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "InvitationList")]
pub(super) enum Listed {
    /// Those of others to the caller.
    Received,
    /// The caller's own.
    Sent,
}

/// A text that names no list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("expected received or sent")]
pub(super) struct UnknownList;

impl FromStr for Listed {
    type Err = UnknownList;

    fn from_str(text: &str) -> Result<Self, UnknownList> {
        match text {
            "received" => Ok(Self::Received),
            "sent" => Ok(Self::Sent),
            _ => Err(UnknownList),
        }
    }
}

impl Status {
    /// Its name.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Accepted => "accepted",
            Self::Declined => "declined",
            Self::Withdrawn => "withdrawn",
            Self::Expired => "expired",
        }
    }
}

impl InvitationOutcome {
    /// The status that it gives.
    pub(crate) const fn status(self) -> Status {
        match self {
            Self::Accepted(_) => Status::Accepted,
            Self::Declined => Status::Declined,
            Self::Withdrawn => Status::Withdrawn,
            Self::Expired => Status::Expired,
        }
    }

    /// The game that has come of it.
    #[must_use]
    pub const fn game_id(self) -> Option<GameId> {
        match self {
            Self::Accepted(id) => Some(id),
            Self::Declined | Self::Withdrawn | Self::Expired => None,
        }
    }
}

impl Invitation {
    /// Everybody who is to play, the inviter first.
    pub fn accounts(&self) -> impl Iterator<Item = AccountId> {
        self.players.iter().map(|player| player.account)
    }

    /// Whether the account is to play.
    #[must_use]
    pub fn has(&self, account: AccountId) -> bool {
        self.accounts().any(|other| other == account)
    }

    /// Whether the account has agreed.
    #[must_use]
    pub fn has_yes_of(&self, account: AccountId) -> bool {
        self.players.iter().any(|player| player.account == account && player.has_accepted)
    }

    /// Whether everybody has agreed.
    #[must_use]
    pub fn is_agreed(&self) -> bool {
        self.players.iter().all(|player| player.has_accepted)
    }

    /// Notes that an account agrees.
    pub(super) fn accept(&mut self, account: AccountId) {
        for player in self.players.iter_mut().filter(|player| player.account == account) {
            player.has_accepted = true;
        }
    }

    /// Notes that accounts do not agree any more.
    pub(super) fn retract(&mut self, accounts: &[AccountId]) {
        for player in self.players.iter_mut().filter(|player| accounts.contains(&player.account)) {
            player.has_accepted = false;
        }
    }

    /// Who sits where: as it is settled, and the others at random.
    pub(super) fn seating(&self) -> Vec<AccountId> {
        let unsettled = self.players.iter().filter(|player| player.seat.is_none());
        let mut drawn = draw_seats(unsettled.map(|player| player.account).collect()).into_iter();
        let at =
            |seat| self.players.iter().find(|player| player.seat.map(usize::from) == Some(seat));
        let seats = 0..self.players.len();
        seats.filter_map(|seat| at(seat).map(|it| it.account).or_else(|| drawn.next())).collect()
    }

    /// How it stands at a moment: it expires also before it is swept.
    pub(crate) fn status(&self, now: Timestamp) -> Status {
        match self.closed {
            Some((outcome, _)) => outcome.status(),
            None if self.expires_at <= now => Status::Expired,
            None => Status::Open,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn invitation(seats: &[Option<u8>]) -> Invitation {
        let now = Timestamp::from_micros(0);
        let invited = |seat| Invited { account: AccountId::new(now), seat, has_accepted: false };
        let players: Vec<Invited> = seats.iter().copied().map(invited).collect();
        Invitation {
            id: InvitationId::new(now),
            inviter: players[0].account,
            terms: RawValue::NULL.to_owned(),
            is_real_time: true,
            players,
            rematch_of: None,
            opened_at: now,
            expires_at: now,
            closed: None,
        }
    }

    #[test]
    fn settled_seats_are_kept_and_the_others_are_drawn() {
        let settled = invitation(&[Some(2), Some(0), Some(1)]);
        let accounts: Vec<AccountId> = settled.accounts().collect();
        assert_eq!(settled.seating(), [accounts[1], accounts[2], accounts[0]]);
        let second_begins = invitation(&[None, Some(0), None, None]);
        let accounts: Vec<AccountId> = second_begins.accounts().collect();
        let mut behind_it = std::collections::HashSet::new();
        for _ in 0..200 {
            let seating = second_begins.seating();
            assert_eq!((seating.len(), seating[0]), (4, accounts[1]));
            behind_it.insert(seating[1]);
        }
        assert_eq!(behind_it.len(), 3, "everybody else sits everywhere else");
    }

    #[test]
    fn an_invitation_is_agreed_on_when_the_last_has_accepted() {
        let mut three = invitation(&[None, None, None]);
        let accounts: Vec<AccountId> = three.accounts().collect();
        for account in &accounts {
            assert!(!three.is_agreed() && !three.has_yes_of(*account));
            three.accept(*account);
            assert!(three.has_yes_of(*account));
        }
        assert!(three.is_agreed());
    }
}
