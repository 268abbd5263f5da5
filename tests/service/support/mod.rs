//! What the tests stand on: one PostgreSQL a run, one database a test, the app in it, typed calls.

mod app;
mod client;
pub(crate) mod contract;
mod event_stream;
mod ledger;
mod mail_server;
mod own_postgres;
mod process;
mod proxy;
mod server;
mod table;
mod waiting;

pub(crate) use app::{Opened, TestApp, TestAppBuilder};
pub(crate) use client::{Answer, Call, Client};
pub(crate) use event_stream::{Block, EVENTS, Event, EventStream};
pub(crate) use ledger::Ledger;
pub(crate) use mail_server::{At, MailServer, Reply, Tls};
pub(crate) use own_postgres::OwnPostgres;
pub(crate) use process::Process;
pub(crate) use proxy::Proxy;
pub(crate) use server::{Database, config};
pub(crate) use table::{Table, best_play, terms};

use std::time::{Duration, Instant};

/// How long a test waits for what must come. Far more than it takes; only a failing test gets there.
const PATIENCE: Duration = Duration::from_secs(20);

/// Asks again and again until the answer is there.
///
/// # Panics
/// When it does not come.
pub(crate) async fn eventually<T, F: Future<Output = Option<T>>>(
    what: &str,
    mut ask: impl FnMut() -> F,
) -> T {
    let deadline = Instant::now() + PATIENCE;
    loop {
        if let Some(answer) = ask().await {
            return answer;
        }
        assert!(Instant::now() < deadline, "{what}: not within {PATIENCE:?}");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}
