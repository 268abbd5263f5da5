//! The statements over `event` and `event_pruned`; nobody else writes them.

use super::types::Told;
use crate::postgres::{Connection, Error, queries};
use crate::time::Timestamp;

/// The text of a statement that tells something once for each row of `source`, at a moment: for
/// statements that do all of their work at once, as a part of `with`. The three are an SQL name and
/// parameters:
///
/// ```text
/// concat!(
///     "with moved as (update … returning game_id), ",
///     "told as (", insert_told!("moved", "$7", "$8"), ") select …",
/// )
/// ```
///
/// Whoever runs it calls [`Events::wake`](super::Events::wake) afterwards.
macro_rules! insert_told {
    ($source:literal, $at:literal, $told:literal) => {
        concat!(
            "insert into event (at, told) select ",
            $at,
            "::timestamptz, ",
            $told,
            "::text from ",
            $source
        )
    };
}
pub(crate) use insert_told;

queries! {
    APPEND (TIMESTAMPTZ, TEXT) -> () = insert_told!("(values (true)) as once", "$1", "$2");
}

pub(super) async fn append(
    transaction: &Connection,
    told: &Told,
    now: Timestamp,
) -> Result<(), Error> {
    transaction.execute(APPEND, &[&now, &told.as_str()]).await.map(drop)
}
