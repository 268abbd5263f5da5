//! Games over HTTP.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::live_game::LiveGame;
use super::offer::Proposal;
use super::place::{FinishedPlace, Listed, RunningPlace};
use super::referee::Taken;
use super::service::{Error, Games, Seen};
use super::showing::Listing;
use super::step::{Act, Refusal};
use super::storage::RequestKey;
use super::terms::TermsTold;
use super::view::{ClockView, GameView, ResultView, Status, StepView};
use crate::game::told::{InvalidField, Viewer, placement, rack};
use crate::game::{Action, RuleSet};
use crate::http::{Outcome, Page, Problem, Request, StatusCode, cut, json, present};
use crate::id::{AccountId, GameId};
use crate::idempotency::{IDEMPOTENCY_KEY, Key, mark_replayed};
use crate::time::Timestamp;

/// What a player asks of a game.
///
/// One struct for all actions, so that whatever is wrong is told by the name of its field; the contract
/// has a form an action.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct CommandBody {
    turn: u32,
    action: ActionBody,
    #[serde(default, deserialize_with = "present")]
    at: Option<String>,
    #[serde(default, deserialize_with = "present")]
    tiles: Option<String>,
    #[serde(default, deserialize_with = "present")]
    proposal: Option<Proposal>,
}

/// What can be asked of a game.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum ActionBody {
    Play,
    Exchange,
    Pass,
    Challenge,
    Resign,
    Offer,
    Accept,
    Decline,
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
    fn checked(self) -> Result<Self, Problem> {
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
        Ok(self)
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
            Error::AnswerUnreadable(_) => Self::unavailable("answer_unreadable", text),
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

/// What a game does not allow, with the game as it stands where the caller has another in mind.
fn refused(refusal: &Refusal, seen: &Seen) -> Problem {
    let text = refusal.to_string();
    let conflict = match refusal {
        Refusal::Illegal(illegal) => {
            let detail = illegal.describe(&seen.game.terms().rules.alphabet);
            return Problem::new(StatusCode::UNPROCESSABLE_ENTITY, illegal.code(), detail);
        }
        Refusal::OffersSpent => {
            return Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "offers_spent", text);
        }
        Refusal::GameOver => Problem::conflict("game_over", text),
        Refusal::StaleTurn(_) => Problem::conflict("stale_turn", text),
        Refusal::OfferStands => Problem::conflict("offer_stands", text),
        Refusal::NothingToAnswer => Problem::conflict("no_offer", text),
        Refusal::NothingToWithdraw => Problem::conflict("no_own_offer", text),
        Refusal::DroppedOut => Problem::conflict("dropped_out", text),
    };
    conflict.with_member("game", &seen.view())
}

impl Seen {
    fn view(&self) -> GameView<'_> {
        GameView::new(&self.game, self.viewer, &self.outages, self.at)
    }
}

/// `POST /api/v1/user/games/{id}/commands`
pub(crate) async fn command(games: &Games, request: Request<'_>) -> Outcome {
    let (player, id) = (request.caller()?, request.path::<GameId>("id")?);
    let key: Option<Key> = request.header(&IDEMPOTENCY_KEY)?;
    let request = request.arrived().await?;
    let names_it = |key: Key| RequestKey::new(player, key.as_str(), request.body());
    let key = key.map(names_it);
    let body = request.json::<CommandBody>().await?.checked()?;
    let turn = body.turn;
    let taken = games.take(id, player, turn, move |rules| body.act(rules), key).await?;
    let Taken { game, seat, step, is_new } = taken;
    let viewer = Viewer::Player(seat);
    // As it was then, so that a repeated request has the same answer.
    let at = step.at;
    let step = StepView::new(game.terms().rules, &step, viewer);
    let game = GameView::new(&game, viewer, &games.outages(), at);
    let mut response = json(StatusCode::OK, &TakenView { step, game });
    if !is_new {
        mark_replayed(&mut response);
    }
    Ok(response)
}

/// `GET /api/v1/user/games/{id}`
pub(crate) async fn show(games: &Games, request: Request<'_>) -> Outcome {
    let (player, id) = (request.caller()?, request.path("id")?);
    let turn: Option<u32> = request.query(&["turn"])?.get("turn")?;
    let seen = match turn {
        None => games.show(id, player).await?,
        Some(turn) => games.show_at(id, player, turn).await?,
    };
    Ok(json(StatusCode::OK, &seen.view()))
}

/// `GET /api/v1/user/games/{id}/steps`
pub(crate) async fn steps(games: &Games, request: Request<'_>) -> Outcome {
    let (player, id) = (request.caller()?, request.path("id")?);
    let query = request.query(&["after", "limit"])?;
    let after = query.get::<u32>("after")?.unwrap_or(0);
    let page: Page<u32> = Page::of(&query)?;
    let (seen, steps) = games.steps(id, player, after, page.limit).await?;
    let rules = seen.game.terms().rules;
    let is_over = seen.game.ending().is_some();
    let viewer = if is_over { Viewer::Everything } else { seen.viewer };
    let steps = steps.iter().map(|step| StepView::new(rules, step, viewer)).collect();
    Ok(json(StatusCode::OK, &StepsView { steps, version: seen.game.version() }))
}

/// `GET /api/v1/user/games`
pub(crate) async fn list(games: &Games, request: Request<'_>) -> Outcome {
    let player = request.caller()?;
    let query = request.query(&["status", "limit", "cursor"])?;
    match query.get::<Listed>("status")?.unwrap_or(Listed::Running) {
        Listed::Running => {
            let page: Page<RunningPlace> = Page::of(&query)?;
            let before = page.cursor.unwrap_or(RunningPlace::FIRST);
            let before = (before.is_on_turn, before.id);
            let found = games.list_running(player, before, page.limit + 1).await?;
            let (found, has_more) = cut(found, page.limit);
            let next = found.last().filter(|_| has_more);
            let next =
                next.map(|((is_on_turn, id), _)| RunningPlace { is_on_turn: *is_on_turn, id: *id });
            Ok(page_of(games, player, found, next.map(|next| next.to_string())))
        }
        Listed::Finished => {
            let page: Page<FinishedPlace> = Page::of(&query)?;
            let before = page.cursor.unwrap_or(FinishedPlace::FIRST);
            let before = (before.ended_at, before.id);
            let found = games.list_finished(player, before, page.limit + 1).await?;
            let (found, has_more) = cut(found, page.limit);
            let next = found.last().filter(|_| has_more);
            let next =
                next.map(|((ended_at, id), _)| FinishedPlace { ended_at: *ended_at, id: *id });
            Ok(page_of(games, player, found, next.map(|next| next.to_string())))
        }
    }
}

fn page_of<P>(
    games: &Games,
    player: AccountId,
    found: Listing<P>,
    next: Option<String>,
) -> crate::http::Response {
    let found: Vec<LiveGame> = found.into_iter().filter_map(|(_, game)| game).collect();
    let views = found.iter().map(|game| SummaryView::new(game, games, player)).collect();
    json(StatusCode::OK, &GamesView { games: views, next })
}
