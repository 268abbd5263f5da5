//! A PostgreSQL of the bench's own in a temporary directory, migrated, with as many sessions as asked.

use std::fs;
use std::path::PathBuf;

use scrabble_backend::app;
use scrabble_backend::config::{Config, Environment};
use scrabble_backend::dev::{Binaries, Cluster, ClusterOptions, Durability};

/// By which a bench says it to the programs that it runs.
const DSN: &str = "BENCH_POSTGRES_DSN";

/// The server, until [`stop`](Self::stop).
pub(crate) struct Database {
    cluster: Cluster,
    directory: PathBuf,
}

impl Database {
    /// Starts the server and makes the schema.
    pub(crate) async fn start(durability: Durability) -> Self {
        let directory = std::env::temp_dir().join(format!("bench-{}", std::process::id()));
        let options = ClusterOptions {
            binaries: Binaries::find(|name| std::env::var_os(name)).expect("PostgreSQL is there"),
            data_dir: directory.clone(),
            durability,
        };
        let cluster = Cluster::start(options).await.expect("PostgreSQL starts");
        let database = Self { cluster, directory };
        app::migrate(&database.config()).await.expect("the schema is made");
        database
    }

    /// What the service is told of it; everything else as it is by default, on a free port.
    pub(crate) fn config(&self) -> Config {
        config(&self.dsn())
    }

    /// The DSN for the service.
    pub(crate) fn dsn(&self) -> String {
        self.cluster.dsn("postgres")
    }

    /// A URL for programs of PostgreSQL's own, with the schema as their path.
    #[allow(dead_code, reason = "not every bench runs any")]
    pub(crate) fn url(&self) -> String {
        let url = self.cluster.url("postgres");
        let separator = if url.contains('?') { '&' } else { '?' };
        format!("{url}{separator}options=-csearch_path%3Dbackend")
    }

    /// What a program is told that the bench runs, for [`config_of_parent`].
    #[allow(dead_code, reason = "not every bench runs others")]
    pub(crate) fn for_child(&self) -> (&'static str, String) {
        (DSN, self.dsn())
    }

    /// Opens sessions for [`token`]s 0 to `sessions`, all of the same length of life, so that every
    /// answer about one has the same length.
    #[allow(dead_code, reason = "the bench that opens sessions itself needs none before")]
    pub(crate) async fn fill(&self, sessions: usize) {
        let client = self.connect().await;
        // Rows are right by construction; looking up the account of each takes half of the time.
        let statements = format!(
            "set search_path = backend;
            set session_replication_role = replica;
            insert into account (account_id, display_name, language, time_zone, role, created_at, updated_at)
                select gen_random_uuid(), 'Player ' || i, 'en', 'Etc/UTC', 'player', now(), now()
                from generate_series(1, 1000) i;
            insert into session (session_id, account_id, token_hash, role, created_at, last_seen_at, expires_at)
                select gen_random_uuid(), account.id, sha256(convert_to('scrs_' || lpad(i::text, 43, '0'), 'UTF8')),
                    'player', now(), now(), date_trunc('second', now()) + interval '30 days'
                from generate_series(0, {sessions} - 1) i
                join (select account_id id, row_number() over () - 1 as n from account) account on account.n = i % 1000;
            vacuum analyze session;"
        );
        for statement in statements.split(';') {
            client.batch_execute(statement).await.expect("the sessions are inserted");
        }
    }

    /// A connection to fill it by.
    #[allow(dead_code, reason = "the bench that opens sessions itself needs nothing before")]
    pub(crate) async fn connect(&self) -> tokio_postgres::Client {
        let (client, connection) =
            tokio_postgres::connect(&self.cluster.url("postgres"), tokio_postgres::NoTls)
                .await
                .expect("PostgreSQL can be connected to");
        tokio::spawn(connection);
        client
    }

    /// Ends the server and removes what it stored.
    pub(crate) async fn stop(self) {
        self.cluster.stop().await;
        let _ = fs::remove_dir_all(&self.directory);
    }
}

/// The service's default configuration on a database.
pub(crate) fn config(dsn: &str) -> Config {
    let environment: Environment =
        [("BACKEND_POSTGRES_DSN", dsn), ("BACKEND_HTTP_ADDR", "127.0.0.1:0")].into_iter().collect();
    Config::from_environment(&environment, None).expect("the configuration is right")
}

/// The service's default configuration in a program that a bench runs, on the database of that.
#[allow(dead_code, reason = "not every bench runs others")]
pub(crate) fn config_of_parent() -> Config {
    config(&std::env::var(DSN).expect("the bench says where"))
}

/// The token of a session that [`Database::fill`] opened: of the right form, though guessable.
#[allow(dead_code, reason = "not every bench shows tokens")]
pub(crate) fn token(number: usize) -> String {
    format!("scrs_{number:043}")
}
