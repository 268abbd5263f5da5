//! One postmaster: from the command line to "ready", and what to do about one that is there
//! already.
//!
//! Owns the server's settings and the reading of `postmaster.pid`. Ignores why it is started and
//! what happens after its end: that is the cluster's supervision.

use std::{
    ffi::OsString,
    fs, io,
    path::{Path, PathBuf},
    process::ExitStatus,
    time::Duration,
};

use rustix::process::{Pid, kill_process};
use tokio::{
    process::Command,
    time::{sleep, timeout},
};

use super::{
    binaries::Installation,
    data_dir::DataDir,
    error::{Doing, Error},
    leash::{ENDINGS, Leashed},
};

/// From the first attempt to "ready", crash recovery and the wait for an earlier one included.
const START_TIMEOUT: Duration = Duration::from_secs(60);
const POLL: Duration = Duration::from_millis(20);
const RETRY: Duration = Duration::from_millis(200);

/// What the server says while processes of a killed postmaster still hold the shared memory.
const STILL_HELD: [&str; 2] = ["pre-existing shared memory block", "Is another postmaster"];

/// What a crash may cost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Durability {
    /// Nothing: an acknowledged commit survives a power cut.
    Durable,
    /// Everything, if the machine itself crashes; nothing if only processes are killed. For
    /// tests, in a directory that is thrown away; takes up to 300 connections.
    FastForTests,
}

/// Starts a postmaster and waits until it is ready.
pub(super) async fn launch(
    dir: &DataDir,
    installation: &Installation,
    durability: Durability,
) -> Result<Leashed, Error> {
    let log = dir.open_log()?;
    let from = log.metadata().doing("look at", dir.log())?.len();
    let program = installation.program("postgres");
    let arguments = arguments(dir, durability);
    let attempts = async {
        loop {
            end_left_behind(dir).await?;
            let from = log.metadata().doing("look at", dir.log())?.len();
            let mut postmaster = Leashed::spawn(&program, &arguments, dir.path(), dir.user(), &log)
                .doing("run", &program)?;
            let Some(status) = ended_instead_of_ready(dir, &mut postmaster).await? else {
                return Ok(postmaster);
            };
            let said = dir.logged_since(from);
            if !STILL_HELD.iter().any(|reason| said.contains(reason)) {
                return Err(Error::Ended { status, log: dir.log(), said });
            }
            tracing::debug!("an earlier PostgreSQL still holds the shared memory");
            sleep(RETRY).await;
        }
    };
    timeout(START_TIMEOUT, attempts).await.unwrap_or_else(|_| {
        let seconds = START_TIMEOUT.as_secs();
        Err(Error::NotReady { seconds, log: dir.log(), said: dir.logged_since(from) })
    })
}

/// Ends a postmaster that a former owner of this directory left, or waits until it has ended, as
/// it does by itself soon after its owner. Whoever calls has the directory's lock, so there is no
/// owner any more.
pub(super) async fn end_left_behind(dir: &DataDir) -> Result<(), Error> {
    for (signal, bound) in ENDINGS {
        let Some(file) = PidFile::read(&dir.cluster()) else { return Ok(()) };
        let raw = file.pid.as_raw_nonzero().get();
        match identify(file.pid, &dir.cluster()).await {
            Process::Ours => {}
            // PostgreSQL has the last word on one that looks like it.
            Process::Gone | Process::OtherPostgres => return Ok(()),
            Process::Stranger => {
                // A number used again, after a reboot or in a container. PostgreSQL would take
                // any live process with it for a postmaster and refuse to start.
                let stale = dir.cluster().join("postmaster.pid");
                return fs::remove_file(&stale).doing("remove", stale);
            }
        }
        tracing::info!(pid = raw, ?signal, "ending the PostgreSQL of an earlier run");
        let _ = kill_process(file.pid, signal);
        let gone = async {
            while let Process::Ours = identify(file.pid, &dir.cluster()).await {
                sleep(POLL).await;
            }
        };
        if timeout(bound, gone).await.is_ok() {
            return Ok(());
        }
    }
    let left = PidFile::read(&dir.cluster()).map(|file| file.pid.as_raw_nonzero().get());
    left.map_or(Ok(()), |pid| Err(Error::LeftBehind { pid: pid.unsigned_abs() }))
}

async fn ended_instead_of_ready(
    dir: &DataDir,
    postmaster: &mut Leashed,
) -> Result<Option<ExitStatus>, Error> {
    let (cluster, pid) = (dir.cluster(), postmaster.pid());
    let ready = async {
        // The file of a killed postmaster says "ready", too: the pid tells them apart.
        let is_ready =
            |file: PidFile| file.ready && file.pid.as_raw_nonzero().get().unsigned_abs() == pid;
        while !PidFile::read(&cluster).is_some_and(is_ready) {
            sleep(POLL).await;
        }
    };
    tokio::select! {
        status = postmaster.wait() => status.map(Some).doing("wait for", cluster.clone()),
        () = ready => Ok(None),
    }
}

fn arguments(dir: &DataDir, durability: Durability) -> Vec<OsString> {
    // Quoted as PostgreSQL wants it in a list of directories.
    let mut sockets = OsString::from("unix_socket_directories=\"");
    sockets.push(dir.sockets());
    sockets.push("\"");
    let (synced, connections) = match durability {
        Durability::Durable => ("on", 100),
        Durability::FastForTests => ("off", 300),
    };
    let settings = [
        "listen_addresses=".to_owned(),
        "port=5432".to_owned(),
        "unix_socket_permissions=0700".to_owned(),
        "logging_collector=off".to_owned(),
        "log_destination=stderr".to_owned(),
        "timezone=UTC".to_owned(),
        "log_timezone=UTC".to_owned(),
        "synchronous_commit=on".to_owned(),
        format!("fsync={synced}"),
        format!("full_page_writes={synced}"),
        format!("max_connections={connections}"),
    ];
    let mut arguments: Vec<OsString> = vec!["-D".into(), dir.cluster().into()];
    for setting in settings.into_iter().map(OsString::from).chain([sockets]) {
        arguments.extend(["-c".into(), setting]);
    }
    arguments
}

/// What `postmaster.pid` says: the pid in its first line, the state in its eighth.
struct PidFile {
    pid: Pid,
    ready: bool,
}

impl PidFile {
    /// `None` while there is none, or none that is written to the end of its first line.
    fn read(cluster: &Path) -> Option<Self> {
        let text = fs::read_to_string(cluster.join("postmaster.pid")).ok()?;
        let mut lines = text.lines();
        let pid = lines.next()?.trim().parse().ok().and_then(Pid::from_raw)?;
        Some(Self { pid, ready: lines.nth(6).is_some_and(|state| state.trim() == "ready") })
    }
}

enum Process {
    Gone,
    Ours,
    OtherPostgres,
    Stranger,
}

/// Tells by its command line, which everybody may read, what process has the pid now.
async fn identify(pid: Pid, cluster: &Path) -> Process {
    let raw = pid.as_raw_nonzero().get();
    let command_line: io::Result<Vec<PathBuf>> = if Path::new("/proc/self/cmdline").exists() {
        fs::read(format!("/proc/{raw}/cmdline")).map(|bytes| {
            use std::os::unix::ffi::OsStringExt;
            let arguments =
                bytes.split(|byte| *byte == 0).map(|part| OsString::from_vec(part.to_vec()));
            arguments.map(PathBuf::from).collect()
        })
    } else {
        let ps = Command::new("ps").args(["-o", "command=", "-p", &raw.to_string()]).output().await;
        ps.map(|output| {
            // Its words, and the whole of it for a directory with spaces in its name.
            String::from_utf8_lossy(&output.stdout).split_whitespace().map(PathBuf::from).collect()
        })
    };
    // A process without a command line has ended and is not reaped yet.
    let Ok(arguments) = command_line else { return Process::Gone };
    match arguments.first().and_then(|program| program.file_name()) {
        None => Process::Gone,
        Some(name) if name == "postgres" || name == "postmaster" => {
            let ours = arguments.iter().any(|argument| argument == cluster);
            if ours { Process::Ours } else { Process::OtherPostgres }
        }
        Some(_) => Process::Stranger,
    }
}
