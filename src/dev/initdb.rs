//! Makes the cluster, once. Owns that it is whole or not there: it grows under another name and
//! is renamed at the end, so that an interrupted `initdb` is never taken for a cluster.

use std::{ffi::OsString, fs, fs::File, process::ExitStatus};

use super::{
    Durability,
    binaries::{Binaries, Installation},
    data_dir::DataDir,
    error::{Doing, Error},
    leash::Leashed,
};

const UNFINISHED: &str = "postgres.unfinished-";

/// The installation that fits the cluster in the directory, which is made if there is none.
pub(super) async fn cluster_in(
    dir: &DataDir,
    binaries: &Binaries,
    durability: Durability,
) -> Result<Installation, Error> {
    let version_file = dir.cluster().join("PG_VERSION");
    if !fs::exists(&version_file).doing("look at", &version_file)? {
        remove_unfinished(dir);
        make(dir, binaries.preferred(), durability).await?;
        return Ok(binaries.preferred().clone());
    }
    let version = fs::read_to_string(&version_file).doing("read", &version_file)?;
    let version = version.trim();
    let fitting = version.parse().ok().and_then(|major| binaries.of_major(major));
    fitting.cloned().ok_or_else(|| {
        let majors = binaries.all().iter().map(|one| one.major().to_string());
        Error::WrongMajor {
            data_dir: dir.path().to_path_buf(),
            cluster: version.to_owned(),
            found: majors.collect::<Vec<_>>().join(", "),
        }
    })
}

/// What an earlier owner left. It may even be at it still, for some moments after its death: the
/// name has the owner's pid in it, so that the two do not meet. What cannot be removed is no harm.
fn remove_unfinished(dir: &DataDir) {
    for entry in fs::read_dir(dir.path()).into_iter().flatten().flatten() {
        if entry.file_name().to_string_lossy().starts_with(UNFINISHED) {
            let _ = fs::remove_dir_all(entry.path());
        }
    }
}

async fn make(
    dir: &DataDir,
    installation: &Installation,
    durability: Durability,
) -> Result<(), Error> {
    tracing::info!(
        data_dir = %dir.path().display(),
        major = installation.major(),
        "making a new PostgreSQL database"
    );
    let unfinished = dir.path().join(format!("{UNFINISHED}{}", std::process::id()));
    // Characters beyond ASCII have an upper and a lower case in C.UTF-8 only; not every system
    // has that locale.
    let mut attempt = (ExitStatus::default(), String::new());
    for locale in ["C.UTF-8", "C"] {
        let mut arguments: Vec<OsString> = vec!["-D".into(), unfinished.clone().into()];
        arguments.extend(["-U", "postgres", "-A", "trust", "-E", "UTF8"].map(OsString::from));
        arguments.extend(["--locale".into(), locale.into(), "--no-instructions".into()]);
        if durability == Durability::FastForTests {
            arguments.push("--no-sync".into());
        }
        attempt = initdb(dir, installation, &arguments).await?;
        if attempt.0.success() || !attempt.1.contains("invalid locale") {
            break;
        }
    }
    let (status, said) = attempt;
    if !status.success() {
        return Err(Error::Initdb { status, log: dir.log(), said });
    }
    fs::rename(&unfinished, dir.cluster()).doing("put in place", dir.cluster())?;
    // The name, too, is to survive a power cut.
    File::open(dir.path()).and_then(|directory| directory.sync_all()).doing("sync", dir.path())
}

async fn initdb(
    dir: &DataDir,
    installation: &Installation,
    arguments: &[OsString],
) -> Result<(ExitStatus, String), Error> {
    let program = installation.program("initdb");
    let log = dir.open_log()?;
    let from = log.metadata().doing("look at", dir.log())?.len();
    let mut child =
        Leashed::spawn(&program, arguments, dir.path(), dir.user(), &log).doing("run", &program)?;
    let status = child.wait().await.doing("wait for", &program)?;
    Ok((status, dir.logged_since(from)))
}
