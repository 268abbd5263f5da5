//! The composition root: builds every service, hands each its collaborators, starts and stops them.
//!
//! Owns the order of the boot (listen, wait for the database, migrate, warm the cache, be ready) and
//! of the end (not ready, delay, drain, close). The only place that knows all of the house.

use std::net::SocketAddr;
use std::sync::Arc;

use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use crate::account::{self, Accounts};
use crate::admin::Admin;
use crate::block::{self, Blocks};
use crate::boot;
use crate::closure::{self, Closure};
use crate::config::{Config, ListenAddr};
use crate::descriptors;
use crate::email_code::{self, EmailCodes};
use crate::events;
use crate::events::Events;
use crate::health::Health;
use crate::http::{Readiness, Server};
use crate::idempotency::{self, Idempotency};
use crate::library::{self, Library};
use crate::mail::{self, Outbox, OutboxStatus};
use crate::postgres::{
    Connector, MigrationOutcome, Pool, PoolStatus, Probe, Query, TlsError, migrations,
};
use crate::presence::{self, Presence};
use crate::rating::{self, Ratings};
use crate::routes::{self, Services};
use crate::runtime::{self, Games};
use crate::session::{self, Cache, Policy, Sessions};
use crate::telemetry::{Chain, Kind, Metrics, Observable};
use crate::time::Clock;

/// The service, listening and ready to run.
#[derive(Debug)]
pub struct App {
    config: Config,
    connector: Connector,
    pool: Pool,
    sessions: Sessions,
    admin: Admin,
    idempotency: Idempotency,
    email_codes: EmailCodes,
    presence: Presence,
    games: Games,
    outbox: Outbox,
    readiness: Arc<Readiness>,
    server: Server<Services>,
    listener: TcpListener,
    local_addr: SocketAddr,
}

/// Why the service does not start.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The address can't be listened on.
    #[error("listening on {addr} failed")]
    Listen {
        /// The address as configured.
        addr: ListenAddr,
        /// What the system says.
        #[source]
        source: std::io::Error,
    },
    /// TLS to the database can't be set up.
    #[error("preparing TLS to PostgreSQL failed")]
    Tls(#[source] TlsError),
    /// The mail server's certificates can't be checked as configured.
    #[error("preparing TLS to the mail server failed")]
    Mail(#[source] mail::SetUpError),
    /// The lexicons can't be had.
    #[error("opening the lexicons failed")]
    Library(#[source] library::OpenError),
    /// The database is there, but can't be used.
    #[error("the service can't start on this database")]
    Boot(#[source] boot::Error),
    /// The schema can't be brought up to date.
    #[error("the database can't be migrated")]
    Migrate(#[source] migrations::Error),
}

/// Every statement that the program sends to a table, for the test that checks their types.
#[must_use]
pub fn queries() -> Vec<&'static Query> {
    [
        account::QUERIES,
        session::QUERIES,
        closure::QUERIES,
        idempotency::QUERIES,
        email_code::QUERIES,
        mail::QUERIES,
        runtime::QUERIES,
        events::QUERIES,
        rating::QUERIES,
        block::QUERIES,
        presence::QUERIES,
    ]
    .concat()
}

/// Brings the schema up to date and does nothing else.
///
/// # Errors
/// [`Error::Tls`], [`Error::Migrate`].
pub async fn migrate(config: &Config) -> Result<MigrationOutcome, Error> {
    let connector = connector(config)?;
    migrations::run(&connector).await.map_err(Error::Migrate)
}

/// The administration over a database, for a command that serves nothing.
///
/// # Errors
/// [`Error::Tls`].
pub fn administration(config: &Config, clock: Clock) -> Result<Admin, Error> {
    let pool = Pool::new(connector(config)?, &config.postgres);
    let email_codes = EmailCodes::without_mail(pool.clone(), clock.clone());
    let library = Library::open(None).map_err(Error::Library)?;
    Ok(Features::over(&pool, email_codes, library, config, clock).admin)
}

/// The features, each over those that it needs.
struct Features {
    accounts: Accounts,
    email_codes: EmailCodes,
    sessions: Sessions,
    idempotency: Idempotency,
    ratings: Ratings,
    blocks: Blocks,
    presence: Presence,
    games: Games,
    closure: Closure,
    admin: Admin,
}

impl Features {
    fn over(
        pool: &Pool,
        email_codes: EmailCodes,
        library: Library,
        config: &Config,
        clock: Clock,
    ) -> Self {
        let accounts = Accounts::new(pool.clone(), clock.clone());
        let sessions = Sessions::new(
            pool.clone(),
            accounts.clone(),
            email_codes.clone(),
            Policy::new(&config.session),
            clock.clone(),
        );
        let idempotency = Idempotency::new(pool.clone(), clock.clone());
        let ratings = Ratings::new(pool.clone(), accounts.clone(), clock.clone());
        let blocks = Blocks::new(pool.clone(), accounts.clone(), clock.clone());
        let events = Events::new(clock.clone());
        let presence = Presence::new(
            pool.clone(),
            events.clone(),
            blocks.clone(),
            &config.presence,
            clock.clone(),
        );
        let games = Games::new(pool.clone(), events, ratings.clone(), library, clock.clone());
        let closure = Closure::new(
            pool.clone(),
            accounts.clone(),
            email_codes.clone(),
            sessions.clone(),
            idempotency.clone(),
            ratings.clone(),
            blocks.clone(),
            clock.clone(),
        );
        let admin =
            Admin::new(pool.clone(), accounts.clone(), sessions.clone(), closure.clone(), clock);
        Self {
            accounts,
            email_codes,
            sessions,
            idempotency,
            ratings,
            blocks,
            presence,
            games,
            closure,
            admin,
        }
    }
}

impl App {
    /// Builds every service and listens; asks the database for nothing yet.
    ///
    /// # Errors
    /// [`Error::Listen`], [`Error::Tls`].
    pub async fn build(config: Config, metrics: &Metrics, clock: Clock) -> Result<Self, Error> {
        let connector = connector(&config)?;
        let pool = Pool::new(connector.clone(), &config.postgres);
        let outbox = Outbox::new(pool.clone(), clock.clone(), &config.mail).map_err(Error::Mail)?;
        let email_codes = EmailCodes::new(pool.clone(), outbox.clone(), clock.clone());
        let library = Library::open(config.lexicon_dir.as_deref()).map_err(Error::Library)?;
        let features = Features::over(&pool, email_codes, library, &config, clock);
        let Features {
            accounts,
            email_codes,
            sessions,
            idempotency,
            ratings,
            blocks,
            presence,
            games,
            closure,
            admin,
        } = features;
        let readiness = Arc::new(Readiness::default());
        let health = Health::new(
            Probe::new(connector.clone(), config.postgres.operation_timeout),
            Arc::clone(&readiness),
            sessions.clone(),
        );
        let services = Services {
            accounts,
            email_codes: email_codes.clone(),
            sessions: sessions.clone(),
            closure,
            admin: admin.clone(),
            idempotency: idempotency.clone(),
            ratings,
            blocks,
            presence: presence.clone(),
            games: games.clone(),
            health,
        };
        let mut http = config.http.clone();
        http.connections_max = descriptors::connections_max(
            http.connections_max,
            config.postgres.connections_open_max,
            descriptors::raise_limit(),
        );
        let server =
            Server::new(routes::table(), services, Arc::clone(&readiness), http, metrics.http());
        observe(metrics, &pool, &sessions);
        observe_mail(metrics, &outbox);
        let listener = listen(config.http.addr).await?;
        let local_addr = listener
            .local_addr()
            .map_err(|source| Error::Listen { addr: config.http.addr, source })?;
        Ok(Self {
            config,
            connector,
            pool,
            sessions,
            admin,
            idempotency,
            email_codes,
            presence,
            games,
            outbox,
            readiness,
            server,
            listener,
            local_addr,
        })
    }

    /// Where it listens: the port that the system chose where the configuration leaves it open.
    #[must_use]
    pub const fn local_addr(&self) -> SocketAddr {
        self.local_addr
    }

    /// The administration, for whoever runs the app in its own process.
    #[must_use]
    pub const fn admin(&self) -> &Admin {
        &self.admin
    }

    /// The sessions, likewise.
    #[must_use]
    pub const fn sessions(&self) -> &Sessions {
        &self.sessions
    }

    /// The requests that may be repeated, likewise.
    #[must_use]
    pub const fn idempotency(&self) -> &Idempotency {
        &self.idempotency
    }

    /// Who is here, likewise.
    #[must_use]
    pub const fn presence(&self) -> &Presence {
        &self.presence
    }

    /// The games, likewise.
    #[must_use]
    pub const fn games(&self) -> &Games {
        &self.games
    }

    /// The queue of mail, likewise.
    #[must_use]
    pub const fn outbox(&self) -> &Outbox {
        &self.outbox
    }

    /// Whether the service is ready, to be asked or waited for by whoever runs the app.
    #[must_use]
    pub fn readiness(&self) -> Arc<Readiness> {
        Arc::clone(&self.readiness)
    }

    /// Serves until `shutdown` ends, then drains. While the database is not up it answers the probes,
    /// and waits.
    ///
    /// # Errors
    /// [`Error::Boot`] when the database is there but can't be used.
    pub async fn run(self, shutdown: impl Future<Output = ()> + Send) -> Result<(), Error> {
        let Self {
            config,
            connector,
            pool,
            sessions,
            idempotency,
            email_codes,
            presence,
            games,
            outbox,
            readiness,
            server,
            listener,
            ..
        } = self;
        let stop = tokio_util::sync::CancellationToken::new();
        let stopped = stop.clone().cancelled_owned();
        let serving = server.run(listener, stopped, config.shutdown.timeout);
        let trimming = tokio::spawn(pool.clone().trim());
        let lifecycle = async {
            let mut shutdown = std::pin::pin!(shutdown);
            let booted = tokio::select! {
                biased;
                () = &mut shutdown => Ok(None),
                booted = boot::run(&connector, &sessions, &games, config.session.staleness_max) => match booted {
                    Ok(follower) => {
                        let keeping_up = sessions.clone().keep_up(config.session.clone());
                        let background = [
                            tokio::spawn(follower.run()),
                            tokio::spawn(keeping_up),
                            tokio::spawn(idempotency.keep_up()),
                            tokio::spawn(email_codes.keep_up()),
                            tokio::spawn(games.keep_up()),
                            tokio::spawn(presence.keep_up()),
                        ];
                        let mailing = tokio::spawn(outbox.run(stop.clone()));
                        readiness.open();
                        tracing::info!("ready");
                        shutdown.await;
                        Ok(Some((background, mailing)))
                    }
                    Err(error) => Err(Error::Boot(error)),
                },
            };
            readiness.begin_drain();
            if booted.is_ok() {
                tracing::info!("draining");
                tokio::time::sleep(config.shutdown.delay).await;
            }
            stop.cancel();
            booted
        };
        let (cut_off, mut outcome) = tokio::join!(serving, lifecycle);
        if cut_off > 0 {
            tracing::warn!(
                connections = cut_off,
                "the drain's time is over, connections were cut off"
            );
        }
        if let Ok(Some((background, mailing))) = &mut outcome {
            // Not before the end of the drain: revocations are heard for as long as sessions are resolved.
            background.iter().for_each(JoinHandle::abort);
            // It has been told to stop, and only ends what it has begun.
            let _ = mailing.await;
            if let Err(error) = sessions.write_last_seen().await {
                tracing::warn!(cause = %Chain(&error), "the last use of sessions could not be written");
            }
        }
        trimming.abort();
        pool.close();
        outcome.map(drop)
    }
}

fn connector(config: &Config) -> Result<Connector, Error> {
    Connector::new(&config.postgres.dsn, config.postgres.operation_timeout).map_err(Error::Tls)
}

/// Listens on the first address that the machine has: `:8080` is both IP versions, or IPv4 alone.
async fn listen(addr: ListenAddr) -> Result<TcpListener, Error> {
    let mut outcome = Err(std::io::Error::from(std::io::ErrorKind::AddrNotAvailable));
    for candidate in addr.candidates() {
        outcome = TcpListener::bind(candidate).await;
        // Somebody else has the port: another address would only hide that.
        let is_final = outcome
            .as_ref()
            .map_or_else(|error| error.kind() == std::io::ErrorKind::AddrInUse, |_| true);
        if is_final {
            break;
        }
    }
    outcome.map_err(|source| Error::Listen { addr, source })
}

/// Registers what is asked of the pool and the cache whenever metrics are exported.
fn observe(metrics: &Metrics, pool: &Pool, sessions: &Sessions) {
    const STATE: &str = "db.client.connection.state";
    const POOL: (&str, &str) = ("db.client.connection.pool.name", "postgres");
    let of_pool = |name, unit, description, attributes: &[_], read: fn(PoolStatus) -> usize| {
        let pool = pool.clone();
        let figure = Observable { kind: Kind::UpDownCounter, name, unit, description };
        metrics.observe(figure, attributes, move || read(pool.status()) as u64);
    };
    let (name, description) = ("db.client.connection.count", "Connections of the pool, by state.");
    of_pool(name, "{connection}", description, &[POOL, (STATE, "idle")], |status| status.idle);
    of_pool(name, "{connection}", description, &[POOL, (STATE, "used")], |status| status.used);
    let (name, description) = ("db.client.connection.max", "The most that the pool opens.");
    of_pool(name, "{connection}", description, &[POOL], |status| status.open_max);
    let (name, description) =
        ("db.client.connection.pending_requests", "Callers that wait for a connection.");
    of_pool(name, "{request}", description, &[POOL], |status| status.waiting);

    let of_cache = |kind, name, unit, description, read: fn(&Cache) -> u64| {
        let sessions = sessions.clone();
        let figure = Observable { kind, name, unit, description };
        metrics.observe(figure, &[], move || read(sessions.cache()));
    };
    let (name, description) =
        ("scrabble.session.cache.entries", "Sessions in the cache of this replica.");
    of_cache(Kind::Gauge, name, "{session}", description, |cache| cache.len() as u64);
    let (name, description) =
        ("scrabble.session.cache.misses", "Tokens that the database was asked for.");
    of_cache(Kind::Counter, name, "{lookup}", description, |cache| cache.misses());
}

/// Registers what is asked of the queue of mail.
fn observe_mail(metrics: &Metrics, outbox: &Outbox) {
    let of_mail = |kind, name, unit, description, read: fn(OutboxStatus) -> u64| {
        let outbox = outbox.clone();
        let figure = Observable { kind, name, unit, description };
        metrics.observe(figure, &[], move || read(outbox.status()));
    };
    let description = "Mails that wait or are on their way, of all replicas.";
    of_mail(Kind::Gauge, "scrabble.mail.queue.depth", "{mail}", description, |mail| mail.depth);
    let description = "How long the oldest of them has waited.";
    of_mail(Kind::Gauge, "scrabble.mail.queue.age", "s", description, |mail| mail.age_seconds);
    let description = "Mails that the server has taken from this replica.";
    of_mail(Kind::Counter, "scrabble.mail.sent", "{mail}", description, |mail| mail.sent);
    let description = "Attempts that have failed and are repeated.";
    of_mail(Kind::Counter, "scrabble.mail.retries", "{mail}", description, |mail| mail.failed);
    let description = "Mails that were refused for good, or not sent in time.";
    of_mail(Kind::Counter, "scrabble.mail.given_up", "{mail}", description, |mail| mail.given_up);
}
