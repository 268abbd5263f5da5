//! Seeks over HTTP.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::types::{Admission, Listed, RATING_BOUNDS, WhoMayJoin};
use super::view::SeekView;
use crate::http::{Outcome, Page, Problem, Request, StatusCode, empty, json, object, present};
use crate::id::SeekId;
use crate::lobby::Lobby;
use crate::lobby::http::{expires_in, terms};
use crate::runtime::TermsWanted;

/// What somebody looks for.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "NewSeek")]
pub(super) struct OpenBody {
    #[serde(deserialize_with = "object")]
    terms: TermsWanted,
    /// The least rating of who joins, in the category of such games; a newcomer has 1500.
    #[serde(default, deserialize_with = "present")]
    #[schemars(with = "u16", range(max = 4_000))]
    rating_min: Option<u16>,
    /// The greatest.
    #[serde(default, deserialize_with = "present")]
    #[schemars(with = "u16", range(max = 4_000))]
    rating_max: Option<u16>,
    /// How well a player must be known.
    #[serde(default)]
    who_may_join: WhoMayJoin,
    /// How long the seek stands. Two hours, without it, or 60 for a correspondence game.
    #[serde(default, deserialize_with = "present")]
    #[schemars(with = "u32", range(min = 60, max = 1_209_600))]
    expires_in_seconds: Option<u32>,
}

/// A page of seeks, the newest first.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Seeks")]
pub(super) struct SeeksView<'a> {
    seeks: Vec<SeekView<'a>>,
    /// What to ask for the next page with; there is none without it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "SeekId")]
    next: Option<SeekId>,
}

impl OpenBody {
    fn admission(&self) -> Result<Admission, Problem> {
        let Self { rating_min, rating_max, who_may_join, .. } = *self;
        for (field, bound) in [("rating_min", rating_min), ("rating_max", rating_max)] {
            if bound.is_some_and(|bound| !RATING_BOUNDS.contains(&bound)) {
                let (min, max) = RATING_BOUNDS.into_inner();
                return Err(Problem::invalid(field, format!("expected {min} to {max}")));
            }
        }
        if rating_min.zip(rating_max).is_some_and(|(min, max)| min > max) {
            return Err(Problem::invalid("rating_max", "expected no less than rating_min"));
        }
        Ok(Admission { rating_min, rating_max, who: who_may_join })
    }
}

/// `POST /api/v1/user/seeks`
pub(crate) async fn open(lobby: &Lobby, request: Request<'_>) -> Outcome {
    let caller = request.caller()?;
    let body: OpenBody = request.json().await?;
    let (admission, terms) = (body.admission()?, terms(lobby, &body.terms)?);
    let expires_in = expires_in(body.expires_in_seconds)?;
    let seek = lobby.open_seek(caller, &terms, admission, expires_in).await?;
    Ok(json(StatusCode::CREATED, &SeekView::new(&seek, lobby.now())))
}

/// `GET /api/v1/user/seeks`
pub(crate) async fn list(lobby: &Lobby, request: Request<'_>) -> Outcome {
    let caller = request.caller()?;
    let query = request.query(&["list", "limit", "cursor"])?;
    let listed = query.get("list")?.unwrap_or(Listed::Joinable);
    let page: Page<SeekId> = Page::of(&query)?;
    let before = page.cursor.unwrap_or(SeekId::MAX);
    let (found, next) = lobby.list_seeks(listed, caller, before, page.limit).await?;
    let seeks = found.iter().map(|seek| SeekView::new(seek, lobby.now())).collect();
    Ok(json(StatusCode::OK, &SeeksView { seeks, next }))
}

/// `GET /api/v1/user/seeks/{id}`
pub(crate) async fn show(lobby: &Lobby, request: Request<'_>) -> Outcome {
    let caller = request.caller()?;
    let seek = lobby.show_seek(request.path("id")?, caller).await?;
    Ok(json(StatusCode::OK, &SeekView::seen_by(caller, &seek, lobby.now())))
}

/// `POST /api/v1/user/seeks/{id}/join`
pub(crate) async fn join(lobby: &Lobby, request: Request<'_>) -> Outcome {
    let caller = request.caller()?;
    let seek = lobby.join_seek(request.path("id")?, caller).await?;
    Ok(json(StatusCode::OK, &SeekView::seen_by(caller, &seek, lobby.now())))
}

/// `DELETE /api/v1/user/seeks/{id}`
pub(crate) async fn leave(lobby: &Lobby, request: Request<'_>) -> Outcome {
    lobby.leave_seek(request.path("id")?, request.caller()?).await?;
    Ok(empty())
}
