//! What the API promises of blocks.

use serde_json::json;

use super::http::BlocksView;
use crate::account::{self, EXAMPLE_ID};
use crate::http::{Method, StatusCode};
use crate::id::AccountId;
use crate::openapi::{Answer, Operation, Parameter};

/// The contract of blocks.
pub(crate) fn operations() -> Vec<Operation> {
    let path = "/api/v1/user/blocks/{id}";
    let other = Parameter::new::<AccountId>("id", "The other player's account.", EXAMPLE_ID);
    let page = json!({
        "blocks": [{"account_id": EXAMPLE_ID, "blocked_at": "2026-11-24T12:00:00Z"}],
        "next": EXAMPLE_ID,
    });
    let list = Operation::new(
        Method::GET,
        "/api/v1/user/blocks",
        "list_blocks",
        "Whom the caller has blocked",
    )
    .takes_page::<AccountId>(EXAMPLE_ID)
    .answers(Answer::json::<BlocksView>(StatusCode::OK, "In the order of their ids.", page));
    let block = Operation::new(Method::PUT, path, "block_account", "Block another player")
        .described(
            "The two are not brought together any more: neither joins or is invited by the other, and \
             matchmaking pairs them with others. Who is blocked does not see whether the caller is \
             here, and is not told why. What they play already goes on. Seeks of the one are not for the \
             other any more, and open invitations between the two come to nothing. No event tells of it: \
             the gateway reads `/api/v1/user/seeks`, `/api/v1/user/invitations` and `/api/v1/user/presence` \
             anew for each of the two.",
        )
        .takes_path(other.clone())
        .answers(Answer::empty(StatusCode::NO_CONTENT, "The player is blocked."))
        .fails(
            StatusCode::CONFLICT,
            "too_many_blocks",
            "The caller has blocked as many as an account may.",
        );
    let unblock = Operation::new(Method::DELETE, path, "unblock_account", "Take a block back")
        .described(
            "Where there is none nothing changes. As of a block no event tells of it, and the gateway reads \
             `/api/v1/user/seeks`, `/api/v1/user/invitations` and `/api/v1/user/presence` anew for each of \
             the two.",
        )
        .takes_path(other)
        .answers(Answer::empty(StatusCode::NO_CONTENT, "The player is not blocked."));
    vec![account::unknown(list), account::unknown(account::active(block)), unblock]
}
