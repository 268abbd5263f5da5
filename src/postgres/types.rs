//! Our values as PostgreSQL's types, and PostgreSQL's as ours.
//!
//! Owns the binary forms of `timestamptz` and of `xid8`. Ids travel as `uuid`, which the driver knows.

use std::error::Error;
use std::fmt;

use bytes::BytesMut;
use postgres_types::{FromSql, IsNull, ToSql, Type, accepts, to_sql_checked};

use crate::time::Timestamp;

/// 2000-01-01T00:00:00Z, from which PostgreSQL counts, in microseconds of Unix time.
const POSTGRES_EPOCH_MICROS: i64 = 946_684_800_000_000;

impl ToSql for Timestamp {
    fn to_sql(&self, _: &Type, out: &mut BytesMut) -> Result<IsNull, Box<dyn Error + Sync + Send>> {
        let micros = self.as_micros().saturating_sub(POSTGRES_EPOCH_MICROS);
        out.extend_from_slice(&micros.to_be_bytes());
        Ok(IsNull::No)
    }

    accepts!(TIMESTAMPTZ);
    to_sql_checked!();
}

impl<'a> FromSql<'a> for Timestamp {
    fn from_sql(_: &Type, raw: &'a [u8]) -> Result<Self, Box<dyn Error + Sync + Send>> {
        let micros = i64::from_be_bytes(raw.try_into()?);
        Ok(Self::from_micros(micros.saturating_add(POSTGRES_EPOCH_MICROS)))
    }

    accepts!(TIMESTAMPTZ);
}

/// Names a transaction for good: an `xid8`, which is never used again. Of two the one that was given later
/// is the greater.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct TransactionId(pub u64);

impl fmt::Display for TransactionId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(formatter)
    }
}

impl ToSql for TransactionId {
    fn to_sql(&self, _: &Type, out: &mut BytesMut) -> Result<IsNull, Box<dyn Error + Sync + Send>> {
        out.extend_from_slice(&self.0.to_be_bytes());
        Ok(IsNull::No)
    }

    accepts!(XID8);
    to_sql_checked!();
}

impl<'a> FromSql<'a> for TransactionId {
    fn from_sql(_: &Type, raw: &'a [u8]) -> Result<Self, Box<dyn Error + Sync + Send>> {
        Ok(Self(u64::from_be_bytes(raw.try_into()?)))
    }

    accepts!(XID8);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_timestamp_reads_back_from_its_binary_form() {
        let moment = Timestamp::parse("2026-11-24T12:00:00.000001Z").unwrap();
        let mut bytes = BytesMut::new();
        moment.to_sql(&Type::TIMESTAMPTZ, &mut bytes).unwrap();
        assert_eq!(Timestamp::from_sql(&Type::TIMESTAMPTZ, &bytes).unwrap(), moment);
    }
}
