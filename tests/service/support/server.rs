//! The PostgreSQL of a test run, and a database of its own for each test.
//!
//! Taken from `BACKEND_TEST_POSTGRES_DSN`, else from a Docker engine that answers, else from the
//! binaries of this machine. Where there is none of them the tests fail and say what to do.

use std::io::Write;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc;
use std::sync::{LazyLock, OnceLock};

use scrabble_backend::app;
use scrabble_backend::config::{Config, Environment};
use scrabble_backend::dev::{Binaries, Cluster, ClusterOptions, Durability};
use testcontainers_modules::postgres::Postgres;
use testcontainers_modules::testcontainers::runners::AsyncRunner;
use testcontainers_modules::testcontainers::{ContainerAsync, ImageExt};
use tokio_postgres::NoTls;

/// The beginning of the names of all databases that the tests make.
const PREFIX: &str = "backend_test";

/// The server of this run. It ends with the process.
static SERVER: OnceLock<Server> = OnceLock::new();

struct Server {
    address: Address,
    /// Removes what the server leaves, once the pipe to it closes with this process.
    _reaper: Option<Child>,
}

/// What stands before and behind a database's name in a URL that the driver takes.
#[derive(Clone)]
struct Address {
    prefix: String,
    suffix: String,
}

/// What keeps the server running, on a thread of its own that never ends.
enum Keeper {
    Cluster(#[expect(dead_code, reason = "held, not used")] Cluster),
    Container(#[expect(dead_code, reason = "held, not used")] Box<ContainerAsync<Postgres>>),
    /// The server stays; this connection holds the lock of the run.
    Lock(#[expect(dead_code, reason = "held, not used")] tokio_postgres::Client),
}

/// A database of a test's own, dropped with the server. A clone is the same database.
#[derive(Clone)]
pub(crate) struct Database {
    server: Address,
    name: String,
}

impl Database {
    /// A database with the schema in it.
    pub(crate) async fn migrated() -> Self {
        static TEMPLATE: tokio::sync::OnceCell<Database> = tokio::sync::OnceCell::const_new();
        let template = TEMPLATE
            .get_or_init(|| async {
                let database = Self::empty().await;
                app::migrate(&config(&database.dsn())).await.expect("the template migrates");
                database
            })
            .await;
        Self::create(&template.server, &format!("template \"{}\"", template.name)).await
    }

    /// A database with nothing in it.
    pub(crate) async fn empty() -> Self {
        Self::create(&server().address, "").await
    }

    /// A database with the schema in it, on a server of the test's own.
    pub(crate) async fn migrated_on(cluster: &Cluster) -> Self {
        let address = Address { prefix: cluster.url(""), suffix: String::new() };
        let database = Self::create(&address, "").await;
        app::migrate(&config(&database.dsn())).await.expect("the database migrates");
        database
    }

    async fn create(server: &Address, options: &str) -> Self {
        static COUNT: AtomicU64 = AtomicU64::new(0);
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let name = format!("{PREFIX}_{}_{count}", run());
        let client = connect(&server.url("postgres")).await;
        client
            .batch_execute(&format!("create database \"{name}\" {options}"))
            .await
            .expect("a database is made");
        Self { server: server.clone(), name }
    }

    /// The DSN as the service takes it.
    pub(crate) fn dsn(&self) -> String {
        let url = self.server.url(&self.name);
        let separator = if url.contains('?') { '&' } else { '?' };
        let tls = if url.contains("sslmode=") { "" } else { "&sslmode=disable" };
        format!("{url}{separator}search_path=backend{tls}")
    }

    /// The same for another role of the server.
    pub(crate) fn dsn_of(&self, role: &str, password: &str) -> String {
        let dsn = self.dsn();
        let (scheme, rest) = dsn.split_once("://").expect("a DSN is a URL");
        let host = rest.split_once('@').map_or(rest, |(_, host)| host);
        format!("{scheme}://{role}:{password}@{host}")
    }

    /// Ends all connections to it, and lets nobody connect: the database is away.
    pub(crate) async fn refuse_connections(&self) {
        self.allow_connections(false).await;
        let client = connect(&self.server.url("postgres")).await;
        let cut = "select pg_terminate_backend(pid) from pg_stat_activity where datname = $1";
        client.execute(cut, &[&self.name]).await.expect("connections are ended");
    }

    /// The database is back.
    pub(crate) async fn accept_connections(&self) {
        self.allow_connections(true).await;
    }

    async fn allow_connections(&self, allow: bool) {
        let client = connect(&self.server.url("postgres")).await;
        let statement = format!("alter database \"{}\" allow_connections {allow}", self.name);
        client.batch_execute(&statement).await.expect("the database is changed");
    }

    /// Has whoever opens a session for this account wait, as behind a change to it.
    pub(crate) async fn lock_account(&self, account_id: &str) -> Lock {
        let client = self.connect().await;
        let lock = format!(
            "begin; update account set version = version where account_id = '{account_id}'"
        );
        client.batch_execute(&lock).await.expect("the account is there");
        Lock(client)
    }

    /// Has an account play so many games, of which nothing but that can be known.
    pub(crate) async fn begin_games(&self, account_id: &str, count: i64) {
        let begin = format!(
            "with new as (
                insert into game (game_id, terms, players, started_at, version, position, progress, stepped_at, on_turn)
                    select gen_random_uuid(), '', array['{account_id}'::uuid], now(), 1, '', '', now(), 0
                    from generate_series(1, {count}) returning game_id
            )
            insert into game_player (game_id, seat, account_id) select game_id, 0, '{account_id}' from new"
        );
        self.connect().await.batch_execute(&begin).await.expect("the account is there");
    }

    /// So many accounts of whom nothing is known.
    pub(crate) async fn strangers(&self, count: i64) -> Vec<String> {
        let insert = format!(
            "insert into account (account_id, display_name, language, time_zone, role, created_at, updated_at)
                select gen_random_uuid(), 'stranger', 'en', 'UTC', 'player', now(), now()
                    from generate_series(1, {count})
                returning account_id::text"
        );
        let rows = self.connect().await.query(&insert, &[]).await.expect("accounts are entered");
        rows.iter().map(|row| row.get(0)).collect()
    }

    /// Has each of some accounts block each of others.
    pub(crate) async fn block(&self, blockers: &[String], blocked: &[String]) {
        let insert = "insert into block
            select blocker::uuid, blocked::uuid, clock_timestamp()
                from unnest($1::text[]) as blocker, unnest($2::text[]) as blocked";
        let client = self.connect().await;
        client.execute(insert, &[&blockers, &blocked]).await.expect("blocks are entered");
    }

    /// A connection to look into the database with.
    pub(crate) async fn connect(&self) -> tokio_postgres::Client {
        let client = connect(&self.server.url(&self.name)).await;
        client.batch_execute("set search_path to backend").await.expect("the schema is named");
        client
    }
}

/// A lock on a row, until it is released or dropped.
pub(crate) struct Lock(tokio_postgres::Client);

impl Lock {
    pub(crate) async fn release(self) {
        self.0.batch_execute("commit").await.expect("the lock is released");
    }
}

/// A configuration for a database, and nothing else set.
pub(crate) fn config(dsn: &str) -> Config {
    let environment: Environment = [("BACKEND_POSTGRES_DSN", dsn)].into_iter().collect();
    Config::from_environment(&environment, None).expect("the configuration is good")
}

async fn connect(url: &str) -> tokio_postgres::Client {
    let (client, connection) =
        tokio_postgres::connect(url, NoTls).await.expect("the test's server answers");
    tokio::spawn(connection);
    client
}

impl Address {
    fn url(&self, database: &str) -> String {
        format!("{}{database}{}", self.prefix, self.suffix)
    }
}

fn server() -> &'static Server {
    SERVER.get_or_init(|| {
        let (started, start) = mpsc::channel();
        // A runtime of its own: those of the tests end with them.
        std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_multi_thread()
                .worker_threads(1)
                .enable_all()
                .build()
                .unwrap();
            runtime.block_on(async {
                let (server, keeper) = start_server().await;
                started.send(server).unwrap();
                std::future::pending::<()>().await;
                drop(keeper);
            });
        });
        start.recv().expect("a PostgreSQL for the tests; the line above says what is missing")
    })
}

async fn start_server() -> (Server, Keeper) {
    if let Ok(dsn) = std::env::var("BACKEND_TEST_POSTGRES_DSN") {
        say("the tests' PostgreSQL is that of BACKEND_TEST_POSTGRES_DSN");
        let server = named(&dsn);
        let client = connect(&server.address.url("postgres")).await;
        client.execute("select pg_advisory_lock($1)", &[&i64::from(run())]).await.unwrap();
        drop_left_behind(&client).await;
        return (server, Keeper::Lock(client));
    }
    if docker_answers() {
        let container =
            Postgres::default().with_tag("17-alpine").with_cmd(["-c", "max_connections=500"]);
        let container =
            container.start().await.expect("the Docker engine starts postgres:17-alpine");
        let port =
            container.get_host_port_ipv4(5432).await.expect("the container's port is mapped");
        say("the tests' PostgreSQL is postgres:17-alpine in a container");
        let server = Server {
            address: Address {
                prefix: format!("postgres://postgres:postgres@127.0.0.1:{port}/"),
                suffix: String::new(),
            },
            _reaper: Some(at_exit(&["docker", "rm", "--force", "--volumes", container.id()])),
        };
        return (server, Keeper::Container(Box::new(container)));
    }
    let binaries = Binaries::find(|name| std::env::var_os(name)).unwrap_or_else(|error| {
        panic!(
            "no PostgreSQL for the tests: set BACKEND_TEST_POSTGRES_DSN, start Docker, or: {error}"
        )
    });
    let data_dir = std::env::temp_dir().join(format!("scrabble-test-{}", std::process::id()));
    let reaper = at_exit(&["rm", "-rf", data_dir.to_str().unwrap()]);
    let options = ClusterOptions { binaries, data_dir, durability: Durability::FastForTests };
    let cluster = Cluster::start(options).await.expect("PostgreSQL starts for the tests");
    say("the tests' PostgreSQL is made of this machine's binaries");
    let server = Server {
        address: Address { prefix: cluster.url(""), suffix: String::new() },
        _reaper: Some(reaper),
    };
    (server, Keeper::Cluster(cluster))
}

fn named(dsn: &str) -> Server {
    let (base, query) = dsn.split_once('?').unwrap_or((dsn, ""));
    let authority_end = base.find("://").map_or(0, |at| at + 3);
    let path = base[authority_end..].find('/').map_or(base.len(), |at| authority_end + at);
    // The driver takes no search path, and the tests name their own.
    let query: Vec<&str> = query
        .split('&')
        .filter(|part| !part.is_empty() && !part.starts_with("search_path"))
        .collect();
    let suffix = if query.is_empty() { String::new() } else { format!("?{}", query.join("&")) };
    Server { address: Address { prefix: format!("{}/", &base[..path]), suffix }, _reaper: None }
}

/// A number of this run, which no other run on the same server has, on whichever machine.
fn run() -> u32 {
    static RUN: LazyLock<u32> = LazyLock::new(|| getrandom::u32().expect("random numbers"));
    *RUN
}

/// Drops the databases of runs that have ended, on a server that outlives them: a run that goes on
/// holds the lock of its number.
async fn drop_left_behind(client: &tokio_postgres::Client) {
    let names = "select datname from pg_database where datname ^@ $1";
    for row in client.query(names, &[&PREFIX]).await.unwrap() {
        let name: &str = row.get(0);
        let Some(run) = name.split('_').nth(2).and_then(|run| run.parse::<i64>().ok()) else {
            continue;
        };
        let lock = client.query_one("select pg_try_advisory_lock($1)", &[&run]).await.unwrap();
        if lock.get(0) {
            // What a run has started may still be connected.
            let drop = format!("drop database if exists \"{name}\" with (force)");
            client.batch_execute(&drop).await.unwrap();
            client.execute("select pg_advisory_unlock($1)", &[&run]).await.unwrap();
        }
    }
}

fn docker_answers() -> bool {
    let asked =
        Command::new("docker").arg("info").stdout(Stdio::null()).stderr(Stdio::null()).status();
    asked.is_ok_and(|status| status.success())
}

/// Runs a command when this process has ended, however it ends: nothing else runs then. The shell
/// waits for the pipe to close, and a while for the server to let go.
pub(super) fn at_exit(command: &[&str]) -> Child {
    let script = "trap '' HUP INT TERM; read -r _; \"$@\" || { sleep 2; \"$@\"; }";
    let mut shell = Command::new("sh");
    shell.args(["-c", script, "sh"]).args(command);
    shell.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
    shell.spawn().expect("a shell starts")
}

/// Past the capture of the test harness.
fn say(line: &str) {
    let _ = writeln!(std::io::stderr(), "{line}");
}
