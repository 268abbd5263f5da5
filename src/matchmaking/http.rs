//! Matchmaking over HTTP.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::service::{Error, Matchmaking};
use super::types::{Match, Ticket};
use crate::http::{Outcome, Problem, Request, StatusCode, empty, json, object};
use crate::id::{AccountId, GameId};
use crate::runtime::{TermsTold, TermsWanted};
use crate::time::Timestamp;

/// What somebody wants to play with whoever is as strong.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "MatchmakingRequest")]
pub(super) struct EnterBody {
    /// For two players.
    #[serde(deserialize_with = "object")]
    terms: TermsWanted,
}

/// A player who waits for an opponent.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "MatchmakingTicket")]
pub(super) struct TicketView {
    terms: TermsTold,
    /// The player's rating when the waiting began, in whole points.
    rating: i64,
    /// How far from it the opponent's may be now, in points. What counts between two is the middle of both
    /// windows.
    window: i64,
    entered_at: Timestamp,
    /// When the ticket ends, unless it is renewed.
    expires_at: Timestamp,
}

/// An opponent that was found.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "MatchmakingMatch")]
struct MatchView {
    game_id: GameId,
    opponent_id: AccountId,
    matched_at: Timestamp,
}

/// How the caller stands.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Matchmaking")]
pub(super) struct MatchmakingView {
    /// There while the caller waits.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "TicketView")]
    ticket: Option<TicketView>,
    /// The opponent that was found last, if there was any.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "MatchView")]
    last_match: Option<MatchView>,
}

impl TicketView {
    fn new(ticket: Ticket, now: Timestamp) -> Self {
        let waiting = ticket.waiting();
        Self {
            terms: ticket.terms,
            rating: waiting.value,
            window: waiting.window(now),
            entered_at: ticket.entered_at,
            expires_at: ticket.expires_at,
        }
    }
}

impl From<Match> for MatchView {
    fn from(Match { opponent_id, game_id, matched_at }: Match) -> Self {
        Self { game_id, opponent_id, matched_at }
    }
}

impl From<Error> for Problem {
    fn from(error: Error) -> Self {
        match error {
            Error::NotForTwo => Self::invalid("terms.players", error),
            Error::AlreadyPlaying => Self::conflict("already_playing", error.to_string()),
            Error::NotWaiting => Self::not_found("not_waiting", error.to_string()),
            Error::Account(error) => error.into(),
            Error::Rating(error) => error.into(),
            Error::Game(error) => error.into(),
            Error::Unreadable(error) => Self::internal(error),
            Error::CutOff(error) => Self::internal(error),
            Error::Storage(error) => error.into(),
        }
    }
}

/// `POST /api/v1/user/matchmaking`
pub(crate) async fn enter(matchmaking: &Matchmaking, request: Request<'_>) -> Outcome {
    let caller = request.caller()?;
    let EnterBody { terms } = request.json().await?;
    let terms = terms.find(matchmaking.library()).map_err(|invalid| {
        Problem::invalid(format!("terms.{}", invalid.field), invalid.expected)
    })?;
    let (ticket, is_new) = matchmaking.enter(caller, &terms).await?;
    let status = if is_new { StatusCode::CREATED } else { StatusCode::OK };
    Ok(json(status, &TicketView::new(ticket, matchmaking.now())))
}

/// `GET /api/v1/user/matchmaking`
pub(crate) async fn show(matchmaking: &Matchmaking, request: Request<'_>) -> Outcome {
    let (ticket, last_match) = matchmaking.find(request.caller()?).await?;
    let ticket = ticket.map(|ticket| TicketView::new(ticket, matchmaking.now()));
    let view = MatchmakingView { ticket, last_match: last_match.map(MatchView::from) };
    Ok(json(StatusCode::OK, &view))
}

/// `POST /api/v1/user/matchmaking/renew`
pub(crate) async fn renew(matchmaking: &Matchmaking, request: Request<'_>) -> Outcome {
    let ticket = matchmaking.renew(request.caller()?).await?;
    Ok(json(StatusCode::OK, &TicketView::new(ticket, matchmaking.now())))
}

/// `DELETE /api/v1/user/matchmaking`
pub(crate) async fn leave(matchmaking: &Matchmaking, request: Request<'_>) -> Outcome {
    matchmaking.leave(request.caller()?).await?;
    Ok(empty())
}
