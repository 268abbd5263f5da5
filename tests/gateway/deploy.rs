//! Two replicas behind the gateway are replaced one after the other, and no player notices.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use serde_json::json;
use tokio::sync::RwLock;
use tokio_util::sync::CancellationToken;

use crate::nginx::{Nginx, Upstreams, free_addr};
use crate::players::ELSEWHERE;
use crate::side_service::login;
use crate::support::{Answer, Client, Database, Opened, Process, eventually};
use crate::{SECRET, X_GATEWAY_SECRET};

const READERS: usize = 8;
const WRITERS: usize = 4;

/// How many requests are to be answered between two steps of the deployment.
const ROUND: u64 = 200;

/// Starts a replica there, and waits until it is ready.
async fn replica(database: &Database, addr: SocketAddr) -> Process {
    let variables = [
        ("BACKEND_HTTP_ADDR", &*addr.to_string()),
        ("BACKEND_GATEWAY_SECRET", SECRET),
        // Longer than the example's keepalive_timeout, as its README says.
        ("BACKEND_SHUTDOWN_DELAY", "3s"),
    ];
    Process::start(&database.dsn(), &variables).await
}

/// What is asked without a pause, and what was not answered as it should be.
#[derive(Default)]
struct Load {
    answered: AtomicU64,
    failed: Mutex<Vec<Answer>>,
    /// Held by each write, and by whoever wants none for a while.
    writes: RwLock<()>,
    end: CancellationToken,
}

impl Load {
    fn count(&self, answer: Answer) {
        if answer.status == 200 {
            self.answered.fetch_add(1, Ordering::Relaxed);
        } else {
            self.failed.lock().unwrap().push(answer);
        }
    }

    /// Each of its reads has its token resolved, and then the account read.
    async fn read(self: Arc<Self>, client: Client, player: Opened) {
        while !self.end.is_cancelled() {
            let call = client.get("/api/v1/user/account").bearer(&player.token);
            self.count(call.send().await);
        }
    }

    /// A PATCH is never asked twice by nginx, once a part of it was sent.
    async fn write(self: Arc<Self>, client: Client, player: Opened) {
        let change = json!({"language": "lv"});
        while !self.end.is_cancelled() {
            let _writing = self.writes.read().await;
            let call = client.patch("/api/v1/user/account").bearer(&player.token).json(&change);
            self.count(call.send().await);
        }
    }

    /// Waits until so many more are answered.
    async fn round(&self) {
        let before = self.answered.load(Ordering::Relaxed);
        eventually("the load is answered", async || {
            (self.answered.load(Ordering::Relaxed) >= before + ROUND).then_some(())
        })
        .await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn replicas_are_replaced_under_load_without_a_failed_request() {
    let database = Database::migrated().await;
    let mut replicas = Vec::new();
    for _ in 0..2 {
        replicas.push(replica(&database, free_addr()).await);
    }
    let backends = [replicas[0].client.addr, replicas[1].client.addr];
    let side_service = Client::new(backends[0]).carrying(X_GATEWAY_SECRET, SECRET);
    let login = login(side_service).await;
    let (secret, operators) = (SECRET, ELSEWHERE);
    let nginx = Nginx::start(&Upstreams { backends, login, secret, operators }).await;

    let load = Arc::new(Load::default());
    let mut callers = Vec::new();
    for number in 0..READERS + WRITERS {
        // A connection of its own each, as players have.
        let client = Client::of_gateway(nginx.addr);
        let asked = json!({"telegram_id": number.to_string()});
        let opened = client.post("/login/telegram").json(&asked).send().await;
        let (load, player) = (Arc::clone(&load), Opened::new(opened.expect(201)));
        callers.push(if number < READERS {
            tokio::spawn(load.read(client, player))
        } else {
            tokio::spawn(load.write(client, player))
        });
    }
    for addr in backends {
        load.round().await;
        let old = replicas.remove(0);
        assert_eq!(old.client.addr, addr);
        let (code, printed) = old.end().await;
        assert_eq!(code, Some(0), "{printed}");
        load.round().await;
        // Until it is ready a replica answers 503, and what may not be repeated is not asked again.
        let no_writes = load.writes.write().await;
        replicas.push(replica(&database, addr).await);
        load.round().await;
        drop(no_writes);
        load.round().await;
    }
    load.end.cancel();
    for caller in callers {
        caller.await.unwrap();
    }
    let failed = load.failed.lock().unwrap();
    assert!(failed.is_empty(), "{} failed, as {:?}\n{}", failed.len(), failed[0], nginx.log());
}
