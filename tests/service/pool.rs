//! The pool of connections over a real database: its four settings, and what becomes of connections
//! that are lost, stuck or left in the middle.
//!
//! Looks at the server from a connection of its own, beside the pool. Knows no feature.

use std::time::{Duration, Instant};

use futures_util::FutureExt;
use postgres_types::Type;
use scrabble_backend::config::{Dsn, PostgresConfig};
use scrabble_backend::postgres::{Connection, Connector, Error, Pool, Query};
use scrabble_backend::telemetry::Chain;
use tokio::net::TcpListener;
use tokio_postgres::Client;

use crate::support::{self, TestApp};

/// Longer than anything here may take, so that a test fails instead of hanging.
const BOUND: Duration = Duration::from_secs(10);

/// The operation timeout where a test does not wait for it.
const PATIENT: Duration = Duration::from_secs(5);
/// And where it does: as short as a busy machine can still connect in.
const BRIEF: Duration = Duration::from_secs(1);

const PID: Query =
    Query { name: "PID", sql: "select pg_backend_pid()", parameters: &[], columns: &[Type::INT4] };
const COUNT: Query = Query {
    name: "COUNT",
    sql: "select count(*) from thing",
    parameters: &[],
    columns: &[Type::INT8],
};
const INSERT: Query = Query {
    name: "INSERT",
    sql: "insert into thing values ($1)",
    parameters: &[Type::INT4],
    columns: &[],
};
const SLEEP: Query = Query {
    name: "SLEEP",
    sql: "select 1 from pg_sleep(3600)",
    parameters: &[],
    columns: &[Type::INT4],
};
const FOR_EVER: Query =
    Query { name: "FOR_EVER", sql: "set statement_timeout = 0", parameters: &[], columns: &[] };
const PREPARED: Query = Query {
    name: "PREPARED",
    sql: "select statement, count(*) from pg_prepared_statements group by statement",
    parameters: &[],
    columns: &[Type::TEXT, Type::INT8],
};

/// A database with an empty table `thing`, seen from beside the pool.
struct Database {
    database: support::Database,
    dsn: String,
    beside: Client,
}

impl Database {
    async fn new() -> Self {
        let database = support::Database::empty().await;
        let beside = database.connect().await;
        let schema = "create schema backend; create table thing (number integer primary key)";
        beside.batch_execute(schema).await.unwrap();
        Self { dsn: database.dsn(), database, beside }
    }

    fn pool(&self, open_max: usize, operation_timeout: Duration) -> Pool {
        self.pool_with(PostgresConfig {
            dsn: Dsn::parse(&self.dsn).unwrap(),
            connections_open_max: open_max,
            connections_idle_max: open_max,
            connection_lifetime_max: Duration::from_secs(3600),
            operation_timeout,
        })
    }

    fn pool_with(&self, config: PostgresConfig) -> Pool {
        Pool::new(Connector::new(&config.dsn, config.operation_timeout).unwrap(), &config)
    }

    /// How many connections the pool has, as the server sees it.
    async fn backends(&self) -> i64 {
        self.count("true").await
    }

    /// How many connections of the pool are as `condition` says.
    async fn count(&self, condition: &str) -> i64 {
        let sql = format!(
            "select count(*) from pg_stat_activity where datname = current_database() \
             and application_name = 'scrabble-backend' and {condition}"
        );
        self.beside.query_one(&sql, &[]).await.unwrap().get(0)
    }

    async fn is_there(&self, pid: i32) -> bool {
        self.count(&format!("pid = {pid}")).await > 0
    }

    /// Has the server end or interrupt a connection.
    async fn signal(&self, function: &str, pid: i32) {
        let sql = format!("select {function}({pid})");
        assert!(self.beside.query_one(&sql, &[]).await.unwrap().get::<_, bool>(0));
    }

    /// Waits until a connection of the pool waits for a lock, and gives its pid.
    async fn waiting_for_lock(&self) -> i32 {
        let sql = "select pid from pg_stat_activity where datname = current_database() \
                   and application_name = 'scrabble-backend' and wait_event_type = 'Lock'";
        support::eventually("a statement waits for a lock", async || {
            let rows = self.beside.query(sql, &[]).await.unwrap();
            (rows.len() == 1).then(|| rows[0].get(0))
        })
        .await
    }

    /// Locks the table for as long as the result is kept.
    async fn lock_table(&self) -> Client {
        // Not from beside: in a transaction, the view of the others' activity stands still.
        let holder = self.database.connect().await;
        holder.batch_execute("begin; lock table thing").await.unwrap();
        holder
    }
}

async fn pid(connection: &Connection) -> i32 {
    connection.query(&PID, &[]).await.unwrap()[0].get(0)
}

async fn bounded<T>(what: &str, work: impl Future<Output = T>) -> T {
    tokio::time::timeout(BOUND, work)
        .await
        .unwrap_or_else(|_| panic!("not within {BOUND:?}: {what}"))
}

async fn until(what: &str, mut holds: impl AsyncFnMut() -> bool) {
    bounded(what, async {
        while !holds().await {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    })
    .await;
}

#[track_caller]
fn assert_took(took: Duration, limit: Duration) {
    assert!(took >= limit - Duration::from_millis(5), "too early: {took:?} of {limit:?}");
    assert!(took < limit + Duration::from_secs(3), "too late: {took:?} of {limit:?}");
}

/// Asks the database anything.
async fn ping(pool: &Pool) -> Result<(), Error> {
    pool.get().await?.query(&PID, &[]).await.map(drop)
}

#[track_caller]
fn assert_unavailable<T>(outcome: Result<T, Error>) {
    match outcome {
        Ok(_) => panic!("it succeeded"),
        Err(error) => assert!(matches!(error, Error::Unavailable(_)), "{error:?}"),
    }
}

#[tokio::test]
async fn one_caller_more_than_connections_waits_and_gets_the_next_that_is_returned() {
    let database = Database::new().await;
    let pool = database.pool(2, PATIENT);
    let (first, second) = (pool.get().await.unwrap(), pool.get().await.unwrap());
    let first_pid = pid(&first).await;
    assert_ne!(first_pid, pid(&second).await);
    let third = tokio::spawn({
        let pool = pool.clone();
        async move { pid(&pool.get().await.unwrap()).await }
    });
    until("the third waits", async || pool.status().waiting == 1).await;
    assert_eq!((pool.status().used, pool.status().open_max), (2, 2));
    assert!(!third.is_finished());
    drop(first);
    assert_eq!(bounded("the third", third).await.unwrap(), first_pid);
    assert_eq!(database.backends().await, 2);
}

#[tokio::test]
async fn waiting_for_a_connection_ends_at_the_operation_timeout() {
    let database = Database::new().await;
    let pool = database.pool(1, BRIEF);
    let only = pool.get().await.unwrap();
    let began = Instant::now();
    assert_unavailable(pool.get().await);
    assert_took(began.elapsed(), BRIEF);
    assert_eq!(pool.status().waiting, 0, "whoever gave up waits no more");
    drop(only);
    ping(&pool).await.unwrap();
}

#[tokio::test]
async fn many_callers_share_few_connections_and_all_are_served() {
    let database = Database::new().await;
    let pool = database.pool(3, PATIENT);
    let callers: Vec<_> = (0..100)
        .map(|number: i32| {
            let pool = pool.clone();
            tokio::spawn(async move {
                pool.get().await.unwrap().execute(&INSERT, &[&number]).await.unwrap()
            })
        })
        .collect();
    for caller in callers {
        assert_eq!(bounded("a caller", caller).await.unwrap(), 1);
    }
    assert!(database.backends().await <= 3);
    assert_eq!(pool.read(&COUNT, &[]).await.unwrap()[0].get::<_, i64>(0), 100);
}

#[tokio::test]
async fn connections_that_lie_idle_are_trimmed_to_the_idle_limit() {
    let database = Database::new().await;
    for idle_max in [2, 0] {
        let pool = database.pool_with(PostgresConfig {
            dsn: Dsn::parse(&database.dsn).unwrap(),
            connections_open_max: 6,
            connections_idle_max: idle_max,
            connection_lifetime_max: Duration::from_secs(3600),
            operation_timeout: PATIENT,
        });
        let mut lent = Vec::new();
        for _ in 0..6 {
            lent.push(pool.get().await.unwrap());
        }
        let kept = pid(&lent[5]).await;
        let trimming = tokio::spawn(pool.clone().trim());
        assert_eq!(database.backends().await, 6);
        lent.drain(..5);
        // One is in use, so it is no idle one, whatever the limit.
        let left = i64::try_from(idle_max).unwrap() + 1;
        until("the idle are closed", async || database.backends().await == left).await;
        assert_eq!((pool.status().idle, pool.status().used), (idle_max, 1));
        assert_eq!(pid(&lent[0]).await, kept);
        trimming.abort();
        pool.close();
        drop(lent);
        until("all are closed", async || database.backends().await == 0).await;
    }
}

#[tokio::test]
async fn no_connection_is_lent_past_its_lifetime_however_busy_it_is() {
    let database = Database::new().await;
    let lifetime = Duration::from_millis(300);
    let pool = database.pool_with(PostgresConfig {
        dsn: Dsn::parse(&database.dsn).unwrap(),
        connections_open_max: 1,
        connections_idle_max: 1,
        connection_lifetime_max: lifetime,
        operation_timeout: PATIENT,
    });
    let began = Instant::now();
    let first = pid(&pool.get().await.unwrap()).await;
    until("another connection is lent", async || pid(&pool.get().await.unwrap()).await != first)
        .await;
    assert_took(began.elapsed(), lifetime);
    until("the old one is closed", async || !database.is_there(first).await).await;
}

#[tokio::test]
async fn an_unused_connection_is_closed_at_the_end_of_its_lifetime() {
    let database = Database::new().await;
    let lifetime = Duration::from_secs(1);
    let pool = database.pool_with(PostgresConfig {
        dsn: Dsn::parse(&database.dsn).unwrap(),
        connections_open_max: 5,
        connections_idle_max: 5,
        connection_lifetime_max: lifetime,
        operation_timeout: PATIENT,
    });
    let began = Instant::now();
    ping(&pool).await.unwrap();
    let trimming = tokio::spawn(pool.clone().trim());
    assert_eq!(database.backends().await, 1);
    until("it is closed", async || database.backends().await == 0).await;
    // It is looked at once a second.
    assert!(began.elapsed() >= lifetime);
    assert!(began.elapsed() < lifetime * 4, "{:?}", began.elapsed());
    assert_eq!(pool.status().idle, 0);
    trimming.abort();
}

#[tokio::test]
async fn a_terminated_connection_is_replaced_and_a_read_does_not_notice() {
    let database = Database::new().await;
    let pool = database.pool(1, PATIENT);
    for _ in 0..20 {
        let before = pid(&pool.get().await.unwrap()).await;
        database.signal("pg_terminate_backend", before).await;
        let after: i32 = pool.read_opt(&PID, &[]).await.unwrap().unwrap().get(0);
        assert_ne!(before, after);
    }
}

#[tokio::test]
async fn a_read_whose_connection_is_lost_in_the_middle_is_repeated_on_another() {
    let database = Database::new().await;
    database.beside.batch_execute("insert into thing values (1)").await.unwrap();
    // With one connection there is no other to be had before the lost one is given back.
    let pool = database.pool(1, PATIENT);
    let lock = database.lock_table().await;
    let reading = tokio::spawn({
        let pool = pool.clone();
        async move { pool.read(&COUNT, &[]).await }
    });
    let lost = database.waiting_for_lock().await;
    database.signal("pg_terminate_backend", lost).await;
    until("the read is repeated", async || database.waiting_for_lock().await != lost).await;
    drop(lock);
    let rows = bounded("the read", reading).await.unwrap().unwrap();
    assert_eq!(rows[0].get::<_, i64>(0), 1);
}

#[tokio::test]
async fn what_is_no_read_is_not_repeated_when_its_connection_is_lost() {
    let database = Database::new().await;
    let pool = database.pool(1, PATIENT);
    let lock = database.lock_table().await;
    let writing = tokio::spawn({
        let pool = pool.clone();
        async move { pool.get().await.unwrap().execute(&INSERT, &[&1]).await }
    });
    let lost = database.waiting_for_lock().await;
    database.signal("pg_terminate_backend", lost).await;
    assert_unavailable(bounded("the write", writing).await.unwrap());
    drop(lock);
    assert_eq!(pool.read(&COUNT, &[]).await.unwrap()[0].get::<_, i64>(0), 0);
}

#[tokio::test]
async fn a_read_that_the_server_cancels_is_not_repeated() {
    let database = Database::new().await;
    let pool = database.pool(1, PATIENT);
    let lock = database.lock_table().await;
    let reading = tokio::spawn({
        let pool = pool.clone();
        async move { pool.read(&COUNT, &[]).await }
    });
    let waiting = database.waiting_for_lock().await;
    let began = Instant::now();
    database.signal("pg_cancel_backend", waiting).await;
    // Repeated, it would wait for the lock again, up to the operation timeout.
    assert_unavailable(bounded("the read", reading).await.unwrap());
    assert!(began.elapsed() < PATIENT / 2, "{:?}", began.elapsed());
    assert_eq!(pid(&pool.get().await.unwrap()).await, waiting, "the connection is as good as new");
    drop(lock);
}

#[tokio::test]
async fn a_statement_that_hangs_ends_at_the_operation_timeout_here_and_on_the_server() {
    let database = Database::new().await;
    let pool = database.pool(1, BRIEF);
    let began = Instant::now();
    assert_unavailable(pool.read(&SLEEP, &[]).await);
    assert_took(began.elapsed(), BRIEF);
    until("the server has ended it", async || database.count("wait_event = 'PgSleep'").await == 0)
        .await;
    assert_took(began.elapsed(), BRIEF);
    until("the pool is of use again", async || ping(&pool).await.is_ok()).await;
}

#[tokio::test]
async fn a_connection_whose_statement_did_not_end_is_not_lent_again() {
    let database = Database::new().await;
    let pool = database.pool(1, BRIEF);
    let connection = pool.get().await.unwrap();
    let stuck = pid(&connection).await;
    // So that it is us who give up, and not the server.
    connection.execute(&FOR_EVER, &[]).await.unwrap();
    let began = Instant::now();
    assert_unavailable(connection.query(&SLEEP, &[]).await);
    assert_took(began.elapsed(), BRIEF);
    drop(connection);
    assert_ne!(pid(&pool.get().await.unwrap()).await, stuck);
    // It does not take up a place in the pool, though the server has not noticed yet.
    assert_eq!((pool.status().idle, pool.status().used), (1, 0));
    database.signal("pg_terminate_backend", stuck).await;
}

#[tokio::test]
async fn a_caller_that_goes_away_does_not_leave_its_statement_to_the_next() {
    let database = Database::new().await;
    let pool = database.pool(1, PATIENT);
    let hanging = tokio::spawn({
        let pool = pool.clone();
        async move { pool.read(&SLEEP, &[]).await.map(drop) }
    });
    until("it hangs", async || database.count("wait_event = 'PgSleep'").await == 1).await;
    let began = Instant::now();
    hanging.abort();
    assert!(bounded("the abort", hanging).await.unwrap_err().is_cancelled());
    // Behind that statement it would wait up to the operation timeout.
    ping(&pool).await.unwrap();
    assert!(began.elapsed() < PATIENT / 2, "{:?}", began.elapsed());
}

#[tokio::test]
async fn a_transaction_that_is_dropped_is_rolled_back_before_the_next_statement() {
    let database = Database::new().await;
    let pool = database.pool(1, PATIENT);
    let mut connection = pool.get().await.unwrap();
    let first = pid(&connection).await;
    let transaction = connection.begin().await.unwrap();
    transaction.execute(&INSERT, &[&1]).await.unwrap();
    drop(transaction);
    // On the connection itself, and for whoever borrows it next.
    assert_eq!(connection.query(&COUNT, &[]).await.unwrap()[0].get::<_, i64>(0), 0);
    let transaction = connection.begin().await.unwrap();
    transaction.execute(&INSERT, &[&2]).await.unwrap();
    drop(transaction);
    drop(connection);
    let next = pool.get().await.unwrap();
    assert_eq!(next.query(&COUNT, &[]).await.unwrap()[0].get::<_, i64>(0), 0);
    assert_eq!(next.execute(&INSERT, &[&3]).await.unwrap(), 1);
    assert_eq!(pid(&next).await, first, "it is the same connection, lent again");
    let seen = database.beside.query_one(COUNT.sql, &[]).await.unwrap();
    assert_eq!(seen.get::<_, i64>(0), 1, "the next borrower's write is outside any transaction");
}

#[tokio::test]
async fn a_transaction_that_failed_or_was_cut_off_while_it_began_leaves_nothing_behind() {
    let database = Database::new().await;
    let pool = database.pool(1, PATIENT);
    let mut connection = pool.get().await.unwrap();
    let transaction = connection.begin().await.unwrap();
    transaction.execute(&INSERT, &[&1]).await.unwrap();
    let twice = transaction.execute(&INSERT, &[&1]).await.unwrap_err();
    assert!(matches!(&twice, Error::Constraint { name, .. } if name == "thing_pkey"), "{twice:?}");
    drop(transaction);
    assert_eq!(connection.execute(&INSERT, &[&1]).await.unwrap(), 1);

    // The caller goes away when "begin" is sent and not yet answered.
    assert!(connection.begin().now_or_never().is_none());
    drop(connection);
    assert_eq!(pool.get().await.unwrap().execute(&INSERT, &[&2]).await.unwrap(), 1);
    let seen = database.beside.query_one(COUNT.sql, &[]).await.unwrap();
    assert_eq!(seen.get::<_, i64>(0), 2, "the next borrower's write is outside any transaction");
}

#[tokio::test]
async fn a_committed_transaction_is_seen_by_all() {
    let database = Database::new().await;
    let pool = database.pool(2, PATIENT);
    let mut connection = pool.get().await.unwrap();
    let transaction = connection.begin().await.unwrap();
    transaction.execute(&INSERT, &[&1]).await.unwrap();
    assert_eq!(pool.read(&COUNT, &[]).await.unwrap()[0].get::<_, i64>(0), 0, "not before");
    transaction.commit().await.unwrap();
    assert_eq!(pool.read(&COUNT, &[]).await.unwrap()[0].get::<_, i64>(0), 1);
}

#[tokio::test]
async fn a_transaction_left_idle_is_ended_by_the_server_and_holds_no_lock() {
    let database = Database::new().await;
    let pool = database.pool(1, BRIEF);
    let mut connection = pool.get().await.unwrap();
    let transaction = connection.begin().await.unwrap();
    transaction.execute(&INSERT, &[&1]).await.unwrap();
    until("the server has ended it", async || database.backends().await == 0).await;
    assert_unavailable(transaction.commit().await);
    drop(connection);
    assert_eq!(pool.read(&COUNT, &[]).await.unwrap()[0].get::<_, i64>(0), 0);
}

#[tokio::test]
async fn a_statement_is_prepared_once_a_connection() {
    let database = Database::new().await;
    let pool = database.pool(1, PATIENT);
    for number in 0..5 {
        pool.get().await.unwrap().execute(&INSERT, &[&number]).await.unwrap();
        pool.read(&COUNT, &[]).await.unwrap();
    }
    let prepared = pool.read(&PREPARED, &[]).await.unwrap();
    let prepared: Vec<(String, i64)> =
        prepared.iter().map(|row| (row.get(0), row.get(1))).collect();
    for query in [&INSERT, &COUNT] {
        assert!(prepared.contains(&(query.sql.to_owned(), 1)), "{prepared:?}");
    }
}

#[tokio::test]
async fn a_closed_pool_lends_nothing() {
    let database = Database::new().await;
    let pool = database.pool(1, PATIENT);
    ping(&pool).await.unwrap();
    pool.close();
    assert_unavailable(pool.get().await);
    until("its connections are closed", async || database.backends().await == 0).await;
}

#[tokio::test]
async fn a_server_that_refuses_is_told_at_once_and_one_that_is_mute_at_the_timeout() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let dsn = format!("postgres://u@127.0.0.1:{port}/d?search_path=backend&sslmode=disable");
    let config = PostgresConfig {
        dsn: Dsn::parse(&dsn).unwrap(),
        connections_open_max: 1,
        connections_idle_max: 1,
        connection_lifetime_max: Duration::from_secs(3600),
        operation_timeout: BRIEF,
    };
    let pool = Pool::new(Connector::new(&config.dsn, BRIEF).unwrap(), &config);
    // The kernel accepts; nobody answers.
    let began = Instant::now();
    let error = ping(&pool).await.unwrap_err();
    assert!(began.elapsed() < BRIEF * 2, "{:?}", began.elapsed());
    let told = Chain(&error).to_string();
    assert!(told.contains(&format!("127.0.0.1:{port}: no answer within")), "{told}");
    drop(listener);
    let began = Instant::now();
    assert_unavailable(ping(&pool).await);
    assert!(began.elapsed() < BRIEF, "{:?}", began.elapsed());
}

#[tokio::test]
async fn a_service_whose_connections_are_all_at_work_is_ready() {
    let app = TestApp::with().set("BACKEND_POSTGRES_MAX_OPEN_CONNS", "1").start().await;
    let account_id = app.opened("42").await.account_id;
    let lock = app.database.connect().await;
    lock.batch_execute("begin; lock table account").await.unwrap();
    let busy = app.client.get("/api/v1/user/account").user(&account_id).send();
    let ready = async {
        let waits = "select count(*) from pg_stat_activity \
                     where datname = current_database() and wait_event_type = 'Lock'";
        support::eventually("the only connection is at work", async || {
            let count: i64 = lock.query_one(waits, &[]).await.unwrap().get(0);
            (count == 1).then_some(())
        })
        .await;
        // As many as come at once share a question.
        let ask = || app.client.get("/readyz").send();
        let answers = tokio::join!(ask(), ask(), ask());
        for answer in [answers.0, answers.1, answers.2] {
            answer.expect(200);
        }
        lock.batch_execute("rollback").await.unwrap();
    };
    let (answer, ()) = tokio::join!(busy, ready);
    answer.expect(200);
}

#[tokio::test]
async fn while_the_database_hangs_every_request_is_answered_in_time() {
    let app = TestApp::with()
        .set("BACKEND_POSTGRES_MAX_OPEN_CONNS", "2")
        .set("BACKEND_POSTGRES_OPERATION_TIMEOUT", "1s")
        .start()
        .await;
    let account_id = app.opened("42").await.account_id;
    let read = || app.client.get("/api/v1/user/account").user(&account_id).send();
    read().await.expect(200);
    let lock = app.database.connect().await;
    lock.batch_execute("begin; lock table account").await.unwrap();
    let began = Instant::now();
    // Two hang in their statement, and two wait for a connection.
    let answers = tokio::join!(read(), read(), read(), read());
    for answer in [answers.0, answers.1, answers.2, answers.3] {
        answer.expect_problem(503, "database_unavailable");
        assert_eq!(answer.header("retry-after"), Some("1"));
    }
    // Who got a connection at the last moment has a whole timeout for the statement again.
    assert!(began.elapsed() >= BRIEF && began.elapsed() < BRIEF * 5, "{:?}", began.elapsed());
    drop(lock);
    support::eventually("the database is asked again", async || {
        (read().await.status == 200).then_some(())
    })
    .await;
}
