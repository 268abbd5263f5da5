//! What the API promises of ratings.

use serde_json::json;

use super::category::Category;
use super::glicko::{DEVIATION_MAX, DEVIATION_MIN, VALUE_MAX, VALUE_MIN};
use super::http::RatingsView;
use crate::account::{self, EXAMPLE_ID};
use crate::http::{Method, StatusCode};
use crate::id::AccountId;
use crate::openapi::{Answer, Operation, Parameter, forms};

/// The figures of a rating, for their forms alone.
pub(super) struct Value;
pub(super) struct Deviation;

forms! {
    Category as "RatingCategory" = {
        "type": "string",
        "description": "What is rated together: a rule set's name and a pace, `ultra_blitz`, `blitz`, \
            `rapid`, `regular` or `correspondence`.",
        "pattern": "^[a-z][a-z0-9_]{0,39}\\.(ultra_blitz|blitz|rapid|regular|correspondence)$",
    };
    Value as "RatingValue" = {
        "type": "number",
        "description": "The estimate of the player's strength, in points, to the hundredth. It begins \
            at 1500.",
        "minimum": VALUE_MIN,
        "maximum": VALUE_MAX,
    };
    Deviation as "RatingDeviation" = {
        "type": "number",
        "description": "How uncertain the estimate is now, in points: with a probability of 95 % the \
            true strength is within two of these. It grows while the player does not play.",
        "minimum": DEVIATION_MIN,
        "maximum": DEVIATION_MAX,
    };
}

/// The contract of ratings.
pub(crate) fn operations() -> Vec<Operation> {
    let example = json!({"ratings": [{
        "category": "english.rapid",
        "value": 1662.21,
        "deviation": 290.23,
        "games": 1,
        "rated_at": "2026-11-24T12:00:00Z",
    }]});
    let listed = |operation: Operation| {
        let answer = Answer::json::<RatingsView>(
            StatusCode::OK,
            "The categories in which the account has played rated games.",
            example.clone(),
        );
        account::unknown(operation.answers(answer))
    };
    let account = Parameter::new::<AccountId>("id", "The account.", EXAMPLE_ID);
    vec![
        listed(
            Operation::new(
                Method::GET,
                "/api/v1/internal/accounts/{id}/ratings",
                "list_ratings",
                "The ratings of an account",
            )
            .takes_path(account),
        ),
        listed(Operation::new(
            Method::GET,
            "/api/v1/user/ratings",
            "list_own_ratings",
            "The caller's ratings",
        )),
    ]
}
