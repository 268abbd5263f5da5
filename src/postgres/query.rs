//! A statement with the types of what goes in and what comes out.
//!
//! Stores declare theirs with [`queries!`], which also lists them, so that a test can prepare every
//! statement of the program against the migrated schema and compare the types.

use postgres_types::Type;

/// A statement, known in full before the program runs.
#[derive(Debug)]
pub struct Query {
    /// The constant that holds it, for messages.
    pub name: &'static str,
    /// The SQL text, with `$1` … for parameters.
    pub sql: &'static str,
    /// The parameters' types, in order.
    pub parameters: &'static [Type],
    /// The columns' types, in order; empty for a statement that returns no rows.
    pub columns: &'static [Type],
}

/// Declares statements as constants, and `QUERIES`, the list of them.
macro_rules! queries {
    ($($(#[$doc:meta])* $name:ident ($($parameter:ident),*) -> ($($column:ident),*) = $sql:expr;)*) => {
        $(
            $(#[$doc])*
            const $name: &$crate::postgres::Query = &$crate::postgres::Query {
                name: concat!(module_path!(), "::", stringify!($name)),
                sql: $sql,
                parameters: &[$(postgres_types::Type::$parameter),*],
                columns: &[$(postgres_types::Type::$column),*],
            };
        )*
        /// Every statement of this store.
        pub(crate) const QUERIES: &[&$crate::postgres::Query] = &[$($name),*];
    };
}
pub(crate) use queries;
