//! Every statement of the program fits the migrated schema.

use postgres_types::Type;
use scrabble_backend::app;

use crate::support::Database;

#[tokio::test]
async fn every_statement_is_accepted_and_has_the_types_that_it_declares() {
    let client = Database::migrated().await.connect().await;
    let queries = app::queries();
    assert!(queries.len() > 15, "the stores list their statements");
    let mut faults = Vec::new();
    for query in queries {
        // First without our types, so that the server says which it would take itself; what is
        // declared would only be told to it, and some of what does not fit it would let pass.
        match client.prepare(query.sql).await {
            Err(error) => faults.push(format!("{}: {error:?}", query.name)),
            Ok(statement) => {
                if statement.params() != query.parameters {
                    faults.push(format!("{}: takes {:?}", query.name, statement.params()));
                }
                let columns: Vec<&Type> =
                    statement.columns().iter().map(tokio_postgres::Column::type_).collect();
                if columns != query.columns.iter().collect::<Vec<_>>() {
                    faults.push(format!("{}: gives {columns:?}", query.name));
                }
            }
        }
        if let Err(error) = client.prepare_typed(query.sql, query.parameters).await {
            faults.push(format!("{}: with the declared types: {error:?}", query.name));
        }
    }
    assert!(faults.is_empty(), "\n{}", faults.join("\n"));
}
