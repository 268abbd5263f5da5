//! Administration over HTTP.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::service::{Admin, Error};
use crate::account::{Account, AccountView, Reason, Suspension};
use crate::http::{Outcome, Problem, Request, StatusCode, empty, json, of_account, present};
use crate::id::AccountId;
use crate::time::Timestamp;

/// Why an account is locked, and for how long.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "NewSuspension")]
pub(super) struct Suspend {
    #[schemars(with = "Reason")]
    reason: String,
    /// When the lock ends by itself, in the future; without it, it must be lifted.
    #[serde(default, deserialize_with = "present")]
    #[schemars(with = "Timestamp")]
    until: Option<Timestamp>,
}

/// The account that is to become a part of the one in the path.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Merger")]
pub(super) struct Merge {
    loser_id: AccountId,
}

/// An account with what only operators see.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "SuspendedAccount")]
pub(super) struct SuspendedView<'a> {
    #[serde(flatten)]
    account: AccountView<'a>,
    suspension: Option<SuspensionView<'a>>,
}

/// A lock on an account.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Suspension")]
struct SuspensionView<'a> {
    #[schemars(with = "Reason")]
    reason: &'a str,
    since: Timestamp,
    /// When it ends by itself; null until it is lifted.
    until: Option<Timestamp>,
    /// The operator who put it on.
    by: AccountId,
}

impl<'a> SuspendedView<'a> {
    fn new(account: &'a Account, now: Timestamp) -> Self {
        let suspension =
            account.suspension.as_ref().map(|Suspension { reason, since, until, by }| {
                SuspensionView { reason: reason.as_str(), since: *since, until: *until, by: *by }
            });
        Self { account: AccountView::new(account, now), suspension }
    }
}

impl From<Error> for Problem {
    fn from(error: Error) -> Self {
        match error {
            Error::OperatorRequired => Self::forbidden("operator_required", error.to_string()),
            Error::UntilPast => Self::invalid("until", error),
            Error::Account(error) => error.into(),
            Error::Session(error) => error.into(),
            Error::Lobby(error) => error.into(),
            Error::Closure(error) => error.into(),
            Error::Storage(error) => error.into(),
            Error::CutOff(_) => Self::internal(error),
        }
    }
}

/// `PUT /api/v1/admin/accounts/{id}/suspension`
pub(crate) async fn suspend(admin: &Admin, request: Request<'_>) -> Outcome {
    let operator = admin.authorize(request.caller()?).await?;
    let id = request.path("id")?;
    let body: Suspend = request.json().await?;
    let reason = body.reason.parse().map_err(|error| Problem::invalid("reason", error))?;
    let account = admin.suspend(operator, id, reason, body.until).await?;
    Ok(json(StatusCode::OK, &SuspendedView::new(&account, admin.now())))
}

/// `DELETE /api/v1/admin/accounts/{id}/suspension`
pub(crate) async fn lift_suspension(admin: &Admin, request: Request<'_>) -> Outcome {
    let operator = admin.authorize(request.caller()?).await?;
    admin.lift_suspension(operator, request.path("id")?).await?;
    Ok(empty())
}

/// `POST /api/v1/admin/accounts/{id}/merge`
pub(crate) async fn merge(admin: &Admin, request: Request<'_>) -> Outcome {
    let operator = admin.authorize(request.caller()?).await?;
    let winner = request.path("id")?;
    let body: Merge = request.json().await?;
    let account = admin.merge(operator, body.loser_id, winner).await?;
    Ok(of_account(json(StatusCode::OK, &AccountView::new(&account, admin.now())), account.id))
}

/// `DELETE /api/v1/admin/accounts/{id}`
pub(crate) async fn erase(admin: &Admin, request: Request<'_>) -> Outcome {
    let operator = admin.authorize(request.caller()?).await?;
    admin.erase(operator, request.path("id")?).await?;
    Ok(empty())
}
