//! The probes: is the process alive, and can it do its work?

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use serde::Serialize;

use crate::http::{Outcome, Readiness, StatusCode, json};
use crate::postgres::Pool;

/// What readiness hangs on.
#[derive(Debug, Clone)]
pub struct Health {
    pool: Pool,
    /// Open once the schema is migrated and the session cache is warm.
    warm: Arc<Readiness>,
    draining: Arc<AtomicBool>,
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
    pub fn new(pool: Pool, warm: Arc<Readiness>) -> Self {
        Self { pool, warm, draining: Arc::new(AtomicBool::new(false)) }
    }

    /// From now on the process is not ready, so that balancers send it nothing more.
    pub fn begin_drain(&self) {
        self.draining.store(true, Ordering::Release);
    }
}

/// `GET /healthz`: answers whenever the process can.
pub(crate) fn alive() -> Outcome {
    Ok(json(StatusCode::OK, &View { status: "alive", missing: Vec::new() }))
}

/// `GET /readyz`: 200, or 503 naming what is missing.
pub(crate) async fn ready(health: &Health) -> Outcome {
    if health.draining.load(Ordering::Acquire) {
        return Ok(json(
            StatusCode::SERVICE_UNAVAILABLE,
            &View { status: "draining", missing: Vec::new() },
        ));
    }
    let mut missing = Vec::new();
    if health.pool.ping().await.is_err() {
        missing.push("database");
    }
    if !health.warm.is_open() {
        missing.push("session_cache");
    }
    let (status, word) = if missing.is_empty() {
        (StatusCode::OK, "ready")
    } else {
        (StatusCode::SERVICE_UNAVAILABLE, "unready")
    };
    Ok(json(status, &View { status: word, missing }))
}
