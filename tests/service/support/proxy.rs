//! A line to the database that can be cut, or go mute.

use std::net::SocketAddr;

use scrabble_backend::config::Dsn;
use scrabble_backend::config::dsn::Endpoint;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream, UnixStream};
use tokio::sync::watch;

use super::Database;

/// What the proxy does with what it is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Line {
    /// It passes everything on.
    Open,
    /// It takes everything and passes nothing on, as a network does that is parted.
    Mute,
    /// It is closed, and so is every new connection.
    Cut,
    /// It passes so much on to each connection, and then nothing more for ever.
    Stall,
    /// It is cut at the next COMMIT: the server gets that, and nobody its answer.
    CutAtCommit,
}

/// How much is passed on to a connection that is going to stall.
const STALL_BYTES: usize = 64 * 1024;

/// A proxy in front of a database. Connections are refused until it is opened.
pub(crate) struct Proxy {
    socket: Option<TcpSocket>,
    addr: SocketAddr,
    database: String,
    line: watch::Sender<Line>,
}

impl Proxy {
    pub(crate) fn before(database: &Database) -> Self {
        // Bound, so that the port is ours, and not listening.
        let socket = TcpSocket::new_v4().unwrap();
        socket.bind(SocketAddr::from(([127, 0, 0, 1], 0))).unwrap();
        let addr = socket.local_addr().unwrap();
        let database = database.dsn();
        Self { socket: Some(socket), addr, database, line: watch::Sender::new(Line::Open) }
    }

    /// One that is open.
    pub(crate) fn open_before(database: &Database) -> Self {
        let mut proxy = Self::before(database);
        proxy.open();
        proxy
    }

    /// The database's DSN by way of the proxy.
    pub(crate) fn dsn(&self) -> String {
        let (user, rest) = self.database.split_once('@').unwrap();
        let (_, path) = rest.split_once('/').unwrap();
        format!("{user}@{}/{path}", self.addr)
    }

    /// Passes everything on, from now on or again.
    pub(crate) fn open(&mut self) {
        self.line.send_replace(Line::Open);
        let Some(socket) = self.socket.take() else { return };
        let listener = socket.listen(64).unwrap();
        let endpoint = Dsn::parse(&self.database).unwrap().endpoints.remove(0);
        let line = self.line.clone();
        tokio::spawn(async move {
            loop {
                let (near, _) = listener.accept().await.unwrap();
                tokio::spawn(serve(near, endpoint.clone(), line.clone()));
            }
        });
    }

    pub(crate) fn mute(&self) {
        self.line.send_replace(Line::Mute);
    }

    /// Has long answers break off without an end, and short ones arrive.
    pub(crate) fn stall(&self) {
        self.line.send_replace(Line::Stall);
    }

    pub(crate) fn cut(&self) {
        self.line.send_replace(Line::Cut);
    }

    pub(crate) fn cut_at_commit(&self) {
        self.line.send_replace(Line::CutAtCommit);
    }

    /// Waits until it is cut.
    pub(crate) async fn is_cut(&self) {
        self.line.subscribe().wait_for(|line| *line == Line::Cut).await.unwrap();
    }
}

async fn serve(near: TcpStream, endpoint: Endpoint, line: watch::Sender<Line>) {
    let mut cut = line.subscribe();
    let forwarding = async {
        match endpoint {
            Endpoint::Tcp { host, port } => {
                forward(near, TcpStream::connect((host.as_str(), port)).await?, line).await
            }
            Endpoint::Unix { directory, port } => {
                let path = directory.join(format!(".s.PGSQL.{port}"));
                forward(near, UnixStream::connect(path).await?, line).await
            }
        }
    };
    tokio::select! {
        biased;
        _ = cut.wait_for(|line| *line == Line::Cut) => {}
        _ = forwarding => {}
    }
}

async fn forward(
    near: TcpStream,
    far: impl AsyncRead + AsyncWrite + Unpin,
    line: watch::Sender<Line>,
) -> std::io::Result<()> {
    let (near_from, near_to) = tokio::io::split(near);
    let (far_from, far_to) = tokio::io::split(far);
    tokio::try_join!(pass_on(near_from, far_to, &line), pass_on(far_from, near_to, &line))?;
    Ok(())
}

async fn pass_on(
    mut from: impl AsyncRead + Unpin,
    mut to: impl AsyncWrite + Unpin,
    line: &watch::Sender<Line>,
) -> std::io::Result<()> {
    let mut heard = line.subscribe();
    let mut bytes = vec![0; 16 * 1024];
    let mut passed_on = 0;
    loop {
        let count = from.read(&mut bytes).await?;
        let line_now = *heard.wait_for(|line| *line != Line::Mute).await.unwrap();
        if count == 0 {
            return to.shutdown().await;
        }
        passed_on += count;
        if line_now == Line::Stall && passed_on > STALL_BYTES {
            std::future::pending::<()>().await;
        }
        let is_commit = bytes[..count].windows(6).any(|word| word.eq_ignore_ascii_case(b"commit"));
        to.write_all(&bytes[..count]).await?;
        if line_now == Line::CutAtCommit && is_commit {
            // From here on nothing is passed on; the server has all of it.
            line.send_replace(Line::Cut);
        }
    }
}
