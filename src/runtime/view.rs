//! Games and steps as somebody sees them.
//!
//! Owns what is shown to whom: of tiles that are not on the board a player sees those of the own rack,
//! an onlooker none; once the game is over everybody sees all of them.

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::value::RawValue;

use super::live_game::{Ending, LiveGame};
use super::offer::Proposal;
use super::outage::Outages;
use super::step::Step;
use super::terms::TermsTold;
use super::told::{AnyEventTold, TableEventTold};
use crate::game::told::{EventSeen, Viewer, rows, tiles_text};
use crate::game::{DropReason, RuleSet};
use crate::id::{AccountId, GameId};
use crate::time::Timestamp;

/// A game as its viewer may see it.
///
/// Seats count from 0; of tiles, capitals are letters, lower case is a blank that stands for one, `?` a
/// blank, and `[CH]` a tile of several characters.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Game")]
pub struct GameView<'a> {
    id: GameId,
    #[schemars(with = "TermsTold")]
    terms: &'a RawValue,
    status: Status,
    /// Counts what has happened in the game.
    version: u32,
    /// The number of the turn, from 1 for the game's first.
    turn: u32,
    /// Whose turn it is; nobody's once the game is over.
    on_turn: Option<u8>,
    clock: ClockView,
    players: Vec<PlayerView>,
    /// The board's rows from the top, a dot for every square without a tile.
    board: Vec<String>,
    /// How many tiles nobody has drawn.
    bag_tiles: u8,
    /// The viewer's own tiles.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String")]
    rack: Option<String>,
    /// Whether the player before has no tiles left, so that the player on turn can only challenge or
    /// pass.
    has_final_say: bool,
    /// Whose play the player on turn may challenge.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "u8")]
    challengeable: Option<u8>,
    /// The proposal that stands.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "OfferView")]
    offer: Option<OfferView>,
    /// What the bag's seed is held to: in hexadecimal, SHA-256 of a label and the seed.
    commitment: &'a str,
    /// Of a game that is over.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "ResultView")]
    result: Option<ResultView>,
    /// When anything last happened in it.
    updated_at: Timestamp,
}

/// How a game stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "GameStatus")]
pub(super) enum Status {
    /// It is played.
    Running,
    /// It is over, and has a result.
    Ended,
    /// It is over, and has none.
    Aborted,
}

/// A player of a game.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "GamePlayer")]
pub(super) struct PlayerView {
    seat: u8,
    account_id: AccountId,
    score: i32,
    /// How many tiles the player has.
    rack_tiles: u8,
    /// The player's tiles, once the game is over.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String")]
    rack: Option<String>,
    /// Why the player is out of the game.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "DropReason")]
    dropped_out: Option<DropReason>,
}

/// The clocks as they stood when the turn began.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "GameClock")]
pub(super) struct ClockView {
    /// What each player has left, by seat, in milliseconds: of the whole game in real time, below zero
    /// in overtime; of the bank in correspondence.
    left_ms: Vec<i64>,
    /// When the turn began, since when the player on turn has been thinking.
    turn_began_at: Timestamp,
    /// When the player on turn is out of time.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Timestamp")]
    flag_at: Option<Timestamp>,
}

/// What a player has proposed to the others.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "GameOffer")]
pub(super) struct OfferView {
    /// Whose it is.
    seat: u8,
    proposal: Proposal,
    /// Who has agreed, with the one who has proposed it.
    agreed: Vec<u8>,
}

/// The result of a game.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "GameResult")]
pub(super) struct ResultView {
    /// Why the game is over: a reason of `ended`, or `aborted`.
    reason: &'static str,
    /// Each player's rank, by seat, 1 for those who won; none where the game was aborted.
    ranks: Vec<u8>,
    /// What the bag's order followed from, in hexadecimal.
    seed: String,
}

/// What happened in a game in one go.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "GameStep")]
pub struct StepView {
    /// Which, from 1 for the start; the game's version after it.
    number: u32,
    /// When.
    at: Timestamp,
    /// Who asked for it; nothing for the start, and where it was the clock.
    by: Option<u8>,
    events: Vec<EventView>,
}

/// Something that happened in a game.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(untagged)]
#[schemars(rename = "GameStepEvent")]
enum EventView {
    /// By the rules of play.
    Game(EventSeen),
    /// Beside them.
    Table(TableEventTold),
}

impl<'a> GameView<'a> {
    /// A game as somebody sees it at a moment.
    #[must_use]
    pub fn new(game: &'a LiveGame, viewer: Viewer, outages: &Outages, now: Timestamp) -> Self {
        let (rules, position) = (game.terms().rules, game.position());
        let viewer = if game.ending().is_some() { Viewer::Everything } else { viewer };
        let player = |(seat, account_id): (u8, &AccountId)| PlayerView {
            seat,
            account_id: *account_id,
            score: position.total(seat),
            rack_tiles: position.rack(seat).len() as u8,
            rack: (viewer == Viewer::Everything).then(|| tiles(rules, game, seat)),
            dropped_out: position.drop_reason(seat),
        };
        let own = match viewer {
            Viewer::Player(seat) => Some(tiles(rules, game, seat)),
            Viewer::Onlooker | Viewer::Everything => None,
        };
        Self {
            id: game.id(),
            terms: game.terms_told(),
            status: Status::of(game),
            version: game.version(),
            turn: position.turn(),
            on_turn: game.on_turn(),
            clock: ClockView::new(game, outages, now),
            players: (0..).zip(game.players()).map(player).collect(),
            board: rows(rules, position.board()),
            bag_tiles: position.bag().len() as u8,
            rack: own,
            has_final_say: position.has_final_say(),
            challengeable: position.challengeable_seat().filter(|_| game.on_turn().is_some()),
            offer: OfferView::of(game),
            commitment: game.commitment(),
            result: ResultView::of(game),
            updated_at: game.stepped_at(),
        }
    }
}

impl Status {
    /// How a game stands.
    pub(super) fn of(game: &LiveGame) -> Self {
        match game.ending() {
            None => Self::Running,
            Some(Ending::Played(_)) => Self::Ended,
            Some(Ending::Aborted) => Self::Aborted,
        }
    }
}

impl ClockView {
    /// The clocks of a game.
    pub(super) fn new(game: &LiveGame, outages: &Outages, now: Timestamp) -> Self {
        let seats = 0..game.position().players();
        Self {
            left_ms: seats.map(|seat| game.clocks().left_us(seat) / 1_000).collect(),
            turn_began_at: game.clocks().turn_began_at(),
            flag_at: game.flag_at(outages, now),
        }
    }
}

impl OfferView {
    fn of(game: &LiveGame) -> Option<Self> {
        let offer = game.offers().standing()?;
        let agreed = (0..game.position().players()).filter(|seat| offer.has_agreed(*seat));
        Some(Self { seat: offer.seat, proposal: offer.proposal, agreed: agreed.collect() })
    }
}

impl ResultView {
    /// The result of a game that is over.
    pub(super) fn of(game: &LiveGame) -> Option<Self> {
        let position = game.position();
        let players = usize::from(position.players());
        let (reason, ranks) = match game.ending()? {
            Ending::Played(reason) => (reason.as_str(), position.ranks()[..players].to_vec()),
            Ending::Aborted => ("aborted", Vec::new()),
        };
        let seed = position.bag().seed().expose();
        let seed = seed.iter().map(|byte| format!("{byte:02x}")).collect();
        Some(Self { reason, ranks, seed })
    }
}

impl StepView {
    /// A step of a game as somebody sees it who is not to see more even after the game.
    #[must_use]
    pub fn new(rules: &RuleSet, step: &Step, viewer: Viewer) -> Self {
        let event = |event| match AnyEventTold::of(rules, event) {
            AnyEventTold::Game(event) => EventView::Game(event.seen_by(viewer)),
            AnyEventTold::Table(event) => EventView::Table(event),
        };
        let by = step.cause.filter(|cause| !cause.is_of_the_clock()).map(|cause| cause.seat);
        let events = step.events.iter().map(event).collect();
        Self { number: step.number, at: step.at, by, events }
    }
}

/// The tiles of a player.
pub(super) fn tiles(rules: &RuleSet, game: &LiveGame, seat: u8) -> String {
    tiles_text(rules, &game.position().rack(seat))
}

#[cfg(test)]
#[path = "view_tests.rs"]
mod tests;
