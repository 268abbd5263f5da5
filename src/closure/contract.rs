//! What the API promises of the end of an account.

use serde_json::json;

use super::http::{MergeOwn, MergedView};
use crate::account::{self, account_example};
use crate::http::{Method, StatusCode};
use crate::idempotency::repeatable;
use crate::openapi::{Answer, Operation};
use crate::session;

/// The contract of merging and erasing one's own account.
pub(crate) fn operations() -> Vec<Operation> {
    let merge = Operation::new(
        Method::POST,
        "/api/v1/user/account/merge",
        "merge_own_account",
        "Make another account a part of the caller's",
    )
    .described(
        "Whoever holds a session of either may make them one. The identities of the other account move \
         to the caller's, and its games, and its ratings in categories in which the caller has none; its \
         seeks and invitations are over, its sessions end, its profile goes, and `merged_into` tells what \
         refers to it where it is. Done again, it changes nothing.",
    )
    .takes_header(session::session_header(
        "The session that asks: it gets a new token, and its old one ends.",
    ))
    .takes::<MergeOwn>(json!({"token": session::TOKEN}))
    .answers(Answer::json::<MergedView<'_>>(
        StatusCode::OK,
        "They are one account.",
        json!({"account": account_example(), "token": session::TOKEN}),
    ))
    .fails(
        StatusCode::FORBIDDEN,
        "proof_invalid",
        "The token is not that of a live session of another account.",
    )
    .fails(StatusCode::NOT_FOUND, "session_unknown", "The account has no such session.");
    let erase = Operation::new(
        Method::DELETE,
        "/api/v1/user/account",
        "erase_own_account",
        "Erase the caller's account",
    )
    .described(
        "Profile, identities, ratings and sessions are gone at once, and so are seeks and invitations; \
         games that are running are resigned. The id stays, with `status` `deleted`, for what refers to \
         it. An account that is over stays as it is.",
    )
    .answers(Answer::empty(StatusCode::NO_CONTENT, "The account is over."));
    vec![
        repeatable(session::may_be_stale(merging(merge))),
        account::unknown(account::suspended(erase)),
    ]
}

/// An operation that makes two accounts one.
pub(crate) fn merging(operation: Operation) -> Operation {
    let operation =
        operation.fails(StatusCode::CONFLICT, "same_account", "Both are the same account.").fails(
            StatusCode::CONFLICT,
            "operator_merged",
            "The account that would go is an operator's.",
        );
    let operation = operation.fails(StatusCode::CONFLICT, "opponents", "The two play each other.");
    account::unknown(account::active(operation))
}
