//! From the start of the real binary to its end: a database that is not up yet or can't be used,
//! many processes at once, and the way down after SIGTERM.
//!
//! What a drain does to single connections is in `http`.

use std::net::SocketAddr;
use std::process::Stdio;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader, Lines};
use tokio::net::{TcpListener, TcpStream};
use tokio::process::{Child, ChildStderr, Command};

use crate::cli::program;
use crate::http::{Answer, Wire};
use crate::support::{Database, Opened, Proxy, eventually};

/// Longer than anything here may take, so that a test fails instead of hanging.
const BOUND: Duration = Duration::from_secs(20);

/// A process that serves, or tries to. It is killed with this value.
struct Serving {
    child: Child,
    log: Lines<BufReader<ChildStderr>>,
    /// All that was read of the log so far.
    said: String,
    addr: SocketAddr,
}

impl Serving {
    /// Starts it, and waits until it listens; it need not be ready.
    async fn start(dsn: &str, variables: &[(&str, &str)]) -> Self {
        let mut all = vec![("BACKEND_POSTGRES_DSN", dsn), ("BACKEND_HTTP_ADDR", "127.0.0.1:0")];
        all.extend(variables);
        let mut command = Command::from(program(&["serve"], &all));
        let mut child = command.stdout(Stdio::null()).kill_on_drop(true).spawn().unwrap();
        let log = BufReader::new(child.stderr.take().unwrap()).lines();
        let nowhere = SocketAddr::from(([127, 0, 0, 1], 1));
        let mut serving = Self { child, log, said: String::new(), addr: nowhere };
        let line = serving.logged("listening").await;
        let line: Value = serde_json::from_str(&line).unwrap();
        serving.addr = line["address"].as_str().unwrap().parse().unwrap();
        serving
    }

    /// Waits for a line of the log that contains `words`.
    async fn logged(&mut self, words: &str) -> String {
        loop {
            match bounded(words, self.log.next_line()).await.unwrap() {
                Some(line) => {
                    self.said = format!("{}{line}\n", self.said);
                    if line.contains(words) {
                        return line;
                    }
                }
                None => panic!("it ended without {words:?}, saying:\n{}", self.said),
            }
        }
    }

    async fn ready(&self) {
        eventually("it is ready", async || (self.readyz().await.status == 200).then_some(())).await;
    }

    async fn healthz(&self) -> Answer {
        get(self.addr, "/healthz").await
    }

    async fn readyz(&self) -> Answer {
        get(self.addr, "/readyz").await
    }

    async fn open(&self, subject: &str) -> Answer {
        open(self.addr, subject).await
    }

    fn terminate(&self) {
        let pid = i32::try_from(self.child.id().unwrap()).unwrap();
        let pid = rustix::process::Pid::from_raw(pid).unwrap();
        rustix::process::kill_process(pid, rustix::process::Signal::TERM).unwrap();
    }

    /// Waits for its end; gives its exit code and all that it said.
    async fn ended(mut self) -> (Option<i32>, String) {
        let rest = async {
            while let Some(line) = self.log.next_line().await.unwrap() {
                self.said = format!("{}{line}\n", self.said);
            }
            self.child.wait().await.unwrap()
        };
        let status = bounded("its end", rest).await;
        (status.code(), self.said)
    }
}

/// A call on a connection of its own, as from a balancer.
async fn call(addr: SocketAddr, line: &str, headers: &str, body: &str) -> Answer {
    let mut wire = Wire::connect(addr).await;
    let length = body.len();
    let head = format!("{line} HTTP/1.1\r\nHost: test\r\nContent-Length: {length}\r\n{headers}");
    wire.send(format!("{head}\r\n{body}")).await;
    wire.answer().await
}

async fn get(addr: SocketAddr, path: &str) -> Answer {
    call(addr, &format!("GET {path}"), "", "").await
}

async fn open(addr: SocketAddr, subject: &str) -> Answer {
    let identity = json!({"kind": "platform", "provider": "telegram", "subject": subject});
    let body = json!({ "identity": identity }).to_string();
    let headers = "Content-Type: application/json\r\n";
    call(addr, "POST /api/v1/internal/sessions", headers, &body).await
}

#[track_caller]
fn expect(answer: &Answer, status: u16) -> Value {
    assert_eq!(answer.status, status, "{answer:?}");
    answer.json()
}

async fn bounded<T>(what: &str, work: impl Future<Output = T>) -> T {
    tokio::time::timeout(BOUND, work)
        .await
        .unwrap_or_else(|_| panic!("not within {BOUND:?}: {what}"))
}

#[tokio::test]
async fn it_waits_for_a_database_that_is_not_up_and_then_gets_ready_by_itself() {
    let database = Database::empty().await;
    let mut door = Proxy::before(&database);
    let mut serving = Serving::start(&door.dsn(), &[]).await;
    serving.logged("waiting for the database").await;

    assert_eq!(expect(&serving.healthz().await, 200), json!({"status": "alive"}));
    let missing = json!({"status": "unready", "missing": ["database", "session_cache"]});
    assert_eq!(expect(&serving.readyz().await, 503), missing);
    let refused = serving.open("42").await;
    refused.problem(503, "starting");
    serving.logged("not ready: the database does not answer").await;
    assert_eq!(refused.header("retry-after"), Some("1"));

    door.open();
    serving.ready().await;
    assert_eq!(expect(&serving.readyz().await, 200), json!({"status": "ready"}));
    serving.logged("the database answers again").await;
    expect(&serving.open("42").await, 201);
    serving.terminate();
    let (code, said) = serving.ended().await;
    assert_eq!(code, Some(0), "{said}");
}

#[tokio::test]
async fn while_it_waits_for_its_database_it_can_be_ended() {
    let database = Database::empty().await;
    let door = Proxy::before(&database);
    let mut serving = Serving::start(&door.dsn(), &[]).await;
    serving.logged("waiting for the database").await;
    serving.terminate();
    let (code, said) = serving.ended().await;
    assert_eq!(code, Some(0), "{said}");
}

#[tokio::test]
async fn a_connection_that_is_lost_while_it_migrates_is_waited_out() {
    let database = Database::migrated().await;
    let client = database.connect().await;
    let lock = database.connect().await;
    lock.batch_execute("begin; lock table refinery_schema_history").await.unwrap();
    let mut serving = Serving::start(&database.dsn(), &[]).await;
    let terminate = "select count(pg_terminate_backend(pid)) from pg_stat_activity \
                     where datname = current_database() and wait_event_type = 'Lock'";
    eventually("it is cut off in the middle", async || {
        let count: i64 = client.query_one(terminate, &[]).await.unwrap().get(0);
        (count == 1).then_some(())
    })
    .await;
    serving.logged("waiting for the database").await;
    drop(lock);
    serving.ready().await;
}

#[tokio::test]
async fn a_wrong_password_ends_the_start_with_a_clear_message() {
    // A server that asks for a password, and does not like it.
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let addr = listener.local_addr().unwrap();
    let server = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let length = stream.read_i32().await.unwrap();
        let mut startup = vec![0; usize::try_from(length).unwrap() - 4];
        stream.read_exact(&mut startup).await.unwrap();
        // AuthenticationCleartextPassword.
        stream.write_all(b"R\0\0\0\x08\0\0\0\x03").await.unwrap();
        assert_eq!(stream.read_u8().await.unwrap(), b'p');
        let length = stream.read_i32().await.unwrap();
        let mut password = vec![0; usize::try_from(length).unwrap() - 4];
        stream.read_exact(&mut password).await.unwrap();
        assert_eq!(password, b"hunter2\0");
        let fields =
            b"SFATAL\0VFATAL\0C28P01\0Mpassword authentication failed for user \"ann\"\0\0";
        let length = i32::try_from(fields.len() + 4).unwrap();
        stream.write_u8(b'E').await.unwrap();
        stream.write_i32(length).await.unwrap();
        stream.write_all(fields).await.unwrap();
    });
    let dsn = format!("postgres://ann:hunter2@{addr}/scrabble?search_path=backend&sslmode=disable");
    let (code, said) = Serving::start(&dsn, &[]).await.ended().await;
    bounded("the server", server).await.unwrap();
    assert_eq!(code, Some(1), "{said}");
    let last = said.lines().last().unwrap();
    assert!(last.starts_with("scrabble-backend: "), "{said}");
    assert!(last.contains("password authentication failed for user \"ann\""), "{said}");
    assert!(!said.contains("hunter2"), "{said}");
}

#[tokio::test]
async fn a_database_that_does_not_exist_ends_the_start_with_a_clear_message() {
    let database = Database::empty().await;
    let dsn = database.dsn().replace('?', "_of_nobody?");
    let (code, said) = Serving::start(&dsn, &[]).await.ended().await;
    assert_eq!(code, Some(1), "{said}");
    assert!(said.lines().last().unwrap().contains("_of_nobody\" does not exist"), "{said}");
}

#[tokio::test]
async fn eight_processes_that_boot_at_once_on_an_empty_database_all_come_up() {
    let database = Database::empty().await;
    let dsn = database.dsn();
    let starts = (0..8).map(|_| Serving::start(&dsn, &[]));
    let all = futures_util::future::join_all(starts).await;
    for serving in &all {
        serving.ready().await;
    }
    let client = database.connect().await;
    let sql =
        "select count(*) = count(distinct version) and count(*) > 0 from refinery_schema_history";
    assert!(client.query_one(sql, &[]).await.unwrap().get::<_, bool>(0));
    // A session that one opens, another resolves.
    let opened = Opened::new(&expect(&all[0].open("42").await, 201));
    for serving in &all {
        let headers = format!("Authorization: Bearer {}\r\n", opened.token);
        let line = "GET /api/v1/internal/sessions/resolve";
        expect(&call(serving.addr, line, &headers, "").await, 200);
    }
    for serving in all {
        serving.terminate();
        let (code, said) = serving.ended().await;
        assert_eq!(code, Some(0), "{said}");
    }
}

#[tokio::test]
async fn after_sigterm_it_is_unready_for_the_delay_and_still_serves() {
    let database = Database::migrated().await;
    let delay = Duration::from_secs(2);
    let serving = Serving::start(&database.dsn(), &[("BACKEND_SHUTDOWN_DELAY", "2s")]).await;
    serving.ready().await;
    let told = Instant::now();
    serving.terminate();
    let draining = json!({"status": "draining"});
    eventually("it is unready", async || (serving.readyz().await.json() == draining).then_some(()))
        .await;
    assert_eq!(serving.readyz().await.status, 503);
    expect(&serving.healthz().await, 200);
    expect(&serving.open("42").await, 201);
    let (code, said) = serving.ended().await;
    assert_eq!(code, Some(0), "{said}");
    assert!(told.elapsed() >= delay, "{:?}", told.elapsed());
}

#[tokio::test]
async fn sigterm_lets_requests_in_flight_finish() {
    let database = Database::migrated().await;
    let serving = Serving::start(&database.dsn(), &[]).await;
    serving.ready().await;
    let account_id = Opened::new(&serving.open("42").await.json()).account_id;
    let (lock, watch) = (database.connect().await, database.connect().await);
    lock.batch_execute("begin; lock table account").await.unwrap();
    let requests: Vec<_> = (0..5)
        .map(|_| {
            let (addr, path) = (serving.addr, format!("/api/v1/internal/accounts/{account_id}"));
            tokio::spawn(async move { get(addr, &path).await })
        })
        .collect();
    let waiting = "select count(*) from pg_stat_activity \
                   where datname = current_database() and wait_event_type = 'Lock'";
    eventually("all are in flight", async || {
        let count: i64 = watch.query_one(waiting, &[]).await.unwrap().get(0);
        (count == 5).then_some(())
    })
    .await;
    serving.terminate();
    let addr = serving.addr;
    eventually("no more are taken", async || TcpStream::connect(addr).await.err()).await;
    drop(lock);
    for request in requests {
        expect(&bounded("an answer", request).await.unwrap(), 200);
    }
    let (code, said) = serving.ended().await;
    assert_eq!(code, Some(0), "{said}");
    assert!(!said.contains("cut off"), "{said}");
}

#[tokio::test]
async fn an_interrupt_ends_it_as_well_as_a_termination() {
    let database = Database::migrated().await;
    let serving = Serving::start(&database.dsn(), &[]).await;
    serving.ready().await;
    let pid = i32::try_from(serving.child.id().unwrap()).unwrap();
    let pid = rustix::process::Pid::from_raw(pid).unwrap();
    rustix::process::kill_process(pid, rustix::process::Signal::INT).unwrap();
    let (code, said) = serving.ended().await;
    assert_eq!(code, Some(0), "{said}");
}
