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
        match client.prepare_typed(query.sql, query.parameters).await {
            Err(error) => faults.push(format!("{}: {error:?}", query.name)),
            Ok(statement) => {
                let columns: Vec<&Type> =
                    statement.columns().iter().map(tokio_postgres::Column::type_).collect();
                // What is declared is told to the server, which refuses what does not fit above.
                assert_eq!(statement.params(), query.parameters, "{}", query.name);
                if columns != query.columns.iter().collect::<Vec<_>>() {
                    faults.push(format!("{}: gives {columns:?}", query.name));
                }
            }
        }
    }
    assert!(faults.is_empty(), "\n{}", faults.join("\n"));
}
