//! A whole game: who has which tiles, whose turn it is, and what every command makes of it.
//!
//! [`GameState::apply`] decides, by the rules, which [`Event`]s follow from a [`Command`]; the state
//! changes by [`GameState::fold`]ing events and by nothing else. So events that are stored give the
//! same state again, byte for byte. Clocks, players' names and the audience of an event are others'
//! business.
//!
//! How the rules meet:
//!
//! * **Turns** go around among the players who are still in. Each turn is a play, an exchange, or a
//!   pass; a player may resign at any time.
//! * **Challenges.** Only the player on turn may challenge, before anything else, and only the play
//!   just before: a play is safe once somebody else has taken a turn. If the player on turn drops out,
//!   the right goes to the next with the turn. A play that is taken back counts as a turn without
//!   points, and the bag is shuffled anew, so that the tiles that were seen tell nothing (as macondo
//!   does); the challenger then takes the turn.
//! * **Going out.** Who places the last tile while the bag is empty ends the game, at once where words
//!   are checked at once; elsewhere the next player first has the *final say*: to challenge, or to
//!   pass. A time-out then is a pass.
//! * **Scoreless turns** are counted for each player: passes, and, by rule set, exchanges and lost turns,
//!   which are plays taken back and turns that a wrong challenge costs. What a rule set does not count
//!   begins the count anew for all, and so does a play that stays, even one without points (as macondo
//!   does); a play taken back restores it first. The game ends when every player
//!   who is in has had [`Scoreless::turns_each`](crate::game::Scoreless) on end.
//! * **Dropping out**, by resignation, by the clock or by the triple challenge rule: the tiles stay
//!   aside, the play just before, if it was theirs, can no longer be challenged, and the turn passes
//!   on. The last one in wins. Whoever dropped out ranks behind all others, the first of them last.
//! * **Settlement.** After going out and after scoreless turns, tiles that are left count by
//!   [`Settlement`](crate::game::Settlement); time over counts whatever ended the game. Both are for
//!   players who are in.

mod bytes;
mod challenge;
mod command;
mod deal;
mod decide;
mod ending;
mod event;
mod fold;
mod history;
mod illegal;

use crate::lexicon::{Graph, Word};

use super::{
    Bag, Board, ChallengeRule, Direction, PLAYERS_MAX, Rack, RuleSet, ScoredPlay, Seed, TileCounts,
};

use decide::Draft;
use history::History;

pub use bytes::InvalidState;
pub use command::{Action, Command};
pub use deal::Undealable;
pub use event::{Adjustment, DropReason, EndReason, Event};
pub use fold::Corrupt;
pub use illegal::Illegal;

/// What is settled before a game begins. Who sits where is drawn elsewhere; seat 0 begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Setup {
    /// How many players there are.
    pub players: u8,
    /// How words are questioned.
    pub challenge: ChallengeRule,
    /// What the bag's order follows from.
    pub seed: Seed,
}

/// Why a game can't begin so.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidSetup {
    /// Too few or too many.
    #[error("expected {min} to {max} players, got {players}")]
    Players {
        /// How many there are.
        players: u8,
        /// The fewest.
        min: u8,
        /// The most.
        max: u8,
    },
    /// Fewer tiles than fill the racks.
    #[error("the set has {tiles} tiles, and the racks take {needed}")]
    TooFewTiles {
        /// How many there are.
        tiles: usize,
        /// How many are drawn at the start.
        needed: usize,
    },
}

/// A game at one moment. At most a kibibyte, copied without allocation.
///
/// It knows all racks and the bag's order, so that it is never shown as a whole. It does not have its
/// rule set: every method is to be given the one that it was started with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GameState {
    board: Board,
    history: History,
    bag: Bag,
    racks: [Rack; PLAYERS_MAX],
    totals: [i32; PLAYERS_MAX],
    /// Each player's turns without points on end.
    scoreless: [u8; PLAYERS_MAX],
    presence: [Presence; PLAYERS_MAX],
    players: u8,
    on_turn: u8,
    turn: u32,
    challenge: ChallengeRule,
    phase: Phase,
    window: Option<Window>,
}

/// Whether a player takes part. Seats that nobody has are in, and never asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Presence {
    In,
    /// The how-many-th to leave, from 1.
    Out(u8, DropReason),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    Turn,
    /// The one who made the play in the window has gone out.
    FinalSay,
    Over(EndReason),
}

/// The last play, while it may be challenged: what it takes to take it back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Window {
    seat: u8,
    direction: Direction,
    drawn: Rack,
    scoreless_before: [u8; PLAYERS_MAX],
}

impl GameState {
    /// Begins a game: racks are drawn in the order of seats.
    ///
    /// # Errors
    /// [`InvalidSetup`]
    pub fn start(rules: &RuleSet, setup: &Setup) -> Result<(Self, Vec<Event>), InvalidSetup> {
        let (fewest, most) = rules.players;
        let (min, max) = (fewest.max(1), most.min(PLAYERS_MAX as u8));
        if !(min..=max).contains(&setup.players) {
            return Err(InvalidSetup::Players { players: setup.players, min, max });
        }
        let tiles = rules.counts.total();
        let needed = usize::from(setup.players) * usize::from(rules.rack_size);
        if tiles < needed {
            return Err(InvalidSetup::TooFewTiles { tiles, needed });
        }
        let mut bag = Bag::new(setup.seed, &rules.counts);
        let mut racks = [Rack::EMPTY; PLAYERS_MAX];
        for rack in &mut racks[..usize::from(setup.players)] {
            *rack = bag.draw_rack(usize::from(rules.rack_size));
        }
        let commitment = setup.seed.commitment();
        let started = Event::Started { commitment, racks, bag_tiles: bag.len() as u8 };
        let state = Self {
            board: Board::EMPTY,
            history: History::EMPTY,
            bag,
            racks,
            totals: [0; PLAYERS_MAX],
            scoreless: [0; PLAYERS_MAX],
            presence: [Presence::In; PLAYERS_MAX],
            players: setup.players,
            on_turn: 0,
            turn: 1,
            challenge: setup.challenge,
            phase: Phase::Turn,
            window: None,
        };
        Ok((state, vec![started]))
    }

    /// Does what a player asks, if the rules allow it; otherwise nothing changes.
    ///
    /// # Errors
    /// [`Illegal`] says exactly what is wrong first.
    pub fn apply(
        &mut self,
        rules: &RuleSet,
        words: &Graph,
        command: &Command,
    ) -> Result<Vec<Event>, Illegal> {
        let mut draft = Draft::new(self, rules, words, command.overtime_minutes);
        draft.decide(command.seat, &command.action)?;
        let (state, events) = draft.finished();
        *self = state;
        Ok(events)
    }

    /// How many players the game has, with those who are out.
    #[must_use]
    pub const fn players(&self) -> u8 {
        self.players
    }

    /// How words are questioned.
    #[must_use]
    pub const fn challenge_rule(&self) -> ChallengeRule {
        self.challenge
    }

    /// The tiles on the board.
    #[must_use]
    pub const fn board(&self) -> &Board {
        &self.board
    }

    /// The tiles that nobody has drawn.
    #[must_use]
    pub const fn bag(&self) -> &Bag {
        &self.bag
    }

    /// A player's tiles; none for a seat that nobody has.
    #[must_use]
    pub fn rack(&self, seat: u8) -> Rack {
        self.racks.get(usize::from(seat)).copied().unwrap_or(Rack::EMPTY)
    }

    /// A player's score; 0 for a seat that nobody has.
    #[must_use]
    pub fn total(&self, seat: u8) -> i32 {
        self.totals.get(usize::from(seat)).copied().unwrap_or(0)
    }

    /// Who is on turn; nobody once the game is over.
    #[must_use]
    pub fn on_turn(&self) -> Option<u8> {
        self.end_reason().is_none().then_some(self.on_turn)
    }

    /// The number of the turn, from 1 for the game's first.
    #[must_use]
    pub const fn turn(&self) -> u32 {
        self.turn
    }

    /// How many turns without points a player has had on end.
    #[must_use]
    pub fn scoreless_turns(&self, seat: u8) -> u8 {
        self.scoreless.get(usize::from(seat)).copied().unwrap_or(0)
    }

    /// Whether the player before has no tiles left, so that the player on turn can only challenge or
    /// pass.
    #[must_use]
    pub fn has_final_say(&self) -> bool {
        self.phase == Phase::FinalSay
    }

    /// Why the game is over; nothing while it goes on.
    #[must_use]
    pub const fn end_reason(&self) -> Option<EndReason> {
        match self.phase {
            Phase::Over(reason) => Some(reason),
            Phase::Turn | Phase::FinalSay => None,
        }
    }

    /// Whether a player has a seat and takes part.
    #[must_use]
    pub fn is_in(&self, seat: u8) -> bool {
        seat < self.players && self.presence[usize::from(seat)] == Presence::In
    }

    /// Why a player is out; nothing for those who are in.
    #[must_use]
    pub fn drop_reason(&self, seat: u8) -> Option<DropReason> {
        match self.presence.get(usize::from(seat))? {
            Presence::In => None,
            Presence::Out(_, reason) => Some(*reason),
        }
    }

    /// The play that the player on turn may challenge, and whose it is.
    #[must_use]
    pub fn challengeable(&self, rules: &RuleSet) -> Option<(u8, ScoredPlay)> {
        let window = self.window?;
        Some((window.seat, self.last_play(rules, window.direction)?))
    }

    /// Whose play the player on turn may challenge.
    #[must_use]
    pub fn challengeable_seat(&self) -> Option<u8> {
        self.window.map(|window| window.seat)
    }

    /// All tiles of the game, wherever they are: those of the set, if none was lost.
    #[must_use]
    pub fn tiles(&self) -> TileCounts {
        let board = self.board.tiles().map(|(_, tile)| tile.tile());
        let racks = self.racks.iter().flat_map(Rack::tiles).copied();
        self.bag.tiles().iter().copied().chain(racks).chain(board).collect()
    }

    /// All words that were made and stayed, in order. One that was made twice is there twice.
    #[must_use]
    pub fn words_made(&self, rules: &RuleSet) -> Vec<Word> {
        let mut board = Board::EMPTY;
        let mut words = Vec::new();
        for placement in self.history.placements(&self.board).flatten() {
            // What lies on the board was allowed to.
            let Ok(play) = ScoredPlay::of(&board, rules, &placement) else { break };
            words.extend(play.words().iter().map(|formed| formed.word));
            for (square, tile) in placement.placed() {
                board.set(square, Some(tile));
            }
        }
        words
    }

    /// The words of a play that were made before, or twice by the play itself.
    #[must_use]
    pub fn repeated(&self, rules: &RuleSet, play: &ScoredPlay) -> Vec<Word> {
        let mut made = self.words_made(rules);
        let mut repeated = Vec::new();
        for formed in play.words() {
            if made.contains(&formed.word) {
                repeated.push(formed.word);
            }
            made.push(formed.word);
        }
        repeated
    }

    /// The seats of players who take part.
    fn seats_in(&self) -> impl Iterator<Item = u8> + '_ {
        (0..self.players).filter(|seat| self.is_in(*seat))
    }

    /// Who is on turn after a player.
    fn next_after(&self, seat: u8) -> u8 {
        let others = (1..self.players).map(|steps| (seat + steps) % self.players);
        others.into_iter().find(|other| self.is_in(*other)).unwrap_or(seat)
    }

    /// Whose turn is next, its number, and whether only a challenge goes on with the game.
    fn next_turn(&self) -> (u8, u32, bool) {
        let is_out = |window: Window| self.rack(window.seat).is_empty();
        let has_final_say = self.window.is_some_and(is_out);
        (self.next_after(self.on_turn), self.turn.saturating_add(1), has_final_say)
    }

    /// Whether every player who is in has had too many turns without points.
    fn is_scoreless(&self, rules: &RuleSet) -> bool {
        let most = rules.scoreless.turns_each;
        self.seats_in().all(|seat| self.scoreless[usize::from(seat)] >= most)
    }

    /// The last play, as it was when it was made.
    fn last_play(&self, rules: &RuleSet, direction: Direction) -> Option<ScoredPlay> {
        let placement = history::placement(&self.board, self.history.last_play(), direction)?;
        let mut before = self.board;
        for square in self.history.last_play() {
            before.set(square, None);
        }
        ScoredPlay::of(&before, rules, &placement).ok()
    }
}

const _: () = assert!(size_of::<GameState>() <= 1024);

#[cfg(test)]
pub(super) mod games_tests;
#[cfg(test)]
mod tests;
