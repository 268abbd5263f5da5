//! Invitations over HTTP.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::types::Listed;
use super::view::InvitationView;
use crate::http::{Outcome, Page, Problem, Request, StatusCode, cut, empty, json, object, present};
use crate::id::{AccountId, InvitationId};
use crate::lobby::Lobby;
use crate::lobby::http::{expires_in, terms};
use crate::runtime::TermsWanted;

/// What somebody invites others to.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "NewInvitation")]
pub(super) struct InviteBody {
    #[serde(deserialize_with = "object")]
    terms: TermsWanted,
    /// Who is invited: one account fewer than the game has players.
    #[schemars(length(min = 1, max = 3), extend("uniqueItems" = true))]
    account_ids: Vec<AccountId>,
    /// Which of the players begins. It is drawn, without it.
    #[serde(default, deserialize_with = "present")]
    #[schemars(with = "AccountId")]
    starter_id: Option<AccountId>,
    /// How long the invitation stands. A day, without it, or 7 for a correspondence game.
    #[serde(default, deserialize_with = "present")]
    #[schemars(with = "u32", range(min = 60, max = 1_209_600))]
    expires_in_seconds: Option<u32>,
}

/// A page of invitations, the newest first.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Invitations")]
pub(super) struct InvitationsView<'a> {
    invitations: Vec<InvitationView<'a>>,
    /// What to ask for the next page with; there is none without it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "InvitationId")]
    next: Option<InvitationId>,
}

impl InviteBody {
    /// Whether just so many others are invited as there is room for.
    fn check(&self, caller: AccountId, players: u8) -> Result<(), Problem> {
        let ids = &self.account_ids;
        let expected = usize::from(players) - 1;
        if ids.len() != expected {
            let reason = format!("expected {expected} for a game of {players}");
            return Err(Problem::invalid("account_ids", reason));
        }
        let is_twice = |at: usize| ids[..at].contains(&ids[at]);
        if ids.contains(&caller) || (0..ids.len()).any(is_twice) {
            return Err(Problem::invalid("account_ids", "expected other accounts, each once"));
        }
        match self.starter_id {
            Some(id) if id != caller && !ids.contains(&id) => {
                Err(Problem::invalid("starter_id", "expected one of the players"))
            }
            _ => Ok(()),
        }
    }
}

/// `POST /api/v1/user/invitations`
pub(crate) async fn invite(lobby: &Lobby, request: Request<'_>) -> Outcome {
    let caller = request.caller()?;
    let body: InviteBody = request.json().await?;
    let terms = terms(lobby, &body.terms)?;
    body.check(caller, terms.players)?;
    let expires_in = expires_in(body.expires_in_seconds)?;
    let invited = lobby.invite(caller, &body.account_ids, &terms, body.starter_id, expires_in);
    Ok(json(StatusCode::CREATED, &InvitationView::new(&invited.await?, lobby.now())))
}

/// `GET /api/v1/user/invitations`
pub(crate) async fn list(lobby: &Lobby, request: Request<'_>) -> Outcome {
    let caller = request.caller()?;
    let query = request.query(&["list", "limit", "cursor"])?;
    let listed = query.get("list")?.unwrap_or(Listed::Received);
    let page: Page<InvitationId> = Page::of(&query)?;
    let before = page.cursor.unwrap_or(InvitationId::MAX);
    let found = lobby.list_invitations(listed, caller, before, page.limit + 1).await?;
    let (found, has_more) = cut(found, page.limit);
    let next = found.last().filter(|_| has_more).map(|invitation| invitation.id);
    let view = |invitation| InvitationView::new(invitation, lobby.now());
    let invitations = found.iter().map(view).collect();
    Ok(json(StatusCode::OK, &InvitationsView { invitations, next }))
}

/// `GET /api/v1/user/invitations/{id}`
pub(crate) async fn show(lobby: &Lobby, request: Request<'_>) -> Outcome {
    let invitation = lobby.show_invitation(request.path("id")?, request.caller()?).await?;
    Ok(json(StatusCode::OK, &InvitationView::new(&invitation, lobby.now())))
}

/// `POST /api/v1/user/invitations/{id}/accept`
pub(crate) async fn accept(lobby: &Lobby, request: Request<'_>) -> Outcome {
    let invitation = lobby.accept_invitation(request.path("id")?, request.caller()?).await?;
    Ok(json(StatusCode::OK, &InvitationView::new(&invitation, lobby.now())))
}

/// `DELETE /api/v1/user/invitations/{id}`
pub(crate) async fn close(lobby: &Lobby, request: Request<'_>) -> Outcome {
    lobby.close_invitation(request.path("id")?, request.caller()?).await?;
    Ok(empty())
}

/// `POST /api/v1/user/games/{id}/rematch`
pub(crate) async fn rematch(lobby: &Lobby, request: Request<'_>) -> Outcome {
    let invitation = lobby.ask_for_rematch(request.path("id")?, request.caller()?).await?;
    Ok(json(StatusCode::OK, &InvitationView::new(&invitation, lobby.now())))
}
