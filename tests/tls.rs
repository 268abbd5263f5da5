//! TLS towards `PostgreSQL`, against real servers with certificates made on the spot.
//!
//! Each test starts a throw-away cluster of its own from the machine's `PostgreSQL` binaries. It owns
//! the meaning of `sslmode` as an operator sees it; parsing of DSNs is tested beside the parser.

#![expect(clippy::unwrap_used, reason = "what fails here fails the test")]

use std::os::unix::fs::{PermissionsExt, chown};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair};
use scrabble_backend::config::Dsn;
use scrabble_backend::postgres::{ConnectError, Connector, Session, SessionOptions};

/// A running `PostgreSQL` that ends, and whose files go, with this value.
struct Server {
    process: Child,
    directory: PathBuf,
    port: u16,
}

/// Which connections `pg_hba.conf` lets in over TCP.
#[derive(Clone, Copy)]
enum Tls {
    Only {
        certificate: Certificate,
    },
    Off,
    /// The server has TLS, but `pg_hba.conf` wants connections without.
    Refused,
}

#[derive(Clone, Copy)]
enum Certificate {
    /// By our authority, for this name.
    For(&'static str),
    /// By itself, for `localhost`, and marked as an authority, as `openssl req -x509` makes it.
    SelfSigned,
}

impl Server {
    async fn start(tls: Tls) -> Self {
        let directory = std::env::temp_dir().join(format!("scrabble-tls-{}", uuid::Uuid::new_v4()));
        std::fs::create_dir(&directory).unwrap();
        let account = database_account();
        if let Some((user, group)) = account {
            chown(&directory, Some(user), Some(group)).unwrap();
        }
        std::fs::set_permissions(&directory, PermissionsExt::from_mode(0o755)).unwrap();
        write_certificates(&directory, tls);
        let data = directory.join("data");
        let status = command("initdb", account)
            .args(["--auth=trust", "--username=scrabble", "--no-sync", "--encoding=UTF8", "-D"])
            .arg(&data)
            .stdout(Stdio::null())
            .status()
            .unwrap();
        assert!(status.success());
        let kind = match tls {
            Tls::Only { .. } => "hostssl",
            Tls::Off => "host",
            Tls::Refused => "hostnossl",
        };
        let hba = format!("local all all trust\n{kind} all all 127.0.0.1/32 trust\n");
        std::fs::write(data.join("pg_hba.conf"), hba).unwrap();
        let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let port = free.local_addr().unwrap().port();
        drop(free);
        let mut postgres = command("postgres", account);
        postgres.arg("-D").arg(&data).args(["-p", &port.to_string(), "-h", "127.0.0.1", "-k"]);
        postgres.arg(&directory).args(["-c", "fsync=off"]);
        if !matches!(tls, Tls::Off) {
            let file = |name| directory.join(name).display().to_string();
            postgres.args(["-c", "ssl=on", "-c", &format!("ssl_cert_file={}", file("server.crt"))]);
            postgres.args(["-c", &format!("ssl_key_file={}", file("server.key"))]);
        }
        let log = std::fs::File::create(directory.join("log")).unwrap();
        let process = postgres.stdout(Stdio::null()).stderr(log).spawn().unwrap();
        let server = Self { process, directory, port };
        server.wait_until_it_answers().await;
        server
    }

    async fn wait_until_it_answers(&self) {
        let mut last = String::new();
        for _ in 0..300 {
            match self.connect_to(&self.socket_host(), "sslmode=disable").await {
                Ok(_) => return,
                Err(error) => last = error.to_string(),
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        let log = std::fs::read_to_string(self.directory.join("log")).unwrap_or_default();
        panic!("PostgreSQL does not answer: {last}\n{log}");
    }

    fn socket_host(&self) -> String {
        self.directory.display().to_string().replace('/', "%2F")
    }

    /// `sslrootcert` for one of the files in the server's directory.
    fn root(&self, name: &str) -> String {
        format!("sslrootcert={}", self.directory.join(name).display())
    }

    async fn connect_to(&self, host: &str, parameters: &str) -> Result<Session, ConnectError> {
        let dsn = format!(
            "postgres://scrabble@{host}:{}/postgres?search_path=backend&{parameters}",
            self.port
        );
        let dsn = Dsn::parse(&dsn).unwrap();
        let connector = Connector::new(&dsn, Duration::from_secs(5)).unwrap();
        connector.connect(SessionOptions::Pooled).await
    }

    /// Connects to `localhost` and says whether the server sees TLS.
    async fn encrypted(&self, parameters: &str) -> Result<bool, String> {
        let session = self.connect_to("localhost", parameters).await;
        let (client, _task) = session.map_err(|error| error.to_string())?;
        let row = client
            .query_one("SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()", &[])
            .await
            .unwrap();
        Ok(row.get(0))
    }

    async fn refusal(&self, parameters: &str) -> String {
        self.encrypted(parameters).await.expect_err(parameters)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // SIGKILL leaves no child behind: each backend ends when its postmaster is gone, and the
        // files are not needed again.
        let _ = self.process.kill();
        let _ = self.process.wait();
        let _ = std::fs::remove_dir_all(&self.directory);
    }
}

fn command(program: &str, account: Option<(u32, u32)>) -> Command {
    let mut command = Command::new(binaries().join(program));
    command.env("LC_ALL", "C").current_dir("/");
    if let Some((user, group)) = account {
        command.uid(user).gid(group);
    }
    command
}

/// The newest `PostgreSQL` of the machine.
fn binaries() -> PathBuf {
    let versions = std::fs::read_dir("/usr/lib/postgresql")
        .expect("the test needs PostgreSQL in /usr/lib/postgresql: apt-get install postgresql");
    let newest = versions
        .filter_map(|entry| entry.ok()?.file_name().to_str()?.parse::<u32>().ok())
        .max()
        .expect("a version of PostgreSQL");
    Path::new("/usr/lib/postgresql").join(newest.to_string()).join("bin")
}

/// Whom `PostgreSQL` runs as: it refuses root, and so root runs it as `postgres`.
fn database_account() -> Option<(u32, u32)> {
    let id = |arguments: &[&str]| {
        let output = Command::new("id").args(arguments).output().unwrap();
        String::from_utf8(output.stdout).unwrap().trim().parse::<u32>().unwrap()
    };
    (id(&["-u"]) == 0).then(|| (id(&["-u", "postgres"]), id(&["-g", "postgres"])))
}

/// Writes ca.crt, foreign.crt, server.crt and server.key.
fn write_certificates(directory: &Path, tls: Tls) {
    let certificate = match tls {
        Tls::Only { certificate } => certificate,
        Tls::Off | Tls::Refused => Certificate::For("localhost"),
    };
    let (ours, foreign) = (authority("ours"), authority("foreign"));
    let key = KeyPair::generate().unwrap();
    let server = match certificate {
        Certificate::For(name) => {
            CertificateParams::new([name.to_owned()]).unwrap().signed_by(&key, &ours).unwrap()
        }
        Certificate::SelfSigned => {
            let mut params = CertificateParams::new(["localhost".to_owned()]).unwrap();
            params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
            params.self_signed(&key).unwrap()
        }
    };
    let write = |name: &str, text: String| {
        let path = directory.join(name);
        std::fs::write(&path, text).unwrap();
        path
    };
    write("ca.crt", ours.pem());
    write("foreign.crt", foreign.pem());
    write("server.crt", server.pem());
    let key = write("server.key", key.serialize_pem());
    // PostgreSQL refuses a key that others can read.
    std::fs::set_permissions(&key, PermissionsExt::from_mode(0o600)).unwrap();
    if let Some((user, group)) = database_account() {
        chown(&key, Some(user), Some(group)).unwrap();
    }
}

fn authority(name: &str) -> CertifiedIssuer<'static, KeyPair> {
    let mut params = CertificateParams::new([]).unwrap();
    params.distinguished_name.push(DnType::CommonName, name);
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap()
}

#[tokio::test]
async fn a_server_with_the_right_name_satisfies_every_mode_that_encrypts() {
    let server = Server::start(Tls::Only { certificate: Certificate::For("localhost") }).await;
    let refusal = server.refusal("sslmode=disable").await;
    assert!(refusal.contains("no encryption"), "{refusal}");
    let (ca, foreign) = (server.root("ca.crt"), server.root("foreign.crt"));
    for parameters in [
        "sslmode=prefer".to_owned(),
        "sslmode=require".to_owned(),
        format!("sslmode=require&{ca}"),
        format!("sslmode=verify-ca&{ca}"),
        format!("sslmode=verify-full&{ca}"),
        format!("sslmode=prefer&{foreign}"),
    ] {
        assert_eq!(server.encrypted(&parameters).await, Ok(true), "{parameters}");
    }
    for parameters in [
        format!("sslmode=require&{foreign}"),
        format!("sslmode=verify-ca&{foreign}"),
        format!("sslmode=verify-full&{foreign}"),
        "sslmode=verify-full&sslrootcert=system".to_owned(),
    ] {
        let refusal = server.refusal(&parameters).await;
        assert!(refusal.contains("UnknownIssuer"), "{parameters}: {refusal}");
    }
}

#[tokio::test]
async fn a_wrong_name_is_refused_by_verify_full_alone() {
    let server = Server::start(Tls::Only { certificate: Certificate::For("elsewhere") }).await;
    let (ca, foreign) = (server.root("ca.crt"), server.root("foreign.crt"));
    assert_eq!(server.encrypted(&format!("sslmode=verify-ca&{ca}")).await, Ok(true));
    assert_eq!(server.encrypted(&format!("sslmode=require&{ca}")).await, Ok(true));
    let refusal = server.refusal(&format!("sslmode=verify-full&{ca}")).await;
    assert!(refusal.contains("not valid for"), "{refusal}");
    let refusal = server.refusal(&format!("sslmode=verify-ca&{foreign}")).await;
    assert!(refusal.contains("UnknownIssuer"), "{refusal}");
}

#[tokio::test]
async fn a_self_signed_certificate_is_trusted_when_it_is_the_root() {
    let server = Server::start(Tls::Only { certificate: Certificate::SelfSigned }).await;
    let (itself, ca) = (server.root("server.crt"), server.root("ca.crt"));
    assert_eq!(server.encrypted(&format!("sslmode=verify-full&{itself}")).await, Ok(true));
    let by_address = server.connect_to("127.0.0.1", &format!("sslmode=verify-full&{itself}")).await;
    assert!(by_address.is_err_and(|error| error.to_string().contains("not valid for")));
    assert!(server.encrypted(&format!("sslmode=verify-ca&{ca}")).await.is_err());
}

#[tokio::test]
async fn without_tls_prefer_goes_plain_and_require_fails() {
    let server = Server::start(Tls::Off).await;
    assert_eq!(server.encrypted("sslmode=prefer").await, Ok(false));
    assert_eq!(server.encrypted("sslmode=disable").await, Ok(false));
    let refusal = server.refusal("sslmode=require").await;
    assert!(refusal.contains("does not support TLS"), "{refusal}");
}

#[tokio::test]
async fn where_tls_is_not_let_in_prefer_goes_plain_as_in_libpq() {
    let server = Server::start(Tls::Refused).await;
    assert_eq!(server.encrypted("sslmode=prefer").await, Ok(false));
    let refusal = server.refusal("sslmode=require").await;
    assert!(refusal.contains("pg_hba.conf"), "{refusal}");
}

#[tokio::test]
async fn sessions_over_a_unix_socket_are_set_up_whatever_sslmode_says() {
    let server = Server::start(Tls::Only { certificate: Certificate::For("localhost") }).await;
    let parameters = "sslmode=require&options=-c%20geqo%3Doff%20-c%20search_path%3Dpublic";
    let (client, task) = server.connect_to(&server.socket_host(), parameters).await.unwrap();
    for (name, expected) in [
        ("search_path", "backend"),
        ("geqo", "off"),
        ("statement_timeout", "5s"),
        ("idle_in_transaction_session_timeout", "5s"),
        ("application_name", "scrabble-backend"),
    ] {
        let row = client.query_one("SELECT current_setting($1)", &[&name]).await.unwrap();
        assert_eq!(row.get::<_, &str>(0), expected, "{name}");
    }
    drop(client);
    tokio::time::timeout(Duration::from_secs(5), task).await.unwrap().unwrap();
}
