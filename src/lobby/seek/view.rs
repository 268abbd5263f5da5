//! What is shown of seeks, to who asks and to everybody who listens.

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::value::RawValue;

use super::types::{Seek, SeekOutcome, Status, Strength, WhoMayJoin};
use crate::events::{Audience, Kind, Message};
use crate::id::{AccountId, GameId, SeekId};
use crate::runtime::TermsTold;
use crate::time::Timestamp;

/// A seek.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Seek")]
pub(super) struct SeekView<'a> {
    id: SeekId,
    status: Status,
    owner_id: AccountId,
    /// How strong the owner was when the seek was opened.
    owner_strength: Strength,
    #[schemars(with = "TermsTold")]
    terms: &'a RawValue,
    /// Who has joined, in this order.
    member_ids: &'a [AccountId],
    /// The least rating of who joins.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "u16")]
    rating_min: Option<u16>,
    /// The greatest.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "u16")]
    rating_max: Option<u16>,
    who_may_join: WhoMayJoin,
    opened_at: Timestamp,
    expires_at: Timestamp,
    /// The game that has begun, for its players.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "GameId")]
    game_id: Option<GameId>,
}

/// A seek that is over.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "SeekClosed")]
pub(super) struct SeekClosedView {
    id: SeekId,
    status: Status,
}

impl<'a> SeekView<'a> {
    /// As anybody may see it.
    pub(super) fn new(seek: &'a Seek, now: Timestamp) -> Self {
        Self {
            id: seek.id,
            status: seek.status(now),
            owner_id: seek.owner,
            owner_strength: seek.owner_strength,
            terms: &seek.terms,
            member_ids: &seek.members,
            rating_min: seek.admission.rating_min,
            rating_max: seek.admission.rating_max,
            who_may_join: seek.admission.who,
            opened_at: seek.opened_at,
            expires_at: seek.expires_at,
            game_id: None,
        }
    }

    /// As somebody sees it, who may be in it.
    pub(super) fn seen_by(viewer: AccountId, seek: &'a Seek, now: Timestamp) -> Self {
        let game_id = seek.game_id().filter(|_| seek.has(viewer));
        Self { game_id, ..Self::new(seek, now) }
    }
}

/// Tells of a new seek, or of who is in one now: everybody but who is at odds with one of its players and is
/// not in it.
pub(in crate::lobby) fn told(
    kind: Kind,
    seek: &Seek,
    mut at_odds: Vec<AccountId>,
    now: Timestamp,
) -> Message {
    at_odds.retain(|id| !seek.has(*id));
    let audience = match at_odds {
        ids if ids.is_empty() => Audience::Everyone,
        ids => Audience::EveryoneBut { ids },
    };
    Message::new(kind, audience, &SeekView::new(seek, now))
}

/// Tells everybody that a seek is over; of the game that has begun its players are told as of any other.
pub(in crate::lobby) fn closed(id: SeekId, outcome: SeekOutcome) -> Message {
    let status = match outcome {
        SeekOutcome::Taken(_) => Status::Taken,
        SeekOutcome::Withdrawn => Status::Withdrawn,
        SeekOutcome::Expired => Status::Expired,
    };
    Message::new(Kind::SeekClosed, Audience::Everyone, &SeekClosedView { id, status })
}

/// Tells players that a seek is over for them, and no more of it: one has blocked the other, or they play too
/// many games.
pub(super) fn lost(id: SeekId, players: Vec<AccountId>) -> Message {
    let view = SeekClosedView { id, status: Status::Withdrawn };
    Message::new(Kind::SeekClosed, Audience::accounts(players), &view)
}
