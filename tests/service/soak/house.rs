//! Where replicas are at the moment, and asking them until one answers.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use tokio_util::sync::CancellationToken;

use crate::support::{Answer, Call, Client, Process, eventually};

/// What everybody knows who asks. A clone is the same for another of them.
#[derive(Clone)]
pub(super) struct House {
    replicas: Arc<Mutex<Vec<Client>>>,
    /// How often a replica was asked for.
    attempts: Arc<AtomicUsize>,
    /// How many commands were acknowledged.
    acknowledged: Arc<AtomicUsize>,
    end: CancellationToken,
}

impl House {
    pub(super) fn of(replicas: &[Option<Process>]) -> Self {
        let house = Self {
            replicas: Arc::default(),
            attempts: Arc::default(),
            acknowledged: Arc::default(),
            end: CancellationToken::new(),
        };
        house.move_to(replicas);
        house
    }

    /// Has everybody ask these from now on.
    pub(super) fn move_to(&self, replicas: &[Option<Process>]) {
        let clients = replicas.iter().flatten().map(|replica| replica.client.clone());
        *self.replicas.lock().unwrap() = clients.collect();
    }

    /// One replica after the other, of which some may be dead.
    pub(super) fn replica(&self) -> Client {
        let replicas = self.replicas.lock().unwrap();
        let attempt = self.attempts.fetch_add(1, Ordering::Relaxed);
        replicas[attempt % replicas.len()].clone()
    }

    /// Asks once. Nothing where it is not known what has become of it.
    pub(super) async fn try_ask(&self, call: impl Fn(&Client) -> Call) -> Option<Answer> {
        let answer = call(&self.replica()).try_send().await?;
        (answer.status != 503).then_some(answer)
    }

    /// Asks for what may be asked for again, until somebody tells what has become of it.
    pub(super) async fn ask(&self, call: impl Fn(&Client) -> Call) -> Answer {
        eventually("somebody answers", async || self.try_ask(&call).await).await
    }

    /// A command was acknowledged.
    pub(super) fn count(&self) {
        self.acknowledged.fetch_add(1, Ordering::Relaxed);
    }

    /// Waits until so many more commands are acknowledged.
    pub(super) async fn go_on(&self, by: usize) {
        let goal = self.acknowledged.load(Ordering::Relaxed) + by;
        eventually("players are answered", async || {
            (self.acknowledged.load(Ordering::Relaxed) >= goal).then_some(())
        })
        .await;
    }

    /// Nobody is to ask for more.
    pub(super) fn close(&self) {
        self.end.cancel();
    }

    pub(super) fn is_closed(&self) -> bool {
        self.end.is_cancelled()
    }
}
