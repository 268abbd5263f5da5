//! The unprivileged user that PostgreSQL runs as when we are root, which it refuses to be.
//!
//! Owns the choice and what follows from it for files and children. Ignores ordinary users: they
//! run PostgreSQL as themselves, and everything here is then a no-op.

use std::{
    fs,
    os::unix::fs::{MetadataExt, chown},
    path::Path,
    process::Stdio,
};

use tokio::process::Command;

use super::error::{Doing, Error};

/// Whose processes and files the cluster's are.
#[derive(Debug, Clone)]
pub(super) enum SystemUser {
    /// We are an ordinary user, and so is PostgreSQL.
    Ourselves,
    /// We are root, and PostgreSQL runs as this user.
    Lesser { name: String, uid: u32, gid: u32 },
}

impl SystemUser {
    /// An existing cluster keeps its owner, so that nothing ever has to be chowned recursively; a
    /// new one belongs to `postgres`, or else to `nobody`.
    pub(super) async fn choose(cluster: &Path) -> Result<Self, Error> {
        if !rustix::process::geteuid().is_root() {
            return Ok(Self::Ourselves);
        }
        if let Some(owner) = fs::metadata(cluster).ok().filter(|meta| meta.uid() != 0) {
            let name = format!("with the id {}", owner.uid());
            return Ok(Self::Lesser { name, uid: owner.uid(), gid: owner.gid() });
        }
        for name in ["postgres", "nobody"] {
            if let (Some(uid), Some(gid)) = (id("-u", name).await, id("-g", name).await) {
                return Ok(Self::Lesser { name: name.to_owned(), uid, gid });
            }
        }
        Err(Error::NoUser)
    }

    /// Makes the child run as this user, without our supplementary groups.
    pub(super) fn run(&self, command: &mut Command) {
        if let Self::Lesser { uid, gid, .. } = self {
            command.uid(*uid).gid(*gid);
        }
    }

    /// Makes the file this user's.
    pub(super) fn own(&self, path: &Path) -> Result<(), Error> {
        match self {
            Self::Ourselves => Ok(()),
            Self::Lesser { uid, gid, .. } => {
                chown(path, Some(*uid), Some(*gid)).doing("give away", path)
            }
        }
    }

    /// Whether the file is this user's.
    pub(super) fn owns(&self, meta: &fs::Metadata) -> bool {
        match self {
            Self::Ourselves => meta.uid() == rustix::process::geteuid().as_raw(),
            Self::Lesser { uid, .. } => meta.uid() == *uid,
        }
    }

    /// Checks that this user can get to the directory, and otherwise names the one in the way.
    /// It is tried, not computed: modes alone would not know of access control lists.
    pub(super) async fn check_way_to(&self, directory: &Path) -> Result<(), Error> {
        let Self::Lesser { name, .. } = self else { return Ok(()) };
        if self.can_enter(directory).await {
            return Ok(());
        }
        let mut outermost_first: Vec<&Path> = directory.ancestors().collect();
        outermost_first.reverse();
        for ancestor in outermost_first {
            if !self.can_enter(ancestor).await {
                return Err(Error::Blocked {
                    user: name.clone(),
                    directory: ancestor.to_path_buf(),
                });
            }
        }
        Ok(())
    }

    async fn can_enter(&self, directory: &Path) -> bool {
        let mut command = Command::new("/bin/sh");
        command.args(["-c", ":"]).current_dir(directory).stdin(Stdio::null());
        self.run(&mut command);
        command.status().await.is_ok_and(|status| status.success())
    }
}

async fn id(which: &str, name: &str) -> Option<u32> {
    let output = Command::new("id").args([which, name]).output().await.ok()?;
    str::from_utf8(&output.stdout).ok()?.trim().parse().ok()
}
