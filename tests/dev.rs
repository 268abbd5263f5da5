//! The PostgreSQL of our own: it starts, it lasts, it ends with us and it comes back.
//!
//! Needs PostgreSQL's server binaries on the machine and fails, saying so, without them. Ignores
//! what the service does with the database.

#![expect(clippy::unwrap_used, reason = "a failure in a test is to end it")]

use std::{
    fs,
    io::{BufRead, BufReader},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::atomic::{AtomicU32, Ordering},
    time::Duration,
};

use scrabble_backend::dev::{Binaries, Cluster, ClusterOptions, Durability, Error};

const BOUND: Duration = Duration::from_secs(60);
const OWNED_DIRECTORY: &str = "DEV_TEST_OWNED_DIRECTORY";

/// A directory that goes at the end of its test.
struct Scratch(PathBuf);

impl Scratch {
    fn new() -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let name = format!("dev-{}-{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
        Self(std::env::temp_dir().join(name))
    }

    fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// Another process of this test binary that owns a cluster until it is killed.
struct Owner(Child);

impl Owner {
    fn of(directory: &Path) -> Self {
        let child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "owner_in_another_process", "--nocapture"])
            .env(OWNED_DIRECTORY, directory)
            .stdout(Stdio::piped())
            .spawn();
        let mut owner = Self(child.unwrap());
        let lines = BufReader::new(owner.0.stdout.take().unwrap()).lines();
        let ready = lines.map(Result::unwrap).any(|line| line.ends_with("ready"));
        assert!(ready, "the owner ended before its cluster was ready");
        owner
    }

    fn kill(&mut self) {
        self.0.kill().unwrap();
        self.0.wait().unwrap();
    }
}

impl Drop for Owner {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn options(directory: &Path) -> ClusterOptions {
    ClusterOptions {
        binaries: Binaries::find(|name| std::env::var_os(name)).unwrap(),
        data_dir: directory.to_path_buf(),
        durability: Durability::FastForTests,
    }
}

async fn start(directory: &Path) -> Cluster {
    Cluster::start(options(directory)).await.unwrap()
}

async fn query(url: &str, sql: &str) -> Result<String, tokio_postgres::Error> {
    let (client, connection) = tokio_postgres::connect(url, tokio_postgres::NoTls).await?;
    let connection = tokio::spawn(connection);
    let rows = client.simple_query(sql).await?;
    drop(client);
    let _ = connection.await;
    let values = rows.iter().filter_map(|message| match message {
        tokio_postgres::SimpleQueryMessage::Row(row) => row.get(0).map(str::to_owned),
        _ => None,
    });
    Ok(values.collect::<Vec<_>>().join(","))
}

async fn until(what: &str, mut holds: impl AsyncFnMut() -> bool) {
    let polled = async {
        while !holds().await {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    assert!(tokio::time::timeout(BOUND, polled).await.is_ok(), "not within {BOUND:?}: {what}");
}

fn postmaster_of(directory: &Path) -> u32 {
    let file = fs::read_to_string(directory.join("postgres/postmaster.pid")).unwrap();
    file.lines().next().unwrap().parse().unwrap()
}

fn kill_9(pid: u32) {
    let pid = rustix::process::Pid::from_raw(i32::try_from(pid).unwrap()).unwrap();
    rustix::process::kill_process(pid, rustix::process::Signal::KILL).unwrap();
}

/// Neither gone nor waiting for a parent that reaps it.
fn is_running(pid: u32) -> bool {
    let ps = Command::new("ps").args(["-o", "stat=", "-p", &pid.to_string()]).output().unwrap();
    let state = String::from_utf8_lossy(&ps.stdout).trim().to_owned();
    !state.is_empty() && !state.starts_with('Z')
}

/// Not a test by itself: what [`Owner`] runs.
#[tokio::test]
async fn owner_in_another_process() {
    let Some(directory) = std::env::var_os(OWNED_DIRECTORY) else { return };
    let _cluster = start(Path::new(&directory)).await;
    println!("ready");
    std::future::pending::<()>().await;
}

#[tokio::test]
async fn an_empty_directory_becomes_a_database_that_answers() {
    let scratch = Scratch::new();
    let cluster = start(scratch.path()).await;
    let url = cluster.url("postgres");
    assert_eq!(query(&url, "SHOW server_encoding").await.unwrap(), "UTF8");
    assert_eq!(query(&url, "SHOW listen_addresses").await.unwrap(), "");
    assert_eq!(query(&url, "SHOW fsync").await.unwrap(), "off");
    assert_eq!(query(&url, "SHOW synchronous_commit").await.unwrap(), "on");
    let parameters = "?search_path=backend&sslmode=disable";
    assert_eq!(cluster.dsn("postgres"), format!("{url}{parameters}"));
    cluster.stop().await;
    assert!(query(&url, "SELECT 1").await.is_err());
}

#[tokio::test]
async fn a_durable_cluster_syncs_to_the_disk() {
    let scratch = Scratch::new();
    let durable = ClusterOptions { durability: Durability::Durable, ..options(scratch.path()) };
    let cluster = Cluster::start(durable).await.unwrap();
    let url = cluster.url("postgres");
    for setting in ["fsync", "full_page_writes", "synchronous_commit"] {
        assert_eq!(query(&url, &format!("SHOW {setting}")).await.unwrap(), "on", "{setting}");
    }
    cluster.stop().await;
}

#[tokio::test]
async fn data_survives_a_stop_and_a_start() {
    let scratch = Scratch::new();
    let cluster = start(scratch.path()).await;
    query(&cluster.url("postgres"), "CREATE TABLE kept AS SELECT 'word' AS it").await.unwrap();
    cluster.stop().await;

    let cluster = start(scratch.path()).await;
    assert_eq!(query(&cluster.url("postgres"), "SELECT it FROM kept").await.unwrap(), "word");
    cluster.stop().await;
}

#[tokio::test]
async fn a_killed_owner_takes_the_postmaster_with_it_and_the_next_takes_the_data_over() {
    let scratch = Scratch::new();
    let mut owner = Owner::of(scratch.path());
    let postmaster = postmaster_of(scratch.path());
    let host = scratch.path().canonicalize().unwrap().join("run").display().to_string();
    let url = format!("postgres://postgres@{}/postgres", host.replace('/', "%2F"));
    query(&url, "CREATE TABLE kept AS SELECT 'word' AS it").await.unwrap();

    owner.kill();
    until("the postmaster ends", async || !is_running(postmaster)).await;

    let cluster = start(scratch.path()).await;
    assert_eq!(query(&cluster.url("postgres"), "SELECT it FROM kept").await.unwrap(), "word");
    cluster.stop().await;
}

#[tokio::test]
async fn a_start_right_after_the_owner_was_killed_waits_for_the_old_postmaster() {
    let scratch = Scratch::new();
    let mut owner = Owner::of(scratch.path());
    let old = postmaster_of(scratch.path());
    owner.kill();
    let cluster = start(scratch.path()).await;
    assert_ne!(cluster.postmaster_pid(), Some(old));
    assert_eq!(query(&cluster.url("postgres"), "SELECT 1").await.unwrap(), "1");
    cluster.stop().await;
}

#[tokio::test]
async fn a_start_right_after_owner_and_postmaster_were_killed_recovers() {
    let scratch = Scratch::new();
    let mut owner = Owner::of(scratch.path());
    let old = postmaster_of(scratch.path());
    kill_9(old);
    owner.kill();
    let cluster = start(scratch.path()).await;
    assert_eq!(query(&cluster.url("postgres"), "SELECT 1").await.unwrap(), "1");
    cluster.stop().await;
}

#[tokio::test]
async fn a_killed_postmaster_is_noticed_and_comes_back_with_the_data() {
    let scratch = Scratch::new();
    let cluster = start(scratch.path()).await;
    let url = cluster.url("postgres");
    query(&url, "CREATE TABLE kept AS SELECT 'word' AS it").await.unwrap();
    for _ in 0..2 {
        let old = cluster.postmaster_pid().unwrap();
        kill_9(old);
        let is_new = |pid: Option<u32>| pid.is_some_and(|pid| pid != old);
        until("another postmaster", async || is_new(cluster.postmaster_pid())).await;
        assert_eq!(query(&url, "SELECT it FROM kept").await.unwrap(), "word");
    }
    cluster.stop().await;
}

#[tokio::test]
async fn a_stop_while_the_postmaster_is_being_started_again_leaves_none() {
    let scratch = Scratch::new();
    let cluster = start(scratch.path()).await;
    let url = cluster.url("postgres");
    kill_9(cluster.postmaster_pid().unwrap());
    until("it is noticed", async || cluster.postmaster_pid().is_none()).await;
    cluster.stop().await;
    assert!(query(&url, "SELECT 1").await.is_err());
    start(scratch.path()).await.stop().await;
}

#[tokio::test]
async fn an_interrupted_initdb_is_not_taken_for_a_cluster() {
    let scratch = Scratch::new();
    let unfinished = scratch.path().join("postgres.unfinished-1");
    fs::create_dir_all(&unfinished).unwrap();
    fs::write(unfinished.join("PG_VERSION"), "15\n").unwrap();
    let cluster = start(scratch.path()).await;
    assert_eq!(query(&cluster.url("postgres"), "SELECT 1").await.unwrap(), "1");
    assert!(!unfinished.exists());
    cluster.stop().await;
}

#[tokio::test]
async fn the_pid_of_a_stranger_in_the_pid_file_hinders_nobody_and_the_stranger_lives() {
    let scratch = Scratch::new();
    start(scratch.path()).await.stop().await;
    let mut stranger = Command::new("sleep").arg("60").spawn().unwrap();
    let file = scratch.path().join("postgres/postmaster.pid");
    fs::write(&file, format!("{}\n/nowhere\n0\n5432\n\n\n\nready\n", stranger.id())).unwrap();

    let cluster = start(scratch.path()).await;
    assert_eq!(query(&cluster.url("postgres"), "SELECT 1").await.unwrap(), "1");
    assert!(stranger.try_wait().unwrap().is_none(), "the stranger was ended");
    cluster.stop().await;
    stranger.kill().unwrap();
    stranger.wait().unwrap();
}

#[tokio::test]
async fn a_second_start_is_refused_and_names_the_first() {
    let scratch = Scratch::new();
    let owner = Owner::of(scratch.path());
    let error = Cluster::start(options(scratch.path())).await.unwrap_err();
    let Error::InUse { pid, .. } = &error else { panic!("{error}") };
    assert_eq!(*pid, owner.0.id().to_string());
}

#[tokio::test]
async fn a_cluster_of_an_unknown_version_is_a_clear_error() {
    let scratch = Scratch::new();
    start(scratch.path()).await.stop().await;
    fs::write(scratch.path().join("postgres/PG_VERSION"), "14\n").unwrap();
    let error = Cluster::start(options(scratch.path())).await.unwrap_err().to_string();
    assert!(error.contains("was made by PostgreSQL 14"), "{error}");
}

#[tokio::test]
async fn a_server_that_cannot_start_says_why() {
    let scratch = Scratch::new();
    start(scratch.path()).await.stop().await;
    fs::write(scratch.path().join("postgres/postgresql.auto.conf"), "no_such = 1\n").unwrap();
    let error = Cluster::start(options(scratch.path())).await.unwrap_err().to_string();
    assert!(error.contains("no_such"), "{error}");
}

#[tokio::test]
async fn a_data_directory_too_deep_for_a_socket_works() {
    let scratch = Scratch::new();
    let deep = scratch.path().join("a directory, deep/".repeat(8));
    let cluster = start(&deep).await;
    let url = cluster.url("postgres");
    assert_eq!(query(&url, "SELECT 1").await.unwrap(), "1");
    let sockets = query(&url, "SHOW unix_socket_directories").await.unwrap();
    cluster.stop().await;
    let _ = fs::remove_dir_all(sockets.trim_matches('"'));
}

#[tokio::test]
async fn a_directory_that_postgresql_may_not_enter_is_named() {
    use std::os::unix::fs::PermissionsExt;
    if !rustix::process::geteuid().is_root() {
        return; // Only root runs PostgreSQL as somebody else.
    }
    let scratch = Scratch::new();
    let closed = scratch.path().join("closed");
    fs::create_dir_all(&closed).unwrap();
    fs::set_permissions(&closed, fs::Permissions::from_mode(0o700)).unwrap();
    let error = Cluster::start(options(&closed.join("data"))).await.unwrap_err();
    let Error::Blocked { directory, .. } = &error else { panic!("{error}") };
    assert_eq!(*directory, closed.canonicalize().unwrap());
}
