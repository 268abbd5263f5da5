//! The service as a process of its own, as it is deployed, with all that it prints.

use std::future::ready;
use std::io::{BufRead, BufReader, Read};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::thread::JoinHandle;

use rustix::process::{Pid, Signal, kill_process};

use super::{Client, eventually};

/// A running process. It does not outlive a test that fails.
pub(crate) struct Process {
    child: Child,
    pub(crate) client: Client,
    stdout: Option<JoinHandle<String>>,
    stderr: Option<JoinHandle<String>>,
}

impl Process {
    /// Starts it on a database, and waits until it is ready.
    pub(crate) async fn start(dsn: &str, variables: &[(&str, &str)]) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_scrabble-backend"))
            .env("BACKEND_POSTGRES_DSN", dsn)
            .env("BACKEND_HTTP_ADDR", "127.0.0.1:0")
            .envs(variables.iter().copied())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the program starts");
        let mut printed = child.stdout.take().expect("it is a pipe");
        let stdout = std::thread::spawn(move || {
            let mut text = String::new();
            printed.read_to_string(&mut text).map(|_| text).expect("what is printed is text")
        });
        let (addr, stderr) = follow(BufReader::new(child.stderr.take().expect("it is a pipe")));
        let addr = addr.recv().expect("the service says where it listens");
        let client = Client::new(addr.parse().expect("where it listens is an address"));
        let process = Self { child, client, stdout: Some(stdout), stderr: Some(stderr) };
        eventually("readiness", async || {
            (process.client.get("/readyz").send().await.status == 200).then_some(())
        })
        .await;
        process
    }

    /// Its number in the system.
    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// Kills it, as the kernel does when memory runs out.
    pub(crate) fn kill(self) {
        drop(self);
    }

    /// Asks it to end; gives its exit code and all that it has printed.
    pub(crate) async fn end(mut self) -> (Option<i32>, String) {
        kill_process(Pid::from_child(&self.child), Signal::TERM).expect("it is there");
        let wait = || ready(self.child.try_wait().expect("it is ours"));
        let status = eventually("the process ends", wait).await;
        let printed = [self.stdout.take(), self.stderr.take()];
        let text = printed.into_iter().flatten().map(|part| part.join().expect("it is read"));
        (status.code(), text.collect())
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Reads the log to its end on a thread; hands over where the service listens as soon as it says so.
fn follow(lines: impl BufRead + Send + 'static) -> (mpsc::Receiver<String>, JoinHandle<String>) {
    let (found, addr) = mpsc::channel();
    let whole = std::thread::spawn(move || {
        let mut text = String::new();
        for line in lines.lines() {
            let line = line.expect("the log is text");
            let event: serde_json::Value =
                serde_json::from_str(&line).expect("every line of the log is JSON");
            if let Some(address) = event["address"].as_str() {
                let _ = found.send(address.to_owned());
            }
            text.push_str(&line);
            text.push('\n');
        }
        text
    });
    (addr, whole)
}
