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

#[tokio::test]
async fn what_some_players_wait_for_is_found_without_reading_what_all_wait_for() {
    const READ_MAX: u64 = 100;
    let database = Database::migrated().await;
    let client = database.connect().await;
    let player = database.strangers(500).await.swap_remove(0);
    client.batch_execute(FILLED).await.unwrap();
    let highest = "ffffffff-ffff-ffff-ffff-ffffffffffff";
    let mut explained = 0;
    for (place, query) in app::queries().iter().enumerate() {
        let parameters = match query.name.rsplit("::").next().unwrap() {
            "LIST_OPEN_OF" => format!("array['{player}'::uuid], true"),
            "LIST_OWN" => format!("'{player}', now(), '{highest}', 100"),
            _ => continue,
        };
        let prepare = format!("prepare q{place} as {}", query.sql);
        client.batch_execute(&prepare).await.unwrap();
        let explain = format!("explain (analyze, timing off) execute q{place}({parameters})");
        let rows = client.query(&explain, &[]).await.unwrap();
        let plan: Vec<String> = rows.iter().map(|row| row.get(0)).collect();
        let read = plan.iter().flat_map(|line| rows_of(line));
        assert!(read.max().unwrap() < READ_MAX, "{}:\n{}", query.name, plan.join("\n"));
        explained += 1;
    }
    assert_eq!(explained, 3, "of seeks and invitations");
}

/// Each of 500 has opened ten seeks and is in ten of others, and so for invitations.
const FILLED: &str = "
    insert into seek select gen_random_uuid(), account_id, '', 'english.rapid', true, 3, 1500, true, null, null,
            false, now(), now() + interval '1 hour', null, null, null
        from account, generate_series(1, 10);
    insert into invitation select gen_random_uuid(), account_id, '', true, null, now(), now() + interval '1 hour'
        from account, generate_series(1, 10);
    create temporary table player as select account_id, row_number() over () as place from account;
    insert into seek_member select seek_id, account_id, now()
        from (select seek_id, owner_id, row_number() over () % 500 + 1 as place from seek) as s
            join player using (place) where owner_id <> account_id;
    insert into invitation_player select invitation_id, 0, inviter_id, null, now() from invitation;
    insert into invitation_player select invitation_id, 1, account_id, null, null
        from (select invitation_id, inviter_id, row_number() over () % 500 + 1 as place from invitation) as i
            join player using (place) where inviter_id <> account_id;
    analyze;
    set plan_cache_mode = force_generic_plan";

/// How many rows a line of a plan says were read: found, or removed.
fn rows_of(line: &str) -> Vec<u64> {
    let found = line.split_once("(actual rows=").map(|(_, rest)| rest);
    let removed = line.split_once("Removed by Filter: ").map(|(_, rest)| rest);
    let number = |text: &str| text.split(|c: char| !c.is_ascii_digit()).next()?.parse().ok();
    found.into_iter().chain(removed).filter_map(number).collect()
}
