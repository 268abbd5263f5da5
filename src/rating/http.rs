//! Ratings over HTTP.

use schemars::JsonSchema;
use serde::Serialize;

use super::category::Category;
use super::contract::{Deviation, Value};
use super::service::{Error, Ratings};
use super::types::Rating;
use crate::http::{Outcome, Problem, Request, StatusCode, json};
use crate::id::AccountId;
use crate::time::Timestamp;

/// A player's strength in a category, after Glicko-2.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Rating")]
struct RatingView {
    #[schemars(with = "Category")]
    category: String,
    #[schemars(with = "Value")]
    value: f64,
    #[schemars(with = "Deviation")]
    deviation: f64,
    /// Rated games.
    games: u32,
    /// The end of the last of them.
    rated_at: Option<Timestamp>,
}

/// The ratings of an account in the order of their categories: those in which it has played.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Ratings")]
pub(super) struct RatingsView {
    ratings: Vec<RatingView>,
}

impl RatingView {
    fn new(category: &Category, rating: &Rating, now: Timestamp) -> Self {
        Self {
            category: category.to_string(),
            value: to_hundredths(rating.value),
            deviation: to_hundredths(rating.deviation_at(now)),
            games: rating.games,
            rated_at: rating.rated_at,
        }
    }
}

impl From<Error> for Problem {
    fn from(error: Error) -> Self {
        match error {
            Error::Account(error) => error.into(),
            Error::Storage(error) => error.into(),
        }
    }
}

/// `GET /api/v1/internal/accounts/{id}/ratings`
pub(crate) async fn list(ratings: &Ratings, request: Request<'_>) -> Outcome {
    answer(ratings, request.path("id")?).await
}

/// `GET /api/v1/user/ratings`
pub(crate) async fn list_own(ratings: &Ratings, request: Request<'_>) -> Outcome {
    answer(ratings, request.caller()?).await
}

async fn answer(ratings: &Ratings, id: AccountId) -> Outcome {
    let (found, now) = (ratings.list(id).await?, ratings.now());
    let views = found.iter().map(|(category, rating)| RatingView::new(category, rating, now));
    Ok(json(StatusCode::OK, &RatingsView { ratings: views.collect() }))
}

/// No more digits than mean anything.
fn to_hundredths(points: f64) -> f64 {
    (points * 100.0).round() / 100.0
}
