//! A PostgreSQL of a test's own, which may be hurt.
//!
//! Made of this machine's binaries, also where the other tests have theirs in a container: what is done
//! to it is done to its processes and to its disk.

use std::path::{Path, PathBuf};
use std::process::{Child, Command};
use std::sync::atomic::{AtomicU32, Ordering};

use rustix::process::{Pid, Signal, kill_process};
use scrabble_backend::dev::{Binaries, Cluster, ClusterOptions, Durability};

use super::server::at_exit;
use super::{Database, eventually};

/// A running server. A crash costs it nothing that was acknowledged.
pub(crate) struct OwnPostgres {
    cluster: Cluster,
    data_dir: PathBuf,
    _reaper: Child,
}

/// All processes of a server, which do nothing until this is dropped.
pub(crate) struct Stopped(Vec<Pid>);

impl OwnPostgres {
    pub(crate) async fn start() -> Self {
        let data_dir = fresh_dir();
        let reaper = at_exit(&["rm", "-rf", path(&data_dir)]);
        Self::start_in(data_dir, reaper).await
    }

    /// One whose disk is so small. `None` where this user may mount nothing.
    pub(crate) async fn start_on_small_disk(megabytes: u32) -> Option<Self> {
        let data_dir = fresh_dir();
        std::fs::create_dir_all(&data_dir).unwrap();
        let size = format!("size={megabytes}m,mode=0755");
        let mut mount = Command::new("mount");
        mount.args(["-t", "tmpfs", "-o", &size, "tmpfs", path(&data_dir)]);
        if !mount.output().is_ok_and(|output| output.status.success()) {
            std::fs::remove_dir_all(&data_dir).unwrap();
            return None;
        }
        let unmount = "umount --lazy \"$0\" && rmdir \"$0\"";
        let reaper = at_exit(&["sh", "-c", unmount, path(&data_dir)]);
        Some(Self::start_in(data_dir, reaper).await)
    }

    async fn start_in(data_dir: PathBuf, reaper: Child) -> Self {
        let binaries = Binaries::find(|name| std::env::var_os(name)).expect("PostgreSQL is here");
        let durability = Durability::Durable;
        let options = ClusterOptions { binaries, data_dir: data_dir.clone(), durability };
        let cluster = Cluster::start(options).await.expect("PostgreSQL starts");
        Self { cluster, data_dir, _reaper: reaper }
    }

    pub(crate) async fn database(&self) -> Database {
        Database::migrated_on(&self.cluster).await
    }

    /// Where its files are.
    pub(crate) fn data_dir(&self) -> &Path {
        &self.data_dir
    }

    /// Kills the postmaster as the kernel does when memory runs out, and waits until the next one is
    /// there.
    pub(crate) async fn kill(&self) {
        let killed = self.cluster.postmaster_pid().expect("it runs");
        kill_process(pid(killed), Signal::KILL).expect("it is there");
        eventually("PostgreSQL is started again", async || {
            self.cluster.postmaster_pid().filter(|pid| *pid != killed)
        })
        .await;
    }

    /// Stops all of its processes where they are.
    pub(crate) async fn stop(&self, database: &Database) -> Stopped {
        let client = database.connect().await;
        let rows = client.query("select pid from pg_stat_activity", &[]).await.unwrap();
        let mut stopped = Stopped(vec![pid(self.cluster.postmaster_pid().expect("it runs"))]);
        // The postmaster first, so that it starts no new ones.
        stopped.0.extend(rows.iter().map(|row| pid(row.get::<_, i32>(0).unsigned_abs())));
        for pid in &stopped.0 {
            kill_process(*pid, Signal::STOP).expect("it is there");
        }
        stopped
    }
}

impl Drop for Stopped {
    fn drop(&mut self) {
        for pid in &self.0 {
            let _ = kill_process(*pid, Signal::CONT);
        }
    }
}

fn pid(number: u32) -> Pid {
    Pid::from_raw(i32::try_from(number).unwrap()).unwrap()
}

fn fresh_dir() -> PathBuf {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let count = COUNT.fetch_add(1, Ordering::Relaxed);
    std::env::temp_dir().join(format!("scrabble-faults-{}-{count}", std::process::id()))
}

fn path(path: &Path) -> &str {
    path.to_str().unwrap()
}
