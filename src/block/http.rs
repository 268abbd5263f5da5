//! Blocks over HTTP.

use schemars::JsonSchema;
use serde::Serialize;

use super::service::{Block, Blocks, Error};
use crate::http::{Outcome, PAGE_PARAMETERS, Page, Problem, Request, StatusCode, cut, empty, json};
use crate::id::AccountId;
use crate::time::Timestamp;

/// Somebody whom the caller has blocked.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Block")]
struct BlockView {
    account_id: AccountId,
    blocked_at: Timestamp,
}

/// A page of those whom the caller has blocked.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Blocks")]
pub(super) struct BlocksView {
    blocks: Vec<BlockView>,
    /// What to ask for the next page with; there is none without it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "AccountId")]
    next: Option<AccountId>,
}

impl From<Error> for Problem {
    fn from(error: Error) -> Self {
        match error {
            Error::OwnAccount => Self::invalid("id", error),
            Error::TooMany => Self::conflict("too_many_blocks", error.to_string()),
            Error::Account(error) => error.into(),
            Error::Storage(error) => error.into(),
        }
    }
}

/// `GET /api/v1/user/blocks`
pub(crate) async fn list(blocks: &Blocks, request: Request<'_>) -> Outcome {
    let caller = request.caller()?;
    let page: Page<AccountId> = Page::of(&request.query(&PAGE_PARAMETERS)?)?;
    let after = page.cursor.unwrap_or(AccountId::MIN);
    let (found, has_more) = cut(blocks.list(caller, after, page.limit + 1).await?, page.limit);
    let next = found.last().filter(|_| has_more).map(|block| block.account_id);
    let view = |Block { account_id, blocked_at }| BlockView { account_id, blocked_at };
    Ok(json(StatusCode::OK, &BlocksView { blocks: found.into_iter().map(view).collect(), next }))
}

/// `PUT /api/v1/user/blocks/{id}`
pub(crate) async fn block(blocks: &Blocks, request: Request<'_>) -> Outcome {
    blocks.block(request.caller()?, request.path("id")?).await?;
    Ok(empty())
}

/// `DELETE /api/v1/user/blocks/{id}`
pub(crate) async fn unblock(blocks: &Blocks, request: Request<'_>) -> Outcome {
    blocks.unblock(request.caller()?, request.path("id")?).await?;
    Ok(empty())
}
