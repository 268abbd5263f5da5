//! The schema's way into a database, by the real binary: once, by one at a time, and never backwards.
//!
//! What the tables hold is checked where they are used.

use std::io::{BufRead, BufReader};
use std::process::Child;

use tokio_postgres::Client;

use crate::cli::{Said, program};
use crate::support::Database;

/// The history of the database: version, checksum and time of each migration.
async fn history(client: &Client) -> Vec<(i32, String, String)> {
    let sql = "select version, checksum, applied_on from refinery_schema_history order by version";
    let rows = client.query(sql, &[]).await.unwrap();
    rows.iter().map(|row| (row.get(0), row.get(1), row.get(2))).collect()
}

/// `schema.table` of everything that is not PostgreSQL's own.
async fn tables(client: &Client) -> Vec<String> {
    let sql = "select schemaname || '.' || tablename from pg_tables \
               where schemaname not in ('pg_catalog', 'information_schema') order by 1";
    client.query(sql, &[]).await.unwrap().iter().map(|row| row.get(0)).collect()
}

fn start(command: &str, dsn: &str) -> Child {
    let variables = [("BACKEND_POSTGRES_DSN", dsn), ("BACKEND_HTTP_ADDR", "127.0.0.1:0")];
    program(&[command], &variables).spawn().unwrap()
}

fn run(command: &str, dsn: &str) -> Said {
    start(command, dsn).wait_with_output().unwrap().into()
}

fn files() -> usize {
    let directory = concat!(env!("CARGO_MANIFEST_DIR"), "/migrations");
    let names = std::fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().file_name());
    names.filter(|name| name.to_str().unwrap().ends_with(".sql")).count()
}

#[tokio::test]
async fn an_empty_database_gets_the_schema_and_a_second_run_changes_nothing() {
    let database = Database::empty().await;
    let client = database.connect().await;
    assert_eq!(tables(&client).await, [""; 0]);

    let first = run("migrate", &database.dsn());
    assert_eq!(first.code, Some(0), "{}", first.err);
    assert_eq!(first.out, format!("schema version {0}, {0} migrations applied\n", files()));
    let (made, applied) = (tables(&client).await, history(&client).await);
    assert_eq!(applied.len(), files());
    for table in ["account", "identity", "session", "refinery_schema_history"] {
        assert!(made.contains(&format!("backend.{table}")), "{made:?}");
    }
    assert!(made.iter().all(|name| name.starts_with("backend.")), "{made:?}");

    let second = run("migrate", &database.dsn());
    assert_eq!(second.code, Some(0), "{}", second.err);
    assert_eq!(second.out, format!("schema version {}, 0 migrations applied\n", files()));
    assert_eq!((tables(&client).await, history(&client).await), (made, applied));
}

#[tokio::test]
async fn of_eight_processes_at_once_one_applies_each_migration_and_all_succeed() {
    let database = Database::empty().await;
    let dsn = database.dsn();
    let processes: Vec<Child> = (0..8).map(|_| start("migrate", &dsn)).collect();
    let said: Vec<Said> =
        processes.into_iter().map(|child| child.wait_with_output().unwrap().into()).collect();
    let mut applied = Vec::new();
    for said in &said {
        assert_eq!(said.code, Some(0), "{}", said.err);
        applied.push(said.out.as_str());
    }
    applied.sort_unstable();
    let by = |count: usize| format!("schema version {}, {count} migrations applied\n", files());
    let mut expected = vec![by(0); 7];
    expected.push(by(files()));
    assert_eq!(applied, expected);
    let client = database.connect().await;
    let versions: Vec<i32> =
        history(&client).await.into_iter().map(|(version, ..)| version).collect();
    let expected: Vec<i32> = (1..=i32::try_from(files()).unwrap()).collect();
    assert_eq!(versions, expected);
}

#[tokio::test]
async fn a_process_waits_for_another_that_migrates_and_says_so() {
    let database = Database::empty().await;
    let client = database.connect().await;
    // "scrabble" in ASCII: the number must stay, or old and new binaries would not wait for each other.
    let lock = i64::from_be_bytes(*b"scrabble");
    client.execute("select pg_advisory_lock($1)", &[&lock]).await.unwrap();
    let mut waiting = start("migrate", &database.dsn());
    let mut lines = BufReader::new(waiting.stderr.take().unwrap()).lines().map(Result::unwrap);
    assert!(lines.any(|line| line.contains("another process is migrating the database")));
    assert_eq!(tables(&client).await, [""; 0], "nothing is touched meanwhile");
    client.execute("select pg_advisory_unlock($1)", &[&lock]).await.unwrap();
    let said = Said::from(waiting.wait_with_output().unwrap());
    assert_eq!(said.code, Some(0));
    assert_eq!(history(&client).await.len(), files());
}

#[tokio::test]
async fn a_database_that_a_newer_version_has_migrated_is_refused_and_left_as_it_is() {
    let database = Database::migrated().await;
    let client = database.connect().await;
    // So that there would be something to apply, were the version not looked at.
    let newer = "delete from refinery_schema_history where version > 1; \
                 insert into refinery_schema_history values (9999, 'later', '2030-01-01', '1')";
    client.batch_execute(newer).await.unwrap();
    let before = (tables(&client).await, history(&client).await);
    for command in ["migrate", "serve"] {
        let said = run(command, &database.dsn());
        assert_eq!((said.code, said.out.as_str()), (Some(1), ""), "{command}: {}", said.err);
        let known = files();
        for words in [
            format!("at schema version 9999, and this binary knows only up to {known}"),
            "migrated by a newer version of scrabble-backend".to_owned(),
        ] {
            assert!(said.err.contains(&words), "{command}: {}", said.err);
        }
    }
    assert_eq!((tables(&client).await, history(&client).await), before);
}

#[tokio::test]
async fn a_migration_that_was_edited_after_it_was_applied_is_refused() {
    let database = Database::migrated().await;
    let client = database.connect().await;
    let edit = "update refinery_schema_history set checksum = '1' where version = 2";
    client.batch_execute(edit).await.unwrap();
    let before = history(&client).await;
    let said = run("migrate", &database.dsn());
    assert_eq!((said.code, said.out.as_str()), (Some(1), ""));
    assert!(said.err.contains("V2__create_identity is different"), "{}", said.err);
    assert_eq!(history(&client).await, before);
}

#[tokio::test]
async fn a_role_that_owns_the_schema_needs_no_right_to_create_schemas() {
    let database = Database::empty().await;
    let client = database.connect().await;
    let role = format!("owner_{}", std::process::id());
    let schema = format!(
        "create role {role} login password 'own'; create schema backend authorization {role}"
    );
    client.batch_execute(&schema).await.unwrap();
    let dsn = database.dsn();
    let (_, server) = dsn.split_once('@').unwrap();
    let said = run("migrate", &format!("postgres://{role}:own@{server}"));
    assert_eq!(said.code, Some(0), "{}", said.err);
    assert_eq!(history(&client).await.len(), files());
    client.batch_execute(&format!("drop owned by {role}; drop role {role}")).await.unwrap();
}
