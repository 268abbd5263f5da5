//! Games over HTTP.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::live_game::LiveGame;
use super::offer::Proposal;
use super::service::{Error, Games, Seen};
use super::step::{Act, Refusal, Step};
use super::storage::RequestKey;
use super::terms::TermsTold;
use super::view::{ClockView, GameView, ResultView, Status, StepView};
use crate::game::told::{InvalidField, Viewer, placement, rack};
use crate::game::{Action, Illegal, RuleSet};
use crate::http::{Outcome, Problem, Request, StatusCode, json};
use crate::id::{AccountId, GameId};
use crate::time::Timestamp;

/// How many games or steps a page has at the most.
const PAGE_MAX: u32 = 100;
const PAGE_DEFAULT: u32 = 20;

/// What a player asks of a game.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "GameCommand")]
pub(super) struct CommandBody {
    /// The number of the turn that is meant, as the game was answered with.
    turn: u32,
    action: ActionBody,
    /// Of a play: the first square of its word, `8D` for one across and `D8` for one down.
    #[serde(default)]
    at: Option<String>,
    /// Of a play: what lies along the word, a dot for every tile that is there already, lower case for
    /// a blank. Of an exchange: the tiles to give.
    #[serde(default)]
    tiles: Option<String>,
    /// Of an offer.
    #[serde(default)]
    proposal: Option<Proposal>,
}

/// What can be asked of a game.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "GameAction")]
enum ActionBody {
    /// Place tiles.
    Play,
    /// Give tiles for others from the bag.
    Exchange,
    /// Do nothing.
    Pass,
    /// Question the words of the play just before.
    Challenge,
    /// Leave the game.
    Resign,
    /// Propose something to the other players.
    Offer,
    /// Agree to what another player has proposed.
    Accept,
    /// Don't.
    Decline,
    /// Take one's own proposal back.
    Withdraw,
}

/// What has come of a command.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "GameCommandTaken")]
pub(super) struct TakenView<'a> {
    /// What happened.
    step: StepView,
    /// The game after it.
    game: GameView<'a>,
}

/// Steps of a game, in order.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "GameSteps")]
pub(super) struct StepsView {
    steps: Vec<StepView>,
    /// The version that the game is at: there are more steps where the last one here is before it.
    version: u32,
}

/// A game in a list.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "GameSummary")]
pub(super) struct SummaryView<'a> {
    id: GameId,
    terms: TermsTold,
    status: Status,
    version: u32,
    turn: u32,
    /// Whose turn it is.
    on_turn: Option<u8>,
    /// Whether it is the player's own.
    is_own_turn: bool,
    clock: ClockView,
    /// By seat.
    players: &'a [AccountId],
    scores: Vec<i32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "ResultView")]
    result: Option<ResultView>,
    updated_at: Timestamp,
}

/// A page of games.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Games")]
pub(super) struct GamesView<'a> {
    games: Vec<SummaryView<'a>>,
    /// What to ask for the next page with; there is none without it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String")]
    next: Option<String>,
}

impl CommandBody {
    /// What it means by the rules of a game.
    fn act(&self, rules: &RuleSet) -> Result<Act, InvalidField> {
        let at = self.at.as_deref().unwrap_or_default();
        let tiles = self.tiles.as_deref().unwrap_or_default();
        Ok(match self.action {
            ActionBody::Play => Act::Move(Action::Play(placement(rules, at, tiles)?)),
            ActionBody::Exchange => Act::Move(Action::Exchange(rack(rules, "tiles", tiles)?)),
            ActionBody::Pass => Act::Move(Action::Pass),
            ActionBody::Challenge => Act::Move(Action::Challenge),
            ActionBody::Resign => Act::Move(Action::Resign),
            ActionBody::Offer => Act::Offer(self.proposal.unwrap_or(Proposal::Abort)),
            ActionBody::Accept => Act::Accept,
            ActionBody::Decline => Act::Decline,
            ActionBody::Withdraw => Act::Withdraw,
        })
    }

    /// Whether just those fields are there that the action has.
    fn check(&self) -> Result<(), Problem> {
        let is_play = self.action == ActionBody::Play;
        let has_tiles = is_play || self.action == ActionBody::Exchange;
        let fields = [
            ("at", self.at.is_some(), is_play),
            ("tiles", self.tiles.is_some(), has_tiles),
            ("proposal", self.proposal.is_some(), self.action == ActionBody::Offer),
        ];
        for (field, is_there, is_needed) in fields {
            if is_there != is_needed {
                let reason =
                    if is_needed { "this action needs it" } else { "this action has none" };
                return Err(Problem::invalid(field, reason));
            }
        }
        Ok(())
    }
}

impl<'a> SummaryView<'a> {
    fn new(game: &'a LiveGame, games: &Games, player: AccountId) -> Self {
        let seats = 0..game.position().players();
        Self {
            id: game.id(),
            terms: TermsTold::of(game.terms()),
            status: Status::of(game),
            version: game.version(),
            turn: game.position().turn(),
            on_turn: game.on_turn(),
            is_own_turn: game.on_turn().is_some_and(|seat| game.seat_of(player) == Some(seat)),
            clock: ClockView::new(game, &games.outages(), games.now()),
            players: game.players(),
            scores: seats.map(|seat| game.position().total(seat)).collect(),
            result: ResultView::of(game),
            updated_at: game.stepped_at(),
        }
    }
}

impl From<Error> for Problem {
    fn from(error: Error) -> Self {
        let text = error.to_string();
        match error {
            Error::GameUnknown => Self::not_found("game_unknown", text),
            Error::SetAside(_) => Self::unavailable("game_set_aside", text),
            Error::NotAPlayer => Self::forbidden("not_a_player", text),
            Error::Invalid(invalid) => Self::invalid(invalid.field, invalid.problem),
            Error::Refused(refusal, seen) => refused(&refusal, &seen),
            Error::KeyReused => {
                Self::new(StatusCode::UNPROCESSABLE_ENTITY, "idempotency_key_reused", text)
            }
            Error::TurnUnknown => Self::not_found("turn_unknown", text),
            Error::Setup(invalid) => Self::invalid("players", invalid),
            Error::TooManyGames { .. } => Self::conflict("too_many_games", text),
            Error::Opponents => Self::conflict("opponents", text),
            Error::Unsure(unsure) => Self::unavailable("clocks_unsure", text).caused_by(unsure),
            Error::Contended => Self::unavailable("game_contended", text),
            Error::Unreadable(error) => Self::internal(error),
            Error::Storage(error) => error.into(),
            Error::CutOff(error) => Self::internal(error),
        }
    }
}

/// What a game does not allow, with the game as it stands.
fn refused(refusal: &Refusal, seen: &Seen) -> Problem {
    let Seen { game, viewer } = seen;
    let alphabet = &game.terms().rules.alphabet;
    let (status, code, detail) = match refusal {
        Refusal::GameOver => (StatusCode::CONFLICT, "game_over", refusal.to_string()),
        Refusal::StaleTurn(_) => (StatusCode::CONFLICT, "stale_turn", refusal.to_string()),
        Refusal::Illegal(illegal) => {
            (StatusCode::UNPROCESSABLE_ENTITY, illegal.code(), illegal.describe(alphabet))
        }
        Refusal::OfferStands => (StatusCode::CONFLICT, "offer_stands", refusal.to_string()),
        Refusal::NothingToAnswer => (StatusCode::CONFLICT, "no_offer", refusal.to_string()),
        Refusal::NothingToWithdraw => (StatusCode::CONFLICT, "no_own_offer", refusal.to_string()),
        Refusal::OffersSpent => {
            (StatusCode::UNPROCESSABLE_ENTITY, "offers_spent", refusal.to_string())
        }
        Refusal::DroppedOut => (StatusCode::CONFLICT, "dropped_out", refusal.to_string()),
    };
    let problem = Problem::new(status, code, detail);
    if status != StatusCode::CONFLICT {
        return problem;
    }
    let outages = super::Outages::default();
    problem.with_member("game", &GameView::new(game, *viewer, &outages, game.stepped_at()))
}
