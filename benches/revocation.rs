//! How soon a session that one replica has revoked is over at another.
//!
//! This program runs itself twice more, as two replicas of the service with everything on (exporters
//! `none`), one worker thread each, on one PostgreSQL that syncs to the disk. It closes sessions at one
//! replica and shows their tokens to the other until that refuses them. `benches/README.md` has the
//! figures.

#![expect(clippy::print_stdout, reason = "the figures are what this program is for")]

#[path = "support/database.rs"]
mod database;
#[path = "support/figures.rs"]
mod figures;
#[path = "support/process.rs"]
mod process;

use std::net::SocketAddr;
use std::time::Duration;

use bytes::Bytes;
use database::Database;
use figures::quantile;
use http_body_util::{BodyExt, Full};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use process::{Process, on_one_worker};
use scrabble_backend::dev::Durability;
use tokio::task::JoinSet;
use tokio::time::Instant;

const REVOCATIONS: usize = 1_000;
/// When the bench gives up.
const BOUND: Duration = Duration::from_secs(30);
/// Who open and close sessions at both replicas meanwhile, one after the other.
const CALLERS: usize = 16;

/// A replica, to be called.
#[derive(Clone)]
struct Replica {
    client: Client<HttpConnector, Full<Bytes>>,
    addr: SocketAddr,
}

fn main() {
    let role = std::env::args().nth(1).unwrap_or_default();
    match role.as_str() {
        "service" => on_one_worker(process::serve_app(database::config_of_parent())),
        _ => on_one_worker(measure()),
    }
}

async fn measure() {
    let database = Database::start(Durability::Durable).await;
    let this = std::env::current_exe().expect("this program has a path");
    let processes = [(); 2].map(|()| Process::start(&this, "service", &[database.for_child()]));
    let [one, other] = [&processes[0], &processes[1]].map(|process| Replica::at(process.addr));
    println!("ms until it is over at the other replica   p50    p90    p99    max");
    print_figures("alone", &revocations(&one, &other).await);
    let mut callers = JoinSet::new();
    for caller in 0..CALLERS {
        callers.spawn([one.clone(), other.clone()][caller % 2].clone().open_and_close(caller));
    }
    print_figures("while 16 callers open and close sessions", &revocations(&one, &other).await);
    callers.shutdown().await;
    drop(processes);
    database.stop().await;
}

/// One after the other: how long each took, in milliseconds, since it was asked for and since it was
/// acknowledged.
async fn revocations(one: &Replica, other: &Replica) -> [Vec<f64>; 2] {
    let (mut asked_ms, mut acknowledged_ms) = (Vec::new(), Vec::new());
    for number in 0..REVOCATIONS {
        let token = one.open(&format!("measured-{}", number % 100)).await;
        assert_eq!(other.resolve(&token).await, 200, "it is known there");
        let asked = Instant::now();
        one.close(&token).await;
        let acknowledged = Instant::now();
        let over = async { while other.resolve(&token).await != 401 {} };
        tokio::time::timeout(BOUND, over).await.expect("it is over at some time");
        asked_ms.push(asked.elapsed().as_secs_f64() * 1e3);
        acknowledged_ms.push(acknowledged.elapsed().as_secs_f64() * 1e3);
    }
    [asked_ms, acknowledged_ms]
}

fn print_figures(what: &str, [asked_ms, acknowledged_ms]: &[Vec<f64>; 2]) {
    println!("{what}");
    for (since, values) in [("was asked for", asked_ms), ("was acknowledged", acknowledged_ms)] {
        let part = |part| quantile(values, part);
        println!(
            "  since it {since:24} {:10.2} {:6.2} {:6.2} {:6.2}",
            part(0.5),
            part(0.9),
            part(0.99),
            part(1.0)
        );
    }
}

impl Replica {
    fn at(addr: SocketAddr) -> Self {
        Self { client: Client::builder(TokioExecutor::new()).build_http(), addr }
    }

    async fn open_and_close(self, caller: usize) {
        loop {
            let token = self.open(&format!("load-{caller}")).await;
            self.close(&token).await;
        }
    }

    /// Opens a session; gives its token.
    async fn open(&self, subject: &str) -> String {
        let identity =
            serde_json::json!({"kind": "platform", "provider": "bench", "subject": subject});
        let body = serde_json::json!({ "identity": identity }).to_string();
        let (status, body) = self.call("POST", "", None, body).await;
        assert_eq!(status, 201, "a session opens");
        let body: serde_json::Value = serde_json::from_slice(&body).expect("it is JSON");
        body["token"].as_str().expect("a token").to_owned()
    }

    async fn close(&self, token: &str) {
        let (status, _) = self.call("DELETE", "/current", Some(token), String::new()).await;
        assert_eq!(status, 204, "a session is closed");
    }

    async fn resolve(&self, token: &str) -> u16 {
        self.call("GET", "/resolve", Some(token), String::new()).await.0
    }

    async fn call(
        &self,
        method: &str,
        path: &str,
        token: Option<&str>,
        body: String,
    ) -> (u16, Bytes) {
        let uri = format!("http://{}/api/v1/internal/sessions{path}", self.addr);
        let mut request = hyper::Request::builder().method(method).uri(uri);
        if let Some(token) = token {
            request = request.header("authorization", format!("Bearer {token}"));
        }
        let request = request
            .header("content-type", "application/json")
            .body(Full::from(body))
            .expect("the request is well formed");
        let response = self.client.request(request).await.expect("the replica answers");
        let status = response.status().as_u16();
        let body = response.into_body().collect().await.expect("the answer is whole").to_bytes();
        (status, body)
    }
}
