//! The end of an account over HTTP.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::service::{Closure, Error};
use crate::account::AccountView;
use crate::http::{Outcome, Problem, Request, StatusCode, X_SESSION_ID, empty, json};
use crate::session::{Token, TokenText};

/// The account that is to become a part of the caller's.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "OwnMerger")]
pub(super) struct MergeOwn {
    /// That of a live session of the account.
    #[schemars(with = "TokenText")]
    token: String,
}

/// The account that both are now, with the new token of the session that has asked for it.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "MergedAccount")]
pub(super) struct MergedView<'a> {
    account: AccountView<'a>,
    /// The new token of the session in `X-Session-ID`, in place of its old one. Null where the
    /// answer is given again for an `Idempotency-Key` and the token is forgotten.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<TokenText>")]
    token: Option<&'a str>,
}

impl From<Error> for Problem {
    fn from(error: Error) -> Self {
        match error {
            Error::ProofInvalid => Self::forbidden("proof_invalid", error.to_string()),
            Error::Account(error) => error.into(),
            Error::Session(error) => error.into(),
            Error::Lobby(error) => error.into(),
            Error::Game(error) => error.into(),
            Error::Storage(error) => error.into(),
            Error::CutOff(_) => Self::internal(error),
        }
    }
}

/// `POST /api/v1/user/account/merge`
pub(crate) async fn merge_own(closure: &Closure, request: Request<'_>) -> Outcome {
    let (caller, session_id) = (request.caller()?, request.header(&X_SESSION_ID)?);
    let body: MergeOwn = request.json().await?;
    let merged = closure.merge_own(caller, session_id, &body.token).await?;
    let view = MergedView {
        account: AccountView::new(&merged.account, closure.now()),
        token: merged.token.as_ref().map(Token::expose),
    };
    Ok(json(StatusCode::OK, &view))
}

/// `DELETE /api/v1/user/account`
pub(crate) async fn erase_own(closure: &Closure, request: Request<'_>) -> Outcome {
    closure.erase_own(request.caller()?).await?;
    Ok(empty())
}
