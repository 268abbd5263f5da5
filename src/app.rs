//! The composition root: builds every service, hands each its collaborators, starts and stops them.
//!
//! Owns the order of the boot (listen, wait for the database, migrate, warm the cache, be ready) and
//! of the end (not ready, delay, drain, close). The only place that knows all of the house.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;

use tokio::net::TcpListener;

use crate::account;
use crate::admin::Admin;
use crate::block;
use crate::boot;
use crate::closure;
use crate::config::{Config, ListenAddr};
use crate::descriptors;
use crate::email_code::{self, EmailCodes};
use crate::events::{self, Events};
use crate::features::Features;
use crate::figures;
use crate::health::Health;
use crate::http::{Readiness, Server};
use crate::idempotency::{self, Idempotency};
use crate::library::{self, Library};
use crate::lobby::{self, Lobby};
use crate::mail::{self, Outbox};
use crate::matchmaking::{self, Matchmaking};
use crate::postgres::{
    Connector, MigrationOutcome, Pool, Probe, Query, TlsError, advisory, migrations,
};
use crate::presence::{self, Presence};
use crate::rating;
use crate::routes::{self, Services};
use crate::runtime::{self, Games};
use crate::session::{self, Sessions};
use crate::task::again_after_panics;
use crate::telemetry::{Chain, Metrics};
use crate::time::Clock;

/// The service, listening and ready to run.
#[derive(Debug)]
pub struct App {
    config: Config,
    connector: Connector,
    pool: Pool,
    features: Features,
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
        advisory::QUERIES,
        account::QUERIES,
        session::QUERIES,
        closure::QUERIES,
        idempotency::QUERIES,
        email_code::QUERIES,
        mail::QUERIES,
        runtime::QUERIES,
        runtime::ADVANCE_QUERIES,
        runtime::REAL_TIME_QUERIES,
        runtime::VERIFICATION_QUERIES,
        events::QUERIES,
        rating::QUERIES,
        block::QUERIES,
        presence::QUERIES,
        lobby::seek::QUERIES,
        lobby::invitation::QUERIES,
        matchmaking::QUERIES,
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
/// [`Error::Tls`], [`Error::Library`].
pub fn administration(config: &Config, clock: Clock) -> Result<Admin, Error> {
    // It has to do with no game, and is not to fail for want of one's words.
    Ok(features(config, None, clock)?.admin)
}

/// The games of a database, likewise.
///
/// # Errors
/// [`Error::Tls`], [`Error::Library`].
pub fn games(config: &Config, clock: Clock) -> Result<Games, Error> {
    Ok(features(config, config.lexicon_dir.as_deref(), clock)?.games)
}

fn features(config: &Config, lexicon_dir: Option<&Path>, clock: Clock) -> Result<Features, Error> {
    let pool = Pool::new(connector(config)?, &config.postgres);
    let email_codes = EmailCodes::without_mail(pool.clone(), clock.clone());
    let library = Library::open(lexicon_dir).map_err(Error::Library)?;
    Ok(Features::over(&pool, email_codes, library, config, clock))
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
        let readiness = Arc::new(Readiness::default());
        let health = Health::new(
            Probe::new(connector.clone(), config.postgres.operation_timeout),
            Arc::clone(&readiness),
            features.sessions.clone(),
        );
        let services = services(&features, health);
        let mut http = config.http.clone();
        http.connections_max = descriptors::connections_max(
            http.connections_max,
            config.postgres.connections_open_max,
            descriptors::raise_limit(),
        );
        let server =
            Server::new(routes::table(), services, Arc::clone(&readiness), http, metrics.http());
        figures::of_pool(metrics, &pool);
        figures::of_sessions(metrics, &features.sessions);
        figures::of_mail(metrics, &outbox);
        figures::of_lobby(metrics, &features.lobby);
        figures::of_matchmaking(metrics, &features.matchmaking);
        figures::of_events(metrics, &features.events);
        let listener = listen(config.http.addr).await?;
        let local_addr = listener
            .local_addr()
            .map_err(|source| Error::Listen { addr: config.http.addr, source })?;
        Ok(Self {
            config,
            connector,
            pool,
            features,
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
        &self.features.admin
    }

    /// The sessions, likewise.
    #[must_use]
    pub const fn sessions(&self) -> &Sessions {
        &self.features.sessions
    }

    /// The requests that may be repeated, likewise.
    #[must_use]
    pub const fn idempotency(&self) -> &Idempotency {
        &self.features.idempotency
    }

    /// Who is here, likewise.
    #[must_use]
    pub const fn presence(&self) -> &Presence {
        &self.features.presence
    }

    /// The games, likewise.
    #[must_use]
    pub const fn games(&self) -> &Games {
        &self.features.games
    }

    /// Those who wait for opponents, likewise.
    #[must_use]
    pub const fn matchmaking(&self) -> &Matchmaking {
        &self.features.matchmaking
    }

    /// The events, likewise.
    #[must_use]
    pub const fn events(&self) -> &Events {
        &self.features.events
    }

    /// The lobby, likewise.
    #[must_use]
    pub const fn lobby(&self) -> &Lobby {
        &self.features.lobby
    }

    /// The mail that is to be sent.
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
        let Self { config, connector, pool, features, outbox, readiness, server, listener, .. } =
            self;
        let stop = tokio_util::sync::CancellationToken::new();
        let stopped = stop.clone().cancelled_owned();
        let serving = server.run(listener, stopped, config.shutdown.timeout);
        let trimmed = pool.clone();
        let trimming = tokio::spawn(async move {
            again_after_panics("closing idle connections", || trimmed.clone().trim()).await;
        });
        let lifecycle = async {
            let mut shutdown = std::pin::pin!(shutdown);
            let booted = tokio::select! {
                biased;
                () = &mut shutdown => Ok(None),
                booted = boot::run(&connector, &features.sessions, &features.games, config.session.staleness_max) => match booted {
                    Ok(follower) => {
                        let following = tokio::spawn(follower.run());
                        let keeping_up = features.keep_up(&config, &connector);
                        let mailing = tokio::spawn(outbox.run(stop.clone()));
                        readiness.open();
                        tracing::info!("ready");
                        shutdown.await;
                        Ok(Some((following, keeping_up, mailing)))
                    }
                    Err(error) => Err(Error::Boot(error)),
                },
            };
            readiness.begin_drain();
            if booted.is_ok() {
                tracing::info!("draining");
                tokio::time::sleep(config.shutdown.delay).await;
            }
            if let Ok(Some((_, keeping_up, _))) = &booted {
                keeping_up.leave_players();
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
        if let Ok(Some((following, keeping_up, mailing))) = &mut outcome {
            // Not before the end of the drain: revocations are heard for as long as sessions are resolved.
            following.abort();
            keeping_up.end();
            // It has been told to stop, and only ends what it has begun.
            let _ = mailing.await;
            if let Err(error) = features.sessions.write_last_seen().await {
                tracing::warn!(cause = %Chain(&error), "the last use of sessions could not be written");
            }
        }
        trimming.abort();
        pool.close();
        outcome.map(drop)
    }
}

fn services(features: &Features, health: Health) -> Services {
    Services {
        accounts: features.accounts.clone(),
        email_codes: features.email_codes.clone(),
        sessions: features.sessions.clone(),
        closure: features.closure.clone(),
        admin: features.admin.clone(),
        idempotency: features.idempotency.clone(),
        ratings: features.ratings.clone(),
        blocks: features.blocks.clone(),
        presence: features.presence.clone(),
        games: features.games.clone(),
        lobby: features.lobby.clone(),
        matchmaking: features.matchmaking.clone(),
        events: features.events.clone(),
        health,
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
