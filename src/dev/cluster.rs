//! The cluster: a PostgreSQL that is up for as long as its value lives.
//!
//! Owns the order of starting, supervision and the DSN. Ignores what is stored.

use std::{
    ffi::OsString, fmt::Write, os::unix::ffi::OsStrExt, path::PathBuf, process::ExitStatus,
    time::Duration,
};

use tokio::{
    sync::watch,
    task::JoinHandle,
    time::{Instant, sleep},
};
use tokio_util::sync::CancellationToken;

use super::{
    Durability,
    binaries::{Binaries, Installation},
    data_dir::{DataDir, default_data_dir},
    error::Error,
    initdb,
    leash::Leashed,
    postmaster,
};

const BACK_OFF_MIN: Duration = Duration::from_millis(100);
const BACK_OFF_MAX: Duration = Duration::from_secs(5);

/// A server that lived this long did not fail at starting.
const SETTLED: Duration = Duration::from_secs(10);

/// What to start, and where.
#[derive(Debug, Clone)]
pub struct ClusterOptions {
    /// The installations to choose from.
    pub binaries: Binaries,
    /// The directory to keep everything in; made if it is missing. By root it is given to the
    /// unprivileged user who runs PostgreSQL.
    pub data_dir: PathBuf,
    /// What a crash may cost.
    pub durability: Durability,
}

impl ClusterOptions {
    /// As `dev` starts it: what `BACKEND_PG_BINDIR` and `BACKEND_DEV_DATA_DIR` say, or what this machine
    /// has; a crash costs nothing.
    ///
    /// # Errors
    /// [`Error::Binaries`], [`Error::NoDataDir`].
    pub fn from_environment(environment: impl Fn(&str) -> Option<OsString>) -> Result<Self, Error> {
        let binaries = Binaries::find(&environment)?;
        let data_dir = default_data_dir(&environment)?;
        Ok(Self { binaries, data_dir, durability: Durability::Durable })
    }
}

/// A running PostgreSQL, reachable by a unix socket only, which is started again when it dies.
///
/// It ends with this process whichever way that ends. Dropping it begins a fast shutdown without
/// waiting for it; [`Cluster::stop`] waits.
#[derive(Debug)]
pub struct Cluster {
    sockets: PathBuf,
    postmaster: watch::Receiver<Option<u32>>,
    stop: CancellationToken,
    supervision: JoinHandle<()>,
}

impl Cluster {
    /// Starts PostgreSQL in the data directory and waits until it accepts connections, 60 s at
    /// most. Makes the cluster if there is none, and takes over one whose owner was killed.
    pub async fn start(options: ClusterOptions) -> Result<Self, Error> {
        let ClusterOptions { binaries, data_dir, durability } = options;
        let dir = DataDir::open(&data_dir).await?;
        postmaster::end_left_behind(&dir).await?;
        let installation = initdb::cluster_in(&dir, &binaries, durability).await?;
        let server = Server { dir, installation, durability };
        let first = server.launch().await?;

        let sockets = server.dir.sockets().to_path_buf();
        let (pid, postmaster) = watch::channel(Some(first.pid()));
        let stop = CancellationToken::new();
        let supervision = tokio::spawn(server.supervise(first, pid, stop.clone()));
        Ok(Self { sockets, postmaster, stop, supervision })
    }

    /// The service's DSN for a database of this cluster: superuser, no password, no TLS, schema
    /// `backend`. A name that the URL cannot hold as it is gets percent-encoded.
    pub fn dsn(&self, database: &str) -> String {
        format!("{}?search_path=backend&sslmode=disable", self.url(database))
    }

    /// The same without parameters, as `psql` takes it: libpq refuses `search_path` in a URL.
    pub fn url(&self, database: &str) -> String {
        let host = percent_encoded(self.sockets.as_os_str().as_bytes());
        format!("postgres://postgres@{host}:5432/{}", percent_encoded(database.as_bytes()))
    }

    /// The pid of the postmaster; `None` while there is none that is ready.
    pub fn postmaster_pid(&self) -> Option<u32> {
        *self.postmaster.borrow()
    }

    /// Shuts the server down, without waiting for its clients, and waits for its end, 30 s at
    /// most. The data directory is free for the next afterwards.
    pub async fn stop(mut self) {
        self.stop.cancel();
        if let Err(error) = (&mut self.supervision).await {
            tracing::error!(%error, "the supervision of PostgreSQL has failed");
        }
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

/// What a postmaster is started from, as often as it takes.
#[derive(Debug)]
struct Server {
    dir: DataDir,
    installation: Installation,
    durability: Durability,
}

impl Server {
    async fn launch(&self) -> Result<Leashed, Error> {
        let began = Instant::now();
        let postmaster = postmaster::launch(&self.dir, &self.installation, self.durability).await?;
        tracing::info!(
            pid = postmaster.pid(),
            major = self.installation.major(),
            data_dir = %self.dir.path().display(),
            took_ms = u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX),
            "PostgreSQL is ready"
        );
        Ok(postmaster)
    }

    async fn supervise(
        self,
        mut postmaster: Leashed,
        pid: watch::Sender<Option<u32>>,
        stop: CancellationToken,
    ) {
        let mut back_off = BACK_OFF_MIN;
        loop {
            let began = Instant::now();
            let ended = tokio::select! {
                () = stop.cancelled() => {
                    pid.send_replace(None);
                    return report(postmaster.stop().await);
                }
                ended = postmaster.wait() => ended,
            };
            pid.send_replace(None);
            let status = ended.map_or_else(|error| error.to_string(), |status| status.to_string());
            tracing::error!(status, log = %self.dir.log().display(), "PostgreSQL has ended by itself; starting it again");
            if began.elapsed() >= SETTLED {
                back_off = BACK_OFF_MIN;
            }
            let again = tokio::select! {
                () = stop.cancelled() => None,
                again = self.launch_again(&mut back_off) => Some(again),
            };
            let Some(again) = again else {
                // The one being started is off its leash and ends; the directory is free then.
                if let Err(error) = postmaster::end_left_behind(&self.dir).await {
                    tracing::error!(%error, "PostgreSQL did not stop");
                }
                return;
            };
            postmaster = again;
            pid.send_replace(Some(postmaster.pid()));
        }
    }

    async fn launch_again(&self, back_off: &mut Duration) -> Leashed {
        loop {
            sleep(*back_off).await;
            *back_off = BACK_OFF_MAX.min(*back_off * 2);
            match self.launch().await {
                Ok(postmaster) => return postmaster,
                Err(error) => {
                    tracing::error!(%error, retry_in = ?*back_off, "cannot start PostgreSQL again")
                }
            }
        }
    }
}

fn report(stopped: std::io::Result<ExitStatus>) {
    match stopped {
        Ok(status) if status.success() => tracing::info!("PostgreSQL has stopped"),
        Ok(status) => tracing::warn!(%status, "PostgreSQL has stopped, not cleanly"),
        Err(error) => tracing::error!(%error, "PostgreSQL did not stop"),
    }
}

fn percent_encoded(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut encoded, &byte| {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
                encoded.push(char::from(byte));
            }
            // Writing to a String does not fail.
            _ => drop(write!(encoded, "%{byte:02X}")),
        }
        encoded
    })
}
