//! Lists in pages: how long one may be, and where the next begins.
//!
//! Owns the two parameters that every list has. A cursor is opaque to callers; what it is made of is the
//! list's affair.

use std::fmt;
use std::num::NonZeroUsize;
use std::str::FromStr;

use super::problem::Problem;
use super::query::Query;

/// The parameters of a page, for those that a route knows.
pub const PAGE_PARAMETERS: [&str; 2] = ["limit", "cursor"];

/// The most that a page holds.
pub const PAGE_LIMIT_MAX: usize = 100;

/// What it holds where the caller does not say.
pub const PAGE_LIMIT_DEFAULT: usize = 20;

/// A page that is asked for.
#[derive(Debug)]
pub struct Page<C> {
    /// The most that it is to hold, 1 to [`PAGE_LIMIT_MAX`].
    pub limit: usize,
    /// What the page before has named as its end; nothing for the first.
    pub cursor: Option<C>,
}

/// How many a page is to hold.
struct Limit(usize);

/// Why a text is no limit.
#[derive(Debug, thiserror::Error)]
#[error("expected a number from 1 to {PAGE_LIMIT_MAX}")]
struct InvalidLimit;

impl FromStr for Limit {
    type Err = InvalidLimit;

    fn from_str(text: &str) -> Result<Self, InvalidLimit> {
        let limit: NonZeroUsize = text.parse().map_err(|_| InvalidLimit)?;
        (limit.get() <= PAGE_LIMIT_MAX).then_some(Self(limit.get())).ok_or(InvalidLimit)
    }
}

impl<C: FromStr<Err: fmt::Display>> Page<C> {
    /// The page that a query asks for.
    ///
    /// # Errors
    /// 400 that names the parameter.
    pub fn of(query: &Query<'_>) -> Result<Self, Problem> {
        let limit = query.get("limit")?.map_or(PAGE_LIMIT_DEFAULT, |Limit(limit)| limit);
        Ok(Self { limit, cursor: query.get("cursor")? })
    }
}

/// A list of one more than the page holds, as far as it holds it, and whether there is more.
pub fn cut<T>(mut items: Vec<T>, limit: usize) -> (Vec<T>, bool) {
    let has_more = items.len() > limit;
    items.truncate(limit);
    (items, has_more)
}
