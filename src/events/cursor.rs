//! Places in the stream: where a reader has come to.

use std::fmt;
use std::str::FromStr;

use crate::postgres::TransactionId;

/// A row of the outbox. Rows are read in this order.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct RowId {
    pub(super) xid: TransactionId,
    pub(super) position: i64,
}

/// A message: the transaction that told it, the row, and the place in the row. Whoever has come to it has
/// read it and all before it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Cursor {
    pub(super) row: RowId,
    pub(super) index: i32,
}

/// A text that is no cursor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("expected the id of an event, such as 1042-17-0")]
pub struct InvalidCursor;

impl fmt::Display for Cursor {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { row: RowId { xid, position }, index } = self;
        write!(formatter, "{xid}-{position}-{index}")
    }
}

impl FromStr for Cursor {
    type Err = InvalidCursor;

    fn from_str(text: &str) -> Result<Self, InvalidCursor> {
        let mut parts = text.split('-');
        let mut part = || parts.next().filter(|part| is_number(part)).ok_or(InvalidCursor);
        let xid = part()?.parse().map(TransactionId).map_err(|_| InvalidCursor)?;
        let position = part()?.parse().map_err(|_| InvalidCursor)?;
        let index = part()?.parse().map_err(|_| InvalidCursor)?;
        let cursor = Self { row: RowId { xid, position }, index };
        if parts.next().is_none() { Ok(cursor) } else { Err(InvalidCursor) }
    }
}

/// A number as it is written here: Rust would take signs and leading zeros.
fn is_number(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_digit()) && (text == "0" || !text.starts_with('0'))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_cursor_reads_back_from_its_text(xid: u64, position in 0..=i64::MAX, index in 0..=i32::MAX) {
            let cursor = Cursor { row: RowId { xid: TransactionId(xid), position }, index };
            prop_assert_eq!(cursor.to_string().parse(), Ok(cursor));
        }

        #[test]
        fn what_is_read_is_a_text_that_was_written(text in "[0-9+-]{0,12}") {
            if let Ok(cursor) = text.parse::<Cursor>() {
                prop_assert_eq!(cursor.to_string(), text);
            }
        }
    }

    #[test]
    fn what_is_no_cursor_is_refused() {
        for text in [
            "",
            "1",
            "1-2",
            "1-2-3-4",
            "1-2-",
            "--",
            "1-2-x",
            "+1-2-3",
            "01-2-3",
            " 1-2-3",
            "1--2-3",
            "18446744073709551616-0-0",
            "1-9223372036854775808-0",
            "1-2-2147483648",
        ] {
            assert_eq!(text.parse::<Cursor>(), Err(InvalidCursor), "{text}");
        }
    }

    #[test]
    fn cursors_are_in_the_order_in_which_their_messages_are_read() {
        let cursors =
            ["9-9-9", "10-1-0", "10-1-1", "10-2-0", "11-1-0"].map(|text| text.parse().unwrap());
        assert!(cursors.is_sorted_by(|a: &Cursor, b| a < b));
    }
}
