//! The probes: is the process alive, and can it do its work?

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::json;

use crate::http::{self, Method, Outcome, Readiness, StatusCode};
use crate::openapi::{Answer, Operation};
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

/// How the service is.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "HealthStatus")]
enum Word {
    Alive,
    Ready,
    Unready,
    Draining,
}

/// What the service hangs on.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "HealthPart")]
enum Part {
    Database,
    SessionCache,
}

/// How the service is, and what it lacks.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Health")]
struct View {
    status: Word,
    /// What there must be before the service is ready.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    missing: Vec<Part>,
}

/// The contract of the probes.
pub(crate) fn operations() -> Vec<Operation> {
    let answer = |status, description, example| Answer::json::<View>(status, description, example);
    vec![
        Operation::new(Method::GET, "/healthz", "is_alive", "Whether the process is alive")
            .needs_no_database()
            .answers(answer(StatusCode::OK, "It is.", json!({"status": "alive"}))),
        Operation::new(Method::GET, "/readyz", "is_ready", "Whether the service can do its work")
            .described("Asks the database, on a connection of its own. Red from the beginning of a shutdown.")
            .needs_no_database()
            .answers(answer(StatusCode::OK, "It can.", json!({"status": "ready"})))
            .answers(answer(
                StatusCode::SERVICE_UNAVAILABLE,
                "It can't; `missing` names what it lacks, unless it is `draining`.",
                json!({"status": "unready", "missing": ["database", "session_cache"]}),
            )),
    ]
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
    Ok(http::json(StatusCode::OK, &View { status: Word::Alive, missing: Vec::new() }))
}

/// `GET /readyz`: 200, or 503 naming what is missing.
pub(crate) async fn ready(health: &Health) -> Outcome {
    if health.shared.readiness.is_draining() {
        return Ok(http::json(
            StatusCode::SERVICE_UNAVAILABLE,
            &View { status: Word::Draining, missing: Vec::new() },
        ));
    }
    let mut missing = Vec::new();
    if !health.does_database_answer().await {
        missing.push(Part::Database);
    }
    if !health.shared.readiness.is_open() || !health.shared.sessions.cache().is_trusted() {
        missing.push(Part::SessionCache);
    }
    let (status, word) = if missing.is_empty() {
        (StatusCode::OK, Word::Ready)
    } else {
        (StatusCode::SERVICE_UNAVAILABLE, Word::Unready)
    };
    Ok(http::json(status, &View { status: word, missing }))
}
