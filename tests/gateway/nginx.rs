//! An nginx of a test's own, with the example's configuration: only ports and paths are others.

use std::fs::{self, File, Permissions};
use std::future::ready;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::process::{Child, Command};
use std::sync::atomic::{AtomicU32, Ordering};

use rustix::process::{Pid, Signal, kill_process};

use crate::support::eventually;

const EXAMPLE: &str = include_str!("../../examples/nginx/nginx.conf");

/// Between the choice of a free port and nginx's use of it somebody else may take it.
const STARTS_MAX: usize = 5;

/// What nginx is to stand before.
pub(crate) struct Upstreams {
    pub(crate) backends: [SocketAddr; 2],
    pub(crate) login: SocketAddr,
    pub(crate) secret: &'static str,
    pub(crate) operators: &'static str,
}

/// A running nginx. It ends with this value.
pub(crate) struct Nginx {
    child: Child,
    directory: PathBuf,
    pub(crate) addr: SocketAddr,
}

/// A port of the loopback interface that was free a moment ago.
pub(crate) fn free_addr() -> SocketAddr {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap()
}

impl Nginx {
    pub(crate) async fn start(upstreams: &Upstreams) -> Self {
        for _ in 0..STARTS_MAX {
            let mut nginx = Self::spawn(upstreams);
            let is_up = eventually("nginx takes connections, or ends", || {
                let has_ended = nginx.child.try_wait().unwrap().is_some();
                let is_up = TcpStream::connect(nginx.addr).is_ok();
                ready((has_ended || is_up).then_some(!has_ended))
            });
            if is_up.await {
                return nginx;
            }
            let log = nginx.log();
            assert!(log.contains("Address already in use"), "nginx does not start: {log}");
        }
        panic!("nginx finds no free port");
    }

    /// What it has to complain of.
    pub(crate) fn log(&self) -> String {
        fs::read_to_string(self.directory.join("error.log")).unwrap()
    }

    fn spawn(upstreams: &Upstreams) -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let name = format!("scrabble-nginx-{}-{count}", std::process::id());
        let directory = std::env::temp_dir().join(name);
        fs::create_dir_all(&directory).unwrap();
        let path = |name: &str| directory.join(name).to_str().unwrap().to_owned();
        let addr = free_addr();

        let [one, other] = upstreams.backends;
        let mut text = EXAMPLE.to_owned();
        for (in_example, here) in [
            ("listen 8080;", format!("listen {addr};")),
            ("127.0.0.1:8081 ", format!("{one} ")),
            ("127.0.0.1:8082 ", format!("{other} ")),
            ("127.0.0.1:8083;", format!("{};", upstreams.login)),
            ("/etc/nginx/gateway_secret.conf", path("gateway_secret.conf")),
            ("/var/log/nginx/gateway.log", path("gateway.log")),
            ("10.8.0.0/24", upstreams.operators.to_owned()),
            ("\nhttp {\n", format!("\nhttp {{\n{}", temporary_paths(&directory))),
        ] {
            assert_eq!(text.matches(in_example).count(), 1, "{in_example} in the example");
            text = text.replace(in_example, &here);
        }
        fs::write(path("nginx.conf"), text).unwrap();
        let secret = format!("set $gateway_secret \"{}\";\n", upstreams.secret);
        fs::write(path("gateway_secret.conf"), secret).unwrap();
        fs::set_permissions(path("gateway_secret.conf"), Permissions::from_mode(0o600)).unwrap();

        // An ordinary user's PATH may lack where Debian puts it.
        let search = format!("{}:/usr/sbin:/usr/local/sbin", std::env::var("PATH").unwrap());
        let child = Command::new("nginx")
            .env("PATH", search)
            .args(["-p", &path(""), "-c", &path("nginx.conf"), "-e", "stderr"])
            .args(["-g", &format!("daemon off; pid {};", path("nginx.pid"))])
            .stderr(File::create(path("error.log")).unwrap())
            .spawn()
            .expect("nginx is installed; scripts/install nginx does it");
        Self { child, directory, addr }
    }
}

impl Drop for Nginx {
    fn drop(&mut self) {
        // Not killed: its workers would live on.
        let pid = Pid::from_child(&self.child);
        let _ = kill_process(pid, Signal::TERM);
        let _ = self.child.wait();
        let _ = fs::remove_dir_all(&self.directory);
    }
}

/// Where an ordinary user may write.
fn temporary_paths(directory: &std::path::Path) -> String {
    ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
        .map(|what| format!("    {what}_temp_path {}/{what};\n", directory.display()))
        .concat()
}
