//! A PostgreSQL of our own, for the `dev` command and for the tests.
//!
//! Owns finding the server's binaries on this machine, one cluster in one data directory, the
//! postmaster's life (start, take over, start again, stop) and the address it answers at.
//! Deliberately ignores databases, schemas, migrations and connections: it hands out a DSN and
//! never speaks SQL. Not for production, where an operator brings `BACKEND_POSTGRES_DSN`.
//!
//! A data directory holds `postgres` (the cluster), `run` (its socket), `log` (what the server
//! last said) and `lock` (the pid of the process that owns it all).

mod binaries;
mod cluster;
mod data_dir;
mod error;
mod initdb;
mod leash;
mod postmaster;
mod system_user;

pub use binaries::{Binaries, Installation, MAJOR_MIN, NotFound};
pub use cluster::{Cluster, ClusterOptions};
pub use error::Error;
pub use postmaster::Durability;
