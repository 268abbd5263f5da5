//! What can go wrong with a PostgreSQL of our own. Owns the wording: these messages are read by
//! somebody who has just typed `dev`, so each says what to do where there is something to do.

use std::{io, path::PathBuf, process::ExitStatus};

use super::binaries::{MAJOR_MIN, NotFound};

/// Why a cluster did not start. None of these is worth a retry without a change on the machine.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A file operation failed.
    #[error("cannot {doing} {}", path.display())]
    Io {
        /// What was being done, as in "cannot …".
        doing: &'static str,
        /// With which file or directory.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// No binaries of PostgreSQL can be used.
    #[error(transparent)]
    Binaries(#[from] NotFound),
    /// No data directory is given and none can be derived.
    #[error(
        "neither HOME nor XDG_DATA_HOME is set: set BACKEND_DEV_DATA_DIR to a directory for the database"
    )]
    NoDataDir,
    /// Another process of ours owns the data directory.
    #[error(
        "{} is in use by process {pid}: stop that one, or set BACKEND_DEV_DATA_DIR to another directory",
        data_dir.display()
    )]
    InUse {
        /// The directory.
        data_dir: PathBuf,
        /// Its owner's pid as it wrote it down.
        pid: String,
    },
    /// We are root, PostgreSQL must not be, and there is nobody to run it as.
    #[error(
        "PostgreSQL refuses to run as root, and there is neither a user `postgres` nor `nobody` to run it as"
    )]
    NoUser,
    /// The unprivileged user cannot reach the data directory.
    #[error(
        "user {user}, as whom PostgreSQL runs because root is refused, may not enter {}: \
         `chmod a+x` it, or set BACKEND_DEV_DATA_DIR to a directory outside of it",
        directory.display()
    )]
    Blocked {
        /// The unprivileged user.
        user: String,
        /// The outermost directory that is in the way.
        directory: PathBuf,
    },
    /// The cluster needs binaries of a version that is not here.
    #[error(
        "the database in {} was made by PostgreSQL {cluster}, and only {found} is found here: install \
         PostgreSQL {cluster}, or set BACKEND_DEV_DATA_DIR to a new directory (this needs {MAJOR_MIN} or later)",
        data_dir.display()
    )]
    WrongMajor {
        /// The directory.
        data_dir: PathBuf,
        /// The cluster's version, as its `PG_VERSION` has it.
        cluster: String,
        /// The versions at hand.
        found: String,
    },
    /// `initdb` failed.
    #[error("initdb failed ({status}); it said in {}:\n{said}", log.display())]
    Initdb {
        /// How it ended.
        status: ExitStatus,
        /// The log file.
        log: PathBuf,
        /// The last lines.
        said: String,
    },
    /// The server ended instead of getting ready.
    #[error("PostgreSQL ended while starting ({status}); it said in {}:\n{said}", log.display())]
    Ended {
        /// How it ended.
        status: ExitStatus,
        /// The log file.
        log: PathBuf,
        /// The last lines.
        said: String,
    },
    /// The server did not get ready in time.
    #[error("PostgreSQL was not ready within {seconds} s; it said in {}:\n{said}", log.display())]
    NotReady {
        /// The bound.
        seconds: u64,
        /// The log file.
        log: PathBuf,
        /// The last lines.
        said: String,
    },
    /// A server of an earlier owner does not go away.
    #[error("an earlier PostgreSQL (process {pid}) does not end, not even by SIGKILL")]
    LeftBehind {
        /// Its pid.
        pid: u32,
    },
}

/// Gives an [`io::Error`] the sentence it lacks.
pub(super) trait Doing<T> {
    fn doing(self, doing: &'static str, path: impl Into<PathBuf>) -> Result<T, Error>;
}

impl<T> Doing<T> for io::Result<T> {
    fn doing(self, doing: &'static str, path: impl Into<PathBuf>) -> Result<T, Error> {
        self.map_err(|source| Error::Io { doing, path: path.into(), source })
    }
}
