//! The whole service in this process, on a port and a database of its own.

use std::time::Duration;

use scrabble_backend::admin::Admin;
use scrabble_backend::app::App;
use scrabble_backend::config::{Config, Environment};
use scrabble_backend::events::Events;
use scrabble_backend::idempotency::Idempotency;
use scrabble_backend::mail::Outbox;
use scrabble_backend::matchmaking::Matchmaking;
use scrabble_backend::presence::Presence;
use scrabble_backend::runtime::Games;
use scrabble_backend::session::Sessions;
use scrabble_backend::telemetry::Metrics;
use scrabble_backend::time::Clock;
use serde_json::{Value, json};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use super::client::{Answer, Client};
use super::mail_server::MailServer;
use super::server::Database;

/// A running service. Dropping it ends it; [`stop`](Self::stop) sees that it ends well.
pub(crate) struct TestApp {
    pub(crate) client: Client,
    pub(crate) admin: Admin,
    pub(crate) sessions: Sessions,
    pub(crate) idempotency: Idempotency,
    pub(crate) outbox: Outbox,
    pub(crate) matchmaking: Matchmaking,
    pub(crate) presence: Presence,
    pub(crate) games: Games,
    pub(crate) events: Events,
    pub(crate) database: Database,
    stop: oneshot::Sender<()>,
    running: JoinHandle<Result<(), scrabble_backend::app::Error>>,
}

/// A service that is to be started otherwise than by default.
#[derive(Default)]
pub(crate) struct TestAppBuilder {
    variables: Vec<(String, String)>,
    clock: Clock,
    database: Option<Database>,
}

impl TestAppBuilder {
    /// Sets an environment variable.
    pub(crate) fn set(mut self, name: &str, value: &str) -> Self {
        self.variables.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Sends its mail by this server.
    pub(crate) fn mail_by(self, server: &MailServer) -> Self {
        server.variables().into_iter().fold(self, |app, (name, value)| app.set(name, &value))
    }

    /// Lives by this clock.
    pub(crate) fn clock(mut self, clock: &Clock) -> Self {
        self.clock = clock.clone();
        self
    }

    /// Works on a database that is there already.
    pub(crate) fn database(mut self, database: &Database) -> Self {
        self.database = Some(database.clone());
        self
    }

    pub(crate) async fn start(self) -> TestApp {
        let database = match self.database {
            Some(database) => database,
            None => Database::migrated().await,
        };
        let mut variables = vec![
            ("BACKEND_POSTGRES_DSN".to_owned(), database.dsn()),
            ("BACKEND_HTTP_ADDR".to_owned(), "127.0.0.1:0".to_owned()),
        ];
        variables.extend(self.variables);
        let environment: Environment = variables.into_iter().collect();
        let config =
            Config::from_environment(&environment, None).expect("the test's configuration is good");
        let app =
            App::build(config, &Metrics::none(), self.clock).await.expect("the service builds");
        let client = Client::new(app.local_addr());
        let (admin, sessions) = (app.admin().clone(), app.sessions().clone());
        let (idempotency, outbox) = (app.idempotency().clone(), app.outbox().clone());
        let (matchmaking, presence) = (app.matchmaking().clone(), app.presence().clone());
        let games = app.games().clone();
        let events = app.events().clone();
        let readiness = app.readiness();
        let (stop, stopped) = oneshot::channel();
        let running = tokio::spawn(app.run(async {
            // A test that ends drops the sender, which ends the service as well.
            let _ = stopped.await;
        }));
        tokio::time::timeout(Duration::from_secs(20), readiness.opened())
            .await
            .expect("the service gets ready");
        TestApp {
            client,
            admin,
            sessions,
            idempotency,
            outbox,
            matchmaking,
            presence,
            games,
            events,
            database,
            stop,
            running,
        }
    }
}

impl TestApp {
    pub(crate) async fn start() -> Self {
        Self::with().start().await
    }

    pub(crate) fn with() -> TestAppBuilder {
        TestAppBuilder::default()
    }

    /// Drains, and ends: well, and without cutting anybody off, which it would do after 20 s.
    pub(crate) async fn stop(self) {
        let _ = self.stop.send(());
        let ended = tokio::time::timeout(Duration::from_secs(10), self.running).await;
        ended
            .expect("nobody is cut off")
            .expect("the service does not panic")
            .expect("the service ends well");
    }

    /// Opens a session for a Telegram user and gives the whole answer.
    pub(crate) async fn open(&self, subject: &str) -> Answer {
        let identity = json!({"kind": "platform", "provider": "telegram", "subject": subject});
        self.client
            .post("/api/v1/internal/sessions")
            .json(&json!({"identity": identity}))
            .send()
            .await
    }

    /// Opens a session for a Telegram user, successfully.
    pub(crate) async fn opened(&self, subject: &str) -> Opened {
        let answer = self.open(subject).await;
        assert_eq!(answer.status, 201, "{answer:?}");
        Opened::new(&answer.body)
    }

    pub(crate) async fn resolve(&self, token: &str) -> Answer {
        self.client.get("/api/v1/internal/sessions/resolve").bearer(token).send().await
    }
}

/// What a test needs of a session that it has opened.
#[derive(Debug, Clone)]
pub(crate) struct Opened {
    pub(crate) token: String,
    pub(crate) session_id: String,
    pub(crate) account_id: String,
}

impl Opened {
    pub(crate) fn new(body: &Value) -> Self {
        let text = |pointer: &str| {
            body.pointer(pointer).and_then(Value::as_str).expect(pointer).to_owned()
        };
        Self {
            token: text("/token"),
            session_id: text("/session/id"),
            account_id: text("/account/id"),
        }
    }
}
