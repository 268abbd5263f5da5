//! Finds the PostgreSQL server's binaries on this machine.
//!
//! Owns the order of the places and what counts as an installation. Ignores what is done with
//! it, and never installs anything: `scripts/install` does, which looks at the same
//! places.

use std::{
    ffi::{OsStr, OsString},
    fs, io,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    process::Command,
};

/// The oldest PostgreSQL whose SQL the service keeps to.
pub const MAJOR_MIN: u32 = 15;

/// Where packagers put the server besides PATH: a directory, the beginning of the versioned name
/// in it, and what follows the name.
const PACKAGED: &[(&str, &str, &str)] = &[
    ("/usr/lib/postgresql", "", "bin"),          // Debian, Ubuntu
    ("/usr/lib", "postgresql", "bin"),           // openSUSE
    ("/usr/libexec", "postgresql", ""),          // Alpine
    ("/usr", "pgsql-", "bin"),                   // postgresql.org's RPMs
    ("/opt/homebrew/opt", "postgresql@", "bin"), // Homebrew, keg-only
    ("/usr/local/opt", "postgresql@", "bin"),    // Homebrew on Intel
    ("/Applications/Postgres.app/Contents/Versions", "", "bin"),
];

/// The usable installations on this machine, the preferred one first; never empty.
#[derive(Debug, Clone)]
pub struct Binaries {
    installations: Vec<Installation>,
}

/// One directory that holds `initdb` and `postgres`, [`MAJOR_MIN`] or later.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Installation {
    directory: PathBuf,
    major: u32,
}

/// No usable PostgreSQL; the message says the ways out.
#[derive(Debug, thiserror::Error)]
pub enum NotFound {
    /// `BACKEND_PG_BINDIR` is set, so nothing else is tried, and it is no use.
    #[error(
        "BACKEND_PG_BINDIR={} is not usable: {flaw}; it must be a directory with `initdb` and \
         `postgres` of PostgreSQL {MAJOR_MIN} or later (unset it to have the machine searched)",
        directory.display()
    )]
    Configured {
        /// What the variable says.
        directory: PathBuf,
        /// What is wrong with it.
        flaw: Flaw,
    },
    /// None of the places holds one.
    #[error(
        "no PostgreSQL {MAJOR_MIN} or later is on this machine (looked at `pg_config --bindir`, \
         the packages' directories such as /usr/lib/postgresql/*/bin, and PATH{}). Either install \
         its server (scripts/install postgres, or `apt-get install postgresql`, `dnf install \
         postgresql-server`, `brew install postgresql@17`), or set BACKEND_PG_BINDIR to the \
         directory of its `initdb` and `postgres`, or set BACKEND_POSTGRES_DSN to a running \
         server and use `serve`",
        rejected(flaws)
    )]
    Nowhere {
        /// Directories that looked like one, and why they are none.
        flaws: Vec<(PathBuf, Flaw)>,
    },
}

/// Why a directory is no usable installation.
#[derive(Debug, thiserror::Error)]
pub enum Flaw {
    /// An executable is missing.
    #[error("there is no executable `{0}` in it")]
    Lacks(&'static str),
    /// Its `postgres` cannot be asked for its version.
    #[error("its `postgres --version` cannot be run: {0}")]
    Unrunnable(#[source] io::Error),
    /// Its `postgres` answers something unknown.
    #[error("its `postgres --version` answered {0:?}")]
    Unreadable(String),
    /// Older than [`MAJOR_MIN`].
    #[error("it is PostgreSQL {0}, too old")]
    TooOld(u32),
}

impl Binaries {
    /// Looks, in this order, at `BACKEND_PG_BINDIR`, `pg_config --bindir`, the directories of
    /// packages (newest first) and PATH. `environment` reads an environment variable. Runs
    /// `pg_config` and `postgres --version`, some milliseconds each, and blocks meanwhile.
    ///
    /// A set `BACKEND_PG_BINDIR` is the only place: it is an error if it is wrong.
    pub fn find(environment: impl Fn(&str) -> Option<OsString>) -> Result<Self, NotFound> {
        let configured = environment("BACKEND_PG_BINDIR").filter(|value| !value.is_empty());
        if let Some(directory) = configured.map(PathBuf::from) {
            return match inspect(&directory) {
                Ok(installation) => Ok(Self { installations: vec![installation] }),
                Err(flaw) => Err(NotFound::Configured { directory, flaw }),
            };
        }
        search(environment("PATH").as_deref(), PACKAGED)
    }

    /// The one to make a new cluster with.
    pub fn preferred(&self) -> &Installation {
        &self.installations[0]
    }

    /// The preferred one among those of this major version, which an existing cluster needs.
    pub fn of_major(&self, major: u32) -> Option<&Installation> {
        self.installations.iter().find(|installation| installation.major == major)
    }

    /// All of them, the preferred one first.
    pub fn all(&self) -> &[Installation] {
        &self.installations
    }
}

impl Installation {
    /// Where its binaries are.
    pub fn directory(&self) -> &Path {
        &self.directory
    }

    /// Its major version, such as 17.
    pub fn major(&self) -> u32 {
        self.major
    }

    pub(super) fn program(&self, name: &str) -> PathBuf {
        self.directory.join(name)
    }
}

fn search(path: Option<&OsStr>, packaged: &[(&str, &str, &str)]) -> Result<Binaries, NotFound> {
    let path: Vec<PathBuf> =
        path.map(|path| std::env::split_paths(path).collect()).unwrap_or_default();
    let mut installations: Vec<Installation> = Vec::new();
    let mut flaws = Vec::new();
    let mut consider = |directories: Vec<PathBuf>| {
        let mut found = Vec::new();
        for directory in directories {
            match inspect(&directory) {
                Ok(installation) => found.push(installation),
                Err(Flaw::Lacks(_)) => {}
                Err(flaw) => flaws.push((directory, flaw)),
            }
        }
        found.sort_by_key(|installation| std::cmp::Reverse(installation.major));
        for installation in found {
            if !installations.contains(&installation) {
                installations.push(installation);
            }
        }
    };
    consider(pg_config_bindir(&path).into_iter().collect());
    consider(packaged.iter().flat_map(packaged_directories).collect());
    // One at a time: among the directories of PATH the order is the operator's, not the version's.
    path.iter().filter_map(|directory| resolved(directory)).for_each(|one| consider(vec![one]));

    flaws.dedup_by(|(one, _), (other, _)| one == other);
    match installations.is_empty() {
        true => Err(NotFound::Nowhere { flaws }),
        false => Ok(Binaries { installations }),
    }
}

fn inspect(directory: &Path) -> Result<Installation, Flaw> {
    for name in ["initdb", "postgres"] {
        if !is_executable(&directory.join(name)) {
            return Err(Flaw::Lacks(name));
        }
    }
    let answer = output_of(&directory.join("postgres"), "--version").map_err(Flaw::Unrunnable)?;
    match major_in(&answer) {
        Some(major) if major < MAJOR_MIN => Err(Flaw::TooOld(major)),
        Some(major) => {
            // One spelling for one directory, or it would count as two installations.
            let directory = fs::canonicalize(directory).map_err(Flaw::Unrunnable)?;
            Ok(Installation { directory, major })
        }
        None => Err(Flaw::Unreadable(answer)),
    }
}

/// `postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)` → 15, `… 18beta1` → 18.
fn major_in(version: &str) -> Option<u32> {
    let (_, number) = version.split_once("(PostgreSQL) ")?;
    let end = number.find(|c: char| !c.is_ascii_digit()).unwrap_or(number.len());
    number[..end].parse().ok()
}

fn pg_config_bindir(path: &[PathBuf]) -> Option<PathBuf> {
    let pg_config = path
        .iter()
        .map(|directory| directory.join("pg_config"))
        .find(|file| is_executable(file))?;
    let bindir = output_of(&pg_config, "--bindir").ok()?;
    Some(PathBuf::from(bindir)).filter(|bindir| bindir.is_absolute())
}

fn packaged_directories((parent, prefix, suffix): &(&str, &str, &str)) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(parent) else { return Vec::new() };
    entries
        .filter_map(Result::ok)
        .filter(|entry| {
            let name = entry.file_name();
            let version = name.to_str().and_then(|name| name.strip_prefix(prefix));
            version.is_some_and(|version| version.starts_with(|c: char| c.is_ascii_digit()))
        })
        .map(|entry| entry.path().join(suffix))
        .collect()
}

/// The directory that the `postgres` here really lies in: a lone link in a directory of PATH
/// would hide the programs and libraries beside it.
fn resolved(directory: &Path) -> Option<PathBuf> {
    let target = fs::canonicalize(directory.join("postgres")).ok()?;
    let beside = target.parent()?;
    let whole = is_executable(&beside.join("initdb")) && is_executable(&beside.join("postgres"));
    Some(if whole { beside.to_path_buf() } else { directory.to_path_buf() })
}

fn is_executable(file: &Path) -> bool {
    fs::metadata(file).is_ok_and(|meta| meta.is_file() && meta.permissions().mode() & 0o111 != 0)
}

fn output_of(program: &Path, argument: &str) -> io::Result<String> {
    let output = Command::new(program).arg(argument).env("LC_ALL", "C").output()?;
    if !output.status.success() {
        return Err(io::Error::other(output.status.to_string()));
    }
    Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

fn rejected(flaws: &[(PathBuf, Flaw)]) -> String {
    let one = |(directory, flaw): &(PathBuf, Flaw)| format!("; {}: {flaw}", directory.display());
    flaws.iter().map(one).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn directory(name: &str, version: Option<&str>) -> PathBuf {
        let directory =
            std::env::temp_dir().join(format!("binaries-{}-{name}", std::process::id()));
        fs::create_dir_all(&directory).unwrap();
        let answer =
            version.map(|version| format!("#!/bin/sh\necho 'postgres (PostgreSQL) {version}'\n"));
        for program in ["initdb", "postgres"] {
            let Some(answer) = &answer else { continue };
            fs::write(directory.join(program), answer).unwrap();
            let mode = fs::Permissions::from_mode(0o755);
            fs::set_permissions(directory.join(program), mode).unwrap();
        }
        directory
    }

    #[test]
    fn versions_of_releases_and_betas_are_read() {
        assert_eq!(major_in("postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)"), Some(15));
        assert_eq!(major_in("postgres (PostgreSQL) 18beta1"), Some(18));
        assert_eq!(major_in("bash 5"), None);
    }

    #[test]
    fn a_wrong_bindir_is_named_and_nothing_else_is_tried() {
        let empty = directory("empty", None);
        let error = Binaries::find(|name| match name {
            "BACKEND_PG_BINDIR" => Some(empty.clone().into()),
            _ => std::env::var_os(name),
        });
        let message = error.unwrap_err().to_string();
        assert!(message.contains(&format!("BACKEND_PG_BINDIR={}", empty.display())), "{message}");
        assert!(message.contains("no executable `initdb`"), "{message}");
        fs::remove_dir_all(empty).unwrap();
    }

    #[test]
    fn a_machine_without_postgresql_hears_of_every_way_out() {
        let old = directory("old", Some("9.6.24"));
        let message = search(Some(old.as_os_str()), &[]).unwrap_err().to_string();
        for part in
            ["install", "BACKEND_PG_BINDIR", "BACKEND_POSTGRES_DSN", "PostgreSQL 9, too old"]
        {
            assert!(message.contains(part), "{part} is not in: {message}");
        }
        fs::remove_dir_all(old).unwrap();
    }

    #[test]
    fn packages_are_ordered_by_number_and_come_before_path() {
        let root = std::env::temp_dir().join(format!("binaries-{}-packages", std::process::id()));
        for (name, version) in
            [("p/9", "9.1"), ("p/16", "16.1"), ("p/100", "100.0"), ("path", "17.2")]
        {
            let from = directory(&name.replace('/', "-"), Some(version));
            fs::create_dir_all(root.join(name)).unwrap();
            fs::rename(from, root.join(name)).unwrap();
        }
        let parent = root.join("p");
        let found =
            search(Some(root.join("path").as_os_str()), &[(parent.to_str().unwrap(), "", "")])
                .unwrap();
        let majors: Vec<u32> = found.all().iter().map(Installation::major).collect();
        assert_eq!(majors, [100, 16, 17]);
        fs::remove_dir_all(root).unwrap();
    }

    #[test]
    fn a_link_in_path_leads_to_the_directory_it_points_into() {
        let real = directory("real", Some("17.0"));
        let links = directory("links", None);
        std::os::unix::fs::symlink(real.join("postgres"), links.join("postgres")).unwrap();
        let found = search(Some(links.as_os_str()), &[]).unwrap();
        assert_eq!(found.preferred().directory(), fs::canonicalize(&real).unwrap());
        fs::remove_dir_all(real).unwrap();
        fs::remove_dir_all(links).unwrap();
    }
}
