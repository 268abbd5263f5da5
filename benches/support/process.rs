//! The programs that a bench runs beside itself: itself in another role, mostly as the service.
//!
//! Owns their start, their end, and the reading of what they have cost.

use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use scrabble_backend::app::App;
use scrabble_backend::config::Config;
use scrabble_backend::telemetry::{self, Telemetry};
use scrabble_backend::time::Clock;

/// Runs a role on a runtime with one worker thread.
pub(crate) fn on_one_worker(work: impl Future<Output = ()>) {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .expect("a runtime starts")
        .block_on(work);
}

/// The service as `serve` runs it; it prints where it listens once it is ready.
pub(crate) async fn serve_app(config: Config) {
    let telemetry =
        Telemetry::start(&config.telemetry, config.log_level, Box::new(std::io::stderr()))
            .expect("telemetry starts");
    telemetry::log_panics();
    let app = App::build(config, &telemetry.metrics(), Clock::system()).await.expect("it listens");
    let (addr, readiness) = (app.local_addr(), app.readiness());
    let announcing = async {
        readiness.opened().await;
        println!("{addr}");
        std::future::pending::<()>().await;
    };
    tokio::select! {
        outcome = app.run(std::future::pending()) => outcome.expect("the database is there"),
        () = announcing => {}
    }
}

/// This program, or another build of it, in another role, until it is dropped.
pub(crate) struct Process {
    process: Child,
    pub(crate) addr: SocketAddr,
}

impl Process {
    pub(crate) fn start(program: &Path, role: &str, environment: &[(&str, String)]) -> Self {
        let mut process = Command::new(program)
            .arg(role)
            .envs(environment.iter().map(|(name, value)| (name, value)))
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("this program runs again");
        let mut line = String::new();
        BufReader::new(process.stdout.take().expect("it is piped"))
            .read_line(&mut line)
            .expect("it says where it listens");
        Self { process, addr: line.trim().parse().expect("an address") }
    }

    /// User and system time so far, in ticks of 10 ms.
    #[allow(dead_code, reason = "a bench of times needs no costs")]
    pub(crate) fn cpu_ticks(&self) -> (u64, u64) {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.process.id()))
            .expect("it is running");
        // The name may hold spaces; behind it the state is field 3, and the times are 14 and 15.
        let fields: Vec<&str> =
            stat.rsplit(')').next().unwrap_or_default().split_whitespace().collect();
        (fields[11].parse().expect("a number"), fields[12].parse().expect("a number"))
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
