//! A mail server of the test's own: SMTP over a real socket, in clear or by TLS, as good or bad as asked.
//!
//! Keeps what it is sent and passes nothing on. It can be taken down and up again on the same port.

use std::collections::HashMap;
use std::future::pending;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use mail_parser::{Message, MessageParser};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use rustls::ServerConfig;
use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncWrite, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpSocket};
use tokio::task::JoinHandle;
use tokio_rustls::TlsAcceptor;

use super::eventually;

/// The name and the password that it wants where it has TLS.
const CREDENTIALS: (&str, &str) = ("scrabble", "hunter2");
/// The same as `AUTH PLAIN` has them.
const PLAIN: &str = "AHNjcmFiYmxlAGh1bnRlcjI=";

/// The server, until it is dropped.
pub(crate) struct MailServer {
    addr: SocketAddr,
    shared: Arc<Shared>,
    root_cert: Option<PathBuf>,
    accepting: Option<JoinHandle<()>>,
}

/// How the way to it is kept secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tls {
    None,
    Required,
    Implicit,
}

/// A point of the conversation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum At {
    Greeting,
    Auth,
    Recipient,
    /// The message has arrived whole.
    Message,
}

/// What it says there, instead of what it should.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Reply {
    Line(&'static str),
    /// Nothing, without hanging up.
    Silence,
}

/// A mail that has arrived; whether it was taken is another matter.
#[derive(Debug, Clone)]
pub(crate) struct Received {
    pub(crate) to: String,
    pub(crate) raw: String,
}

struct Shared {
    tls: Tls,
    acceptor: Option<TlsAcceptor>,
    replies: Mutex<HashMap<At, Reply>>,
    received: Mutex<Vec<Received>>,
    conversations: Mutex<usize>,
    authentications: Mutex<usize>,
}

trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}
impl<S: AsyncRead + AsyncWrite + Send + Unpin> Stream for S {}

impl MailServer {
    pub(crate) async fn start() -> Self {
        Self::with(Tls::None, "localhost").await
    }

    /// One whose certificate, by an authority of its own, is for this name.
    pub(crate) async fn with(tls: Tls, name: &str) -> Self {
        let (acceptor, root_cert) = if tls == Tls::None {
            (None, None)
        } else {
            let (acceptor, root) = certified(name);
            (Some(acceptor), Some(root))
        };
        let shared = Arc::new(Shared {
            tls,
            acceptor,
            replies: Mutex::default(),
            received: Mutex::default(),
            conversations: Mutex::default(),
            authentications: Mutex::default(),
        });
        let mut server =
            Self { addr: ([127, 0, 0, 1], 0).into(), shared, root_cert, accepting: None };
        server.up();
        server
    }

    /// What the service is told of it.
    pub(crate) fn variables(&self) -> [(&'static str, String); 2] {
        let port = self.addr.port();
        let (user, password) = CREDENTIALS;
        let root = self.root_cert.as_ref().map(|path| path.display().to_string());
        let url = match (self.shared.tls, root) {
            (Tls::Required, Some(root)) => {
                format!("smtp://{user}:{password}@localhost:{port}?tlsrootcert={root}")
            }
            (Tls::Implicit, Some(root)) => {
                format!("smtps://{user}:{password}@localhost:{port}?tlsrootcert={root}")
            }
            _ => format!("smtp://127.0.0.1:{port}?tls=none"),
        };
        let from = "Scrabble <no-reply@scrabble.example>".to_owned();
        [("BACKEND_SMTP_URL", url), ("BACKEND_MAIL_FROM", from)]
    }

    /// Listens, for the first time or again.
    pub(crate) fn up(&mut self) {
        let socket = TcpSocket::new_v4().unwrap();
        socket.set_reuseaddr(true).unwrap();
        socket.bind(self.addr).unwrap();
        self.addr = socket.local_addr().unwrap();
        let listener = socket.listen(64).unwrap();
        self.accepting = Some(tokio::spawn(accept(listener, Arc::clone(&self.shared))));
    }

    /// Nobody listens any more.
    pub(crate) async fn down(&mut self) {
        if let Some(accepting) = self.accepting.take() {
            accepting.abort();
            let _ = accepting.await;
        }
    }

    /// From now on says this there.
    pub(crate) fn reply(&self, at: At, reply: Reply) {
        self.shared.replies.lock().unwrap().insert(at, reply);
    }

    /// From now on says what it should.
    pub(crate) fn behave(&self) {
        self.shared.replies.lock().unwrap().clear();
    }

    pub(crate) fn received(&self) -> Vec<Received> {
        self.shared.received.lock().unwrap().clone()
    }

    /// How many have connected.
    pub(crate) fn conversations(&self) -> usize {
        *self.shared.conversations.lock().unwrap()
    }

    /// How often it was told a password.
    pub(crate) fn authentications(&self) -> usize {
        *self.shared.authentications.lock().unwrap()
    }

    /// The mails to an address, once there are so many.
    pub(crate) async fn mails_to(&self, address: &str, count: usize) -> Vec<Received> {
        eventually(&format!("{count} mails to {address}"), async || {
            let mut mails = self.received();
            mails.retain(|mail| mail.to == address);
            (mails.len() >= count).then_some(mails)
        })
        .await
    }

    /// The mails to an address, but for repetitions: one that is on its way when a test moves the clock
    /// past its lease is sent again.
    pub(crate) fn distinct_to(&self, address: &str) -> Vec<Received> {
        let mut mails: Vec<Received> = Vec::new();
        for mail in self.received().into_iter().filter(|mail| mail.to == address) {
            if mails.iter().all(|earlier| earlier.raw != mail.raw) {
                mails.push(mail);
            }
        }
        mails
    }

    /// The code in the newest mail to an address, once there are so many.
    pub(crate) async fn code_to(&self, address: &str, count: usize) -> String {
        eventually(&format!("{count} mails to {address}"), async || {
            let mails = self.distinct_to(address);
            (mails.len() >= count).then(|| mails.last().map(Received::code)).flatten()
        })
        .await
    }
}

impl Drop for MailServer {
    fn drop(&mut self) {
        if let Some(path) = &self.root_cert {
            let _ = std::fs::remove_file(path);
        }
    }
}

impl Received {
    pub(crate) fn message(&self) -> Message<'_> {
        MessageParser::new().parse(&self.raw).expect("a mail is a message")
    }

    /// The six digits in it.
    pub(crate) fn code(&self) -> String {
        let message = self.message();
        let text = message.body_text(0).expect("a mail has a text");
        let digits = text.split(|c: char| !c.is_ascii_digit()).find(|part| part.len() == 6);
        digits.expect("there is a code in the mail").to_owned()
    }
}

async fn accept(listener: TcpListener, shared: Arc<Shared>) {
    loop {
        let (socket, _) = listener.accept().await.unwrap();
        *shared.conversations.lock().unwrap() += 1;
        let shared = Arc::clone(&shared);
        // Whoever hangs up, or does not trust the certificate, ends the conversation.
        tokio::spawn(async move {
            let stream: Box<dyn Stream> = match (&shared.acceptor, shared.tls) {
                (Some(acceptor), Tls::Implicit) => Box::new(acceptor.accept(socket).await?),
                _ => Box::new(socket),
            };
            converse(&shared, stream).await
        });
    }
}

async fn converse(shared: &Shared, stream: Box<dyn Stream>) -> std::io::Result<()> {
    let mut stream = BufReader::new(stream);
    let (mut is_secret, mut is_known) = (shared.tls == Tls::Implicit, shared.tls == Tls::None);
    let (mut to, mut line) = (String::new(), String::new());
    say(shared, &mut stream, At::Greeting, "220 mail.example").await?;
    loop {
        line.clear();
        if stream.read_line(&mut line).await? == 0 {
            return Ok(());
        }
        let command = line.trim_end().to_owned();
        let verb = command.split([' ', ':']).next().unwrap_or_default().to_ascii_uppercase();
        match verb.as_str() {
            "EHLO" if shared.tls == Tls::Required && !is_secret => {
                stream.write_all(b"250-mail.example\r\n250-SMTPUTF8\r\n250 STARTTLS\r\n").await?;
            }
            "EHLO" => {
                let able =
                    b"250-mail.example\r\n250-SMTPUTF8\r\n250-8BITMIME\r\n250 AUTH PLAIN\r\n";
                stream.write_all(able).await?;
            }
            "STARTTLS" => {
                stream.write_all(b"220 go ahead\r\n").await?;
                let acceptor = shared.acceptor.as_ref().unwrap();
                stream = BufReader::new(Box::new(acceptor.accept(stream.into_inner()).await?));
                is_secret = true;
            }
            "AUTH" => {
                *shared.authentications.lock().unwrap() += 1;
                is_known = is_secret && command == format!("AUTH PLAIN {PLAIN}");
                let reply = if is_known { "235 welcome" } else { "535 who?" };
                say(shared, &mut stream, At::Auth, reply).await?;
            }
            "MAIL" if !is_known => stream.write_all(b"530 who?\r\n").await?,
            "RCPT" => {
                to = command.split(['<', '>']).nth(1).unwrap_or_default().to_owned();
                say(shared, &mut stream, At::Recipient, "250 ok").await?;
            }
            "DATA" => {
                stream.write_all(b"354 go ahead\r\n").await?;
                let raw = message(&mut stream).await?;
                shared.received.lock().unwrap().push(Received { to: to.clone(), raw });
                say(shared, &mut stream, At::Message, "250 taken").await?;
            }
            "QUIT" => return stream.write_all(b"221 bye\r\n").await,
            "MAIL" | "RSET" | "NOOP" => stream.write_all(b"250 ok\r\n").await?,
            _ => stream.write_all(b"500 what?\r\n").await?,
        }
    }
}

async fn say(
    shared: &Shared,
    stream: &mut BufReader<Box<dyn Stream>>,
    at: At,
    expected: &str,
) -> std::io::Result<()> {
    let reply = shared.replies.lock().unwrap().get(&at).copied();
    let line = match reply {
        None => expected,
        Some(Reply::Line(line)) => line,
        Some(Reply::Silence) => pending().await,
    };
    stream.write_all(format!("{line}\r\n").as_bytes()).await
}

/// Up to the dot.
async fn message(stream: &mut BufReader<Box<dyn Stream>>) -> std::io::Result<String> {
    let mut text = String::new();
    loop {
        let mut line = String::new();
        if stream.read_line(&mut line).await? == 0 {
            return Err(std::io::ErrorKind::UnexpectedEof.into());
        }
        if line == ".\r\n" {
            return Ok(text);
        }
        text.push_str(line.strip_prefix('.').unwrap_or(&line));
    }
}

/// A certificate for a name, and the file of the authority's own.
fn certified(name: &str) -> (TlsAcceptor, PathBuf) {
    let mut authority = CertificateParams::new(Vec::new()).unwrap();
    authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let authority = CertifiedIssuer::self_signed(authority, KeyPair::generate().unwrap()).unwrap();
    let key = KeyPair::generate().unwrap();
    let params = CertificateParams::new(vec![name.to_owned()]).unwrap();
    let certificate = params.signed_by(&key, &authority).unwrap();
    let root = std::env::temp_dir().join(format!("scrabble-mail-{}.pem", uuid::Uuid::new_v4()));
    std::fs::write(&root, authority.pem()).unwrap();
    let config =
        ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(
                vec![certificate.der().clone()],
                key.serialize_der().try_into().unwrap(),
            )
            .unwrap();
    (TlsAcceptor::from(Arc::new(config)), root)
}
