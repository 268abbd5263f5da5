//! A child process that ends when we do, whichever way we end.
//!
//! Owns the trick: a shell, tied to us by a pipe, that sees the pipe close even when we are
//! killed by SIGKILL (`PR_SET_PDEATHSIG` would need `unsafe`, and Linux). Ignores what the child
//! is for.

use std::{fs::File, io, path::Path, process::ExitStatus, process::Stdio, time::Duration};

use rustix::process::{Pid, Signal, kill_process};
use tokio::{
    io::AsyncWriteExt,
    process::{Child, ChildStdin, Command},
    time::timeout,
};

use super::system_user::SystemUser;

/// How a server is asked to end, and how long it gets for each: PostgreSQL's fast shutdown, its
/// immediate shutdown, the end.
pub(super) const ENDINGS: [(Signal, Duration); 3] = [
    (Signal::INT, Duration::from_secs(20)),
    (Signal::QUIT, Duration::from_secs(5)),
    (Signal::KILL, Duration::from_secs(5)),
];

/// The shell becomes the program, so that the program's pid and exit status are the child's. The
/// guard is forked twice: it must be nobody's child, for a postmaster takes the end of an unknown
/// child of its own as the crash of a server process. A line through the pipe calls the guard
/// off; the end of the pipe alone means that the owner is gone. SIGINT is repeated because it is
/// lost on a program that has not installed its handler yet.
const SCRIPT: &str = r#"
exec 3<&0
(
  trap '' HUP TERM
  {
    read -r _ && exit
    for _ in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
      kill -INT $$ || exit
      sleep 1
    done
    kill -QUIT $$
  } <&3 >/dev/null 2>&1 &
)
exec "$@" </dev/null 3<&-
"#;

/// A running child. Dropping it lets go of the leash: the child is asked to end, unawaited.
pub(super) struct Leashed {
    child: Child,
    pid: Pid,
    leash: Option<ChildStdin>,
}

impl Leashed {
    /// Starts the program in `directory` as `user`, its output appended to `log`. It gets a
    /// process group of its own, so that Ctrl-C in a terminal reaches us alone.
    pub(super) fn spawn(
        program: &Path,
        arguments: &[std::ffi::OsString],
        directory: &Path,
        user: &SystemUser,
        log: &File,
    ) -> io::Result<Self> {
        let mut command = Command::new("/bin/sh");
        command.args(["-c", SCRIPT, "sh"]).arg(program).args(arguments);
        command.current_dir(directory).process_group(0);
        command.stdin(Stdio::piped()).stdout(log.try_clone()?).stderr(log.try_clone()?);
        // Messages in English, since some are looked for; no setting of a server by accident.
        command.env("LC_ALL", "C");
        ["PGDATA", "PGPORT", "PGCLIENTENCODING", "PGDATESTYLE"].iter().for_each(|name| {
            command.env_remove(name);
        });
        user.run(&mut command);
        let mut child = command.spawn()?;
        // Taken out, because `Child::wait` would close it first.
        let leash = child.stdin.take();
        let pid = child.id().and_then(|id| i32::try_from(id).ok()).and_then(Pid::from_raw);
        let pid = pid.ok_or_else(|| io::Error::other("a child without a pid"))?;
        Ok(Self { child, pid, leash })
    }

    /// The program's pid.
    pub(super) fn pid(&self) -> u32 {
        self.pid.as_raw_nonzero().get().unsigned_abs()
    }

    /// Waits for the child to end by itself. May be cancelled and called again.
    pub(super) async fn wait(&mut self) -> io::Result<ExitStatus> {
        let status = self.child.wait().await?;
        if let Some(mut leash) = self.leash.take() {
            // Its pid may be somebody else's soon. A guard that is gone already is no loss.
            let _ = leash.write_all(b"gone\n").await;
        }
        Ok(status)
    }

    /// Ends the child by [`ENDINGS`], one after the other, and waits for it.
    pub(super) async fn stop(&mut self) -> io::Result<ExitStatus> {
        for (signal, bound) in ENDINGS {
            // It cannot be another process: the pid is ours until `wait` has reaped it. That it
            // has ended meanwhile is what `wait` will say.
            let _ = kill_process(self.pid, signal);
            if let Ok(ended) = timeout(bound, self.wait()).await {
                return ended;
            }
            tracing::warn!(pid = self.pid(), ?signal, "PostgreSQL does not end");
        }
        Err(io::Error::from(io::ErrorKind::TimedOut))
    }
}
