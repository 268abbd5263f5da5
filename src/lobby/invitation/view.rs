//! What is shown of invitations, to those who are to play and to nobody else.

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::value::RawValue;

use super::types::{Invitation, InvitationOutcome, Invited, Status};
use crate::events::{Audience, Kind, Message};
use crate::id::{AccountId, GameId, InvitationId};
use crate::runtime::TermsTold;
use crate::time::Timestamp;

/// An invitation.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Invitation")]
pub(super) struct InvitationView<'a> {
    id: InvitationId,
    status: Status,
    inviter_id: AccountId,
    #[schemars(with = "TermsTold")]
    terms: &'a RawValue,
    /// Who is to play, the inviter first.
    players: Vec<InvitedView>,
    /// The game after which the same players want another one.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "GameId")]
    rematch_of: Option<GameId>,
    opened_at: Timestamp,
    expires_at: Timestamp,
    #[serde(flatten)]
    end: EndView,
}

/// Somebody who is to play.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "InvitedPlayer")]
struct InvitedView {
    account_id: AccountId,
    /// Where that is settled; seat 0 begins. The others draw when the game begins.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "u8", range(max = 3))]
    seat: Option<u8>,
    has_accepted: bool,
}

/// What an invitation has come to; nothing while it is open.
#[derive(Debug, Default, Serialize, JsonSchema)]
struct EndView {
    /// Who accepted last, declined it or took it back.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "AccountId")]
    closed_by: Option<AccountId>,
    /// The game that has begun.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "GameId")]
    game_id: Option<GameId>,
}

/// An invitation that is over.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "InvitationClosed")]
pub(super) struct InvitationClosedView {
    id: InvitationId,
    status: Status,
    #[serde(flatten)]
    end: EndView,
}

impl<'a> InvitationView<'a> {
    pub(super) fn new(invitation: &'a Invitation, now: Timestamp) -> Self {
        let player = |Invited { account, seat, has_accepted }: &Invited| InvitedView {
            account_id: *account,
            seat: *seat,
            has_accepted: *has_accepted,
        };
        Self {
            id: invitation.id,
            status: invitation.status(now),
            inviter_id: invitation.inviter,
            terms: &invitation.terms,
            players: invitation.players.iter().map(player).collect(),
            rematch_of: invitation.rematch_of,
            opened_at: invitation.opened_at,
            expires_at: invitation.expires_at,
            end: invitation.closed.map_or_else(EndView::default, |(outcome, closed_by)| EndView {
                closed_by,
                game_id: outcome.game_id(),
            }),
        }
    }
}

/// Tells those who are to play of an invitation, new or accepted by one of several.
pub(super) fn told(kind: Kind, invitation: &Invitation, now: Timestamp) -> Message {
    let audience = Audience::accounts(invitation.accounts());
    Message::new(kind, audience, &InvitationView::new(invitation, now))
}

/// Tells them that one is over, and through whom.
pub(in crate::lobby) fn closed(
    id: InvitationId,
    accounts: impl Iterator<Item = AccountId>,
    outcome: InvitationOutcome,
    closed_by: Option<AccountId>,
) -> Message {
    let end = EndView { closed_by, game_id: outcome.game_id() };
    let view = InvitationClosedView { id, status: outcome.status(), end };
    Message::new(Kind::InvitationClosed, Audience::accounts(accounts), &view)
}
