//! What the HTTP side of seeks and invitations has in common, and what can be played.

use schemars::JsonSchema;
use serde::Serialize;

use super::service::{EXPIRES_IN_SECONDS, Error, Lobby};
use crate::game::{ChallengeRule, RuleSet};
use crate::http::{Outcome, Problem, StatusCode, json};
use crate::library::Library;
use crate::runtime::{Pinned, Terms, TermsWanted};

/// What can be played.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "AllRules")]
pub(super) struct AllRulesView {
    rules: Vec<RulesView>,
}

/// A rule set, and the words that there are for it.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Rules")]
struct RulesView {
    /// What it is called in `terms`.
    name: &'static str,
    /// What it is called before people.
    title: &'static str,
    /// The language of its words, a BCP 47 tag.
    language: &'static str,
    /// The fewest players.
    players_min: u8,
    /// The most.
    players_max: u8,
    /// How words are questioned where `terms` do not say otherwise.
    challenge: ChallengeRule,
    /// Squares on a side of the board.
    board_side: u8,
    /// How many tiles there are.
    tiles: usize,
    /// Tiles on a full rack.
    rack_tiles: u8,
    /// The first is that of `terms` that name none; a rule set without any can't be played now.
    lexicons: Vec<Pinned>,
}

impl RulesView {
    fn new(rules: &'static RuleSet, library: &Library) -> Self {
        Self {
            name: &rules.name,
            title: &rules.title,
            language: &rules.language,
            players_min: rules.players.0,
            players_max: rules.players.1,
            challenge: rules.challenge,
            board_side: rules.layout.side(),
            tiles: rules.counts.total(),
            rack_tiles: rules.rack_size,
            lexicons: library
                .fitting(rules)
                .map(|lexicon| Pinned {
                    name: lexicon.name().to_owned(),
                    hash: lexicon.content_hash().to_string(),
                })
                .collect(),
        }
    }
}

impl From<Error> for Problem {
    fn from(error: Error) -> Self {
        let text = error.to_string();
        match error {
            Error::SeekUnknown => Self::not_found("seek_unknown", text),
            Error::SeekTaken => Self::conflict("seek_taken", text),
            Error::OwnSeek => Self::conflict("own_seek", text),
            Error::Ineligible(_) => Self::forbidden("not_eligible", text),
            Error::TooManySeeks { .. } => Self::conflict("too_many_seeks", text),
            Error::InvitationUnknown => Self::not_found("invitation_unknown", text),
            Error::InvitationClosed(_) => Self::conflict("invitation_closed", text),
            Error::TooManyInvitations { .. } => Self::conflict("too_many_invitations", text),
            Error::Throttled { retry_after } => {
                Self::too_many_requests("lobby_throttled", text, retry_after)
            }
            Error::NotPossible => Self::forbidden("not_possible", text),
            Error::AlreadyPlaying => Self::conflict("already_playing", text),
            Error::GameRunning => Self::conflict("game_running", text),
            Error::Unplayable(_) => Self::conflict("terms_unplayable", text),
            Error::Unreadable(_) => Self::internal(error),
            Error::Account(error) => error.into(),
            Error::Rating(error) => error.into(),
            Error::Game(error) => error.into(),
            Error::Storage(error) => error.into(),
        }
    }
}

/// The terms that a body wants.
pub(super) fn terms(lobby: &Lobby, wanted: &TermsWanted) -> Result<Terms, Problem> {
    let found = wanted.find(lobby.games().library());
    found.map_err(|invalid| Problem::invalid(format!("terms.{}", invalid.field), invalid))
}

/// How long something is to stand, if that is within bounds.
pub(super) fn expires_in(seconds: Option<u32>) -> Result<Option<u32>, Problem> {
    if seconds.is_some_and(|seconds| !EXPIRES_IN_SECONDS.contains(&seconds)) {
        let (min, max) = EXPIRES_IN_SECONDS.into_inner();
        return Err(Problem::invalid("expires_in_seconds", format!("expected {min} to {max}")));
    }
    Ok(seconds)
}

/// `GET /api/v1/public/rules`
pub(crate) fn rules(lobby: &Lobby) -> Outcome {
    let library = lobby.games().library();
    let rules = RuleSet::all().iter().map(|rules| RulesView::new(rules, library)).collect();
    Ok(json(StatusCode::OK, &AllRulesView { rules }))
}
