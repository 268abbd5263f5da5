//! What the API promises of administration.

use serde_json::json;

use super::http::{Merge, Suspend, SuspendedView};
use crate::account::{self, AccountView, EXAMPLE_ID, account_example};
use crate::closure::merging;
use crate::http::{Method, StatusCode};
use crate::id::AccountId;
use crate::idempotency::repeatable;
use crate::openapi::{Answer, Operation, Parameter};

/// The contract of administration.
pub(crate) fn operations() -> Vec<Operation> {
    let path = "/api/v1/admin/accounts/{id}/suspension";
    let account = Parameter::new::<AccountId>("id", "The account.", EXAMPLE_ID);
    let mut suspended = account_example();
    suspended["status"] = "suspended".into();
    suspended["suspension"] = json!({
        "reason": "abuse",
        "since": "2026-11-24T12:00:00Z",
        "until": null,
        "by": "0190163d-1a2b-7c3d-8e4f-5a6b7c8d9e0f",
    });
    let suspend = account::deleted(
        Operation::new(Method::PUT, path, "suspend_account", "Lock an account")
            .described(
                "Its sessions end at once, and its seeks and invitations are over. A second lock takes the \
                 place of the first.",
            )
            .takes_path(account.clone())
            .takes::<Suspend>(json!({"reason": "abuse", "until": "2030-01-01T00:00:00Z"}))
            .answers(Answer::json::<SuspendedView<'_>>(
                StatusCode::OK,
                "The account is locked.",
                suspended,
            )),
    );
    let lift =
        Operation::new(Method::DELETE, path, "lift_suspension", "Lift the lock on an account")
            .described("An account that is not locked stays as it is.")
            .takes_path(account.clone())
            .answers(Answer::empty(StatusCode::NO_CONTENT, "The account is not locked."));
    let merge = Operation::new(
        Method::POST,
        "/api/v1/admin/accounts/{id}/merge",
        "merge_accounts",
        "Make an account a part of this one",
    )
    .described("As `merge_own_account`, for the players. Done again, it changes nothing.")
    .takes_path(account.clone())
    .takes::<Merge>(json!({"loser_id": "0190163d-2b3c-7d4e-9f5a-6b7c8d9e0f1a"}))
    .answers(Answer::json::<AccountView<'_>>(
        StatusCode::OK,
        "They are one account.",
        account_example(),
    ));
    let erase = Operation::new(
        Method::DELETE,
        "/api/v1/admin/accounts/{id}",
        "erase_account",
        "Erase an account",
    )
    .described("As `erase_own_account`, also of a suspended account.")
    .takes_path(account)
    .answers(Answer::empty(StatusCode::NO_CONTENT, "The account is over."));
    let [suspend, lift, erase] = [suspend, lift, erase].map(account::unknown);
    vec![suspend, lift, repeatable(merging(merge)), erase]
}
