//! Presence over HTTP.

use std::str::FromStr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::service::{Error, Presence};
use super::types::{GatewayName, InvalidReport, REPORT_IDS_MAX, Report};
use crate::http::{Outcome, Problem, Request, StatusCode, json};
use crate::id::AccountId;
use crate::time::Timestamp;

/// The most accounts that a player asks after at once, so that they fit a query.
pub(super) const IDS_MAX: usize = 100;

/// Who is at a gateway, and who is not any more: in `here` and `gone` together as many as `here` alone may
/// have.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "PresenceReport")]
pub(super) struct ReportBody {
    #[schemars(with = "GatewayName")]
    gateway: String,
    /// Accounts that have a connection.
    #[serde(default)]
    #[schemars(length(max = REPORT_IDS_MAX))]
    here: Vec<AccountId>,
    /// Accounts that have none any more, none of them in `here`.
    #[serde(default)]
    #[schemars(length(max = REPORT_IDS_MAX))]
    gone: Vec<AccountId>,
}

/// What has come of a report.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "PresenceReported")]
pub(super) struct ReportedView {
    /// Until when the accounts are here if the gateway says nothing more of them.
    expires_at: Timestamp,
}

/// The accounts that are asked after.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "PresenceLookup")]
pub(super) struct Lookup {
    #[schemars(length(max = REPORT_IDS_MAX))]
    ids: Vec<AccountId>,
}

/// Those of the accounts that are here.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Presence")]
pub(super) struct PresenceView {
    /// In the order of their ids.
    here: Vec<AccountId>,
}

/// How many are here.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "PresenceCount")]
pub(super) struct CountView {
    /// Accounts, each counted once however many gateways have it.
    count: u64,
}

/// Ids with commas between them.
pub(super) struct Ids(Vec<AccountId>);

/// A text that is no such list.
#[derive(Debug, thiserror::Error)]
#[error("expected 1 to {IDS_MAX} ids of accounts with commas between them")]
pub(super) struct InvalidIds;

impl FromStr for Ids {
    type Err = InvalidIds;

    fn from_str(text: &str) -> Result<Self, InvalidIds> {
        let ids: Result<Vec<AccountId>, _> =
            text.split(',').take(IDS_MAX + 1).map(str::parse).collect();
        let ids = ids.map_err(|_| InvalidIds)?;
        if ids.len() <= IDS_MAX { Ok(Self(ids)) } else { Err(InvalidIds) }
    }
}

impl ReportBody {
    fn parse(self) -> Result<Report, Problem> {
        let Self { gateway, here, gone } = self;
        let gateway = gateway.parse().map_err(|error| Problem::invalid("gateway", error))?;
        Report::new(gateway, here, gone).map_err(|invalid| {
            let field = match invalid {
                InvalidReport::TooLong(_) => "here",
                InvalidReport::Contradiction(_) => "gone",
            };
            Problem::invalid(field, invalid)
        })
    }
}

impl From<Error> for Problem {
    fn from(error: Error) -> Self {
        match error {
            Error::CutOff(error) => Self::internal(error),
            Error::Storage(error) => error.into(),
        }
    }
}

/// `POST /api/v1/internal/presence`
pub(crate) async fn report(presence: &Presence, request: Request<'_>) -> Outcome {
    let report = request.json::<ReportBody>().await?.parse()?;
    let expires_at = presence.report(report).await?;
    Ok(json(StatusCode::OK, &ReportedView { expires_at }))
}

/// `GET /api/v1/internal/presence`
pub(crate) async fn count(presence: &Presence) -> Outcome {
    Ok(json(StatusCode::OK, &CountView { count: presence.count().await? }))
}

/// `POST /api/v1/internal/presence/lookup`
pub(crate) async fn lookup(presence: &Presence, request: Request<'_>) -> Outcome {
    let Lookup { ids } = request.json().await?;
    if ids.len() > REPORT_IDS_MAX {
        let reason = format!("expected at most {REPORT_IDS_MAX} ids, got {}", ids.len());
        return Err(Problem::invalid("ids", reason));
    }
    Ok(json(StatusCode::OK, &PresenceView { here: presence.find(&ids).await? }))
}

/// `GET /api/v1/user/presence`
pub(crate) async fn show(presence: &Presence, request: Request<'_>) -> Outcome {
    let viewer = request.caller()?;
    let ids = request.query(&["ids"])?.get::<Ids>("ids")?;
    let ids = ids.map_or_else(Vec::new, |Ids(ids)| ids);
    Ok(json(StatusCode::OK, &PresenceView { here: presence.find_for(viewer, &ids).await? }))
}
