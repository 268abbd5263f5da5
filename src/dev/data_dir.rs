//! The data directory: where it is, whose it is, what lies in it.
//!
//! Owns the paths, their modes and owners, the lock that keeps two of us apart, the socket's
//! directory and the log. Ignores what is inside the cluster.

use std::{
    ffi::OsString,
    fs::{self, DirBuilder, File, OpenOptions, Permissions, TryLockError},
    hash::{DefaultHasher, Hash, Hasher},
    io::{self, Read, Seek, SeekFrom, Write},
    os::unix::{
        ffi::OsStrExt,
        fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt},
    },
    path::{Path, PathBuf},
};

use super::{
    error::{Doing, Error},
    system_user::SystemUser,
};

/// Of `sockaddr_un::sun_path` without its final NUL; macOS has four bytes less than Linux.
const SOCKET_PATH_BYTES_MAX: usize = if cfg!(target_os = "linux") { 107 } else { 103 };
const SOCKET_NAME: &str = "/.s.PGSQL.5432";

/// How much of the log an error shows.
const LINES_SHOWN_MAX: usize = 15;
const LOG_READ_BYTES_MAX: u64 = 64 * 1024;

/// Where the database of `dev` lives: `BACKEND_DEV_DATA_DIR`, or else a directory of the system's
/// for root and of the user's for everyone else. `environment` reads an environment variable.
pub(super) fn default_data_dir(
    environment: impl Fn(&str) -> Option<OsString>,
) -> Result<PathBuf, Error> {
    let directory =
        |name: &str| environment(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    if let Some(chosen) = directory("BACKEND_DEV_DATA_DIR") {
        return Ok(chosen);
    }
    if rustix::process::geteuid().is_root() {
        return Ok(PathBuf::from("/var/lib/scrabble-backend/dev"));
    }
    // The XDG specification has relative paths ignored.
    let data = directory("XDG_DATA_HOME").filter(|path| path.is_absolute());
    let data = data.or_else(|| directory("HOME").map(|home| home.join(".local/share")));
    data.map(|data| data.join("scrabble-backend/dev")).ok_or(Error::NoDataDir)
}

/// A data directory that is ours alone for as long as this value lives.
#[derive(Debug)]
pub(super) struct DataDir {
    path: PathBuf,
    sockets: PathBuf,
    user: SystemUser,
    /// The lock is the system's: it goes when we go, however we go.
    _lock: File,
}

impl DataDir {
    /// Makes the directory where it is missing, takes the lock, empties the log.
    pub(super) async fn open(path: &Path) -> Result<Self, Error> {
        make_directories(path)?;
        // One spelling, by which a running postmaster can be told to be this directory's.
        let path = fs::canonicalize(path).doing("find", path)?;
        let lock = lock(&path)?;
        let user = SystemUser::choose(&path.join("postgres")).await?;
        user.own(&path)?;
        user.own(&path.join("lock"))?;
        user.check_way_to(&path).await?;

        let sockets = sockets_of(&path);
        make_private(&sockets, &user)?;
        let this = Self { path, sockets, user, _lock: lock };
        this.open_log()?.set_len(0).doing("empty", this.log())?;
        user_owns_log(&this)?;
        Ok(this)
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// PostgreSQL's own directory; it exists only when it is whole.
    pub(super) fn cluster(&self) -> PathBuf {
        self.path.join("postgres")
    }

    /// The directory of the unix socket.
    pub(super) fn sockets(&self) -> &Path {
        &self.sockets
    }

    pub(super) fn user(&self) -> &SystemUser {
        &self.user
    }

    pub(super) fn log(&self) -> PathBuf {
        self.path.join("log")
    }

    /// The log, for appending.
    pub(super) fn open_log(&self) -> Result<File, Error> {
        let mut options = OpenOptions::new();
        options.create(true).append(true).mode(0o600);
        options.open(self.log()).doing("open", self.log())
    }

    /// What was logged behind byte `from`, the last lines of it; empty if it cannot be read,
    /// since it only ever explains another error.
    pub(super) fn logged_since(&self, from: u64) -> String {
        let read = || -> io::Result<String> {
            let mut file = File::open(self.log())?;
            let end = file.metadata()?.len();
            file.seek(SeekFrom::Start(from.max(end.saturating_sub(LOG_READ_BYTES_MAX))))?;
            let mut bytes = Vec::new();
            file.take(LOG_READ_BYTES_MAX).read_to_end(&mut bytes)?;
            Ok(String::from_utf8_lossy(&bytes).into_owned())
        };
        let text = read().unwrap_or_default();
        let lines: Vec<&str> = text.lines().collect();
        lines[lines.len().saturating_sub(LINES_SHOWN_MAX)..].join("\n")
    }
}

fn user_owns_log(dir: &DataDir) -> Result<(), Error> {
    dir.user.own(&dir.log())
}

/// As `mkdir -p`, but a strict umask of root's does not lock out the user we run PostgreSQL as.
fn make_directories(path: &Path) -> Result<(), Error> {
    let path = std::path::absolute(path).doing("find", path)?;
    let missing: Vec<&Path> = path.ancestors().take_while(|ancestor| !ancestor.exists()).collect();
    for directory in missing.into_iter().rev() {
        match fs::create_dir(directory) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => continue,
            made => made.doing("make", directory)?,
        }
        let mode = if directory == path { 0o700 } else { 0o755 };
        fs::set_permissions(directory, Permissions::from_mode(mode)).doing("open up", directory)?;
    }
    Ok(())
}

fn lock(path: &Path) -> Result<File, Error> {
    let file = path.join("lock");
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false).mode(0o600);
    let mut lock = options.open(&file).doing("open", &file)?;
    match lock.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => {
            let mut pid = String::new();
            lock.read_to_string(&mut pid).doing("read", &file)?;
            let pid = pid.trim().to_owned();
            return Err(Error::InUse { data_dir: path.to_path_buf(), pid });
        }
        Err(TryLockError::Error(error)) => return Err(error).doing("lock", &file),
    }
    lock.set_len(0).doing("empty", &file)?;
    writeln!(lock, "{}", std::process::id()).doing("write", &file)?;
    Ok(lock)
}

/// `run` in the data directory, unless that is too deep for a socket's address or has a comma,
/// which separates hosts in a DSN. Then a short one, always the same for the same data directory.
fn sockets_of(path: &Path) -> PathBuf {
    let fits = |directory: &Path| {
        let bytes = directory.as_os_str().as_bytes();
        bytes.len() + SOCKET_NAME.len() <= SOCKET_PATH_BYTES_MAX && !bytes.contains(&b',')
    };
    let mut hasher = DefaultHasher::new();
    path.hash(&mut hasher);
    let short = format!("scrabble-backend-{:016x}", hasher.finish());
    let candidates = [path.join("run"), std::env::temp_dir().join(&short)];
    candidates.into_iter().find(|one| fits(one)).unwrap_or_else(|| Path::new("/tmp").join(short))
}

/// A directory for this user alone. One that is there already must be just that: the temporary
/// directory is everybody's, and whoever owns the socket's directory owns the connections.
fn make_private(directory: &Path, user: &SystemUser) -> Result<(), Error> {
    match DirBuilder::new().mode(0o700).create(directory) {
        Ok(()) => user.own(directory)?,
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
        Err(error) => return Err(error).doing("make", directory),
    }
    let meta = fs::symlink_metadata(directory).doing("look at", directory)?;
    if !meta.is_dir() || !user.owns(&meta) {
        let error = io::Error::other("something of another user is in its place");
        return Err(error).doing("use", directory);
    }
    fs::set_permissions(directory, Permissions::from_mode(0o700)).doing("close off", directory)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_variable_names_the_directory_and_an_empty_one_does_not() {
        let set = |value: &'static str| {
            default_data_dir(move |name| (name == "BACKEND_DEV_DATA_DIR").then(|| value.into()))
        };
        assert_eq!(set("/some/where").unwrap(), Path::new("/some/where"));
        assert!(set("").is_err() || rustix::process::geteuid().is_root());
    }

    #[test]
    fn the_socket_lies_in_the_data_directory_unless_that_is_too_deep() {
        assert_eq!(sockets_of(Path::new("/data")), Path::new("/data/run"));
        let deep = PathBuf::from(format!("/{}", "deep/".repeat(30)));
        let sockets = sockets_of(&deep);
        assert!(sockets.as_os_str().len() + SOCKET_NAME.len() <= SOCKET_PATH_BYTES_MAX);
        assert_eq!(sockets, sockets_of(&deep));
        assert_ne!(sockets, sockets_of(&deep.join("other")));
        assert!(!sockets_of(Path::new("/a,b")).starts_with("/a,b"));
    }
}
