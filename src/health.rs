//! The probes: is the process alive, and can it do its work?

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use serde::Serialize;

use crate::http::{Outcome, Readiness, StatusCode, json};
use crate::postgres::Probe;
use crate::session::Sessions;
use crate::telemetry::Chain;

/// What readiness hangs on.
#[derive(Debug, Clone)]
pub struct Health {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    database: Probe,
    /// Open once the schema is migrated and the session cache is warm.
    readiness: Arc<Readiness>,
    sessions: Sessions,
    /// Whether the database answered when it was last asked, so that the log tells of each change.
    is_database_up: AtomicBool,
}

#[derive(Serialize)]
struct View {
    status: &'static str,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    missing: Vec<&'static str>,
}

impl Health {
    /// Health of a process that is starting.
    #[must_use]
    pub fn new(database: Probe, readiness: Arc<Readiness>, sessions: Sessions) -> Self {
        let is_database_up = AtomicBool::new(true);
        Self { shared: Arc::new(Shared { database, readiness, sessions, is_database_up }) }
    }

    async fn does_database_answer(&self) -> bool {
        let answer = self.shared.database.ask().await;
        let was_up = self.shared.is_database_up.swap(answer.is_ok(), Ordering::Relaxed);
        match &answer {
            Err(error) if was_up => {
                tracing::warn!(cause = %Chain(&**error), "not ready: the database does not answer");
            }
            Ok(()) if !was_up => tracing::info!("the database answers again"),
            _ => {}
        }
        answer.is_ok()
    }
}

/// `GET /healthz`: answers whenever the process can.
pub(crate) fn alive() -> Outcome {
    Ok(json(StatusCode::OK, &View { status: "alive", missing: Vec::new() }))
}

/// `GET /readyz`: 200, or 503 naming what is missing.
pub(crate) async fn ready(health: &Health) -> Outcome {
    if health.shared.readiness.is_draining() {
        return Ok(json(
            StatusCode::SERVICE_UNAVAILABLE,
            &View { status: "draining", missing: Vec::new() },
        ));
    }
    let mut missing = Vec::new();
    if !health.does_database_answer().await {
        missing.push("database");
    }
    if !health.shared.readiness.is_open() || !health.shared.sessions.cache().is_trusted() {
        missing.push("session_cache");
    }
    let (status, word) = if missing.is_empty() {
        (StatusCode::OK, "ready")
    } else {
        (StatusCode::SERVICE_UNAVAILABLE, "unready")
    };
    Ok(json(status, &View { status: word, missing }))
}
